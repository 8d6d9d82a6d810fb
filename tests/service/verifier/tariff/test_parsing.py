"""Is the shipped tariff the one that was agreed? Is every broken one refused, by the name of what it breaks?"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from importlib import resources
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.service.verifier.tariff import TariffError, door, parse_tariff, parsing, shipped_tariff
from credence.service.verifier.tariff.invariants import INVARIANTS, violations
from credence.service.verifier.tariff.tables import RISK_TIERS, STANDING_TIERS, exact_fee, round_fee

SHIPPED = resources.files("credence.service.verifier.tariff").joinpath("shipped", "perp-default.json").read_bytes()
Way = tuple[str | int, ...]

R3_LINES = ("posterior", "tangents", 1)
BTC, LONG_TAIL = ("instrument_classes", 0), ("instrument_classes", 3)

# Each breaks the named invariant and no other; the accepted twin of all is the shipped file.
MUTATIONS: list[tuple[str, Way, Any]] = [
    ("ascending", ("volume_tiers", 2, "from_usd"), "1000000"),
    ("ascending", ("volume_tiers", 2, "from_usd"), "999999.99"),
    ("ascending", ("volume_tiers", 0, "from_usd"), "1"),
    ("ascending", ("maker_share_rebates", "steps", 1, "share_from"), "0.005"),
    ("monotone", ("volume_tiers", 3, "taker_ppm"), "401"),
    ("monotone", ("volume_tiers", 5, "maker_ppm"), "1"),
    ("monotone", ("maker_share_rebates", "steps", 1, "maker_ppm"), "-29"),
    ("monotone", ("maker_share_rebates", "steps", 0, "maker_ppm"), "-19"),
    ("monotone", ("standing_tiers", "R4", "taker_factor"), "0.96"),
    ("no-net-rebate", ("maker_share_rebates", "steps", 2, "maker_ppm"), "-114"),
    ("no-net-rebate", ("volume_tiers", 6, "taker_ppm"), "210"),
    ("no-net-rebate", ("standing_tiers", "R5", "taker_factor"), "0.71"),
    ("im-rises-with-notional", (*BTC, "brackets", 1, "im"), "0.02"),
    ("mm-rises-with-notional", (*BTC, "brackets", 1, "mm"), "0.01"),
    ("im-falls-with-standing", ("standing_tiers", "R4", "im_factor"), "0.93"),
    ("mm-falls-with-standing", ("standing_tiers", "R0", "mm_factor"), "1.09"),
    ("mm-never-below-base", ("standing_tiers", "R5", "mm_factor"), "0.99"),
    ("im-covers-mm", (*LONG_TAIL, "brackets", 3, "mm"), "0.6667"),
    ("im-covers-mm", (*BTC, "brackets", 0, "im"), "0.0149"),
    ("im-factor-range", ("im_factor_range", "min"), "0.79"),
    ("im-factor-range", ("im_factor_range", "max"), "2.01"),
    ("im-at-most-one", (*LONG_TAIL, "brackets", 3, "im"), "1.01"),
    ("continuous", (*BTC, "brackets", 1, "from_usd"), "1000001"),
    ("continuous", (*BTC, "brackets", 1, "from_usd"), "999999"),
    ("continuous", (*BTC, "brackets", 0, "from_usd"), "1"),
    ("continuous", (*BTC, "brackets", 5, "to_usd"), "1000000000"),
    ("risk-order", ("risk_tiers", "low", "im_factor"), "1.01"),
    ("risk-order", ("risk_tiers", "standard", "taker_factor"), "1.06"),
    ("risk-order", ("risk_tiers", "low", "notional_cap_factor"), "0.99"),
    ("risk-order", ("risk_tiers", "low", "monitoring_class"), "2"),
    ("kyc-order", ("kyc_levels", "2", "notional_cap_usd"), "999999"),
    ("kyc-order", ("kyc_levels", "1", "leverage_cap"), "4"),
    ("kyc-order", ("kyc_levels", "0", "notional_cap_usd"), "500001"),
    ("kyc-order", ("kyc_levels", "2", "standing_floor"), "R0"),
    ("reduce-only", ("standing_tiers", "R0", "im_factor"), None),
    ("reduce-only", ("standing_tiers", "R1", "reduce_only"), True),
    ("open-interest-caps", ("instrument_classes", 1, "open_interest_cap", "lower_usd"), "100000000"),
    ("worst-terms", ("fallback", "standing_tier"), "R2"),
    ("worst-terms", ("fallback", "risk_tier"), "standard"),
    ("worst-terms", ("fallback", "instrument_class"), "small"),
    ("worst-terms", ("kyc_levels", "3", "risk_tier_unproven"), "standard"),
    ("tangents-ascend", (*R3_LINES, "score"), "640"),
    ("tangents-ascend", (*R3_LINES, "lines", 1, "alpha_milli"), "4071"),
    ("tangents-ascend", (*R3_LINES, "lines", 1, "beta_milli"), "1792"),
    ("tangents-ascend", (*R3_LINES, "lines", 0, "alpha_milli"), "1276"),
    ("tangents-ascend", (*R3_LINES, "lines", 1, "beta_milli"), "805"),
    ("tangents-lose-little", (*R3_LINES, "loss"), "2.11"),
]


def shipped() -> dict[str, Any]:
    return copy.deepcopy(json.loads(SHIPPED))


def mutated(way: Way, value: Any) -> dict[str, Any]:
    document = shipped()
    at: Any = document
    for step in way[:-1]:
        at = at[step]
    assert at[way[-1]] != value
    at[way[-1]] = value
    return document


def refusal(document: Any) -> str:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(TariffError) as caught:
        parse_tariff(data)
    assert str(caught.value).startswith(caught.value.invariant + ": ")
    return caught.value.invariant


def leaves(value: Any, way: Way = ()) -> Iterator[tuple[Way, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from leaves(item, (*way, key))
    if not isinstance(value, dict | list):
        yield way, value


LEAVES = list(leaves(json.loads(SHIPPED)))
NUMBERS = [way for way, value in LEAVES if isinstance(value, str) and value.lstrip("-")[0].isdigit()]


def test_shipped_tariff_is_accepted_and_breaks_nothing() -> None:
    tariff = shipped_tariff()
    assert (tariff.name, tariff.version, tariff.currency) == ("perp-default", 2, "USD")
    assert violations(tariff) == {}


def test_digest_is_that_of_the_canonical_document() -> None:
    tariff = shipped_tariff()
    assert tariff.canonical == rfc8785.dumps(json.loads(SHIPPED))
    assert tariff.digest == hashlib.sha256(tariff.canonical).hexdigest()
    backwards = json.dumps(dict(reversed(shipped().items())), indent=7).encode()
    assert parse_tariff(backwards).digest == tariff.digest
    assert parse_tariff(json.dumps(mutated(("version",), "3")).encode()).digest != tariff.digest


def test_one_of_before_has_no_tangents_and_the_digest_it_had() -> None:
    document = {key: value for key, value in shipped().items() if key != "posterior"}
    before = parse_tariff(json.dumps({**document, "version": "1"}).encode())
    assert (before.posterior, before.digest) == (None, "45c91a2155e56e4a0ce0da7632d1a9b4868adb72fd7b15f92de1682749043269")


# --- the agreed tables, transcribed by hand ---

FEES_BPS = """V0 0 2.0/5.0; V1 1M 1.5/4.5; V2 5M 1.0/4.0; V3 25M 0.5/3.5; V4 125M 0/3.0; V5 500M 0/2.7; V6 2000M -0.2/2.5"""
MARGIN = {
    "btc_eth": "2/1 to 1M; 2.5/1.25 to 5M; 4/2 to 25M; 5/2.5 to 100M; 10/5 to 250M; 20/10",
    "large": "5/2.5 to 1M; 6.25/3.125 to 5M; 10/5 to 25M; 12.5/6.25 to 70M; 25/12.5",
    "small": "10/5 to 0.25M; 12.5/6.25 to 1M; 20/10 to 5M; 33.3/16.65",
    "long_tail": "20/10 to 0.1M; 25/12.5 to 0.5M; 50/25 to 2M; 100/50",
}
STANDING = "RX none 1.25 1.20, R0 1.50 1.25 1.10, R1 1.25 1.10 1, R2 1 1 1, R3 .92 1 .95, R4 .86 1 .90, R5 .80 1 .85"


def million(text: str) -> Decimal:
    return Decimal(text.removesuffix("M")) * (1_000_000 if text.endswith("M") else 1)


def test_fee_ladder_is_the_agreed_one() -> None:
    rows = [(row.name, row.from_usd, row.maker_ppm, row.taker_ppm) for row in shipped_tariff().volume_tiers]
    expected = []
    for text in FEES_BPS.split("; "):
        name, threshold, fees = text.split(" ")
        maker, taker = (int(Decimal(fee) * 100) for fee in fees.split("/"))
        expected.append((name, million(threshold), maker, taker))
    assert rows == expected
    rebates = shipped_tariff().rebates
    assert (rebates.standing_from, rebates.volume_from) == ("R3", "V4")
    assert [(str(step.share_from), step.maker_ppm) for step in rebates.steps] == [
        ("0.005", -30),
        ("0.015", -60),
        ("0.03", -80),
    ]


def test_margin_brackets_are_the_agreed_ones() -> None:
    for row in shipped_tariff().instrument_classes:
        start, expected = Decimal(0), []
        for text in MARGIN[row.name].split("; "):
            rates, _, end = text.partition(" to ")
            im, mm = (Decimal(rate) / 100 for rate in rates.split("/"))
            expected.append((start, million(end) if end else None, im, mm))
            start = million(end) if end else start
        assert [(b.from_usd, b.to_usd, b.im, b.mm) for b in row.schedule.brackets] == expected
    assert {row.name for row in shipped_tariff().instrument_classes} == MARGIN.keys()


def test_standing_tiers_are_the_agreed_ones() -> None:
    for text in STANDING.split(", "):
        name, im, mm, taker = text.split(" ")
        row = shipped_tariff().standing_tiers[name]
        assert row.im_factor == (None if im == "none" else Decimal(im))
        assert (row.mm_factor, row.taker_factor, row.reduce_only) == (Decimal(mm), Decimal(taker), name == "RX")


@pytest.mark.data
def test_figures_agree_with_the_collected_defaults(shared: Path) -> None:
    collected = json.loads((shared / "data/venues/policy_defaults.json").read_text(), parse_float=Decimal)
    tariff = shipped_tariff()
    for ours, theirs in zip(tariff.volume_tiers, collected["fees_bps"], strict=True):
        assert (ours.maker_ppm, ours.taker_ppm) == (theirs["maker"] * 100, theirs["taker"] * 100)
        assert ours.from_usd == theirs["min_30d_volume_usd"]
    for ours, name in zip(tariff.instrument_classes, collected["margin_brackets"], strict=True):
        assert [[b.to_usd, b.im, b.mm] for b in ours.schedule.brackets] == collected["margin_brackets"][name]
        cap = ours.open_interest_cap
        assert (None if cap is None else [cap.lower_usd, cap.upper_usd]) == collected["open_interest_caps"][name]
        assert ours.stress_move == collected["stress_move"][name]


# --- invariants, one by one ---


@pytest.mark.parametrize(("invariant", "way", "value"), MUTATIONS)
def test_broken_invariant_is_refused_by_name_and_alone(invariant: str, way: Way, value: Any) -> None:
    document = mutated(way, value)
    assert refusal(document) == invariant
    unchecked = parsing._tariff(door.decode(json.dumps(document).encode()))
    assert violations(unchecked).keys() == {invariant}


def test_every_invariant_has_a_mutation() -> None:
    assert {name for name, _, _ in MUTATIONS} == INVARIANTS.keys()


def test_brackets_end_above_their_start() -> None:
    document = shipped()
    brackets = document["instrument_classes"][0]["brackets"]
    brackets[1]["to_usd"] = brackets[2]["from_usd"] = "1000000"
    assert refusal(document) == "ascending"


def test_edges_of_the_walls_are_accepted() -> None:
    for way, value in [
        (("maker_share_rebates", "steps", 2, "maker_ppm"), "-113"),
        ((*BTC, "brackets", 0, "im"), "0.015"),
        ((*LONG_TAIL, "brackets", 3, "mm"), "0.6666"),
        (("kyc_levels", "0", "notional_cap_usd"), "500000"),
        (("im_factor_range", "min"), "0.9"),
    ]:
        assert violations(parse_tariff(json.dumps(mutated(way, value)).encode())) == {}


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(NUMBERS), st.decimals("-3", "3", places=2))
def test_any_one_number_changed_is_refused_or_harmless(way: Way, factor: Decimal) -> None:
    at: Any = json.loads(SHIPPED)
    for step in way:
        at = at[step]
    changed = Decimal(at) * factor
    text = format(changed, "f") if changed else "0"
    document = shipped() if text == at else mutated(way, text)
    try:
        tariff = parse_tariff(json.dumps(document).encode())
    except TariffError:
        return
    # Accepted: then the promises hold for what would be charged, computed here without the checks' own code.
    takers, makers = [], [step.maker_ppm for step in tariff.rebates.steps]
    for standing, risk in product(STANDING_TIERS, RISK_TIERS):
        factors = tariff.factors(standing, risk, relief=True)
        assert Decimal("0.8") <= factors.im <= 2
        assert factors.mm >= 1
        for row in tariff.instrument_classes:
            scaled = row.schedule.scaled(factors.im, factors.mm)
            for bracket, base in zip(scaled.brackets, row.schedule.brackets, strict=True):
                assert bracket.im <= 1
                assert 12 * bracket.mm <= 10 * bracket.im
                assert bracket.mm >= base.mm
            assert all(a.im <= b.im and a.mm < b.mm for a, b in pairwise(scaled.brackets))
        takers += [round_fee(exact_fee(row.taker_ppm, factors.taker)) for row in tariff.volume_tiers]
        makers += [row.maker_ppm for row in tariff.volume_tiers]
    assert min(takers) + min(makers) >= 100


# --- the strict door ---


def test_every_key_is_needed_and_no_other_is_known() -> None:
    def objects(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict):
            yield value
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from objects(item)

    for index, found in enumerate(objects(json.loads(SHIPPED))):
        for key in found.keys() - ({"posterior"} if index == 0 else set()):  # which those of before do not have
            document = shipped()
            del list(objects(document))[index][key]
            assert refusal(document) == "shape"
        document = shipped()
        list(objects(document))[index]["extra"] = "1"
        assert refusal(document) == "shape"


def test_no_leaf_may_be_a_bare_number() -> None:
    for way, _ in LEAVES:
        assert refusal(mutated(way, 2)) == "number"
        assert refusal(mutated(way, 2.5)) == "number"


def test_no_leaf_may_be_of_another_type() -> None:
    for way, value in LEAVES:
        wrong = "true" if isinstance(value, bool) else ["1"]
        assert refusal(mutated(way, wrong)) in {"shape", "number"}


@pytest.mark.parametrize(
    "text", ["1e6", "+1", "01", " 1", "1 ", "1.", ".5", "1_000", "NaN", "Infinity", "-0.0", "0x1", "١", ""]
)
def test_only_plain_decimal_strings_are_numbers(text: str) -> None:
    way: Way = ("volume_tiers", 1, "from_usd")
    assert refusal(mutated(way, text)) == "number" if text.isascii() else "shape"
    assert refusal(mutated(("volume_tiers", 1, "taker_ppm"), text)) == "number"


@pytest.mark.parametrize(
    ("way", "text"),
    [
        (("risk_tiers", "low", "im_factor"), "0"),
        (("risk_tiers", "low", "im_factor"), "-0.95"),
        (("risk_tiers", "enhanced", "im_factor"), "10.01"),
        (("volume_tiers", 0, "taker_ppm"), "5.5"),
        (("volume_tiers", 0, "taker_ppm"), "100001"),
        (("maker_share_rebates", "steps", 0, "maker_ppm"), "1"),
        (("maker_share_rebates", "steps", 2, "share_from"), "1.01"),
        (("relief", "open_interest_share"), "0"),
        (("kyc_levels", "0", "leverage_cap"), "0.99"),
        (("kyc_levels", "2", "notional_cap_usd"), "1000000000000000001"),
        (("version",), "0"),
    ],
)
def test_numbers_out_of_range_are_refused(way: Way, text: str) -> None:
    assert refusal(mutated(way, text)) == "number"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"[" * 60_000,
        b"\xef\xbb\xbf" + SHIPPED,
        SHIPPED.replace(b"perp-default", "perp-défaut".encode()),
        SHIPPED.replace(b"perp-default", b"Perp"),
        SHIPPED.replace(b'"currency": "USD"', b'"currency": "EUR"'),
        SHIPPED.replace(b'"version": "2",', b'"version": "2", "version": "2",'),
        SHIPPED.replace(b'"tier": "V3"', b'"tier": "V7"'),
        SHIPPED.replace(b'"name": "large"', b'"name": "small"'),
        SHIPPED + b" " * 65_536,
        b'{"a": NaN}',
    ],
)
def test_what_is_not_this_document_is_refused(data: bytes) -> None:
    assert refusal(data) == ("number" if b"NaN" in data else "shape")


@pytest.mark.parametrize("name", ["", "nope", "../perp-default", "perp-default.json", "Perp-Default", "perp-default\n"])
def test_a_tariff_that_does_not_come_with_the_package(name: str) -> None:
    with pytest.raises(TariffError) as caught:
        shipped_tariff(name)
    assert caught.value.invariant == "unknown-tariff"
