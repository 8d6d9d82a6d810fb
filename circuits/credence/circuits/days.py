"""Days as everything here counts them: whole days of UTC since 1970-01-01, written YYYY-MM-DD."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

EPOCH: Final = date(1970, 1, 1)
"""Day 0."""

_WRITTEN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_day(text: str) -> int:
    """The day that ``text`` writes, below 0 before 1970. Raises :class:`ValueError` for any other text and for no day."""
    if not _WRITTEN.fullmatch(text):
        raise ValueError("a day is written YYYY-MM-DD")
    return (date.fromisoformat(text) - EPOCH).days


def write_day(day: int) -> str:
    """As it is written. Raises :class:`OverflowError` outside the years 1 to 9999."""
    return (EPOCH + timedelta(days=day)).isoformat()
