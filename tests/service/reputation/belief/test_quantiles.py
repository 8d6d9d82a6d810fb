"""Is a quantile of the spline the quantile, wherever it is asked for, and however many are asked for at once?"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from credence.service.reputation.belief.quantiles import ACCURACY, LEAST, MOST, NODES, gamma_quantile

KNOTS = np.linspace(np.log(LEAST), np.log(MOST), NODES)


@pytest.mark.parametrize("probability", [0.05, 0.95])
@pytest.mark.parametrize("between", [0.0, 0.1, 0.25, 0.5, 0.75, 0.9])
def test_between_all_knots_it_is_as_exact_as_it_says(probability: float, between: float) -> None:
    shape = np.exp(KNOTS[:-1] + between * (KNOTS[1] - KNOTS[0]))
    exact = special.gammaincinv(shape, probability)
    assert np.abs(gamma_quantile(shape, probability) / exact - 1).max() < ACCURACY


def test_beyond_the_grid_it_is_solved_for() -> None:
    shape = np.array([1e-3, 0.4, LEAST, 2.0, MOST, 2 * MOST, 1e9])
    found = gamma_quantile(shape, 0.95)
    assert found == pytest.approx(special.gammaincinv(shape, 0.95), rel=ACCURACY)
    assert [float(gamma_quantile(one, 0.95)[0]) for one in shape[:, None]] == found.tolist()
