"""Is the cause of an unexpected charge found, and no cause where there is none?"""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from credence.service.verifier.tariff import parse_tariff, shipped_tariff
from credence.service.verifier.terms import Facts
from credence.service.verifier.terms.reconciling import Charge, NotReconciled, Priced, amount, reconcile

NOW = 1_790_000_000
DAY = 86_400
FACTS = Facts(kyc_level=2, risk_tier="standard", own_standing="R3", own_ceiling="R5", volume_30d_usd=Decimal(2_000_000))
EXPECTED = Priced(shipped_tariff(), FACTS)


def then(**changes: Any) -> Priced:
    return replace(EXPECTED, facts=replace(FACTS, **changes))


def newer() -> Priced:
    document = copy.deepcopy(json.loads(shipped_tariff().canonical))
    document["version"] = "2"
    document["volume_tiers"][1]["taker_ppm"] = "460"
    return Priced(parse_tariff(json.dumps(document).encode()), FACTS)


RAISED: dict[str, Any] = {"own_standing": "R1", "raises": (("R3", "R1", NOW, NOW + DAY),)}


def fee(usd: str, kind: Any = "taker_fee") -> Charge:
    return Charge(kind, Decimal(100_000), Decimal(usd), NOW)


def margin(usd: str, kind: Any = "initial_margin", at: int = NOW) -> Charge:
    return Charge(kind, Decimal(100_000), Decimal(usd), at, "btc_eth")


@pytest.mark.parametrize(
    ("charge", "moment", "cause"),
    [
        (fee("42.8"), then(), "none"),  # V1, 450 ppm x 0.95, rounded up to 428
        (fee("42.801"), then(), "rounding"),
        (fee("45"), then(own_standing="R2"), "tier_changed"),
        (fee("38"), then(volume_30d_usd=Decimal(6_000_000)), "volume_tier"),
        (fee("45"), then(stress_regime=True), "relief_off"),
        (fee("43.7"), newer(), "other_version"),
        (fee("15", "maker_fee"), then(), "none"),
        (margin("1840"), then(), "none"),
        (margin("2000"), then(stress_regime=True), "relief_off"),
        (margin("2500"), then(own_standing="R1"), "tier_changed"),
        (margin("2170", at=NOW + DAY // 2), then(**RAISED), "several"),
        (fee("45.7"), replace(newer(), facts=then(own_standing="R2").facts), "unexplained"),
        (fee("46"), replace(newer(), facts=then(own_standing="R2").facts), "several"),
        (fee("50"), then(), "unexplained"),
        (fee("42.81"), then(), "unexplained"),  # a whole cent is not rounding
    ],
)
def test_the_cause_is_found(charge: Charge, moment: Priced, cause: str) -> None:
    found = reconcile(charge, EXPECTED, moment)
    assert found.cause == cause
    if cause not in ("unexplained", "none", "rounding"):
        assert abs(found.explained - charge.amount) < Decimal("0.01")
        assert found.causes


def test_a_raise_that_is_phased_in_is_a_cause_of_its_own() -> None:
    fallen = replace(EXPECTED, facts=replace(FACTS, own_standing="R1"))
    moment = replace(EXPECTED, facts=replace(FACTS, **RAISED))
    found = reconcile(margin("2170", at=NOW + DAY // 2), fallen, moment)
    assert (found.cause, found.expected) == ("phased_raise", Decimal(2500))
    assert found.words == "a raise of margin was phased in."
    assert amount(margin("0", at=NOW + DAY), moment) == Decimal(2500)


def test_what_is_found_is_told() -> None:
    found = reconcile(fee("45"), EXPECTED, then(own_standing="R2")).to_json()
    assert found == {
        "cause": "tier_changed",
        "causes": ["tier_changed"],
        "expected_usd": "42.8",
        "charged_usd": "45",
        "difference_usd": "2.2",
        "explained_usd": "45",
        "words": "the tier was R2, standard and not R3, standard.",
    }


def test_what_is_no_charge() -> None:
    with pytest.raises(NotReconciled):
        Charge("taker_fee", Decimal("-1"), Decimal(1), NOW)
    with pytest.raises(NotReconciled):
        Charge("taker_fee", Decimal(1), Decimal("NaN"), NOW)
