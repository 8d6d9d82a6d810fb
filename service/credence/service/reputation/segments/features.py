"""What accounts are told apart by: six figures, on a scale where one that is extreme does not decide everything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np

from credence.service.errors import InvalidRequest
from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.evaluation.tables import read_table

UNITS: Final = MappingProxyType(
    {
        "volume": "USD in 30 days",
        "trades": "in 30 days",
        "leverage": "×, weighted by time",
        "maker_share": "of notional, 0-1",
        "net_share": "net over gross delta, 0-1",
        "tenure": "days",
    }
)
LOGS: Final = frozenset({"volume", "trades", "leverage", "tenure"})
"""Features of which log(1 + x) counts; the others are shares."""

FAR: Final = 4.0
"""Scaled features are kept within ± this many quartile ranges of the median."""


class SegmentsRefused(InvalidRequest):
    """Accounts that are not told apart; ``reason`` names the column or what is missing."""


@dataclass(frozen=True)
class Accounts:
    """Accounts × features in the order of :data:`UNITS`, in natural units, and the profit of each (USD, any sign)."""

    names: tuple[str, ...]
    features: Floats
    profit: Floats

    def __len__(self) -> int:
        return len(self.names)


def read_accounts(path: Path) -> Accounts:
    """A table with ``account``, ``profit`` and the six features, one row an account. Raises ``TableRefused``,
    :class:`SegmentsRefused`."""
    table = read_table(path, ("account", "profit", *UNITS))
    names = table.words("account")
    if len(set(names)) != len(names):
        raise SegmentsRefused("an account stands in one row")
    for name in UNITS:
        values = table.numbers(name)
        if (values < 0).any() or (name not in LOGS and (values > 1).any()):
            raise SegmentsRefused(f"{name} is {'not negative' if name in LOGS else 'between 0 and 1'}")
    return Accounts(tuple(names), np.stack([table.numbers(name) for name in UNITS], axis=1), table.numbers("profit"))


def scaled(features: Floats) -> Floats:
    """Logarithms where they count, less the median, over the quartile range, within ±:data:`FAR`."""
    logged = np.stack(
        [np.log1p(features[:, place]) if name in LOGS else features[:, place] for place, name in enumerate(UNITS)], axis=1
    )
    low, middle, high = np.quantile(logged, [0.25, 0.5, 0.75], axis=0)
    spread = np.where(high - low > 0, high - low, 1.0)
    found: Floats = np.clip((logged - middle) / spread, -FAR, FAR)
    return found
