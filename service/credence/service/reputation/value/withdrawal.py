"""How long capital stays: survival until the withdrawal of everything, with accounts that are still there counted as such.

Kaplan and Meier's estimate by :func:`scipy.stats.ecdf`, with pointwise intervals (log-log).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from credence.service.reputation.belief.arrays import Floats, counted
from credence.service.reputation.value.bgnbd import LEAST, ValueRefused

CONFIDENCE: Final = 0.90


@dataclass(frozen=True)
class Survival:
    """The share that has not withdrawn after each of ``days``, with a 5-95 % interval each.

    NaN where that was not seen: beyond the longest account, and intervals where all or none have withdrawn. ``at_risk``:
    accounts that were seen for so long. ``median``: days until half have withdrawn, None: that was not seen.
    """

    days: Floats
    share: Floats
    low: Floats
    high: Floats
    at_risk: Floats
    median: float | None
    n: int
    withdrawn: int

    def to_json(self) -> dict[str, Any]:
        rows = zip(self.days, self.share, self.low, self.high, self.at_risk, strict=True)
        return {
            "curve": [
                {
                    "days": float(day),
                    "share": _known(share),
                    "low": _known(low),
                    "high": _known(high),
                    "at_risk": int(risk),
                }
                for day, share, low, high, risk in rows
            ],
            "median_days": self.median,
            "n": self.n,
            "withdrawn": self.withdrawn,
        }


def _known(share: float) -> float | None:
    return None if np.isnan(share) else round(float(share), 4)


def survival(days: ArrayLike, withdrew: ArrayLike, at: ArrayLike) -> Survival:
    """The share left after each of ``at`` days, of accounts that were seen for ``days`` (> 0).

    ``withdrew`` is 1 for those that withdrew then, 0 for those that are still there. Raises :class:`ValueRefused` for fewer
    than 20 accounts; ``BeliefRefused``.
    """
    seen, left = counted(days=days, withdrew=withdrew)
    (asked,) = counted(at=at)
    if seen.size < LEAST:
        raise ValueRefused(f"{LEAST} accounts are the fewest that anything is said of")
    if (seen <= 0).any() or not np.isin(left, (0, 1)).all():
        raise ValueRefused("an account is seen for some days, and withdrew or did not")
    found = stats.ecdf(stats.CensoredData.right_censored(seen, left == 0)).sf
    share = np.asarray(found.evaluate(asked), dtype=np.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # where all or none have withdrawn there is no interval: NaN
        between = found.confidence_interval(CONFIDENCE, method="log-log")
        low, high = between.low.evaluate(asked), between.high.evaluate(asked)
    known, unseen = asked >= seen.min(), asked > seen.max()
    low, high = np.where(known & ~unseen, low, np.nan), np.where(known & ~unseen, high, np.nan)
    reached = found.quantiles[found.probabilities <= 0.5]
    return Survival(
        days=asked,
        share=np.where(unseen, np.nan, share),
        low=low,
        high=high,
        at_risk=np.array([(seen >= day).sum() for day in asked], dtype=np.float64),
        median=float(reached[0]) if reached.size else None,
        n=int(seen.size),
        withdrawn=int(left.sum()),
    )
