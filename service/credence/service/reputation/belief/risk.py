"""Risk, which drives margin: margin events observed against those the market's regime let expect.

O ~ Poisson(θ·E) with θ ~ Gamma(a, a), so θ | O, E ~ Gamma(a + O, a + E). O is weighted by severity and therefore not a
whole number: this is a quasi-likelihood. θ scales the base hazard h of a liquidation within 30 days: p = 1 − exp(−θ·h). The
score is the odds of p_u, the 95 % bound of p: S = clip(600 + 50·log2(((1 − p_u)/p_u)/19), 300, 850).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from credence.service.reputation.belief.answers import Belief, largest
from credence.service.reputation.belief.arrays import Floats, counted
from credence.service.reputation.belief.evidence import Evidence
from credence.service.reputation.belief.model import BeliefModel, shipped_model
from credence.service.reputation.belief.quantiles import gamma_quantile

LOWER: Final = 0.05
UPPER: Final = 0.95
WORST: Final = 300.0
BEST: Final = 850.0

_AT_ODDS: Final = 600.0
_HALVING: Final = 50.0
_ODDS: Final = 19.0
_STEEPEST: Final = 700.0
"""A θ·h beyond which expm1 overflows; the score is at its worst long before."""


@dataclass(frozen=True)
class Scores:
    """What is believed of many pseudonyms: arrays of one shape. θ is 1 for an account as risky as the market's base rate.

    ``mean``, ``low``, ``high``: θ, its posterior mean and 5-95 % interval. ``hazard_upper``: p_u (0-1). ``score``: 300-850,
    NaN where evidence is not ``sufficient``.
    """

    mean: Floats
    low: Floats
    high: Floats
    hazard_upper: Floats
    score: Floats
    sufficient: NDArray[np.bool_]


def expected_of(evidence: Evidence) -> Floats:
    """E of each pseudonym: remembered exposure, and never more than ``most_evidence`` times that of the last months.

    Exposure is remembered longer than calls are. Without the bound an account could wait until its calls are forgotten and
    be as good as its exposure is long; with it, who is idle goes back to the prior (decision 0034).
    """
    expected: Floats = np.minimum(evidence["expected"], evidence.model.most_evidence * evidence["expected_recent"])
    return expected


def observed_of(evidence: Evidence) -> Floats:
    """O of each pseudonym: remembered events, set against the exposure of the shortest memory among them.

    Calls are forgotten sooner than exposure. Were they compared as they are, forgetting would make everybody look better
    than the prior. So the mean of θ is a/(a + E) + (calls + liquidations + bad debts)/(a + E_recent), with E_recent the
    exposure as calls are remembered, and O is the number of events that gives this mean at E (:func:`expected_of`):
    O = Σ·(a + E)/(a + E_recent). While all evidence is recent it is the plain sum.
    """
    a, expected = evidence.model.risk_prior, expected_of(evidence)
    total = evidence["calls"] + evidence["liquidations"] + evidence["bad_debts"]
    return total * (a + expected) / (a + np.minimum(evidence["expected_recent"], expected))


def score_all(observed: ArrayLike, expected: ArrayLike, *, model: BeliefModel | None = None) -> Scores:
    """The beliefs of O (weighted events, ≥ 0) and E (the same unit, ≥ 0), of one shape. Raises :class:`BeliefRefused`."""
    model = model or shipped_model()
    events, exposure = counted(observed=observed, expected=expected)
    shape, rate = model.risk_prior + events, model.risk_prior + exposure
    high = gamma_quantile(shape, UPPER) / rate
    sufficient = exposure >= model.sufficient
    return Scores(
        mean=shape / rate,
        low=gamma_quantile(shape, LOWER) / rate,
        high=high,
        hazard_upper=-np.expm1(-model.hazard * high),
        score=np.where(sufficient, np.clip(_points(model.hazard * high), WORST, BEST), np.nan),
        sufficient=sufficient,
    )


def risk_belief(evidence: Evidence, row: int) -> Belief:
    """The whole answer about one pseudonym, reasons in points of the score. Raises :class:`BeliefRefused` for no such row.

    Reasons: what ``near-misses-and-calls``, ``liquidations`` and ``bad-debts`` cost, what ``exposure`` (having been at risk
    for so long) brings, and what ``uncertainty`` costs: the bound less the mean.
    """
    evidence.check_row(row)
    model = evidence.model
    one = Evidence(evidence.as_of, {name: value[row : row + 1] for name, value in evidence.columns.items()}, model)
    found = score_all(observed_of(one), expected_of(one), model=model)
    points = _bound(one)
    nothing = np.zeros(1)
    effects = {
        "near-misses-and-calls": points - _bound(_with(one, calls=nothing)),
        "liquidations": points - _bound(_with(one, liquidations=nothing)),
        "bad-debts": points - _bound(_with(one, bad_debts=nothing)),
        "exposure": points - _bound(_with(one, expected=nothing, expected_recent=nothing)),
        "uncertainty": points - float(_points(model.hazard * found.mean)[0]),
    }
    return Belief(
        kind="risk",
        unit="times the base rate",
        mean=float(found.mean[0]),
        low=float(found.low[0]),
        high=float(found.high[0]),
        evidence=float(expected_of(one)[0]),
        effective_n=float(one["days"][0]),
        as_of=evidence.as_of,
        model=model.version,
        reasons=largest(effects),
        score=float(found.score[0]) if found.sufficient[0] else None,
        hazard_upper=float(found.hazard_upper[0]),
    )


def _with(evidence: Evidence, **columns: Floats) -> Evidence:
    return Evidence(evidence.as_of, {**evidence.columns, **columns}, evidence.model)


def _bound(evidence: Evidence) -> float:
    """The score before it is clipped, whatever the evidence."""
    model = evidence.model
    shape = model.risk_prior + observed_of(evidence)
    high = gamma_quantile(shape, UPPER) / (model.risk_prior + expected_of(evidence))
    return float(_points(model.hazard * high)[0])


def _points(hazard: Floats) -> Floats:
    """The score of a cumulative hazard θ·h: (1 − p)/p is 1/(exp(θ·h) − 1), exact where p nears 1."""
    return _AT_ODDS - _HALVING * np.log2(_ODDS * np.expm1(np.minimum(hazard, _STEEPEST)))
