"""Do the measures agree with their definitions and with another implementation, at the ends too?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats
from sklearn import metrics

from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.evaluation.measures import (
    CLIP,
    MeasureRefused,
    area,
    bins_of,
    calibration_error,
    losses,
    measure,
    rank_correlation,
)


@pytest.mark.parametrize("digits", [1, 16])
def test_measures_are_those_of_the_library(digits: int) -> None:
    rng = np.random.default_rng(1)
    chances = rng.beta(1, 3, 2_000).round(digits)
    outcomes = (rng.random(2_000) < chances).astype(float)
    found = measure(outcomes, chances)
    assert found.log_loss == pytest.approx(metrics.log_loss(outcomes, np.clip(chances, CLIP, 1 - CLIP)))
    assert found.brier == pytest.approx(metrics.brier_score_loss(outcomes, chances))
    assert found.auc == pytest.approx(metrics.roc_auc_score(outcomes, chances))
    assert found.ece < 0.03


def test_the_calibration_error_by_hand() -> None:
    chances, outcomes = np.repeat([0.1, 0.9], 50), np.repeat([0.0, 1.0, 0.0], [50, 40, 10])
    assert calibration_error(outcomes, chances) == pytest.approx(0.5 * 0.1 + 0.5 * 0.1)
    even = np.arange(100) / 100
    assert np.bincount(bins_of(even)).tolist() == [10] * 10


def test_the_order_of_rows_decides_nothing() -> None:
    rng = np.random.default_rng(2)
    chances, order = rng.choice([0.1, 0.12, 0.9], 500), rng.permutation(500)
    outcomes = (rng.random(500) < chances).astype(float)
    assert calibration_error(outcomes, chances) == pytest.approx(calibration_error(outcomes[order], chances[order]))
    one = np.sort(outcomes)
    assert calibration_error(one, np.full(500, one.mean())) == pytest.approx(0.0), "equal probabilities share a bin"


def test_certainty_is_not_infinite_and_not_free() -> None:
    assert losses([1.0, 0.0], [0.0, 0.0]).tolist() == pytest.approx([-np.log(CLIP), 0.0], abs=1e-5)


def test_without_both_outcomes_there_is_no_area() -> None:
    assert area([1.0, 1.0], [0.1, 0.2]) is None
    assert area([0.0, 1.0], [0.2, 0.2]) == 0.5
    assert measure([1.0], [0.5]).to_json()["auc"] is None


def test_rank_correlation_is_spearmans() -> None:
    left, right = np.array([3.0, 1.0, 2.0, 2.0, 9.0]), np.array([1.0, 5.0, 2.0, 2.5, 0.0])
    assert rank_correlation(left, right) == pytest.approx(stats.spearmanr(left, right).statistic)
    assert rank_correlation(left, np.ones(5)) is None
    assert rank_correlation(left[:2], right[:2]) is None


REFUSED: dict[str, tuple[Any, Any, type[Exception]]] = {
    "empty": ([], [], MeasureRefused),
    "outcome": ([0.5], [0.5], MeasureRefused),
    "above": ([1.0], [1.1], MeasureRefused),
    "below": ([1.0], [-0.1], MeasureRefused),
    "nan": ([1.0], [np.nan], BeliefRefused),
    "shape": ([1.0, 0.0], [0.5], BeliefRefused),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_prediction_is_refused(case: str) -> None:
    outcomes, chances, error = REFUSED[case]
    with pytest.raises(error):
        measure(outcomes, chances)
    assert measure([1.0], [0.5]).brier == 0.25
