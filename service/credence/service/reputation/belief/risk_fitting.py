"""The prior of risk, its base rate and how soon it is forgotten, fitted together by one-step-ahead log loss.

Before each step, θ given what came before is Gamma(a + O, a + E) with O and E decayed by one half-life, so the number of
margin events of the step is negative binomial. Events are counted here, not weighted: half an event has no likelihood.

What θ = 1 means for a liquidation within 30 days is another number, fitted to whether one came (:func:`fit_hazard`).
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

HAZARDS: Final = (1e-4, 0.99)
"""Between these a hazard of 30 days is fitted; a model's is below 1."""


@dataclass(frozen=True, slots=True)
class RiskPrior:
    """What was fitted. ``shape`` is a of θ ~ Gamma(a, a); ``rate`` is the venue's base rate over the one assumed: what E has
    to be multiplied by for θ to be 1 on average; the half-life is in steps."""

    shape: float
    rate: float
    half_life: float

    def to_json(self) -> dict[str, float]:
        return {name: round(getattr(self, name), 6) for name in self.__slots__}


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
        return float(np.mean(_losses(prior, found, at_risk)[due]))

    level = float(np.log(found.sum() / at_risk.sum()))
    results = [
        optimize.minimize(
            loss, [np.log(shape), level, np.log(span)], method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 200}
        )
        for shape, span in _STARTS
    ]
    best = min(results, key=lambda result: float(result.fun))
    return RiskPrior(*(float(np.exp(value)) for value in best.x))


def step_losses(prior: RiskPrior, events: ArrayLike, exposure: ArrayLike) -> Floats:
    """The log loss (nats) of each step's number of events, from the steps before it; 0 where nothing was at risk."""
    found, at_risk = counted(events=events, exposure=exposure)
    return _losses(prior, found, at_risk)


def any_chances(prior: RiskPrior, events: ArrayLike, exposure: ArrayLike) -> Floats:
    """The probability of an event, one or more, in each step, from the steps before it."""
    found, at_risk = counted(events=events, exposure=exposure)
    seen, expected = _remembered(found, at_risk * prior.rate, prior.half_life)
    none = (prior.shape + seen) * np.log1p(at_risk * prior.rate / (prior.shape + expected))
    chances: Floats = -np.expm1(-none)
    return chances


def month_chances(hazard: float, shape: float, observed: ArrayLike, expected: ArrayLike) -> Floats:
    """The probability of a liquidation within 30 days, 1 − E[exp(−θ·h)] with θ | O, E ~ Gamma(a + O, a + E); a is ``shape``,
    h ``hazard``."""
    events, exposure = counted(observed=observed, expected=expected)
    chances: Floats = -np.expm1(-(shape + events) * np.log1p(hazard / (shape + exposure)))
    return chances


def fit_hazard(shape: float, observed: ArrayLike, expected: ArrayLike, outcomes: ArrayLike) -> float:
    """The h with the least log loss over outcomes (0 or 1: a liquidation within 30 days) of accounts with evidence O, E.

    Between :data:`HAZARDS`. Raises :class:`BeliefRefused` if all outcomes are alike.
    """
    events, exposure, found = counted(observed=observed, expected=expected, outcomes=outcomes)
    if not np.isin(found, (0.0, 1.0)).all() or found.size == 0 or np.ptp(found) == 0:
        raise BeliefRefused("outcomes are 0 or 1, and of both kinds")

    def loss(point: float) -> float:
        none = (shape + events) * np.log1p(np.exp(point) / (shape + exposure))
        return float(np.mean(np.where(found > 0, -np.log(-np.expm1(-none)), none)))

    best = optimize.minimize_scalar(loss, bounds=tuple(np.log(HAZARDS)), method="bounded", options={"xatol": 1e-6})
    return float(np.exp(best.x))


def _losses(prior: RiskPrior, events: Floats, exposure: Floats) -> Floats:
    coming = exposure * prior.rate
    seen, expected = _remembered(events, coming, prior.half_life)
    shape, rate = prior.shape + seen, prior.shape + expected
    ways = special.gammaln(shape + events) - special.gammaln(shape) - special.gammaln(events + 1)
    with np.errstate(divide="ignore"):
        odds = np.where(events > 0, np.log(coming / (rate + coming)), 0.0)
    losses: Floats = shape * np.log1p(coming / rate) - ways - events * odds
    return losses


def _remembered(events: Floats, exposure: Floats, half_life: float) -> tuple[Floats, Floats]:
    """Both sums before each step; what is one step old counts in full."""
    faded = float(np.exp2(-1 / half_life))
    seen, expected = np.zeros_like(events), np.zeros_like(events)
    for step in range(1, events.shape[1]):
        seen[:, step] = seen[:, step - 1] * faded + events[:, step - 1]
        expected[:, step] = expected[:, step - 1] * faded + exposure[:, step - 1]
    return seen, expected
