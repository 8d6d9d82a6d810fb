"""Lifetime value: what the accounts of a venue will still pay it in net fees, discounted, with an interval.

Expected transactions in each period, times what a transaction pays. The interval is of both at once: the parameters as
the data leave them open, and the mean payment by resampling accounts. It supposes that what an account pays for a
transaction does not hang on how often it comes; the rank correlation of the two is told beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from credence.service.reputation.belief.arrays import Floats, measured
from credence.service.reputation.evaluation.measures import rank_correlation
from credence.service.reputation.value.bgnbd import HIGH, LOW, Fit, Purchases, ValueRefused, expected_transactions

LIMIT: Final = "supposes that payments do not hang on frequency, and that the future is as the past was"

_PERIODS: Final = 12
"""Equal parts of the horizon, each discounted from its middle."""


@dataclass(frozen=True)
class LifetimeValue:
    """Per account, in the unit of the payments: the mean over all accounts and its 5-95 % interval.

    ``n`` accounts, of which ``paying`` came again. ``independence``: rank correlation of frequency and payment, if it is
    defined.
    """

    mean: float
    low: float
    high: float
    horizon: float
    discount: float
    n: int
    paying: int
    independence: float | None
    limit: str = LIMIT

    def to_json(self) -> dict[str, Any]:
        numbers = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in numbers.items()}


def lifetime_value(
    fit: Fit,
    data: Purchases,
    payments: ArrayLike,
    *,
    horizon: float,
    discount: float,
    seed: int,
    draws: int = 200,
) -> LifetimeValue:
    """The value of all accounts. ``payments``: the mean net fee of an account's repeated transactions, of either sign.

    It counts only where the frequency is above 0. ``discount``: per unit of time, ≥ 0 (0.0015 a week is 8 % a year).
    Raises :class:`ValueRefused`.
    """
    (paid,) = measured(payments=payments)
    if paid.shape != data.frequency.shape:
        raise ValueRefused("there is one payment for each account")
    if not (np.isfinite(discount) and 0 <= discount < 1 and np.isfinite(horizon) and horizon > 0):
        raise ValueRefused("a horizon is positive and a discount lies in 0-1")
    came = data.frequency > 0
    weight, amount = data.frequency[came], paid[came]
    rng = np.random.default_rng([seed, 1])
    picked = rng.integers(weight.size, size=(draws, weight.size))
    means = (weight[picked] * amount[picked]).sum(axis=1) / weight[picked].sum(axis=1)
    many = np.array([_discounted(point, data, horizon, discount) for point in fit.draws(draws, seed)]) * means
    low, high = np.quantile(many, [LOW, HIGH]).tolist()
    best = _discounted(fit.point, data, horizon, discount) * float((weight * amount).sum() / weight.sum())
    return LifetimeValue(best, low, high, horizon, discount, len(data), int(came.sum()), rank_correlation(weight, amount))


def _discounted(point: Floats, data: Purchases, horizon: float, discount: float) -> float:
    """Expected transactions per account, each period's discounted from its middle."""
    told, times = np.unique(np.stack([data.frequency, data.recency, data.age], axis=1), axis=0, return_counts=True)
    few, ends = Purchases(*told.T), np.linspace(0, horizon, _PERIODS + 1)
    upto = [0.0, *(float(expected_transactions(point, few, end) @ times) / len(data) for end in ends[1:])]
    factors = (1 + discount) ** -((ends[1:] + ends[:-1]) / 2)
    return float(np.diff(upto) @ factors)
