"""One of two linear inequalities over the same hidden values, and not which: a posterior bound by two tangents.

An upper credible bound accepts a region that no half-plane is: what two tangents accept together lies inside of it
(docs/decisions/0045). The choice is one hidden bit, which multiplies the difference of the two in one quadratic constraint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from credence.circuits.errors import IllFormed, Step
from credence.circuits.predicates.digits import bit_names, bit_values, booleans, weights
from credence.circuits.predicates.inequality import Inequality
from credence.circuits.sigma.statement import Clause, Quadratic


@dataclass(frozen=True, slots=True)
class Either:
    """``first`` or ``second``, over the same values in the same order.

    Raises :class:`IllFormed` for other values or domains, and where one of the two follows from the other, so that there is
    nothing to choose.
    """

    first: Inequality
    second: Inequality

    def __post_init__(self) -> None:
        values = [[(s.value, s.minimum, s.maximum) for s in each.summands] for each in (self.first, self.second)]
        if values[0] != values[1]:
            raise IllFormed("two inequalities to choose from are over the same values", Step.INSTANCE)
        ends = [
            sorted(((then.coefficient - now.coefficient) * end) for end in (now.minimum, now.maximum))
            for now, then in zip(self.first.summands, self.second.summands, strict=True)
        ]
        more = self.second.threshold - self.first.threshold
        if not sum(least for least, _ in ends) < more < sum(most for _, most in ends):
            raise IllFormed("of two inequalities to choose from one follows from the other", Step.INSTANCE)

    @property
    def width(self) -> int:
        """N: how far above its threshold the largest sum of either lies."""
        return max(self.first.width, self.second.width)


def which(prefix: str) -> str:
    """The name of the bit that chooses: 0 is ``first``."""
    return f"{prefix}.which"


def either(prefix: str, bound: Either) -> Clause:
    """``Σ a_k·v_k - t + c·(Σ (a'_k - a_k)·v_k - (t' - t)) - Σ w_j·b_j = 0`` with boolean c = ``prefix.which`` and b_j =
    ``prefix.0 …``; every v_k has to stand in an equation.
    """
    choice, names = which(prefix), bit_names(prefix, bound.width)
    first, second = bound.first, bound.second
    both = zip(first.summands, second.summands, strict=True)
    equation = Quadratic(
        products=tuple((then.coefficient - now.coefficient, choice, now.value) for now, then in both),
        linear=(
            *((summand.coefficient, summand.value) for summand in first.summands),
            (first.threshold - second.threshold, choice),
            *((-weight, name) for weight, name in zip(weights(bound.width), names, strict=True)),
        ),
        constant=-first.threshold,
    )
    return Clause(constraints=(*booleans((choice, *names)), equation))


def either_values(values: Mapping[str, int], prefix: str, bound: Either) -> dict[str, int]:
    """The bits that :func:`either` names. Raises :class:`Unprovable` where neither inequality holds."""
    above = [
        sum(s.coefficient * values[s.value] for s in each.summands) - each.threshold for each in (bound.first, bound.second)
    ]
    choice = int(above[0] < 0)
    return {which(prefix): choice, **bit_values(prefix, above[choice], bound.width)}
