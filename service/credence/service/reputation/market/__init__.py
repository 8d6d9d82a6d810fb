"""The market's hazard: how many liquidations a day had, whoever's, against the median day of its series.

What is kept is counts (:mod:`.records`); a multiple is made of them when somebody asks, so that it does not depend on how
tables were cut, or in which order they came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from credence.service.reputation.events.measures import MICRO

SERIES: Final = "market"
"""The series by which expected events are counted."""

MOST: Final = 20 * MICRO
"""A day's hazard is at most this many times the median day's, in ppm, and at least once."""


def multiples_of(counts: Mapping[int, int]) -> dict[int, int]:
    """From liquidations by day to the multiple (ppm) of a calm day's: against the median of all days between the first and
    the last, from 1 to 20. A day without any that lies between them has none."""
    if not counts:
        return {}
    days = range(min(counts), max(counts) + 1)
    ordered = sorted(counts.get(day, 0) for day in days)
    median = max(1, ordered[len(ordered) // 2])
    return {day: max(MICRO, min(MOST, counts.get(day, 0) * MICRO // median)) for day in days}
