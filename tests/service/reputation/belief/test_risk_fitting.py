"""Are prior, base rate and half-life of risk found again where they are known?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.belief.risk_fitting import fit_risk


def drawn(accounts: int, steps: int, *, shape: float, rate: float, half_life: float) -> tuple[np.ndarray, np.ndarray]:
    """Accounts whose θ is drawn anew before each step from what is remembered of the steps before."""
    rng = np.random.default_rng(1)
    exposure = rng.uniform(0.2, 2.0, (accounts, steps)) * (rng.random((accounts, steps)) < 0.8)
    events = np.zeros((accounts, steps))
    seen, expected, fade = np.zeros(accounts), np.zeros(accounts), 2 ** (-1 / half_life)
    for step in range(steps):
        theta = rng.gamma(shape + seen) / (shape + expected)
        events[:, step] = rng.poisson(theta * rate * exposure[:, step])
        seen, expected = seen * fade + events[:, step], expected * fade + rate * exposure[:, step]
    return events, exposure


def test_what_was_drawn_from_a_prior_gives_it_back() -> None:
    fitted = fit_risk(*drawn(1_500, 20, shape=2.0, rate=0.5, half_life=8.0))
    assert fitted.shape == pytest.approx(2.0, rel=0.2)
    assert fitted.rate == pytest.approx(0.5, rel=0.1)
    assert fitted.half_life == pytest.approx(8.0, rel=0.25)


def test_the_same_input_gives_the_same_fit() -> None:
    events, exposure = drawn(50, 5, shape=2.0, rate=1.0, half_life=4.0)
    assert fit_risk(events, exposure) == fit_risk(events.copy(), exposure.copy())


@pytest.mark.parametrize(
    ("events", "exposure"),
    [
        ([[1.0, 0.5]], [[1.0, 1.0]]),
        ([[1.0, 1.0]], [[1.0, 0.0]]),
        ([[0.0, 0.0]], [[1.0, 1.0]]),
        ([1.0, 0.0], [1.0, 1.0]),
        ([[1.0, -1.0]], [[1.0, 1.0]]),
        ([[1.0, np.nan]], [[1.0, 1.0]]),
        ([[1.0, 0.0]], [[1.0]]),
    ],
    ids=["half", "no-exposure", "none", "flat", "negative", "nan", "shape"],
)
def test_what_nothing_can_be_fitted_to_is_refused(events: Any, exposure: Any) -> None:
    with pytest.raises(BeliefRefused):
        fit_risk(events, exposure)
    assert fit_risk([[1.0, 0.0]], [[1.0, 1.0]]).shape > 0
