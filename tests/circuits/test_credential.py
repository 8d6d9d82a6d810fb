"""Are the layouts fixed, complete and strictly encoded?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.credential import (
    EPOCH_DAYS,
    LADDERS,
    PERSON_1,
    SCHEMAS,
    STANDING_1,
    credential_header,
    day_of,
    ladder_bits,
    schema,
    text_to_scalar,
)
from credence.circuits.errors import IllFormed

PERSON: dict[str, int] = {
    "expires_on": 740 * EPOCH_DAYS,
    "birth_date": 7_000,
    "residence": 276,
    "nationality": 250,
    "kind": 1,
    **ladder_bits("kyc_level", 2),
    **ladder_bits("risk_tier", 1),
    "accredited": 0,
    "issued_epoch": 735,
    "revocation_handle": 12_345,
    "subject_handle": 67_890,
    "resets": 0,
    "reset_day": 0,
}


def test_the_person_layout_is_frozen() -> None:
    """Credentials in wallets depend on these names and their order: a change is a new schema version."""
    assert " ".join(attribute.name for attribute in PERSON_1.issuer) == (
        "expires_on birth_date residence nationality kind kyc_ge_1 kyc_ge_2 kyc_ge_3 risk_le_standard risk_le_low "
        "accredited issued_epoch revocation_handle subject_handle resets reset_day"
    )
    assert [attribute.name for attribute in PERSON_1.holder] == ["holder_secret", "nym_secret", "use_key"]
    assert (PERSON_1.blind_index, PERSON_1.length) == (16, 20)
    assert PERSON_1.index("expires_on") == 0
    assert PERSON_1.index("holder_secret") == 17


def test_the_standing_layout_is_frozen() -> None:
    assert " ".join(attribute.name for attribute in STANDING_1.issuer) == (
        "expires_on as_of venue score standing_ge_1 standing_ge_2 standing_ge_3 standing_ge_4 standing_ge_5 "
        "evidence_milli events_milli model revocation_handle"
    )
    assert STANDING_1.holder == PERSON_1.holder


def test_every_schema_knows_its_ladders_and_names_are_unique() -> None:
    for layout in SCHEMAS.values():
        names = [attribute.name for attribute in (*layout.issuer, *layout.holder)]
        assert len(names) == len(set(names))
        assert sorted(layout.index(name) for name in names) == [i for i in range(layout.length) if i != layout.blind_index]
    assert all(rung in PERSON_1.attributes for rung in LADDERS["kyc_level"] + LADDERS["risk_tier"])


def test_encoding_round_trips() -> None:
    scalars = PERSON_1.encode(PERSON)
    assert len(scalars) == len(PERSON_1.issuer)
    assert PERSON_1.decode(scalars) == PERSON


@pytest.mark.parametrize(
    "change",
    [
        {"kyc_ge_1": 0},  # kyc_ge_2 is set: not monotone
        {"risk_le_low": 1, "risk_le_standard": 0},
        {"accredited": 2},
        {"accredited": True},
        {"kind": 0},
        {"residence": 0},
        {"residence": 1000},
        {"birth_date": -1},
        {"birth_date": 65_536},
        {"revocation_handle": 0},
        {"subject_handle": 1 << 128},
        {"expires_on": 740 * EPOCH_DAYS + 1},
        {"unknown": 1},
    ],
)
def test_a_value_outside_its_domain_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(IllFormed):
        PERSON_1.encode({**PERSON, **change})


def test_a_missing_attribute_and_a_wrong_length_are_refused() -> None:
    with pytest.raises(IllFormed):
        PERSON_1.encode({name: value for name, value in PERSON.items() if name != "resets"})
    scalars = PERSON_1.encode(PERSON)
    for wrong in (scalars[:-1], (*scalars, 0), ()):
        with pytest.raises(IllFormed):
            PERSON_1.decode(wrong)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(IllFormed):
        schema("credence/person/2")
    with pytest.raises(IllFormed):
        PERSON_1.index("shoe_size")
    with pytest.raises(IllFormed):
        ladder_bits("kyc_level", 4)


def test_headers_differ_in_every_part_and_carry_the_nym_length() -> None:
    header = credential_header("credence/person/1", "issuer.example", 740)
    others = {
        credential_header("credence/standing/1", "issuer.example", 740),
        credential_header("credence/person/1", "issuer.exampl", 740),
        credential_header("credence/person/1", "issuer.example", 741),
    }
    assert header not in others
    assert len(others) == 3
    assert header.endswith((1).to_bytes(8, "big"))


def test_days_and_texts() -> None:
    assert (day_of(0), day_of(86_399), day_of(86_400)) == (0, 0, 1)
    assert text_to_scalar("venue-a") != text_to_scalar("venue-b")
