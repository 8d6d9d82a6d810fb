"""Is a statement's size known before the statement is, and is one over the limits refused without being made?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.composite import statement
from credence.circuits.composite.plan import Plan, Slot
from credence.circuits.composite.size import MAX_CONSTRAINTS, MAX_EQUATIONS, MAX_VARIABLES, Size, check_size, size_of
from credence.circuits.composite.statement import compile_afresh, compile_plan
from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.curve import Curve
from credence.circuits.errors import IllFormed, Step
from credence.circuits.predicates.inequality import Inequality, Summand
from credence.circuits.predicates.range import Interval
from tests.circuits.composite.subjects import SUITE, full
from tests.circuits.composite.test_weakened_posterior import over


def compiled(plan: Plan) -> Size:
    template = compile_afresh(plan).template
    constraints = 0 if template.constraints is None else len(template.constraints.constraints)
    return Size(len(template.scalars), template.structure.num_equations, constraints)


def standing(name: str = "standing", **said: Any) -> Slot:
    return Slot(name, STANDING_1, SUITE, 5, **said)


@pytest.mark.parametrize("count", [2, 3, 4, 5, 6, 7, 9, 27, 249, 1_024])
@pytest.mark.parametrize("side", ["inside", "outside"])
def test_sets_of_every_shape_are_counted(side: str, count: int) -> None:
    plan = Plan((standing(**{side: (("venue", tuple(range(count))),)}),))
    assert size_of(plan) == compiled(plan)


@pytest.mark.parametrize("width", [1, 2, 3, 7, 8, 255, 256, (1 << 64) - 1])
def test_intervals_of_every_width_are_counted(width: int) -> None:
    plan = Plan((standing(ranges=(("events_milli", Interval(0, width)),)),))
    assert size_of(plan) == compiled(plan)


@pytest.mark.parametrize("uses", [0, 1, 2, 3, 16, 17, 65_536])
def test_uses_are_counted(uses: int) -> None:
    plan = Plan((standing(),), limited="standing" if uses else None, uses=uses)
    assert size_of(plan) == compiled(plan)


def test_everything_together_is_counted(curve: Curve) -> None:
    plan = full(curve).plan
    assert size_of(plan) == compiled(plan)
    summed = [Summand(1, plan.slots[1].scalar("events_milli"), 0, (1 << 24) - 1)]
    assert size_of(replace(plan, inequalities=(Inequality(tuple(summed), 7),))) == compiled(
        replace(plan, inequalities=(Inequality(tuple(summed), 7),))
    )


def test_a_posterior_bound_is_counted_with_ranges_of_what_it_is_over(curve: Curve) -> None:
    plan = over(curve, 2_000, 0).plan
    assert size_of(plan) == compiled(plan)
    ranged = tuple(replace(slot, ranges=(("evidence_milli", Interval(500, 9_000)),)) for slot in plan.slots)
    assert size_of(replace(plan, slots=ranged)) == compiled(replace(plan, slots=ranged))


@pytest.mark.parametrize("size", [1, 8])
def test_nothing_but_possession_has_no_constraint(size: int) -> None:
    plan = Plan(tuple(Slot(f"s{number}", PERSON_1, SUITE, 5) for number in range(size)))
    assert size_of(plan) == compiled(plan) == Size(3 + size * (3 + 1 + 16), 2 * size, 0)


def sets(lengths: Sequence[int], side: str) -> Plan:
    return Plan(tuple(standing(f"s{i}", **{side: (("venue", tuple(range(n))),)}) for i, n in enumerate(lengths)))


@pytest.mark.parametrize(
    ("within", "beyond", "what"),
    [
        (sets([1_024] * 6, "outside"), sets([1_024] * 7, "outside"), f"{MAX_VARIABLES} variables"),
        (sets([1_024] * 5, "inside"), sets([1_024] * 6, "inside"), f"{MAX_CONSTRAINTS} constraints"),
    ],
)
def test_a_statement_over_the_limits_is_never_made(
    monkeypatch: pytest.MonkeyPatch, within: Plan, beyond: Plan, what: str
) -> None:
    compile_plan(within)
    made: list[Plan] = []
    monkeypatch.setattr(statement, "clauses", lambda plan: made.append(plan) or [])  # type: ignore[func-returns-value]
    for attempt in (compile_plan, compile_afresh, check_size):
        with pytest.raises(IllFormed, match=f"over {what}") as caught:
            attempt(beyond)
        assert caught.value.step is Step.INSTANCE
    assert made == []


def test_no_plan_has_so_many_equations() -> None:
    """Eight slots with everything that is asked of each; the limit is that of the format."""
    slots = tuple(Slot(f"s{number}", PERSON_1, SUITE, 5) for number in range(8))
    names = tuple(slot.name for slot in slots)
    plan = Plan(slots, not_revoked=names, pseudonym="s0", limited="s0", uses=2, escrow="s0")
    assert size_of(plan).equations < MAX_EQUATIONS
