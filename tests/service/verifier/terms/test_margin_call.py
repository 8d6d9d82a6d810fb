"""Is a margin call explained by numbers that hold when they are put back into the margin function?"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.service.verifier.tariff import shipped_tariff
from credence.service.verifier.terms import Facts, Terms, terms_for
from credence.service.verifier.terms.margin_call import NotExplained, Position, explain_call, maintenance

NOW = 1_790_000_000
DAY = 86_400


@cache
def terms(tier: str = "R2", **facts: Any) -> Terms:
    found = Facts(kyc_level=2, risk_tier="standard", own_standing=tier, own_ceiling="R5", **facts)
    return terms_for(shipped_tariff(), found, expires_at=NOW + DAY)


def held(side: Any = "long", quantity: str = "2", price: str = "50000", name: str = "btc_eth") -> Position:
    return Position(name, side, Decimal(quantity), Decimal(price))


def test_a_call_by_hand() -> None:
    """100,000 USD of BTC: maintenance margin 1 % = 1,000 USD; equity 1,100 USD."""
    call = explain_call(terms(), held(), Decimal(1100), at=NOW)
    assert (call.maintenance, call.buffer, call.called) == (Decimal(1000), Decimal("0.1"), True)
    assert call.deposit == Decimal(150)  # to 1,250
    # 1100 + 2 (p - 50000) = 0.02 p, so p = 98900 / 1.98
    assert call.liquidation_price == Decimal("49949.49494950")
    assert call.close_notional == Decimal("12500.00")  # 1100 - 0.0005 c = 0.0125 (100000 - c), so c = 150 / 0.012
    assert call.text("short") == "Margin call: pay in 150 USD, or close 12500 USD of the position."
    assert "If the price falls from 50000 to 49949.4949495 USD (0.1 % away), liquidation begins." in call.text()
    assert "bracket 1: maintenance margin of 1 % from 0 to 1000000 USD, times 1 for R2" in call.clause
    assert call.text("full").startswith(call.text("plain"))
    assert len(call.text("full")) > len(call.text("plain")) > len(call.text("short"))
    assert call.to_json()["cures"] == {"deposit_usd": "150", "close_notional_usd": "12500"}


def test_a_short_is_liquidated_where_the_price_rises() -> None:
    call = explain_call(terms(), held("short"), Decimal(1100), at=NOW)
    assert call.liquidation_price == Decimal("50049.50495049")  # 101100 / 2.02
    assert "rises" in call.text()


def test_who_has_enough_is_told_so() -> None:
    call = explain_call(terms(), held(), Decimal(1250), at=NOW)
    assert (call.called, call.deposit, call.close_notional) == (False, 0, 0)
    assert call.text("short").startswith("No margin call")
    paid = explain_call(terms(), held(), Decimal(200_000), at=NOW)
    assert paid.liquidation_price is None
    assert "No price" in paid.text()


def test_who_is_below_the_margin_is_told_the_price_is_behind() -> None:
    call = explain_call(terms(), held(), Decimal(900), at=NOW)
    assert call.text("short").startswith("Your equity is below")
    assert call.liquidation_price == Decimal("50050.50505051")
    assert "Liquidation may begin now, at a price of 50000 USD; above 50050.50505051 USD it would not." in call.text()


def test_closing_alone_may_not_be_enough() -> None:
    call = explain_call(terms(), held(), Decimal(6100), at=NOW, other_maintenance=Decimal(5000))
    assert call.close_notional is None
    assert "closing alone would not be enough" in call.text("short")


def test_a_raise_that_is_phased_in_is_part_of_it() -> None:
    raised = terms("R1", raises=(("R2", "R1", NOW, NOW + DAY),))
    calls = [explain_call(raised, held(), Decimal(1100), at=NOW + hour * 3600) for hour in (0, 12, 24)]
    assert [call.maintenance for call in calls] == [Decimal(1000), Decimal(1050), Decimal(1100)]
    told = "times 1.05 for R1, rising to 1.1 by 2026-09-22T14:13:20Z."
    assert [told in call.text() for call in calls] == [False, True, False]
    assert calls[0].text().endswith("times 1 for R1, rising to 1.1 by 2026-09-22T14:13:20Z.")
    assert calls[2].text().endswith("times 1.1 for R1.")


@pytest.mark.parametrize(
    "change", [{"side": "both"}, {"quantity": "0"}, {"price": "-1"}, {"quantity": "1e30"}, {"price": "NaN"}]
)
def test_what_is_no_position(change: dict[str, Any]) -> None:
    with pytest.raises(NotExplained):
        held(**change)


def test_what_is_no_equity() -> None:
    with pytest.raises(NotExplained):
        explain_call(terms(), held(), Decimal("Infinity"), at=NOW)
    assert explain_call(terms(), held(), Decimal(-5), at=NOW).deposit == Decimal(1255)


@given(
    st.sampled_from(["long", "short"]),
    st.sampled_from(["btc_eth", "large", "small", "long_tail"]),
    st.sampled_from(["RX", "R0", "R1", "R4"]),
    st.decimals("0.001", "5000", places=3),
    st.decimals("0.01", "90000", places=2),
    st.decimals("-0.1", "1.5", places=4),
    st.sampled_from([Decimal(0), Decimal("123.45")]),
)
@settings(max_examples=60, deadline=None)
def test_every_number_holds_when_it_is_put_back(
    side: Any, name: str, tier: str, quantity: Decimal, price: Decimal, share: Decimal, other: Decimal
) -> None:
    found, position = terms(tier), Position(name, side, quantity, price)
    equity = (share * quantity * price).quantize(Decimal("0.01"))
    call = explain_call(found, position, equity, at=NOW, other_maintenance=other)
    schedule = found.margin_for(name).schedule
    now, have = position.exact, Fraction(equity)
    assert maintenance(schedule, now) == Fraction(schedule.mm(quantity * price))
    if call.liquidation_notional is not None:
        sign = 1 if side == "long" else -1
        there = call.liquidation_notional
        assert have + sign * (there - now) == maintenance(schedule, there) + Fraction(other)
    else:
        at_nothing = have + (-now if side == "long" else now) - Fraction(other)
        assert at_nothing >= 0 if side == "long" else at_nothing <= 0
    wanted = Fraction(5, 4) * (maintenance(schedule, now) + Fraction(other))
    assert have + Fraction(call.deposit) >= wanted
    if call.deposit:
        assert have + Fraction(call.deposit) - Fraction(1, 100) < wanted
    fee = Fraction(found.fees.taker_ppm, 1_000_000)

    def cured(closed: Fraction) -> bool:
        left = max(now - closed, Fraction(0))
        return have - fee * closed >= Fraction(5, 4) * (maintenance(schedule, left) + Fraction(other))

    if call.close_notional is None:
        assert not cured(now)
    else:
        assert cured(min(Fraction(call.close_notional), now))
        if call.close_notional:
            assert not cured(Fraction(call.close_notional) - Fraction(1, 100))
