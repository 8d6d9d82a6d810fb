"""Days as policies write them: ``today``, ``today-18y``, ``today+30d`` and ``2008-11-21``, all in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from credence.circuits.credential import MAX_DAY
from credence.circuits.days import EPOCH, read_day
from credence.circuits.errors import IllFormed, Step

_LAST: Final = EPOCH + timedelta(days=MAX_DAY)
_RELATIVE: Final = re.compile(r"today(?:([+-])([1-9][0-9]{0,4})([dy]))?")


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, fixed or counted from the day of the request. Made by :meth:`parse`."""

    text: str
    fixed: int | None = None
    days: int = 0
    years: int = 0

    @classmethod
    def parse(cls, text: str) -> Moment:
        """Raises :class:`ValueError` for any other text, and for a day that is none or outside 0 to 65,535."""
        if found := _RELATIVE.fullmatch(text):
            sign, count, unit = found.groups()
            offset = int(f"{sign}{count}") if count else 0
            return cls(text, None, offset if unit == "d" else 0, offset if unit == "y" else 0)
        day = read_day(text)
        if not 0 <= day <= MAX_DAY:
            raise ValueError("a day outside the calendar of credentials")
        return cls(text, day)

    def on(self, today: int) -> int:
        """The day number where ``today`` is one; 29 February of a year that has none is 28 February.

        Days before 1970-01-01 are day 0 and days after the last one that credentials know are that one. Raises
        :class:`IllFormed` for a ``today`` outside that calendar.
        """
        if not 0 <= today <= MAX_DAY:
            raise IllFormed("a day outside the calendar of credentials", Step.CONTEXT)
        if self.fixed is not None:
            return self.fixed
        start = EPOCH + timedelta(days=today)
        year = start.year + self.years
        if year < EPOCH.year:
            return 0
        if year > _LAST.year:
            return MAX_DAY
        moved = start.replace(year=year, day=28) if _is_leap_day(start) and not _is_leap(year) else start.replace(year=year)
        return min(max((moved - EPOCH).days + self.days, 0), MAX_DAY)


def _is_leap_day(day: date) -> bool:
    return (day.month, day.day) == (2, 29)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
