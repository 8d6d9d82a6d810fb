"""Rows of a table, one at a time, with the number of their line; and the event of a row.

CSV (UTF-8, a header), NDJSON (an object a line) and Parquet, by the name's ending. Memory does not grow with the file but
for about a hundred bytes a row where events are named by a hash of theirs.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from collections.abc import Mapping as Table
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

from credence.circuits.encoding import b64u
from credence.service.errors import InvalidRequest
from credence.service.reputation.events import KINDS, Event, Flaw, Unreadable, read_event
from credence.service.reputation.events.kinds import PSEUDONYM_LENGTH
from credence.service.reputation.events.reading import Field, fields_of
from credence.service.reputation.ingesting.mapping import EventMapping, Mapping, TimeColumn, ValueColumn, WireMapping

Cells = Table[str, Any]

_BATCH: Final = 2_000
_LARGEST: Final = 18
_FINEST: Final = 40
_LATEST: Final = 12  # the power of ten of the latest second that is read; read_event judges it further
_STAND_IN: Final = b"credence/reputation/account/1"


class FileRefused(InvalidRequest):
    """A file that is no table, or not the one that its mapping is for. Its rows are not repeated."""


def rows_of(path: Path, mapping: Mapping) -> Iterator[tuple[int, Cells | None]]:
    """``(line, cells)`` of each row; None for a line that is no row. Parquet has no lines: rows count from 1.

    Raises :class:`FileRefused` for a file of another kind, or one that lacks a column of the mapping.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise FileRefused("the file's name ends in none of .csv, .ndjson, .jsonl, .parquet")
    if isinstance(mapping, WireMapping) and reader is not _ndjson:
        raise FileRefused("events of many kinds come as .ndjson or .jsonl")
    return reader(path, mapping.columns)


def _csv(path: Path, needed: frozenset[str]) -> Iterator[tuple[int, Cells | None]]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            header = next(reader, [])
            _check(needed, header)
            for cells in reader:
                whole = len(cells) == len(header)
                yield reader.line_num, dict(zip(header, cells, strict=True)) if whole else None
        except csv.Error as error:
            raise FileRefused(f"line {reader.line_num} ends the table: it is not CSV") from error


def _ndjson(path: Path, needed: frozenset[str]) -> Iterator[tuple[int, Cells | None]]:
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, text in enumerate(file, 1):
            if not text.strip():
                continue
            found: object = None
            with suppress(ValueError, RecursionError):
                found = json.loads(text, parse_float=str)
            if isinstance(found, dict) and number == 1:
                _check(needed, found)
            yield number, found if isinstance(found, dict) else None


def _parquet(path: Path, needed: frozenset[str]) -> Iterator[tuple[int, Cells | None]]:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    try:
        with parquet.ParquetFile(path) as file:
            _check(needed, file.schema_arrow.names)
            number = 0
            for batch in file.iter_batches(_BATCH):
                for cells in batch.to_pylist():
                    number += 1
                    yield number, cells
    except pa.ArrowInvalid as error:
        raise FileRefused("the file is not Parquet") from error


def _check(needed: frozenset[str], found: Any) -> None:
    missing = sorted(needed - set(found))
    if missing:
        raise FileRefused(f"the file has no column {', '.join(missing)}")


_READERS: Final[Table[str, Callable[[Path, frozenset[str]], Iterator[tuple[int, Cells | None]]]]] = {
    ".csv": _csv,
    ".ndjson": _ndjson,
    ".jsonl": _ndjson,
    ".parquet": _parquet,
}


class WireReader:
    """Reads rows that are events already."""

    def __init__(self, mapping: WireMapping, *, now: int) -> None:
        self._ignored: Final = mapping.ignored
        self._now: Final = now

    def read(self, cells: Cells | None) -> Event | Unreadable:
        """The event of a row, or why it is none."""
        if cells is None:
            return Unreadable(Flaw.NOT_AN_OBJECT)
        try:
            return read_event({name: value for name, value in cells.items() if name not in self._ignored}, now=self._now)
        except Unreadable as refusal:
            return refusal


