"""Are the shares, Sharpe ratios and turnovers what their closed forms say, at the limits too?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from credence.service.reputation.belief.answers import Belief
from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.belief.evidence import Evidence, daily_evidence, no_evidence
from credence.service.reputation.belief.frequency import event_day_belief, share_all
from credence.service.reputation.belief.sharpe import sharpe_all, sharpe_belief
from credence.service.reputation.belief.velocity import turnover_all, turnover_belief

BELIEFS = (event_day_belief, sharpe_belief, turnover_belief)


@given(st.floats(0, 500), st.floats(0, 500))
@settings(max_examples=50, deadline=None)
def test_shares_are_beta(hits: float, misses: float) -> None:
    found = share_all([hits], [hits + misses], (0.5, 9.5))
    posterior = stats.beta(0.5 + hits, 9.5 + misses)
    assert found.mean[0] == pytest.approx(posterior.mean(), rel=1e-9)
    assert [found.low[0], found.high[0]] == pytest.approx(posterior.ppf([0.05, 0.95]), rel=1e-6, abs=1e-12)


@given(st.floats(0, 500), st.floats(0, 500))
@settings(max_examples=50, deadline=None)
def test_turnovers_are_gamma(turned: float, days: float) -> None:
    found = turnover_all([turned], [days], (5.0, 1.0))
    posterior = stats.gamma(5 + turned, scale=1 / (5 + days))
    assert found.mean[0] == pytest.approx(posterior.mean(), rel=1e-9)
    assert [found.low[0], found.high[0]] == pytest.approx(posterior.ppf([0.05, 0.95]), rel=1e-8)


@pytest.mark.parametrize(
    ("n", "mean", "deviation"), [(0, 0.0, 0.0), (5, 0.01, 0.02), (30, -0.004, 0.05), (300, 0.002, 0.01)]
)
def test_sharpe_ratios_are_those_of_the_normal_inverse_gamma(n: int, mean: float, deviation: float) -> None:
    kappa0, volatility = 20.0, 0.03
    first, second = n * mean, n * (deviation**2 + mean**2)
    found = sharpe_all([n], [first], [second], (kappa0, volatility))
    kappa, shape, centre = kappa0 + n, 2 + n / 2, n * mean / (kappa0 + n)
    scale = 2 * volatility**2 + n * deviation**2 / 2 + kappa0 * n * mean**2 / (2 * kappa)
    precision = stats.gamma(shape, scale=1 / scale)

    def below(bound: float) -> float:
        """P(μ/σ ≤ bound), integrated over the precision."""
        inside = lambda tau: stats.norm.cdf(np.sqrt(kappa) * (bound - centre * np.sqrt(tau))) * precision.pdf(tau)  # noqa: E731
        return float(integrate.quad(inside, 0, precision.ppf(1 - 1e-12), epsabs=1e-10, limit=200)[0])

    assert below(float(found.low[0])) == pytest.approx(0.05, abs=1e-6)
    assert below(float(found.high[0])) == pytest.approx(0.95, abs=1e-6)
    root, _ = integrate.quad(lambda tau: np.sqrt(tau) * precision.pdf(tau), 0, precision.ppf(1 - 1e-12), epsabs=1e-10)
    assert found.mean[0] == pytest.approx(centre * root, rel=1e-6, abs=1e-9)


def test_many_returns_tell_the_ratio() -> None:
    found = sharpe_all([1e6], [1e6 * 0.002], [1e6 * (0.01**2 + 0.002**2)], (20.0, 0.03))
    assert [found.low[0], found.mean[0], found.high[0]] == pytest.approx([0.2, 0.2, 0.2], abs=0.003)


def evidence(**sums: float) -> Evidence:
    return daily_evidence(1, [0], [7], {name: [number] for name, number in sums.items()}, 7)


@pytest.mark.parametrize("believe", BELIEFS)
def test_an_answer_says_all_of_it(believe: Any) -> None:
    told = evidence(days=20, event_days=3, return_n=20, return_sum=0.2, return_sumsq=0.01, turnover=90, turnover_days=20)
    answer: Belief = believe(told, 0)
    assert answer.low < answer.mean < answer.high
    assert (answer.evidence, answer.effective_n, answer.as_of) == (pytest.approx(20), pytest.approx(20), 7)
    assert answer.model.startswith("belief-default/2/")
    assert answer.reasons
    assert all(reason.effect != 0 for reason in answer.reasons)
    assert set(answer.to_json()) == {
        *("kind", "unit", "mean", "interval", "evidence", "effective_n", "as_of", "model", "reasons"),
    }


@pytest.mark.parametrize(("believe", "prior"), list(zip(BELIEFS, (0.05, 0.0, 1.0), strict=True)))
def test_nothing_known_is_the_prior_and_so_is_all_forgotten(believe: Any, prior: float) -> None:
    assert believe(no_evidence(1, 0), 0).mean == pytest.approx(prior)
    told = evidence(days=20, event_days=20, return_n=20, return_sum=2, return_sumsq=1, turnover=900, turnover_days=20)
    assert abs(believe(told, 0).mean - prior) > 0.1
    assert believe(told.align(20_000), 0).mean == pytest.approx(prior)


@pytest.mark.parametrize("believe", BELIEFS)
def test_a_row_that_is_nobody_is_refused(believe: Any) -> None:
    with pytest.raises(BeliefRefused):
        believe(no_evidence(1, 0), 1)
    assert believe(no_evidence(1, 0), 0).kind


@pytest.mark.parametrize(
    "call",
    [
        lambda: share_all([2.0], [1.0], (1.0, 1.0)),
        lambda: share_all([-1.0], [1.0], (1.0, 1.0)),
        lambda: share_all([1.0], [2.0], (0.0, 1.0)),
        lambda: sharpe_all([0.0], [1.0], [1.0], (1.0, 1.0)),
        lambda: sharpe_all([4.0], [4.0], [1.0], (1.0, 1.0)),
        lambda: sharpe_all([4.0], [np.nan], [1.0], (1.0, 1.0)),
        lambda: sharpe_all([4.0], [1.0], [1.0], (1.0, float("nan"))),
        lambda: turnover_all([1.0], [-1.0], (1.0, 1.0)),
        lambda: turnover_all([1.0], [1.0], (1.0, -1.0)),
    ],
    ids=["hits", "negative", "prior", "no-days", "spread", "nan", "nan-prior", "days", "turnover-prior"],
)
def test_what_cannot_be_is_refused(call: Any) -> None:
    with pytest.raises(BeliefRefused):
        call()


def test_what_is_like_it_and_can_be_is_accepted() -> None:
    assert share_all([1.0], [1.0], (1.0, 1.0)).mean[0] == pytest.approx(2 / 3)
    assert sharpe_all([4.0], [-1.0], [1.0], (1.0, 1.0)).mean[0] < 0
    assert turnover_all([1.0], [0.0], (1.0, 1.0)).mean[0] == 2.0
