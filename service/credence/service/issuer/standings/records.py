"""The tables of standings and every statement over them. That a session serves one commitment is a primary key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, delete, func, update
from sqlmodel import Field, Session, col, select

from credence.service.forgetting import Kept, kept_checks
from credence.service.store import Row, in_pages, insert_once

NONCE_LENGTH: Final = 32

MAX_REFUSED: Final = 5
"""Proofs that a session refuses before it is closed."""

KEPT: Final = 3_600
"""Seconds that a session is kept for after it is over."""


class IssuerRenewal(Row, table=True):
    """One question to whoever wants the standing of a pseudonym at ``venue``, an audience, signed under the key ``key_id``.

    ``refused`` counts the proofs that did not hold. Times are unix seconds.
    """

    __tablename__ = "issuer_renewals"
    __table_args__ = (
        CheckConstraint(f"length(nonce) = {NONCE_LENGTH}", name="nonce_length"),
        CheckConstraint(f"refused BETWEEN 0 AND {MAX_REFUSED}", name="refused_range"),
        CheckConstraint("requested_at < expires_at", name="times_ordered"),
    )

    id: str = Field(primary_key=True, max_length=32)
    venue: str = Field(max_length=257)
    key_id: str = Field(max_length=32)
    nonce: bytes = Field(sa_type=LargeBinary, unique=True)
    requested_at: int = Field(sa_type=BigInteger)
    expires_at: int = Field(sa_type=BigInteger, index=True)
    refused: int = 0


class IssuerStanding(Kept, table=True):
    """The record that a session's standing was issued. It names no venue, no pseudonym and nobody.

    ``point`` is a keyed digest (32 bytes) of the commitment, by which a repeat is known; ``answer`` is what was answered,
    sealed under the commitment itself, which whoever repeats the request sends again. ``salt`` and ``digest`` open ``leaf``
    for an audit. ``expires_on`` in unix days.
    """

    __tablename__ = "issuer_standings"
    __table_args__ = (
        CheckConstraint("length(point) = 32", name="point_length"),
        CheckConstraint("length(salt) = 32", name="salt_length"),
        CheckConstraint("length(digest) = 32", name="digest_length"),
        CheckConstraint("length(leaf) = 32", name="leaf_length"),
        *kept_checks(),
    )

    session_id: str = Field(primary_key=True, max_length=32)
    attestation_id: str = Field(max_length=32, unique=True)
    key_id: str = Field(max_length=32)
    expires_on: int
    point: bytes = Field(sa_type=LargeBinary)
    answer: bytes = Field(sa_type=LargeBinary)
    salt: bytes = Field(sa_type=LargeBinary)
    digest: bytes = Field(sa_type=LargeBinary)
    leaf: bytes = Field(sa_type=LargeBinary, unique=True)


def add_renewal(session: Session, row: IssuerRenewal) -> None:
    """Stores a session. Raises :class:`sqlalchemy.exc.IntegrityError` for an id or nonce that is there."""
    session.add(row)
    session.flush()


def find_renewal(session: Session, session_id: str, now: int) -> IssuerRenewal | None:
    """A session that is open at ``now``."""
    row = session.get(IssuerRenewal, session_id)
    return row if row is not None and row.refused < MAX_REFUSED and row.requested_at <= now < row.expires_at else None


def count_refused(session: Session, session_id: str) -> bool:
    """Counts a proof that did not hold; False where the session is closed."""
    row = IssuerRenewal
    open_ = (col(row.id) == session_id, col(row.refused) < MAX_REFUSED)
    return session.exec(update(row).where(*open_).values(refused=col(row.refused) + 1)).rowcount == 1


def add_standing(session: Session, row: IssuerStanding) -> bool:
    """Stores the record of a standing; False where its session has served a commitment. A concurrent one is waited for."""
    return insert_once(session, row, on=["session_id"])


def find_standing(session: Session, session_id: str) -> IssuerStanding | None:
    """What a session's standing left."""
    return session.get(IssuerStanding, session_id)


def standings(session: Session) -> Iterator[IssuerStanding]:
    """Every record."""
    return in_pages(session, IssuerStanding, IssuerStanding.session_id)


def last_day(session: Session, key_id: str) -> int | None:
    """The last day on which a standing under an issuing key ends; None where there is none."""
    return session.exec(select(func.max(IssuerStanding.expires_on)).where(IssuerStanding.key_id == key_id)).one()


def purge_renewals(session: Session, *, now: int, limit: int) -> int:
    """Deletes up to ``limit`` sessions that were over an hour ago, and says how many."""
    return _purge(session, IssuerRenewal, col(IssuerRenewal.id), col(IssuerRenewal.expires_at) <= now - KEPT, limit)


def purge_standings(session: Session, *, now: int, limit: int) -> int:
    """Deletes up to ``limit`` records whose time has come, and says how many. Their leaves stay, which nobody can open."""
    row = IssuerStanding
    over = (col(row.retain_until) <= now) & col(row.legal_hold).is_(None)
    return _purge(session, row, col(row.session_id), over, limit)


def _purge(session: Session, kind: type[Row], key: Any, over: Any, limit: int) -> int:
    """Those that another process deletes are left to it."""
    oldest = session.exec(select(key).where(over).limit(limit).with_for_update(skip_locked=True)).all()
    return session.exec(delete(kind).where(key.in_(oldest))).rowcount if oldest else 0
