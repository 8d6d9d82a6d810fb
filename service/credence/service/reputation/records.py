"""The tables of reputation and every statement over them.

Of a pseudonym there is what its venue reported (so that all of it can be computed anew), the daily statistics, and a
standing. A client is an authenticated venue, and whatever is asked here is asked for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    LargeBinary,
    Text,
    and_,
    case,
    literal_column,
)
from sqlmodel import Field, Session, col, select

from credence.service.reputation.events.kinds import PSEUDONYM_LENGTH
from credence.service.reputation.merging import COLUMNS, LIMIT, Merge
from credence.service.store import Row, inserting, inserting_all

DIGEST_LENGTH: Final = 32

_CHUNK: Final = 100
"""Rows of one statement: both databases bound the number of its values."""

# written into the statement: bound once for every row and column they would cost more than all the rest
_ZERO: Final = literal_column("0", BigInteger)
_MOST: Final = literal_column(str(LIMIT), BigInteger)

_PSEUDONYM: Final = f"length(pseudonym) = {PSEUDONYM_LENGTH}"
_KEY: Final[dict[str, Any]] = {"autoincrement": False}


class ReputationEvent(Row, table=True):
    """One event as it was reported; its id is the venue's and names it for good. Never updated.

    ``digest`` is of all that it says, and ``content`` is that, as canonical JSON. Times are unix seconds.
    """

    __tablename__ = "reputation_events"
    __table_args__ = (
        CheckConstraint(_PSEUDONYM, name="pseudonym_length"),
        CheckConstraint(f"length(digest) = {DIGEST_LENGTH}", name="digest_length"),
        Index(None, "client_id", "pseudonym", "at"),
    )

    client_id: str = Field(primary_key=True, max_length=128)
    event_id: str = Field(primary_key=True, max_length=128)
    pseudonym: bytes = Field(sa_type=LargeBinary)
    at: int = Field(sa_type=BigInteger)
    digest: bytes = Field(sa_type=LargeBinary)
    content: str = Field(sa_type=Text)
    reported_at: int = Field(sa_type=BigInteger)


class ReputationDay(Row, table=True):
    """The statistics of a pseudonym's day; what merges how is said in :mod:`credence.service.reputation.merging`."""

    __tablename__ = "reputation_days"
    __table_args__ = (CheckConstraint(_PSEUDONYM, name="pseudonym_length"),)

    client_id: str = Field(primary_key=True, max_length=128)
    pseudonym: bytes = Field(primary_key=True, sa_type=LargeBinary)
    day: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=_KEY)
    events: int = Field(sa_type=BigInteger)
    fills: int = Field(sa_type=BigInteger)
    cancels: int = Field(sa_type=BigInteger)
    votes: int = Field(sa_type=BigInteger)
    margin_calls: int = Field(sa_type=BigInteger)
    liquidations: int = Field(sa_type=BigInteger)
    option_fills: int = Field(sa_type=BigInteger)
    account_days: int = Field(sa_type=BigInteger)
    snapshots: int = Field(sa_type=BigInteger)
    pnl_events: int = Field(sa_type=BigInteger)
    snapshot_seconds: int = Field(sa_type=BigInteger)
    leverage_ppm_seconds: int = Field(sa_type=BigInteger)
    equity_hours: int = Field(sa_type=BigInteger)
    self_matched: int = Field(sa_type=BigInteger)
    option_delta_ppm: int = Field(sa_type=BigInteger)
    option_gross_ppm: int = Field(sa_type=BigInteger)
    notional: int = Field(sa_type=BigInteger)
    maker_notional: int = Field(sa_type=BigInteger)
    buy_notional: int = Field(sa_type=BigInteger)
    fee: int = Field(sa_type=BigInteger)
    pnl: int = Field(sa_type=BigInteger)
    deposit: int = Field(sa_type=BigInteger)
    withdrawal: int = Field(sa_type=BigInteger)
    borrow: int = Field(sa_type=BigInteger)
    repay: int = Field(sa_type=BigInteger)
    funding: int = Field(sa_type=BigInteger)
    trades: int = Field(sa_type=BigInteger)
    wins: int = Field(sa_type=BigInteger)
    liquidated: int = Field(sa_type=BigInteger)
    bad_debt: int = Field(sa_type=BigInteger)
    markout_10s: int = Field(sa_type=BigInteger)
    markout_60s: int = Field(sa_type=BigInteger)
    markout_300s: int = Field(sa_type=BigInteger)
    markout_notional_10s: int = Field(sa_type=BigInteger)
    markout_notional_60s: int = Field(sa_type=BigInteger)
    markout_notional_300s: int = Field(sa_type=BigInteger)
    day_exposed: int = Field(sa_type=BigInteger)
    day_near_misses: int = Field(sa_type=BigInteger)
    day_calls: int = Field(sa_type=BigInteger)
    day_liquidations: int = Field(sa_type=BigInteger)
    day_bad_debts: int = Field(sa_type=BigInteger)
    leverage_0: int = Field(sa_type=BigInteger)
    leverage_1: int = Field(sa_type=BigInteger)
    leverage_2: int = Field(sa_type=BigInteger)
    leverage_3: int = Field(sa_type=BigInteger)
    leverage_4: int = Field(sa_type=BigInteger)
    leverage_5: int = Field(sa_type=BigInteger)
    leverage_6: int = Field(sa_type=BigInteger)
    leverage_7: int = Field(sa_type=BigInteger)
    leverage_8: int = Field(sa_type=BigInteger)
    leverage_9: int = Field(sa_type=BigInteger)
    round_trips: int = Field(sa_type=BigInteger)
    exposed_hours: int = Field(sa_type=BigInteger)
    near_miss_hours: int = Field(sa_type=BigInteger)
    call_hours: int = Field(sa_type=BigInteger)
    liquidation_hours: int = Field(sa_type=BigInteger)
    bad_debt_hours: int = Field(sa_type=BigInteger)
    min_buffer_ppm: int | None = Field(default=None, sa_type=BigInteger)
    opening: int | None = Field(default=None, sa_type=BigInteger)
    closing: int | None = Field(default=None, sa_type=BigInteger)


