"""The prior of risk, its base rate and how soon it is forgotten, fitted together by one-step-ahead log loss.

Before each step, θ given what came before is Gamma(a + O, a + E) with O and E decayed by one half-life, so the number of
margin events of the step is negative binomial. Events are counted here, not weighted: half an event has no likelihood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from credence.service.reputation.belief.arrays import BeliefRefused, Floats, counted
from credence.service.reputation.belief.fitting import LONGEST

_STARTS: Final = ((0.5, 10.0), (0.5, 200.0))
_BOUNDS: Final = ((-4.0, 7.0), (-7.0, 7.0), (np.log(0.05), np.log(LONGEST)))


@dataclass(frozen=True, slots=True)
class RiskPrior:
    """What was fitted. ``shape`` is a of θ ~ Gamma(a, a); ``rate`` is the venue's base rate over the one assumed: what E has
    to be multiplied by for θ to be 1 on average; the half-life is in steps."""

    shape: float
    rate: float
    half_life: float


def fit_risk(events: ArrayLike, exposure: ArrayLike) -> RiskPrior:
    """The prior with the least loss, over accounts × steps in order of time: whole margin events, and E (≥ 0) of each step.

    A step without exposure says nothing, but time passes. The same input gives the same answer. Raises
    :class:`BeliefRefused` for events without exposure, or if there are none at all.
    """
    found, at_risk = counted(events=events, exposure=exposure)
    if found.ndim != 2 or (found != np.floor(found)).any() or (found[at_risk == 0] > 0).any() or not found.any():
        raise BeliefRefused("events are whole numbers over some exposure, accounts × steps, and there are some")
    due = at_risk > 0

    def loss(point: Sequence[float]) -> float:
        prior = RiskPrior(*(float(np.exp(value)) for value in point))
        seen, expected = _remembered(found, at_risk * prior.rate, prior.half_life)
        shape, rate = (prior.shape + seen)[due], (prior.shape + expected)[due]
        coming, later = (at_risk * prior.rate)[due], found[due]
        ways = special.gammaln(shape + later) - special.gammaln(shape) - special.gammaln(later + 1)
        chances = ways - shape * np.log1p(coming / rate) + later * np.log(coming / (rate + coming))
        return float(-np.mean(chances))

    level = float(np.log(found.sum() / at_risk.sum()))
    results = [
        optimize.minimize(
            loss, [np.log(shape), level, np.log(span)], method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 200}
        )
        for shape, span in _STARTS
    ]
    best = min(results, key=lambda result: float(result.fun))
    return RiskPrior(*(float(np.exp(value)) for value in best.x))


def _remembered(events: Floats, exposure: Floats, half_life: float) -> tuple[Floats, Floats]:
    """Both sums before each step; what is one step old counts in full."""
    faded = float(np.exp2(-1 / half_life))
    seen, expected = np.zeros_like(events), np.zeros_like(events)
    for step in range(1, events.shape[1]):
        seen[:, step] = seen[:, step - 1] * faded + events[:, step - 1]
        expected[:, step] = expected[:, step - 1] * faded + exposure[:, step - 1]
    return seen, expected
