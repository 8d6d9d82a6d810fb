"""Prior and forgetting, fitted together by one-step-ahead log loss.

Before each step of a history a probability is due, from what came before: p = (s·m + Σ w·hit)/(s + Σ w), with m and s the
prior's mean and strength. The unit of time is a step (a month, a day), and an observation of a certain age has the weight
w = 2^(−(age − 1)/short) + lasting·2^(−(age − 1)/long): what was lately, and what an account is like. The textbook prior,
fitted to how shares are spread over accounts, answers another question and is wrong about the next step; it is here to be
compared (:func:`fit_marginal`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from credence.service.reputation.belief.arrays import BeliefRefused, Floats, counted, measured

LONGEST: Final = 1e4
"""A half-life in steps that stands for never forgetting."""

_TINY: Final = 1e-9
_STRENGTHS: Final = (np.log(1e-3), np.log(1e4))
_SHARES: Final = (np.log(1e-4), 0.0)


@dataclass(frozen=True)
class Histories:
    """Accounts × steps, each account's steps in order of time.

    ``time``: when, in steps (months, days), not falling. ``hit``: 0 or 1.
    ``present`` marks the steps that exist; what stands elsewhere is not looked at. Raises :class:`BeliefRefused`.
    """

    time: Floats
    hit: Floats
    present: NDArray[np.bool_]

    def __post_init__(self) -> None:
        time, hit = measured(time=self.time, hit=self.hit)
        present = np.asarray(self.present)
        if time.ndim != 2 or present.shape != time.shape or present.dtype != np.bool_:
            raise BeliefRefused("histories are accounts × steps")
        if not np.isin(hit[present], (0.0, 1.0)).all():
            raise BeliefRefused("a hit is 0 or 1")
        latest = np.maximum.accumulate(np.where(present, time, -np.inf), axis=1)
        if (present[:, 1:] & (time[:, 1:] < latest[:, :-1])).any():
            raise BeliefRefused("the steps of an account are not in order")


@dataclass(frozen=True, slots=True)
class SharePrior:
    """A fitted prior and how observations are forgotten. Half-lives in steps.

    ``mean`` in (0, 1), ``strength`` in observations one step old. ``lasting`` (0-1) is the weight of the long memory
    beside the short.
    """

    mean: float
    strength: float
    short: float
    long: float
    lasting: float

    def to_json(self) -> dict[str, float]:
        return {name: round(float(getattr(self, name)), 6) for name in self.__slots__}


def predict(prior: SharePrior, histories: Histories) -> Floats:
    """The probability of a hit before each step, from the steps before it alone; accounts × steps."""
    hits, trials = _remembered(histories, ((prior.short, 1.0), (prior.long, prior.lasting)))
    found: Floats = (prior.strength * prior.mean + hits) / (prior.strength + trials)
    return found


def remembered_share(histories: Histories, otherwise: float) -> Floats:
    """The bare share of hits before each step, nothing forgotten; ``otherwise`` where there was no step."""
    hits, trials = _remembered(histories, ((np.inf, 1.0),))
    return np.divide(hits, trials, out=np.full_like(hits, otherwise), where=trials > 0)


def fit_share(
    histories: Histories, due: NDArray[np.bool_], *, forgets: bool = True, lasts: bool = False, least: float = 0.05
) -> SharePrior:
    """Prior and memory with the least log loss over the steps that are ``due``; the same input gives the same answer.

    ``forgets``: whether there is a short memory to be fitted (else nothing is forgotten); ``lasts``: whether a long one
    stands beside it. ``least`` is the shortest half-life. Raises :class:`BeliefRefused` if no step is due, or all are alike.
    """
    due = due & histories.present
    if not due.any() or np.ptp(histories.hit[due]) == 0:
        raise BeliefRefused("there is nothing to fit: every outcome is the same")
    histories, due, often = _alike(histories, due)
    outcomes, weights = histories.hit[due], np.broadcast_to(often[:, np.newaxis], due.shape)[due]

    def prior_of(point: Sequence[float]) -> SharePrior:
        mean, strength = float(special.expit(point[0])), float(np.exp(point[1]))
        short = float(np.exp(point[2])) if forgets else LONGEST
        lasting = float(np.exp(point[3])) if lasts else 0.0
        return SharePrior(mean, strength, short, LONGEST, lasting)

    def loss(point: Sequence[float]) -> float:
        chances = np.clip(predict(prior_of(point), histories)[due], _TINY, 1 - _TINY)
        each = outcomes * np.log(chances) + (1 - outcomes) * np.log1p(-chances)
        return float(-np.average(each, weights=weights))

    bounds = [(-12.0, 12.0), _STRENGTHS, (np.log(least), np.log(LONGEST)), _SHARES]
    size = 4 if lasts else 3 if forgets else 2
    share = float(special.logit(np.average(outcomes, weights=weights)))
    starts = [[share, 0.0, np.log(span), -3.0][:size] for span in ((0.5, 20.0) if forgets else (1.0,))]
    found = [_least(loss, start, bounds[:size]) for start in starts]
    return prior_of(min(found, key=lambda result: float(result.fun)).x)


def fit_marginal(hits: ArrayLike, trials: ArrayLike) -> tuple[float, float]:
    """The textbook's empirical-Bayes prior (hits, misses): the likeliest for how many of an account's trials were hits.

    Raises :class:`BeliefRefused`.
    """
    found, all_ = counted(hits=hits, trials=trials)
    if found.size == 0 or (found > all_).any() or not 0 < found.sum() < all_.sum():
        raise BeliefRefused("there is nothing to fit: every outcome is the same")

    def loss(point: Sequence[float]) -> float:
        alpha, beta = np.exp(point[0]), np.exp(point[1])
        return float(-np.mean(special.betaln(alpha + found, beta + all_ - found) - special.betaln(alpha, beta)))

    best = _least(loss, [0.0, 0.0], [(-8.0, 8.0), (-8.0, 8.0)])
    return float(np.exp(best.x[0])), float(np.exp(best.x[1]))


def _alike(histories: Histories, due: NDArray[np.bool_]) -> tuple[Histories, NDArray[np.bool_], Floats]:
    """The same histories, each once, and how often it is there: what is the same need not be computed twice."""
    steps = due.shape[1]
    time = np.where(histories.present, histories.time, 0.0)
    hit = np.where(histories.present, histories.hit, 0.0)
    rows, often = np.unique(np.hstack((time, hit, histories.present, due)), axis=0, return_counts=True)
    time, hit, present, wanted = (rows[:, part * steps : (part + 1) * steps] for part in range(4))
    return Histories(time, hit, present == 1.0), wanted == 1.0, often.astype(np.float64)


def _least(loss: Any, start: Sequence[float], bounds: Sequence[tuple[float, float]]) -> Any:
    return optimize.minimize(loss, start, method="L-BFGS-B", bounds=bounds, options={"maxiter": 200})


def _remembered(histories: Histories, memories: Sequence[tuple[float, float]]) -> tuple[Floats, Floats]:
    """Hits and trials before each step, forgotten by each half-life and added with its weight."""
    accounts, steps = histories.time.shape
    hits, trials = np.zeros((accounts, steps)), np.zeros((accounts, steps))
    found = np.where(histories.present, histories.hit, 0.0)
    elapsed = _elapsed(histories)
    for half_life, weight in memories:
        if weight == 0.0:
            continue
        faded, fresh = np.exp2(-elapsed / half_life), np.exp2(1 / half_life)
        kept_hits, kept = np.zeros(accounts), np.zeros(accounts)
        for step in range(steps):
            kept_hits, kept = kept_hits * faded[:, step], kept * faded[:, step]
            hits[:, step] += weight * kept_hits
            trials[:, step] += weight * kept
            kept_hits, kept = kept_hits + fresh * found[:, step], kept + fresh * histories.present[:, step]
    return hits, trials


def _elapsed(histories: Histories) -> Floats:
    """Since the step before that is present; 0 where there is none."""
    latest = np.maximum.accumulate(np.where(histories.present, histories.time, -np.inf), axis=1)
    before = np.hstack((np.full((len(latest), 1), -np.inf), latest[:, :-1]))
    return np.where(
        histories.present & np.isfinite(before), histories.time - np.where(np.isfinite(before), before, 0.0), 0.0
    )