class RowReader:
    """Reads rows of one file as events of ``client_id``. Rows come in their order: equal ones are told by their number."""

    def __init__(self, mapping: EventMapping, client_id: str, *, now: int) -> None:
        self._mapping: Final = mapping
        self._client_id: Final = client_id
        self._now: Final = now
        self._fields: Final = {field.name: field for field in fields_of(KINDS[mapping.kind])}
        self._seen: Final[Counter[bytes]] = Counter()

    def read(self, cells: Cells | None) -> Event | Unreadable:
        """The event of a row, or why it is none."""
        if cells is None:
            return Unreadable(Flaw.NOT_AN_OBJECT)
        mapping = self._mapping
        event_id = self._row_id(cells) if mapping.id_column is None else str(cells.get(mapping.id_column, ""))
        try:
            line: dict[str, object] = {
                "id": event_id,
                "kind": mapping.kind.value,
                "source": mapping.source.value,
                "pseudonym": self._pseudonym(cells),
                "at": moment(mapping.at, cells),
            }
            line |= {name: self._value(name, value, cells) for name, value in mapping.values.items()}
            return read_event({name: value for name, value in line.items() if value is not None}, now=self._now)
        except Unreadable as refusal:
            return refusal

    def _row_id(self, cells: Cells) -> str:
        found = _row_hash(self._mapping.name, cells)
        self._seen[found] += 1
        return f"{self._mapping.name}:{found.hex()}:{self._seen[found]}"

    def _pseudonym(self, cells: Cells) -> str | None:
        name = cells.get(self._mapping.pseudonym_column)
        if name is None or name == "":
            return None
        return str(name) if self._mapping.pseudonym_form == "pseudonym" else b64u(stand_in(self._client_id, str(name)))

    def _value(self, name: str, value: ValueColumn, cells: Cells) -> object:
        cell = cells.get(value.column)
        if cell is None or cell == "":
            return None
        if value.words is not None:
            if str(cell) not in value.words:
                raise Unreadable(Flaw.OUT_OF_RANGE, name)
            return value.words[str(cell)]
        field = self._fields[name]
        return cell if field.measure is None else _number(field, cell)


def row_name(mapping: str, cells: Cells, seen: Counter[bytes]) -> bytes:
    """16 bytes that name a row: a hash of it, and of which of equal ones it is, which ``seen`` counts."""
    found = _row_hash(mapping, cells)
    seen[found] += 1
    return hashlib.sha256(found + seen[found].to_bytes(8, "big")).digest()[:16]


def _row_hash(mapping: str, cells: Cells) -> bytes:
    row = json.dumps({name: str(value) for name, value in cells.items()}, sort_keys=True).encode()
    return hashlib.sha256(mapping.encode() + b"\0" + row).digest()[:16]


def stand_in(client_id: str, account: str) -> bytes:
    """A pseudonym for an account that has none: the same in every file of a venue, and another at every other."""
    digest = hashlib.shake_256(_STAND_IN)
    for part in (client_id.encode(), account.encode("utf-8", "replace")):
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.digest(PSEUDONYM_LENGTH)


def moment(column: TimeColumn, cells: Cells) -> int | None:
    """The unix second of a row; None for an empty cell. Raises :class:`Unreadable`."""
    cell = cells.get(column.column)
    if cell is None or cell == "":
        return None
    try:
        if column.form == "unix":
            second = Decimal(str(cell))
            if not second.is_finite() or second.adjusted() > _LATEST:
                raise Unreadable(Flaw.OUT_OF_RANGE, "at")
            return int(second)
        if column.form == "iso":
            found = cell if isinstance(cell, datetime) else datetime.fromisoformat(str(cell))
            return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
        hours, minutes = column.offset[1:].split(":")
        shift = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if column.offset[0] == "-" else 1)
        return int(datetime.strptime(str(cell), column.form).replace(tzinfo=timezone(shift)).timestamp())
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise Unreadable(Flaw.WRONG_TYPE, "at") from error


def _number(field: Field, cell: object) -> object:
    """A cell as the wire has it: tables write numbers in more ways than one."""
    try:
        decimal = Decimal(str(cell))
    except InvalidOperation as error:
        raise Unreadable(Flaw.WRONG_TYPE, field.name) from error
    if not decimal.is_finite() or decimal.adjusted() > _LARGEST:
        raise Unreadable(Flaw.OUT_OF_RANGE, field.name)
    if field.measure is not None and field.measure.scale == 1:
        if decimal != decimal.to_integral_value():
            raise Unreadable(Flaw.WRONG_TYPE, field.name)
        return int(decimal)
    if decimal.adjusted() < -_FINEST:
        return "0"
    whole, _, fraction = f"{decimal:f}".partition(".")
    return f"{whole}.{fraction[:_FINEST]}" if fraction else whole
