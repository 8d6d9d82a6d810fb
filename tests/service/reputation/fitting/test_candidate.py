"""Does a venue's own past become a model that is better about the days after it, and is it promoted for nothing less?"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.belief.model import parse_model, shipped_document, shipped_model
from credence.service.reputation.belief.risk_fitting import RiskPrior, any_chances, step_losses
from credence.service.reputation.evaluation.tables import TableRefused
from credence.service.reputation.fitting.candidate import Candidate, fit_candidate
from credence.service.reputation.fitting.histories import VenueHistory
from credence.service.reputation.promotion import Withheld

FIRST = 20_000
CALL = 0.5


def drawn(accounts: int = 300, days: int = 60, *, rate: float = 4.0, seed: int = 1) -> VenueHistory:
    """Accounts of a venue at which calls come ``rate`` times as often as the shipped model has it."""
    rng = np.random.default_rng(seed)
    exposure = np.full((accounts, days), shipped_model().event_rate) * (rng.random((accounts, days)) < 0.9)
    theta = rng.gamma(1.5, 1 / 1.5, (accounts, 1))
    events = rng.poisson(theta * rate * exposure / CALL).astype(np.float64)
    size = rng.choice([500.0, 5_000.0, 50_000.0], accounts)
    return VenueHistory(FIRST, events, events * CALL, exposure, size, np.zeros(accounts))


def fitted(found: VenueHistory, split: int = FIRST + 40) -> Candidate:
    return fit_candidate(found, shipped_model(), shipped_document().decode(), split)


def test_a_base_rate_that_is_another_is_found_and_wins() -> None:
    candidate = fitted(drawn())
    assert candidate.model.event_rate == pytest.approx(4 * shipped_model().event_rate, rel=0.1)
    assert candidate.losses[1] < candidate.losses[0]
    assert candidate.decision.withheld == ()
    document = json.loads(candidate.document)
    assert document["version"] == json.loads(shipped_document())["version"] + 1
    assert parse_model(candidate.document.encode()) == candidate.model
    same = {"risk_prior", "events_per_30_days", "half_life_days", "version"}
    assert {name: value for name, value in document.items() if name not in same} == {
        name: value for name, value in json.loads(shipped_document()).items() if name not in same
    }


def test_what_is_judged_is_never_fitted() -> None:
    found = drawn()
    other = drawn(seed=2)
    later = np.arange(found.events.shape[1]) >= 40
    changed = replace(found, events=np.where(later, other.events * (found.exposure > 0), found.events))
    changed = replace(changed, weighted=changed.events * CALL)
    assert fitted(changed).document == fitted(found).document
    assert fitted(changed).losses != fitted(found).losses


def test_few_accounts_and_no_gain_promote_nothing() -> None:
    assert Withheld.TOO_FEW in fitted(drawn(150)).decision.withheld
    best = fitted(drawn())
    found = drawn()
    by_it = replace(found, exposure=found.exposure * best.model.event_rate / shipped_model().event_rate)
    again = fit_candidate(by_it, best.model, best.document, FIRST + 40)
    assert Withheld.NO_WIN in again.decision.withheld, "the model is as good already"


@pytest.mark.parametrize("split", [FIRST, FIRST + 60, FIRST - 5])
def test_a_split_needs_days_on_both_sides(split: int) -> None:
    with pytest.raises(TableRefused):
        fitted(drawn(20), split)
    assert fitted(drawn(20), FIRST + 59).days[1] > 0


def test_a_past_without_events_fits_nothing() -> None:
    found = drawn(20)
    with pytest.raises(BeliefRefused):
        fitted(replace(found, events=found.events * 0, weighted=found.weighted * 0))


def test_chances_are_those_of_what_is_lost() -> None:
    prior = RiskPrior(2.0, 1.5, 10.0)
    events, exposure = np.array([[0.0, 2.0, 0.0, 0.0]]), np.array([[1.0, 0.5, 0.0, 1.0]])
    losses, chances = step_losses(prior, events, exposure), any_chances(prior, events, exposure)
    assert losses[0, [0, 3]] == pytest.approx(-np.log1p(-chances[0, [0, 3]]))
    assert losses[0, 1] > -np.log(chances[0, 1]), "two are less likely than any"
    assert (losses[0, 2], chances[0, 2]) == (0, 0)
