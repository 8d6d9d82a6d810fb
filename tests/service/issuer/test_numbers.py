"""Is one document one tag however it is written, and are two documents two?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.service.issuer.evidence import Document, EvidenceRefused, Refusal
from credence.service.issuer.formats import KNOWN, formats_of
from credence.service.issuer.identity import identity_tag, identity_tags
from credence.service.issuer.numbers import VERSIONS, canonical_number, icao_check_digit
from credence.service.keys.tags import KeyedTags

KEY = KeyedTags(b"k" * 32, b"k" * 32)

SPELLINGS = {
    ("IT", "passport", "YA1234567"): (
        "ya1234567",
        " YA 123 45 67 ",
        "YA-1234567",
        "YA1234567<<",
        "ＹＡ１２３４５６７",
        "ÝÀ1234567",
        "YA١٢٣٤٥٦٧",
        "УА1234567",
        "ΥΑ1234567",
        "YA1234567" + icao_check_digit("YA1234567"),
        "YA123４567".lower(),
    ),
    ("DE", "passport", "C01X00T47"): ("C01X00T478", "c01x 00t 47", "C01X00T47-8"),
    ("NL", "id-card", "SPECI2014"): (
        "speci-2014",
        "SPECI20140" if icao_check_digit("SPECI2014") == "0" else "speci 2014",
    ),
    ("GB", "passport", "502135326"): ("5O2135326", "502I35326", "S02135326", "502 135 326"),
    ("GB", "register-entry", "01234567"): ("1234567", "01 23 45 67", "1.234.567"),
    ("GB", "register-entry", "SC123456"): ("sc123456", "SC-123456"),
    ("US", "passport", "A12345678"): ("a12345678", "A 1234 5678"),
    ("FR", "driving-licence", "12AB34567ł"): ("12ab34567L", "12-AB-34567-Ł"),
}

DIFFERENT = (
    Document("IT", "passport", "YA1234567"),
    Document("IT", "passport", "YA1234568"),
    Document("IT", "passport", "YB1234567"),
    Document("IT", "id-card", "YA1234567"),
    Document("FR", "passport", "YA1234567"),
    Document("US", "passport", "012345678"),
    Document("US", "passport", "O12345678"),  # the first place may be a letter: not read into
    Document("GR", "id-card", "A0123"),  # no format is known, so that nothing is read into it
    Document("GR", "id-card", "AO123"),
    Document("GR", "id-card", "0A0123"),
    Document("GR", "id-card", "A01231"),
    Document("GB", "register-entry", "00000012"),
    Document("GB", "register-entry", "00000120"),
    Document("GB", "register-entry", "O1234567"),  # two formats could be meant, so that neither is
    Document("GB", "register-entry", "01234567"),
    Document("PL", "id-card", "AB1234567"),  # cards and numbers of before the format are not read into
    Document("PL", "id-card", "ABI234567"),
    Document("DE", "passport", "CO1X00T47"),
    Document("DE", "passport", "C01X00T47"),
    Document("IT", "id-card", "CA00000AA"),
    Document("IT", "id-card", "CA0O000AA"),
    Document("US", "driving-licence", "12345678", "US-CA"),
    Document("US", "driving-licence", "12345678", "US-TX"),
    Document("DE", "register-entry", "HRB 12345", "DE-R3306"),
    Document("DE", "register-entry", "HRB 12345", "DE-R1101"),
)


@pytest.mark.parametrize(
    ("document", "spelling"), [(one, way) for one, ways in SPELLINGS.items() for way in ways], ids=ascii
)
def test_many_spellings_are_one_document(document: tuple[str, str, str], spelling: str) -> None:
    country, kind, _ = document
    assert identity_tag(KEY, Document(country, kind, spelling)) == identity_tag(KEY, Document(*document))


def test_different_documents_are_different() -> None:
    for version in VERSIONS:
        assert len({identity_tag(KEY, one, version) for one in DIFFERENT}) == len(DIFFERENT)


REGIONAL = [
    *(("driving-licence", country) for country in ("AE", "AU", "CA", "MX", "PK", "US")),
    *(("register-entry", country) for country in ("AE", "CA", "DE", "ES", "IT", "MX", "US")),
]


@pytest.mark.parametrize(("kind", "country"), REGIONAL)
def test_a_number_of_a_region_needs_to_say_of_which(kind: str, country: str) -> None:
    """Else two people with one number were one person, and the second took the first one's credential away."""
    assert Document(country, kind, "12345678", f"{country}-AB1").numbered_by == f"{country}-AB1"
    with pytest.raises(EvidenceRefused) as caught:
        Document(country, kind, "12345678")
    assert caught.value.refusal is Refusal.NO_AUTHORITY
    for authority in ("AB1", f"{country}-", f"{country}-ab", f"{country} AB1", "FR-AB1", f"{country}-ABCDEFGHIJKLM"):
        with pytest.raises(EvidenceRefused) as caught:
            Document(country, kind, "12345678", authority)
        assert caught.value.refusal is Refusal.INCOMPLETE


