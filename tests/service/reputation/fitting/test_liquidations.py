"""Does a venue's own past say what θ = 1 means for a liquidation, and is that tried on months that came later?"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from credence.circuits.days import write_day
from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.belief.model import parse_model, shipped_document, shipped_model
from credence.service.reputation.belief.risk_fitting import HAZARDS, fit_hazard, month_chances
from credence.service.reputation.fitting.candidate import Candidate, fit_candidate, judge_candidate
from credence.service.reputation.fitting.histories import KINDS, VenueHistory, from_day
from credence.service.reputation.fitting.liquidations import LEAST_LIQUIDATED, fit_liquidations
from credence.service.reputation.promotion import Promoted, Withheld

FIRST, SPLIT, DAYS = 20_000, 20_090, 150


@cache
def drawn(*, hazard: float = 0.3, accounts: int = 300, days: int = DAYS, bursts: bool = False) -> VenueHistory:
    """Accounts with margin events as the shipped model has them, of whom θ·``hazard`` are liquidated in 30 days;
    ``bursts``: who is liquidated has calls on the four days after it too."""
    rng = np.random.default_rng(7)
    model, shape = shipped_model(), (accounts, days)
    exposure = np.full(shape, model.event_rate)
    theta = rng.gamma(2.0, 0.5, (accounts, 1))
    calls = rng.poisson(theta * (model.event_rate - hazard / 30) / model.severity["call"], shape)
    liquidations = (rng.random(shape) < theta * hazard / 30).astype(np.int64)
    for later in range(1, 5) if bursts else ():
        calls[:, later:] += 3 * liquidations[:, :-later]
    kinds = {name: np.zeros(shape, dtype=np.uint16) for name in KINDS}
    kinds["call"], kinds["liquidation"] = calls.astype(np.uint16), liquidations.astype(np.uint16)
    events = (calls + liquidations).astype(np.float64)
    size = rng.choice([500.0, 5_000.0], accounts)
    return VenueHistory(FIRST, events, calls * 0.5 + liquidations, exposure, size, np.zeros(accounts), kinds=kinds)


def fitted(found: VenueHistory, split: int = SPLIT) -> Candidate:
    """What comes of it, computed once for each of the histories as they are drawn."""
    return _fitted(split) if found is drawn() else fit_candidate(found, shipped_model(), shipped_document().decode(), split)


@cache
def _fitted(split: int) -> Candidate:
    found = drawn()
    return fit_candidate(found, shipped_model(), shipped_document().decode(), split)


def test_a_hazard_is_found_again() -> None:
    rng = np.random.default_rng(1)
    expected = rng.uniform(0.5, 20.0, 20_000)
    observed = rng.poisson(rng.gamma(2.0, 0.5, 20_000) * expected)
    outcomes = (rng.random(20_000) < month_chances(0.3, 2.0, observed, expected)).astype(float)
    assert fit_hazard(2.0, observed, expected, outcomes) == pytest.approx(0.3, rel=0.05)
    assert month_chances(0.3, 2.0, [4.0], [8.0])[0] == pytest.approx(1 - (10 / 10.3) ** 6)


@pytest.mark.parametrize("outcomes", [[0.0, 0.0], [1.0, 1.0], [0.5, 1.0]])
def test_outcomes_are_of_both_kinds(outcomes: list[float]) -> None:
    with pytest.raises(BeliefRefused):
        fit_hazard(2.0, [0.0, 1.0], [1.0, 1.0], outcomes)
    assert HAZARDS[0] < fit_hazard(2.0, [0.0, 1.0], [1.0, 1.0], [0.0, 1.0]) <= HAZARDS[1]


@pytest.mark.slow
def test_a_venue_that_is_riskier_than_the_shipped_hazard_gets_its_own_and_it_is_right_later() -> None:
    candidate = fitted(drawn())
    found = candidate.liquidations
    assert found is not None
    assert found.hazards[0] == shipped_model().hazard
    assert candidate.judged_from is None
    assert candidate.model.hazard == found.hazards[1] == parse_model(candidate.document.encode()).hazard
    assert found.said[0] < found.seen / 3
    assert found.said[1] == pytest.approx(found.seen, abs=0.05)
    assert found.losses[1] < found.losses[0]
    assert found.trial is not None
    assert found.trial.is_won
    assert found.trial.to_json()["out_of_time"]
    assert json.loads(json.dumps(candidate.to_json()))["liquidations"]["account_windows"] == 600


@pytest.mark.slow
def test_what_is_later_is_never_fitted() -> None:
    found = drawn()
    kinds = {name: each.copy() for name, each in found.kinds.items()}
    kinds["liquidation"][:, SPLIT - FIRST :] = 0
    assert fitted(replace(found, kinds=kinds)).document == fitted(found).document
    assert fitted(replace(found, kinds=kinds)).decision.withheld, "none of those who were to be liquidated was"


@pytest.mark.slow
def test_a_prior_that_knows_tomorrow_and_no_month_is_left_for_the_one_that_counts() -> None:
    candidate = fitted(drawn(bursts=True, hazard=0.5))
    model = shipped_model()
    same = (candidate.model.risk_prior, candidate.model.event_rate, candidate.model.half_life)
    assert same == (model.risk_prior, model.event_rate, model.half_life)
    assert candidate.losses[0] == candidate.losses[1]
    found = candidate.liquidations
    assert found is not None
    assert candidate.decision.trial == found.trial, "what is new is tried on months, and what is not is not tried"
    assert candidate.decision.fairness == found.fairness


@pytest.mark.slow
def test_of_few_liquidations_the_hazard_stays() -> None:
    found, model = drawn(), shipped_model()
    few = {**found.kinds, "liquidation": found.kinds["liquidation"].copy()}
    past = few["liquidation"][:, : SPLIT - FIRST].any(axis=1) & (np.arange(300) >= 0)
    few["liquidation"][np.flatnonzero(past)[LEAST_LIQUIDATED - 1 :]] = 0
    assert fit_liquidations(replace(found, kinds=few), [model], model, SPLIT - FIRST) == []
    assert fitted(replace(found, kinds=few)).model.hazard == model.hazard
    assert len(fit_liquidations(found, [model], model, SPLIT - FIRST)) == 1
    assert fit_liquidations(replace(found, kinds={}), [model], model, SPLIT - FIRST) == []
    assert fit_liquidations(found, [model], model, 30) == [], "no day was before the first window"


@pytest.mark.slow
def test_a_hazard_that_no_month_came_after_is_not_promoted() -> None:
    found = drawn()
    short = fitted(found, FIRST + DAYS - 29)
    assert short.model.hazard != shipped_model().hazard
    assert short.liquidations is None
    assert Withheld.NO_TRIAL in short.decision.withheld
    assert short.judged_from == FIRST + DAYS + 1, "thirty days after the split, all of which are over then"
    assert short.to_json()["judged_from"] == write_day(FIRST + DAYS + 1)
    whole = judge_candidate(drawn(days=DAYS + 1), shipped_model(), short.document, FIRST + DAYS - 29)
    assert (whole.judged_from, whole.liquidations is None) == (None, False)
    since = judge_candidate(drawn(days=DAYS + 30), shipped_model(), short.document, FIRST + DAYS - 29)
    assert Withheld.NO_TRIAL not in since.decision.withheld
    assert Promoted(fitted(found), fitted(found).decision).decision.trial is not None


def test_a_history_from_a_day_on_keeps_what_happened() -> None:
    later = from_day(drawn(), FIRST + 50)
    assert np.array_equal(later.kinds["liquidation"], drawn().kinds["liquidation"][:, 50:])
