"""A candidate: a venue's model with prior, base rates and memory of calls fitted to its past, and what it showed later."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from credence.circuits.days import write_day
from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.belief.model import BeliefModel, parse_model
from credence.service.reputation.belief.risk_fitting import RiskPrior, any_chances, fit_risk, step_losses
from credence.service.reputation.evaluation.fairness import FairnessReport, Labels, bands, judge_fairness
from credence.service.reputation.evaluation.tables import TableRefused
from credence.service.reputation.fitting.histories import SIZES, TENURES, VenueHistory
from credence.service.reputation.fitting.liquidations import SPAN, Liquidations, fit_liquidations, judge_liquidations
from credence.service.reputation.promotion import Promotion, Trial

Marks: TypeAlias = NDArray[np.bool_]

_PLACES: Final = 6
_LEAST, _MOST = 0.01, 100_000.0


@dataclass(frozen=True)
class Candidate:
    """``document`` is the file, ``before`` and ``fitted`` the priors that were held against each other, as events count.

    ``losses``: mean log loss a day (nats) of both on the days from ``split`` on. ``liquidations``: what both say of the 30
    days after it, None where there are no such days, or no liquidations are told apart.
    """

    document: str
    model: BeliefModel
    before: RiskPrior
    fitted: RiskPrior
    losses: tuple[float, float]
    accounts: int
    days: tuple[int, int]
    decision: Promotion
    liquidations: Liquidations | None = None
    judged_from: int | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "candidate": self.model.version,
            "before": self.before.to_json(),
            "fitted": self.fitted.to_json(),
            "log_loss": {"before": round(self.losses[0], 6), "fitted": round(self.losses[1], 6)},
            "accounts": self.accounts,
            "account_days": {"fitted": self.days[0], "judged": self.days[1]},
            "liquidations": None if self.liquidations is None else self.liquidations.to_json(),
            "judged_from": None if self.judged_from is None else write_day(self.judged_from),
            "promotion": self.decision.to_json(),
            "fairness": None if self.decision.fairness is None else self.decision.fairness.to_json(),
        }


def fit_candidate(found: VenueHistory, model: BeliefModel, document: str, split: int) -> Candidate:
    """Fits on the days before ``split`` (a unix day) and judges on those from it on, each from the days before it alone.

    An hour with a margin event counts as one here, since half an event has no likelihood; the model's base rate is of
    weighted events, so it is the fitted one times their mean weight in the past. Another prior makes another θ, so the
    hazard of a liquidation is fitted after it, where enough accounts were liquidated; and beside it for the prior that
    counts. Of these two the file is the one that was better about past liquidations: margin events come in bursts, and a
    prior that is best about tomorrow may know nothing of a month. Raises :class:`TableRefused` for a split without days on
    either side, ``BeliefRefused`` for a past without events.
    """
    place = place_of(found, split)
    best = fit_risk(found.events[:, :place], found.exposure[:, :place])
    texts = (_fitted(document, model, best, weight_of(found, place)), _next(document))
    fits = fit_liquidations(found, [parse_model(text.encode()) for text in texts], model, place)
    if not fits:
        return judge_candidate(found, model, texts[0], split)
    better = min((0, 1), key=lambda which: fits[which].loss)
    return judge_candidate(found, model, _with_hazard(texts[better], fits[better].hazard), split)


def judge_candidate(found: VenueHistory, model: BeliefModel, text: str, split: int) -> Candidate:
    """A candidate's file (``text``) held against ``model`` on the days from ``split`` on, whenever it was fitted.

    Raises :class:`TableRefused` for a split without days on either side, or a past without events.
    """
    place = place_of(found, split)
    weight, exposure = weight_of(found, place), found.exposure[:, :place]
    candidate = parse_model(text.encode())
    before = prior_of(model, weight)
    ratio = candidate.event_rate / model.event_rate
    fitted = RiskPrior(candidate.risk_prior, ratio / weight, candidate.half_life["calls"])
    due = judged_days(found, place)
    old, new = (step_losses(prior, found.events, found.exposure) for prior in (before, fitted))
    judged = due.any(axis=1)
    gains = np.where(due, old - new, 0.0).sum(axis=1)[judged] / due.sum(axis=1)[judged]
    trial = Trial.of(gains, fitted_until=split - 1, judged_from=split) if judged.sum() > 1 else None
    chances = any_chances(fitted, found.events, found.exposure)
    fairness = judge_fairness((found.events[due] > 0).astype(np.float64), chances[due], groups_of(found, due), rows_of(due))
    months = judge_liquidations(found, model, candidate, place)
    decision, judged_from = Promotion(trial, fairness), None
    if candidate.hazard != model.hazard:
        judged_from = split + SPAN if found.exposure.shape[1] - place < SPAN else None
        decision = _judged_by_months(trial, None if fitted == before else fairness, months)
    return Candidate(
        document=text,
        model=candidate,
        before=before,
        fitted=fitted,
        losses=(float(old[due].mean()), float(new[due].mean())) if due.any() else (0.0, 0.0),
        accounts=int(judged.sum()),
        days=(int((exposure > 0).sum()), int(due.sum())),
        decision=decision,
        liquidations=months,
        judged_from=judged_from,
    )


def _judged_by_months(days: Trial | None, fairness: FairnessReport | None, months: Liquidations | None) -> Promotion:
    """What another hazard has to show: it wins on windows of 30 days, which scores are about, and loses on no days; and
    chances of both are right in every group. ``fairness`` is that of days, None where their chances are those that count.
    Before a window has passed there is no trial."""
    if months is None:
        return Promotion(None, fairness)
    trial = days if days is not None and days.is_lost else months.trial
    return Promotion(trial, months.fairness if fairness is None or fairness.passed else fairness)


def place_of(found: VenueHistory, split: int) -> int:
    """Where a split (unix day) is in a history. Raises :class:`TableRefused` without days on either side."""
    place = split - found.first_day
    if not 0 < place <= found.events.shape[1] - 1:
        raise TableRefused("there are no days on one side of the split date")
    return place


def weight_of(found: VenueHistory, place: int) -> float:
    """The mean weight of a margin event before the split."""
    count = float(found.events[:, :place].sum())
    if count <= 0:
        raise TableRefused("there are no margin events before the split date")
    return float(found.weighted[:, :place].sum()) / count


def _next(document: str) -> str:
    """The venue's file as its next version."""
    said = json.loads(document)
    said["version"] += 1
    return json.dumps(said, indent=2) + "\n"


