"""Numbers as the page writes them."""

from __future__ import annotations

from typing import Final

FEW: Final = "fewer than 20"
_UNITS: Final = ((1e9, "bn"), (1e6, "m"), (1e3, "k"))


def count(value: float | None) -> str:
    """A whole number; None is one that is withheld."""
    return FEW if value is None else f"{value:,.0f}"


def short(value: float) -> str:
    """Three digits and a unit, for where there is little room."""
    for size, unit in _UNITS:
        if abs(value) >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:.3g}"


def percent(share: float | None) -> str:
    """A share in per cent: two digits below 10 %, then one more."""
    if share is None:
        return "not defined"
    value = 100 * share
    return f"{value:.2f} %" if 0 < value < 1 else f"{value:.1f} %"


def between(low: float, high: float) -> str:
    """An interval of shares."""
    return f"{percent(low).removesuffix(' %')} to {percent(high)}"


def points(share: float) -> str:
    """A difference of shares."""
    return f"{100 * share:.1f} points"


def move(value: float) -> str:
    """A move of prices, with its sign."""
    return "none" if not value else f"{100 * value:+.1f} %".replace("-", "\u2212")


def named(scenario: str) -> str:
    """A scenario; one that is a move is written as one."""
    return f"{scenario[:-1]} %".replace("-", "\u2212") if scenario.endswith("%") else scenario


def usd(value: float) -> str:
    """Whole dollars, with a sign that every font has."""
    return f"{value:,.0f}".replace("-", "\u2212")


def cents(value: float) -> str:
    """Dollars and cents."""
    return f"{value:,.2f}".replace("-", "\u2212")
