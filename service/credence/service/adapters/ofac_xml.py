"""The US Treasury's SDN list as it is published in XML (``sdn.xml``, by the schema ``sdn.xsd``).

``sdnList`` holds ``publshInformation`` with the day and the number of records, and ``sdnEntry`` with aliases that are weak
or strong. Written from the published schema; not seen against a live file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from credence.service.adapters.list_source import (
    Progress,
    children,
    collected,
    dated,
    elements,
    first_text,
    local_name,
    open_list,
    texts,
)
from credence.service.adapters.ofac_births import read_ofac_birth
from credence.service.screening.countries import country_codes, country_of_place
from credence.service.screening.lists import ListEntry, ListRefused, SanctionsList
from credence.service.screening.names import EntryKind

ROOT: Final = "sdnList"

_KINDS: Final[dict[str, EntryKind | None]] = {
    "individual": "individual",
    "entity": "entity",
    "vessel": None,
    "aircraft": None,
}


def read_ofac_xml(name: str, path: Path, progress: Progress | None = None) -> SanctionsList:
    """The individuals and entities; vessels and aircraft are nobody. The version is the day of publication.

    Raises :class:`ListRefused` for a file that is missing, cut off, of another format, that names an entry twice, or has
    another number of records than it says.
    """
    published: date | None = None
    announced = ""
    records = 0

    def entries() -> Iterator[ListEntry]:
        nonlocal published, announced, records
        for _, element in elements(source, ROOT, "publshInformation", "sdnEntry"):
            if local_name(element) == "publshInformation":
                published, announced = _day(first_text(element, "Publish_Date")), first_text(element, "Record_Count")
                continue
            records += 1
            if (entry := _entry(element)) is not None:
                yield entry

    with open_list(path, progress) as source:
        found = collected(name, entries(), source)
    if announced and announced != str(records):
        raise ListRefused("a screening list has another number of records than it says")
    return dated(found, "" if published is None else published.isoformat(), published)


def _entry(element: Element) -> ListEntry | None:
    kind_text = first_text(element, "sdnType").lower()
    entry_id, name = first_text(element, "uid"), _name(element)
    if kind_text not in _KINDS or not entry_id or not name:
        raise ListRefused("a screening list has an entry that is not of its format")
    kind = _KINDS[kind_text]
    if kind is None:
        return None
    names, weak = [name], list[str]()
    for alias in children(element, "akaList", "aka"):
        if text := _name(alias):
            (weak if first_text(alias, "category").lower() == "weak" else names).append(text)
    places = texts(element, "placeOfBirthList", "placeOfBirthItem", "placeOfBirth")
    births = (read_ofac_birth(text) for text in texts(element, "dateOfBirthList", "dateOfBirthItem", "dateOfBirth"))
    return ListEntry(
        entry_id=entry_id,
        kind=kind,
        names=tuple(names),
        births=tuple(span for span in births if span is not None),
        countries=country_codes(
            [
                *texts(element, "nationalityList", "nationality", "country"),
                *texts(element, "citizenshipList", "citizenship", "country"),
                *texts(element, "addressList", "address", "country"),
                *(country_of_place(place) or "" for place in places),
            ]
        ),
        weak_names=tuple(weak),
    )


def _name(element: Element) -> str:
    last, first = first_text(element, "lastName"), first_text(element, "firstName")
    return f"{last}, {first}" if last and first else last or first


def _day(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%m/%d/%Y").date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
