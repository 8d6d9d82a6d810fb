"""The United Nations Security Council's Consolidated List as it is published in XML.

``CONSOLIDATED_LIST`` with ``dateGenerated`` holds ``INDIVIDUAL`` and ``ENTITY``: up to four names, the name in its own
script, aliases of good and low quality, dates of birth that are exact, approximate or between two years.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
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
from credence.service.screening.births import BirthSpan, guess_birth
from credence.service.screening.countries import country_codes
from credence.service.screening.lists import ListEntry, ListRefused, SanctionsList

ROOT: Final = "CONSOLIDATED_LIST"

_NONE: Final = "na"  # where nothing is known; it is Namibia's code as well
_NAMES: Final = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_IN_BRACKETS: Final = re.compile(r"\(([^()]*)\)")
_REMARK: Final = re.compile(r"^original script:\s*", re.IGNORECASE)


def read_un(name: str, path: Path, progress: Progress | None = None) -> SanctionsList:
    """The list in a file; its version is the second at which it was generated.

    Raises :class:`ListRefused` for a file that is missing, cut off, of another format, empty, or names an entry twice.
    """
    generated = ""

    def entries() -> Iterator[ListEntry]:
        nonlocal generated
        for root, element in elements(source, ROOT, "INDIVIDUAL", "ENTITY"):
            generated = root.get("dateGenerated", "")
            yield _entry(element)

    with open_list(path, progress) as source:
        return dated(collected(name, entries(), source), generated[:19], day_of(generated))


def _entry(element: Element) -> ListEntry:
    kind = local_name(element)
    entry_id = first_text(element, "REFERENCE_NUMBER") or first_text(element, "DATAID")
    full = " ".join(part for tag in _NAMES if (part := first_text(element, tag)) and part != _NONE)
    if not entry_id or not full:
        raise ListRefused("a screening list has an entry without a name or a number")
    names, weak = _spellings(full)
    names += texts(element, "NAME_ORIGINAL_SCRIPT")
    for alias in children(element, f"{kind}_ALIAS"):
        strong_ones, weak_ones = _spellings(first_text(alias, "ALIAS_NAME"))
        (weak if first_text(alias, "QUALITY").lower() == "low" else names).extend(strong_ones)
        weak += weak_ones
    return ListEntry(
        entry_id=entry_id,
        kind="individual" if kind == "INDIVIDUAL" else "entity",
        names=tuple(dict.fromkeys(names)),
        births=tuple(span for date in children(element, f"{kind}_DATE_OF_BIRTH") for span in _births(date)),
        countries=country_codes(
            [
                *(text for text in texts(element, "NATIONALITY", "VALUE") if text != _NONE),
                *texts(element, f"{kind}_ADDRESS", "COUNTRY"),
                *texts(element, f"{kind}_PLACE_OF_BIRTH", "COUNTRY"),
            ]
        ),
        weak_names=tuple(dict.fromkeys(weak)),
    )


def _spellings(text: str) -> tuple[list[str], list[str]]:
    """The spellings in one field, and what stands beside them in brackets: an acronym, a remark, or the name once more."""
    brackets = [piece for inside in _IN_BRACKETS.findall(text) for piece in inside.split(";")]
    outside = [piece.strip(" ,") for piece in _IN_BRACKETS.sub(" ", text).split(";")]
    beside = [_REMARK.sub("", piece.strip()) for piece in brackets]
    written = text.isascii()
    weak = [piece for piece in beside if piece and piece.isascii() and written]
    names = [*outside, *(piece for piece in beside if not (piece.isascii() and written))]
    return [piece for piece in names if any(character.isalnum() for character in piece)], weak


def _births(element: Element) -> Iterator[BirthSpan]:
    """A date that cannot be read is left out, so that it clears nobody."""
    first, last = guess_birth(first_text(element, "FROM_YEAR")), guess_birth(first_text(element, "TO_YEAR"))
    if first is not None and last is not None:
        yield BirthSpan(min(first.first, last.first), max(first.last, last.last))
        return
    given = guess_birth(first_text(element, "DATE")[:10]) or guess_birth(first_text(element, "YEAR"))
    if given is not None:
        yield given.widened() if first_text(element, "TYPE_OF_DATE").upper() == "APPROXIMATELY" else given
