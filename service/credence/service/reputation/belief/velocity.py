"""Velocity: turnover a day, after wash trades are taken out (Gamma-Poisson). It ranks rebates alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from credence.service.reputation.belief.answers import Belief
from credence.service.reputation.belief.arrays import BeliefRefused, counted
from credence.service.reputation.belief.evidence import Evidence
from credence.service.reputation.belief.frequency import Interval, belief_over_days
from credence.service.reputation.belief.risk import LOWER, UPPER


def turnover_all(turnover: ArrayLike, days: ArrayLike, prior: tuple[float, float]) -> Interval:
    """The turnover λ a day, from remembered turnover (times mean collateral, ≥ 0) in so many days, of one shape.

    ``prior`` is (days, turnover a day) behind λ ~ Gamma. Turnover is no count: a quasi-likelihood, which understates the
    spread of who trades in bursts. Raises :class:`BeliefRefused`.
    """
    turned, exposure = counted(turnover=turnover, days=days)
    if not (np.isfinite(prior).all() and min(prior) > 0):
        raise BeliefRefused("a prior is positive")
    shape, rate = prior[0] * prior[1] + turned, prior[0] + exposure
    low, high = (special.gammaincinv(shape, probability) / rate for probability in (LOWER, UPPER))
    return Interval(shape / rate, low, high)


def turnover_belief(evidence: Evidence, row: int) -> Belief:
    """The turnover of one pseudonym. Raises :class:`BeliefRefused` if there is no such row.

    Reasons, in turnover a day: ``turnover`` against none on these days, ``prior``: what it says instead of the bare rate.
    """
    evidence.check_row(row)
    prior = evidence.model.turnover_prior
    turned, days = float(evidence["turnover"][row]), float(evidence["turnover_days"][row])
    found = turnover_all([turned], [days], prior)
    mean = float(found.mean[0])
    idle = prior[0] * prior[1] / (prior[0] + days)
    effects = {"turnover": mean - idle, "prior": mean - turned / days if days > 0 else mean}
    return belief_over_days(evidence, "turnover", "times collateral a day", found, days, effects)
