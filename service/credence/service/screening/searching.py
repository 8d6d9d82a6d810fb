"""Every entry of every list, searched for one subject at a time."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from credence.service.screening.births import compare_births
from credence.service.screening.countries import compare_countries
from credence.service.screening.index import NameIndex
from credence.service.screening.lists import ListEntry, ListRefused, SanctionsList
from credence.service.screening.names import EntryKind, Known, Name, read_name
from credence.service.screening.ranking import FLOOR, Subject, rank, reasons, score_of
from credence.service.screening.results import Band, Match, Screening

MAX_MATCHES: Final = 100
"""Entries that a result names: the first ones, as they are ranked."""

_KINDS: Final[tuple[EntryKind, ...]] = ("individual", "entity")
_ORDER: Final = {Band.HIT: 0, Band.REVIEW: 1}


class Bearer(NamedTuple):
    """An entry that has a name, by the list's name, and whether the list calls that name weak."""

    list: str
    entry: ListEntry
    weak: bool


class _Names:
    """The names of one kind of entry, and who bears them."""

    def __init__(self, kind: EntryKind, lists: Sequence[SanctionsList]) -> None:
        bearers: dict[tuple[str, ...], list[Bearer]] = {}
        names: dict[tuple[str, ...], Name] = {}
        known: Known = {}
        for found in lists:
            for entry in found.entries:
                if entry.kind == kind:
                    for text, weak in _texts(entry):
                        name = read_name(text, kind, known)
                        key = (*(word.text for word in name.words), name.signs)
                        if name.words:
                            names.setdefault(key, name)
                            bearers.setdefault(key, []).append(Bearer(found.version.name, entry, weak))
        self.index: Final = NameIndex(tuple(names.values()))
        self._bearers: Final = tuple(tuple(bearers[key]) for key in names)
        self._equal: Final[Mapping[str, tuple[int, ...]]] = _by_key(tuple(names.values()))

    def similar(self, name: Name, floor: float) -> Iterator[tuple[int, Bearer]]:
        """Who bears a name like this one, each with the score."""
        for at, likeness in self.index.search(name, floor):
            for bearer in self._bearers[at]:
                yield score_of(likeness), bearer

    def equal(self, name: Name) -> Iterator[Bearer]:
        """Who bears a name of the same words."""
        for at in self._equal.get(name.key, ()):
            yield from self._bearers[at]


class ScreeningIndex:
    """Every entry of every list. Built once; read by many threads."""

    def __init__(self, lists: Sequence[SanctionsList]) -> None:
        """Raises :class:`ListRefused` for two lists of one name."""
        self.lists: Final = tuple(found.version for found in lists)
        if len({version.name for version in self.lists}) != len(self.lists):
            raise ListRefused("two screening lists have the same name")
        with _uncollected():
            self._names: Final = {kind: _Names(kind, lists) for kind in _KINDS}

    def __len__(self) -> int:
        """How many different names are known."""
        return sum(len(names.index) for names in self._names.values())

    def search(self, subject: Subject) -> Screening:
        """Every entry that is a hit or needs review."""
        best: dict[tuple[str, str], Match] = {}
        for match in self._matches(subject):
            place = match.list, match.entry_id
            if place not in best or _rank(match) < _rank(best[place]):
                best[place] = match
        return Screening(self.lists, tuple(sorted(best.values(), key=_rank)[:MAX_MATCHES]))

    def candidates(self, subject: Subject, floor: float) -> Iterator[Bearer]:
        """Who bears a name of the same kind whose likeness is ``floor`` (0-1) or more, once for each such name."""
        for _, bearer in self._names[subject.kind].similar(read_name(subject.name, subject.kind), floor):
            yield bearer

    def _matches(self, subject: Subject) -> Iterator[Match]:
        for score, bearer in self._names[subject.kind].similar(read_name(subject.name, subject.kind), FLOOR / 100):
            yield from _judged(subject, score, bearer)
        other: EntryKind = "entity" if subject.kind == "individual" else "individual"
        for bearer in self._names[other].equal(read_name(subject.name, other)):
            yield from _judged(subject, 100, bearer)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage meanwhile: an index is made of what stays, and looking at all of it again takes a third
    of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _judged(subject: Subject, score: int, bearer: Bearer) -> Iterator[Match]:
    entry, weak, differs = bearer.entry, bearer.weak, bearer.entry.kind != subject.kind
    birth, ties = compare_births(subject.birth, entry.births), compare_countries(subject.countries, entry.countries)
    band = rank(score, birth, ties, weak=weak, kind_differs=differs)
    if band is not Band.CLEAR:
        said = reasons(score, birth, ties, weak=weak, kind_differs=differs)
        yield Match(bearer.list, entry.entry_id, score, band, said, entry.digest)


def _rank(match: Match) -> tuple[int, int, str, str]:
    return _ORDER[match.band], -match.score, match.list, match.entry_id


def _texts(entry: ListEntry) -> Iterator[tuple[str, bool]]:
    yield from ((text, False) for text in entry.names)
    yield from ((text, True) for text in entry.weak_names)


def _by_key(names: Sequence[Name]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for at, name in enumerate(names):
        found.setdefault(name.key, []).append(at)
    return {key: tuple(numbers) for key, numbers in found.items()}
