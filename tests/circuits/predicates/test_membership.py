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
    assert rows + columns == min(a + b for a in range(1, size + 1) for b in (-(-size // a),))


def test_what_the_sets_of_the_full_policy_cost() -> None:
    assert (selecting_cost(27), excluding_cost(10), selecting_cost(249)) == (9, 6, 30)
    template = compile_clauses([committed({"v": 0}), in_set("v", "s", EU27), not_in_set("v", "o", LISTED)])
    assert len(template.bound) == 1 + 9 + 6


@pytest.mark.parametrize("forged", ["no row", "two rows", "another member", "half a row"])
def test_a_value_outside_is_not_shown_with_any_selectors(curve: Curve, forged: str) -> None:
    values = (3, 5, 8, 13, 21, 34, 55, 60, 70)
    honest = in_set_values(5, "s", values)
    assert inside(curve, 5, values, honest)
    rows = [name for name in honest if ".f." in name]
    answers = {
        "no row": {**honest, **dict.fromkeys(rows, 0)},
        "two rows": {**honest, **dict.fromkeys(rows, 1)},
        "another member": in_set_values(8, "s", values),
        "half a row": {**honest, rows[0]: pow(2, -1, ORDER)},
    }[forged]
    # two hot rows and none select combinations that could be any value: take the very value they select
    for value in (4, 5 if forged == "another member" else 4, 3 + 13 - 60):
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
