"""Does the report pass who is treated alike, and find who is not?"""

from __future__ import annotations

import numpy as np
import pytest

from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.evaluation.fairness import LEAST_JUDGED, bands, judge_fairness
from credence.service.reputation.small import LEAST

N = 8_000


def population(seed: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True probabilities, outcomes drawn from them, and three jurisdictions."""
    rng = np.random.default_rng(seed)
    chances = rng.beta(2, 6, N)
    return chances, (rng.random(N) < chances).astype(float), rng.integers(0, 3, N)


@pytest.mark.parametrize("seed", range(5))
def test_true_probabilities_are_fair(seed: int) -> None:
    chances, outcomes, labels = population(seed)
    report = judge_fairness(outcomes, chances, {"jurisdiction": labels, "tenure": bands(np.arange(N), (100.0, 3_000.0))})
    assert report.passed
    assert len(report.groups) == 6
    assert all(abs(group.worst_z) < 5 for group in report.groups)


def test_a_group_that_is_thought_worse_than_it_is_is_found() -> None:
    chances, outcomes, labels = population()
    told = np.where(labels == 2, np.minimum(chances * 1.4, 0.99), chances)
    report = judge_fairness(outcomes, told, {"jurisdiction": labels})
    assert not report.passed
    assert [group.band for group in report.groups if not group.fair] == [2]
    assert report.groups[2].worst_gap < -0.02
    assert report.groups[2].predicted > report.groups[2].observed
    assert not report.to_json()["passed"]


def test_a_group_whose_mean_is_right_and_whose_ends_are_not_is_found() -> None:
    chances, outcomes, labels = population()
    told = np.where(labels == 0, np.clip(0.25 + (chances - 0.25) * 0.3, 0, 1), chances)
    report = judge_fairness(outcomes, told, {"jurisdiction": labels})
    group = report.groups[0]
    assert abs(group.predicted - group.observed) < 0.02
    assert not group.fair


def test_a_gap_within_the_tolerance_passes_however_many_prove_it() -> None:
    chances, labels = np.full(400_000, 0.5), np.repeat([0, 1], 200_000)
    outcomes = np.concatenate([np.arange(200_000) % 1_000 < 515, np.arange(200_000) % 2]).astype(float)
    report = judge_fairness(outcomes, chances, {"size": labels})
    assert report.groups[0].worst_z > 10
    assert report.passed
    worse = np.concatenate([np.arange(200_000) % 1_000 < 525, np.arange(200_000) % 2]).astype(float)
    assert not judge_fairness(worse, chances, {"size": labels}).passed


def test_small_groups_are_not_shown_and_middling_ones_not_judged() -> None:
    chances, outcomes, _ = population()
    labels = np.zeros(N, dtype=np.int64)
    labels[: LEAST - 1] = 1
    labels[LEAST : LEAST + LEAST_JUDGED - 1] = 2
    chances[LEAST : LEAST + LEAST_JUDGED - 1] = 0.99
    report = judge_fairness(outcomes, chances, {"jurisdiction": labels})
    assert [(group.band, group.judged, group.fair) for group in report.groups] == [(0, True, True), (2, False, True)]
    assert report.withheld == LEAST - 1
    assert not report.passed, "one group alone compares with nothing"


def test_certainty_that_is_wrong_is_a_finite_gap() -> None:
    outcomes, labels = np.tile([0.0, 0.0, 0.0, 1.0], 500), np.arange(2_000) % 2
    report = judge_fairness(outcomes, np.zeros(2_000), {"size": labels})
    assert not report.passed
    assert all(np.isfinite(group.worst_z) for group in report.groups)


def test_without_groups_nothing_passes() -> None:
    chances, outcomes, labels = population()
    assert not judge_fairness(outcomes, chances, {}).passed
    assert judge_fairness(outcomes, chances, {"jurisdiction": labels}).passed


def test_bands_begin_at_their_edges() -> None:
    assert bands([29.9, 30.0, 39.0, 40.0, 99.0], (30.0, 40.0)).tolist() == [0, 1, 1, 2, 2]
    with pytest.raises(BeliefRefused):
        bands([1.0], (40.0, 30.0))
    with pytest.raises(BeliefRefused):
        judge_fairness([1.0, 0.0], [0.5, 0.5], {"size": np.array([0])})
