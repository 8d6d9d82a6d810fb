"""Are values inside a range shown, and no others?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import IllFormed, Unprovable
from credence.circuits.predicates.range import LIMIT, Interval, in_range, range_values
from credence.circuits.sigma.statement import compile_clauses
from tests.circuits.predicates.proofs import convinces


def shown(curve: Curve, value: int, interval: Interval, bits: dict[str, int] | None = None) -> bool:
    answers = range_values(value, "r", interval) if bits is None else bits
    return convinces(curve, [in_range("v", "r", interval)], {"v": value}, answers)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1 << 40), st.integers(1, 1 << 20), st.sampled_from([1, 7, 28]), st.data())
def test_what_is_inside_is_shown(low: int, width: int, step: int, data: st.DataObject) -> None:
    from tests.circuits.composite.subjects import native

    interval = Interval(low, low + width * step, step)
    assert shown(native(), low + step * data.draw(st.integers(0, width)), interval)


@pytest.mark.parametrize("value", [10, 15])
def test_both_ends_are_inside(curve: Curve, value: int) -> None:
    assert shown(curve, value, Interval(10, 15))


@pytest.mark.parametrize("value", [9, 16])
def test_what_is_outside_has_no_bits(value: int) -> None:
    with pytest.raises(Unprovable, match="outside its interval"):
        range_values(value, "r", Interval(10, 15))


@pytest.mark.parametrize("value", [9, 16, ORDER - 1])
def test_what_is_outside_is_not_shown_with_any_bits(curve: Curve, value: int) -> None:
    """The nearest bits, and bits that are none but sum up to the value."""
    interval = Interval(10, 15)
    nearest = range_values(10 if value != 16 else 15, "r", interval)
    assert not shown(curve, value, interval, nearest)
    first, *others = nearest
    assert not shown(curve, value, interval, {first: (value - 10) * pow(3, -1, ORDER) % ORDER, **dict.fromkeys(others, 0)})


@pytest.mark.parametrize(
    ("minimum", "maximum", "step", "width"), [(28, 280, 28, 9), (10, 24, 7, 2), (3, 4, 1, 1), (0, 12, 4, 3)]
)
def test_an_interval_is_as_many_steps_wide(minimum: int, maximum: int, step: int, width: int) -> None:
    assert Interval(minimum, maximum, step).width == width


def test_a_value_between_two_steps_is_not_shown(curve: Curve) -> None:
    interval = Interval(28, 280, 28)
    assert shown(curve, 56, interval)
    with pytest.raises(Unprovable, match="between two steps"):
        range_values(57, "r", interval)


@pytest.mark.parametrize(
    ("minimum", "maximum", "step", "reason"),
    [
        (5, 4, 1, "ends before it begins"),
        (5, 5, 1, "disclosure"),
        (-1, 5, 1, "ends from 0"),
        (0, LIMIT, 1, "ends from 0"),
        (0, 5, 0, "step"),
        (0, 5, 2, "between two steps"),
        (10, 21, 7, "between two steps"),
    ],
)
def test_an_interval_that_is_none_is_refused(minimum: int, maximum: int, step: int, reason: str) -> None:
    assert LIMIT == 2**64
    Interval(0, LIMIT - 1)
    with pytest.raises(IllFormed, match=reason):
        Interval(minimum, maximum, step)


def test_a_range_of_a_value_that_no_credential_signs_says_nothing_and_is_refused() -> None:
    with pytest.raises(IllFormed):
        compile_clauses([in_range("free", "r", Interval(0, 7))])
