"""Do expectations come with intervals that hold, and is nobody ever called gone?"""

from __future__ import annotations

import numpy as np
import pytest

from credence.service.reputation import value
from credence.service.reputation.value import bgnbd, lifetime, withdrawal
from credence.service.reputation.value.bgnbd import Purchases, ValueRefused, expect, expected_transactions, fit_bgnbd
from credence.service.reputation.value.lifetime import lifetime_value
from credence.service.reputation.value.withdrawal import survival
from tests.service.reputation.value.buyers import buyers

CDNOW = (0.243, 4.414, 0.793, 2.426)


@pytest.fixture(scope="module")
def drawn() -> Purchases:
    return buyers(1_500, seed=1)


@pytest.fixture(scope="module")
def fit(drawn: Purchases) -> bgnbd.Fit:
    return fit_bgnbd(drawn)


def test_the_published_customer_is_expected_to_come_as_published() -> None:
    """Customer 0001 of CDNOW in Fader, Hardie and Lee's worked example: 1.226 transactions in the next 39 weeks."""
    one = Purchases(np.array([2.0]), np.array([30.43]), np.array([38.86]))
    assert expected_transactions(CDNOW, one, 39.0)[0] == pytest.approx(1.226, abs=5e-4)


def test_what_was_put_in_is_found_again(fit: bgnbd.Fit) -> None:
    errors = np.sqrt(np.diag(fit.covariance))
    assert np.all(np.abs(np.log(fit.point / np.array([0.8, 6.0, 1.2, 3.0]))) < 3 * errors)
    assert fit.n == 1_500


def test_expectations_hold_for_what_came_later(drawn: Purchases, fit: bgnbd.Fit) -> None:
    """The same accounts, watched for 20 weeks longer."""
    longer = buyers(1_500, seed=1, age=60.0)
    came = float((longer.frequency - drawn.frequency).sum())
    assert np.all(longer.frequency >= drawn.frequency)
    found = expect(fit, drawn, 20.0, seed=1)
    mean, low, high = found.total
    assert low < mean < high
    assert np.all((found.low <= found.mean) & (found.mean <= found.high))
    assert came == pytest.approx(mean, rel=0.1)
    assert expect(fit, drawn, 20.0, seed=1).total == found.total != expect(fit, drawn, 20.0, seed=2).total


def test_a_parameter_at_one_is_no_hole(drawn: Purchases) -> None:
    points = [(0.8, 6.0, a, 3.0) for a in (1 - 1e-4, 1.0, 1 + 1e-4)]
    below, at, above = (expected_transactions(point, drawn, 10.0).sum() for point in points)
    assert below == pytest.approx(at, rel=1e-3) == pytest.approx(above, rel=1e-3)


def test_nobody_is_called_alive_or_gone() -> None:
    names = {name.lower() for module in (value, bgnbd, lifetime, withdrawal) for name in vars(module)}
    assert not [name for name in names if "alive" in name or "churn" in name]


@pytest.mark.parametrize(
    ("frequency", "recency", "age", "words"),
    [
        ([1.5], [1.0], [2.0], "whole number"),
        ([1.0], [3.0], [2.0], "not after the end"),
        ([0.0], [0.0], [0.0], "time has passed"),
        ([0.0], [1.0], [2.0], "exactly where"),
        ([1.0], [0.0], [2.0], "exactly where"),
    ],
)
def test_a_history_that_cannot_be_is_refused(
    frequency: list[float], recency: list[float], age: list[float], words: str
) -> None:
    with pytest.raises(ValueRefused, match=words):
        Purchases(np.array(frequency), np.array(recency), np.array(age))
    assert len(Purchases(np.array([1.0]), np.array([1.0]), np.array([2.0]))) == 1


def test_too_few_or_too_quiet_accounts_are_refused() -> None:
    few = buyers(19, seed=1)
    with pytest.raises(ValueRefused, match="20 accounts"):
        fit_bgnbd(few)
    quiet = Purchases(np.zeros(30), np.zeros(30), np.ones(30))
    with pytest.raises(ValueRefused, match="a second time"):
        fit_bgnbd(quiet)


def test_capital_that_is_still_there_counts_as_such() -> None:
    days = np.arange(1.0, 41.0)
    left = (np.arange(40) % 2 == 0).astype(float)
    found = survival(days, left, [0.5, 20.0, 40.0, 99.0])
    by_hand = 1.0
    for day, gone in zip(days[:20], left[:20], strict=True):
        by_hand *= 1 - gone / (days >= day).sum()
    assert found.share[:2].tolist() == [1.0, pytest.approx(by_hand)]
    assert 0.5 < by_hand < 0.75, "without the accounts that are still there it would be a half"
    assert found.low[1] < found.share[1] < found.high[1]
    assert (np.isnan(found.low[0]), found.at_risk.tolist(), found.withdrawn) == (True, [40.0, 21.0, 1.0, 0.0], 20)
    assert found.median is not None
    assert np.isnan(found.share[3]), "nobody was seen for so long"
    assert survival(days, np.zeros(40), [20.0]).median is None
    with pytest.raises(ValueRefused, match="20 accounts"):
        survival(days[:19], left[:19], [1.0])
    with pytest.raises(ValueRefused, match="withdrew or did not"):
        survival(days, left * 2, [1.0])


def test_lifetime_value_has_an_interval_and_its_supposition_beside_it(drawn: Purchases, fit: bgnbd.Fit) -> None:
    some = Purchases(drawn.frequency[:400], drawn.recency[:400], drawn.age[:400])
    paid = np.random.default_rng(2).gamma(2.0, 1.0, len(some))
    found = lifetime_value(fit, some, paid, horizon=52.0, discount=0.0, seed=1, draws=40)
    each = expect(fit, some, 52.0, seed=1, draws=40).total[0] / len(some)
    assert found.low < found.mean < found.high
    assert found.mean == pytest.approx(2 * each, rel=0.15)
    assert lifetime_value(fit, some, paid, horizon=52.0, discount=0.01, seed=1, draws=2).mean < found.mean
    assert found.independence is not None
    assert abs(found.independence) < 0.15
    with pytest.raises(ValueRefused, match="discount"):
        lifetime_value(fit, some, paid, horizon=52.0, discount=1.0, seed=1)
