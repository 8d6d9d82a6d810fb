"""Does the challenger keep its directions, its calibration and its place?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.challenger import LEAST_ROWS, Challenger, fit_challenger
from credence.service.reputation.evaluation.measures import measure


def drawn(number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three features: more of the first is worse, more of the second better, the third is noise."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(number, 3))
    chance = 1 / (1 + np.exp(1 - 1.5 * features[:, 0] + features[:, 1]))
    return features, (rng.random(number) < chance).astype(float)


@pytest.fixture(scope="module")
def challenger() -> Challenger:
    return fit_challenger(*drawn(800, 1), directions=(1, -1, 0))


def test_it_knows_more_than_the_share_and_is_calibrated(challenger: Challenger) -> None:
    features, outcomes = drawn(4_000, 2)
    found = measure(outcomes, challenger.predict(features))
    assert found.log_loss < measure(outcomes, np.full(4_000, outcomes.mean())).log_loss - 0.1
    assert found.ece < 0.05
    assert found.auc is not None
    assert found.auc > 0.8


@pytest.mark.parametrize(("column", "direction"), [(0, 1), (1, -1)])
def test_it_never_falls_where_more_is_worse(challenger: Challenger, column: int, direction: int) -> None:
    around = drawn(50, 3)[0]
    rows = np.repeat(around, 21, axis=0)
    rows[:, column] = np.tile(np.linspace(-3, 3, 21), 50)
    found = challenger.predict(rows).reshape(50, 21)
    assert (direction * np.diff(found, axis=1) >= 0).all()
    assert np.ptp(found) > 0.5


def test_no_probability_is_certain(challenger: Challenger) -> None:
    found = challenger.predict(np.array([[50.0, -50.0, 0.0], [-50.0, 50.0, 0.0]]))
    assert 0 < found[1] < 0.05
    assert 0.95 < found[0] < 1


def test_the_same_input_gives_the_same_model() -> None:
    features, outcomes = drawn(150, 4)
    first, second = (fit_challenger(features, outcomes, (1, -1, 0)) for _ in range(2))
    np.testing.assert_array_equal(first.predict(features), second.predict(features))


ROWS, FOUND = drawn(LEAST_ROWS, 5)


@pytest.mark.parametrize(
    ("features", "outcomes", "directions"),
    [
        (ROWS[:-1], FOUND[:-1], (1, -1, 0)),
        (ROWS, FOUND[:-1], (1, -1, 0)),
        (ROWS, FOUND, (1, -1)),
        (ROWS, FOUND, (2, -1, 0)),
        (ROWS, FOUND + 0.5, (1, -1, 0)),
        (ROWS, FOUND * 0, (1, -1, 0)),
        (ROWS * np.nan, FOUND, (1, -1, 0)),
        (ROWS[:, 0], FOUND, (1,)),
    ],
    ids=["few", "lengths", "columns", "direction", "outcome", "alike", "nan", "flat"],
)
def test_what_cannot_be_fitted_is_refused(features: Any, outcomes: Any, directions: tuple[int, ...]) -> None:
    with pytest.raises(BeliefRefused):
        fit_challenger(features, outcomes, directions)


def test_what_was_not_fitted_is_not_predicted(challenger: Challenger) -> None:
    for rows in (np.zeros((1, 2)), np.zeros(3), np.array([[np.nan, 0, 0]])):
        with pytest.raises(BeliefRefused):
            challenger.predict(rows)
    assert fit_challenger(ROWS, FOUND, (1, -1, 0)).predict(np.zeros((1, 3))).shape == (1,)
