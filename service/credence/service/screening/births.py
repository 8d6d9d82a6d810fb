"""Dates of birth as lists and applicants give them: days, months, years, spans, and how two of them go together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Self

CIRCA_YEARS: Final = 2
"""How far a date that is given as ``circa`` reaches to either side."""

NEAR_DAYS: Final = 731
"""How far two dates may lie apart that could be of one person: lists guess, and clerks mistype."""

_PARTIAL: Final = re.compile(r"([12][0-9]{3})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class BirthSpan:
    """The days, both included, on which somebody may have been born."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether ``day`` is one of them."""
        return self.first <= day <= self.last

    def apart(self, other: BirthSpan) -> int:
        """How many days lie between the spans, 0 where they overlap."""
        return max((other.first - self.last).days, (self.first - other.last).days, 0)

    @classmethod
    def of_day(cls, day: date) -> Self:
        """A single day."""
        return cls(day, day)

    @classmethod
    def of_month(cls, year: int, month: int) -> Self:
        """Every day of a month. Raises :class:`ValueError` where there is no such month."""
        first = date(year, month, 1)
        return cls(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))

    @classmethod
    def of_years(cls, first: int, last: int) -> Self:
        """Every day from the one year to the other. Raises :class:`ValueError` where they are not in order."""
        if first > last:
            raise ValueError("the years are not in order")
        return cls(date(first, 1, 1), date(last, 12, 31))

    def widened(self) -> BirthSpan:
        """The span of a date that is only guessed."""
        return BirthSpan.of_years(self.first.year - CIRCA_YEARS, self.last.year + CIRCA_YEARS)

    def to_text(self) -> str:
        """``1960-01-12``, or two such days with a slash between them."""
        return self.first.isoformat() if self.first == self.last else f"{self.first.isoformat()}/{self.last.isoformat()}"


class Birth(StrEnum):
    """How the applicant's date of birth goes with an entry's."""

    AGREES = "agrees"
    NEAR = "near"
    DIFFERS = "differs"
    UNKNOWN = "unknown"


def read_birth(text: str) -> BirthSpan:
    """``1960``, ``1960-01`` or ``1960-01-12``. Raises :class:`ValueError`."""
    match = _PARTIAL.fullmatch(text)
    if match is None or any(part is not None and len(part) != 2 for part in match.groups()[1:]):
        raise ValueError("a birth is a day, a month or a year")
    year, month, day = int(match[1]), match[2], match[3]
    if day is not None:
        return BirthSpan.of_day(date(year, int(month), int(day)))
    return BirthSpan.of_years(year, year) if month is None else BirthSpan.of_month(year, int(month))


def guess_birth(text: str) -> BirthSpan | None:
    """The same as somebody typed it: of what is no day of the calendar the year counts, and None is no date at all."""
    match = _PARTIAL.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = int(match[1]), match[2], match[3]
    try:
        return read_birth("-".join([match[1], *(part.zfill(2) for part in (month, day) if part is not None)]))
    except ValueError:
        return BirthSpan.of_years(year, year)


def compare_births(born: BirthSpan | None, listed: Sequence[BirthSpan]) -> Birth:
    """How they go together; the nearest of the entry's dates counts."""
    if born is None or not listed:
        return Birth.UNKNOWN
    apart = min(born.apart(span) for span in listed)
    if apart == 0:
        return Birth.AGREES
    return Birth.NEAR if apart <= NEAR_DAYS else Birth.DIFFERS
