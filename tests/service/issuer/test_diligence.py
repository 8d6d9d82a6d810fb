"""Does the table give the tier that its factors call for, and is a table that contradicts itself refused?"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.circuits.credential import EPOCH_DAYS
from credence.circuits.policy import RISK_TIERS
from credence.service.issuer.diligence import (
    MIN_VALIDITY,
    SHIPPED,
    DiligenceError,
    DiligenceTable,
    age_on,
    load_table,
    parse_table,
)
from credence.service.issuer.evidence import Assurance, Kind, country_codes
from tests.service.issuer.people import facts

TODAY = 20_717  # 2026-09-21
TABLE = load_table()
COUNTRIES = st.sampled_from(sorted(country_codes()))


@pytest.mark.parametrize(
    ("changes", "level", "tier", "reasons"),
    [
        ({}, 2, "low", ("residence-low", "nationality-low")),
        ({"assurance": Assurance.HIGH}, 3, "low", ("residence-low", "nationality-low")),
        ({"assurance": Assurance.BASIC}, 1, "standard", ("residence-low", "nationality-low", "basic-assurance")),
        ({"residence": "US"}, 2, "standard", ("residence-standard", "nationality-low")),
        ({"nationality": "BR"}, 2, "standard", ("residence-low", "nationality-standard")),
        ({"residence": "RU"}, 2, "enhanced", ("residence-enhanced", "nationality-low")),
        ({"nationality": "IR"}, 2, "enhanced", ("residence-low", "nationality-enhanced")),
        ({"pep": True}, 2, "enhanced", ("residence-low", "nationality-low", "pep")),
        (
            {"kind": Kind.INSTITUTION, "given_name": ""},
            2,
            "standard",
            ("residence-low", "nationality-low", "legal-person"),
        ),
        ({"residence": "KP"}, None, None, ("residence-refused",)),
        ({"birth_date": date(2008, 9, 22)}, None, None, ("under-age",)),
        ({"residence": "KP", "birth_date": date(2020, 1, 1)}, None, None, ("residence-refused", "under-age")),
    ],
)
def test_level_tier_and_reasons(
    changes: dict[str, Any], level: int | None, tier: str | None, reasons: tuple[str, ...]
) -> None:
    found = TABLE.assess(facts(**changes), TODAY)
    assert (found.kyc_level, found.risk_tier, found.reasons) == (level, tier, reasons)
    assert found.refused is (tier is None)
    assert found.table == TABLE.version


@given(residence=COUNTRIES, nationality=COUNTRIES, assurance=st.sampled_from(Assurance), pep=st.booleans())
def test_the_tier_is_the_worst_of_its_factors(residence: str, nationality: str, assurance: Assurance, pep: bool) -> None:
    person = {"residence": residence, "nationality": nationality, "assurance": assurance}
    found = TABLE.assess(facts(**person, pep=pep), TODAY)
    if found.risk_tier is None:
        assert found.reasons == ("residence-refused",)
        return
    worse = TABLE.assess(facts(**person, pep=True), TODAY)
    assert worse.risk_tier == "enhanced"
    assert RISK_TIERS.index(found.risk_tier) <= RISK_TIERS.index("enhanced")
    for band in (TABLE.residence.get(residence, "standard"), TABLE.nationality.get(nationality, "standard")):
        assert RISK_TIERS.index(found.risk_tier) >= RISK_TIERS.index(band)
    assert found.kyc_level == TABLE.kyc_levels[assurance]


@given(tier=st.sampled_from(RISK_TIERS), today=st.integers(19_000, 40_000))
def test_a_credential_never_outlives_its_validity(tier: str, today: int) -> None:
    ends = TABLE.expiry_epoch(tier, today) * EPOCH_DAYS
    assert today < ends <= today + TABLE.validity_days[tier]
    assert ends > today + TABLE.validity_days[tier] - EPOCH_DAYS
    assert TABLE.validity_days[tier] >= MIN_VALIDITY


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


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
    return found


def put(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(table: dict[str, Any]) -> None:
        for name in path[:-1]:
            table = table[name]
        table[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "invariant"),
    [
        (put("type", value="credence/diligence/2"), "shape"),
        (put("version", value=3), "shape"),
        (put("minimum_age", value="18"), "shape"),
        (put("more", value=1), "shape"),
        (put("residence", "more", value=[]), "shape"),
        (put("residence", "low", value=["DE", "DE"]), "shape"),
        (put("validity_days", "low", value=MIN_VALIDITY - 1), "shape"),
        (put("factors", "pep", value="high"), "shape"),
        (put("kyc_level", "high", value=4), "shape"),
        (put("kyc_level", "high", value=1), "kyc-levels-rise"),
        (put("kyc_level", "basic", value=2), "kyc-levels-rise"),
        (put("residence", "low", value=["EU"]), "countries-exist"),
        (put("nationality", "low", value=["de"]), "countries-exist"),
        (put("residence", "low", value=["KP"]), "one-band"),
        (put("factors", "pep", value="standard"), "pep-is-enhanced"),
        (put("validity_days", "enhanced", value=366), "validity-falls"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(change: Callable[[dict[str, Any]], None], invariant: str) -> None:
    """The accepted twin is the table that is shipped."""
    assert isinstance(parse_table(document()), DiligenceTable)
    broken = document()
    change(broken)
    with pytest.raises(DiligenceError) as caught:
        parse_table(broken)
    assert caught.value.invariant == invariant


@pytest.mark.parametrize("text", ["", "[]", "{", '{"type": 1, "type": 2}'])
def test_a_file_that_is_no_table(tmp_path: Path, text: str) -> None:
    path = tmp_path / "diligence.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DiligenceError):
        load_table(path)
    with pytest.raises(DiligenceError):
        load_table(tmp_path / "absent.json")
