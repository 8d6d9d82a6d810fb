"""The ledger's tables and every statement over them.

``ledger_entries`` holds salted leaves and nothing that says what they mean; ``ledger_checkpoints`` what was signed. Each
party derives its own outbox table from :class:`OutboxRow` and writes to it with :func:`post` in its own transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, CheckConstraint, UniqueConstraint, bindparam, exists, func, update
from sqlalchemy import select as select_columns
from sqlmodel import Field, Session, col, select

from credence.circuits.credential import DAY_SECONDS, EPOCH_DAYS
from credence.circuits.encoding import Rng
from credence.circuits.leaf import LEAF_LENGTH
from credence.circuits.merkle import leaf_hash
from credence.service.ledger.errors import BadEntry
from credence.service.store import Contended, Row, insert_all_once, insert_once, uuid7

EPOCH_SECONDS: Final = DAY_SECONDS * EPOCH_DAYS
"""Log times are rounded down to the credentials' own epochs, so that they narrow nobody's issuance."""

OWN: Final = "log"
"""The source of entries that no party asked for: what the log says of itself."""

_PAGE: Final = 1000
"""Rows read at once: in pages and not by a cursor of the server, which whoever stops reading would have to close."""


class LedgerEntry(Row, table=True):
    """One leaf of the log. ``index`` counts from 0 without gaps; ``epoch`` counts epochs since 1970-01-01."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        UniqueConstraint("source", "outbox_id"),
        CheckConstraint('"index" >= 0', name="index_not_negative"),
        CheckConstraint(f"length(leaf) = {LEAF_LENGTH}", name="leaf_length"),
    )

    index: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    leaf_hash: bytes
    leaf: bytes = Field(index=True)
    source: str = Field(max_length=32)
    outbox_id: str = Field(max_length=36)
    epoch: int


class LedgerCheckpoint(Row, table=True):
    """One signed checkpoint; ``minute`` is the unix minute in which it was signed."""

    __tablename__ = "ledger_checkpoints"

    size: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    root: bytes
    note: str
    minute: int


class OutboxRow(Row):
    """What a party asks the log to take; no table of its own.

    A party derives its table in its own room: ``class IssuerOutbox(OutboxRow, table=True)`` with a ``__tablename__``.
    ``id`` is a UUIDv7 as text, so that rows are taken in the order of their times; ``entry_index`` is set once taken.
    """

    id: str = Field(primary_key=True, max_length=36)
    kind: str = Field(max_length=64)
    leaf: bytes
    created_epoch: int
    entry_index: int | None = Field(default=None, index=True, sa_type=BigInteger)


