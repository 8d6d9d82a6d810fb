"""Amounts: decimals of bounded size, exact arithmetic, and the one way to read and write them as strings.

Fees are integers in ppm of notional (1 bp = 100 ppm); margins are fractions of notional; money is in the tariff's
currency. Nothing here is a binary float.
"""

from __future__ import annotations

import re
from decimal import ROUND_CEILING, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

ZERO = Decimal(0)
ONE = Decimal(1)
PPM_PER_BP = 100

# The widest money amount that is accepted anywhere: 10^18 with 18 decimals, 37 digits.
MAX_AMOUNT = Decimal(10) ** 18
MAX_DECIMALS = 18

# 100 digits hold every product made here exactly (37 digits times a few short factors). Where a quotient has no end
# it is rounded up, because what is computed here is a charge. Use with `localcontext(EXACT)`.
EXACT = Context(prec=100, rounding=ROUND_CEILING, traps=[InvalidOperation, DivisionByZero, Overflow])

_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,18})(?:\.[0-9]{1,18})?", re.ASCII)


def parse_decimal(text: str) -> Decimal:
    """Read a decimal string: optional minus, no plus, no exponent, no leading zeros, at most 18 decimals, no minus zero.

    Raises ValueError for anything else (among it ``"NaN"``, ``"1e3"``, ``" 1"``, ``".5"``, ``"1_000"``).
    """
    if not isinstance(text, str) or _DECIMAL.fullmatch(text) is None:
        raise ValueError("not a decimal string")
    value = Decimal(text)
    if abs(value) > MAX_AMOUNT or (value == 0 and text.startswith("-")):
        raise ValueError("decimal out of range")
    return value


def plain(value: Decimal) -> str:
    """Write a finite decimal without exponent, plus sign or trailing zeros: ``Decimal("1.50E+1")`` is ``"15"``."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def bps(ppm: int) -> str:
    """Write integer ppm as basis points with two decimals: 578 is ``"5.78"``, -20 is ``"-0.20"``."""
    sign = "-" if ppm < 0 else ""
    whole, part = divmod(abs(ppm), PPM_PER_BP)
    return f"{sign}{whole}.{part:02d}"


def is_amount(value: object, *, at_most: Decimal = MAX_AMOUNT) -> bool:
    """Whether the value is a finite Decimal in [0, at_most] with at most 18 decimals."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return False
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -MAX_DECIMALS and ZERO <= value <= at_most
