"""Is a value of a set shown to be in it, and one outside shown to be outside, and nothing else?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import IllFormed, Unprovable
from credence.circuits.predicates.membership import (
    MAX_SET,
    excluding_cost,
    grid,
    in_set,
    in_set_values,
    not_in_set,
    not_in_set_values,
    selecting_cost,
)
from credence.circuits.sigma.statement import compile_clauses
from tests.circuits.composite.subjects import EU27, LISTED, native
from tests.circuits.predicates.proofs import committed, convinces

SETS = st.lists(st.integers(0, 1_000), min_size=2, max_size=40, unique=True).map(lambda found: tuple(sorted(found)))


def inside(curve: Curve, value: int, values: tuple[int, ...], answers: dict[str, int] | None = None) -> bool:
    chosen = in_set_values(value, "s", values) if answers is None else answers
    return convinces(curve, [in_set("v", "s", values)], {"v": value}, chosen)


def outside(curve: Curve, value: int, values: tuple[int, ...], answers: dict[str, int] | None = None) -> bool:
    chosen = not_in_set_values(value, "s", values) if answers is None else answers
    return convinces(curve, [not_in_set("v", "s", values)], {"v": value}, chosen)


@settings(max_examples=15, deadline=None)
@given(SETS, st.data())
def test_members_are_shown_and_others_are_shown_to_be_none(values: tuple[int, ...], data: st.DataObject) -> None:
    assert inside(native(), data.draw(st.sampled_from(values)), values)
    assert outside(native(), data.draw(st.integers(0, 1_001).filter(lambda v: v not in values)), values)


def test_every_member_of_a_padded_grid_is_shown(curve: Curve) -> None:
    values = (3, 5, 8, 13, 21, 34, 55)
    assert grid(7) == (2, 4)  # eight cells, the last value twice
    assert all(inside(curve, value, values) for value in values)


@pytest.mark.parametrize("size", range(2, 260))
def test_the_grid_is_the_smallest_one(size: int) -> None:
    rows, columns = grid(size)
    assert rows * columns >= size
    assert (rows + columns, rows) == min((a + -(-size // a), a) for a in range(1, size + 1))


@pytest.mark.parametrize("size", range(1, 130))
def test_factors_cost_least_and_have_the_smallest_degree(size: int) -> None:
    cost, degree = min((d - 1 + -(-size // d), d) for d in range(1, size + 1))
    assert excluding_cost(size) == cost
    names = {name for each in not_in_set("v", "s", range(size)).constraints for _, _, name in each.products}
    names |= {name for each in not_in_set("v", "s", range(size)).constraints for _, name in each.linear}
    assert {name for name in names if ".m" in name} == {f"s.m{j}" for j in range(2, degree + 1)}


def test_what_the_sets_of_the_full_policy_cost() -> None:
    assert (selecting_cost(27), excluding_cost(10), selecting_cost(249)) == (9, 6, 30)
    template = compile_clauses([committed({"v": 0}), in_set("v", "s", EU27), not_in_set("v", "o", LISTED)])
    assert len(template.bound) == 1 + 9 + 6


@pytest.mark.parametrize("forged", ["no row", "two rows", "another member", "half a row", "two columns"])
def test_a_value_outside_is_not_shown_with_any_selectors(curve: Curve, forged: str) -> None:
    values = (3, 5, 8, 13, 21, 34, 55, 60, 70)
    honest = in_set_values(5, "s", values)
    assert inside(curve, 5, values, honest)
    rows, columns = ([name for name in honest if kind in name] for kind in (".f.", ".g."))
    answers = {
        "no row": {**honest, **dict.fromkeys(rows, 0)},
        "two rows": {**honest, **dict.fromkeys(rows, 1)},
        "another member": in_set_values(8, "s", values),
        "half a row": {**honest, rows[0]: pow(2, -1, ORDER)},
        "two columns": {**honest, **dict.fromkeys(columns, 1)},
    }[forged]
    # what is not one-hot selects a combination of cells that could be any value: take the very value it selects
    selected = {"two rows": 5 + 21 - 60, "two columns": 3 + 5 - 8, "half a row": (5 + 60) * pow(2, -1, ORDER)}
    for value in (4, selected.get(forged, 4)):
        assert not inside(curve, value % ORDER, values, answers)


def test_a_value_outside_has_no_selectors() -> None:
    with pytest.raises(Unprovable, match="not in its set"):
        in_set_values(4, "s", (3, 5))


@pytest.mark.parametrize("value", LISTED)
def test_a_listed_value_has_no_inverse(value: int) -> None:
    with pytest.raises(Unprovable, match="in the set"):
        not_in_set_values(value, "s", LISTED)


@pytest.mark.parametrize("wrong", ["s.y.0", "s.m2"])
def test_a_listed_value_is_not_shown_to_be_none_with_any_answers(curve: Curve, wrong: str) -> None:
    """Neither another inverse nor another square helps: each stands in an equation of its own."""
    honest = not_in_set_values(276, "s", LISTED)
    assert outside(curve, 276, LISTED, honest)
    assert not outside(curve, 276, LISTED, {**honest, wrong: honest[wrong] + 1})
    assert not outside(curve, 364, LISTED, honest)
    assert not outside(curve, 364, LISTED, {**honest, "s.m2": pow(276, 2)})


@pytest.mark.parametrize("exponent", [2, 3, 4, 5, 6, 7])
def test_each_power_stands_in_an_equation_of_its_own(curve: Curve, exponent: int) -> None:
    """One power is another one, and every inverse is made for it: all but that power's own equation hold."""
    values = tuple(range(100, 149))
    honest = not_in_set_values(7, "s", values)
    degree = 1 + sum(".m" in name for name in honest)
    assert degree == 7
    powers = [pow(7, j, ORDER) + (j == exponent) for j in range(degree + 1)]
    forged = dict(honest) | {f"s.m{exponent}": powers[exponent]}
    for number in range(0, len(values), degree):
        coefficients = [1]
        for root in values[number : number + degree]:
            coefficients = [high - root * low for high, low in zip([0, *coefficients], [*coefficients, 0], strict=True)]
        product = sum(c * power for c, power in zip(coefficients, powers, strict=True))
        forged[f"s.y.{number // degree}"] = pow(product, -1, ORDER)
    assert outside(curve, 7, values, honest)
    assert not outside(curve, 7, values, forged)


def test_the_bounds_of_a_set_belong_to_it() -> None:
    assert MAX_SET == 1024
    in_set("v", "s", range(MAX_SET))
    in_set("v", "s", (0, ORDER - 1))
    assert grid(1) == (1, 1)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ((), "too few"),
        ((5,), "too few"),
        (tuple(range(MAX_SET + 1)), "too many"),
        ((5, 5), "twice"),
        ((6, 5), "ascending"),
        ((5, ORDER), "no scalar"),
        ((-1, 5), "no scalar"),
    ],
)
def test_a_set_that_is_none_is_refused(values: tuple[int, ...], reason: str) -> None:
    in_set("v", "s", (5, 6))
    with pytest.raises(IllFormed, match=reason):
        in_set("v", "s", values)


def test_nothing_is_outside_an_empty_set() -> None:
    not_in_set("v", "s", (5,))
    with pytest.raises(IllFormed, match="too few"):
        not_in_set("v", "s", ())
