"""Is every change of a tariff found, and told from whom it takes?"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from credence.service.verifier.tariff import Tariff, parse_tariff, shipped_tariff
from credence.service.verifier.tariff.comparing import changes, only_cheaper

SHIPPED: dict[str, Any] = json.loads(shipped_tariff().canonical)


def changed(change: Callable[[dict[str, Any]], object]) -> Tariff:
    document = copy.deepcopy(SHIPPED)
    change(document)
    return parse_tariff(json.dumps(document).encode())


def cheaper(document: dict[str, Any]) -> None:
    document["volume_tiers"][0]["taker_ppm"] = "480"


def test_the_same_tariff_changes_nothing() -> None:
    assert changes(shipped_tariff(), shipped_tariff()) == ()
    assert changes(shipped_tariff(), changed(lambda document: document.update(version="2"))) == ()
    assert only_cheaper(())


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (cheaper, {("taker fee (ppm)", "cheaper")}),
        (lambda d: d["volume_tiers"][1].update(taker_ppm="455"), {("taker fee (ppm)", "dearer")}),
        (
            lambda d: d["volume_tiers"][1].update(from_usd="2000000"),
            {("taker fee (ppm)", "dearer"), ("maker fee (ppm)", "dearer")},
        ),
        (lambda d: d["maker_share_rebates"]["steps"][0].update(maker_ppm="-40"), {("maker fee (ppm)", "cheaper")}),
        (lambda d: d["maker_share_rebates"].update(volume_tier_from="V5"), {("maker fee (ppm)", "dearer")}),
        (lambda d: d["standing_tiers"]["R3"].update(im_factor="0.90"), {("initial margin", "less margin")}),
        (lambda d: d["standing_tiers"]["R1"].update(mm_factor="1.15"), {("maintenance margin", "more margin")}),
        (lambda d: d["kyc_levels"]["1"].update(notional_cap_usd="900000"), {("notional cap (USD)", "narrower")}),
        (lambda d: d["kyc_levels"]["2"].update(leverage_cap="50"), {("leverage cap", "narrower")}),
        (lambda d: d["kyc_levels"]["3"].update(standing_floor="R2"), {("standing floor", "wider")}),
        (lambda d: d["risk_tiers"]["enhanced"].update(monitoring_class="3"), {("monitoring class", "narrower")}),
        (lambda d: d["relief"].update(open_interest_share="0.01"), {("open-interest share with relief", "narrower")}),
        (
            lambda d: d["im_factor_range"].update(min="0.81"),
            {("least initial-margin factor", "wider"), ("initial margin", "more margin")},
        ),
        (lambda d: d["instrument_classes"][0].update(stress_move="0.3"), {("stress move", "narrower")}),
        (
            lambda d: d["instrument_classes"][1]["open_interest_cap"].update(lower_usd="50000000"),
            {("open-interest cap (USD)", "wider")},
        ),
        (
            lambda d: d["instrument_classes"][0]["brackets"][0].update(im="0.021"),
            {("initial margin", "more margin")},
        ),
        (
            lambda d: d["instrument_classes"][0]["brackets"][-1].update(mm="0.11"),
            {("maintenance margin", "more margin")},
        ),
        (lambda d: d["priority_classes"].update(institution_accredited="2"), {("priority class institution", "cheaper")}),
    ],
)
def test_each_part_is_looked_at(change: Callable[[dict[str, Any]], object], found: set[tuple[str, str]]) -> None:
    new = changed(change)
    rows = changes(shipped_tariff(), new)
    assert {(row.part, row.direction) for row in rows} == found
    assert any(row.is_worse for row in changes(new, shipped_tariff())) or any(row.is_worse for row in rows)
    assert only_cheaper(rows) == all(direction == "cheaper" for _, direction in found)


def test_a_change_is_told_in_a_line() -> None:
    (row,) = changes(shipped_tariff(), changed(cheaper))
    assert row.text() == "taker fee (ppm) cheaper: RX, from 0 USD, enhanced: 630 -> 605 (and 41 more)"
    assert row.to_json()["places"] == 42
