"""Tables that screening is run on and measured with: persons, labelled pairs of names, pairs across scripts. CSV in UTF-8.

Persons have the columns ``full_name`` (or ``first_name``, ``middle_name``, ``last_name``), ``date_of_birth``,
``nationality``, and, where some are organisations, ``kind``; others are passed over. A date that is no day of the calendar
counts by its year.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from credence.service.errors import InvalidRequest
from credence.service.screening.births import guess_birth
from credence.service.screening.countries import country_codes
from credence.service.screening.evaluation import LabelledPair
from credence.service.screening.names import EntryKind
from credence.service.screening.ranking import Subject

MAX_BYTES: Final = 256 * 1024 * 1024
MAX_CELL: Final = 4_096

_PARTS: Final = ("first_name", "middle_name", "last_name")
_PAIR: Final = ("schema", "name1", "name2", "is_match", "quality")
_KINDS: Final[dict[str, EntryKind]] = {"": "individual", "individual": "individual", "entity": "entity"}


class TableRefused(InvalidRequest):
    """A table that is not used: ``reason`` names the column or line, and repeats nothing of what stands there."""


def read_subjects(path: Path) -> Iterator[Subject]:
    """Every person of a table, one for each row. Raises :class:`TableRefused`."""
    for line, row in _rows(path, ("full_name",), _PARTS):
        name = row.get("full_name", "") or " ".join(filter(None, (row.get(part, "") for part in _PARTS)))
        kind = _KINDS.get(row.get("kind", "").lower())
        if not name or kind is None:
            raise TableRefused(f"line {line}: {'a name' if not name else 'the kind individual or entity'} is missing")
        yield Subject(name, kind, guess_birth(row.get("date_of_birth", "")), country_codes([row.get("nationality", "")]))


def read_pairs(path: Path) -> Iterator[LabelledPair]:
    """Every labelled pair: ``schema``, ``name1``, ``name2``, ``is_match``, ``quality``. Raises :class:`TableRefused`."""
    for line, row in _rows(path, _PAIR):
        if row["is_match"] not in ("true", "false"):
            raise TableRefused(f"line {line}: is_match is true or false")
        yield LabelledPair(row["schema"], row["name1"], row["name2"], row["is_match"] == "true", row["quality"])


def read_positive_pairs(path: Path) -> Iterator[LabelledPair]:
    """Pairs of one person's names without a heading: the name, and how it is written otherwise; ``#`` begins a remark."""
    for line, cells in _cells(path):
        if cells[0].startswith("#"):
            continue
        if len(cells) < 2 or not cells[0] or not cells[1]:
            raise TableRefused(f"line {line}: two names are missing")
        yield LabelledPair("Person", cells[0], cells[1], True, "")


def _rows(path: Path, needed: tuple[str, ...], or_else: tuple[str, ...] = ()) -> Iterator[tuple[int, dict[str, str]]]:
    cells = _cells(path)
    _, header = next(cells, (0, []))
    for columns in (needed, or_else):
        if columns and all(header.count(column) == 1 for column in columns):
            break
    else:
        raise TableRefused(f"the table needs the columns {', '.join(needed)}, each once")
    for line, row in cells:
        if len(row) != len(header):
            raise TableRefused(f"line {line}: {len(header)} columns are announced, {len(row)} found")
        yield line, dict(zip(header, row, strict=True))


def _cells(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TableRefused("the table is too large")
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            for row in reader:
                if not row:
                    continue
                if any(len(cell) > MAX_CELL for cell in row):
                    raise TableRefused(f"line {reader.line_num}: a cell is too long")
                yield reader.line_num, [cell.strip() for cell in row]
    except OSError as error:
        raise TableRefused(f"the table cannot be read: {error.strerror or 'no such file'}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableRefused("the table is no CSV in UTF-8") from error
