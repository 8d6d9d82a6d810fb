"""What may happen: days of the past, a grid of moves, and things that fail. Sizes are assumed, to be replaced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

MAJOR: Final = "btc_eth"
"""The class of instruments that falls least; every other class takes the move of the others."""


@dataclass(frozen=True)
class Scenario:
    """``major`` and ``others``: the move of prices, as a fraction, negative down. ``collateral``: of what equity is held in.

    ``stalled``: nobody is liquidated before the whole move is there. ``maintenance``: times what it was. ``note``: whence.
    """

    name: str
    note: str
    major: float = 0.0
    others: float = 0.0
    collateral: float = 0.0
    stalled: bool = False
    maintenance: float = 1.0
    own: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def move(self, instrument: str) -> float:
        """Of one instrument or class."""
        return self.own.get(instrument, self.major if instrument == MAJOR else self.others)


_DAY: Final = "about the largest fall within that day, of the majors and of the others, rounded; assumed, not measured here"
_GRID: Final = "the stress moves of the shipped tariff, both ways"

SCENARIOS: Final = (
    Scenario("2020-03-12", _DAY, -0.45, -0.50),
    Scenario("2021-05-19", _DAY, -0.30, -0.45),
    Scenario("2022-11-08", _DAY, -0.20, -0.30),
    Scenario("2025-10-10", _DAY, -0.15, -0.60),
    *(Scenario(f"{sign:+.0%}", _GRID, sign, sign) for size in (0.24, 0.36, 0.50) for sign in (-size, size)),
    Scenario(
        "oracle-stall", "24 % down while the oracle stands still: no liquidation before the end", -0.24, -0.24, stalled=True
    ),
    Scenario("stablecoin", "collateral worth 10 % less, prices as they are", collateral=-0.10),
    Scenario("issuer-offline", "standings expire: maintenance as of R1, 1.10 times, prices as they are", maintenance=1.10),
)