def test_who_numbered_it_says_nothing_where_the_country_does() -> None:
    passport, licence = Document("US", "passport", "012345678"), Document("FR", "driving-licence", "12AB34567")
    assert identity_tag(KEY, passport) == identity_tag(KEY, Document("US", "passport", "012345678", "US-CA"))
    assert identity_tag(KEY, licence) == identity_tag(KEY, Document("FR", "driving-licence", "12AB34567", "FR-75"))


def test_no_two_versions_give_one_tag() -> None:
    tags = [tag for one in DIFFERENT for tag in identity_tags(KEY, one)]
    assert [tag.version for tag in tags[:2]] == [2, 1]
    assert len({tag.value for tag in tags}) == len(tags)


def test_the_first_version_is_as_it_was() -> None:
    """What was written before there were versions is found again: these bytes are for ever."""
    passport = Document("IT", "passport", "ya 123 4567")
    assert identity_tag(KEY, passport, 1).hex() == "f4065c0312b31fd56ea76870bc0b0c17fec6b19416ad0c5f5c7475833d4a92af"
    assert identity_tag(KEY, passport, 2).hex() == "85ee93abcd708364b2e371a95213887c218581ec628633b62dd39a6fe3c0b49d"
    with pytest.raises(KeyError):
        identity_tag(KEY, passport, 3)


@pytest.mark.parametrize(
    ("number", "digit"), [("L898902C3", "6"), ("D23145890", "7"), ("HA672242", "6"), ("C01X00T47", "8"), ("ZE184226B", "1")]
)
def test_the_check_digit_is_that_of_the_standard(number: str, digit: str) -> None:
    assert icao_check_digit(number) == digit


def valid_numbers() -> st.SearchStrategy[tuple[str, str, str]]:
    """Type, country and a number of one of the formats."""

    def drawn(name: tuple[str, str]) -> st.SearchStrategy[tuple[str, str, str]]:
        kind, country = name
        shapes = [st.tuples(*(st.sampled_from(sorted(place)) for place in one.places)) for one in formats_of(country, kind)]
        return st.one_of(shapes).map(lambda places: (kind, country, "".join(places)))

    return st.sampled_from(KNOWN).flatmap(drawn)


@given(valid_numbers())
def test_a_number_that_has_its_format_is_that_number(found: tuple[str, str, str]) -> None:
    """So that no two documents that were really issued become one."""
    kind, country, number = found
    assert canonical_number(country, kind, number, 2) == number


@given(valid_numbers(), st.lists(st.tuples(st.integers(0, 8), st.sampled_from(" -./<\u00a0\u2009")), max_size=4))
def test_separators_case_and_check_digits_change_nothing(
    found: tuple[str, str, str], separators: list[tuple[int, str]]
) -> None:
    kind, country, number = found
    written = number.lower()
    for place, separator in separators:
        written = written[:place] + separator + written[place:]
    assert canonical_number(country, kind, written, 2) == number
    if kind != "register-entry":
        checked = written + icao_check_digit(number)
        assert canonical_number(country, kind, checked, 2) in (number, (number + icao_check_digit(number)))
        if not any(one.admits(number + icao_check_digit(number)) for one in formats_of(country, kind)):
            assert canonical_number(country, kind, checked, 2) == number


@given(st.text(min_size=1, max_size=64), st.sampled_from(["passport", "id-card", "eu-pid", "register-entry"]))
def test_what_is_canonical_stays_so(number: str, kind: str) -> None:
    for country in ("DE", "GB", "GR"):
        once = canonical_number(country, kind, number, 2)
        assert canonical_number(country, kind, once, 2) == once
        assert bool(once) == bool(canonical_number(country, kind, number, 1))
