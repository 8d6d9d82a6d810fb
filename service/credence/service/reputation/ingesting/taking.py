"""A file is taken in piece by piece: each is one transaction with the cursor that says how far it went.

1. The file is known by its SHA-256, and its cursor by that, the venue and the mapping's name and version.
2. Rows before the cursor are read and not taken; a file that is done is not read again.
3. Each piece is read, reduced and taken as a report over HTTP is, and the cursor moves in the same transaction.

So whoever is interrupted starts again with the same command, and whoever repeats it changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlmodel import Session

from credence.service.reputation import records
from credence.service.reputation.desk import Desk
from credence.service.reputation.events import Event, Flaw, Unreadable
from credence.service.reputation.ingesting.mapping import EventMapping, HazardMapping, WireMapping
from credence.service.reputation.ingesting.reading import FileRefused, RowReader, WireReader, moment, row_name, rows_of
from credence.service.reputation.market import FIRST_DAY
from credence.service.reputation.market import records as market_records
from credence.service.reputation.records import ReputationFile
from credence.service.reputation.reporting import Line, Outcome, gather

PIECE: Final = 1_000
"""Rows of one transaction."""

_BLOCK: Final = 1 << 20
_DAY: Final = 86_400

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Reject:
    """A line that is no event, or that says something else of an event that is known. Never what stands in it."""

    line: int
    reason: str
    field: str | None

    def to_json(self) -> dict[str, Any]:
        """As a file of rejects has it."""
        return {"line": self.line, "reason": self.reason, "field": self.field}


@dataclass(frozen=True)
class Taken:
    """What a file came to, over all the runs that it took."""

    rows: int
    accepted: int
    duplicates: int
    rejected: int
    resumed_at: int


def take_file(
    desk: Desk,
    client_id: str,
    path: Path,
    mapping: EventMapping | WireMapping,
    *,
    tell: Tell,
    reject: Callable[[Reject], None],
) -> Taken:
    """Takes a table in for a venue. ``reject`` is told each line that is left out, at least once.

    Raises :class:`FileRefused`, and :class:`OSError` for a file that cannot be read.
    """
    digest, lines = _measured(path)
    named = f"{mapping.name}/{mapping.version}"
    with desk.store.reading() as session:
        before = records.file_of(session, client_id, digest, named)
    cursor = before or ReputationFile(
        client_id=client_id, digest=digest, mapping=named, lines=0, accepted=0, duplicates=0, rejected=0
    )
    resumed_at = cursor.lines
    if not cursor.done:
        now = desk.services.clock()
        rows = _events(path, mapping, client_id, now)
        for _ in islice(rows, resumed_at):  # read, because equal rows are told by their number
            pass
        while piece := list(islice(rows, PIECE)):
            report = gather(client_id, [event for _, event in piece], now=now)
            tell_rejects = partial(_rejects, piece, reject=reject)
            cursor = desk.take(report, partial(_take, cursor=cursor, tell_rejects=tell_rejects))
            tell("taking in", min(cursor.lines, lines), lines)
        cursor = desk.store.run(partial(_moved, cursor=cursor, done=True))
    return Taken(cursor.lines, cursor.accepted, cursor.duplicates, cursor.rejected, resumed_at)


def take_hazards(desk: Desk, path: Path, mapping: HazardMapping) -> tuple[int, int, int]:
    """Counts a table of liquidations into a market's series; the numbers of rows, of new ones, and of days in this table.

    A row counts once, in whatever table it comes; equal ones of a table are told by their number. So tables may overlap,
    come in parts and in any order. A row before 2009 or after tomorrow is of no market (a time in milliseconds, say). All is
    one transaction. Raises :class:`FileRefused`.
    """
    rows: dict[bytes, int] = {}
    seen: Counter[bytes] = Counter()
    today = desk.services.clock() // _DAY
    for line, cells in rows_of(path, mapping):
        try:
            at = None if cells is None else moment(mapping.at, cells)
        except Unreadable:
            at = None
        if cells is None or at is None:
            raise FileRefused(f"line {line} has no time")
        if not FIRST_DAY <= at // _DAY <= today + 1:
            raise FileRefused(f"line {line} is of no day from 2009 to today")
        rows[row_name(mapping.name, cells, seen)] = at // _DAY
    if not rows:
        raise FileRefused("the table has no rows")
    new = desk.store.run(partial(market_records.count_rows, series=mapping.series, rows=rows))
    return len(rows), new, len(set(rows.values()))


def _take(
    session: Session, found: tuple[Line, ...], *, cursor: ReputationFile, tell_rejects: Callable[[tuple[Line, ...]], None]
) -> ReputationFile:
    moved = _moved(session, cursor=cursor, lines=found)
    tell_rejects(found)  # before the commit: whoever is interrupted in between is told twice, and not never
    return moved


def _moved(session: Session, *, cursor: ReputationFile, lines: tuple[Line, ...] = (), done: bool = False) -> ReputationFile:
    counts = Counter(line.outcome for line in lines)
    moved = ReputationFile(
        client_id=cursor.client_id,
        digest=cursor.digest,
        mapping=cursor.mapping,
        lines=cursor.lines + len(lines),
        accepted=cursor.accepted + counts[Outcome.ACCEPTED],
        duplicates=cursor.duplicates + counts[Outcome.DUPLICATE],
        rejected=cursor.rejected + counts[Outcome.REJECTED] + counts[Outcome.CONFLICT],
        done=done,
    )
    records.put_file(session, moved)
    return moved


def _events(
    path: Path, mapping: EventMapping | WireMapping, client_id: str, now: int
) -> Iterator[tuple[int, Event | Unreadable]]:
    reader: RowReader | WireReader
    reader = WireReader(mapping, now=now) if isinstance(mapping, WireMapping) else RowReader(mapping, client_id, now=now)
    for line, cells in rows_of(path, mapping):
        yield line, reader.read(cells)


def _rejects(piece: list[tuple[int, Event | Unreadable]], found: tuple[Line, ...], reject: Callable[[Reject], None]) -> None:
    for (number, _), line in zip(piece, found, strict=True):
        if line.outcome is Outcome.REJECTED:
            reject(Reject(number, str(line.flaw or Flaw.NOT_AN_OBJECT), line.field))
        elif line.outcome is Outcome.CONFLICT:
            reject(Reject(number, str(Outcome.CONFLICT), "id"))


def _measured(path: Path) -> tuple[bytes, int]:
    """The SHA-256 of a file, and about how many lines it has."""
    digest, lines = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            lines += block.count(b"\n")
    return digest.digest(), max(1, lines)
