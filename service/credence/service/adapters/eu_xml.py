"""The European Union's consolidated list of financial sanctions as it is published in XML (full list, format 1.1).

``export`` with ``generationDate`` holds ``sanctionEntity``, whose facts are attributes: ``nameAlias`` with ``wholeName`` and
``strong``, ``birthdate``, ``citizenship``, ``address``. Written from the published schema; not seen against a live file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from credence.service.adapters.list_source import Progress, children, collected, dated, day_of, elements, open_list
from credence.service.screening.births import BirthSpan, guess_birth
from credence.service.screening.countries import country_codes
from credence.service.screening.lists import ListEntry, ListRefused, SanctionsList
from credence.service.screening.names import EntryKind

ROOT: Final = "export"

_KINDS: Final[dict[str, EntryKind]] = {"P": "individual", "person": "individual", "E": "entity", "enterprise": "entity"}


def read_eu(name: str, path: Path, progress: Progress | None = None) -> SanctionsList:
    """The list in a file; its version is the second at which it was generated.

    Raises :class:`ListRefused` for a file that is missing, cut off, of another format, empty, or names an entry twice.
    """
    generated = ""

    def entries() -> Iterator[ListEntry]:
        nonlocal generated
        for root, element in elements(source, ROOT, "sanctionEntity"):
            generated = root.get("generationDate", "")
            yield _entry(element)

    with open_list(path, progress) as source:
        return dated(collected(name, entries(), source), generated[:19], day_of(generated))


def _entry(element: Element) -> ListEntry:
    entry_id = element.get("euReferenceNumber") or element.get("logicalId") or ""
    types = [
        kind
        for subject in children(element, "subjectType")
        for kind in (_KINDS.get(subject.get("classificationCode", "")), _KINDS.get(subject.get("code", "")))
        if kind is not None
    ]
    aliases = [
        (text, alias.get("strong", "true") == "true") for alias in children(element, "nameAlias") if (text := _name(alias))
    ]
    if not entry_id or not types or not aliases:
        raise ListRefused("a screening list has an entry that is not of its format")
    strong = [text for text, is_strong in aliases if is_strong] or [aliases[0][0]]
    weak = [text for text, _ in aliases if text not in strong]
    births = [span for birth in children(element, "birthdate") if (span := _birth(birth)) is not None]
    tied = [*children(element, "citizenship"), *children(element, "address"), *children(element, "birthdate")]
    return ListEntry(
        entry_id=entry_id,
        kind=types[0],
        names=tuple(dict.fromkeys(strong)),
        births=tuple(births),
        countries=country_codes(place.get("countryIso2Code", "") for place in tied),  # 00 is no country
        weak_names=tuple(dict.fromkeys(weak)),
    )


def _name(alias: Element) -> str:
    whole = " ".join(alias.get("wholeName", "").split())
    parts = (alias.get("firstName", ""), alias.get("middleName", ""), alias.get("lastName", ""))
    return whole or " ".join(" ".join(parts).split())


def _birth(element: Element) -> BirthSpan | None:
    """A date that cannot be read is left out, so that it clears nobody."""
    first, last = guess_birth(element.get("yearRangeFrom", "")), guess_birth(element.get("yearRangeTo", ""))
    if first is not None and last is not None:
        span: BirthSpan | None = BirthSpan(min(first.first, last.first), max(first.last, last.last))
    else:
        span = guess_birth(element.get("birthdate", "")) or guess_birth(_parts(element))
    return span.widened() if span is not None and element.get("circa") == "true" else span


def _parts(element: Element) -> str:
    """Year, and month and day where they are given, of a date that is not given whole."""
    found = [element.get(part, "") for part in ("year", "monthOfYear", "dayOfMonth")]
    kept = found[: next((at for at, part in enumerate(found) if not part), len(found))]
    return "-".join(kept)
