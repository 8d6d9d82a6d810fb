"""Drawings as inline SVG: a sheet that shapes are put on, and scales from numbers to places. Colours are the page's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor, log10
from typing import Final

WIDTH: Final = 480
"""Units that every sheet is wide; a page shows it as wide as there is room."""

Scale = Callable[[float], float]


class Sheet:
    """Shapes on a sheet of :data:`WIDTH` × ``height`` units. ``name`` is unique on a page."""

    def __init__(self, name: str, height: float) -> None:
        self._name = name
        self._height = height
        self._shapes: list[str] = []

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        self._shapes.append(f'<line class="{kind}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>')

    def rect(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        size = f'width="{_n(max(0.0, width))}" height="{_n(max(0.0, height))}"'
        self._shapes.append(f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" {size}/>')

    def circle(self, x: float, y: float, radius: float, kind: str) -> None:
        self._shapes.append(f'<circle class="{kind}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}"/>')

    def ribbon(self, left: tuple[float, float], right: tuple[float, float], x1: float, x2: float, kind: str) -> None:
        """A band from ``left`` (top, bottom) at ``x1`` to ``right`` at ``x2``."""
        mid = (x1 + x2) / 2
        top = f"M{_n(x1)} {_n(left[0])}C{_n(mid)} {_n(left[0])} {_n(mid)} {_n(right[0])} {_n(x2)} {_n(right[0])}"
        back = f"L{_n(x2)} {_n(right[1])}C{_n(mid)} {_n(right[1])} {_n(mid)} {_n(left[1])} {_n(x1)} {_n(left[1])}Z"
        self._shapes.append(f'<path class="{kind}" d="{top}{back}"/>')

    def text(self, x: float, y: float, words: str, kind: str = "", anchor: str = "start") -> None:
        """``anchor``: start, middle or end. ``y`` is the middle of the line."""
        classes = f' class="{kind}"' if kind else ""
        place = f'x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}" dominant-baseline="central"'
        self._shapes.append(f"<text{classes} {place}>{escape(words)}</text>")

    def written(self, title: str, description: str) -> str:
        """The drawing, with what stands for it where it is not seen."""
        head = f'<svg role="img" viewBox="0 0 {WIDTH} {_n(self._height)}" aria-labelledby="{self._name}-t {self._name}-d">'
        said = f'<title id="{self._name}-t">{escape(title)}</title><desc id="{self._name}-d">{escape(description)}</desc>'
        return head + said + "".join(self._shapes) + "</svg>"


def linear(low: float, high: float, start: float, end: float) -> Scale:
    """From ``low``-``high`` to the places from ``start`` to ``end``."""
    span = high - low or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def signed(value: float) -> float:
    """A number on a scale that shows 1 and 100,000 on either side of 0: log10(1 + |x|) with its sign."""
    return log10(1 + abs(value)) * (1 if value >= 0 else -1)


def ticks(high: float, least: int = 4) -> list[float]:
    """Round numbers from 0 to the first that is ``high`` or more, ``least`` at least and not many more."""
    if high <= 0:
        return [0.0, 1.0]
    rough = high / least
    power = 10.0 ** floor(log10(rough))
    step = next(each * power for each in (1, 2, 2.5, 5, 10) if each * power >= rough * 0.999)
    return [round(step * place, 12) for place in range(ceil(high / step - 1e-9) + 1)]


def decades(values: Sequence[float]) -> list[float]:
    """Powers of ten around positive numbers."""
    low, high = floor(log10(max(min(values), 1.0))), ceil(log10(max(max(values), 10.0)))
    return [10.0**each for each in range(low, max(high, low + 1) + 1)]


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """The places, moved as little as keeps them ``gap`` apart, in the order in which they come, within ``low``-``high``."""
    order = sorted(range(len(places)), key=lambda each: (places[each], each))
    found = list(places)
    floor_ = low
    for each in order:
        found[each] = floor_ = max(found[each], floor_)
        floor_ += gap
    ceiling = high
    for each in reversed(order):
        found[each] = ceiling = min(found[each], ceiling)
        ceiling -= gap
    return found


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
