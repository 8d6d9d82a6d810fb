"""The table of pseudonyms that are kept for a while, and every statement that erases what hangs on one.

A pseudonym has one row for all that its venue reported of it: the row says for all of it until when, why, and who holds it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import CheckConstraint, LargeBinary, delete
from sqlmodel import Field, Session, col, select

from credence.service.forgetting import Kept, kept_checks
from credence.service.reputation.cases import records as cases
from credence.service.reputation.records import ReputationCell, ReputationDay, ReputationEvent, ReputationStanding
from credence.service.store import inserting_all, metadata


class ReputationPseudonym(Kept, table=True):
    """A venue's pseudonym (48 bytes), as long as anything is kept of its conduct."""

    __tablename__ = "reputation_pseudonyms"
    __table_args__ = (CheckConstraint("length(pseudonym) = 48", name="pseudonym_length"), *kept_checks())

    client_id: str = Field(primary_key=True, max_length=128)
    pseudonym: bytes = Field(primary_key=True, sa_type=LargeBinary)


_CHUNK: Final = 500

_ALL: Final = tuple(
    metadata.tables[str(kind.__tablename__)]
    for kind in (ReputationEvent, ReputationDay, ReputationCell, ReputationStanding, ReputationPseudonym)
)


def keep(session: Session, client_id: str, pseudonyms: Collection[bytes], term: dict[str, Any]) -> None:
    """Says until when pseudonyms are kept that something new was reported of. A later end, and a hold, stay."""
    if not pseudonyms:
        return
    rows = [{"client_id": client_id, "pseudonym": each, **term} for each in sorted(pseudonyms)]
    statement, values = inserting_all(session, ReputationPseudonym, rows)
    session.connection().execute(_keeping(statement), values)


@cache
def _keeping(statement: Any) -> Any:
    """The statement of :func:`keep`, made once of an insert."""
    changed = {name: statement.excluded[name] for name in ("retain_until", "legal_basis")}
    later = statement.excluded["retain_until"] > ReputationPseudonym.__table__.c.retain_until  # type: ignore[attr-defined]
    return statement.on_conflict_do_update(index_elements=["client_id", "pseudonym"], set_=changed, where=later)


def find(session: Session, client_id: str, pseudonym: bytes) -> ReputationPseudonym | None:
    """What is said of a venue's pseudonym, which nobody else changes before this transaction ends."""
    row = ReputationPseudonym
    query = select(row).where(row.client_id == client_id, row.pseudonym == pseudonym).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).first()


def hold_kept(session: Session, client_id: str, pseudonyms: Collection[bytes]) -> frozenset[bytes]:
    """Those of which conduct is kept, which nobody erases before this transaction ends."""
    row, ordered = ReputationPseudonym, sorted(pseudonyms)  # whoever comes at once waits in one order
    found: set[bytes] = set()
    for start in range(0, len(ordered), _CHUNK):
        part = ordered[start : start + _CHUNK]
        query = select(row.pseudonym).where(row.client_id == client_id, col(row.pseudonym).in_(part))
        found.update(session.exec(query.order_by(col(row.pseudonym)).with_for_update()))
    return frozenset(found)


def due(session: Session, *, now: int, limit: int) -> Sequence[ReputationPseudonym]:
    """Up to ``limit`` pseudonyms whose time has come and that nobody holds; those that another process erases are left."""
    row = ReputationPseudonym
    query = select(row).where(col(row.retain_until) <= now, col(row.legal_hold).is_(None)).order_by(col(row.retain_until))
    return session.exec(query.limit(limit).with_for_update(skip_locked=True)).all()


def erase(session: Session, client_id: str, pseudonym: bytes) -> int:
    """Deletes all that is kept of a pseudonym's conduct, and says how many rows that were."""
    gone = cases.forget(session, client_id, pseudonym)
    for table in _ALL:
        where = (table.c.client_id == client_id, table.c.pseudonym == pseudonym)
        gone += session.connection().execute(delete(table).where(*where)).rowcount
    return gone