class ReputationCell(Row, table=True):
    """What a pseudonym bought and sold at one price (10^-9 USD) in one minute, in micro-USD."""

    __tablename__ = "reputation_cells"
    __table_args__ = (CheckConstraint(_PSEUDONYM, name="pseudonym_length"),)

    client_id: str = Field(primary_key=True, max_length=128)
    pseudonym: bytes = Field(primary_key=True, sa_type=LargeBinary)
    minute: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=_KEY)
    instrument: str = Field(primary_key=True, max_length=32)
    price: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs=_KEY)
    bought: int = Field(sa_type=BigInteger)
    sold: int = Field(sa_type=BigInteger)


class ReputationFile(Row, table=True):
    """How far a file was taken in under a mapping: ``lines`` of it are done. A file is known by its SHA-256."""

    __tablename__ = "reputation_files"
    __table_args__ = (CheckConstraint(f"length(digest) = {DIGEST_LENGTH}", name="digest_length"),)

    client_id: str = Field(primary_key=True, max_length=128)
    digest: bytes = Field(primary_key=True, sa_type=LargeBinary)
    mapping: str = Field(primary_key=True, max_length=64)
    lines: int = Field(sa_type=BigInteger)
    accepted: int = Field(sa_type=BigInteger)
    duplicates: int = Field(sa_type=BigInteger)
    rejected: int = Field(sa_type=BigInteger)
    done: bool = False


class ReputationStanding(Row, table=True):
    """What a pseudonym's conduct had come to when it was last evaluated. ``state`` is that, as JSON; days are UTC days.

    ``flagged_at`` (unix seconds) says that the venue flagged it.
    """

    __tablename__ = "reputation_standings"
    __table_args__ = (
        CheckConstraint(_PSEUDONYM, name="pseudonym_length"),
        CheckConstraint("tier IN ('RX', 'R0', 'R1', 'R2', 'R3', 'R4', 'R5')", name="tier_known"),
    )

    client_id: str = Field(primary_key=True, max_length=128)
    pseudonym: bytes = Field(primary_key=True, sa_type=LargeBinary)
    tier: str = Field(max_length=2)
    since_day: int = Field(sa_type=BigInteger)
    evaluated_day: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    updated_at: int = Field(sa_type=BigInteger)
    flagged_at: int | None = Field(default=None, sa_type=BigInteger)


# --- events ---


