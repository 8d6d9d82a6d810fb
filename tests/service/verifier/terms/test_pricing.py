"""Does each person get the agreed terms? Do the terms keep every promise, whatever the facts?"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.service.verifier.tariff.tables import KYC_LEVELS, RISK_TIERS, STANDING_TIERS, exact_fee, round_fee
from credence.service.verifier.terms import Facts, Terms, expected_shortfall, terms_for
from tests.service.verifier.people import AMOUNTS, EXPIRES, FACTS, TARIFF, D, reasons, terms

# --- golden persons, by hand from the agreed tables ---


def test_a_new_low_risk_person() -> None:
    found = terms(kyc_level=2, risk_tier="low")  # R1 x low: IM 1.25 x 0.95, MM 1.10, taker 1.00; V0
    assert (found.standing_tier, found.fees.volume_tier) == ("R1", "V0")
    assert (found.fees.maker_ppm, found.fees.taker_ppm) == (200, 500)
    first, second = found.margin_for("btc_eth").schedule.brackets[:2]
    assert (first.im, first.mm) == (D("0.02375"), D("0.011"))
    assert (second.im, second.mm) == (D("0.0296875"), D("0.01375"))
    assert found.margin_for("btc_eth").im(D(2_000_000)) == D("23750") + D("29687.5")
    assert found.margin_for("btc_eth").mm(D(2_000_000)) == D("11000") + D("13750")
    assert [str(row.max_leverage) for row in found.margin] == ["42.1", "16.84", "8.42", "4.21"]
    assert (found.max_leverage, found.notional_cap_usd) == (D("42.10"), D(25_000_000))
    assert (found.reduce_only, found.relief, found.priority_class, found.monitoring_class) == (False, True, 0, 1)
    assert [item.text() for item in found.reasons] == [
        "kyc_level 2: kyc_level 2, standing_floor R1, standing_ceiling R5, notional_cap_usd 25000000, leverage_cap none",
        "standing_tier none: standing_tier R1, im_factor 1.25, mm_factor 1.1, taker_factor 1",
        "risk_tier low: risk_tier low, im_factor 0.95, taker_factor 1, notional_cap_factor 1, monitoring_class 1",
        "im_ceiling 1.1875: long_tail 1",
        "volume_30d_usd 0: volume_tier V0, maker_ppm 200, taker_ppm 500",
    ]


def test_a_new_person_under_enhanced_due_diligence() -> None:
    found = terms(kyc_level=1, risk_tier="enhanced", volume_30d_usd=D(1_000_000))
    assert (found.fees.volume_tier, found.fees.maker_ppm, found.fees.taker_ppm) == ("V1", 150, 473)  # 450 x 1.05 = 472.5
    assert [bracket.im for bracket in found.margin_for("large").schedule.brackets] == [
        D("0.078125"), D("0.09765625"), D("0.15625"), D("0.1953125"), D("0.390625"),
    ]  # fmt: skip
    assert found.margin_for("small").schedule.brackets[3].mm == D("0.18315")  # 16.65 % x 1.10
    assert [str(row.max_leverage) for row in found.margin] == ["20", "12.8", "6.4", "3.2"]
    assert (found.notional_cap_usd, found.monitoring_class) == (D(500_000), 2)
    assert reasons(found)["leverage_cap"] == {"btc_eth": "20"}
    assert reasons(found)["notional_cap"] == {"notional_cap_usd": "500000"}
    assert reasons(found)["taker_fee"] == {"taker_ppm": "473"}


def test_a_proven_institution_with_the_best_standing() -> None:
    found = terms(
        kyc_level=3, risk_tier="low", standing_tier="R5", kind="institution", accredited=True,
        volume_30d_usd=D(2_000_000_000), maker_share=D("0.0299"),
    )  # fmt: skip
    assert (found.fees.volume_tier, found.fees.maker_ppm, found.fees.taker_ppm) == ("V6", -60, 213)  # 250 x 0.85 = 212.5
    first, last = found.margin_for("btc_eth").schedule.brackets[0], found.margin_for("btc_eth").schedule.brackets[-1]
    assert (first.im, first.mm, last.im, last.mm) == (D("0.016"), D("0.01"), D("0.16"), D("0.1"))  # 0.76 held at 0.80
    assert reasons(found)["im_factor_range"] == {"combined_im_factor": "0.8"}
    assert (found.max_leverage, found.notional_cap_usd, found.priority_class) == (D("62.5"), None, 1)


def test_nobody_in_particular() -> None:
    found = terms()
    assert (found.kyc_level, found.standing_tier, found.risk_tier) == (0, "R0", "standard")
    assert (found.fees.maker_ppm, found.fees.taker_ppm) == (200, 550)
    first = found.margin_for("btc_eth").schedule.brackets[0]
    assert (first.im, first.mm) == (D("0.03"), D("0.0125"))
    assert (found.max_leverage, found.notional_cap_usd) == (D(5), D(10_000))
    assert found.margin_for("btc_eth").to_open(D(10_000)) == 2_000


def test_a_hard_flag_is_reduce_only_whatever_else_is_proven() -> None:
    found = terms(kyc_level=3, risk_tier="low", standing_tier="RX", kind="institution", accredited=True)
    assert (found.standing_tier, found.reduce_only, found.max_leverage, found.relief) == ("RX", True, 0, False)
    assert (found.fees.taker_ppm, found.margin[0].schedule.brackets[0].mm) == (600, D("0.0125"))
    assert found.margin[0].schedule.brackets[0].im == D("0.04")


# --- tiers ---


@pytest.mark.parametrize(
    ("level", "given", "priced"),
    [
        (None, None, "R0"), (0, None, "R0"), (0, "R5", "R0"), (0, "RX", "RX"), (7, "R3", "R0"),
        (1, None, "R1"), (1, "R0", "R1"), (1, "R5", "R5"), (3, "RX", "RX"), (3, "R6", "RX"), (3, "", "RX"), (3, "r5", "RX"),
    ],
)  # fmt: skip
def test_which_standing_tier_is_priced(level: int | None, given: str | None, priced: str) -> None:
    assert terms(kyc_level=level, standing_tier=given, risk_tier="standard").standing_tier == priced


def test_unknown_values_get_the_worst_row_and_are_not_repeated() -> None:
    found = terms(kyc_level=9, risk_tier="<script>", standing_tier="R17", kind="emperor", accredited=True)
    assert (found.kyc_level, found.risk_tier, found.standing_tier, found.priority_class) == (0, "enhanced", "RX", 0)
    assert [item.value for item in found.reasons if item.factor in ("kyc_level", "risk_tier", "standing_tier")] == [
        "unknown"
    ] * 3
    assert "<script>" not in json.dumps(found.to_json())
    assert found.margin_for("memes") == found.margin_for("long_tail")


@given(FACTS)
@settings(max_examples=100, deadline=None)
def test_no_known_tier_is_priced_worse_than_an_unknown_one(facts: Facts) -> None:
    best = terms_for(TARIFF, facts, expires_at=EXPIRES)
    for field, value in (("kyc_level", 9), ("risk_tier", "?"), ("standing_tier", "?")):
        worst = terms_for(TARIFF, replace(facts, **{field: value}), expires_at=EXPIRES)
        assert worst.max_leverage <= best.max_leverage
        assert (worst.notional_cap_usd or D("Infinity")) <= (best.notional_cap_usd or D("Infinity"))
        if field != "kyc_level" or facts.risk_tier is not None:
            assert worst.fees.taker_ppm >= best.fees.taker_ppm
            assert all(w.im(D(10**7)) >= b.im(D(10**7)) for w, b in zip(worst.margin, best.margin, strict=True))


def test_a_withheld_risk_tier_counts_as_enhanced_once_a_level_is_shown() -> None:
    for level in (1, 2, 3):
        withheld, shown = terms(kyc_level=level), terms(kyc_level=level, risk_tier="enhanced")
        assert (withheld.margin, withheld.fees, withheld.notional_cap_usd) == (
            shown.margin,
            shown.fees,
            shown.notional_cap_usd,
        )
        assert withheld.monitoring_class == 2


# --- promises for all facts ---


@given(FACTS)
@settings(max_examples=200, deadline=None)
def test_promises(facts: Facts) -> None:
    found = terms_for(TARIFF, facts, expires_at=EXPIRES)
    assert found.fees.taker_ppm + min(-80, found.fees.maker_ppm) >= 100
    for row, base in zip(found.margin, TARIFF.instrument_classes, strict=True):
        for ours, table in zip(row.schedule.brackets, base.schedule.brackets, strict=True):
            assert ours.im <= 1
            assert ours.im >= D("1.2") * ours.mm
            assert ours.mm >= table.mm
            assert min(D(1), table.im * D("0.8")) <= ours.im <= table.im * 2
            assert found.relief or ours.im >= table.im
        assert all(a.im <= b.im and a.mm <= b.mm for a, b in pairwise(row.schedule.brackets))
        assert row.max_leverage * row.schedule.brackets[0].im <= 1
        assert row.leverage_cap is None or row.max_leverage <= row.leverage_cap
        assert (row.max_leverage == 0) == found.reduce_only


@given(FACTS)
@settings(max_examples=100, deadline=None)
def test_the_reasons_alone_explain_the_terms(facts: Facts) -> None:
    found = terms_for(TARIFF, facts, expires_at=EXPIRES)
    assert found.reasons[0].factor == "kyc_level"
    im = taker = D(1)
    fee, told = D(0), {"maker_ppm": "", "taker_ppm": ""}
    for item in found.reasons:
        effect = dict(item.effect)
        im = D(effect.get("combined_im_factor") or im * D(effect.get("im_factor", "1")))
        taker *= D(effect.get("taker_factor", "1"))
        told.update({name: value for name, value in item.effect if name in told})
        if item.factor == "volume_30d_usd":
            fee = D(effect["taker_ppm"]) * taker
    for row, base in zip(found.margin, TARIFF.instrument_classes, strict=True):
        expected = [min(D(1), bracket.im * im) for bracket in base.schedule.brackets]
        assert [bracket.im for bracket in row.schedule.brackets] == expected
    assert told == {"maker_ppm": str(found.fees.maker_ppm), "taker_ppm": str(found.fees.taker_ppm)}
    assert found.fees.taker_ppm - 1 < fee <= found.fees.taker_ppm
    assert found.relief == all(effect.get("relief") != "off" for effect in (dict(item.effect) for item in found.reasons))


def _never_costs_more(worse: Terms, better: Terms, notional: Decimal) -> None:
    assert better.fees.taker_ppm <= worse.fees.taker_ppm
    assert better.fees.maker_ppm <= worse.fees.maker_ppm
    assert better.max_leverage >= worse.max_leverage
    assert (better.notional_cap_usd or D("Infinity")) >= (worse.notional_cap_usd or D("Infinity"))
    for a, b in zip(worse.margin, better.margin, strict=True):
        assert b.im(notional) <= a.im(notional)
        assert b.mm(notional) <= a.mm(notional)
        assert b.to_open(notional) <= a.to_open(notional)


@given(FACTS, AMOUNTS)
@settings(max_examples=100, deadline=None)
def test_a_better_tier_never_costs_more(facts: Facts, notional: Decimal) -> None:
    for field, ladder in (("standing_tier", STANDING_TIERS), ("risk_tier", RISK_TIERS)):
        found = [terms_for(TARIFF, replace(facts, **{field: name}), expires_at=EXPIRES) for name in ladder]
        for worse, better in pairwise(found):
            _never_costs_more(worse, better, notional)


@given(FACTS.filter(lambda facts: facts.risk_tier is not None), AMOUNTS)
@settings(max_examples=60, deadline=None)
def test_a_higher_kyc_level_never_costs_more(facts: Facts, notional: Decimal) -> None:
    found = [terms_for(TARIFF, replace(facts, kyc_level=level), expires_at=EXPIRES) for level in KYC_LEVELS]
    for worse, better in pairwise(found):
        _never_costs_more(worse, better, notional)


@given(FACTS, AMOUNTS, AMOUNTS)
@settings(max_examples=60, deadline=None)
def test_more_volume_never_costs_more(facts: Facts, one: Decimal, other: Decimal) -> None:
    low, high = (
        terms_for(TARIFF, replace(facts, volume_30d_usd=volume), expires_at=EXPIRES) for volume in sorted((one, other))
    )
    _never_costs_more(low, high, D(10**6))
    assert high.margin == low.margin


# --- relief, caps, fees ---


@pytest.mark.parametrize(
    ("facts", "blocker"),
    [
        ({}, None),
        ({"stress_regime": True}, "stress_regime"),
        ({"open_interest_share": D("0.02")}, None),
        ({"open_interest_share": D("0.0201")}, "open_interest_share"),
        ({"expected_shortfall_usd": D(5), "insurance_share_usd": D(5)}, None),
        ({"expected_shortfall_usd": D("5.01"), "insurance_share_usd": D(5)}, "expected_shortfall"),
        ({"expected_shortfall_usd": D(5)}, "insurance_share"),
        ({"positions": (("btc_eth", D(0)),)}, None),
        ({"positions": (("btc_eth", D(1000)),), "insurance_share_usd": D(1000)}, "open_interest_share"),
        ({"positions": (("btc_eth", D(1000)),), "open_interest_share": D(0)}, "insurance_share"),
        # 24 % of 1,000 less the relieved margin of 1.6 %: 224
        ({"positions": (("btc_eth", D(1000)),), "open_interest_share": D(0), "insurance_share_usd": D(224)}, None),
        (
            {"positions": (("btc_eth", D(1000)),), "open_interest_share": D(0), "insurance_share_usd": D("223.99")},
            "expected_shortfall",
        ),
    ],
)
def test_relief_is_off_when_the_venue_could_be_hurt(facts: dict[str, Any], blocker: str | None) -> None:
    best = {"kyc_level": 3, "risk_tier": "low", "standing_tier": "R5", **facts}
    found = terms(**best)
    assert found.relief is (blocker is None)
    first = found.margin[0].schedule.brackets[0]
    if blocker is None:
        assert (first.im, first.mm, found.fees.taker_ppm) == (D("0.016"), D("0.01"), 425)
    else:
        assert (first.im, first.mm, found.fees.taker_ppm) == (D("0.02"), D("0.01"), 500)
        assert reasons(found)[blocker] == {"relief": "off"}
        assert reasons(found)["standing_tier"]["im_factor_withheld"] == "0.8"
        assert reasons(found)["risk_tier"]["im_factor_withheld"] == "0.95"


def test_without_relief_one_factor_does_not_pay_for_another() -> None:
    found = terms(kyc_level=2, risk_tier="low", stress_regime=True)  # R1 1.25 x low 0.95 -> 1.25
    assert found.margin[0].schedule.brackets[0].im == D("0.025")


def test_a_better_standing_tier_does_not_lose_its_relief_first() -> None:
    for insured, relief in ((D(224), True), (D("223.99"), False)):
        for standing in ("R3", "R4", "R5"):
            found = terms(
                kyc_level=3, risk_tier="standard", standing_tier=standing, open_interest_share=D(0),
                positions=(("btc_eth", D(1000)),), insurance_share_usd=insured,
            )  # fmt: skip
            assert found.relief is relief


def test_expected_shortfall_sums_classes_without_offsets() -> None:
    held = (("btc_eth", D(1000)), ("large", D(1000)), ("memes", D(1000)), ("btc_eth", D(1000)))
    assert expected_shortfall(TARIFF, held) == (480 - 32) + (360 - 40) + (500 - 160)  # margins at the factor 0.80
    assert expected_shortfall(TARIFF, ()) == expected_shortfall(TARIFF, (("long_tail", D(0)),)) == 0
    assert expected_shortfall(TARIFF, (("memes", D(10**8)),)) == 0  # 80 % margin on nearly all of it covers a move of 50 %


def test_the_cap_binds_the_whole_person() -> None:
    at_cap = (("btc_eth", D(300_000)), ("large", D(200_000)))
    assert not terms(kyc_level=1, positions=at_cap).reduce_only
    over = terms(kyc_level=1, positions=(*at_cap, ("large", D("0.01"))))
    assert (over.reduce_only, over.max_leverage) == (True, 0)
    assert reasons(over)["positions"] == {"reduce_only": "true"}


@pytest.mark.parametrize(
    ("standing", "volume", "share", "maker"),
    [
        ("R3", 125_000_000, "0.005", -30), ("R3", 125_000_000, "0.0049", 0), ("R2", 125_000_000, "1", 0),
        ("R3", 124_999_999, "1", 50), ("R4", 500_000_000, "0.015", -60), ("R5", 2_000_000_000, "0.03", -80),
        ("R5", 2_000_000_000, "0", -20), ("RX", 2_000_000_000, "1", -20),
    ],
)  # fmt: skip
def test_maker_share_rebate_replaces_the_maker_fee(standing: str, volume: int, share: str, maker: int) -> None:
    found = terms(kyc_level=2, risk_tier="standard", standing_tier=standing, volume_30d_usd=D(volume), maker_share=D(share))
    assert found.fees.maker_ppm == maker


@given(st.integers(-1000, 1000), st.decimals("0.01", "3", places=2))
def test_charges_round_up_and_rebates_are_not_multiplied(ppm: int, factor: Decimal) -> None:
    rounded = round_fee(exact_fee(ppm, factor))
    assert rounded == ppm if ppm <= 0 else ppm * factor <= rounded < ppm * factor + 1
    assert round_fee(D(ppm) + D("-0.5")) == ppm  # a rebate of n.5 pays n


def test_every_combination_of_tiers_has_terms() -> None:
    for level, risk, standing in product(KYC_LEVELS, RISK_TIERS, STANDING_TIERS):
        assert terms(kyc_level=level, risk_tier=risk, standing_tier=standing).risk_tier == risk
