"""Inclusive ranges, ``a <= v <= b``, of a hidden attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from credence.circuits.errors import IllFormed, Step, Unprovable
from credence.circuits.predicates.digits import bit_names, bit_values, booleans, weights
from credence.circuits.sigma.statement import Affine, Clause

LIMIT: Final = 1 << 64
"""Both ends are below this."""


@dataclass(frozen=True, slots=True)
class Interval:
    """The integers ``minimum, minimum + step, …, maximum``, at least two of them, all in ``[0, 2^64)``.

    Raises :class:`IllFormed` for an empty interval, for a single value (which is a disclosure), for ends outside the limit
    and for a maximum that no step reaches.
    """

    minimum: int
    maximum: int
    step: int = 1

    def __post_init__(self) -> None:
        if self.step < 1 or self.minimum < 0 or self.maximum >= LIMIT:
            raise IllFormed("an interval has ends from 0 to 2^64 - 1 and a step of at least 1", Step.INSTANCE)
        if self.maximum < self.minimum:
            raise IllFormed("an interval ends before it begins", Step.INSTANCE)
        if self.maximum == self.minimum:
            raise IllFormed("an interval of one value is a disclosure", Step.INSTANCE)
        if (self.maximum - self.minimum) % self.step:
            raise IllFormed("an interval ends between two steps", Step.INSTANCE)

    @property
    def width(self) -> int:
        """N, how many steps lie between the ends."""
        return (self.maximum - self.minimum) // self.step


def in_range(value: str, prefix: str, interval: Interval) -> Clause:
    """``v = a + step·Σ w_i·b_i`` with ``b_i·b_i - b_i = 0``.

    ``value`` gets no response of its own: it is replaced by the sum wherever it stands, so it has to stand in an equation,
    and may be substituted once. The bits are ``prefix.0 …``.
    """
    names = bit_names(prefix, interval.width)
    terms = tuple((interval.step * weight, name) for weight, name in zip(weights(interval.width), names, strict=True))
    return Clause(constraints=booleans(names), substitutions={value: Affine(interval.minimum, terms)})


def range_values(value: int, prefix: str, interval: Interval) -> dict[str, int]:
    """The bits that :func:`in_range` names. Raises :class:`Unprovable` for a value outside, or between two steps."""
    steps, rest = divmod(value - interval.minimum, interval.step)
    if rest:
        raise Unprovable("a value is between two steps of its interval")
    return bit_values(prefix, steps, interval.width)
