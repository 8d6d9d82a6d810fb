"""The tables of revocation and every statement over them. Events are only ever added.

A handle is public from the moment of its revocation, and names nobody. That it is revoked once is a constraint, and so is
that each index has one event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import BigInteger, CheckConstraint, LargeBinary, func, update
from sqlmodel import Field, Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from credence.service.issuer.records import IssuerAttestation, IssuerOutbox
from credence.service.store import Row, in_pages, insert_once


class IssuerAccumulator(Row, table=True):
    """Where an accumulator of ``issuer`` stands: its value (48 bytes) after ``index`` events.

    Whoever adds an event or a checkpoint locks this row.
    """

    __tablename__ = "issuer_accumulators"
    __table_args__ = (
        CheckConstraint('"index" >= 0', name="index_not_negative"),
        CheckConstraint("length(value) = 48", name="value_length"),
    )

    accumulator_id: str = Field(primary_key=True, max_length=32)
    issuer: str = Field(max_length=128)
    schema_id: str = Field(max_length=64)
    index: int = Field(sa_type=BigInteger)
    value: bytes = Field(sa_type=LargeBinary)


class IssuerRevocation(Row, table=True):
    """One event: ``handle`` (32 bytes) was revoked as number ``index``, from 1, and the value became ``value`` (48 bytes).

    ``reason`` is a slug, ``revoked_by`` the client; both are the issuer's own. ``revoked_at`` is in unix seconds.
    """

    __tablename__ = "issuer_revocations"
    __table_args__ = (
        CheckConstraint('"index" >= 1', name="index_from_one"),
        CheckConstraint("length(handle) = 32", name="handle_length"),
        CheckConstraint("length(value) = 48", name="value_length"),
    )

    accumulator_id: str = Field(primary_key=True, foreign_key="issuer_accumulators.accumulator_id", max_length=32)
    index: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    handle: bytes = Field(sa_type=LargeBinary, unique=True)
    value: bytes = Field(sa_type=LargeBinary)
    attestation_id: str = Field(foreign_key="issuer_attestations.id", unique=True, max_length=32)
    reason: str = Field(max_length=64)
    revoked_by: str = Field(max_length=128)
    revoked_at: int = Field(sa_type=BigInteger, index=True)


class IssuerCheckpoint(Row, table=True):
    """One accumulator checkpoint that was handed to the log: the value after ``index`` events in the unix ``minute``."""

    __tablename__ = "issuer_checkpoints"
    __table_args__ = (
        CheckConstraint("length(value) = 48", name="value_length"),
        CheckConstraint("length(leaf) = 32", name="leaf_length"),
    )

    accumulator_id: str = Field(primary_key=True, foreign_key="issuer_accumulators.accumulator_id", max_length=32)
    index: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    minute: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    value: bytes = Field(sa_type=LargeBinary)
    leaf: bytes = Field(sa_type=LargeBinary, unique=True)


# --- accumulators ---


def add_accumulator(session: Session, accumulator: IssuerAccumulator) -> bool:
    """Stores an accumulator that has no events yet; False where it is there."""
    return insert_once(session, accumulator, on=["accumulator_id"])


def has_accumulator(session: Session, accumulator_id: str) -> bool:
    """Whether an accumulator is stored."""
    return session.get(IssuerAccumulator, accumulator_id) is not None


def lock(session: Session, accumulator_id: str) -> IssuerAccumulator:
    """The accumulator as it is, and stays until this transaction ends."""
    query = select(IssuerAccumulator).where(IssuerAccumulator.accumulator_id == accumulator_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).one()


def issuers(session: Session) -> dict[str, str]:
    """The issuer's id in each accumulator's checkpoints."""
    return dict(session.exec(select(IssuerAccumulator.accumulator_id, IssuerAccumulator.issuer)).all())


# --- events ---


def add_event(session: Session, event: IssuerRevocation) -> bool:
    """Adds the next event of an accumulator that is locked, and moves its value; False for a handle that was revoked."""
    if not insert_once(session, event):
        return False
    moved = update(IssuerAccumulator).where(
        col(IssuerAccumulator.accumulator_id) == event.accumulator_id, col(IssuerAccumulator.index) == event.index - 1
    )
    return session.exec(moved.values(index=event.index, value=event.value)).rowcount == 1


def is_revoked(session: Session, handle: bytes) -> bool:
    """Whether a handle was revoked."""
    return session.exec(select(IssuerRevocation.index).where(col(IssuerRevocation.handle) == handle)).first() is not None


def events(session: Session, accumulator_id: str, after: int, count: int) -> Sequence[IssuerRevocation]:
    """Up to ``count`` events after index ``after``, in order."""
    index = col(IssuerRevocation.index)
    query = select(IssuerRevocation).where(IssuerRevocation.accumulator_id == accumulator_id, index > after)
    return session.exec(query.order_by(index).limit(count)).all()


def first_since(session: Session, accumulator_id: str, since: int) -> int | None:
    """The index of the first event at or after ``since`` (unix seconds)."""
    query = select(func.min(IssuerRevocation.index)).where(
        IssuerRevocation.accumulator_id == accumulator_id, col(IssuerRevocation.revoked_at) >= since
    )
    return session.exec(query).one()


def find_attestation(session: Session, attestation_id: str | None, case_id: str | None) -> IssuerAttestation | None:
    """An attestation by its own id, or the newest of a case."""
    if attestation_id is not None:
        return session.get(IssuerAttestation, attestation_id)
    query = select(IssuerAttestation).where(IssuerAttestation.case_id == case_id)
    return session.exec(query.order_by(col(IssuerAttestation.serial).desc()).limit(1)).first()


# --- checkpoints ---


def add_checkpoint(session: Session, checkpoint: IssuerCheckpoint) -> bool:
    """Stores a checkpoint; False where that minute has one of this index."""
    return insert_once(session, checkpoint, on=["accumulator_id", "index", "minute"])


def newest_logged(session: Session, accumulator_id: str, size: int, *, until: int) -> IssuerCheckpoint | None:
    """The newest checkpoint among the first ``size`` entries of the log that is of the minute ``until`` or before.

    One of a later minute was made while a clock was wrong: it will be true when its time comes.
    """
    index, minute = col(IssuerCheckpoint.index), col(IssuerCheckpoint.minute)
    query = _logged(accumulator_id, size).where(minute <= until).order_by(index.desc(), minute.desc())
    return session.exec(query.limit(1)).first()


def find_logged(session: Session, accumulator_id: str, index: int, minute: int, size: int) -> IssuerCheckpoint | None:
    """One checkpoint, if it is among the first ``size`` entries of the log."""
    query = _logged(accumulator_id, size).where(IssuerCheckpoint.index == index, IssuerCheckpoint.minute == minute)
    return session.exec(query).first()


def _logged(accumulator_id: str, size: int) -> SelectOfScalar[IssuerCheckpoint]:
    return select(IssuerCheckpoint).where(
        IssuerCheckpoint.accumulator_id == accumulator_id,
        col(IssuerOutbox.leaf) == col(IssuerCheckpoint.leaf),
        col(IssuerOutbox.entry_index) < size,
    )


def checkpoints(session: Session) -> Iterator[IssuerCheckpoint]:
    """Every checkpoint."""
    return in_pages(session, IssuerCheckpoint, IssuerCheckpoint.leaf)
