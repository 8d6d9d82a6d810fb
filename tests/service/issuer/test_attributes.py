"""Are the attributes those of the schema, whoever the person is?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.circuits.credential import EPOCH_DAYS, PERSON_1
from credence.circuits.policy import RISK_TIERS
from credence.service.issuer.attributes import Terms, person_attributes
from credence.service.issuer.evidence import Kind, country_codes
from tests.service.issuer.people import facts

TERMS = Terms(
    kyc_level=2,
    risk_tier="standard",
    issued_epoch=739,
    expiry_epoch=752,
    revocation_handle=7,
    subject_handle=9,
    resets=0,
    reset_day=0,
)
COUNTRIES = st.sampled_from(sorted(country_codes()))


@given(
    birth=st.dates(date(1880, 1, 1), date(2020, 1, 1)),
    residence=COUNTRIES,
    nationality=COUNTRIES,
    kind=st.sampled_from(Kind),
    accredited=st.booleans(),
    level=st.integers(1, 3),
    tier=st.sampled_from(RISK_TIERS),
)
def test_the_schema_takes_what_is_computed(
    birth: date, residence: str, nationality: str, kind: Kind, accredited: bool, level: int, tier: str
) -> None:
    given_name = "Zoë" if kind is Kind.NATURAL else ""
    evidence = facts(
        given_name=given_name,
        birth_date=birth,
        residence=residence,
        nationalities=(nationality,),
        kind=kind,
        accredited=accredited,
    )
    found = person_attributes(evidence, replace(TERMS, kyc_level=level, risk_tier=tier))
    assert PERSON_1.decode(PERSON_1.encode(found)) == found
    assert sum(found[bit] for bit in ("kyc_ge_1", "kyc_ge_2", "kyc_ge_3")) == level
    assert sum(found[bit] for bit in ("risk_le_standard", "risk_le_low")) == 2 - RISK_TIERS.index(tier)
    assert found["expires_on"] == 752 * EPOCH_DAYS
    assert found["kind"] == {Kind.NATURAL: 1, Kind.LEGAL: 2, Kind.INSTITUTION: 3}[kind]


@pytest.mark.parametrize(
    ("birth", "day"),
    [
        (date(1970, 1, 1), 0),
        (date(1970, 1, 2), 1),
        (date(1969, 12, 31), 0),
        (date(1931, 5, 5), 0),
        (date(1990, 2, 28), 7_363),
    ],
)
def test_births_before_1970_are_day_0(birth: date, day: int) -> None:
    assert person_attributes(facts(birth_date=birth), TERMS)["birth_date"] == day
