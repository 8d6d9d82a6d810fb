"""Does a venue whose accounts changed get a refit in shadow, which counts for nobody before it has won, and another none?"""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from credence.circuits.days import write_day
from credence.service.reputation.belief.model import shipped_model
from credence.service.reputation.desk import Desk
from credence.service.reputation.drift import refitting
from credence.service.reputation.drift.judging import LEAST, DriftRefused
from credence.service.reputation.drift.refitting import features_of, judge_venue, refit_in_shadow, shadowed
from credence.service.reputation.fitting.histories import KINDS, VenueHistory
from credence.service.reputation.fitting.promoting import promote_model
from credence.service.reputation.models import model_of
from credence.service.reputation.promotion import NotPromoted, promote
from tests.service.conftest import NOW, Running, Starter

TODAY = NOW // 86_400
WINDOW = 30
CALL = 0.5


def simulated(change: float, *, accounts: int = 320, seed: int = 1, later: int = 0) -> VenueHistory:
    """Accounts whose calls come as the shipped model has it, and ``change`` times as often from the newer window on."""
    rng = np.random.default_rng(seed)
    days = 2 * WINDOW + later
    exposure = np.full((accounts, days), shipped_model().event_rate) * (rng.random((accounts, days)) < 0.9)
    times = np.where(np.arange(days) < WINDOW, 1.0, change)
    theta = rng.gamma(2.0, 0.5, (accounts, 1))
    events = rng.poisson(theta * times * exposure / CALL).astype(np.float64)
    size = rng.choice([500.0, 5_000.0, 50_000.0], accounts)
    return VenueHistory(TODAY - 2 * WINDOW, events, events * CALL, exposure, size, np.zeros(accounts))


@pytest.fixture
def running(started: Starter) -> Running:
    return started(("reputation", "log"))


@pytest.fixture
def desk(running: Running) -> Desk:
    found: Desk = running.app.state.reputation
    return found


def fed(monkeypatch: pytest.MonkeyPatch, found: VenueHistory) -> None:
    monkeypatch.setattr(refitting, "read_history", lambda desk, client_id: (found, shipped_model()))


def counts(desk: Desk) -> str:
    with desk.store.reading() as session:
        return model_of(session, "venue.example").version


@pytest.mark.parametrize("seed", range(5))
def test_only_what_changed_has_drifted(seed: int) -> None:
    assert not judge_venue(simulated(1.0, seed=seed), TODAY, WINDOW).refit
    report = judge_venue(simulated(4.0, seed=seed), TODAY, WINDOW)
    assert [each.name for each in report.features if each.drifted] == ["margin_events"]


