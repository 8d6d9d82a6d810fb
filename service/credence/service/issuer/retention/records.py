"""The table of what two persons order, and the statements that hold, scrub and erase what the issuer has of a person.

A case and its attestations stay as rows without a person, because a leaf of the log and a public id refer to them. All that
hangs on a case is deleted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Index, delete, text, update
from sqlmodel import Field, Session, col, select

from credence.service.issuer.inbox.records import IssuerVendorNotice, IssuerVendorResult
from credence.service.issuer.persons.records import IssuerBan, IssuerPersonTag, IssuerSuspension
from credence.service.issuer.records import IssuerAttestation, IssuerCase, IssuerDestroyedKey, one_of
from credence.service.issuer.review.due.records import IssuerDue, IssuerShown
from credence.service.issuer.review.records import IssuerComment, IssuerProposal, IssuerStep
from credence.service.store import Row, insert_once, metadata

_OPEN: Final = text("approved_by IS NULL")
_HANGING: Final = tuple(
    metadata.tables[str(kind.__tablename__)] for kind in (IssuerComment, IssuerProposal, IssuerShown, IssuerDue, IssuerStep)
)
_SEALED: Final = tuple(
    (metadata.tables[str(kind.__tablename__)], "id" if kind is IssuerCase else "case_id")
    for kind in (IssuerCase, IssuerAttestation, IssuerComment, IssuerShown)
)


class OrderKind(StrEnum):
    """What takes two persons."""

    ERASE = "erase"
    LIFT = "lift"


class IssuerRetentionOrder(Row, table=True):
    """That a case is to be erased, or its hold lifted: ordered by one client and approved by another. Times are unix
    seconds."""

    __tablename__ = "issuer_retention_orders"
    __table_args__ = (
        CheckConstraint(one_of("kind", OrderKind), name="kind_known"),
        CheckConstraint("approved_by <> ordered_by", name="four_eyes"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approved_whole"),
        Index("ix_issuer_retention_orders_open", "case_id", "kind", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: str = Field(primary_key=True, max_length=36)
    case_id: str = Field(foreign_key="issuer_cases.id", max_length=36)
    kind: str = Field(max_length=8)
    ordered_by: str = Field(max_length=128)
    ordered_at: int = Field(sa_type=BigInteger)
    approved_by: str | None = Field(default=None, max_length=128)
    approved_at: int | None = Field(default=None, sa_type=BigInteger)


# --- orders ---


def add_order(session: Session, order: IssuerRetentionOrder) -> bool:
    """Stores an order; False where the case has an open one of this kind."""
    return insert_once(session, order)


def find_order(session: Session, case_id: str, order_id: str) -> IssuerRetentionOrder | None:
    """An order about a case."""
    query = select(IssuerRetentionOrder).where(IssuerRetentionOrder.id == order_id, IssuerRetentionOrder.case_id == case_id)
    return session.exec(query.execution_options(populate_existing=True)).first()


def approve_order(session: Session, order_id: str, *, by: str, now: int) -> bool:
    """Notes a second person's approval; False where the order is not open any more."""
    row = IssuerRetentionOrder
    query = update(row).where(col(row.id) == order_id, col(row.approved_by).is_(None))
    return session.exec(query.values(approved_by=by, approved_at=now)).rowcount == 1


# --- holds ---


def attestations_of(session: Session, case_id: str) -> Sequence[IssuerAttestation]:
    """Every attestation that was made through a case."""
    return session.exec(select(IssuerAttestation).where(IssuerAttestation.case_id == case_id)).all()


def hold(session: Session, case_id: str, values: dict[str, Any]) -> None:
    """Sets or lifts the hold of a case and of its attestations."""
    session.exec(update(IssuerCase).where(col(IssuerCase.id) == case_id).values(**values))
    session.exec(update(IssuerAttestation).where(col(IssuerAttestation.case_id) == case_id).values(**values))


# --- what is due ---


def due_cases(session: Session, *, now: int, limit: int) -> Sequence[IssuerCase]:
    """Up to ``limit`` cases whose time has come, which nobody holds, and whose attestations may go too."""
    row, held = IssuerCase, IssuerAttestation
    kept = select(held.case_id).where((col(held.retain_until) > now) | col(held.legal_hold).is_not(None))
    query = select(row).where(
        col(row.retain_until) <= now,
        col(row.legal_hold).is_(None),
        col(row.erased_at).is_(None),
        col(row.id).not_in(kept),
    )
    return session.exec(query.order_by(col(row.retain_until), col(row.id)).limit(limit)).all()


