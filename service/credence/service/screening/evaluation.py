"""How good the matcher is: measured on labelled pairs of names, on listed persons with mistyped names, and on others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from credence.service.screening.births import Birth
from credence.service.screening.countries import Ties
from credence.service.screening.names import EntryKind, read_name
from credence.service.screening.ranking import Subject, rank, score_of
from credence.service.screening.results import Band, Screening
from credence.service.screening.similarity import name_similarity

STRONG: Final = "STRONG"
"""Pairs of this quality have to be decided rightly."""

_KINDS: Final[dict[str, tuple[EntryKind, ...]]] = {"Person": ("individual",), "LegalEntity": ("individual", "entity")}
_ORGANISATION: Final[tuple[EntryKind, ...]] = ("entity",)


@dataclass(frozen=True, slots=True)
class LabelledPair:
    """Two names, what they are names of, and whether somebody says that they are one's. A ``LegalEntity`` is of any kind."""

    schema: str
    left: str
    right: str
    is_match: bool
    quality: str


@dataclass(frozen=True, slots=True)
class Shares:
    """Decisions by what they should have been."""

    found_rightly: int
    found_wrongly: int
    missed: int
    left_rightly: int

    @property
    def precision(self) -> float:
        """How many of the found are right."""
        return _share(self.found_rightly, self.found_rightly + self.found_wrongly)

    @property
    def recall(self) -> float:
        """How many of the right are found."""
        return _share(self.found_rightly, self.found_rightly + self.missed)

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return _share(2 * self.found_rightly, 2 * self.found_rightly + self.found_wrongly + self.missed)


def is_same(pair: LabelledPair) -> bool:
    """Whether the names alone, with nothing known beside them, would be looked at."""
    kinds = _KINDS.get(pair.schema, _ORGANISATION)
    likeness = max(name_similarity(read_name(pair.left, kind), read_name(pair.right, kind)) for kind in kinds)
    return rank(score_of(likeness), Birth.UNKNOWN, Ties.UNKNOWN) is not Band.CLEAR


def judge_pairs(pairs: Iterable[LabelledPair], same: Callable[[LabelledPair], bool] = is_same) -> Shares:
    """The decisions on pairs. ``same`` takes them, by default our own matcher."""
    counted = {(found, wanted): 0 for found in (True, False) for wanted in (True, False)}
    for pair in pairs:
        counted[same(pair), pair.is_match] += 1
    return Shares(counted[True, True], counted[True, False], counted[False, True], counted[False, False])


def strong_table(pairs: Sequence[LabelledPair], same: Callable[[LabelledPair], bool] = is_same) -> dict[str, Any]:
    """The pairs that nobody doubts: how many of persons and organisations, and which are decided wrongly, by their number
    in the table, from 1."""
    table: dict[str, Any] = {}
    for what, wanted in (("persons", True), ("organisations", False)):
        chosen = [
            (number, pair)
            for number, pair in enumerate(pairs, 1)
            if pair.quality == STRONG and (pair.schema == "Person") is wanted
        ]
        wrong = [number for number, pair in chosen if same(pair) is not pair.is_match]
        table[what] = {"n": len(chosen), "wrong": len(wrong), "wrong_rows": wrong}
    table["wrong"] = table["persons"]["wrong"] + table["organisations"]["wrong"]
    return table


@dataclass(frozen=True, slots=True)
class Searched:
    """What came of many searches: how many, which of them (by number, from 0) were not clear, how long each took."""

    flagged: tuple[int, ...]
    seconds: tuple[float, ...]


class Searching(Protocol):
    """Whatever searches lists for one subject at a time."""

    def search(self, subject: Subject) -> Screening:
        """What is found."""
        ...


def search_all(index: Searching, subjects: Iterable[Subject], timer: Callable[[], float]) -> Searched:
    """Searches for each; ``timer`` tells seconds."""
    flagged: list[int] = []
    seconds: list[float] = []
    for number, subject in enumerate(subjects):
        start = timer()
        band = index.search(subject).band
        seconds.append(timer() - start)
        if band is not Band.CLEAR:
            flagged.append(number)
    return Searched(tuple(flagged), tuple(seconds))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share (0-1) of the values does not exceed; 0 of none."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0.0


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
