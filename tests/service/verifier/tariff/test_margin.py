"""Is the margin of a position continuous, rising, and honest at every edge?"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings

from credence.service.verifier.tariff.margin import OpenInterestCap
from credence.service.verifier.tariff.tables import STANDING_TIERS
from credence.service.verifier.terms import Facts, terms_for
from tests.service.verifier.people import AMOUNTS, EXPIRES, FACTS, TARIFF, D, terms


@given(FACTS, AMOUNTS, AMOUNTS)
@settings(max_examples=80, deadline=None)
def test_margin_rises_with_notional_and_splitting_pays(facts: Facts, one: Decimal, other: Decimal) -> None:
    for row in terms_for(TARIFF, facts, expires_at=EXPIRES).margin:
        for ask in (row.im, row.mm):
            assert ask(one) + ask(other) <= ask(one + other)
            assert ask(one) <= one
            assert ask(one + other) >= max(ask(one), ask(other))


@pytest.mark.parametrize("standing", STANDING_TIERS)
def test_margin_has_no_jump_at_any_edge(standing: str) -> None:
    step = D("0.000001")
    for row in terms(kyc_level=2, risk_tier="standard", standing_tier=standing).margin:
        for before, after in pairwise(row.schedule.brackets):
            edge = after.from_usd
            for ask, left, right in ((row.im, before.im, after.im), (row.mm, before.mm, after.mm)):
                assert ask(edge) - ask(edge - step) == step * left
                assert ask(edge + step) - ask(edge) == step * right
        assert row.im(D(0)) == row.mm(D(0)) == 0


@pytest.mark.parametrize("bad", [D(-1), D("NaN"), D("Infinity"), D("1e19"), D("1e-19"), 5, 5.0, "5"])
def test_margin_of_no_amount(bad: Any) -> None:
    row = terms(kyc_level=2).margin[0]
    for ask in (row.im, row.mm, row.to_open, lambda value: row.to_open(D(1), value)):
        with pytest.raises(ValueError, match="finite Decimal"):
            ask(bad)


def test_a_crowded_market_asks_more_up_to_everything() -> None:
    row = terms(kyc_level=2, risk_tier="standard", standing_tier="R2").margin_for("large")
    notional = D(1_000_000)
    asked = [row.to_open(notional, D(million) * 1_000_000) for million in (0, 40, 70, 100, 500)]
    assert asked == [50_000, 50_000, 525_000, 1_000_000, 1_000_000]
    assert OpenInterestCap(D(0), D(3)).weight(D(1)) == D("0.333333333333333334")  # no end: rounded up
    assert terms(kyc_level=2).margin_for("btc_eth").open_interest_cap is None
