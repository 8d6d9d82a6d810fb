"""The UK Sanctions List as it is published in XML.

``Designations`` with ``DateGenerated`` holds ``Designation``: names in six parts, names in their own script, days of birth
as ``dd/mm/1945`` where only the year is known. Written from the published schema; not seen against a live file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from credence.service.adapters.list_source import (
    Progress,
    children,
    collected,
    dated,
    day_of,
    elements,
    first_text,
    local_name,
    open_list,
    texts,
)
from credence.service.screening.births import BirthSpan
from credence.service.screening.countries import country_codes
from credence.service.screening.lists import ListEntry, ListRefused, SanctionsList
from credence.service.screening.names import EntryKind

ROOT: Final = "Designations"

_KINDS: Final[dict[str, EntryKind | None]] = {"individual": "individual", "entity": "entity", "ship": None}
_DATE: Final = re.compile(r"([0-9]{1,2}|[a-z]{2})/([0-9]{1,2}|[a-z]{2})/([12][0-9]{3})", re.ASCII | re.IGNORECASE)


def read_uk(name: str, path: Path, progress: Progress | None = None) -> SanctionsList:
    """The individuals and entities; ships are nobody. The version is the day on which the list was generated.

    Raises :class:`ListRefused` for a file that is missing, cut off, of another format, empty, or names an entry twice.
    """
    published: date | None = None

    def entries() -> Iterator[ListEntry]:
        nonlocal published
        for _, element in elements(source, ROOT, "DateGenerated", "Designation"):
            if local_name(element) == "DateGenerated":
                published = _day("".join(element.itertext()).strip())
            elif (entry := _entry(element)) is not None:
                yield entry

    with open_list(path, progress) as source:
        return dated(collected(name, entries(), source), "" if published is None else published.isoformat(), published)


def _entry(element: Element) -> ListEntry | None:
    entry_id, kind_text = first_text(element, "UniqueID"), first_text(element, "IndividualEntityShip").lower()
    names, weak = list[str](), list[str]()
    for part in children(element, "Names", "Name"):
        if text := " ".join(filter(None, (first_text(part, f"Name{number}") for number in range(1, 7)))):
            low = "low" in first_text(part, "AliasStrength").lower()
            (weak if low and "primary" not in first_text(part, "NameType").lower() else names).append(text)
    names += texts(element, "NonLatinNames", "NonLatinName", "NameNonLatinScript")
    if kind_text not in _KINDS or not entry_id or not (names or weak):
        raise ListRefused("a screening list has an entry that is not of its format")
    kind = _KINDS[kind_text]
    if kind is None:
        return None
    person = ("IndividualDetails", "Individual")
    births = (_birth(text) for text in texts(element, *person, "DOBs", "DOB"))
    return ListEntry(
        entry_id=entry_id,
        kind=kind,
        names=tuple(dict.fromkeys(names or weak[:1])),
        births=tuple(span for span in births if span is not None),
        countries=country_codes(
            [
                *texts(element, *person, "Nationalities", "Nationality"),
                *texts(element, *person, "BirthDetails", "Location", "CountryOfBirth"),
                *texts(element, "Addresses", "Address", "AddressCountry"),
            ]
        ),
        weak_names=tuple(dict.fromkeys(weak if names else weak[1:])),
    )


def _birth(text: str) -> BirthSpan | None:
    """A date that cannot be read is left out, so that it clears nobody."""
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    day, month, year = (int(part) if part.isdigit() else 0 for part in match.groups())
    try:
        if not month:
            return BirthSpan.of_years(year, year)
        return BirthSpan.of_day(date(year, month, day)) if day else BirthSpan.of_month(year, month)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    """``24/03/2025`` or an ISO day."""
    span = _birth(text)
    return span.first if span is not None and span.first == span.last else day_of(text)
