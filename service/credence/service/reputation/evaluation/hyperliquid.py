"""Winning days of perpetual-futures accounts (daily_pnl > 0): days that no model saw.

Prior and memory are fitted on the days before the split date. From then on every model predicts each account's next day
from all its days before, which is what a venue would have known in the morning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from credence.circuits.days import write_day
from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.belief.fitting import Histories, SharePrior, fit_share, predict, remembered_share
from credence.service.reputation.evaluation.measures import Measures, measure, rank_correlation
from credence.service.reputation.evaluation.tables import TableRefused, read_table

LEAST_DAYS: Final = 10
"""Days on either side that an account needs for its Sharpe ratios to be compared."""


@dataclass(frozen=True)
class AccountDays:
    """One file, accounts × steps in order of time, with the profit of each day where ``present``."""

    histories: Histories
    profit: Floats


@dataclass(frozen=True)
class HyperliquidReport:
    """What came of it. ``best`` has the least log loss. ``sharpe``: rank correlation of past and future Sharpe ratios, None
    where fewer than three of the ``ranked`` accounts have enough days on both sides."""

    models: Mapping[str, Measures]
    split: int
    days: Mapping[str, int]
    accounts: int
    priors: Mapping[str, SharePrior]
    sharpe: float | None
    ranked: int

    @property
    def best(self) -> str:
        return min(self.models, key=lambda name: self.models[name].log_loss)

    def to_json(self) -> dict[str, Any]:
        return {
            "models": {name: found.to_json() for name, found in self.models.items()},
            "best": self.best,
            "split_date": write_day(self.split),
            "event": "daily_pnl > 0, from the account's days before",
            "days": dict(self.days),
            "accounts": self.accounts,
            "fitted": {name: prior.to_json() for name, prior in self.priors.items()},
            "sharpe": {
                "spearman": None if self.sharpe is None else round(self.sharpe, 4),
                "accounts": self.ranked,
                "least_days": LEAST_DAYS,
            },
        }


def read_account_days(path: Path) -> AccountDays:
    """The account-days of a file with ``date``, ``account``, ``daily_pnl``; what one account has on one day is added up.

    Raises :class:`TableRefused`.
    """
    table = read_table(path, ("date", "account", "daily_pnl"))
    days, profits = table.days("date"), table.numbers("daily_pnl")
    known: dict[tuple[str, int], float] = {}
    for account, day, profit in zip(table.words("account"), days.tolist(), profits.tolist(), strict=True):
        known[account, day] = known.get((account, day), 0.0) + profit
    owners = sorted({account for account, _ in known})
    rows = [sorted((day, profit) for (account, day), profit in known.items() if account == owner) for owner in owners]
    steps = max(map(len, rows))
    present = np.zeros((len(rows), steps), dtype=np.bool_)
    time, profit_of = np.zeros(present.shape), np.zeros(present.shape)
    for number, row in enumerate(rows):
        present[number, : len(row)] = True
        time[number, : len(row)] = [day for day, _ in row]
        profit_of[number, : len(row)] = [profit for _, profit in row]
    return AccountDays(Histories(time, (profit_of > 0).astype(np.float64), present), profit_of)


def evaluate_hyperliquid(data: Path, split: int) -> HyperliquidReport:
    """Fits on the days before ``split`` (days since 1970-01-01) and measures on the days from it on.

    Raises :class:`TableRefused`, ``BeliefRefused``.
    """
    found = read_account_days(data)
    histories, present = found.histories, found.histories.present
    past, future = present & (histories.time < split), present & (histories.time >= split)
    if not past.any() or not future.any():
        raise TableRefused("there are no days on one side of the split date")
    before = Histories(histories.time, histories.hit, past)
    base = float(histories.hit[past].mean())
    priors = {
        "no_forgetting": fit_share(before, past, forgets=False),
        "forgetting": fit_share(before, past, least=1.0),
    }
    chances = {
        "base": np.full(present.shape, base),
        "raw": remembered_share(histories, base),
        **{name: predict(prior, histories) for name, prior in priors.items()},
    }
    sharpe, ranked = _sharpe(found, past, future)
    return HyperliquidReport(
        models={name: measure(histories.hit[future], chance[future]) for name, chance in chances.items()},
        split=split,
        days={"train": int(past.sum()), "test": int(future.sum())},
        accounts=len(present),
        priors=priors,
        sharpe=sharpe,
        ranked=ranked,
    )


def _sharpe(found: AccountDays, past: np.ndarray[Any, Any], future: np.ndarray[Any, Any]) -> tuple[float | None, int]:
    """Rank correlation of the Sharpe ratios before and after, in profit a day (no equity is known), and of how many."""
    pairs = []
    for account in range(len(past)):
        before, after = found.profit[account][past[account]], found.profit[account][future[account]]
        if min(len(before), len(after)) >= LEAST_DAYS and min(np.ptp(before), np.ptp(after)) > 0:
            pairs.append((before.mean() / before.std(), after.mean() / after.std()))
    left, right = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return rank_correlation(left, right), len(pairs)
