"""Sanctions lists as adapters read them, and what changed from one version to the next."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from credence.service.errors import Misconfigured
from credence.service.screening.births import BirthSpan
from credence.service.screening.names import EntryKind

_COMPARED: Final = ("kind", "names", "weak_names", "births", "countries")


class ListRefused(Misconfigured):
    """A list that cannot be read whole. Half a list must never pass for the list."""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """An entry with its name and aliases; ``births`` and ``countries`` (alpha-2) are empty where the list gives none.

    ``weak_names`` are what the list itself calls weak: nicknames and names of war that many people have.
    """

    entry_id: str
    kind: EntryKind
    names: tuple[str, ...]
    births: tuple[BirthSpan, ...] = ()
    countries: tuple[str, ...] = ()
    weak_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Everything stands once."""
        for member in _COMPARED[1:]:
            object.__setattr__(self, member, tuple(dict.fromkeys(getattr(self, member))))

    @property
    def digest(self) -> str:
        """SHA-256, in hex, of everything that is compared, whatever its order: another one is another entry to judge."""
        births = [span.to_text() for span in self.births]
        parts = [sorted(texts) for texts in (self.names, self.weak_names, births, self.countries)]
        return hashlib.sha256(json.dumps([self.kind, *parts]).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ListVersion:
    """Which list was searched: its name in the settings, its version, SHA-256 of what was published in hex."""

    name: str
    version: str
    digest: str

    def to_json(self) -> dict[str, str]:
        """The accepted form."""
        return {"name": self.name, "version": self.version, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class SanctionsList:
    """A list as an adapter read it; ``published`` is the day it was, where the list says so."""

    version: ListVersion
    entries: tuple[ListEntry, ...]
    published: date | None = None


@dataclass(frozen=True, slots=True)
class ListDelta:
    """What changed, by entry ids; ``changed`` names the members that did."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[str, ...]]

    @property
    def is_empty(self) -> bool:
        """Whether the versions have the same entries."""
        return not (self.added or self.removed or self.changed)

    def to_json(self) -> dict[str, Any]:
        """As it is printed."""
        changed = {entry_id: list(members) for entry_id, members in self.changed.items()}
        return {"added": list(self.added), "removed": list(self.removed), "changed": changed}


def compare_lists(old: SanctionsList, new: SanctionsList) -> ListDelta:
    """What ``new`` has that ``old`` has not, and the other way round; the order of names says nothing."""
    before = {entry.entry_id: entry for entry in old.entries}
    after = {entry.entry_id: entry for entry in new.entries}
    changed = {
        entry_id: members
        for entry_id, entry in after.items()
        if entry_id in before and (members := _differing(before[entry_id], entry))
    }
    return ListDelta(tuple(sorted(after.keys() - before)), tuple(sorted(before.keys() - after)), changed)


def _differing(one: ListEntry, other: ListEntry) -> tuple[str, ...]:
    return tuple(member for member in _COMPARED if _plain(getattr(one, member)) != _plain(getattr(other, member)))


def _plain(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value
