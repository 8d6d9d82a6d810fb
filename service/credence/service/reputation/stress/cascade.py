"""A cascade: prices fall in steps, who falls below maintenance is closed, and closing moves the price further.

Accounts are cross-margined: equity is the account's, and all of its positions close together. Closing ``depth`` USD of
an instrument moves its price by 1 %, linearly, against the side that is closed. What is owed beyond equity is bad debt.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credence.service.errors import InvalidRequest
from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.evaluation.tables import read_table
from credence.service.reputation.stress.scenarios import SCENARIOS, Scenario

STEPS: Final = 20
LEAST: Final = 20
FLOOR: Final = -0.99
"""No price falls further: below it impact is no longer linear."""

LIMIT: Final = (
    "moves and depth are assumed and impact is linear; nobody adds collateral, closes or buys meanwhile; nothing is said of "
    "one account"
)


class StressRefused(InvalidRequest):
    """Positions that are not stressed; ``reason`` names the column or what is missing."""


@dataclass(frozen=True)
class Book:
    """Positions. ``account`` and ``instrument`` are places; ``notional`` is signed, ``maintenance`` ≥ 0, in USD as of today.

    ``equity`` is one an account.
    """

    account: NDArray[np.int64]
    instrument: NDArray[np.int64]
    notional: Floats
    maintenance: Floats
    equity: Floats
    instruments: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What a scenario comes to, over all accounts. ``move``: of each instrument, with what closing added.

    ``cover``: bad debt over the insurance fund, None where there is no fund.
    """

    scenario: Scenario
    liquidated: int
    closed: float
    bad_debt: float
    cover: float | None
    move: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        return {
            "scenario": self.scenario.name,
            "note": self.scenario.note,
            "accounts_liquidated": self.liquidated,
            "closed_usd": round(self.closed, 2),
            "bad_debt_usd": round(self.bad_debt, 2),
            "insurance_used": None if self.cover is None else round(self.cover, 4),
            "moves": {name: round(value, 4) for name, value in self.move.items()},
        }


@dataclass(frozen=True)
class StressReport:
    """All scenarios on one book of ``n`` accounts."""

    outcomes: tuple[Outcome, ...]
    n: int
    positions: int
    depth: float
    insurance: float
    limit: str = LIMIT

    def to_json(self) -> dict[str, Any]:
        return {
            "scenarios": [outcome.to_json() for outcome in self.outcomes],
            "n": {"accounts": self.n, "positions": self.positions},
            "assumed": {"depth_usd_per_percent": self.depth, "insurance_usd": self.insurance, "steps": STEPS},
            "limit": self.limit,
        }


def read_book(path: Path) -> Book:
    """``account, instrument, notional, maintenance, equity``; an account's equity is the same in all of its rows.

    Raises ``TableRefused``, :class:`StressRefused`.
    """
    table = read_table(path, ("account", "instrument", "notional", "maintenance", "equity"))
    names, account = np.unique(table.words("account"), return_inverse=True)
    instruments, instrument = np.unique(table.words("instrument"), return_inverse=True)
    said, maintenance = table.numbers("equity"), table.numbers("maintenance")
    equity = np.zeros(len(names))
    equity[account] = said
    if (equity[account] != said).any():
        raise StressRefused("an account has one equity")
    if (maintenance < 0).any():
        raise StressRefused("maintenance is not negative")
    places = tuple(str(name) for name in instruments)
    return Book(
        account.astype(np.int64), instrument.astype(np.int64), table.numbers("notional"), maintenance, equity, places
    )


def run_stress(book: Book, *, depth: float, insurance: float, scenarios: Sequence[Scenario] = SCENARIOS) -> StressReport:
    """Every scenario. ``depth``: USD that move a price by 1 %, > 0. Raises :class:`StressRefused`."""
    if len(book.equity) < LEAST:
        raise StressRefused(f"{LEAST} accounts are the fewest that anything is said of")
    if not (np.isfinite(depth) and depth > 0 and np.isfinite(insurance) and insurance >= 0):
        raise StressRefused("depth is above 0, and insurance not below")
    outcomes = tuple(_outcome(book, scenario, depth, insurance) for scenario in scenarios)
    return StressReport(outcomes, len(book.equity), len(book.notional), depth, insurance)


def _outcome(book: Book, scenario: Scenario, depth: float, insurance: float) -> Outcome:
    size = len(book.equity)
    wanted = np.array([scenario.move(name) for name in book.instruments])
    pushed = np.zeros(len(wanted))
    is_open = np.ones(size, dtype=np.bool_)
    held = book.equity * (1 + scenario.collateral)
    closed = debt = 0.0
    steps = np.array([1.0]) if scenario.stalled else np.arange(1, STEPS + 1) / STEPS
    for step in steps.tolist():
        for _ in range(size):  # each round closes an account at least
            move = np.maximum(FLOOR, wanted * step + pushed)
            value = book.notional * (1 + move[book.instrument])
            gains = np.bincount(book.account, weights=value - book.notional, minlength=size)
            needed = np.bincount(
                book.account,
                weights=book.maintenance * scenario.maintenance * (1 + move[book.instrument]),
                minlength=size,
            )
            falls = is_open & (held + gains < needed)
            if not falls.any():
                break
            going = falls[book.account]
            sold = np.bincount(book.instrument[going], weights=value[going], minlength=len(wanted))
            impact = -sold / depth / 100
            # Closing pays half of its own impact on the way, and those that are left all of it.
            after = np.maximum(FLOOR, move + impact / 2)
            paid = held + np.bincount(book.account, weights=book.notional * after[book.instrument], minlength=size)
            closed += float(np.abs(value[going]).sum())
            debt += float(np.maximum(0.0, -paid[falls]).sum())
            pushed = pushed + impact
            is_open &= ~falls
    ended = np.maximum(FLOOR, wanted + pushed)
    return Outcome(
        scenario,
        int(size - is_open.sum()),
        closed,
        debt,
        debt / insurance if insurance else None,
        {name: float(ended[place]) for place, name in enumerate(book.instruments)},
    )
