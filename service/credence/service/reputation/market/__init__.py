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

FIRST_DAY: Final = 14_245
"""1 January 2009, in days since 1970: no market of ours is older, and what is dated before is not in seconds."""

MOST: Final = 20 * MICRO
"""A day's hazard is at most this many times the median day's, in ppm, and at least once."""


def multiples_of(counts: Mapping[int, int]) -> dict[int, int]:
    """From liquidations by day to the multiple (ppm) of a calm day's: against the median of the days that have any, from 1
    to 20. Every other day counts once: a table may have gaps, so that a day without rows says nothing."""
    if not counts:
        return {}
    ordered = sorted(counts.values())
    median = ordered[len(ordered) // 2]
    return {day: max(MICRO, min(MOST, count * MICRO // median)) for day, count in counts.items()}
