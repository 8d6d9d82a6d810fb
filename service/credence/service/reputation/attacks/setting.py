"""What an attack is measured against: the venue's prices, what is assumed of market and person, and how a result is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Protocol

UNIT: Final = "USD in 30 days, per person"
YEAR: Final = 365.0
MONTH: Final = 30.0
BPS: Final = 1e-4
PPM: Final = 1e-6

STANDINGS: Final = ("R0", "R1", "R2", "R3", "R4", "R5")
"""From the worst to the best that may open positions."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who is priced: ``level`` 0-3 of verification, standing tier, and the 30-day volume (USD) that is counted for it."""

    level: int = 2
    standing: str = "R1"
    volume: float = 0.0
    maker_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Fees:
    """Fractions of notional; a negative one is paid to the maker."""

    maker: float
    taker: float


class Venue(Protocol):
    """The live tables of fees and margin: what one account is really asked."""

    @property
    def name(self) -> str: ...

    @property
    def classes(self) -> Sequence[str]: ...

    @property
    def thresholds(self) -> Sequence[float]:
        """30-day volumes (USD) from which another row of the fee ladder counts, without the first."""

    @property
    def maker_shares(self) -> Sequence[float]:
        """Shares of the venue's maker volume from which a rebate counts."""

    def ends(self, instrument_class: str) -> Sequence[float]:
        """Notionals (USD) where a margin bracket ends."""

    def stress_move(self, instrument_class: str) -> float: ...

    def notional_cap(self, account: Account) -> float:
        """USD; infinite where there is none."""

    def fees(self, account: Account) -> Fees: ...

    def margin(self, account: Account, instrument_class: str, notional: float, insured: float | None = None) -> float:
        """USD to open a position of ``notional``, the person's only one.

        ``insured``: the share of the insurance fund that the person may cost (USD); None: so much that relief never ends.
        """


@dataclass(frozen=True)
class Setting:
    """What is assumed, of nobody in particular; every number may be replaced.

    ``flow``: taker volume (USD in 30 days) that the person has a reason for; ``position``: what it holds on average;
    ``surplus_bps``: what trading is worth to it, of flow, before fees. ``capital_rate``: cost of margin capital a year.
    ``half_spread_bps`` is lost by who trades with strangers. ``wallet_usd``: cost of a further wallet in 30 days.
    ``gaps``: (size, times a year) of moves that no liquidation can come before. ``insured``: the insurance fund's share for
    one person, which ends relief. ``linked``: wallets that hang together and are aggregated (``links``).
    """

    flow: float = 2_000_000.0
    position: float = 500_000.0
    surplus_bps: float = 10.0
    capital_rate: float = 0.10
    half_spread_bps: float = 1.0
    wallet_usd: float = 1.0
    gaps: tuple[tuple[float, float], ...] = ((0.05, 2.0), (0.10, 0.25), (0.24, 0.05))
    insured: float = 10_000.0
    linked: int = 10
    days: int = 360
    seeds: tuple[int, ...] = tuple(range(1, 13))

    def to_json(self) -> dict[str, Any]:
        told = asdict(self)
        return {**told, "gaps": [list(gap) for gap in self.gaps], "seeds": list(self.seeds)}

    def carry(self, margin: float, days: float = MONTH) -> float:
        """What it costs to have so much margin lie for so long."""
        return margin * self.capital_rate * days / YEAR


@dataclass(frozen=True)
class Finding:
    """One attack: the best ``gain`` that was found over honest behaviour, and where (``best``); in :data:`UNIT`.

    ``bound`` and ``reason`` stand where a gain above 0 is possible and let be: no gain may be above the bound. ``error``:
    the standard error of a gain that was drawn, else 0. ``tried``: how many variants.
    """

    name: str
    what: str
    gain: float
    best: str
    tried: int
    bound: float | None = None
    reason: str | None = None
    error: float = 0.0

    @property
    def listed(self) -> bool:
        return self.bound is not None

    @property
    def holds(self) -> bool:
        """Whether the gain is no more than it may be, beyond two standard errors where it was drawn."""
        return self.gain <= (self.bound if self.bound is not None else 0.0) + 2 * self.error

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "what": self.what,
            "gain": round(self.gain, 2),
            "error": round(self.error, 2),
            "listed": self.listed,
            "bound": None if self.bound is None else round(self.bound, 2),
            "reason": self.reason,
            "holds": self.holds,
            "best": self.best,
            "tried": self.tried,
        }


Tried = list[tuple[float, str]]


def best(tried: Tried) -> tuple[float, str]:
    """The variant that gains most; the first of equals."""
    return max(tried, key=lambda each: each[0])
