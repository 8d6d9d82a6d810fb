"""Accounts for reports, made up: what they did day by day, and whole populations of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any, Final, cast

from credence.service.reputation.belief.model import shipped_model
from credence.service.reputation.merging import COLUMNS, EQUITY_BITS, Merge
from credence.service.reputation.records import ReputationDay
from credence.service.reputation.risk_report.population import Gathering, Population, Source

AS_OF: Final = 20_000
"""The unix day of every report here: 2024-10-04."""

ATTACKS: Final[dict[str, Any]] = {
    "holds": True,
    "unit": "USD in 30 days, per person",
    "tables": {"tariff": "perp-default/1/abc"},
    "attacks": [
        {"name": "wash", "what": "w", "gain": -3.1, "bound": None, "holds": True, "best": "b", "reason": None},
        {"name": "rob", "what": "r", "gain": 3.1, "bound": 4.0, "holds": True, "best": "b", "reason": "it is let be"},
    ],
}
LINKS: Final[dict[str, Any]] = {
    "wallets": 90, "aggregated": 40, "groups": 2, "smaller": 20, "hubs": 1, "hub_cap": 40, "least": 10, "weights": "w/1",
    "sizes": [{"from": 10, "to": 19, "groups": 2, "wallets": 40}],
}  # fmt: skip

_BLANK: Final = {name: 0 if way in (Merge.SUM, Merge.OR) else None for name, way in COLUMNS.items()}
_MICRO: Final = 1_000_000


def row(day: int, **said: Any) -> ReputationDay:
    """A day of around the clock exposure in which 1,000 USD were traded of an equity of 5,000, and nothing happened."""
    values = {"events": 1, "day_exposed": 24, "notional": 1_000 * _MICRO, "trades": 1, **said}
    equity = values.pop("equity", 5_000)
    moment = equity * 100 + (1 << (EQUITY_BITS - 1))
    return cast(ReputationDay, SimpleNamespace(**{**_BLANK, "day": day, "opening": moment, **values}))


def held(day: int, *, leverage: float = 5.0, equity: int = 1_000, buffer: float = 1.0) -> ReputationDay:
    """A day that ends with an open position, seen for an hour."""
    return row(
        day,
        equity=equity,
        snapshot_seconds=3_600,
        leverage_ppm_seconds=int(leverage * _MICRO) * 3_600,
        equity_hours=equity * _MICRO,
        min_buffer_ppm=int(buffer * _MICRO),
    )


def calm(count: int, *, before: int = AS_OF, **said: Any) -> list[ReputationDay]:
    """So many days without events, the last one on the day before."""
    return [row(day, **said) for day in range(before - count, before)]


def gathered(accounts: Sequence[Sequence[ReputationDay]], *, flagged: int = 0) -> Population:
    """The population of accounts, of which the first so many are flagged. Raises ``ReportRefused``."""
    found = Gathering(AS_OF, shipped_model(), {})
    for number, days in enumerate(accounts):
        found.add(days, unique=True, flagged_at=(AS_OF - 60) * 86_400 if number < flagged else None)
    return found.whole(Source("made up for a test"))


def crowd(simulated: int = 0) -> Population:
    """The crowd, of which so many say that they are simulated."""
    return replace(_crowd(), source=Source("made up for a test", simulated))


@cache
def _crowd() -> Population:
    """Sixty accounts over 150 days, a third of them risky; all of them hold a position in the end."""
    drawn, accounts = random.Random(7), []
    for number in range(60):
        days = []
        for day in range(AS_OF - 150, AS_OF):
            said: dict[str, Any] = {"notional": int(10 ** drawn.uniform(9, 11)), "equity": 500 * (number + 1)}
            said["pnl"], said["pnl_events"] = drawn.randrange(-50, 50) * _MICRO, 1
            said["maker_notional"] = said["notional"] * (number % 3) // 3
            if drawn.random() < (0.08 if number % 3 == 0 else 0.004):
                said[drawn.choice(("day_near_misses", "day_calls", "day_liquidations"))] = 1
            days.append(row(day, **said))
        accounts.append([*days[:-1], held(AS_OF - 1, leverage=2 + number % 10)])
    return gathered(accounts)
