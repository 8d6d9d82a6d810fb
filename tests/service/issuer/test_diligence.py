"""Does the table give the tier that its factors call for, and everything that follows from the tier?"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.circuits.credential import EPOCH_DAYS
from credence.circuits.policy import RISK_TIERS
from credence.service.issuer.diligence import MIN_VALIDITY, Assessment, age_on, load_table
from credence.service.issuer.evidence import Assurance, Channel, Kind, Product, SourceOfFunds
from credence.service.issuer.screening import subject_of
from tests.service.issuer.people import facts

TODAY = 20_717  # 2026-09-21
DAY = 86_400
TABLE = load_table()
SILENT: dict[str, Any] = {"product": None, "channel": None, "source_of_funds": None}


def assessed(**changes: Any) -> Assessment:
    return TABLE.assess(facts(**changes), TODAY)


def checked(days: int) -> dict[str, Any]:
    return {"verified_at": (TODAY - days) * DAY + 5}


@pytest.mark.parametrize(
    ("changes", "level", "tier", "reasons"),
    [
        ({}, 2, "low", ("nothing-weighs",)),
        ({"assurance": Assurance.HIGH}, 3, "low", ("nothing-weighs",)),
        ({"product": Product.LENDING}, 2, "low", ("product-lending",)),
        ({"assurance": Assurance.BASIC}, 1, "standard", ("assurance-basic",)),
        ({"residence": "US"}, 2, "standard", ("residence-standard",)),
        ({"nationalities": ("BR",)}, 2, "standard", ("nationality-standard",)),
        ({"product": Product.PAYMENTS}, 2, "standard", ("product-payments",)),
        ({"channel": Channel.INTERMEDIARY}, 2, "standard", ("channel-intermediary",)),
        ({"source_of_funds": SourceOfFunds.GAMBLING}, 2, "standard", ("source-of-funds-gambling",)),
        (
            {"product": Product.LEVERAGED_TRADING, "channel": Channel.UNATTENDED},
            2,
            "standard",
            ("product-leveraged-trading", "channel-unattended"),
        ),
        (checked(30), 2, "low", ("nothing-weighs",)),
        (checked(31), 2, "low", ("evidence-age-365-days",)),
        (checked(366), 2, "standard", ("evidence-age-1826-days",)),
        (checked(1827), 2, "standard", ("evidence-age-older",)),
        ({"verified_at": None}, 2, "standard", ("evidence-age-unknown",)),
        (SILENT, 2, "standard", ("product-not-stated", "channel-not-stated", "source-of-funds-not-stated")),
        ({"residence": "RU"}, 2, "enhanced", ("residence-enhanced",)),
        ({"nationalities": ("IR",)}, 2, "enhanced", ("nationality-enhanced",)),
        ({"pep": True}, 2, "enhanced", ("pep-yes",)),
        ({"kind": Kind.INSTITUTION, "given_name": ""}, 2, "standard", ("kind-institution",)),
        ({"residence": "KP"}, None, None, ("residence-refused",)),
        ({"birth_date": date(2008, 9, 22)}, None, None, ("age-under-age",)),
        ({"residence": "KP", "birth_date": date(2020, 1, 1)}, None, None, ("residence-refused", "age-under-age")),
        ({"document_until": date(2026, 9, 23)}, None, None, ("document-ends-too-soon",)),
        ({"document_until": date(2026, 9, 24)}, 2, "low", ("nothing-weighs",)),
    ],
)
def test_level_tier_and_reasons(
    changes: dict[str, Any], level: int | None, tier: str | None, reasons: tuple[str, ...]
) -> None:
    found = assessed(**changes)
    assert (found.kyc_level, found.risk_tier, found.reasons) == (level, tier, reasons)
    assert found.refused is (tier is None)
    assert found.table == TABLE.version
    assert found.monitoring == (TABLE.monitoring[tier] if tier else None)


def test_points_are_added_up_to_enhanced() -> None:
    """A Brazilian who lives in Brazil has 5 points; at 9 the tier is enhanced although nothing forces it."""
    there: dict[str, Any] = {"residence": "BR", "nationalities": ("BR",)}
    below = assessed(**there, product=Product.PAYMENTS, channel=Channel.UNATTENDED)
    assert (below.points, below.risk_tier) == (8, "standard")
    at = assessed(**there, product=Product.PAYMENTS, channel=Channel.INTERMEDIARY)
    assert (at.points, at.risk_tier) == (9, "enhanced")
    assert assessed(**there, **SILENT).risk_tier == "enhanced"


def test_every_factor_is_explained_without_a_fact() -> None:
    found = assessed(residence="BR", pep=True, document_until=None)
    assert [weighed.to_json() for weighed in found.factors] == [
        ["residence", "standard", "3"],
        ["nationality", "low", "0"],
        ["product", "trading", "0"],
        ["channel", "electronic-id", "0"],
        ["source-of-funds", "salary", "0"],
        ["evidence-age", "30-days", "0"],
        ["assurance", "substantial", "0"],
        ["kind", "natural", "0"],
        ["pep", "yes", "enhanced"],
        ["age", "of-age", "0"],
    ]
    assert [weighed.to_json() for weighed in assessed().factors][-1] == ["document", "lasts", "0"]


@pytest.mark.parametrize(
    ("nationalities", "counts", "band"),
    [
        (("IT",), "IT", "low"),
        (("IT", "DE"), "DE", "low"),
        (("IT", "BR"), "BR", "standard"),
        (("IR", "DE"), "IR", "enhanced"),
        (("SY", "IR", "US", "BR"), "IR", "enhanced"),
    ],
)
def test_of_several_nationalities_the_worst_counts(nationalities: tuple[str, ...], counts: str, band: str) -> None:
    """And of equally bad ones the first in the alphabet, in whatever order they came."""
    for given_order in (nationalities, nationalities[::-1]):
        evidence = facts(nationalities=given_order)
        assert sorted(given_order)[TABLE.counting_nationality(evidence)] == counts
        weighed = {weighed.factor: weighed.value for weighed in TABLE.assess(evidence, TODAY).factors}
        assert weighed["nationality"] == band
        assert set(subject_of(evidence).countries) == {*nationalities, "DE"}


@given(tier=st.sampled_from(RISK_TIERS), today=st.integers(19_000, 40_000), left=st.integers(0, 900))
def test_a_credential_never_outlives_its_validity_or_its_document(tier: str, today: int, left: int) -> None:
    ends = TABLE.expiry_epoch(tier, today) * EPOCH_DAYS
    assert today < ends <= today + TABLE.validity_days[tier]
    assert ends > today + TABLE.validity_days[tier] - EPOCH_DAYS
    assert TABLE.validity_days[tier] >= MIN_VALIDITY
    last = date(1970, 1, 1) + timedelta(days=today + left)
    assert TABLE.expiry_epoch(tier, today, last) == min(ends, (today + left) // EPOCH_DAYS * EPOCH_DAYS) // EPOCH_DAYS


@given(left=st.integers(0, 2 * EPOCH_DAYS))
def test_who_is_assessed_can_be_given_a_credential(left: int) -> None:
    """A document is refused exactly where no credential could end before it does."""
    until = date(1970, 1, 1) + timedelta(days=TODAY + left)
    found = assessed(document_until=until)
    assert found.refused is (TABLE.expiry_epoch("low", TODAY, until) <= TODAY // EPOCH_DAYS)


@pytest.mark.parametrize(
    ("birth", "today", "age"),
    [
        (date(2000, 6, 15), date(2018, 6, 14), 17),
        (date(2000, 6, 15), date(2018, 6, 15), 18),
        (date(2000, 2, 29), date(2018, 2, 28), 17),
        (date(2000, 2, 29), date(2018, 3, 1), 18),
        (date(2030, 1, 1), date(2026, 1, 1), -4),
        (date(1931, 1, 1), date(2026, 1, 1), 95),
    ],
)
def test_completed_years(birth: date, today: date, age: int) -> None:
    assert age_on(birth, (today - date(1970, 1, 1)) // timedelta(days=1)) == age
