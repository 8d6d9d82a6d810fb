"""The table of what two persons order, and the statements that hold, scrub and erase what the issuer has of a person.

A case and its attestations stay as rows without a person, because a leaf of the log and a public id refer to them: of a
case its id, which has the millisecond in which it was opened, the 28 days in which that was, the day until which it was kept
and on what ground, and when it was erased; of an attestation its public id, case, leaf, schema, key, epochs and life; of a
revocation its handle, number and value, and the 28 days in which it was. All that hangs on a case is deleted but who ordered
what of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Index, delete, text, update
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, col, select

from credence.service.issuer.inbox.records import IssuerVendorNotice, IssuerVendorResult
from credence.service.issuer.persons.records import (
    IssuerBan,
    IssuerPersonJoin,
    IssuerPersonTag,
    IssuerSuspension,
    ban_of,
    lock_person,
)
from credence.service.issuer.records import IssuerAttestation, IssuerCase, one_of
from credence.service.issuer.review.due.records import IssuerDue, IssuerShown
from credence.service.issuer.review.records import IssuerComment, IssuerProposal, IssuerStep
from credence.service.issuer.revocation.records import IssuerRevocation
from credence.service.store import Row, in_pages, insert_once, metadata

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
    """Up to ``limit`` cases whose time has come, which nobody holds, and whose attestations may go too.

    A later credential of a person does not go before an earlier one that is kept: what was reset would count as never reset.
    """
    row, held = IssuerCase, IssuerAttestation
    kept = select(held.case_id).where((col(held.retain_until) > now) | col(held.legal_hold).is_not(None))
    query = select(row).where(
        col(row.retain_until) <= now,
        col(row.legal_hold).is_(None),
        col(row.erased_at).is_(None),
        col(row.id).not_in(kept),
        col(row.id).not_in(_later_than_kept(now)),
    )
    return session.exec(query.order_by(col(row.retain_until), col(row.id)).limit(limit)).all()


def _later_than_kept(now: int) -> Any:
    """The cases of attestations that follow one of the same person which is kept."""
    later, earlier, case = IssuerAttestation, aliased(IssuerAttestation), aliased(IssuerCase)
    stays = (col(earlier.retain_until) > now) | col(earlier.legal_hold).is_not(None)
    stays |= (col(case.retain_until) > now) | col(case.legal_hold).is_not(None)
    follows = (col(earlier.identity_tag) == later.identity_tag) & (col(earlier.serial) < later.serial)
    query = select(later.case_id).join(earlier, follows).join(case, col(case.id) == earlier.case_id)
    return query.where(col(earlier.erased_at).is_(None), stays)


def due_results(session: Session, *, now: int, limit: int) -> Sequence[IssuerVendorResult]:
    """Up to ``limit`` results of vendors whose time has come; those that another process erases are left to it."""
    row = IssuerVendorResult
    query = select(row).where(col(row.retain_until) <= now, col(row.legal_hold).is_(None)).order_by(col(row.retain_until))
    return session.exec(query.limit(limit).with_for_update(skip_locked=True)).all()


def purge_notices(session: Session, *, now: int, limit: int) -> int:
    """Deletes up to ``limit`` digests of vendors' messages whose time has come, and says how many."""
    row = IssuerVendorNotice
    over = select(row.digest).where(col(row.retain_until) <= now, col(row.legal_hold).is_(None)).limit(limit)
    digests = session.exec(over).all()
    return session.exec(delete(row).where(col(row.digest).in_(digests))).rowcount


def held_cases(session: Session) -> Iterator[IssuerCase]:
    """Every case that somebody holds."""
    return in_pages(session, IssuerCase, IssuerCase.id, col(IssuerCase.legal_hold).is_not(None))


def change_result(session: Session, vendor: str, reference: str, values: dict[str, Any]) -> None:
    """Changes what the row says of where a vendor's result stands."""
    row = IssuerVendorResult
    session.exec(update(row).where(col(row.vendor) == vendor, col(row.reference) == reference).values(**values))


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


def scrub_revocation(session: Session, attestation_id: str, unit: int) -> None:
    """The same of a revocation, whose time is rounded down to ``unit`` seconds: reason and client are forgotten."""
    row = IssuerRevocation
    rounded = col(row.revoked_at) - col(row.revoked_at) % unit
    values = {"reason": "erased", "revoked_by": "erased", "revoked_at": rounded}
    session.exec(update(row).where(col(row.attestation_id) == attestation_id).values(**values))


def forget_person(session: Session, identity_tag: bytes, now: int) -> bool:
    """Deletes the tags of a person of whom there is no case any more, and says whether it did; a ban in force keeps them,
    for its own sake, and so does one of whoever was found to be the same person."""
    cases = select(IssuerCase.id).where(IssuerCase.identity_tag == identity_tag).limit(1)
    if session.exec(cases).first() is not None or ban_of(session, identity_tag, now) is not None:
        return False
    session.exec(delete(IssuerBan).where(col(IssuerBan.identity_tag) == identity_tag))
    session.exec(delete(IssuerPersonTag).where(col(IssuerPersonTag.identity_tag) == identity_tag))
    _unjoin(session, identity_tag)
    return True


def forget_persons(session: Session, *, now: int, limit: int) -> int:
    """Forgets up to ``limit`` persons without a case, whose last ban is over, and says how many those were."""
    row, ban = IssuerPersonTag, IssuerBan
    in_force = select(ban.identity_tag).where(col(ban.ended_at).is_(None), col(ban.until).is_(None) | (col(ban.until) > now))
    query = select(row.identity_tag).where(
        col(row.identity_tag).not_in(select(IssuerCase.identity_tag)), col(row.identity_tag).not_in(in_force)
    )
    gone = 0
    for person in session.exec(query.distinct().order_by(col(row.identity_tag)).limit(limit)).all():
        lock_person(session, person)  # whoever is recognised at this moment has its case by then
        gone += forget_person(session, person, now)
    return gone


def _unjoin(session: Session, person: bytes) -> None:
    """Takes a person out of its joinings; whom it joined with each other stay so."""
    row = IssuerPersonJoin
    with_it = (col(row.first) == person) | (col(row.second) == person)
    others = {name for pair in session.exec(select(row.first, row.second).where(with_it)) for name in pair} - {person}
    for one, other in pairwise(sorted(others)):
        insert_once(session, row(first=one, second=other))
    session.exec(delete(row).where(with_it))