def post(session: Session, table: type[OutboxRow], *, kind: str, leaf: bytes, now: int, rng: Rng) -> str:
    """Puts ``leaf`` (32 bytes) into a party's outbox, inside that party's transaction, and returns the row's id.

    ``now`` in unix seconds; rows of one second are taken in random order. Raises :class:`BadEntry` for a leaf of another
    length or a kind that has not 1-64 characters.
    """
    if len(leaf) != LEAF_LENGTH:
        raise BadEntry("a leaf has 32 bytes")
    if not 1 <= len(kind) <= 64:
        raise BadEntry("a leaf kind has 1-64 characters")
    row_id = str(uuid7(now, rng))
    session.add(table(id=row_id, kind=kind, leaf=leaf, created_epoch=now // EPOCH_SECONDS))
    return row_id


# --- outboxes ---


def pending(session: Session, table: type[OutboxRow], limit: int) -> Sequence[OutboxRow]:
    """Up to ``limit`` rows that the log has not taken, oldest first."""
    query = select(table).where(col(table.entry_index).is_(None)).order_by(col(table.id)).limit(limit)
    return session.exec(query).all()


def have_pending(session: Session, tables: Sequence[type[OutboxRow]]) -> Sequence[bool]:
    """For each table whether it has a row that the log has not taken."""
    waits = (exists().where(col(table.entry_index).is_(None)) for table in tables)
    return tuple(session.connection().execute(select_columns(*waits)).one())


def count_pending(session: Session, table: type[OutboxRow]) -> int:
    """How many rows the log has not taken."""
    return session.exec(select(func.count()).select_from(table).where(col(table.entry_index).is_(None))).one()


def mark(session: Session, table: type[OutboxRow], placed: Mapping[str, int]) -> None:
    """Notes the index of rows that the log has taken. A row that is marked already keeps its index."""
    if placed:
        unmarked = (col(table.id) == bindparam("row_id"), col(table.entry_index).is_(None))
        statement = update(table).where(*unmarked).values(entry_index=bindparam("entry"))
        session.connection().execute(statement, [{"row_id": row_id, "entry": index} for row_id, index in placed.items()])


def outbox_rows(session: Session, table: type[OutboxRow]) -> Iterator[OutboxRow]:
    """Every row of an outbox, by id."""
    query = select(table).order_by(col(table.id)).limit(_PAGE)
    page = session.exec(query).all()
    while page:
        yield from page
        page = session.exec(query.where(col(table.id) > page[-1].id)).all()


# --- entries ---


def count_entries(session: Session) -> int:
    """One more than the highest index: the number of entries in a log without gaps."""
    return session.exec(select(func.coalesce(func.max(LedgerEntry.index), -1))).one() + 1


@dataclass(frozen=True, slots=True)
class Placed:
    """Where the log has a row of an outbox, and which leaf it took from it."""

    index: int
    leaf: bytes


def append(session: Session, source: str, rows: Sequence[OutboxRow]) -> dict[str, Placed]:
    """Adds rows of one outbox at the end and returns their places by outbox id, also where they were there before.

    Idempotent through ``UNIQUE (source, outbox_id)``. A row whose index was taken meanwhile by another sequencer is left out
    of the answer, to be tried again: the index is a primary key, so that neither gap nor overlap can arise.
    """
    index = count_entries(session)
    if insert_all_once(session, LedgerEntry, [_entry(source, row, at) for at, row in enumerate(rows, index)]):
        return {row.id: Placed(at, row.leaf) for at, row in enumerate(rows, index)}
    return _append_each(session, source, rows)


def _entry(source: str, row: OutboxRow, index: int) -> dict[str, Any]:
    return {
        "index": index,
        "leaf_hash": leaf_hash(row.leaf),
        "leaf": row.leaf,
        "source": source,
        "outbox_id": row.id,
        "epoch": row.created_epoch,
    }


def _append_each(session: Session, source: str, rows: Sequence[OutboxRow]) -> dict[str, Placed]:
    """One by one, where some are there already or somebody else appends at the same time."""
    placed: dict[str, Placed] = {}
    index = count_entries(session)
    for row in rows:
        if insert_once(session, LedgerEntry(**_entry(source, row, index))):
            placed[row.id] = Placed(index, row.leaf)
            index += 1
        else:
            # the log has this row already, or another sequencer took this index for another row
            placed |= _placed(session, source, row.id)
            index = count_entries(session)
    return placed


def append_own(session: Session, leaf: bytes, *, now: int, rng: Rng) -> int:
    """Adds a leaf of the log's own at the end, and returns its index. Raises :class:`Contended` where that was taken."""
    index = count_entries(session)
    entry = LedgerEntry(
        index=index,
        leaf_hash=leaf_hash(leaf),
        leaf=leaf,
        source=OWN,
        outbox_id=str(uuid7(now, rng)),
        epoch=now // EPOCH_SECONDS,
    )
    if not insert_once(session, entry):
        raise Contended
    return index


def _placed(session: Session, source: str, row_id: str) -> dict[str, Placed]:
    query = select(LedgerEntry).where(LedgerEntry.source == source, LedgerEntry.outbox_id == row_id)
    return {entry.outbox_id: Placed(entry.index, entry.leaf) for entry in session.exec(query)}


def entries(session: Session, start: int, stop: int) -> Sequence[LedgerEntry]:
    """The entries with ``start <= index < stop``, by index."""
    index = col(LedgerEntry.index)
    return session.exec(select(LedgerEntry).where(index >= start, index < stop).order_by(index)).all()


def all_entries(session: Session) -> Iterator[LedgerEntry]:
    """Every entry by index."""
    query = select(LedgerEntry).order_by(col(LedgerEntry.index)).limit(_PAGE)
    page = session.exec(query).all()
    while page:
        yield from page
        page = session.exec(query.where(col(LedgerEntry.index) > page[-1].index)).all()


def leaves_from(session: Session, start: int, stop: int) -> Iterator[tuple[int, bytes, bytes]]:
    """``(index, leaf, leaf hash)`` with ``start <= index < stop``, by index."""
    index = col(LedgerEntry.index)
    query = select(LedgerEntry.index, LedgerEntry.leaf, LedgerEntry.leaf_hash).where(index < stop).order_by(index)
    page = session.exec(query.where(index >= start).limit(_PAGE)).all()
    while page:
        yield from page
        page = session.exec(query.where(index > page[-1][0]).limit(_PAGE)).all()


def index_of(session: Session, leaf: bytes) -> int | None:
    """The lowest index at which ``leaf`` stands."""
    query = select(LedgerEntry.index).where(col(LedgerEntry.leaf) == leaf).order_by(col(LedgerEntry.index)).limit(1)
    return session.exec(query).first()


# --- checkpoints ---


def newest_checkpoint(session: Session) -> LedgerCheckpoint | None:
    """The largest checkpoint published."""
    return session.exec(select(LedgerCheckpoint).order_by(col(LedgerCheckpoint.size).desc()).limit(1)).first()


def checkpoints(session: Session) -> Sequence[LedgerCheckpoint]:
    """Every checkpoint by size."""
    return session.exec(select(LedgerCheckpoint).order_by(col(LedgerCheckpoint.size))).all()


def add_checkpoint(session: Session, checkpoint: LedgerCheckpoint) -> bool:
    """Stores a checkpoint; False where one of that size is there already."""
    return insert_once(session, checkpoint)
