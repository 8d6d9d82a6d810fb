"""Is a table that contradicts itself refused, by the name of what it breaks? Its accepted twin is the shipped one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from credence.service.issuer.diligence import MIN_VALIDITY, SHIPPED, DiligenceError, DiligenceTable, load_table, parse_table

Change = Callable[[dict[str, Any]], None]


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return found


def put(*path: str | int, value: Any) -> Change:
    def change(table: Any) -> None:
        for name in path[:-1]:
            table = table[name]
        table[path[-1]] = value

    return change


def weigh(factor: str, **weights: str) -> Change:
    def change(table: dict[str, Any]) -> None:
        table["weights"][factor] |= {name.replace("_", "-"): weight for name, weight in weights.items()}

    return change


def every(*path: str, value: str) -> Change:
    def change(table: Any) -> None:
        for name in path:
            table = table[name]
        table |= dict.fromkeys(table, value)

    return change


def demand(mode: str, **changes: Any) -> Change:
    return lambda table: table["modes"][mode].update(changes)


BROKEN: list[tuple[Change, str]] = [
    (put("type", value="credence/diligence/1"), "shape"),
    (put("version", value=3), "shape"),
    (put("minimum_age", value="18"), "shape"),
    (put("more", value=1), "shape"),
    (put("residence", "more", value=[]), "shape"),
    (put("residence", "low", value=["DE", "DE"]), "shape"),
    (put("validity_days", "low", value=MIN_VALIDITY - 1), "shape"),
    (put("kyc_level", "high", value=4), "shape"),
    (put("weights", "pep", "yes", value="high"), "shape"),
    (put("weights", "pep", "yes", value="100"), "shape"),
    (put("weights", "pep", "yes", value="-1"), "shape"),
    (put("weights", "pep", "yes", value="01"), "shape"),
    (put("weights", "pep", "yes", value=9), "shape"),
    (put("weights", "pep", "perhaps", value="1"), "shape"),
    (put("weights", "mood", value={"good": "0"}), "shape"),
    (lambda table: table["weights"]["product"].pop("lending"), "shape"),
    (lambda table: table["weights"].pop("channel"), "shape"),
    (put("evidence_age", "up_to_days", value=[]), "shape"),
    (put("evidence_age", "up_to_days", 0, "more", value=1), "shape"),
    (put("evidence_age", "more", value="1"), "shape"),
    (put("points", "standard_from", value=0), "shape"),
    (put("points", "more", value=1), "shape"),
    (put("monitoring", "low", "intensity", value="none"), "shape"),
    (put("monitoring", "low", "review_days", value=0), "shape"),
    (put("monitoring", "low", "more", value=1), "shape"),
    (put("ends_with", value="never"), "shape"),
    (put("modes", "secret", value={}), "shape"),
    (demand("open", minimum_assurance="none"), "shape"),
    (demand("open", stated=["mood"]), "shape"),
    (demand("open", record_years=101), "shape"),
    (put("kyc_level", "high", value=1), "kyc-levels-rise"),
    (put("kyc_level", "basic", value=2), "kyc-levels-rise"),
    (put("residence", "low", value=["EU"]), "countries-exist"),
    (put("nationality", "low", value=["de"]), "countries-exist"),
    (put("residence", "low", value=["KP"]), "one-band"),
    (every("weights", "kind", value="1"), "one-weighs-nothing"),
    (put("evidence_age", "up_to_days", 0, "weight", value="1"), "one-weighs-nothing"),
    (weigh("residence", low="1", standard="0"), "worse-weighs-more"),
    (weigh("assurance", substantial="3"), "worse-weighs-more"),
    (weigh("pep", no="refused", yes="0"), "worse-weighs-more"),
    (put("evidence_age", "up_to_days", 1, "weight", value="3"), "worse-weighs-more"),
    (put("evidence_age", "older", value="1"), "worse-weighs-more"),
    (weigh("product", payments="3"), "silence-is-worst"),
    (weigh("channel", not_stated="0"), "silence-is-worst"),
    (weigh("source-of-funds", gambling="refused"), "silence-is-worst"),
    (put("evidence_age", "unknown", value="2"), "silence-is-worst"),
    (weigh("residence", enhanced="9"), "bands-do-what-they-say"),
    (weigh("nationality", refused="enhanced"), "bands-do-what-they-say"),
    (weigh("pep", yes="99"), "pep-is-enhanced"),
    (put("evidence_age", "up_to_days", 1, "days", value=30), "ages-rise"),
    (put("points", "enhanced_from", value=2), "thresholds-rise"),
    (put("validity_days", "enhanced", value=366), "validity-falls"),
    (put("monitoring", "enhanced", "intensity", value="light"), "monitoring-rises"),
    (put("monitoring", "enhanced", "review_days", value=183), "monitoring-rises"),
    (put("monitoring", "low", "review_days", value=731), "review-before-expiry"),
    (demand("open", minimum_assurance="high"), "obliged-is-stricter"),
    (demand("open", stated=["product"]), "obliged-is-stricter"),
    (demand("open", record_years=6), "obliged-is-stricter"),
    (demand("obliged", record_years=4), "obliged-keeps-records"),
    (demand("obliged", stated=[]), "obliged-knows-enough"),
    (demand("obliged", minimum_assurance="basic"), "obliged-knows-enough"),
]


@pytest.mark.parametrize(("change", "invariant"), BROKEN, ids=[f"{name}-{at}" for at, (_, name) in enumerate(BROKEN)])
def test_a_table_that_contradicts_itself_is_refused(change: Change, invariant: str) -> None:
    assert isinstance(parse_table(document()), DiligenceTable)
    broken = document()
    change(broken)
    with pytest.raises(DiligenceError) as caught:
        parse_table(broken)
    assert caught.value.invariant == invariant


@pytest.mark.parametrize(
    "change",
    [
        weigh("product", payments="2", not_stated="refused"),
        weigh("source-of-funds", gambling="refused", not_stated="refused"),
        weigh("pep", yes="refused"),
        weigh("residence", enhanced="refused"),
        weigh("assurance", high="0", substantial="0", basic="0"),
        put("evidence_age", "unknown", value="enhanced"),
        put("monitoring", "enhanced", "review_days", value=182),
        put("monitoring", "low", "review_days", value=730),
        put("validity_days", "standard", value=730),
        put("points", "enhanced_from", value=3),
        put("ends_with", value="tier"),
        put("minimum_age", value=0),
        demand("obliged", minimum_assurance="high", stated=["source-of-funds", "product", "channel"], record_years=10),
        demand("open", minimum_assurance="substantial", stated=["source-of-funds"], record_years=5),
    ],
)
def test_what_a_compliance_officer_may_change(change: Change) -> None:
    changed = document()
    change(changed)
    assert isinstance(parse_table(changed), DiligenceTable)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"type": 1, "type": 2}'])
def test_a_file_that_is_no_table(tmp_path: Path, text: str) -> None:
    path = tmp_path / "diligence.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DiligenceError):
        load_table(path)
    with pytest.raises(DiligenceError):
        load_table(tmp_path / "absent.json")
