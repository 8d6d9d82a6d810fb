"""Amounts as callers give them and as they are sent: decimal numbers, never floats."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields
from credence.sdk.errors import Unsendable

Amount = Decimal | int | str
"""A decimal number; a string is read as one. Never a float."""

_AMOUNT: Final = re.compile(r"(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?")


def amount(value: Amount) -> Decimal:
    """One form alone, digits with at most one point; what ``Decimal`` reads besides raises :class:`Unsendable`."""
    if isinstance(value, bool | float):
        raise Unsendable("An amount is a decimal number.")
    if isinstance(value, Decimal) and not value.is_finite():
        raise Unsendable("An amount is a decimal number.")
    written = format(value, "f") if isinstance(value, Decimal) else str(value)
    if len(written) > 40 or not _AMOUNT.fullmatch(written):
        raise Unsendable("An amount is a decimal number: digits, and at most one point.")
    return Decimal(written)


def sent(value: Amount, *, signed: bool = False) -> str:
    """An amount as it is sent; ``signed`` may be negative. Raises as :func:`amount`."""
    if not signed or isinstance(value, bool | float):
        return format(amount(value), "f")
    written = format(value, "f") if isinstance(value, Decimal) else str(value)
    less = written.startswith("-") and written.strip("-0.") != ""
    return "-" * less + format(amount(written.removeprefix("-") if less else written), "f")


def read_amount(fields: Fields, name: str) -> Decimal:
    """A decimal of an answer, perhaps negative. Raises :class:`~credence.circuits.errors.Malformed`."""
    text = fields.text(name, max_length=48)
    if not _AMOUNT.fullmatch(text.removeprefix("-")):
        raise Malformed(f"{name} is no amount")
    return Decimal(text)
