"""Has a machine-readable zone one reading, and does every check digit count?"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from credence.service.adapters.mrz import check_digit, read_mrz
from credence.service.issuer.evidence import EvidenceRefused, Refusal
from tests.service.adapters.chips import td1, td3

TODAY = date(2026, 9, 21)
TD2 = "I<D<<STEVENSON<<PETER<JOHN<<<<<<<<<<D23145890<D<<3407127M95071227349<<<8"


def refusal(zone: str) -> Refusal:
    with pytest.raises(EvidenceRefused) as caught:
        read_mrz(zone, TODAY)
    return caught.value.refusal


def test_a_passport_is_read() -> None:
    zone = read_mrz(td3(names="VAN<DER<STEEN<<MARIANNE<LOUISE"), TODAY)
    assert (zone.family_name, zone.given_name) == ("VAN DER STEEN", "MARIANNE LOUISE")
    assert (zone.state, zone.nationality, zone.number, zone.document_type) == ("DE", "DE", "C11T002JM", "passport")
    assert (zone.birth_date, zone.expires_on) == (date(1984, 1, 26), date(2031, 9, 30))
    assert "STEEN" not in repr(zone)


@pytest.mark.official
def test_the_samples_of_icao_are_read(shared: Path) -> None:
    """Their state does not exist, which no check digit covers. That of TD1 has a last digit that its fields do not give."""
    vectors = json.loads((shared / "vectors" / "icao-9303" / "mrz.json").read_text())
    zones = {vector["type"]: vector["mrz"].replace("UTO", "D<<") for vector in vectors}
    assert read_mrz(zones["td3"], TODAY).family_name == "ERIKSSON"
    assert read_mrz(zones["td3"], TODAY).given_name == "ANNA MARIA"
    long_number = read_mrz(zones["td2"], TODAY)
    assert (long_number.number, long_number.family_name) == ("D23145890734", "STEVENSON")
    assert refusal(zones["td1"]) is Refusal.FORGED
    corrected = zones["td1"][:59] + "8" + zones["td1"][60:]
    assert read_mrz(corrected, TODAY).family_name == "VAN DER STEEN"
    for vector in vectors:
        if "UTO" in vector["mrz"]:
            assert refusal(vector["mrz"]) is Refusal.INCOMPLETE


def test_a_card_may_have_a_long_number() -> None:
    assert read_mrz(td1(), TODAY).number == "T22000129"
    zone = read_mrz(td1(number="T22000129XY7", optional="1"), TODAY)
    assert (zone.number, zone.document_type) == ("T22000129XY7", "id-card")
    assert read_mrz(TD2, TODAY).number == "D23145890734"


@pytest.mark.parametrize("zone", [td3(optional="ZE184226B"), td1(optional="A1"), td1(number="T22000129XY7"), TD2])
def test_every_digit_that_is_changed_is_noticed(zone: str) -> None:
    """Every character that a check digit covers, replaced by its neighbour."""
    read_mrz(zone, TODAY)
    for at, character in enumerate(zone):
        if character.isdigit():
            changed = zone[:at] + str((int(character) + 1) % 10) + zone[at + 1 :]
            assert refusal(changed) is Refusal.FORGED, at


@pytest.mark.parametrize("digit", ["<", "0"])
def test_the_digit_of_nothing_may_be_left_out(digit: str) -> None:
    zone = td3()
    zone = zone[:86] + digit + zone[87:]
    last = check_digit(zone[44:54] + zone[57:64] + zone[65:87])
    assert read_mrz(zone[:87] + last, TODAY)


@pytest.mark.parametrize(
    "names",
    ["MUSTERMANN<<", "MUSTERMANN", "MUSTERMANN<<ERIKA<ANNA", "M<<E", "A" * 39, "VAN<DER<STEEN<<MARIANNE", "A" * 36 + "<<B"],
)
def test_names_that_are_names(names: str) -> None:
    read_mrz(td3(names=names), TODAY)


@pytest.mark.parametrize(
    "names",
    [
        "",
        "<MUSTERMANN<<ERIKA",
        "<<ERIKA",
        "MUSTERMANN<<ERIKA<<ANNA",
        "MUSTERMANN<<<ERIKA",
        "MUSTERMANN<ERIKA<<<ANNA",
        "MUSTERMANN<<ERIKA1",
        "MUSTERMANN<<ERIKA<<1",
    ],
)
def test_a_name_is_split_in_one_way_or_not_at_all(names: str) -> None:
    assert refusal(td3(names=names)) is Refusal.MALFORMED


@pytest.mark.parametrize(
    ("zone", "reason"),
    [
        (td3()[:-1], Refusal.MALFORMED),
        (td3().lower(), Refusal.MALFORMED),
        (td3().replace("MUSTER", "MÜSTER"), Refusal.MALFORMED),
        (td3()[:44] + "\n" + td3()[44:], Refusal.MALFORMED),
        ("", Refusal.MALFORMED),
        (td3(state="DEU"), None),
        (td3(state="UTO"), Refusal.INCOMPLETE),
        (td3(state="D<A"), Refusal.MALFORMED),
        (td3(nationality="XXA"), Refusal.INCOMPLETE),
        (td3(nationality="GBN"), None),
        (td3(code="<<"), Refusal.MALFORMED),
        (td3(birth="84<<<<"), Refusal.INCOMPLETE),
        (td3(birth="840230"), Refusal.INCOMPLETE),
        (td3(expiry="311301"), Refusal.INCOMPLETE),
        (td3(number="<C11T002J"), Refusal.MALFORMED),
        (td3(number=""), Refusal.MALFORMED),
    ],
)
def test_what_is_no_zone_is_refused(zone: str, reason: Refusal | None) -> None:
    if reason is None:
        read_mrz(zone, TODAY)
    else:
        assert refusal(zone) is reason


@pytest.mark.parametrize(
    ("birth", "year"), [("260921", 2026), ("260922", 1926), ("000229", 2000), ("991231", 1999), ("270101", 1927)]
)
def test_nobody_is_born_tomorrow(birth: str, year: int) -> None:
    assert read_mrz(td3(birth=birth), TODAY).birth_date.year == year


@pytest.mark.parametrize(("code", "kind"), [("P<", "passport"), ("PD", "passport")])
def test_what_a_document_is(code: str, kind: str) -> None:
    assert read_mrz(td3(code=code), TODAY).document_type == kind


@pytest.mark.parametrize("code", ["AC", "V<", "X<"])
def test_what_identifies_nobody(code: str) -> None:
    with pytest.raises(EvidenceRefused) as caught:
        _ = read_mrz(td1(code=code), TODAY).document_type
    assert caught.value.refusal is Refusal.WRONG_TYPE
