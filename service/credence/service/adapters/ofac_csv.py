"""The US Treasury's SDN list as it is published: ``sdn.csv``, with aliases in ``alt.csv`` and addresses in ``add.csv`` where
those lie beside it.

The files have no header of their own, some copies have one; ``-0-`` means empty; the last line is a single 0x1A, which
extracts lack. Weak aliases, dates of birth and nationalities stand in the remarks: ``DOB 12 Jan 1960; alt. DOB 1961;
nationality Iraq; a.k.a. 'SMITH'.``
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from credence.service.adapters.list_source import ListSource, Progress, collected, open_list
from credence.service.adapters.ofac_births import read_ofac_birth
from credence.service.screening.births import BirthSpan
from credence.service.screening.countries import country_code, country_of_place
from credence.service.screening.lists import ListEntry, ListRefused, SanctionsList
from credence.service.screening.names import EntryKind

_COLUMNS: Final = 12
_ALIAS_COLUMNS: Final = 5
_ADDRESS_COLUMNS: Final = 6
_EMPTY: Final = "-0-"
_END: Final = "\x1a"
_PROGRESS_ROWS: Final = 1_000
_KINDS: Final[dict[str, EntryKind | None]] = {"individual": "individual", "": "entity", "vessel": None, "aircraft": None}
_ALIAS: Final = re.compile(r"(?:a|f|n)\.k\.a\. '(.+?)'?", re.ASCII)  # remarks are cut off, and the last alias with them
_BIRTH: Final = re.compile(r"(?:alt\. )?DOB (.+)", re.ASCII)
_COUNTRY: Final = re.compile(r"(?:alt\. )?(?:nationality|citizen) (.+)", re.ASCII)
_PLACE: Final = re.compile(r"(?:alt\. )?POB (.+)", re.ASCII)


@dataclass
class _Reading:
    """An entry while its aliases and addresses are still coming."""

    kind: EntryKind
    names: list[str]
    weak_names: list[str]
    births: list[BirthSpan]
    countries: set[str] = field(default_factory=set)

    def entry(self, entry_id: str) -> ListEntry:
        return ListEntry(
            entry_id=entry_id,
            kind=self.kind,
            names=tuple(self.names),
            births=tuple(self.births),
            countries=tuple(sorted(self.countries)),
            weak_names=tuple(self.weak_names),
        )


def read_ofac(name: str, path: Path, progress: Progress | None = None) -> SanctionsList:
    """The individuals and entities of ``path``; vessels and aircraft are nobody. The version is the digest's beginning.

    Raises :class:`ListRefused` for a file that is missing, cut off, of another format, or names an entry twice.
    """
    with open_list(path) as source:
        readings = _readings(_rows(source, _COLUMNS), progress)
        for file, columns, add in (("alt.csv", _ALIAS_COLUMNS, _alias), ("add.csv", _ADDRESS_COLUMNS, _address)):
            if source.follow(path.with_name(file)):
                for row in _rows(source, columns):
                    if row[0] in readings:
                        add(readings[row[0]], row)
        return collected(name, (found.entry(entry_id) for entry_id, found in readings.items()), source)


def _rows(source: ListSource, columns: int) -> list[list[str]]:
    """Every row of a file. Raises :class:`ListRefused` unless it is whole."""
    content = source.read()
    try:
        rows = [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ListRefused("a screening list cannot be read as a table in UTF-8") from error
    if rows and rows[-1] == [_END]:
        rows.pop()
    elif not content.endswith(b"\n"):  # an extract may lack the mark, but no row stops half-way
        raise ListRefused("a screening list ends too early")
    if rows and rows[0][0] == "ent_num":
        del rows[0]
    if not rows or not all(len(row) == columns and row[0].isascii() and row[0].isdigit() for row in rows):
        raise ListRefused("a screening list has a row that is not of its format")
    return [["" if cell.strip() == _EMPTY else cell.strip() for cell in row] for row in rows]


def _readings(rows: list[list[str]], progress: Progress | None) -> dict[str, _Reading]:
    seen: set[str] = set()
    readings: dict[str, _Reading] = {}
    for number, row in enumerate(rows, 1):
        entry_id, listed, kind_text, remarks = row[0], row[1], row[2], row[-1]
        if entry_id in seen or kind_text not in _KINDS or not listed:
            raise ListRefused("a screening list has a row that is not of its format")
        seen.add(entry_id)
        if kind := _KINDS[kind_text]:
            readings[entry_id] = _remarked(_Reading(kind, [listed], [], []), remarks)
        if progress is not None and (number % _PROGRESS_ROWS == 0 or number == len(rows)):
            progress(number, len(rows))
    return readings


def _remarked(reading: _Reading, remarks: str) -> _Reading:
    """The reading with what the remarks add. A date of birth that cannot be read is left out, so that it clears nobody."""
    for segment in _segments(remarks):
        if match := _ALIAS.fullmatch(segment):
            reading.weak_names.append(match[1])
        elif match := _BIRTH.fullmatch(segment):
            if span := read_ofac_birth(match[1]):
                reading.births.append(span)
        elif match := _COUNTRY.fullmatch(segment):
            _tied(reading, country_code(match[1]))
        elif match := _PLACE.fullmatch(segment):
            _tied(reading, country_of_place(match[1]))
    return reading


def _segments(remarks: str) -> Iterator[str]:
    for segment in remarks.removesuffix(".").split(";"):
        yield segment.strip()


def _alias(reading: _Reading, row: list[str]) -> None:
    if row[3]:
        reading.names.append(row[3])


def _address(reading: _Reading, row: list[str]) -> None:
    _tied(reading, country_code(row[4]))


def _tied(reading: _Reading, code: str | None) -> None:
    if code is not None:
        reading.countries.add(code)
