"""The US Treasury's SDN list as it is published: ``sdn.csv``, and its aliases in ``alt.csv`` where that lies beside it.

The files have no header of their own, some copies have one; ``-0-`` means empty; the last line is a single 0x1A, which
extracts lack. Further aliases and dates of birth stand in the remarks: ``DOB 12 Jan 1960; alt. DOB 1961; a.k.a. 'SMITH'.``
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from credence.service.issuer.screening import (
    BirthSpan,
    EntryKind,
    ListEntry,
    ListRefused,
    ListVersion,
    SanctionsList,
)

Progress = Callable[[int, int], None]
"""Told how many rows of how many were read."""

MAX_BYTES: Final = 64 * 1024 * 1024
CIRCA_YEARS: Final = 2
"""How far a date that is given as ``circa`` reaches to either side."""

_COLUMNS: Final = 12
_ALIAS_COLUMNS: Final = 5
_EMPTY: Final = "-0-"
_END: Final = "\x1a"
_PROGRESS_ROWS: Final = 1_000
_KINDS: Final[dict[str, EntryKind | None]] = {"individual": "individual", "": "entity", "vessel": None, "aircraft": None}
_ALIAS: Final = re.compile(r"(?:a|f|n)\.k\.a\. '(.+)'", re.ASCII)
_BIRTH: Final = re.compile(r"(?:alt\. )?DOB (circa )?(.+)", re.ASCII)
_DAY: Final = re.compile(r"(?:(?:([0-9]{2}) )?([A-Z][a-z]{2}) )?([12][0-9]{3})", re.ASCII)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RANGE: Final = re.compile(r" to |(?<=[0-9]{4})-(?=[0-9]{4})", re.ASCII)


@dataclass
class _Reading:
    """An entry while its aliases are still coming."""

    kind: EntryKind
    names: list[str]
    births: tuple[BirthSpan, ...]


class _Files:
    """Reads files, and keeps one digest over the bytes of all of them."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def rows(self, path: Path, columns: int) -> list[list[str]]:
        """Every row of a file. Raises :class:`ListRefused` unless it is whole."""
        try:
            if path.stat().st_size > MAX_BYTES:
                raise ListRefused("a screening list is too large")
            content = path.read_bytes()
            rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True) if row]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise ListRefused("a screening list cannot be read as a table in UTF-8") from error
        self.digest.update(len(content).to_bytes(8, "big") + content)
        if rows and rows[-1] == [_END]:
            rows.pop()
        elif not content.endswith(b"\n"):  # an extract may lack the mark, but no row stops half-way
            raise ListRefused("a screening list ends too early")
        if rows and rows[0][0] == "ent_num":
            del rows[0]
        if not rows or not all(len(row) == columns and row[0].isascii() and row[0].isdigit() for row in rows):
            raise ListRefused("a screening list has a row that is not of its format")
        return [["" if cell.strip() == _EMPTY else cell.strip() for cell in row] for row in rows]


def read_ofac(name: str, path: Path, progress: Progress | None = None) -> SanctionsList:
    """The individuals and entities of ``path``; vessels and aircraft are nobody. The version is the digest's beginning.

    Raises :class:`ListRefused` for a file that is missing, cut off, of another format, or names an entry twice.
    """
    files = _Files()
    rows = files.rows(path, _COLUMNS)
    seen: set[str] = set()
    readings: dict[str, _Reading] = {}
    for number, row in enumerate(rows, 1):
        entry_id, listed, kind_text, remarks = row[0], row[1], row[2], row[-1]
        if entry_id in seen or kind_text not in _KINDS or not listed:
            raise ListRefused("a screening list has a row that is not of its format")
        seen.add(entry_id)
        if kind := _KINDS[kind_text]:
            readings[entry_id] = _Reading(kind, [listed, *_aliases(remarks)], tuple(_births(remarks)))
        if progress is not None and (number % _PROGRESS_ROWS == 0 or number == len(rows)):
            progress(number, len(rows))
    beside = path.with_name("alt.csv")
    if beside.is_file():
        for row in files.rows(beside, _ALIAS_COLUMNS):
            if row[0] in readings and row[3]:
                readings[row[0]].names.append(row[3])
    digest = files.digest.hexdigest()
    entries = (ListEntry(entry_id, found.kind, tuple(found.names), found.births) for entry_id, found in readings.items())
    return SanctionsList(ListVersion(name, f"sha256-{digest[:16]}", digest), tuple(entries))


def _segments(remarks: str) -> Iterator[str]:
    for segment in remarks.removesuffix(".").split(";"):
        yield segment.strip()


def _aliases(remarks: str) -> Iterator[str]:
    for segment in _segments(remarks):
        if match := _ALIAS.fullmatch(segment):
            yield match[1]


def _births(remarks: str) -> Iterator[BirthSpan]:
    """Every date of birth that can be read. One that cannot is left out, so that it clears nobody."""
    for segment in _segments(remarks):
        if match := _BIRTH.fullmatch(segment):
            ends = [_span(text) for text in _RANGE.split(match[2])]
            if None not in ends and len(ends) <= 2:
                spans = [span for span in ends if span is not None]
                span = BirthSpan(spans[0].first, spans[-1].last)
                yield _widened(span) if match[1] else span


def _span(text: str) -> BirthSpan | None:
    """``12 Jan 1960``, ``Jan 1960`` or ``1960`` as the days it may mean."""
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    day, month, year = match[1], match[2], int(match[3])
    if month is None:
        return BirthSpan(date(year, 1, 1), date(year, 12, 31))
    try:
        first = date(year, _MONTHS.index(month) + 1, int(day or 1))
    except ValueError:
        return None
    return BirthSpan(first, first if day else _month_end(first))


def _month_end(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _widened(span: BirthSpan) -> BirthSpan:
    return BirthSpan(date(span.first.year - CIRCA_YEARS, 1, 1), date(span.last.year + CIRCA_YEARS, 12, 31))
