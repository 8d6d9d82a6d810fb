"""Are the ten checks of instance validation all made, each on its own? Is an instance what its bytes say?

Every refused instance differs in one thing from ``equations()`` over ``points()``, the accepted twin.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.circuits import curve as curves
from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.errors import CircuitError, IllFormed, Malformed, Step
from credence.circuits.sigma.relation import (
    Equation,
    LinearRelation,
    Structure,
    parse_relation,
    signed,
)
from tests.circuits.sigma.subjects import base, equality, everything, native

Image = tuple[tuple[int, int], ...]
Terms = tuple[tuple[int, int, int], ...]
Sides = tuple[Image, Terms]

X: Sides = (((1, 1),), ((0, 0, 1),))
Y: Sides = (((2, 1), (3, 5)), ((0, 4, 1), (1, 3, 2)))
SHARED: Sides = (((5, 1),), ((1, 4, 1), (1, 3, 1)))


def relation(curve: Curve, sides: list[Sides], points: list[G1]) -> LinearRelation:
    return LinearRelation(curve, Structure(tuple(Equation(*side) for side in sides)), tuple(points))


def points(curve: Curve) -> list[G1]:
    return [curve.BP1, *(base(curve, f"point {number}") for number in range(1, 6))]


def test_the_accepted_twin(curve: Curve) -> None:
    accepted = relation(curve, [X, Y, SHARED], points(curve))
    structure = accepted.structure
    assert (structure.num_equations, structure.num_elements, structure.num_scalars) == (3, 6, 2)


def refused(curve: Curve, sides: list[Sides], given: list[G1] | None = None) -> str:
    with pytest.raises(IllFormed) as error:
        relation(curve, sides, points(curve) if given is None else given)
    assert error.value.step is Step.INSTANCE
    return error.value.reason


def test_check_1_there_is_an_equation(curve: Curve) -> None:
    assert refused(curve, [], [curve.BP1]).startswith("check 1")


@pytest.mark.parametrize("sides", [((), X[1]), (X[0], ())], ids=["image", "terms"])
def test_check_2_no_side_is_empty(curve: Curve, sides: Sides) -> None:
    assert refused(curve, [sides, Y, SHARED]).startswith("check 2")


@pytest.mark.parametrize("index", [-1, 1 << 32, True, 1.0])
def test_check_3_indexes_are_in_range(curve: Curve, index: int) -> None:
    last = (1 << 32) - 1
    assert Equation(((last, 1),), ((last, last, 1),)).serialized
    for side in ((((index, 1),), X[1]), (X[0], ((index, 0, 1),)), (X[0], ((0, index, 1),))):
        assert refused(curve, [side, Y, SHARED]).startswith("check 3")


def test_check_4_every_index_has_its_element(curve: Curve) -> None:
    assert refused(curve, [X, Y, SHARED], points(curve)[:-1]).startswith("check 4")
    assert refused(curve, [X, Y, SHARED], []).startswith("check 4")


def test_check_5_every_element_is_used(curve: Curve) -> None:
    assert refused(curve, [X, Y, SHARED], [*points(curve), base(curve, "more")]).startswith("check 5")
    assert refused(curve, [X, Y]).startswith("check 5")
    skipped = (((6, 1),), ((1, 4, 1),))
    assert refused(curve, [X, Y, skipped], [*points(curve), base(curve, "more")]).startswith("check 5")


def test_check_6_every_scalar_is_used(curve: Curve) -> None:
    skipped = (SHARED[0], ((3, 4, 1),))
    assert refused(curve, [X, Y, skipped]).startswith("check 6")


def test_check_7_the_first_element_is_the_generator(curve: Curve) -> None:
    assert refused(curve, [X, Y, SHARED], [curve.BP1 * 2, *points(curve)[1:]]).startswith("check 7")
    assert refused(curve, [X, Y, SHARED], [-curve.BP1, *points(curve)[1:]]).startswith("check 7")


@pytest.mark.parametrize("slot", range(1, 6))
def test_check_8_no_element_is_the_identity(curve: Curve, slot: int) -> None:
    given = points(curve)
    given[slot] = curve.identity_g1
    assert refused(curve, [X, Y, SHARED], given).startswith("check 8")


def test_check_9_no_image_is_the_identity(curve: Curve) -> None:
    zero = (((1, 0),), X[1])
    cancelling = (((1, 1), (1, ORDER - 1)), X[1])
    assert refused(curve, [zero, Y, SHARED]).startswith("check 9")
    assert refused(curve, [cancelling, Y, SHARED]).startswith("check 9")
    given = points(curve)
    given[2] = -given[3] * 5
    assert refused(curve, [X, Y, SHARED], given).startswith("check 9")
    given[2] = -given[3] * 4
    relation(curve, [X, Y, SHARED], given)


def test_check_9_coefficients_cancel_modulo_the_order(curve: Curve) -> None:
    """Next to zero they are written ORDER/2, ORDER/2 and 1, rounded down, whose sum is ORDER and no zero."""
    half = ORDER >> 1
    relation(curve, [(((1, half), (1, half), (1, 2)), X[1]), Y, SHARED], points(curve))
    assert refused(curve, [(((1, half), (1, half), (1, 1)), X[1]), Y, SHARED]).startswith("check 9")
    terms = ((1, 4, half), (1, 4, half), (1, 4, 1))
    assert refused(curve, [X, (Y[0], ((0, 4, 1),)), (SHARED[0], terms)]).startswith("check 10")


def test_check_10_no_column_is_the_identity(curve: Curve) -> None:
    alone: Sides = (Y[0], ((0, 4, 1),))  # scalar 1 stands in SHARED only
    relation(curve, [X, alone, SHARED], points(curve))
    for terms in (((1, 4, 0), (1, 3, 0)), ((1, 4, 1), (1, 4, ORDER - 1))):
        assert refused(curve, [X, alone, (SHARED[0], terms)]).startswith("check 10")
    given = points(curve)
    given[4] = -given[3]
    assert refused(curve, [X, alone, SHARED], given).startswith("check 10")
    # but for one entry that is not the identity the same column is accepted
    given[4] = -given[3] * 2
    relation(curve, [X, alone, SHARED], given)


def test_check_10_one_entry_of_a_column_is_enough(curve: Curve) -> None:
    """Points 3 and 4 cancel in SHARED, and in the other equation that scalar 1 stands in they do not."""
    given = points(curve)
    given[4] = -given[3]
    relation(curve, [X, (Y[0], ((0, 3, 1), (1, 4, 1), (1, 3, 2))), SHARED], given)
    assert refused(curve, [X, (Y[0], ((0, 3, 1), (1, 4, 2), (1, 3, 2))), SHARED], given).startswith("check 10")


@pytest.mark.parametrize("coefficient", [-1, ORDER, ORDER + 1, True, 1.0])
def test_coefficients_are_canonical(curve: Curve, coefficient: int) -> None:
    """Accepted twins: 0 beside another term, and ORDER - 1."""
    relation(curve, [X, Y, (SHARED[0], ((1, 4, 0), (1, 3, ORDER - 1)))], points(curve))
    for side in ((((1, coefficient),), X[1]), (X[0], ((0, 0, coefficient),))):
        assert "canonical" in refused(curve, [side, Y, SHARED])


def test_equal_points_keep_their_slots(curve: Curve) -> None:
    """A prover's point that happens to equal another one is neither merged nor refused."""
    given = points(curve)
    given[2] = given[3]
    same = relation(curve, [X, Y, SHARED], given)
    assert same.serialized.count(given[3].to_bytes()) == 2
    assert len(same.serialized) == len(relation(curve, [X, Y, SHARED], points(curve)).serialized)


