"""Are facts refused that are none? Does the wire carry decimal strings, and the same ones each time?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from credence.service.verifier.tariff import parse_tariff
from credence.service.verifier.tariff.amounts import bps, parse_decimal, plain
from credence.service.verifier.terms import Facts, FactsError, terms_for
from tests.service.verifier.people import EXPIRES, FACTS, TARIFF, D, terms


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("volume_30d_usd", D(-1)), ("volume_30d_usd", D("NaN")), ("volume_30d_usd", 5), ("volume_30d_usd", None),
        ("volume_30d_usd", D("1e18") + 1), ("maker_share", D("1.01")), ("maker_share", 0.5), ("open_interest_share", D(2)),
        ("expected_shortfall_usd", D("-0.01")), ("insurance_share_usd", D("sNaN")), ("accredited", 1), ("accredited", None),
        ("stress_regime", "no"), ("kyc_level", "2"), ("kyc_level", True), ("kyc_level", D(2)), ("risk_tier", 1),
        ("standing_tier", ["R5"]), ("kind", 3), ("positions", [("btc_eth", D(1))]), ("positions", (("btc_eth",),)),
        ("positions", ((1, D(1)),)), ("positions", (("btc_eth", D(-1)),)), ("positions", (("btc_eth", 1.0),)),
    ],
)  # fmt: skip
def test_facts_that_are_none(field: str, value: Any) -> None:
    with pytest.raises(FactsError) as caught:
        Facts(**{field: value})
    assert caught.value.field == field


@pytest.mark.parametrize("expires_at", [0, -1, True, 1.5, "1764000000", 2**53])
def test_expiry_is_a_time(expires_at: Any) -> None:
    with pytest.raises(FactsError, match="expires_at"):
        terms_for(TARIFF, Facts(), expires_at=expires_at)


@given(FACTS)
@settings(max_examples=60, deadline=None)
def test_the_wire_has_decimal_strings_only(facts: Facts) -> None:
    def walk(value: Any, key: str = "") -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                walk(item, name)
        elif isinstance(value, list):
            for item in value:
                walk(item, key)
        else:
            assert value is None or isinstance(value, bool | str)
            numeric = key.endswith(("_usd", "_ppm", "_bps", "_factor", "_at", "_move")) or key in (
                "im",
                "mm",
                "max_leverage",
            )
            if isinstance(value, str) and numeric and value != "none":
                parse_decimal(value)

    found = terms_for(TARIFF, facts, expires_at=EXPIRES)
    walk(found.to_json())
    assert json.dumps(found.to_json()) == json.dumps(terms_for(TARIFF, facts, expires_at=EXPIRES).to_json())
    assert list(found.to_json()) == list(terms().to_json())
    assert found.to_json()["tariff"] == {"name": "perp-default", "version": "2", "digest": TARIFF.digest}


def test_the_wire_of_one_person() -> None:
    wire: Any = terms(kyc_level=0, volume_30d_usd=D("2.5e9")).to_json()
    assert (wire["expires_at"], wire["max_leverage"], wire["notional_cap_usd"]) == ("1764000000", "5", "10000")
    assert wire["fees"] == {
        "volume_tier": "V6", "maker_ppm": "-20", "maker_bps": "-0.20", "taker_ppm": "275", "taker_bps": "2.75",
    }  # fmt: skip
    assert wire["margin"][3]["brackets"][-1] == {"from_usd": "2000000", "to_usd": None, "im": "1", "mm": "0.625"}
    assert wire["relief"] == {"granted": True, "open_interest_share": "0.02"}
    assert wire["reasons"][4] == {
        "factor": "leverage_cap",
        "value": "5",
        "effect": {"btc_eth": "5", "large": "5", "small": "5"},
    }


def test_another_version_is_another_answer() -> None:
    newer = parse_tariff(TARIFF.canonical.replace(b'"version":"2"', b'"version":"3"'))
    found: Any = terms_for(newer, Facts(), expires_at=EXPIRES).to_json()
    assert found["tariff"]["version"] == "3"
    assert found["tariff"]["digest"] != TARIFF.digest


def test_amounts_are_written_plainly() -> None:
    assert [plain(D(text)) for text in ("1E+6", "0.50", "-0", "1e-7", "100", "-2.50")] == [
        "1000000",
        "0.5",
        "0",
        "0.0000001",
        "100",
        "-2.5",
    ]
    assert [bps(ppm) for ppm in (0, 5, -5, 578, -120)] == ["0.00", "0.05", "-0.05", "5.78", "-1.20"]
