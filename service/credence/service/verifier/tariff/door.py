"""The strict door of a tariff document: JSON text becomes checked values, or a TariffError says where it does not.

Numbers are decimal strings, keys are exactly the expected ones and unrepeated, text is ASCII. Each reader takes a
decoded value and ``where`` (words for the error) and returns a trusted one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from decimal import Decimal
from typing import Any, Final, NoReturn

from credence.service.verifier.tariff.amounts import ZERO, parse_decimal
from credence.service.verifier.tariff.tables import TariffError

MAX_BYTES: Final = 64 * 1024
MAX_ROWS: Final = 64
_SLUG: Final = re.compile(r"(?=.{1,64}\Z)[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*", re.ASCII)
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,8}", re.ASCII)


def refuse(where: str, what: str, invariant: str = "shape") -> NoReturn:
    """Raise TariffError."""
    raise TariffError(invariant, f"{where} {what}")


def decode(data: bytes) -> dict[str, Any]:
    """The JSON object in ``data``. Raises TariffError: ``shape``, or ``number`` for a bare number."""

    def no_bare_number(_: str) -> NoReturn:
        refuse("the document", "writes every number as a decimal string", "number")

    def no_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            refuse("the document", "repeats no key")
        return dict(pairs)

    if len(data) > MAX_BYTES:
        refuse("the document", f"is at most {MAX_BYTES} bytes long")
    try:
        document = json.loads(
            data.decode("ascii"),
            object_pairs_hook=no_repeats,
            parse_float=no_bare_number,
            parse_int=no_bare_number,
            parse_constant=no_bare_number,
        )
    except (ValueError, RecursionError):
        refuse("the document", "is ASCII JSON")
    if not isinstance(document, dict):
        refuse("the document", "is an object")
    return document


def fields(value: Any, where: str, keys: Collection[str]) -> dict[str, Any]:
    """An object with exactly these keys."""
    if not isinstance(value, dict) or set(value) != set(keys):
        refuse(where, f"has exactly the keys {', '.join(sorted(keys))}")
    return value


def rows(value: Any, where: str) -> list[Any]:
    """A list of 1 to 64 rows."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_ROWS:
        refuse(where, f"is a list of 1 to {MAX_ROWS} rows")
    return value


def slug(value: Any, where: str) -> str:
    """A lower-case name of at most 64 letters, digits, single hyphens or underscores."""
    if not is_slug(value):
        refuse(where, "is a lower-case name")
    return str(value)


def is_slug(value: object) -> bool:
    """Whether the value is a name as ``slug`` reads it."""
    return isinstance(value, str) and _SLUG.fullmatch(value) is not None


def one_of(value: Any, where: str, names: Collection[str]) -> str:
    """One of a closed set of names."""
    if not isinstance(value, str) or value not in names:
        refuse(where, f"is one of {', '.join(names)}")
    return value


def flag(value: Any, where: str) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        refuse(where, "is true or false")
    return value


def integer(value: Any, where: str, low: int, high: int) -> int:
    """An integer string in [low, high]."""
    if not isinstance(value, str) or _INTEGER.fullmatch(value) is None or not low <= int(value) <= high:
        refuse(where, f"is an integer string in [{low}, {high}]", "number")
    return int(value)


def amount(value: Any, where: str) -> Decimal:
    """A decimal string from 0 on."""
    return _decimal(value, where, positive=False)


def positive(value: Any, where: str, at_most: Decimal | None = None) -> Decimal:
    """A decimal string above 0, and at most ``at_most`` if that is given."""
    number = _decimal(value, where, positive=True)
    if at_most is not None and number > at_most:
        refuse(where, f"is at most {at_most}", "number")
    return number


def _decimal(value: Any, where: str, *, positive: bool) -> Decimal:
    try:
        number = parse_decimal(value)
    except ValueError:
        refuse(where, "is a decimal string", "number")
    if number < ZERO or (positive and number == ZERO):
        refuse(where, "is above 0" if positive else "is not negative", "number")
    return number
