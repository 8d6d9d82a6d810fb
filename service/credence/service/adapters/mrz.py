"""The machine-readable zone of travel documents (ICAO 9303 parts 4 to 6): TD1, TD2, TD3, with every check digit.

One zone has one reading: characters, fillers, digits, codes and the split of the name are strict, so that nobody can shift a
letter from one field or name into the next. Names are cut off by length alone: a name that fills its field may go on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import pycountry

from credence.service.issuer.evidence import EvidenceRefused, Refusal

_ZONE: Final = re.compile(r"[A-Z0-9<]+", re.ASCII)
_NAME: Final = re.compile(r"[A-Z]+(?:<[A-Z]+)*", re.ASCII)
_STATE: Final = re.compile(r"[A-Z]{3}|[A-Z]<<", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{6}", re.ASCII)
_NUMBER: Final = re.compile(r"[A-Z0-9]+(?:<[A-Z0-9]+)*", re.ASCII)
_SPECIAL: Final = {"D<<": "DE", "GBD": "GB", "GBN": "GB", "GBO": "GB", "GBP": "GB", "GBS": "GB"}
"""States whose codes are not those of ISO 3166-1. Organisations and persons without a nationality have none."""


@dataclass(frozen=True, slots=True)
class Mrz:
    """A zone that was read. ``code`` is the document's, such as ``P``; states are alpha-2, the expiry day is included."""

    code: str
    state: str
    number: str = field(repr=False)
    family_name: str = field(repr=False)
    given_name: str = field(repr=False)
    nationality: str = field(repr=False)
    birth_date: date = field(repr=False)
    expires_on: date = field(repr=False)

    @property
    def document_type(self) -> str:
        """What the document is. Raises :class:`EvidenceRefused` (``wrong-type``) for what identifies nobody to others."""
        if self.code[0] == "P":
            return "passport"
        if self.code[0] in "ACI" and self.code != "AC":  # a crew member's certificate
            return "id-card"
        raise EvidenceRefused(Refusal.WRONG_TYPE)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the fields stand, as slices of the whole zone, and what the last check digit is made of."""

    code: slice
    state: slice
    number: int
    birth: int
    expiry: int
    nationality: slice
    name: slice
    optional: slice
    optional_check: int | None
    composite: tuple[slice, ...]
    composite_check: int


_LAYOUTS: Final = {
    90: _Layout(
        code=slice(0, 2),
        state=slice(2, 5),
        number=5,
        birth=30,
        expiry=38,
        nationality=slice(45, 48),
        name=slice(60, 90),
        optional=slice(15, 30),
        optional_check=None,
        composite=(slice(5, 30), slice(30, 37), slice(38, 45), slice(48, 59)),
        composite_check=59,
    ),
    72: _Layout(
        code=slice(0, 2),
        state=slice(2, 5),
        number=36,
        birth=49,
        expiry=57,
        nationality=slice(46, 49),
        name=slice(5, 36),
        optional=slice(64, 71),
        optional_check=None,
        composite=(slice(36, 46), slice(49, 56), slice(57, 71)),
        composite_check=71,
    ),
    88: _Layout(
        code=slice(0, 2),
        state=slice(2, 5),
        number=44,
        birth=57,
        expiry=65,
        nationality=slice(54, 57),
        name=slice(5, 44),
        optional=slice(72, 86),
        optional_check=86,
        composite=(slice(44, 54), slice(57, 64), slice(65, 87)),
        composite_check=87,
    ),
}
"""By the number of characters: TD1, TD2, TD3."""


def read_mrz(zone: str, today: date) -> Mrz:
    """The fields of a zone whose lines follow one another; ``today`` tells the century somebody was born in.

    Raises :class:`EvidenceRefused`: ``malformed`` for what is no zone, ``forged`` for a check digit that is wrong, and
    ``incomplete`` for a date that is not known whole, a state without a country, or a name that is none.
    """
    layout = _LAYOUTS.get(len(zone))
    if layout is None or not _ZONE.fullmatch(zone):
        raise EvidenceRefused(Refusal.MALFORMED)
    number = _number(zone, layout)
    for at in (layout.birth, layout.expiry):
        _check(zone[at : at + 6], zone[at + 6])
    if layout.optional_check is not None:
        optional, digit = zone[layout.optional], zone[layout.optional_check]
        if digit != "<" or optional.strip("<"):  # the digit of nothing may be left out
            _check(optional, digit)
    _check("".join(zone[part] for part in layout.composite), zone[layout.composite_check])
    family, given = _names(zone[layout.name])
    return Mrz(
        code=_filled(zone[layout.code]),
        state=_country(zone[layout.state]),
        number=number,
        family_name=family,
        given_name=given,
        nationality=_country(zone[layout.nationality]),
        birth_date=_date(zone[layout.birth :][:6], today),
        expires_on=_date(zone[layout.expiry :][:6], None),
    )


def check_digit(text: str) -> str:
    """The check digit of a text of A-Z, 0-9 and ``<``: weights 7, 3, 1 modulo 10."""
    return str(sum(_value(character) * (7, 3, 1)[at % 3] for at, character in enumerate(text)) % 10)


def _value(character: str) -> int:
    return 0 if character == "<" else int(character, 36)


def _check(text: str, digit: str) -> None:
    if check_digit(text) != digit:
        raise EvidenceRefused(Refusal.FORGED)


def _number(zone: str, layout: _Layout) -> str:
    """The document's number. One that is too long for TD1 and TD2 goes on in the optional data, with its digit there."""
    number, digit = zone[layout.number : layout.number + 9], zone[layout.number + 9]
    if digit == "<" and layout.optional_check is None:
        rest = zone[layout.optional].partition("<")[0]
        if len(rest) < 2 or "<" in number:
            raise EvidenceRefused(Refusal.MALFORMED)
        number, digit = number + rest[:-1], rest[-1]
    _check(number, digit)
    found = number.rstrip("<")
    if not _NUMBER.fullmatch(found):
        raise EvidenceRefused(Refusal.MALFORMED)
    return found


def _names(text: str) -> tuple[str, str]:
    """Family name and given names: split at the first double filler, and there is no second one."""
    family, separator, given = text.rstrip("<").partition("<<")
    if not _NAME.fullmatch(family) or (separator and not _NAME.fullmatch(given)):
        raise EvidenceRefused(Refusal.MALFORMED)
    return family.replace("<", " "), given.replace("<", " ")


def _country(text: str) -> str:
    if not _STATE.fullmatch(text):
        raise EvidenceRefused(Refusal.MALFORMED)
    found = pycountry.countries.get(alpha_3=text)
    country = _SPECIAL.get(text) or (found and found.alpha_2)
    if country is None:
        raise EvidenceRefused(Refusal.INCOMPLETE)
    return str(country)


def _filled(text: str) -> str:
    found = text.rstrip("<")
    if not found.isalpha():
        raise EvidenceRefused(Refusal.MALFORMED)
    return found


def _date(text: str, latest: date | None) -> date:
    """A day from YYMMDD: of this century, or of the one before where that would be after ``latest``."""
    if not _DATE.fullmatch(text):
        raise EvidenceRefused(Refusal.INCOMPLETE)
    year, month, day = int(text[:2]), int(text[2:4]), int(text[4:])
    for century in (2000, 1900):
        try:
            found = date(century + year, month, day)
        except ValueError:  # 29 February may be in one century alone
            continue
        if latest is None or found <= latest:
            return found
    raise EvidenceRefused(Refusal.INCOMPLETE)