def test_a_stable_venue_gets_no_refit(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fed(monkeypatch, simulated(1.0))
    found = refit_in_shadow(desk, "venue.example", WINDOW)
    assert (found.candidate, found.is_new) == (None, False)
    assert shadowed(desk, "venue.example") is None


@pytest.mark.slow
def test_a_refit_is_kept_beside_and_promoted_by_the_one_door(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    fed(monkeypatch, simulated(4.0))
    live = counts(desk)
    found = refit_in_shadow(desk, "venue.example", WINDOW)
    assert found.candidate is not None
    assert found.is_new
    assert found.candidate.model.event_rate == pytest.approx(4 * shipped_model().event_rate, rel=0.15)
    assert found.candidate.decision.trial is not None
    assert found.candidate.decision.trial.to_json()["out_of_time"]
    assert counts(desk) == live, "it counts for nobody"
    assert not refit_in_shadow(desk, "venue.example", WINDOW).is_new, "one a day"
    shown = shadowed(desk, "venue.example")
    assert shown is not None
    row, judged = shown
    assert json.loads(row.trial)["promotion"] == judged.decision.to_json()
    with pytest.raises(NotPromoted):
        promote(judged, judged.decision.trial, None)
    promote_model(desk, "venue.example", promote(judged, judged.decision.trial, judged.decision.fairness))
    assert counts(desk) == judged.model.version != live
    assert shadowed(desk, "other.example") is None


@pytest.mark.slow
def test_days_that_came_since_judge_it_too(desk: Desk, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulated(4.0, later=20)
    until = 2 * WINDOW
    parts = {name: getattr(whole, name)[:, :until] for name in ("events", "weighted", "exposure")}
    fed(monkeypatch, replace(whole, **parts))
    first = refit_in_shadow(desk, "venue.example", WINDOW).candidate
    fed(monkeypatch, whole)
    running.clock.forward(20 * 86_400)
    shown = shadowed(desk, "venue.example")
    assert first is not None
    assert shown is not None
    assert shown[1].document == first.document
    assert shown[1].days == (first.days[0], int((whole.exposure[:, WINDOW + 20 :] > 0).sum()))
    assert shown[1].days[1] > first.days[1]


def liquidated(days: int) -> VenueHistory:
    """Two windows of 60 days up to today, and days after it: liquidations and calls come four times as often from the newer
    window on."""
    rng = np.random.default_rng(5)
    shape = (320, 120 + days)
    exposure = np.full(shape, shipped_model().event_rate)
    theta = rng.gamma(2.0, 0.5, (320, 1)) * np.where(np.arange(shape[1]) < 60, 1.0, 4.0)
    kinds = {name: np.zeros(shape, dtype=np.uint16) for name in KINDS}
    kinds["call"] = rng.poisson(theta * exposure).astype(np.uint16)
    kinds["liquidation"] = (rng.random(shape) < theta * 0.1 / 30).astype(np.uint16)
    events = (kinds["call"] + kinds["liquidation"]).astype(np.float64)
    weighted = kinds["call"] * CALL + kinds["liquidation"]
    return VenueHistory(TODAY - 120, events, weighted, exposure, np.ones(320), np.zeros(320), kinds=kinds)


def until(found: VenueHistory, days: int) -> VenueHistory:
    parts = {name: getattr(found, name)[:, :days] for name in ("events", "weighted", "exposure")}
    return replace(found, **parts, kinds={name: each[:, :days] for name, each in found.kinds.items()})


@pytest.mark.slow
def test_none_is_fitted_anew_while_the_last_waits_for_its_month(
    desk: Desk, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = liquidated(11)
    fed(monkeypatch, until(whole, 120))
    first = refit_in_shadow(desk, "venue.example", 60)
    assert first.candidate is not None
    assert (first.is_new, first.fitted_on) == (True, TODAY)
    assert first.candidate.model.hazard != shipped_model().hazard
    assert first.candidate.judged_from == TODAY - 20 + 30
    assert first.to_json()["refit"]["judged_from"] == write_day(TODAY + 10)
    for later in (1, 9):
        fed(monkeypatch, until(whole, 120 + later))
        running.clock.now = (TODAY + later) * 86_400
        again = refit_in_shadow(desk, "venue.example", 60)
        assert again.candidate is not None
        assert (again.is_new, again.fitted_on, again.candidate.document) == (False, TODAY, first.candidate.document)
    fed(monkeypatch, until(whole, 130))
    running.clock.now = (TODAY + 10) * 86_400
    shown = shadowed(desk, "venue.example")
    assert shown is not None
    assert shown[0].day == TODAY
    assert shown[1].judged_from is None
    assert shown[1].decision.trial is not None
    anew = refit_in_shadow(desk, "venue.example", 60)
    assert (anew.is_new, anew.fitted_on) == (True, TODAY + 10)


def test_drift_that_nothing_can_be_fitted_to_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    found = simulated(1.0)
    calm = np.arange(found.events.shape[1]) >= WINDOW
    fed(monkeypatch, replace(found, events=found.events * ~calm, weighted=found.weighted * ~calm))
    report = refit_in_shadow(desk, "venue.example", WINDOW)
    assert report.drift.refit
    assert report.candidate is None
    assert report.why_not is not None
    assert shadowed(desk, "venue.example") is None


def test_a_row_is_an_account_that_was_there() -> None:
    found = simulated(1.0)
    exposure = found.exposure.copy()
    exposure[:10, :WINDOW] = 0.0
    exposure[10, 7:WINDOW] = 0.0  # seven days of thirty are fewer than a quarter
    rows = features_of(replace(found, exposure=exposure), TODAY - 2 * WINDOW, TODAY - WINDOW)
    assert rows["hazard"].size == found.exposure.shape[0] - 11
    assert rows["hazard"] == pytest.approx(np.full(rows["hazard"].size, shipped_model().event_rate))


@pytest.mark.parametrize(("accounts", "window"), [(LEAST - 1, WINDOW), (LEAST, 8), (LEAST, 366)])
def test_too_little_is_not_compared(accounts: int, window: int) -> None:
    with pytest.raises(DriftRefused):
        judge_venue(simulated(1.0, accounts=accounts), TODAY, window)
    judge_venue(simulated(1.0, accounts=LEAST), TODAY, WINDOW)
