"""Is a country known by its code and by the names that lists and applicants give it?"""

from __future__ import annotations

import pytest

from credence.service.screening.countries import (
    Ties,
    compare_countries,
    country_code,
    country_codes,
    country_of_place,
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("af", "AF"),
        ("AFG", "AF"),
        ("Afghanistan", "AF"),
        ("Iran (Islamic Republic of)", "IR"),
        ("Iran", "IR"),
        ("Korea, North", "KP"),
        ("Democratic People's Republic of Korea", "KP"),
        ("Congo, Democratic Republic of the", "CD"),
        ("Democratic Republic of the Congo", "CD"),
        ("Ivory Coast", "CI"),
        ("Cote d Ivoire", "CI"),
        ("Türkiye", "TR"),
        ("Turkey", "TR"),
        ("Burma", "MM"),
        ("United Kingdom of Great Britain and Northern Ireland", "GB"),
        ("Region: Gaza", "PS"),
        ("Bahamas, The", "BS"),
        ("Bosnia-Herzegovina", "BA"),
        ("the Philippines", "PH"),
        ("the Russian Federation", "RU"),
        ("Gaza Strip", "PS"),
        ("Comoros Islands", "KM"),
        ("Man, Isle of", "IM"),
    ],
)
def test_a_country_by_its_code_or_name(text: str, code: str) -> None:
    assert country_code(text) == code


@pytest.mark.parametrize("text", ["", "00", "xx", "n/a", "undetermined", "Atlantis", "Region: Crimea"])
def test_what_is_no_country(text: str) -> None:
    assert country_code(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Iraq", "IQ"),
        ("Baghdad, Iraq", "IQ"),
        ("A street, Baghdad, Iraq", "IQ"),
        ("Pyongyang, Korea, North", "KP"),
        ("Korea, North", "KP"),
        ("Iraq, Atlantis", None),
        ("", None),
    ],
)
def test_the_country_of_a_place_stands_last(text: str, code: str | None) -> None:
    assert country_of_place(text) == code


def test_countries_are_told_once() -> None:
    assert country_codes(["Iran", "IR", "none", "Iraq"]) == ("IQ", "IR")


@pytest.mark.parametrize(
    ("own", "listed", "ties"),
    [
        ((), ("IQ",), Ties.UNKNOWN),
        (("IQ",), (), Ties.UNKNOWN),
        (("IT", "IQ"), ("IQ", "SY"), Ties.SHARED),
        (("IT",), ("IQ",), Ties.NONE),
    ],
)
def test_ties(own: tuple[str, ...], listed: tuple[str, ...], ties: Ties) -> None:
    assert compare_countries(own, listed) is ties
