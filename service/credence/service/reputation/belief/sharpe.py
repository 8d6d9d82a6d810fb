"""Skill: the Sharpe ratio of daily returns (Normal-Inverse-Gamma). It ranks rebates alone and never lowers margin.

r ~ N(μ, σ²), μ | σ² ~ N(m, σ²/κ), σ² ~ InverseGamma(α, β). The ratio S = μ/σ is m·√τ + Z/√κ with the precision
τ ~ Gamma(α, β) and Z standard normal, so its distribution function is that of a noncentral t read in its noncentrality:
P(S ≤ s) = F(−m·√(κα/β); ν = 2α, δ = −s·√κ).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from credence.service.reputation.belief.answers import Belief
from credence.service.reputation.belief.arrays import BeliefRefused, Floats, counted, measured
from credence.service.reputation.belief.evidence import Evidence
from credence.service.reputation.belief.frequency import Interval, belief_over_days
from credence.service.reputation.belief.risk import LOWER, UPPER

PRIOR_SHAPE = 2.0
"""α of the prior: the least whole number at which the variance has a mean."""


def sharpe_all(n: ArrayLike, total: ArrayLike, squares: ArrayLike, prior: tuple[float, float]) -> Interval:
    """The Sharpe ratio a day, from remembered moments of daily returns: n (≥ 0), Σr and Σr² (≥ (Σr)²/n), of one shape.

    ``prior`` is (κ, v): as good as κ days with mean 0 at a daily volatility of v. The interval is exact up to the accuracy
    of the noncentral t. Raises :class:`BeliefRefused`.
    """
    mean, shape, scale, kappa = _posterior(n, total, squares, prior)
    root = np.exp(special.gammaln(shape + 0.5) - special.gammaln(shape)) / np.sqrt(scale)
    bar = -mean * np.sqrt(kappa * shape / scale)
    bounds = (-special.nctdtrinc(2 * shape, probability, bar) / np.sqrt(kappa) for probability in (LOWER, UPPER))
    return Interval(mean * root, *bounds)


def _posterior(
    n: ArrayLike, total: ArrayLike, squares: ArrayLike, prior: tuple[float, float]
) -> tuple[Floats, Floats, Floats, Floats]:
    days, second = counted(n=n, squares=squares)
    first, _ = measured(total=total, n=n)
    kappa0, volatility = prior
    if not (np.isfinite(prior).all() and min(prior) > 0):
        raise BeliefRefused("a prior is positive")
    spread = second - np.divide(first**2, days, out=np.zeros_like(first), where=days > 0)
    if (spread < -1e-9 * second - 1e-12).any() or ((days == 0) & ((first != 0) | (second != 0))).any():
        raise BeliefRefused("the moments are of no returns")
    kappa = kappa0 + days
    shape = PRIOR_SHAPE + days / 2
    # β grows by half the spread and by what the mean departs from the prior's 0
    departed = np.divide(kappa0 * first**2, days * kappa, out=np.zeros_like(first), where=days > 0)
    scale = PRIOR_SHAPE * volatility**2 + (np.maximum(spread, 0.0) + departed) / 2
    return first / kappa, shape, scale, kappa


def sharpe_belief(evidence: Evidence, row: int) -> Belief:
    """The Sharpe ratio of one pseudonym. Raises :class:`BeliefRefused` if there is no such row.

    Reasons, in the ratio: ``returns`` against a mean of 0, and ``prior``: what it says instead of the bare ratio.
    """
    evidence.check_row(row)
    n, first, second = (float(evidence[name][row]) for name in ("return_n", "return_sum", "return_sumsq"))
    found = sharpe_all([n], [first], [second], evidence.model.sharpe_prior)
    mean = float(found.mean[0])
    variance = second / n - (first / n) ** 2 if n > 0 else 0.0
    bare = first / n / variance**0.5 if variance > 0 else 0.0
    effects = {"returns": mean, "prior": mean - bare}
    return belief_over_days(evidence, "sharpe", "daily Sharpe ratio", found, n, effects)
