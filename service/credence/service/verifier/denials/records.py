"""The counts of denied decisions: the table, and every statement over it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, func, update
from sqlalchemy import select as select_columns
from sqlmodel import Field, Session, col, select

from credence.circuits.denials import MINUTE_SECONDS
from credence.circuits.leaf import LEAF_LENGTH, SALT_LENGTH
from credence.service.store import Row, insert_once
from credence.service.verifier.records import DENIED, VerifierDecision

_KEY: Final[dict[str, Any]] = {"autoincrement": False}


class VerifierDenials(Row, table=True):
    """How many decisions said no in a minute (unix time divided by 60), and of how many of these the row was erased since.

    ``verifier``, ``salt`` and ``leaf`` come once the minute is over, and from then on nothing is counted in it.
    """

    __tablename__ = "verifier_denials"
    __table_args__ = (
        CheckConstraint("erased BETWEEN 0 AND denied", name="erased_range"),
        CheckConstraint("(salt IS NULL) = (leaf IS NULL) AND (verifier IS NULL) = (leaf IS NULL)", name="closed_whole"),
        CheckConstraint(f"length(salt) = {SALT_LENGTH}", name="salt_length"),
        CheckConstraint(f"length(leaf) = {LEAF_LENGTH}", name="leaf_length"),
    )

    minute: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=_KEY)
    denied: int = Field(default=0, sa_type=BigInteger)
    erased: int = Field(default=0, sa_type=BigInteger)
    verifier: str | None = Field(default=None, max_length=128)
    salt: bytes | None = Field(default=None, sa_type=LargeBinary)
    leaf: bytes | None = Field(default=None, sa_type=LargeBinary)


_ROW = VerifierDenials
_minute = col(VerifierDecision.decided_at) // MINUTE_SECONDS


def count_one(session: Session, minute: int) -> bool:
    """Counts one more; False where the minute is closed. A concurrent closing of it is waited for."""
    insert_once(session, _ROW(minute=minute))
    query = update(_ROW).where(col(_ROW.minute) == minute, col(_ROW.leaf).is_(None))
    return session.exec(query.values(denied=col(_ROW.denied) + 1)).rowcount == 1


def open_minutes(session: Session, *, before: int, limit: int) -> Sequence[VerifierDenials]:
    """Up to ``limit`` minutes before that one that have no leaf yet, oldest first, as they are and stay until this
    transaction ends; those that another process closes are left to it."""
    query = select(_ROW).where(col(_ROW.leaf).is_(None), col(_ROW.minute) < before, col(_ROW.denied) > 0)
    return session.exec(query.order_by(col(_ROW.minute)).limit(limit).with_for_update(skip_locked=True)).all()


def closed_minutes(session: Session, *, since: int, until: int, limit: int) -> Sequence[VerifierDenials]:
    """Up to ``limit`` minutes from ``since`` up to and without ``until`` that have a leaf, oldest first."""
    query = select(_ROW).where(col(_ROW.leaf).is_not(None), col(_ROW.minute) >= since, col(_ROW.minute) < until)
    return session.exec(query.order_by(col(_ROW.minute)).limit(limit)).all()


def count_erased(session: Session, session_ids: Collection[str]) -> None:
    """Keeps of how many denied decisions the rows go with these sessions."""
    row = VerifierDecision
    found = select_columns(_minute, func.count()).where(col(row.session_id).in_(session_ids), col(row.decision) == DENIED)
    for minute, count in session.connection().execute(found.group_by(_minute).order_by(_minute)).all():
        query = update(_ROW).where(col(_ROW.minute) == minute).values(erased=col(_ROW.erased) + count)
        session.exec(query)


def counted(session: Session) -> list[tuple[VerifierDenials, int]]:
    """Every minute, oldest first, with the number of its denied decisions that there are."""
    held = select_columns(_minute.label("minute"), func.count().label("count"))
    kept = held.where(col(VerifierDecision.decision) == DENIED).group_by(_minute).subquery()
    query = select(_ROW, func.coalesce(kept.c.count, 0)).outerjoin(kept, kept.c.minute == col(_ROW.minute))
    return [(row, int(count)) for row, count in session.exec(query.order_by(col(_ROW.minute))).all()]


def uncounted(session: Session) -> int:
    """How many denied decisions there are of minutes that are not among them."""
    minutes = select_columns(col(_ROW.minute))
    query = select_columns(func.count()).where(col(VerifierDecision.decision) == DENIED, _minute.not_in(minutes))
    return int(session.connection().execute(query).scalar_one())


def denied_answers(session: Session, *, since: int, until: int, limit: int) -> Sequence[str]:
    """Up to ``limit`` answers that said no from ``since`` up to and without ``until`` (unix seconds), oldest first."""
    row = VerifierDecision
    query = select(row.answer).where(row.decision == DENIED, col(row.decided_at) >= since, col(row.decided_at) < until)
    return session.exec(query.order_by(col(row.decided_at), col(row.session_id), col(row.attempt)).limit(limit)).all()
