"""Does the venue's own knowledge count beside what was proven, and is a raise of margin phased in as it is stated?"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest

from credence.service.verifier.tariff import shipped_tariff
from credence.service.verifier.tariff.amounts import plain
from credence.service.verifier.tariff.tables import STANDING_TIERS
from credence.service.verifier.terms import Facts, FactsError, Terms, terms_for
from credence.service.verifier.terms.pricing import combined

TARIFF = shipped_tariff()
NOW = 1_790_000_000
DAY = 86_400
MILLION = Decimal(1_000_000)


def terms(**facts: object) -> Terms:
    return terms_for(TARIFF, Facts(kyc_level=2, risk_tier="standard", **facts), expires_at=NOW + DAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("proven", "own", "ceiling", "counts"),
    [
        (None, None, None, None),
        ("R4", None, None, "R4"),
        (None, "R3", "R5", "R3"),
        (None, "R3", "R2", "R3"),  # the ceiling is for what was proven elsewhere
        ("R5", "R1", "R5", "R5"),  # new here, and nothing happened
        ("R2", "R4", "R5", "R4"),
        ("R5", "R1", "R3", "R3"),  # what happened here contradicts R4 and R5
        ("R5", "R1", "R1", "R1"),
        ("R2", "R4", "R3", "R4"),
        ("R5", "RX", "R5", "RX"),  # no credential lifts a flag
        ("RX", "R3", "R5", "R3"),
        ("R5", "R9", "R5", "R9"),
        ("R9", "R1", "R5", "R9"),
    ],
)
def test_what_counts(proven: str | None, own: str | None, ceiling: str | None, counts: str | None) -> None:
    assert combined(proven, own, ceiling) == counts


def test_a_better_own_standing_or_ceiling_never_counts_for_less() -> None:
    rank = STANDING_TIERS.index
    for proven in STANDING_TIERS[2:]:
        for worse, better in pairwise(STANDING_TIERS):
            for ceiling in STANDING_TIERS[2:]:
                assert rank(combined(proven, better, ceiling) or "") >= rank(combined(proven, worse, ceiling) or "")
                assert rank(combined(proven, ceiling, better) or "") >= rank(combined(proven, ceiling, worse) or "")


def test_the_answer_says_which_of_the_two_counted() -> None:
    found = {item.factor: item.to_json() for item in terms(standing_tier="R5", own_standing="R1", own_ceiling="R3").reasons}
    assert found["own_standing"] == {
        "factor": "own_standing",
        "value": "R1",
        "effect": {"proven": "R5", "proven_counts_up_to": "R3", "counts": "R3"},
    }
    assert found["standing_tier"]["value"] == "R3"
    assert terms(standing_tier="R5", own_standing="RX", own_ceiling="R5").reduce_only
    unknown = {item.factor: item for item in terms(own_standing="secret").reasons}
    assert unknown["own_standing"].value == "unknown"
    assert terms(own_standing="secret").standing_tier == "RX"


def test_a_raise_on_open_positions_is_linear_and_stated() -> None:
    found = terms(own_standing="R1", own_ceiling="R5", raises=(("R4", "R1", NOW, NOW + DAY),))
    assert found.margin_for("btc_eth").im(MILLION) == Decimal(25_000)  # what is opened now
    hours = {hour: found.open_margin("btc_eth", MILLION, NOW + hour * 3_600) for hour in (-1, 0, 6, 12, 24, 30)}
    assert [plain(im) for im, _ in hours.values()] == ["17200", "17200", "19150", "21100", "25000", "25000"]
    assert [plain(mm) for _, mm in hours.values()] == ["10000", "10000", "10250", "10500", "11000", "11000"]
    assert found.to_json()["raises"] == [
        {
            "from_tier": "R4",
            "to_tier": "R1",
            "notice_at": str(NOW),
            "ends_at": str(NOW + DAY),
            "im_factor": {"from": "0.86", "to": "1.25"},
            "mm_factor": {"from": "1", "to": "1.1"},
        }
    ]
    assert "phased_raise" in {item.factor for item in found.reasons}


def test_two_raises_of_a_day_add_up_and_never_step_back() -> None:
    raises = (("R4", "R2", NOW, NOW + DAY), ("R2", "RX", NOW + DAY // 2, NOW + 3 * DAY // 2))
    found = terms(own_standing="RX", own_ceiling="R1", raises=raises)
    margins = [found.open_margin("large", MILLION, NOW + hour * 3_600) for hour in range(40)]
    assert margins == sorted(margins)
    assert margins[0] == (Decimal("43000"), Decimal("25000"))
    assert margins[-1] == (Decimal("100000"), Decimal("31250"))


def test_a_fall_that_the_credential_makes_up_for_raises_nothing() -> None:
    raises = (("R4", "R1", NOW, NOW + DAY),)
    assert terms(standing_tier="R4", own_standing="R1", own_ceiling="R5", raises=raises).ramps == ()
    assert terms(standing_tier="R4", own_standing="R1", own_ceiling="R2", raises=raises).ramps != ()


def test_a_ceiling_that_falls_is_phased_in_for_whoever_it_held_up() -> None:
    fallen = (("R1", "R1", NOW, NOW + DAY, "R5", "R2"),)
    found = terms(standing_tier="R5", own_standing="R1", own_ceiling="R2", raises=fallen)
    assert [(ramp.from_tier, ramp.to_tier) for ramp in found.ramps] == [("R5", "R2")]
    before = terms(standing_tier="R5", own_standing="R1", own_ceiling="R5").open_margin("large", MILLION, NOW)
    assert found.open_margin("large", MILLION, NOW) == before
    assert terms(own_standing="R1", own_ceiling="R2", raises=fallen).ramps == ()  # nothing was proven that it could hold up


def test_a_bad_debt_under_a_proven_tier_is_phased_in_too() -> None:
    fallen = (("R3", "R1", NOW, NOW + DAY, "R5", "R1"),)
    found = terms(standing_tier="R5", own_standing="R1", own_ceiling="R1", raises=fallen)
    margins = [found.open_margin("large", MILLION, NOW + hour * 3_600)[0] for hour in range(25)]
    assert margins[0] == terms(standing_tier="R5", own_standing="R3", own_ceiling="R5").margin_for("large").im(MILLION)
    assert margins[-1] == found.margin_for("large").im(MILLION)
    assert margins == sorted(margins)


def test_relief_that_is_off_leaves_nothing_to_raise() -> None:
    raises = (("R5", "R2", NOW, NOW + DAY),)
    assert terms(own_standing="R2", own_ceiling="R5", raises=raises).ramps != ()
    assert terms(own_standing="R2", own_ceiling="R5", raises=raises, stress_regime=True).ramps == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("own_standing", 3),
        ("own_ceiling", 3),
        ("raises", [("R4", "R1", 1, 2)]),
        ("raises", (("R4", "R1", 2, 2),)),
        ("raises", (("R4", "R1", 1),)),
        ("raises", (("R4", "R1", 1, 2, "R5"),)),
        ("raises", (("R4", "R1", 1, 2, "R5", None),)),
        ("raises", (("R4", "R1", True, 2),)),
        ("raises", (("R4", "R1", 1, 2),) * 17),
    ],
)
def test_what_is_no_fact(field: str, value: object) -> None:
    with pytest.raises(FactsError) as caught:
        Facts(**{field: value})  # type: ignore[arg-type]
    assert caught.value.field == field
