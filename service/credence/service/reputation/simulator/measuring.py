"""Calibration: the market's regimes from daily prices, and how often accounts trade from a table of account days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from credence.service.reputation.evaluation.tables import Table, TableRefused, read_table
from credence.service.reputation.simulator.calibration import ActivityModel, MarketModel

Real = npt.NDArray[np.float64]

LEAST_DAYS: Final = 100
LEAST_ACCOUNTS: Final = 10
_STEPS: Final = 500
_ENOUGH: Final = 1e-9
_PRICES: Final = ("date", "price")
_ACCOUNTS: Final = ("date", "account")


@dataclass(frozen=True)
class Calibration:
    """What was measured, and of how much; None for what no table told."""

    market: MarketModel | None = None
    activity: ActivityModel | None = None
    returns: int = 0
    accounts: int = 0


def calibrate(paths: Sequence[Path]) -> Calibration:
    """What tables with the columns ``date`` and ``price``, or ``date`` and ``account``, tell.

    Raises :class:`TableRefused`.
    """
    found = Calibration()
    for path in paths:
        table = read_table(path, ("date",), ("price", "account"))
        if all(name in table for name in _PRICES):
            model, returns = market_of(table)
            found = replace(found, market=model, returns=returns)
        elif all(name in table for name in _ACCOUNTS):
            activity, accounts = activity_of(table)
            found = replace(found, activity=activity, accounts=accounts)
        else:
            raise TableRefused("a table to calibrate by has the columns date and price, or date and account")
    return found


def market_of(table: Table) -> tuple[MarketModel, int]:
    """A two-state hidden Markov model of daily log returns, by maximum likelihood (EM), and of how many returns."""
    prices = table.numbers("price")[np.argsort(table.days("date"), kind="stable")]
    if len(prices) <= LEAST_DAYS or (prices <= 0).any():
        raise TableRefused(f"a market is calibrated by more than {LEAST_DAYS} prices, all above 0")
    returns = np.diff(np.log(prices))
    drift = float(returns.mean())
    calm, stressed, leave_calm, leave_stress = _regimes(returns - drift)
    return (
        MarketModel(
            calm_deviation=calm,
            stressed_deviation=stressed,
            leave_calm=leave_calm,
            leave_stress=leave_stress,
            drift=drift,
            first_price=float(prices[0]),
        ),
        len(returns),
    )


def activity_of(table: Table) -> tuple[ActivityModel, int]:
    """The first, fifth and ninth decile of the share of days on which an account traded, and of how many accounts."""
    days = table.days("date")
    known: dict[str, set[int]] = {}
    for account, day in zip(table.words("account"), days.tolist(), strict=True):
        known.setdefault(account, set()).add(day)
    shares = [len(own) / (max(own) - min(own) + 1) for own in known.values()]
    if len(shares) < LEAST_ACCOUNTS:
        raise TableRefused(f"activity is calibrated by {LEAST_ACCOUNTS} accounts at least")
    low, middle, high = np.quantile(shares, (0.1, 0.5, 0.9)).tolist()
    return ActivityModel((low, middle, high)), len(shares)


def _regimes(returns: Real) -> tuple[float, float, float, float]:
    """Deviations of the calm and the stressed regime, and the probabilities of leaving each."""
    spread = returns.std()
    deviation, stay = np.array([0.5, 1.5]) * spread, np.array([[0.8, 0.2], [0.2, 0.8]])
    start, before = np.array([0.5, 0.5]), -np.inf
    for _ in range(_STEPS):
        density = np.exp(-0.5 * (returns[:, None] / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi))
        weight, moves, total = _smoothed(density, stay, start)
        deviation = np.sqrt((weight * returns[:, None] ** 2).sum(axis=0) / weight.sum(axis=0))
        stay, start = moves / moves.sum(axis=1, keepdims=True), weight[0]
        if total - before < _ENOUGH:
            break
        before = total
    calm = int(np.argmin(deviation))
    return float(deviation[calm]), float(deviation[1 - calm]), float(stay[calm, 1 - calm]), float(stay[1 - calm, calm])


def _smoothed(density: Real, stay: Real, start: Real) -> tuple[Real, Real, float]:
    """Baum-Welch: how likely each day was in each regime, how often one led to the other, and the log likelihood."""
    forward, scale = np.empty_like(density), np.empty(len(density))
    state = start
    for day, likely in enumerate(density):
        state = (state @ stay if day else state) * likely
        scale[day] = state.sum()
        state = forward[day] = state / scale[day]
    backward, moves = np.ones_like(density), np.zeros((2, 2))
    for day in range(len(density) - 2, -1, -1):
        ahead = density[day + 1] * backward[day + 1] / scale[day + 1]
        moves += forward[day][:, None] * stay * ahead
        backward[day] = stay @ ahead
    return forward * backward, moves, float(np.log(scale).sum())
