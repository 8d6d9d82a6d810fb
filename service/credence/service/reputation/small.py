"""Small numbers: which cells of a table may be shown, and how sure a share is.

A cell is shown with :data:`LEAST` accounts or more. What is withheld must not follow from what is shown: where all that is
withheld comes to fewer accounts than that, the smallest cell that is shown goes too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum
from itertools import accumulate
from math import sqrt
from typing import Final

LEAST: Final = 20
"""Accounts."""

_Z: Final = 1.6448536269514722
"""The 95 % point of the normal distribution: an interval from 5 to 95 %."""


class Showing(StrEnum):
    """What becomes of a cell."""

    SHOWN = "shown"
    EMPTY = "empty"
    """Nobody is in it."""
    WITHHELD = "withheld"


def showing(sizes: Sequence[int]) -> list[Showing]:
    """What becomes of cells of so many accounts each, where nobody is in two of them."""
    ends = list(accumulate(sizes))
    return showing_sets([range(end - size, end) for size, end in zip(sizes, ends, strict=True)])


def showing_sets(cells: Sequence[Collection[int]]) -> list[Showing]:
    """What becomes of cells of these accounts, each named once in a cell; one may be in several cells, and counts once."""
    sizes = [len(cell) for cell in cells]
    found = [Showing.SHOWN if size >= LEAST else Showing.WITHHELD if size else Showing.EMPTY for size in sizes]
    while 0 < len(set().union(*(cell for cell, what in zip(cells, found, strict=True) if what is Showing.WITHHELD))) < LEAST:
        left = [place for place, what in enumerate(found) if what is Showing.SHOWN]
        if not left:
            break
        found[min(left, key=lambda place: (sizes[place], place))] = Showing.WITHHELD
    return found


def joined(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring cells put together until each has :data:`LEAST` accounts: ``(first, last)`` of each, in order.

    Empty cells at either end are left out. No cell at all where there are fewer accounts than that.
    """
    filled = [place for place, size in enumerate(sizes) if size]
    if sum(sizes) < LEAST:
        return []
    found: list[tuple[int, int]] = []
    start, held = filled[0], 0
    for place in range(filled[0], filled[-1] + 1):
        held += sizes[place]
        if held >= LEAST:
            found.append((start, place))
            start, held = place + 1, 0
    if start <= filled[-1]:
        first, _ = found.pop()
        found.append((first, filled[-1]))
    return found


def interval(hits: float, trials: float, accounts: int) -> tuple[float, float]:
    """Wilson's 5-95 % interval of a share, as sure as ``accounts`` independent trials make it and no surer.

    One account is in several windows, and its windows are alike, so counting them all would make the interval too narrow.
    """
    n = max(1.0, min(trials, float(accounts)))
    share = hits / trials if trials else 0.0
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return max(0.0, centre - half), min(1.0, centre + half)
