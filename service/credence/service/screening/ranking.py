"""Who is ranked how: the likeness of names, the dates of birth and the countries together make a band.

The table is short on purpose: each line can be said aloud to whoever asks why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from credence.service.screening.births import Birth, BirthSpan
from credence.service.screening.countries import Ties
from credence.service.screening.names import EntryKind
from credence.service.screening.results import Band, MatchReason

EQUAL: Final = 97
"""A score from here on is the same name."""
LIKE: Final = 90
"""A score from here on is the same name, mistyped or transliterated."""
SIMILAR: Final = 84
"""A score from here on is looked at where nothing but the name is known."""
FLOOR: Final = 76
"""A score below is another name, whatever else agrees."""

_BIRTHS: Final = {
    Birth.AGREES: MatchReason.BIRTH_DATE_AGREES,
    Birth.NEAR: MatchReason.BIRTH_DATE_NEAR,
    Birth.DIFFERS: MatchReason.BIRTH_DATE_DIFFERS,
    Birth.UNKNOWN: MatchReason.BIRTH_DATE_UNKNOWN,
}
_TIES: Final = {Ties.SHARED: (MatchReason.COUNTRY_AGREES,), Ties.NONE: (MatchReason.COUNTRY_DIFFERS,), Ties.UNKNOWN: ()}
LEAST: Final[Mapping[tuple[Birth, Ties], int]] = MappingProxyType(
    {
        (Birth.AGREES, Ties.SHARED): FLOOR,
        (Birth.AGREES, Ties.UNKNOWN): SIMILAR,
        (Birth.AGREES, Ties.NONE): LIKE,
        (Birth.UNKNOWN, Ties.SHARED): SIMILAR,
        (Birth.UNKNOWN, Ties.UNKNOWN): SIMILAR,
        (Birth.UNKNOWN, Ties.NONE): EQUAL,
        (Birth.NEAR, Ties.SHARED): SIMILAR,
        (Birth.NEAR, Ties.UNKNOWN): LIKE,
        (Birth.NEAR, Ties.NONE): EQUAL,
        (Birth.DIFFERS, Ties.SHARED): EQUAL,
        (Birth.DIFFERS, Ties.UNKNOWN): EQUAL,
        (Birth.DIFFERS, Ties.NONE): EQUAL,
    }
)
"""The least score at which an entry is more than clear: the more speaks against it, the liker its name has to be."""


class Withheld:
    """Base of what is never shown."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(withheld)"


@dataclass(frozen=True, slots=True, repr=False)
class Subject(Withheld):
    """Who is screened. ``countries`` are alpha-2 codes; ``birth`` is None where it is not known. Never printed."""

    name: str
    kind: EntryKind = "individual"
    birth: BirthSpan | None = None
    countries: tuple[str, ...] = ()


def score_of(likeness: float) -> int:
    """A likeness (0-1) as a score (0-100), rounded down."""
    return int(likeness * 100 + 1e-9)


def rank(score: int, birth: Birth, ties: Ties, *, weak: bool = False, kind_differs: bool = False) -> Band:
    """The band of an entry whose name has ``score`` (0-100)."""
    if kind_differs:
        return Band.REVIEW if score >= EQUAL and not weak else Band.CLEAR
    if weak:
        return Band.REVIEW if score >= EQUAL and birth is not Birth.DIFFERS else Band.CLEAR
    if score < LEAST[birth, ties]:
        return Band.CLEAR
    if birth is Birth.AGREES:
        certain = score >= EQUAL or (score >= LIKE and ties is Ties.SHARED)
    else:
        certain = score >= EQUAL and birth is Birth.UNKNOWN and ties is not Ties.NONE
    return Band.HIT if certain else Band.REVIEW


def reasons(
    score: int, birth: Birth, ties: Ties, *, weak: bool = False, kind_differs: bool = False
) -> tuple[MatchReason, ...]:
    """What is said of an entry beside its band."""
    name = MatchReason.NAME_EQUAL if score >= EQUAL else MatchReason.NAME_SIMILAR
    if kind_differs:
        return name, MatchReason.KIND_DIFFERS
    return (name, *([MatchReason.WEAK_ALIAS] if weak else []), _BIRTHS[birth], *_TIES[ties])