def _fitted(document: str, model: BeliefModel, best: RiskPrior, weight: float) -> str:
    """The next version with what was fitted in its place. Calls are remembered no longer than liquidations."""
    said = json.loads(_next(document))
    said["risk_prior"] = _text(best.shape)
    said["events_per_30_days"] = _text(model.event_rate * 30 * best.rate * weight)
    said["half_life_days"]["calls"] = _text(min(best.half_life, model.half_life["liquidations"]))
    return json.dumps(said, indent=2) + "\n"


def _with_hazard(text: str, hazard: float) -> str:
    said = json.loads(text)
    said["liquidation_hazard_30_days"] = f"{hazard:.{_PLACES}f}"
    return json.dumps(said, indent=2) + "\n"


def _text(value: float) -> str:
    return f"{min(max(value, _LEAST), _MOST):.{_PLACES}f}".rstrip("0").rstrip(".")


def prior_of(model: BeliefModel, weight: float) -> RiskPrior:
    """The prior of a model as events count here, where one weighs ``weight`` in the mean."""
    return RiskPrior(model.risk_prior, 1 / weight, model.half_life["calls"])


def judged_days(found: VenueHistory, place: int) -> Marks:
    """The exposed days from ``place`` on, accounts × days."""
    due: Marks = (found.exposure > 0) & (np.arange(found.exposure.shape[1]) >= place)
    return due


def rows_of(due: Marks) -> Labels:
    """Whose each of the marked days is, by the row of the account."""
    return np.broadcast_to(np.arange(due.shape[0])[:, np.newaxis], due.shape)[due].astype(np.int64)


def groups_of(found: VenueHistory, due: Marks) -> dict[str, Labels]:
    """The bands of each day that is due: how long the account had been there, and how large it was."""
    since: Floats = np.arange(due.shape[1])[np.newaxis, :] - found.began[:, np.newaxis]
    size = np.broadcast_to(found.size[:, np.newaxis], due.shape)
    return {"tenure": bands(since[due], TENURES), "size": bands(size[due], SIZES)}
