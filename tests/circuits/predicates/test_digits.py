"""Do the bits of an interval reach all of it, and nothing else?"""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.circuits.errors import IllFormed, Unprovable
from credence.circuits.predicates.digits import MAX_WIDTH, bit_names, bit_values, weights


@pytest.mark.parametrize("width", range(1, 130))
def test_every_choice_of_bits_is_inside_and_all_of_the_interval_is_reached(width: int) -> None:
    assert len(weights(width)) == width.bit_length()
    assert {
        sum(w for w, bit in zip(weights(width), bits, strict=True) if bit)
        for bits in product((0, 1), repeat=width.bit_length())
    } == set(range(width + 1))


@given(st.integers(1, MAX_WIDTH), st.data())
def test_greedy_bits_write_the_value(width: int, data: st.DataObject) -> None:
    value = data.draw(st.integers(0, width))
    bits = bit_values("b", value, width)
    assert tuple(bits) == bit_names("b", width)
    assert sum(weight * bit for weight, bit in zip(weights(width), bits.values(), strict=True)) == value
    assert sum(weights(width)) == width


def test_ten_uses_have_ten_numbers_and_not_sixteen() -> None:
    assert weights(9) == (5, 2, 1, 1)
    assert sum(weights(9)) == 9


@pytest.mark.parametrize(("value", "width"), [(-1, 5), (6, 5)])
def test_a_value_outside_is_not_written(value: int, width: int) -> None:
    bit_values("b", max(0, min(value, width)), width)
    with pytest.raises(Unprovable, match="outside its interval"):
        bit_values("b", value, width)


@pytest.mark.parametrize("width", [0, -1, MAX_WIDTH + 1])
def test_a_width_that_is_none_is_refused(width: int) -> None:
    assert MAX_WIDTH == 2**128 - 1
    weights(max(1, min(width, MAX_WIDTH)))
    with pytest.raises(IllFormed, match="width"):
        weights(width)