def test_signed_coefficients_are_the_short_ones() -> None:
    assert [signed(value) for value in (0, 1, ORDER - 1, ORDER >> 1, (ORDER >> 1) + 1)] == [
        0,
        1,
        -1,
        ORDER >> 1,
        (ORDER >> 1) + 1 - ORDER,
    ]


# --- bytes ---


def test_the_layout_by_hand(curve: Curve) -> None:
    H, X_point, Y_point = (base(curve, name) for name in ("H", "X", "Y"))
    rows = (Equation(((2, 1),), ((0, 0, 1),)), Equation(((3, 1),), ((0, 1, ORDER - 1),)))
    made = LinearRelation(curve, Structure(rows), (curve.BP1, H, X_point, Y_point))
    one, minus = (1).to_bytes(32, "big"), (ORDER - 1).to_bytes(32, "big")

    def number(value: int) -> bytes:
        return value.to_bytes(4, "little")

    assert made.serialized == b"".join(
        [
            number(2),
            *(number(1), number(2), one, number(1), number(0), number(0), one),
            *(number(1), number(3), one, number(1), number(0), number(1), minus),
            *(point.to_bytes() for point in (H, X_point, Y_point)),
        ]
    )


@pytest.mark.parametrize("make", [equality, everything])
def test_an_instance_comes_back_from_its_bytes(make: Callable[[Curve], object], curve: Curve) -> None:
    made = native(make).statement.relation  # type: ignore[arg-type]
    again = parse_relation(curve, made.serialized)
    assert again.serialized == made.serialized
    assert again.elements == made.elements


