"""Monthly delinquency of card accounts (UCI "Default of credit card clients"): accounts that no model saw.

An event is a month with PAY_k ≥ 1. From the months PAY_6 … PAY_2 the last one, PAY_0, is predicted. What became known in
the predicted month (BILL_AMT1, PAY_AMT1, the later default) is used by no model, and neither is what a person is (sex,
education, marriage, age): that serves to see whether the probabilities are right for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LogisticRegression

from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.belief.fitting import Histories, SharePrior, fit_marginal, fit_share, predict
from credence.service.reputation.belief.frequency import share_all
from credence.service.reputation.challenger import fit_challenger
from credence.service.reputation.evaluation.fairness import FairnessReport, Labels, bands, judge_fairness
from credence.service.reputation.evaluation.measures import CLIP, Measures, losses, measure
from credence.service.reputation.evaluation.tables import Table, TableRefused, read_table
from credence.service.reputation.promotion import Promotion, Trial

PAST: Final = ("PAY_6", "PAY_5", "PAY_4", "PAY_3", "PAY_2")
TARGET: Final = "PAY_0"
BILLS: Final = tuple(f"BILL_AMT{month}" for month in range(2, 7))
PAID: Final = tuple(f"PAY_AMT{month}" for month in range(2, 7))
GROUPS: Final[Mapping[str, tuple[float, ...]]] = {"SEX": (1.5,), "EDUCATION": (1.5, 2.5), "AGE": (30.0, 40.0, 50.0)}
"""Attributes of fairness and where their bands begin: two, three and four bands."""

TARGET_MONTH: Final = 5
"""Months since PAY_6. Fitted and judged on the same month of different accounts: not out of time."""


@dataclass(frozen=True)
class Accounts:
    """One file: events by month (accounts × 6), features of the challenger, and the groups of fairness it tells."""

    events: Floats
    features: Floats
    groups: Mapping[str, Labels]

    @property
    def outcomes(self) -> Floats:
        return self.events[:, -1]

    @property
    def counts(self) -> Floats:
        """Months with an event before the last."""
        return np.asarray(self.events[:, :-1].sum(axis=1))

    @property
    def histories(self) -> Histories:
        time = np.broadcast_to(np.arange(self.events.shape[1], dtype=np.float64), self.events.shape)
        return Histories(time, self.events, np.ones(self.events.shape, dtype=np.bool_))


@dataclass(frozen=True)
class UciReport:
    """What came of it: measures by model on the second file, what was fitted on the first, and whether the challenger may
    take the place of ``predictive_prior``."""

    models: Mapping[str, Measures]
    accounts: Mapping[str, int]
    prior: SharePrior
    fairness: Mapping[str, FairnessReport]
    promotion: Promotion

    def to_json(self) -> dict[str, Any]:
        return {
            "models": {name: found.to_json() for name, found in self.models.items()},
            "accounts": dict(self.accounts),
            "event": "PAY_0 >= 1, from PAY_6 ... PAY_2",
            "prior": self.prior.to_json(),
            "fairness": {name: report.to_json() for name, report in self.fairness.items()},
            "promotion": self.promotion.to_json(),
        }


def read_accounts(path: Path) -> Accounts:
    """The accounts of a file with the columns of the published set. Raises :class:`TableRefused`."""
    table = read_table(path, (*PAST, TARGET, "LIMIT_BAL", *BILLS, *PAID), tuple(GROUPS))
    status = {name: table.numbers(name) for name in (*PAST, TARGET)}
    limit = table.numbers("LIMIT_BAL")
    if (limit <= 0).any():
        raise TableRefused("LIMIT_BAL is positive")
    events = np.stack([status[name] >= 1 for name in (*PAST, TARGET)], axis=1).astype(np.float64)
    groups = {name: bands(table.numbers(name), edges) for name, edges in GROUPS.items() if name in table}
    return Accounts(events, _features(table, status, limit), groups)


def evaluate_uci(train: Path, test: Path) -> UciReport:
    """Fits every model on one file and measures it on the other. Raises :class:`TableRefused`, ``BeliefRefused``."""
    known, unseen = read_accounts(train), read_accounts(test)
    due = np.zeros(known.events.shape, dtype=np.bool_)
    due[:, -1] = True
    prior = fit_share(known.histories, due, lasts=True)
    months = np.full(len(known.counts), float(len(PAST)))
    textbook = fit_marginal(known.counts, months)
    trials = np.full(len(unseen.counts), float(len(PAST)))
    logistic = LogisticRegression(C=np.inf, max_iter=1_000).fit(known.events[:, :-1], known.outcomes)
    challenger = fit_challenger(known.features, known.outcomes, DIRECTIONS)
    chances: dict[str, Floats] = {
        "base": np.full(len(trials), known.outcomes.mean()),
        "raw": np.clip(unseen.counts / trials, CLIP, 1 - CLIP),
        "marginal_prior": share_all(unseen.counts, trials, textbook).mean,
        "predictive_prior": predict(prior, unseen.histories)[:, -1],
        "logistic": logistic.predict_proba(unseen.events[:, :-1])[:, 1],
        "challenger": challenger.predict(unseen.features),
    }
    reports = {
        name: judge_fairness(unseen.outcomes, chances[name], unseen.groups) for name in ("predictive_prior", "challenger")
    }
    gains = losses(unseen.outcomes, chances["predictive_prior"]) - losses(unseen.outcomes, chances["challenger"])
    trial = Trial.of(gains, fitted_until=TARGET_MONTH, judged_from=TARGET_MONTH)
    return UciReport(
        models={name: measure(unseen.outcomes, found) for name, found in chances.items()},
        accounts={"train": len(known.outcomes), "test": len(unseen.outcomes)},
        prior=prior,
        fairness=reports,
        promotion=Promotion(trial, reports["challenger"]),
    )


def _features(table: Table, status: Mapping[str, Floats], limit: Floats) -> Floats:
    """Months late (more is worse), the codes for "not late" (no order), limit, bills, payments, and payments in relation to
    the bill before; how late all months were together (more is worse), and how bills grew with what was paid taken out.
    :data:`DIRECTIONS` has the same order."""
    bills, paid = [table.numbers(name) for name in BILLS], [table.numbers(name) for name in PAID]
    shares = [np.where(due > 0, now / np.maximum(due, 1.0), -1.0) for now, due in zip(paid, bills[1:], strict=False)]
    used = [bill / limit for bill in bills]
    late = [np.maximum(status[name], 0.0) for name in PAST]
    codes = [np.minimum(status[name], 0.0) for name in PAST]
    months, amounts = np.stack(late), np.stack(paid)
    lateness = [months.sum(axis=0), months.max(axis=0), *((months >= least).sum(axis=0) for least in (1, 2))]
    spent = [(bill - before + now) / limit for bill, before, now in zip(bills, bills[1:], paid, strict=False)]
    whole = [amounts.sum(axis=0) / limit, (amounts == 0).sum(axis=0), np.max(used, axis=0), used[0] - used[-1]]
    parts = [limit, *late, *lateness, *codes, *bills, *paid, *shares, *used, *spent, *whole, bills[0] - paid[0]]
    return np.stack(parts, axis=1).astype(np.float64)


_LATENESS: Final = 4
_UNORDERED: Final = 4 * len(BILLS) + 2 * (len(BILLS) - 1) + 5
DIRECTIONS: Final = (-1, *[1] * (len(PAST) + _LATENESS), *[0] * _UNORDERED)
"""A higher limit is not worse, a month later is not better; for the rest nobody knows."""
