"""Are prior and memory found again where they are known, and does no prediction look ahead?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.belief.fitting import (
    LONGEST,
    Histories,
    SharePrior,
    fit_marginal,
    fit_share,
    predict,
    remembered_share,
)

PLAIN = SharePrior(mean=0.5, strength=2.0, short=LONGEST, long=LONGEST, lasting=0.0)


def histories(hits: list[list[int]], times: list[list[float]] | None = None) -> Histories:
    hit = np.array(hits, dtype=np.float64)
    time = np.array(times) if times is not None else np.broadcast_to(np.arange(hit.shape[1], dtype=np.float64), hit.shape)
    return Histories(time, hit, np.ones(hit.shape, dtype=np.bool_))


def everything(found: Histories) -> Any:
    return np.ones(found.hit.shape, dtype=np.bool_)


def test_with_nothing_forgotten_it_is_the_beta_binomial() -> None:
    found = predict(PLAIN, histories([[1, 1, 0, 1]]))
    np.testing.assert_allclose(found[0], [1 / 2, 2 / 3, 3 / 4, 3 / 5], rtol=1e-3)


def test_weights_are_those_of_the_formula() -> None:
    prior = SharePrior(mean=0.3, strength=1.5, short=2.0, long=8.0, lasting=0.25)
    times = np.array([0.0, 1.0, 4.0, 6.0])
    age = 6.0 - times[:3]
    weight = 2 ** (-(age - 1) / 2) + 0.25 * 2 ** (-(age - 1) / 8)
    hit = np.array([1.0, 0.0, 1.0])
    found = predict(prior, histories([[1, 0, 1, 0]], [times.tolist()]))[0, 3]
    assert found == pytest.approx((1.5 * 0.3 + weight @ hit) / (1.5 + weight.sum()))


def test_no_prediction_looks_ahead() -> None:
    prior = SharePrior(0.4, 1.0, 3.0, LONGEST, 0.1)
    for later in ([0, 0], [1, 0], [1, 1]):
        found = predict(prior, histories([[1, 0, *later]]))[0, :3]
        np.testing.assert_array_equal(found, predict(prior, histories([[1, 0, 1, 1]]))[0, :3])


def test_steps_that_are_not_there_say_nothing() -> None:
    prior = SharePrior(0.4, 1.0, 3.0, LONGEST, 0.1)
    hit, time = np.array([[1.0, 9.0, 0.0]]), np.array([[0.0, -7.0, 2.0]])
    gap = Histories(time, hit, np.array([[True, False, True]]))
    whole = histories([[1, 0]], [[0.0, 2.0]])
    assert predict(prior, gap)[0, 2] == predict(prior, whole)[0, 1]
    assert remembered_share(gap, 0.5)[0].tolist() == [0.5, 1.0, 1.0]


def drawn(accounts: int, steps: int, half_life: float, seed: int) -> Histories:
    """Accounts whose next step is drawn from what is remembered of the steps before."""
    rng = np.random.default_rng(seed)
    hits, trials, fade = np.zeros(accounts), np.zeros(accounts), 2 ** (-1 / half_life)
    found = np.empty((accounts, steps))
    for step in range(steps):
        chance = (2.0 * 0.3 + hits) / (2.0 + trials)
        found[:, step] = rng.random(accounts) < chance
        hits, trials = hits * fade + found[:, step], trials * fade + 1
    return histories(found.astype(int).tolist())


@pytest.mark.slow
def test_what_was_drawn_from_a_prior_and_a_memory_gives_them_back() -> None:
    found = drawn(3_000, 30, 4.0, 1)
    fitted = fit_share(found, everything(found), least=0.5)
    assert fitted.mean == pytest.approx(0.3, abs=0.02)
    assert fitted.short == pytest.approx(4.0, rel=0.1)
    assert fitted.strength == pytest.approx(2.0, rel=0.1)


def test_the_same_input_gives_the_same_fit_in_any_order_of_accounts() -> None:
    found = drawn(100, 5, 1.0, 2)
    turned = Histories(found.time[::-1], found.hit[::-1], found.present[::-1])
    first, other = (fit_share(item, everything(item), lasts=True) for item in (found, turned))
    assert first == other


def test_a_memory_is_never_worse_than_none_on_what_it_was_fitted_to() -> None:
    found = drawn(300, 8, 1.0, 3)

    def loss(prior: SharePrior) -> float:
        chances = predict(prior, found)
        return float(-np.mean(np.log(np.where(found.hit == 1, chances, 1 - chances))))

    none, one, two = (
        fit_share(found, everything(found), forgets=forgets, lasts=lasts)
        for forgets, lasts in ((False, False), (True, False), (True, True))
    )
    assert none.short == LONGEST
    assert two.lasting > 0 == one.lasting == none.lasting
    assert loss(two) <= loss(one) + 1e-6 <= loss(none) + 2e-6
    assert loss(none) - loss(one) > 0.01


def test_the_textbook_prior_is_the_likeliest() -> None:
    rng = np.random.default_rng(4)
    hits = rng.binomial(20, rng.beta(2, 6, 4_000))
    alpha, beta = fit_marginal(hits, np.full(4_000, 20))
    assert (alpha, beta) == (pytest.approx(2, rel=0.15), pytest.approx(6, rel=0.15))

    def likelihood(a: float, b: float) -> float:
        return float(stats.betabinom(20, a, b).logpmf(hits).sum())

    best = likelihood(alpha, beta)
    assert all(best >= likelihood(alpha * x, beta * y) for x in (0.98, 1, 1.02) for y in (0.98, 1, 1.02))


@pytest.mark.parametrize(
    "call",
    [
        lambda: histories([[0, 2]]),
        lambda: histories([[0, 1]], [[1.0, 0.0]]),
        lambda: histories([[0, 1]], [[0.0, np.nan]]),
        lambda: Histories(np.zeros(2), np.zeros(2), np.ones(2, dtype=np.bool_)),
        lambda: Histories(np.zeros((1, 2)), np.zeros((1, 2)), np.ones((1, 3), dtype=np.bool_)),
        lambda: fit_share(histories([[1, 1]]), np.ones((1, 2), dtype=np.bool_)),
        lambda: fit_share(histories([[0, 1]]), np.zeros((1, 2), dtype=np.bool_)),
        lambda: fit_marginal([3.0], [2.0]),
        lambda: fit_marginal([0.0], [2.0]),
        lambda: fit_marginal([], []),
    ],
    ids=[
        *("hit", "order", "nan", "flat", "shape", "alike", "none-due"),
        *("more-hits", "no-hits", "nobody"),
    ],
)
def test_what_nothing_can_be_fitted_to_is_refused(call: Any) -> None:
    with pytest.raises(BeliefRefused):
        call()


def test_what_is_like_it_is_accepted() -> None:
    found = histories([[0, 1]], [[1.0, 1.0]])
    assert 0 < fit_share(found, everything(found)).mean < 1
    assert min(fit_marginal([1.0], [2.0])) > 0
