"""Countries as lists and applicants write them, by code or by name, to ISO 3166-1 alpha-2."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final

import pycountry
from anyascii import anyascii

_GAPS: Final = re.compile(r"[^a-z]+")

# how the United Nations, the US Treasury and everyday speech write what ISO 3166 calls otherwise
_OTHERWISE: Final = {
    "AE": "uae",
    "BA": "bosnia; bosnia herzegovina",
    "BN": "brunei",
    "BO": "bolivia",
    "BS": "the bahamas; bahamas the",
    "CD": "democratic republic of the congo; congo democratic republic of the; dr congo; drc; congo kinshasa; zaire",
    "CG": "republic of the congo; congo republic of the; congo brazzaville",
    "CI": "ivory coast; cote divoire; cote d ivoire",
    "CV": "cape verde",
    "CZ": "czech republic",
    "FM": "micronesia",
    "GB": "united kingdom of great britain and northern ireland; great britain; england; scotland; wales; uk",
    "GM": "the gambia; gambia the",
    "HK": "china hong kong special administrative region",
    "IM": "man isle of",
    "IR": "iran",
    "KM": "comoros islands",
    "KN": "st kitts and nevis",
    "KP": "north korea; korea north; dprk; democratic peoples republic of korea",
    "KR": "south korea; korea south; republic of korea; korea",
    "LA": "laos",
    "MD": "moldova",
    "MK": "macedonia; north macedonia the republic of",
    "MM": "burma",
    "MO": "macau; china macao special administrative region",
    "PH": "the philippines",
    "PS": "palestine; palestinian; palestinian territories; west bank; region west bank; gaza; region gaza; gaza strip",
    "RU": "russia; the russian federation; soviet union; former soviet union; ussr",
    "SY": "syria",
    "SZ": "swaziland",
    "TL": "east timor",
    "TR": "turkey",
    "TW": "taiwan",
    "TZ": "tanzania; united republic of tanzania",
    "US": "united states of america; usa",
    "VA": "vatican; vatican city",
    "VE": "venezuela",
    "VG": "british virgin islands",
    "VN": "vietnam",
}


class Ties(StrEnum):
    """Whether the applicant and an entry have a country in common."""

    SHARED = "shared"
    NONE = "none"
    UNKNOWN = "unknown"


@lru_cache(maxsize=4_096)
def country_code(text: str) -> str | None:
    """The alpha-2 code of a country's code or name; None for what is none."""
    return _known().get(_form(text))


def country_codes(texts: Iterable[str]) -> tuple[str, ...]:
    """Every country that can be told, each once, in order."""
    return tuple(sorted({code for text in texts if (code := country_code(text)) is not None}))


def country_of_place(text: str) -> str | None:
    """The code of the country that a place's name ends with, as in ``Bonn, Germany``; ``Korea, North`` is one as well."""
    parts = text.split(", ")
    return country_code(", ".join(parts[-2:])) or country_code(parts[-1])


def compare_countries(own: Iterable[str], listed: Iterable[str]) -> Ties:
    """Whether there is one in common; both are alpha-2 codes."""
    one, other = set(own), set(listed)
    if not one or not other:
        return Ties.UNKNOWN
    return Ties.SHARED if one & other else Ties.NONE


def _form(text: str) -> str:
    return _GAPS.sub(" ", anyascii(text).lower().replace("'", "")).strip()


@cache
def _known() -> dict[str, str]:
    found: dict[str, str] = {}
    for country in pycountry.countries:
        names = [country.alpha_2, country.alpha_3, country.name]
        names += [value for member in ("official_name", "common_name") if (value := getattr(country, member, None))]
        for name in names:
            found[_form(name)] = country.alpha_2
            head, _, tail = name.partition(", ")
            if tail:
                found.setdefault(_form(f"{tail} {head}"), country.alpha_2)
                found.setdefault(_form(f"{head} {tail}"), country.alpha_2)
    for code, names_of in _OTHERWISE.items():
        found |= {_form(name): code for name in names_of.split(";")}
    return found