def due_results(session: Session, *, now: int, limit: int) -> Sequence[IssuerVendorResult]:
    """Up to ``limit`` results of vendors whose time has come."""
    row = IssuerVendorResult
    return session.exec(select(row).where(col(row.retain_until) <= now, col(row.legal_hold).is_(None)).limit(limit)).all()


def purge_notices(session: Session, *, now: int, limit: int) -> int:
    """Deletes up to ``limit`` digests of vendors' messages whose time has come, and says how many."""
    row = IssuerVendorNotice
    over = select(row.digest).where(col(row.retain_until) <= now, col(row.legal_hold).is_(None)).limit(limit)
    digests = session.exec(over).all()
    return session.exec(delete(row).where(col(row.digest).in_(digests))).rowcount


def delete_result(session: Session, vendor: str, reference: str) -> None:
    """Deletes where a vendor's result stands."""
    row = IssuerVendorResult
    session.exec(delete(row).where(col(row.vendor) == vendor, col(row.reference) == reference))


def find_result(session: Session, vendor: str, references: Collection[str]) -> IssuerVendorResult | None:
    """A vendor's result under one of its names."""
    row = IssuerVendorResult
    return session.exec(select(row).where(row.vendor == vendor, col(row.reference).in_(references)).limit(1)).first()


# --- erasing ---


def keys_of(session: Session, case_id: str) -> set[bytes]:
    """The keys that a case and what hangs on it name."""
    found: set[bytes] = set()
    for table, column in _SEALED:
        query = select(table.c.subject_key).where(table.c[column] == case_id, table.c.subject_key.is_not(None))
        found.update(session.connection().execute(query).scalars())
    return found


def named_elsewhere(session: Session, keys: Collection[bytes], case_id: str) -> set[bytes]:
    """Those of ``keys`` that another case names which is not erased: the person has it still."""
    row = IssuerCase
    query = select(row.subject_key).where(col(row.subject_key).in_(keys), row.id != case_id, col(row.erased_at).is_(None))
    return {key for key in session.exec(query).all() if key is not None}


def erase_hanging(session: Session, case_id: str) -> int:
    """Deletes what hangs on a case, and says how many rows that was."""
    gone = 0
    for table in _HANGING:
        gone += session.connection().execute(delete(table).where(table.c.case_id == case_id)).rowcount
    own = select(IssuerAttestation.id).where(IssuerAttestation.case_id == case_id)
    return gone + session.exec(delete(IssuerSuspension).where(col(IssuerSuspension.attestation_id).in_(own))).rowcount


def scrub_case(session: Session, case_id: str, values: dict[str, Any]) -> bool:
    """Puts ``values``, which are about nobody, in the place of what a case says of a person; False where another did."""
    query = update(IssuerCase).where(col(IssuerCase.id) == case_id, col(IssuerCase.erased_at).is_(None))
    return session.exec(query.values(**values)).rowcount == 1


def scrub_attestation(session: Session, attestation_id: str, values: dict[str, Any]) -> None:
    """The same of an attestation; its id, its leaf and its epochs stay."""
    session.exec(update(IssuerAttestation).where(col(IssuerAttestation.id) == attestation_id).values(**values))


def forget_person(session: Session, identity_tag: bytes) -> None:
    """Deletes the tags of a person of whom there is no case any more; a ban in force keeps them, for its own sake."""
    cases = select(IssuerCase.id).where(IssuerCase.identity_tag == identity_tag).limit(1)
    bans = select(IssuerBan.id).where(IssuerBan.identity_tag == identity_tag, col(IssuerBan.ended_at).is_(None)).limit(1)
    if session.exec(cases).first() is None and session.exec(bans).first() is None:
        session.exec(delete(IssuerBan).where(col(IssuerBan.identity_tag) == identity_tag))
        session.exec(delete(IssuerPersonTag).where(col(IssuerPersonTag.identity_tag) == identity_tag))


# --- keys that are to go ---


def note_destroyed(session: Session, keys: Collection[bytes], now: int) -> None:
    """Notes, in the transaction that erases, that keys are to be destroyed."""
    for key in sorted(keys):
        insert_once(session, IssuerDestroyedKey(key_id=key, destroyed_at=now))


def destroyed_after(session: Session, last: bytes, limit: int) -> Sequence[bytes]:
    """A page of the keys that are to be gone, by id."""
    row = IssuerDestroyedKey
    return session.exec(select(row.key_id).where(col(row.key_id) > last).order_by(col(row.key_id)).limit(limit)).all()
