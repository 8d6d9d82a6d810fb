"""Is the score what the design says, and does more evidence never count the wrong way?"""

from __future__ import annotations

from time import process_time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.belief.evidence import Evidence, daily_evidence, no_evidence
from credence.service.reputation.belief.model import shipped_model
from credence.service.reputation.belief.risk import expected_of, observed_of, risk_belief, score_all

GOLDEN = [
    *[(0, 1, 636), (0, 4, 686), (0, 8, 723), (0, 16, 766), (0, 32, 812)],
    *[(1, 4, 666), (1, 16, 745), (3, 4, 638), (8, 4, 598)],
]
CALM = shipped_model().event_rate
amounts = st.floats(0, 1e4, allow_nan=False)


def spotless(days: int, as_of: int | None = None, **sums: Any) -> Evidence:
    """One pseudonym with open exposure in a calm regime on each of so many days, and whatever else is said."""
    told = {"expected": [CALM] * days, "days": [1.0] * days, **sums}
    return daily_evidence(1, [0] * days, list(range(days)), told, days if as_of is None else as_of)


def on_day(day: int, days: int, number: float = 1.0) -> list[float]:
    return [number if other == day else 0.0 for other in range(days)]


@pytest.mark.parametrize(("observed", "expected", "score"), GOLDEN)
def test_golden_scores(observed: float, expected: float, score: int) -> None:
    assert round(float(score_all([observed], [expected]).score[0])) == score


def test_without_evidence_there_is_no_number() -> None:
    scores = score_all([0.0, 0.0, 3.0, 0.0], [0.0, 0.4999, 0.4999, 0.5])
    assert scores.sufficient.tolist() == [False, False, False, True]
    assert np.isnan(scores.score).tolist() == [True, True, True, False]
    would_be = 600 + 50 * np.log2((1 - scores.hazard_upper[0]) / scores.hazard_upper[0] / 19)
    assert round(would_be) == 606


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_the_posterior_is_the_conjugate_one(pairs: list[tuple[float, float]]) -> None:
    observed, expected = np.array(pairs).T
    found = score_all(observed, expected)
    posterior = stats.gamma(2 + observed, scale=1 / (2 + expected))
    np.testing.assert_allclose(found.mean, posterior.mean(), rtol=1e-12)
    np.testing.assert_allclose(found.low, posterior.ppf(0.05), rtol=1e-8)
    np.testing.assert_allclose(found.high, posterior.ppf(0.95), rtol=1e-8)
    np.testing.assert_allclose(found.hazard_upper, 1 - np.exp(-0.02 * found.high), rtol=1e-8)
    assert (found.low < found.mean).all()
    assert (found.mean < found.high).all()


@given(amounts, amounts, st.floats(0.01, 100))
@settings(max_examples=100, deadline=None)
def test_more_events_lower_the_score_and_more_clean_exposure_raises_it(
    observed: float, expected: float, more: float
) -> None:
    base, worse, better = score_all([observed, observed + more, observed], [expected, expected, expected + more]).high
    assert worse > base > better
    scores = score_all([observed, observed + more, observed], [expected + 1, expected + 1, expected + 1 + more]).score
    assert scores[1] <= scores[0] <= scores[2]


def test_the_score_has_ends() -> None:
    scores = score_all([1e9, 0.0], [1.0, 1e9]).score
    assert scores.tolist() == [300.0, 850.0]


@given(st.floats(1, 50), st.floats(1, 50), st.floats(0.1, 0.9))
@settings(max_examples=50, deadline=None)
def test_splitting_a_clean_history_lowers_the_score(expected: float, observed: float, part: float) -> None:
    whole, split, rest = score_all([0.0, 0.0, 0.0], [expected + 1, (expected + 1) * part, (expected + 1) * (1 - part)]).high
    assert min(split, rest) > whole


REFUSED: list[tuple[Any, Any]] = [
    ([-1.0], [1.0]),
    ([1.0], [-1.0]),
    ([np.nan], [1.0]),
    ([1.0], [np.inf]),
    ([1.0, 2.0], [1.0]),
    (["one"], [1.0]),
    ([True], [True]),
    ([1j], [1.0]),
    ([[1.0], [1.0, 2.0]], [1.0]),
]


@pytest.mark.parametrize("place", range(len(REFUSED)))
def test_what_is_no_count_is_refused(place: int) -> None:
    observed, expected = REFUSED[place]
    with pytest.raises(BeliefRefused):
        score_all(observed, expected)
    assert score_all([1.0], [1.0]).sufficient.all()


def test_arrays_of_any_shape_and_of_nothing() -> None:
    assert score_all(np.zeros((2, 3)), np.ones((2, 3))).score.shape == (2, 3)
    assert score_all([], []).score.shape == (0,)


def test_a_spotless_account_earns_evidence_with_tenure() -> None:
    found = {days: float(expected_of(spotless(days))[0]) for days in (15, 60, 120, 240, 273)}
    assert found == pytest.approx({15: 0.99, 60: 3.88, 120: 7.56, 240: 14.26, 273: 16.0}, abs=0.02)


def test_while_evidence_is_recent_events_are_counted_as_they_are() -> None:
    evidence = daily_evidence(
        1, [0], [10], {"near_miss": [1], "call": [1], "liquidation": [1], "bad_debt": [1], "expected": [4]}, 10
    )
    assert observed_of(evidence)[0] == pytest.approx(0.25 + 0.5 + 1 + 5)


