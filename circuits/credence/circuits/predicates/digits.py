"""Integers written in bits whose weights fit an interval exactly: every choice of bits is inside, and all of it is reached.

For a width N the weights are ``w_i = floor((N + 2^i) / 2^(i+1))``, one for each bit of N. They sum to N, so that no second
decomposition is needed for the upper end (proofs.md, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from credence.circuits.errors import IllFormed, Step, Unprovable
from credence.circuits.sigma.statement import Quadratic

MAX_WIDTH: Final = (1 << 128) - 1
"""Sums of bits stay far below the field's order, so that an equation of scalars is one of integers."""


@lru_cache(maxsize=1024)
def weights(width: int) -> tuple[int, ...]:
    """The weights for ``0 … width``, largest first. Raises :class:`IllFormed` outside ``[1, MAX_WIDTH]``."""
    if not 1 <= width <= MAX_WIDTH:
        raise IllFormed("an interval to decompose has a width of at least one and below 2^128", Step.INSTANCE)
    return tuple((width + (1 << i)) >> (i + 1) for i in range(width.bit_length()))


def bit_names(prefix: str, width: int) -> tuple[str, ...]:
    """The names of the bits of ``width``, in the order of their weights."""
    return tuple(f"{prefix}.{position}" for position in range(len(weights(width))))


def bit_values(prefix: str, value: int, width: int) -> dict[str, int]:
    """The bits of ``value``, greedily from the largest weight. Raises :class:`Unprovable` outside ``[0, width]``."""
    if not 0 <= value <= width:
        raise Unprovable("a value is outside its interval")
    values = {}
    for name, weight in zip(bit_names(prefix, width), weights(width), strict=True):
        values[name] = int(value >= weight)
        value -= weight * values[name]
    return values


def booleans(names: Sequence[str]) -> tuple[Quadratic, ...]:
    """``b·b - b = 0`` for each name."""
    return tuple(Quadratic(products=((1, name, name),), linear=((-1, name),)) for name in names)
