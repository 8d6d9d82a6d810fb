"""A venue's report: each line is taken, known already, in conflict, or refused, and only itself.

1. Every line is read (:func:`~credence.service.reputation.events.read_event`) and reduced to daily statistics before the
   transaction, as if all of them were new.
2. In it, what is new is stored under the venue's id of the event, which a constraint keeps single.
3. The statistics of what is new are added to what is there; so are the cells of round trips. Where they were made of other
   events than those that are new, the transaction is undone, and they are made again outside of it (:class:`Overtaken`).

So what was reported is in the statistics once, neither order nor batches leave a trace, and no writer waits for an engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Protocol

from sqlmodel import Session

from credence.circuits.encoding import b64u_decode
from credence.service.errors import Conflict
from credence.service.reputation import records
from credence.service.reputation.events import Event, Flaw, Unreadable, digest, read_event, seal
from credence.service.reputation.merging import COLUMNS

MAX_LINES: Final = 500
"""Lines of one report."""


class Outcome(StrEnum):
    """What became of a line."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """The event is known, and says the same."""
    CONFLICT = "conflict"
    """An event of this id is known, and says something else. It stays as it is."""
    REJECTED = "rejected"


@dataclass(frozen=True)
class Line:
    """What became of one. ``flaw`` and ``field`` say why it was rejected, in words of the schema."""

    outcome: Outcome
    flaw: Flaw | None = None
    field: str | None = None


class Reducer(Protocol):
    """Computes daily statistics; :class:`credence.service.reputation.features.engine.Engine` is one."""

    def over(self, events: Iterable[Event]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Daily statistics of events without their round trips, and the cells of these."""


class Overtaken(Conflict):
    """Other events are new than those that were reduced: somebody reported of them before. Never leaves the room."""

    def __init__(self, new: frozenset[str]) -> None:
        super().__init__()
        self.new = new


@dataclass(frozen=True)
class Report:
    """What was read of a venue's lines at ``now``: the events by id, and their rows."""

    client_id: str
    now: int
    lines: tuple[Event | Unreadable, ...]
    events: Mapping[str, Event]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Reduced:
    """What the events of these ids come to: days without their round trips, and the cells of these."""

    of: frozenset[str]
    days: Sequence[Mapping[str, Any]]
    cells: Sequence[Mapping[str, Any]]


def read(client_id: str, lines: Sequence[object], *, now: int) -> Report:
    """Reads lines."""
    return gather(client_id, [_read(line, now) for line in lines], now=now)


def gather(client_id: str, lines: Sequence[Event | Unreadable], *, now: int) -> Report:
    """The same of lines that were read."""
    events: dict[str, Event] = {}
    for line in lines:
        if isinstance(line, Event):
            events.setdefault(line.event_id, line)
    return Report(client_id, now, tuple(lines), events, tuple(_row(client_id, now, event) for event in events.values()))


def reduce_events(report: Report, names: frozenset[str], reducer: Reducer) -> Reduced:
    """What a report's events of these ids come to. Outside of any transaction, which would make others wait for it."""
    days, cells = reducer.over(report.events[name] for name in sorted(names)) if names else ([], [])
    return Reduced(names, days, cells)


def take(session: Session, report: Report, reduced: Reduced) -> tuple[Line, ...]:
    """Takes a report in one transaction, and says what became of each line.

    Raises :class:`Overtaken` where neither all that was reduced is new nor nothing is.
    """
    rows = report.rows
    new = records.add_events(session, rows)
    if new:
        if new != reduced.of:
            raise Overtaken(new)
        _add(session, report.client_id, reduced.days, reduced.cells)
    known = records.digests(session, report.client_id, sorted(report.events.keys() - new))
    known |= {row["event_id"]: row["digest"] for row in rows if row["event_id"] in new}
    taken: set[str] = set()
    return tuple(_judged(line, new, known, taken) for line in report.lines)


def _judged(line: Event | Unreadable, new: frozenset[str], known: Mapping[str, bytes], taken: set[str]) -> Line:
    if isinstance(line, Unreadable):
        return Line(Outcome.REJECTED, line.flaw, line.field)
    if line.event_id in new and line.event_id not in taken:
        taken.add(line.event_id)
        return Line(Outcome.ACCEPTED)
    return Line(Outcome.DUPLICATE if known[line.event_id] == digest(line) else Outcome.CONFLICT)


def _add(session: Session, client_id: str, days: Sequence[Mapping[str, Any]], cells: Sequence[Mapping[str, Any]]) -> None:
    found = [
        {
            "client_id": client_id,
            "pseudonym": b64u_decode(cell["pseudonym"]),
            **{name: cell[name] for name in ("minute", "instrument", "price", "bought", "sold")},
        }
        for cell in cells
    ]
    grown = records.add_cells(session, found)
    rows = []
    for day in days:
        pseudonym = b64u_decode(day["pseudonym"])
        values = {name: day[name] for name in COLUMNS if name != "round_trips"}
        trips = grown.get((pseudonym, day["day"]), 0)
        rows.append({"client_id": client_id, "pseudonym": pseudonym, "day": day["day"], "round_trips": trips, **values})
    records.add_days(session, rows)


def _read(line: object, now: int) -> Event | Unreadable:
    try:
        return read_event(line, now=now)
    except Unreadable as refusal:
        return refusal


def _row(client_id: str, now: int, event: Event) -> dict[str, Any]:
    content, said = seal(event)
    return {
        "client_id": client_id,
        "event_id": event.event_id,
        "pseudonym": event.pseudonym,
        "at": event.at,
        "digest": said,
        "content": content,
        "reported_at": now,
    }
