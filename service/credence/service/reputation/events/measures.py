"""Quantities of events: integers at a fixed scale, so that sums are exact whatever their order.

On the wire a quantity with decimals is a decimal string; what is finer than its scale is rounded half to even.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Annotated, Final

MICRO: Final = 1_000_000
"""USD amounts and ratios are counted in millionths."""

NANO: Final = 1_000_000_000
"""Prices and quantities of an instrument are counted in thousand-millionths."""

_DECIMAL: Final = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,40})?")
_EXACT: Final = Context(prec=80, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True)
class Measure:
    """A whole number from ``low`` to ``high``, both as they are kept: ``scale`` of them make one ``unit``."""

    unit: str
    scale: int
    low: int
    high: int


def scaled(value: Decimal, scale: int) -> int:
    """``value`` as a whole number of ``1/scale``, half to even."""
    return int(_EXACT.multiply(value, Decimal(scale)).to_integral_value(ROUND_HALF_EVEN))


def read_decimal(text: str) -> Decimal | None:
    """The number of a decimal string; None for any other text."""
    return Decimal(text) if _DECIMAL.fullmatch(text) else None


def write_decimal(value: int, scale: int) -> str:
    """The shortest decimal string of ``value / scale``; ``scale`` is a power of ten."""
    digits = len(str(scale)) - 1
    whole, rest = divmod(abs(value), scale)
    fraction = f"{rest:0{digits}d}".rstrip("0") if digits else ""
    return ("-" if value < 0 else "") + str(whole) + (f".{fraction}" if fraction else "")


_ONE_EVENT: Final = 100_000_000 * MICRO
_ONE_DAY: Final = 10_000_000_000 * MICRO

Usd = Annotated[int, Measure("USD", MICRO, 0, _ONE_EVENT)]
SignedUsd = Annotated[int, Measure("USD", MICRO, -_ONE_EVENT, _ONE_EVENT)]
DayUsd = Annotated[int, Measure("USD", MICRO, 0, _ONE_DAY)]
SignedDayUsd = Annotated[int, Measure("USD", MICRO, -_ONE_DAY, _ONE_DAY)]
Price = Annotated[int, Measure("USD", NANO, 1, 1_000_000_000 * NANO)]
Quantity = Annotated[int, Measure("units", NANO, 1, 10**15 * NANO)]
Ratio = Annotated[int, Measure("ratio", MICRO, 0, 100 * MICRO)]
Delta = Annotated[int, Measure("ratio", MICRO, -MICRO, MICRO)]
Days = Annotated[int, Measure("days", 1, 0, 3_650)]
Seconds = Annotated[int, Measure("seconds", 1, 1, 86_400)]
Hours = Annotated[int, Measure("hours", 1, 0, 24)]
Count = Annotated[int, Measure("times", 1, 0, 10_000_000)]
