"""One linear inequality over hidden values, which may come from several credentials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from credence.circuits.errors import IllFormed, Step
from credence.circuits.predicates.digits import bit_names, bit_values, booleans, weights
from credence.circuits.sigma.statement import Clause, Quadratic

SUM_LIMIT: Final = 1 << 128
"""``Σ|a_k|·max v_k`` and the threshold stay below this, so that nothing wraps around the field."""


@dataclass(frozen=True, slots=True)
class Summand:
    """``coefficient·value``: a scalar's name and the ends of its domain, both inclusive, from 0."""

    coefficient: int
    value: str
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True)
class Inequality:
    """``Σ a_k·v_k >= threshold``.

    Raises :class:`IllFormed` for no summand, a coefficient of zero, a value named twice, a domain that is none, sums that
    could wrap around, and for a threshold that no values or all values of their domains reach.
    """

    summands: tuple[Summand, ...]
    threshold: int

    def __post_init__(self) -> None:
        names = {summand.value for summand in self.summands}
        if not names or len(names) != len(self.summands) or any(s.coefficient == 0 for s in self.summands):
            raise IllFormed("an inequality has summands, each value once and none with zero", Step.INSTANCE)
        if any(not 0 <= s.minimum <= s.maximum for s in self.summands):
            raise IllFormed("an inequality has a value without a domain", Step.INSTANCE)
        if sum(abs(s.coefficient) * s.maximum for s in self.summands) + abs(self.threshold) >= SUM_LIMIT:
            raise IllFormed("an inequality could wrap around", Step.INSTANCE)
        if self.width < 0:
            raise IllFormed("an inequality that nothing satisfies", Step.INSTANCE)
        if self.width == 0:
            raise IllFormed("an inequality that one point satisfies is a disclosure", Step.INSTANCE)
        if self._least() >= self.threshold:
            raise IllFormed("an inequality that says nothing", Step.INSTANCE)

    @property
    def width(self) -> int:
        """N: how far above the threshold the largest sum lies."""
        return sum(s.coefficient * (s.maximum if s.coefficient > 0 else s.minimum) for s in self.summands) - self.threshold

    def _least(self) -> int:
        return sum(s.coefficient * (s.minimum if s.coefficient > 0 else s.maximum) for s in self.summands)


def at_least(prefix: str, inequality: Inequality) -> Clause:
    """``Σ a_k·v_k - threshold - Σ w_j·b_j = 0`` with boolean ``prefix.0 …``; every v_k has to stand in an equation."""
    names = bit_names(prefix, inequality.width)
    linear: Sequence[tuple[int, str]] = (
        *((summand.coefficient, summand.value) for summand in inequality.summands),
        *((-weight, name) for weight, name in zip(weights(inequality.width), names, strict=True)),
    )
    return Clause(constraints=(*booleans(names), Quadratic(linear=linear, constant=-inequality.threshold)))


def at_least_values(values: Mapping[str, int], prefix: str, inequality: Inequality) -> dict[str, int]:
    """The bits that :func:`at_least` names. Raises :class:`Unprovable` where the inequality does not hold."""
    total = sum(summand.coefficient * values[summand.value] for summand in inequality.summands)
    return bit_values(prefix, total - inequality.threshold, inequality.width)
