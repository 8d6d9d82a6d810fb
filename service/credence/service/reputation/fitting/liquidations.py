"""What θ = 1 means for a liquidation within 30 days, fitted to windows of a venue's past and tried on later ones.

Windows of 30 days stand one after the other, none over another; an account is in one that had evidence before it and was
exposed in it, and the outcome is whether a liquidation or a bad debt came. E and O are those that its score is made of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.belief.evidence import daily_evidence
from credence.service.reputation.belief.model import BeliefModel
from credence.service.reputation.belief.risk import expected_of, observed_of
from credence.service.reputation.belief.risk_fitting import fit_hazard, month_chances
from credence.service.reputation.evaluation.fairness import FairnessReport, bands, judge_fairness
from credence.service.reputation.evaluation.measures import losses
from credence.service.reputation.fitting.histories import KINDS, SIZES, TENURES, VenueHistory
from credence.service.reputation.promotion import Trial

SPAN: Final = 30
WINDOWS: Final = 12
"""The most windows of the past that are fitted to, the newest."""

LEAST_LIQUIDATED: Final = 20
"""Accounts: of fewer that were liquidated, or that were not, the hazard stays what it was."""


@dataclass(frozen=True)
class Windows:
    """Account-windows: O and E before each, whether a liquidation came in it, whose it is, the place of its first day, and
    whether E was enough for a score."""

    observed: Floats
    expected: Floats
    outcomes: Floats
    account: NDArray[np.int64]
    day: NDArray[np.int64]
    sufficient: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A hazard, and the mean log loss (nats) of the windows that it was fitted to."""

    hazard: float
    loss: float


@dataclass(frozen=True)
class Liquidations:
    """Two hazards held against the windows from the split on: mean log loss, what was said and what was seen (shares), the
    trial of each account's gain, None for fewer than two accounts, and groups in which the fitted are wrong."""

    hazards: tuple[float, float]
    losses: tuple[float, float]
    said: tuple[float, float]
    seen: float
    windows: int
    trial: Trial | None
    fairness: FairnessReport

    def to_json(self) -> dict[str, Any]:
        pairs = {"hazard": self.hazards, "log_loss": self.losses, "said": self.said}
        told = {
            name: dict(zip(("before", "fitted"), (round(each, 6) for each in pair), strict=True))
            for name, pair in pairs.items()
        }
        trial = None if self.trial is None else self.trial.to_json()
        seen = {"seen": round(self.seen, 6), "account_windows": self.windows}
        return {**told, **seen, "trial": trial, "fairness": self.fairness.to_json()}


def fit_liquidations(found: VenueHistory, models: Sequence[BeliefModel], before: BeliefModel, place: int) -> list[Fitted]:
    """The hazard under each of ``models``, by the windows that end before ``place``; none where too few accounts tell.

    All are fitted to the same windows, so that their losses can be compared. ``before`` is the model of the history's E.
    """
    if not found.kinds:
        return []
    anchors = range(place - SPAN, max(0, place - SPAN * (WINDOWS + 1)), -SPAN)
    past = [_windows(found, model, model.event_rate / before.event_rate, anchors) for model in models]
    known = np.all([each.sufficient for each in past], axis=0)
    outcomes, account = past[0].outcomes[known], past[0].account[known]
    if min(len(np.unique(account[outcomes == side])) for side in (0.0, 1.0)) < LEAST_LIQUIDATED:
        return []
    fits = []
    for model, each in zip(models, past, strict=True):
        evidence = model.risk_prior, each.observed[known], each.expected[known]
        hazard = fit_hazard(*evidence, outcomes)
        fits.append(Fitted(hazard, float(losses(outcomes, month_chances(hazard, *evidence)).mean())))
    return fits


def judge_liquidations(found: VenueHistory, before: BeliefModel, fitted: BeliefModel, place: int) -> Liquidations | None:
    """Both models on the whole windows from ``place`` on; None where there is none, or nobody in it."""
    if not found.kinds:
        return None
    anchors = range(place, found.exposure.shape[1] - SPAN + 1, SPAN)
    both = [_windows(found, model, model.event_rate / before.event_rate, anchors) for model in (before, fitted)]
    known = both[0].sufficient & both[1].sufficient
    if not known.any():
        return None
    outcomes, account = both[0].outcomes[known], both[0].account[known]
    chances = [
        month_chances(model.hazard, model.risk_prior, each.observed[known], each.expected[known])
        for model, each in zip((before, fitted), both, strict=True)
    ]
    old, new = (losses(outcomes, each) for each in chances)
    people, who, often = np.unique(account, return_inverse=True, return_counts=True)
    gains = np.bincount(who, weights=old - new) / often
    split = found.first_day + place
    since = (both[0].day[known] - found.began[account]).astype(np.float64)
    groups = {"tenure": bands(since, TENURES), "size": bands(found.size[account], SIZES)}
    return Liquidations(
        hazards=(before.hazard, fitted.hazard),
        losses=(float(old.mean()), float(new.mean())),
        said=(float(chances[0].mean()), float(chances[1].mean())),
        seen=float(outcomes.mean()),
        windows=len(outcomes),
        trial=Trial.of(gains, fitted_until=split - 1, judged_from=split) if len(people) > 1 else None,
        fairness=judge_fairness(outcomes, chances[1], groups, account),
    )


def _windows(found: VenueHistory, model: BeliefModel, times: float, anchors: Iterable[int]) -> Windows:
    """Those from each anchor on that has a day before it, one after the other."""
    parts = [_window(found, model, times, anchor) for anchor in anchors if anchor > 0]
    empty = np.zeros(0)
    return Windows(
        observed=np.concatenate([empty, *(each.observed for each in parts)]),
        expected=np.concatenate([empty, *(each.expected for each in parts)]),
        outcomes=np.concatenate([empty, *(each.outcomes for each in parts)]),
        account=np.concatenate([empty.astype(np.int64), *(each.account for each in parts)]),
        day=np.concatenate([empty.astype(np.int64), *(each.day for each in parts)]),
        sufficient=np.concatenate([empty.astype(np.bool_), *(each.sufficient for each in parts)]),
    )


def _window(found: VenueHistory, model: BeliefModel, times: float, anchor: int) -> Windows:
    owner, day = np.nonzero(found.exposure[:, :anchor] > 0)
    sums: dict[str, Floats] = {name: found.kinds[name][owner, day].astype(np.float64) for name in KINDS}
    sums["expected"] = found.exposure[owner, day] * times
    evidence = daily_evidence(len(found.exposure), owner, day + found.first_day, sums, found.first_day + anchor - 1, model)
    inside = slice(anchor, anchor + SPAN)
    there = (found.exposure[:, inside] > 0).any(axis=1)
    worst = found.kinds["liquidation"][:, inside] + found.kinds["bad_debt"][:, inside]
    expected = expected_of(evidence)[there]
    account = np.nonzero(there)[0].astype(np.int64)
    return Windows(
        observed=observed_of(evidence)[there],
        expected=expected,
        outcomes=(worst.max(axis=1) > 0)[there].astype(np.float64),
        account=account,
        day=np.full_like(account, anchor),
        sufficient=expected >= model.sufficient,
    )
