"""Dates of birth as the US Treasury writes them: ``12 Jan 1960``, ``Jan 1960``, ``circa 1960``, ``1960 to 1962``."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from credence.service.screening.births import BirthSpan

_CIRCA: Final = "circa "
_DAY: Final = re.compile(r"(?:(?:([0-9]{2}) )?([A-Z][a-z]{2}) )?([12][0-9]{3})", re.ASCII)
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_RANGE: Final = re.compile(r" to |(?<=[0-9]{4})-(?=[0-9]{4})", re.ASCII)


def read_ofac_birth(text: str) -> BirthSpan | None:
    """The days that a date may mean; None for one that cannot be read, so that it clears nobody."""
    spans = [span for part in _RANGE.split(text.removeprefix(_CIRCA)) if (span := _span(part)) is not None]
    if len(spans) != len(_RANGE.findall(text)) + 1 or len(spans) > 2 or spans[0].first > spans[-1].last:
        return None
    span = BirthSpan(spans[0].first, spans[-1].last)
    return span.widened() if text.startswith(_CIRCA) else span


def _span(text: str) -> BirthSpan | None:
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    day, month, year = match[1], match[2], int(match[3])
    try:
        if month is None:
            return BirthSpan.of_years(year, year)
        number = _MONTHS.index(month) + 1
        return BirthSpan.of_month(year, number) if day is None else BirthSpan.of_day(date(year, number, int(day)))
    except ValueError:
        return None
