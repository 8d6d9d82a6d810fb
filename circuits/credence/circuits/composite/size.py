"""How large a plan's statement becomes, counted before anything is compiled, so that one over the limits costs nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.errors import IllFormed, Step
from credence.circuits.predicates.digits import weights
from credence.circuits.predicates.membership import excluding_cost, grid, selecting_cost

MAX_VARIABLES: Final = 512
MAX_EQUATIONS: Final = 128
MAX_CONSTRAINTS: Final = 384

_POSSESSION: Final = 3
"""Scalars of a signature that is shown: r1, r3, e."""


@dataclass(frozen=True, slots=True)
class Size:
    """Scalars, equations and quadratic constraints of a statement."""

    variables: int
    equations: int
    constraints: int


def size_of(plan: Plan) -> Size:
    """What compiling the plan gives, exactly. Raises :class:`IllFormed` for an interval or sum that has no decomposition."""
    bits = [len(weights(interval.width)) for slot in plan.slots for _, interval in slot.ranges]
    bits += [len(weights(plan.uses - 1))] if plan.uses > 1 else []
    sums = [len(weights(inequality.width)) for inequality in plan.inequalities]
    sums += [1 + len(weights(plan.posterior.width))] if plan.posterior is not None else []
    # an empty set is refused where it is compiled
    inside = [max(1, len(values)) for slot in plan.slots for _, values in slot.inside]
    outside = [max(1, len(values)) for slot in plan.slots for _, values in slot.outside]
    constraints = sum(bits) + sum(sums) + len(sums)
    constraints += sum(_selecting_constraints(count) for count in inside) + sum(map(excluding_cost, outside))
    shared = len(plan.slots[0].schema.holder)
    variables = shared + sum(_signed(slot) for slot in plan.slots) + len(plan.not_revoked) + (plan.escrow is not None)
    variables += sum(bits) + sum(sums) + sum(map(selecting_cost, inside)) + sum(map(excluding_cost, outside))
    equations = 2 * len(plan.slots) + len(plan.not_revoked) + 2 * (plan.escrow is not None)
    equations += (plan.pseudonym is not None) + (plan.limited is not None) + (plan.committed is not None)
    variables += plan.committed is not None
    binding = constraints > 0
    return Size(variables + binding, equations + binding, constraints)


def _signed(slot: Slot) -> int:
    """Scalars of a slot's own: of its signature, its blind factor, and what is hidden and not replaced by digits."""
    return _POSSESSION + 1 + len(slot.schema.issuer) - len(slot.disclosed) - len(slot.ranges)


def _selecting_constraints(count: int) -> int:
    """Booleans, one sum for each vector of two or more free entries, and the selection."""
    return selecting_cost(count) + sum(1 for entries in grid(count) if entries > 2) + 1


def check_size(plan: Plan) -> None:
    """Raises :class:`IllFormed` for a plan whose statement is over the limits of a presentation (proofs.md, section 4)."""
    for reason in _over(size_of(plan)):
        raise IllFormed(reason, Step.INSTANCE)


def _over(size: Size) -> Iterator[str]:
    limits: Sequence[tuple[int, int, str]] = (
        (size.variables, MAX_VARIABLES, "variables"),
        (size.equations, MAX_EQUATIONS, "equations"),
        (size.constraints, MAX_CONSTRAINTS, "constraints"),
    )
    for found, limit, what in limits:
        if found > limit:
            yield f"a statement of over {limit} {what}"