@pytest.mark.parametrize("rate", [0.25, 1.0, 3.0])
def test_forgetting_favours_nobody(rate: float) -> None:
    """A steady account keeps its risk, however many years go by: calls are not forgotten faster than what they stand for."""
    days = 1_500
    evidence = spotless(days, call=[2 * rate * CALM] * days)
    found = score_all(observed_of(evidence), expected_of(evidence))
    assert float(found.mean[0]) == pytest.approx(rate, rel=0.2)
    plainly = score_all(evidence["calls"], evidence["expected"])
    assert float(plainly.mean[0]) < 0.35 * rate, "compared as they are, they would be"


def test_idle_accounts_go_back_to_the_prior() -> None:
    worse, better = spotless(60, call=on_day(30, 60, 40.0)), spotless(60)
    for evidence in (worse, better):
        found = score_all(observed_of(evidence.align(20_000)), expected_of(evidence.align(20_000)))
        assert float(found.mean[0]) == pytest.approx(1.0, abs=1e-3)
        assert not found.sufficient[0]


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("days", [120, 700])
def test_waiting_gains_next_to_nothing(rate: float, days: int) -> None:
    """Calls are forgotten while an account does nothing, but so is what its exposure was worth: the prior is left."""
    evidence = spotless(days, call=[2 * rate * CALM] * days)
    highs = [
        float(score_all(observed_of(later), expected_of(later)).high[0])
        for later in (evidence.align(days + idle) for idle in (0, *range(5, 2_000, 5)))
    ]
    points = [-50 * np.log2(np.expm1(0.02 * high)) for high in highs]
    prior = -50 * np.log2(np.expm1(0.02 * float(score_all([0.0], [0.0]).high[0])))
    assert max(points) < max(points[0], prior) + 20
    assert points[-1] == pytest.approx(prior, abs=1)
    assert points[73] < prior + 60, "a year later"


def test_a_call_after_a_long_pause_is_a_call() -> None:
    evidence = (
        spotless(700).align(1_400).merge(spotless(1_401, call=on_day(1_400, 1_401), expected=on_day(1_400, 1_401, CALM)))
    )
    assert float(observed_of(evidence)[0]) == pytest.approx(0.5, rel=0.2)


@pytest.mark.parametrize("days", [20, 200, 2_000])
def test_what_is_worse_costs_more_at_any_age(days: int) -> None:
    kinds = ("near_miss", "call", "liquidation", "bad_debt")
    scores = [risk_belief(spotless(days, **{kind: on_day(days - 1, days)}), 0).score for kind in kinds]
    clean = risk_belief(spotless(days), 0).score
    told = [score for score in (clean, *scores) if score is not None]
    assert len(told) == 5
    assert told == sorted(told, reverse=True)
    assert len(set(told)) == 5


def test_calls_are_forgotten_before_liquidations_and_these_before_bad_debts() -> None:
    kinds = ("call", "liquidation", "bad_debt")
    left = {
        kind: float(daily_evidence(1, [0], [0], {kind: [1.0]}, 360)[column][0])
        for kind, column in zip(kinds, ("calls", "liquidations", "bad_debts"), strict=True)
    }
    assert left == pytest.approx({"call": 0.5 * 2**-4, "liquidation": 0.5, "bad_debt": 5 * 2**-0.5})


def test_an_answer_says_all_of_it() -> None:
    evidence = spotless(200, near_miss=on_day(150, 200), liquidation=on_day(190, 200))
    answer = risk_belief(evidence, 0)
    scores = score_all(observed_of(evidence), expected_of(evidence))
    assert (answer.mean, answer.low, answer.high) == (scores.mean[0], scores.low[0], scores.high[0])
    assert (answer.score, answer.hazard_upper) == (scores.score[0], scores.hazard_upper[0])
    assert (answer.as_of, answer.model, answer.kind) == (200, shipped_model().version, "risk")
    assert answer.evidence == pytest.approx(12.12, abs=0.01)
    assert 100 < answer.effective_n < 130
    assert [reason.code for reason in answer.reasons] == ["exposure", "uncertainty", "liquidations"]
    assert answer.reasons[0].effect > 0 > answer.reasons[1].effect > -100
    told = answer.to_json()
    assert told["interval"] == [round(answer.low, 6), round(answer.high, 6)]
    assert told["score"] == round(float(scores.score[0]), 1)


def test_too_little_evidence_is_said_and_explained() -> None:
    answer = risk_belief(spotless(5), 0)
    assert answer.score is None
    assert answer.to_json()["score"] == "insufficient"
    assert [reason.code for reason in answer.reasons] == ["uncertainty", "exposure"]
    assert [reason.code for reason in risk_belief(no_evidence(1, 0), 0).reasons] == ["uncertainty"]


@pytest.mark.parametrize("row", [-1, 1])
def test_a_row_that_is_nobody_is_refused(row: int) -> None:
    with pytest.raises(BeliefRefused):
        risk_belief(spotless(1), row)
    assert risk_belief(spotless(1), 0).kind == "risk"


@pytest.mark.slow
def test_half_a_million_pseudonyms_are_scored_in_two_seconds() -> None:
    drawn = np.random.default_rng(1)
    observed, expected = drawn.gamma(1, 2, 500_000), drawn.gamma(2, 4, 500_000)
    start = process_time()
    scores = score_all(observed, expected)
    assert process_time() - start < 2
    assert scores.score.shape == (500_000,)
