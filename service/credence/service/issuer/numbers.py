"""How a document's number is written where it is compared: each version is a rule of its own, and never changes.

What is derived from a number in one version is found again for ever. So a mistake in a rule is mended by another version,
and every version in use is looked up (docs/decisions/0041-one-person.md).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from credence.service.issuer.formats import Format, formats_of

VERSIONS: Final = (2, 1)
"""Every version in use, the one that is written first."""

_LIKE_LATIN: Final = str.maketrans(
    "АВЕЅІЈКМНОРСТУХΑΒΕΖΗΙΚΜΝΟΡΤΥΧŁØĐÐÞ",
    "ABESIJKMHOPCTYXABEZHIKMNOPTYXLODDP",
)
"""Capitals of other scripts that are printed as Latin ones are, and Latin ones whose stroke is no separate mark."""

_LOOKS_LIKE: Final[Mapping[str, str]] = MappingProxyType(
    {"O": "0", "Q": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "B": "8"}
)
"""The digit that a letter is read as where there are digits alone."""

_ICAO_WEIGHTS: Final = (7, 3, 1)
_ICAO_LENGTH: Final = 9


def canonical_number(country: str, kind: str, number: str, version: int) -> str:
    """The number of a document of ``country`` (alpha-2) and type ``kind`` by the rule of ``version``.

    Raises :class:`KeyError` for a version that there is not.
    """
    return _RULES[version](country, kind, number)


def _folded(_country: str, _kind: str, number: str) -> str:
    """Version 1: in capitals, letters and digits alone."""
    folded = unicodedata.normalize("NFKC", number).upper()
    return "".join(character for character in folded if character.isalnum())


def _by_format(country: str, kind: str, number: str) -> str:
    """Version 2: as version 1 without diacritics, in Latin where it looks so, digits as 0-9; then by the type's formats.

    1. A number that has one of the formats is that number.
    2. With zeros before it, where the format counts digits and they are left out by habit.
    3. Without the check digit of a machine-readable line behind it, where that is right.
    4. Where every format of the type has digits alone, with each letter read as the digit that it looks like.
    5. Anything else stays as it is.
    """
    plain = _plain(number)
    formats = formats_of(country, kind) if plain else ()
    readings: tuple[Callable[[str, Format], str | None], ...] = (_exact, _padded, _unchecked)
    if all(one.has_digits_alone for one in formats):  # else a letter may be meant: an older number, or another form's
        readings = (*readings, _read_as)
    for reading in readings:
        found = {read for one in formats if (read := reading(plain, one)) is not None}
        if len(found) == 1:
            return found.pop()
    return plain


def _plain(number: str) -> str:
    parted = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", number).upper()).upper()
    bare = "".join(character for character in parted if not unicodedata.combining(character))
    latin = unicodedata.normalize("NFC", bare.translate(_LIKE_LATIN))
    return "".join(_digit(character) for character in latin if character.isalnum())


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)


def _exact(number: str, form: Format) -> str | None:
    return number if form.admits(number) else None


def _padded(number: str, form: Format) -> str | None:
    if not form.drops_zeros or len(number) >= form.length:
        return None
    return _exact(number.rjust(form.length, "0"), form)


def _unchecked(number: str, form: Format) -> str | None:
    body = _exact(number[:-1], form) if form.machine_readable else None
    return body if body is not None and number[-1] == icao_check_digit(body) else None


def _read_as(number: str, form: Format) -> str | None:
    if len(number) == form.length:
        return _exact(_seen(number, form), form)
    if not form.machine_readable or len(number) != form.length + 1:
        return None
    body, last = _exact(_seen(number[:-1], form), form), number[-1]
    return body if body is not None and icao_check_digit(body) in (last, _LOOKS_LIKE.get(last)) else None


def _seen(number: str, form: Format) -> str:
    """With the look-alike of each character that its place does not allow."""
    return "".join(
        one if one in allowed else _LOOKS_LIKE.get(one, one) for one, allowed in zip(number, form.places, strict=True)
    )


def icao_check_digit(number: str) -> str:
    """The check digit of a number in a machine-readable zone (ICAO 9303 part 3, 4.9), of capitals and digits."""
    filled = number.ljust(_ICAO_LENGTH, "<")
    values = (0 if one == "<" else int(one, 36) for one in filled)
    return str(sum(value * _ICAO_WEIGHTS[place % 3] for place, value in enumerate(values)) % 10)


_RULES: Final[Mapping[int, Callable[[str, str, str], str]]] = MappingProxyType({1: _folded, 2: _by_format})
