"""Tables that beliefs are evaluated on: CSV in UTF-8 with a heading, read by column."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from credence.circuits.days import read_day
from credence.service.errors import InvalidRequest
from credence.service.reputation.belief.arrays import Days, Floats

MAX_BYTES: Final = 256 * 1024 * 1024


class TableRefused(InvalidRequest):
    """A table that is not used: ``reason`` names the column or line, and repeats nothing of what stands there."""


class Table:
    """The columns of a table that were asked for, as text, and the line that each row stands on."""

    def __init__(self, columns: dict[str, list[str]], lines: list[int]) -> None:
        self._columns = columns
        self._lines = lines

    def __len__(self) -> int:
        return len(self._lines)

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def words(self, name: str) -> list[str]:
        """A column as it stands there."""
        return self._columns[name]

    def numbers(self, name: str) -> Floats:
        """A column of finite numbers. Raises :class:`TableRefused` with the line."""
        found = np.empty(len(self))
        for row, cell in enumerate(self._columns[name]):
            try:
                found[row] = float(cell)
            except ValueError as error:
                raise TableRefused(f"line {self._lines[row]}: {name} is a number") from error
        if not np.isfinite(found).all():
            raise TableRefused(f"line {self._lines[int(np.argmin(np.isfinite(found)))]}: {name} is a number")
        return found

    def days(self, name: str) -> Days:
        """A column of dates, as YYYY-MM-DD, in days since 1970-01-01. Raises :class:`TableRefused` with the line."""
        found = np.empty(len(self), dtype=np.int64)
        for row, cell in enumerate(self._columns[name]):
            try:
                found[row] = read_day(cell)
            except ValueError as error:
                raise TableRefused(f"line {self._lines[row]}: {name} is a date, YYYY-MM-DD") from error
        return found


def read_table(path: Path, needed: Sequence[str], wanted: Sequence[str] = ()) -> Table:
    """The needed columns, and those of the wanted that there are. Raises :class:`TableRefused`."""
    cells = _cells(path)
    _, header = next(cells, (0, []))
    missing = [name for name in needed if header.count(name) != 1]
    if missing:
        raise TableRefused(f"the table needs the column {missing[0]}, once")
    places = {name: header.index(name) for name in (*needed, *wanted) if header.count(name) == 1}
    columns: dict[str, list[str]] = {name: [] for name in places}
    lines: list[int] = []
    for line, row in cells:
        if len(row) != len(header):
            raise TableRefused(f"line {line}: {len(header)} columns are announced, {len(row)} found")
        for name, place in places.items():
            columns[name].append(row[place].strip())
        lines.append(line)
    if not lines:
        raise TableRefused("the table has no rows")
    return Table(columns, lines)


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TableRefused("the table is too large")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for row in reader:
                if row:
                    yield reader.line_num, row
    except OSError as error:
        raise TableRefused(f"the table cannot be read: {error.strerror or 'no such file'}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableRefused("the table is no CSV in UTF-8") from error
