"""How often: the share of days with an event, as a calibrated probability (Beta-Binomial)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from credence.service.reputation.belief.answers import Belief, largest
from credence.service.reputation.belief.arrays import BeliefRefused, Floats, counted, limited
from credence.service.reputation.belief.evidence import Evidence
from credence.service.reputation.belief.risk import LOWER, UPPER


@dataclass(frozen=True)
class Interval:
    """A posterior: mean and 5-95 % interval, arrays of one shape."""

    mean: Floats
    low: Floats
    high: Floats


def belief_over_days(
    evidence: Evidence, kind: str, unit: str, found: Interval, days: float, effects: Mapping[str, float]
) -> Belief:
    """The belief about one pseudonym, whose posterior is the first of ``found``, that rests on so many days alone."""
    return Belief(
        kind=kind,
        unit=unit,
        mean=float(found.mean[0]),
        low=float(found.low[0]),
        high=float(found.high[0]),
        evidence=days,
        effective_n=days,
        as_of=evidence.as_of,
        model=evidence.model.version,
        reasons=largest(effects),
    )


def share_all(hits: ArrayLike, trials: ArrayLike, prior: tuple[float, float]) -> Interval:
    """The probability of a hit, p ~ Beta(prior), after remembered ``hits`` of ``trials`` (≥ 0, one shape, hits ≤ trials).

    ``prior`` is (hits, misses), both > 0. Raises :class:`BeliefRefused`.
    """
    found, all_ = counted(hits=hits, trials=trials)
    limited(found, all_, "hits of trials")
    if not (np.isfinite(prior).all() and min(prior) > 0):
        raise BeliefRefused("a prior is positive")
    alpha = prior[0] + found
    beta = prior[1] + np.maximum(all_ - found, 0.0)
    return Interval(
        mean=alpha / (alpha + beta),
        low=special.betaincinv(alpha, beta, LOWER),
        high=special.betaincinv(alpha, beta, UPPER),
    )


def event_day_belief(evidence: Evidence, row: int) -> Belief:
    """How often a day of this pseudonym has a margin event. Raises :class:`BeliefRefused` if there is no such row.

    Reasons, in probability: ``event-days``, ``clean-days``, and ``prior``: what it says instead of the bare share.
    """
    evidence.check_row(row)
    prior = evidence.model.event_day_prior
    hits, days = float(evidence["event_days"][row]), float(evidence["days"][row])
    found = share_all([hits], [days], prior)
    mean = float(found.mean[0])
    effects = {
        "event-days": mean - prior[0] / (sum(prior) + days - hits),
        "clean-days": mean - (prior[0] + hits) / (sum(prior) + hits),
        "prior": mean - hits / days if days > 0 else mean,
    }
    return belief_over_days(evidence, "event-days", "probability a day", found, days, effects)
