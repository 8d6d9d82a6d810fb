"""A list as JSON: an operator's internal list, the invented one of the demo, and the form in which imported lists are kept.

``{"type": "credence/screening-list/1", "version": "2026-11", "entries": [{"id": "D-1", "kind": "individual", "names":
["DOE, Jane"], "weak_names": ["Janie"], "births": ["1980-02-29", "1981", "1984-01-01/1986-12-31"], "countries":
["IT"]}]}``; a birth is a day, a month, a year, or two days with a slash between them. ``published`` is a day, ``digest`` the
SHA-256 of the file that the list was made from.
"""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any, Final

from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields, unrepeated
from credence.service.adapters.list_source import Progress, open_list
from credence.service.screening.births import BirthSpan, read_birth
from credence.service.screening.lists import ListEntry, ListRefused, ListVersion, SanctionsList
from credence.service.screening.names import EntryKind

TYPE: Final = "credence/screening-list/1"
MAX_ENTRIES: Final = 200_000
MAX_NAMES: Final = 512

_HEX: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def read_list(name: str, path: Path, progress: Progress | None = None) -> SanctionsList:
    """The list in a JSON file. Raises :class:`ListRefused` for a file that is missing or not of this format."""
    with open_list(path, progress) as source:
        content, digest = source.read(), source.digest
    try:
        fields = Fields(json.loads(content.decode("utf-8"), object_pairs_hook=unrepeated), "list")
        fields.choice("type", TYPE)
        version = fields.text("version", max_length=64)
        published = date.fromisoformat(fields.text("published", max_length=10)) if fields.has("published") else None
        origin = fields.text("digest", max_length=64) if fields.has("digest") else digest
        entries = fields.items("entries", _entry, minimum=1, maximum=MAX_ENTRIES)
        fields.done()
        if not _HEX.fullmatch(origin):
            raise ValueError("a digest is 64 hexadecimal digits")
    except (ValueError, RecursionError, Malformed) as error:
        raise ListRefused("a screening list cannot be read as JSON of this format") from error
    if len({entry.entry_id for entry in entries}) != len(entries):
        raise ListRefused("a screening list has two entries of one id")
    return SanctionsList(ListVersion(name, version, origin), entries, published)


def write_list(found: SanctionsList) -> bytes:
    """The list as JSON, always the same bytes for the same list."""
    document: dict[str, Any] = {"type": TYPE, "version": found.version.version}
    if found.published is not None:
        document["published"] = found.published.isoformat()
    document["digest"] = found.version.digest
    document["entries"] = [_written(entry) for entry in found.entries]
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8") + b"\n"


def _written(entry: ListEntry) -> dict[str, Any]:
    members: dict[str, Any] = {"id": entry.entry_id, "kind": entry.kind, "names": list(entry.names)}
    if entry.weak_names:
        members["weak_names"] = list(entry.weak_names)
    if entry.births:
        members["births"] = [span.to_text() for span in entry.births]
    if entry.countries:
        members["countries"] = list(entry.countries)
    return members


def _entry(value: object) -> ListEntry:
    fields = Fields(value, "entry")
    kind: EntryKind = "individual" if fields.choice("kind", "individual", "entity") == "individual" else "entity"
    entry = ListEntry(
        entry_id=fields.text("id", max_length=64),
        kind=kind,
        names=fields.texts("names", minimum=1, maximum=MAX_NAMES),
        births=tuple(_birth(text) for text in fields.texts("births", maximum=64)) if fields.has("births") else (),
        countries=fields.texts("countries", maximum=64) if fields.has("countries") else (),
        weak_names=fields.texts("weak_names", maximum=MAX_NAMES) if fields.has("weak_names") else (),
    )
    fields.done()
    if not all(len(code) == 2 and code.isascii() and code.isupper() for code in entry.countries):
        raise ValueError("a country is an alpha-2 code")
    return entry


def _birth(text: str) -> BirthSpan:
    first, separator, last = text.partition("/")
    if not separator:
        return read_birth(text)
    span = BirthSpan(date.fromisoformat(first), date.fromisoformat(last))
    if span.first > span.last:
        raise ValueError("the days are not in order")
    return span
