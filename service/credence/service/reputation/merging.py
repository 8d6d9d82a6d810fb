"""Daily statistics: what a column is, and how two rows of one day become one.

Every way is commutative, and associative as long as no sum reaches :data:`LIMIT`. A day that gets there is held there, and
what it says then depends on the order: 90,000 of the largest events there are, of one pseudonym and day.
"""

from __future__ import annotations

from enum import Enum
from types import MappingProxyType
from typing import Final

from credence.service.reputation.events.wide import SUMMED

CENTS: Final = 10_000
"""Micro-USD in a cent, in which equities at the ends of a day are kept."""

EQUITY_BITS: Final = 36
"""The low bits of ``opening`` and ``closing`` are the equity, in cents from ``-2**35``; above them, the second of the
day."""

LEVERAGE_EDGES: Final = tuple(ratio * 1_000_000 for ratio in (1, 2, 3, 5, 8, 12, 20, 35, 60))
"""Upper ends, in ppm, of all the bands of leverage but the last."""

LIMIT: Final = 9_000_000_000_000_000_000
"""Where sums stop on either side of 0, so that no database overflows: nine trillion USD in micro-USD."""


class Merge(Enum):
    """How a column of two rows becomes one."""

    SUM = "sum"
    OR = "or"
    LEAST = "least"
    """Null is no value."""
    GREATEST = "greatest"


_SUMS: Final = (
    "events",
    "fills",
    "cancels",
    "votes",
    "margin_calls",
    "liquidations",
    "option_fills",
    "account_days",
    "snapshots",
    "pnl_events",
    "snapshot_seconds",
    "leverage_ppm_seconds",
    "equity_hours",
    "self_matched",
    "option_delta_ppm",
    "option_gross_ppm",
    *(name for name in SUMMED if name != "option_delta"),
    *(f"leverage_{index}" for index in range(len(LEVERAGE_EDGES) + 1)),
    "round_trips",
)
MASKS: Final = ("exposed_hours", "near_miss_hours", "call_hours", "liquidation_hours", "bad_debt_hours")

COLUMNS: Final = MappingProxyType(
    {
        **dict.fromkeys(_SUMS, Merge.SUM),
        **dict.fromkeys(MASKS, Merge.OR),
        "min_buffer_ppm": Merge.LEAST,
        "opening": Merge.LEAST,
        "closing": Merge.GREATEST,
    }
)
"""Every column of a day, and how it merges."""


def merged(one: int | None, other: int | None, way: Merge) -> int | None:
    """The value of two rows of a day."""
    if one is None or other is None:
        return other if one is None else one
    match way:
        case Merge.SUM:
            return max(-LIMIT, min(LIMIT, one + other))
        case Merge.OR:
            return one | other
        case Merge.LEAST:
            return min(one, other)
        case Merge.GREATEST:
            return max(one, other)
