"""A small list of one's own, as JSON: an operator's internal list, or the invented one of the demo.

``{"type": "credence/screening-list/1", "version": "2026-11", "entries": [{"id": "D-1", "kind": "individual", "names":
["DOE, Jane"], "births": ["1980-02-29", "1981"]}]}``; a birth is a day, a month or a year.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields
from credence.service.issuer.screening import BirthSpan, EntryKind, ListEntry, ListRefused, ListVersion, SanctionsList

MAX_BYTES: Final = 4 * 1024 * 1024
MAX_ENTRIES: Final = 20_000

_BIRTH: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)


def read_list(name: str, path: Path) -> SanctionsList:
    """The list in a JSON file. Raises :class:`ListRefused` for a file that is missing or not of this format."""
    try:
        content = path.read_bytes()
        if len(content) > MAX_BYTES:
            raise ListRefused("a screening list is too large")
        fields = Fields(json.loads(content.decode("utf-8"), object_pairs_hook=_unique), "list")
        fields.choice("type", "credence/screening-list/1")
        version = fields.text("version", max_length=64)
        entries = fields.items("entries", _entry, minimum=1, maximum=MAX_ENTRIES)
        fields.done()
    except (OSError, ValueError, RecursionError, Malformed) as error:
        raise ListRefused("a screening list cannot be read as JSON of this format") from error
    if len({entry.entry_id for entry in entries}) != len(entries):
        raise ListRefused("a screening list has two entries of one id")
    return SanctionsList(ListVersion(name, version, hashlib.sha256(content).hexdigest()), entries)


def _entry(value: object) -> ListEntry:
    fields = Fields(value, "entry")
    kind: EntryKind = "individual" if fields.choice("kind", "individual", "entity") == "individual" else "entity"
    entry = ListEntry(
        entry_id=fields.text("id", max_length=64),
        kind=kind,
        names=fields.texts("names", minimum=1, maximum=64),
        births=tuple(_birth(text) for text in fields.texts("births", maximum=16)) if fields.has("births") else (),
    )
    fields.done()
    return entry


def _birth(text: str) -> BirthSpan:
    match = _BIRTH.fullmatch(text)
    if match is None:
        raise ValueError("a birth is a day, a month or a year")
    year, month, day = int(match[1]), match[2], match[3]
    if day:
        exact = date(year, int(month), int(day))
        return BirthSpan(exact, exact)
    if month:
        first = date(year, int(month), 1)
        return BirthSpan(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))
    return BirthSpan(date(year, 1, 1), date(year, 12, 31))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found
