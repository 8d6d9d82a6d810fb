"""Is one of two inequalities shown exactly where one holds, and can the hidden choice be anything but a choice?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import IllFormed, Unprovable
from credence.circuits.predicates.digits import bit_names, bit_values
from credence.circuits.predicates.inequality import Inequality, Summand
from credence.circuits.predicates.posterior import Either, either, either_values, which
from tests.circuits.composite.subjects import native
from tests.circuits.predicates.proofs import convinces


def line(alpha: int, beta: int, *, evidence: int = 1, events: int = 1) -> Inequality:
    """``10·ΣE >= 10·alpha + beta·ΣO``, E below 100 and O below 30."""
    names = [Summand(10, f"e{at}", 0, 99) for at in range(evidence)] + [
        Summand(-beta, f"o{at}", 0, 29) for at in range(events)
    ]
    return Inequality(tuple(names), 10 * alpha)


BOUND = Either(line(5, 30), line(40, 8))
"""The lines cross at O = 16, E = 53: below it the first asks for less, above it the second."""


def shown(curve: Curve, values: dict[str, int], answers: dict[str, int], bound: Either = BOUND) -> bool:
    return convinces(curve, [either("p", bound)], values, answers)


def satisfied(e: int, o: int) -> bool:
    return 10 * e >= 50 + 30 * o or 10 * e >= 400 + 8 * o


@pytest.mark.parametrize(
    ("e", "o"),
    [(5, 0), (4, 0), (8, 1), (7, 1), (50, 15), (49, 15), (53, 16), (52, 16), (99, 29), (64, 29), (63, 29), (0, 29)],
)
def test_it_is_shown_exactly_where_one_of_the_two_holds(e: int, o: int) -> None:
    values = {"e0": e, "o0": o}
    if satisfied(e, o):
        assert shown(native(), values, either_values(values, "p", BOUND))
    else:
        with pytest.raises(Unprovable, match="outside its interval"):
            either_values(values, "p", BOUND)


@settings(max_examples=6, deadline=None)
@given(st.lists(st.integers(0, 99), min_size=4, max_size=4), st.lists(st.integers(0, 29), min_size=4, max_size=4))
def test_it_is_about_sums_of_four(evidence: list[int], events: list[int]) -> None:
    bound = Either(line(5, 30, evidence=4, events=4), line(40, 8, evidence=4, events=4))
    values = {f"e{at}": e for at, e in enumerate(evidence)} | {f"o{at}": o for at, o in enumerate(events)}
    if satisfied(sum(evidence), sum(events)):
        assert shown(native(), values, either_values(values, "p", bound), bound)
    else:
        with pytest.raises(Unprovable):
            either_values(values, "p", bound)


def forced(e: int, o: int, choice: int) -> dict[str, int]:
    """Whatever makes the equation true for that choice, in the field: a digit carries what is missing."""
    left = (10 * e - 50 - 30 * o + choice * (22 * o - 350)) % ORDER
    if left <= BOUND.width:
        return {which("p"): choice, **bit_values("p", left, BOUND.width)}
    last = bit_names("p", BOUND.width)[-1]
    return {which("p"): choice, **dict.fromkeys(bit_names("p", BOUND.width), 0), last: left}


def test_the_other_choice_does_not_help_whom_it_does_not_hold_for(curve: Curve) -> None:
    values = {"e0": 57, "o0": 20}  # the second line holds, the first does not
    assert shown(curve, values, forced(57, 20, 1))
    assert not shown(curve, values, forced(57, 20, 0))
    assert shown(curve, {"e0": 35, "o0": 10}, forced(35, 10, 0))
    assert not shown(curve, {"e0": 35, "o0": 10}, forced(35, 10, 1))
    assert not shown(curve, {"e0": 30, "o0": 10}, forced(30, 10, 0))
    assert not shown(curve, {"e0": 30, "o0": 10}, forced(30, 10, 1))


@pytest.mark.parametrize(("e", "o", "choice"), [(30, 10, ORDER - 1), (40, 20, 3), (40, 20, 5), (0, 29, 6)])
def test_a_choice_that_is_no_bit_does_not_help(curve: Curve, e: int, o: int, choice: int) -> None:
    """Neither line holds, and a line beyond both does, with digits that are bits: the choice alone is false."""
    answers = forced(e, o, choice)
    assert not satisfied(e, o)
    assert all(value in (0, 1) for name, value in answers.items() if name != which("p"))
    assert not shown(curve, {"e0": e, "o0": o}, answers)


def test_digits_of_other_sums_do_not_help(curve: Curve) -> None:
    honest = either_values({"e0": 60, "o0": 10}, "p", BOUND)
    assert shown(curve, {"e0": 60, "o0": 10}, honest)
    for e, o in ((59, 10), (60, 11), (0, 0)):
        assert not shown(curve, {"e0": e, "o0": o}, honest)


def test_tangents_that_are_swapped_are_another_statement(curve: Curve) -> None:
    """The prover's copy has the second line with the first one's slope, which would accept 20 and 1."""
    values = {"e0": 20, "o0": 10}
    mixed = Either(line(5, 30), line(10, 8))
    answers = either_values(values, "p", mixed)
    assert shown(curve, values, answers, mixed)
    assert not shown(curve, values, answers)


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        (line(5, 30), line(40, 8, evidence=2), "same values"),
        (line(5, 30), Inequality(tuple(reversed(line(40, 8).summands)), 400), "same values"),
        (line(5, 30), replace(line(40, 8), summands=(Summand(10, "e0", 0, 98), Summand(-8, "o0", 0, 29))), "same values"),
        (line(5, 30), replace(line(40, 8), summands=(Summand(10, "e0", 1, 99), Summand(-8, "o0", 0, 29))), "same values"),
        (line(5, 30), replace(line(40, 8), summands=(Summand(10, "e1", 0, 99), Summand(-8, "o0", 0, 29))), "same values"),
        (line(5, 30), line(5, 30), "follows"),
        (line(5, 30), line(63, 10), "follows"),  # where there are the most events it is on the first
        (line(5, 30), line(5, 8), "follows"),
        (line(5, 8), line(40, 8), "follows"),
        (line(5, 8), line(40, 30), "follows"),
        (line(5, 30), line(70, 8), "follows"),
    ],
)
def test_two_that_are_no_choice_are_refused(first: Inequality, second: Inequality, reason: str) -> None:
    Either(line(5, 30), line(68, 8))
    Either(line(40, 8), line(5, 30))
    Either(line(5, 30), line(62, 10))
    with pytest.raises(IllFormed, match=reason):
        Either(first, second)