def add_events(session: Session, rows: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """Stores the events that are new, and answers their ids. ``rows`` are one client's, each id once."""
    if not rows:
        return frozenset()
    ordered = sorted(rows, key=lambda row: row["event_id"])  # whoever comes at once waits in one order
    statement, values = inserting_all(session, ReputationEvent, ordered)
    statement = statement.on_conflict_do_nothing().returning(_column(ReputationEvent, "event_id"))
    return frozenset(session.connection().execute(statement, values).scalars())


def digests(session: Session, client_id: str, event_ids: Sequence[str]) -> dict[str, bytes]:
    """What the client's events of these ids say, by id."""
    found: dict[str, bytes] = {}
    for part in _parts(event_ids):
        query = select(ReputationEvent.event_id, ReputationEvent.digest)
        rows = session.exec(query.where(ReputationEvent.client_id == client_id, col(ReputationEvent.event_id).in_(part)))
        found.update((event_id, digest) for event_id, digest in rows)
    return found


# --- statistics ---


def add_days(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Merges daily statistics into what is there. Concurrent ones are waited for; nothing is read before it is written."""
    if not rows:
        return
    ordered = sorted(rows, key=lambda row: (row["pseudonym"], row["day"]))
    statement, values = inserting_all(session, ReputationDay, ordered)
    session.connection().execute(_merging_days(statement), values)


def add_cells(session: Session, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[bytes, int], int]:
    """Adds to cells, and answers by how much the round trips of each pseudonym and day grew, in micro-USD."""
    if not rows:
        return {}
    table = ReputationCell.__table__  # type: ignore[attr-defined]
    key = [each.name for each in table.primary_key]
    added = {tuple(row[name] for name in key): row for row in rows}
    statement, values = inserting_all(session, ReputationCell, [added[name] for name in sorted(added)])
    new = statement.excluded
    changed = {name: _merged(table.c[name], new[name], Merge.SUM) for name in ("bought", "sold")}
    upsert = statement.on_conflict_do_update(index_elements=key, set_=changed).returning(*table.c)
    grown: dict[tuple[bytes, int], int] = {}
    for found in session.connection().execute(upsert, values).mappings():
        row = added[tuple(found[name] for name in key)]
        back = min(found["bought"], found["sold"])
        before = min(found["bought"] - row["bought"], found["sold"] - row["sold"])
        if back != before:
            place = found["pseudonym"], found["minute"] // 86_400
            grown[place] = grown.get(place, 0) + 2 * (back - before)
    return grown


def days_of(session: Session, client_id: str, pseudonym: bytes, *, since: int = 0) -> Sequence[ReputationDay]:
    """The daily statistics of a client's pseudonym from day ``since`` on, in order."""
    row = ReputationDay
    query = select(row).where(row.client_id == client_id, row.pseudonym == pseudonym, col(row.day) >= since)
    return session.exec(query.order_by(col(row.day))).all()


def pseudonyms_of(session: Session, client_id: str, *, after: bytes = b"") -> Sequence[bytes]:
    """A page of a thousand of the pseudonyms that a client reported of, in order."""
    row = ReputationDay
    query = select(row.pseudonym).where(row.client_id == client_id, col(row.pseudonym) > after).distinct()
    return session.exec(query.order_by(col(row.pseudonym)).limit(1_000)).all()


# --- files ---


def file_of(session: Session, client_id: str, digest: bytes, mapping: str) -> ReputationFile | None:
    """How far a file was taken in."""
    return session.get(ReputationFile, (client_id, digest, mapping))


def put_file(session: Session, row: ReputationFile) -> None:
    """Says how far a file is taken in."""
    session.merge(row)
    session.flush()


# --- standings ---


def standing_of(session: Session, client_id: str, pseudonym: bytes) -> ReputationStanding | None:
    """The standing as it was last evaluated."""
    return session.get(ReputationStanding, (client_id, pseudonym))


def put_standing(session: Session, row: ReputationStanding, *, read: str | None) -> bool:
    """Stores what an evaluation came to, if ``state`` is still what was ``read``, None for no row; False if it is not.

    The mark of the venue stays as it is.
    """
    return _put(session, row, ("tier", "since_day", "evaluated_day", "state", "updated_at"), instead_of=(read,))


def mark(session: Session, row: ReputationStanding) -> None:
    """Stores the mark of a venue, ``flagged_at``, and keeps what an evaluation came to."""
    _put(session, row, ("flagged_at",))


def _put(
    session: Session, row: ReputationStanding, names: Sequence[str], *, instead_of: tuple[str | None] | None = None
) -> bool:
    statement = inserting(session, ReputationStanding)
    changed = {name: statement.excluded[name] for name in names}
    only = None if instead_of is None else _column(ReputationStanding, "state") == instead_of[0]  # NULL is like nothing
    upsert = statement.on_conflict_do_update(index_elements=["client_id", "pseudonym"], set_=changed, where=only)
    upsert = upsert.returning(_column(ReputationStanding, "client_id"))
    return session.connection().execute(upsert, row.model_dump()).first() is not None


# --- how statements are made ---


def _parts(rows: Sequence[Any]) -> Iterable[list[Any]]:
    return (list(rows[start : start + _CHUNK]) for start in range(0, len(rows), _CHUNK))


def _column(kind: type[Row], name: str) -> Any:
    return kind.__table__.c[name]  # type: ignore[attr-defined]


@cache
def _merging_days(statement: Any) -> Any:
    """The statement of :func:`add_days`, made once of an insert: making it takes longer than running it over a report."""
    table = ReputationDay.__table__  # type: ignore[attr-defined]
    changed = {name: _merged(table.c[name], statement.excluded[name], way) for name, way in COLUMNS.items()}
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=changed)


def _merged(old: Any, new: Any, way: Merge) -> Any:
    """What :func:`credence.service.reputation.merging.merged` says, in SQL of both databases."""
    if way is Merge.OR:
        return old.bitwise_or(new)
    if way is Merge.SUM:
        above, below = and_(new > _ZERO, old > _MOST - new), and_(new < _ZERO, old < -_MOST - new)
        return case((above, _MOST), (below, -_MOST), else_=old + new)
    wins = new < old if way is Merge.LEAST else new > old
    return case((old.is_(None), new), (new.is_(None), old), (wins, new), else_=old)
