"""The auditor's tables and every statement over them.

Of a warrant its notice is kept, which is public, and nothing of whom it is about: that stands in the warrant, which is the
authority's and the trustees'.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, Text, UniqueConstraint, delete, func, tuple_, update
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, col, select

from credence.circuits.escrow.messages import MAX_MEMBERS
from credence.circuits.warrant import Notice
from credence.service.ledger import OutboxRow
from credence.service.store import Row, in_pages, insert_once

PAGE: Final = 100
"""Warrants in one answer."""

SHARES_KEPT: Final = 90 * 86_400
"""Seconds that shares are kept for after their warrant's end: for its authority to combine them, and to complain of one."""


class AuditorWarrant(Row, table=True):
    """A warrant's notice. ``day`` counts from 1970-01-01; ``shares`` counts those that trustees handed in.

    ``opening_leaf`` is there once they are as many as the set's ``threshold``.
    """

    __tablename__ = "auditor_warrants"
    __table_args__ = (
        CheckConstraint("length(digest) = 32", name="digest_length"),
        CheckConstraint("length(leaf) = 32", name="leaf_length"),
        CheckConstraint("length(opening_leaf) = 32", name="opening_leaf_length"),
        CheckConstraint(f"threshold BETWEEN 2 AND {MAX_MEMBERS}", name="threshold_range"),
        CheckConstraint("shares >= 0", name="shares_counted"),
    )

    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    authority: str = Field(max_length=128, index=True)
    basis: str = Field(max_length=256)
    trustees: str = Field(max_length=128)
    threshold: int
    day: int
    expires_at: int = Field(sa_type=BigInteger)
    leaf: bytes = Field(sa_type=LargeBinary, unique=True)
    shares: int = 0
    opening_leaf: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True)

    @property
    def notice(self) -> Notice:
        """What the leaves were made of."""
        return Notice(self.authority, self.basis, self.trustees, self.day, self.digest)


class AuditorShare(Row, table=True):
    """A trustee's share of an opening, locked to the authority: ``document`` is the JSON that the trustee signed."""

    __tablename__ = "auditor_shares"
    __table_args__ = (CheckConstraint(f"number BETWEEN 1 AND {MAX_MEMBERS}", name="number_range"),)

    warrant: bytes = Field(primary_key=True, sa_type=LargeBinary, foreign_key="auditor_warrants.digest")
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    document: str = Field(sa_type=Text)


class AuditorOutbox(OutboxRow, table=True):
    """Leaves of warrants and openings on their way into the log."""

    __tablename__ = "auditor_outbox"
    __table_args__ = (UniqueConstraint("leaf"),)


@dataclass(frozen=True, slots=True)
class Placed:
    """A warrant, and where its leaves stand in the log once that has taken them."""

    warrant: AuditorWarrant
    entry_index: int | None
    opening_index: int | None


def add_warrant(session: Session, warrant: AuditorWarrant) -> bool:
    """Stores a warrant; False where it is there already."""
    return insert_once(session, warrant, on=["digest"])


def find_warrant(session: Session, digest: bytes) -> Placed | None:
    """A warrant by its digest."""
    return next(iter(_placed(session, AuditorWarrant.digest == digest, limit=1)), None)


def warrants_after(session: Session, after: bytes) -> Sequence[Placed]:
    """Up to ``PAGE`` warrants whose digest is above ``after``, by digest, which says nothing of when they came."""
    return _placed(session, col(AuditorWarrant.digest) > after, limit=PAGE)


def _placed(session: Session, condition: object, *, limit: int) -> Sequence[Placed]:
    asked, opened = aliased(AuditorOutbox), aliased(AuditorOutbox)
    query = (
        select(AuditorWarrant, asked.entry_index, opened.entry_index)
        .join(asked, col(asked.leaf) == col(AuditorWarrant.leaf))
        .outerjoin(opened, col(opened.leaf) == col(AuditorWarrant.opening_leaf))
        .where(condition)  # type: ignore[arg-type]
        .order_by(col(AuditorWarrant.digest))
        .limit(limit)
    )
    return [Placed(*row) for row in session.exec(query).all()]


def counts(session: Session) -> tuple[int, int]:
    """How many warrants there ever were, and for how many of them enough shares were handed in."""
    return session.exec(select(func.count(), func.count(col(AuditorWarrant.opening_leaf))).select_from(AuditorWarrant)).one()


def add_share(session: Session, share: AuditorShare) -> bool:
    """Stores a share; False where that trustee's is there already."""
    return insert_once(session, share, on=["warrant", "number"])


def count_share(session: Session, digest: bytes) -> int:
    """Counts one more share of a warrant, and says how many there are now. A concurrent one is waited for."""
    shares = col(AuditorWarrant.shares)
    query = update(AuditorWarrant).where(col(AuditorWarrant.digest) == digest).values(shares=shares + 1)
    return int(session.exec(query.returning(shares)).scalar_one())


def mark_opened(session: Session, digest: bytes, leaf: bytes) -> None:
    """Notes that enough shares are there."""
    session.exec(update(AuditorWarrant).where(col(AuditorWarrant.digest) == digest).values(opening_leaf=leaf))


def shares_of(session: Session, digest: bytes) -> Sequence[AuditorShare]:
    """The shares of a warrant, by the trustees' numbers."""
    query = select(AuditorShare).where(AuditorShare.warrant == digest)
    return session.exec(query.order_by(col(AuditorShare.number))).all()


def find_share(session: Session, digest: bytes, number: int) -> AuditorShare | None:
    """One trustee's share."""
    return session.get(AuditorShare, (digest, number))


def purge_shares(session: Session, *, now: int, limit: int) -> int:
    """Deletes up to ``limit`` shares of warrants that ended long enough ago, and says how many; they stay counted.

    Those that another process deletes are left to it.
    """
    row, warrant = AuditorShare, AuditorWarrant
    key = (col(row.warrant), col(row.number))
    over = select(*key).join(warrant, col(warrant.digest) == col(row.warrant))
    over = over.where(col(warrant.expires_at) < now - SHARES_KEPT).order_by(col(warrant.expires_at))
    query = delete(row).where(tuple_(*key).in_(over.limit(limit).with_for_update(skip_locked=True, of=row)))
    return session.exec(query.execution_options(synchronize_session=False)).rowcount


def every_warrant(session: Session) -> Iterator[AuditorWarrant]:
    """Every warrant."""
    return in_pages(session, AuditorWarrant, AuditorWarrant.digest)