def test_the_smallest_instance_comes_back_from_its_bytes(curve: Curve) -> None:
    """``5·BP1 = x·BP1``: no element but the generator, so that the last count fills what is left."""
    least = relation(curve, [(((0, 5),), ((0, 0, 1),))], [curve.BP1])
    assert parse_relation(curve, least.serialized).serialized == least.serialized
    assert len(least.serialized) == 4 + 4 + 36 + 4 + 40


def test_bytes_that_end_early_or_late_are_refused(curve: Curve) -> None:
    """Accepted twin: all of them, above."""
    data = native(equality).statement.relation.serialized
    for length in range(len(data)):
        with pytest.raises(CircuitError):
            parse_relation(curve, data[:length])
    for tail in (b"\x00", data[-48:]):
        with pytest.raises(Malformed):
            parse_relation(curve, data + tail)


@pytest.mark.parametrize("at", [0, 4, 44])
@pytest.mark.parametrize("count", [1 << 31, (1 << 32) - 1, 1 << 16])
def test_a_count_beyond_the_end_costs_nothing(curve: Curve, at: int, count: int) -> None:
    data = native(equality).statement.relation.serialized
    with pytest.raises(Malformed, match="count"):
        parse_relation(curve, data[:at] + count.to_bytes(4, "little") + data[at + 4 :])


def test_a_large_index_costs_nothing(curve: Curve) -> None:
    data = native(equality).statement.relation.serialized
    for at in (8, 48, 52):
        with pytest.raises(IllFormed):
            parse_relation(curve, data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :])


@pytest.mark.parametrize("value", [ORDER, (1 << 256) - 1])
def test_a_coefficient_that_is_not_canonical_is_refused(curve: Curve, value: int) -> None:
    data = native(equality).statement.relation.serialized
    with pytest.raises(Malformed):
        parse_relation(curve, data[:12] + value.to_bytes(32, "big") + data[44:])


# --- evaluation ---

scalars = st.one_of(st.sampled_from([0, 1, ORDER - 1]), st.integers(0, ORDER - 1))


@settings(max_examples=20, deadline=None)
@given(st.data(), st.integers(1, 3), st.integers(1, 3))
def test_merging_changes_nothing(data: st.DataObject, width: int, height: int) -> None:
    """Σ over the terms one by one, against the merged combination: for any repetition of scalars and slots."""
    curve = curves.load("native")
    index = st.integers(0, 3)
    image = data.draw(st.lists(st.tuples(index, scalars), min_size=1, max_size=height + 2))
    terms = data.draw(st.lists(st.tuples(st.integers(0, width - 1), index, scalars), min_size=1, max_size=8))
    values = data.draw(st.lists(scalars, min_size=width, max_size=width))
    challenge = data.draw(scalars)
    slots = [curve.BP1, *(base(curve, str(number)) for number in range(3))]
    expected = curve.identity_g1
    for scalar, element, coefficient in terms:
        expected = expected + slots[element] * (coefficient * values[scalar])
    for element, coefficient in image:
        expected = expected - slots[element] * (coefficient * challenge)
    combination = Equation(tuple(image), tuple(terms)).combine(values, challenge)
    assert curve.msm([slots[slot] for slot in combination], list(combination.values())) == expected
