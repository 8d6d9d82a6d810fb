"""Is a linear inequality over hidden values shown where it holds, and nowhere else?"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import IllFormed, Unprovable
from credence.circuits.predicates.inequality import SUM_LIMIT, Inequality, Summand, at_least, at_least_values
from tests.circuits.composite.subjects import native
from tests.circuits.predicates.proofs import convinces

X, Y = Summand(3, "x", 0, 100), Summand(-2, "y", 0, 50)
HOLDS = Inequality((X, Y), 40)


def shown(curve: Curve, values: dict[str, int], inequality: Inequality, answers: dict[str, int] | None = None) -> bool:
    bits = at_least_values(values, "s", inequality) if answers is None else answers
    return convinces(curve, [at_least("s", inequality)], values, bits)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 100), st.integers(0, 50))
def test_it_is_shown_exactly_where_it_holds(x: int, y: int) -> None:
    values = {"x": x, "y": y}
    if 3 * x - 2 * y >= 40:
        assert shown(native(), values, HOLDS)
    else:
        with pytest.raises(Unprovable, match="outside its interval"):
            at_least_values(values, "s", HOLDS)


def test_bits_of_another_sum_and_bits_that_are_none_do_not_help(curve: Curve) -> None:
    values, honest = {"x": 13, "y": 0}, at_least_values({"x": 14, "y": 0}, "s", HOLDS)
    assert shown(curve, {"x": 14, "y": 0}, HOLDS, honest)
    assert not shown(curve, values, HOLDS, honest)
    first, *others = honest
    assert not shown(curve, values, HOLDS, {first: -pow(130, -1, ORDER) % ORDER, **dict.fromkeys(others, 0)})


@pytest.mark.parametrize(
    ("summands", "threshold", "reason"),
    [
        ((), 1, "has summands"),
        ((X, X), 1, "each value once"),
        ((Summand(0, "x", 0, 100),), 1, "none with zero"),
        ((X, Summand(0, "z", 0, 100)), 1, "none with zero"),
        ((Summand(1, "x", 5, 4),), 1, "without a domain"),
        ((X, Summand(1, "z", 5, 4)), 1, "without a domain"),
        ((Summand(1, "x", -1, 4),), 1, "without a domain"),
        ((Summand(1 << 100, "x", 0, 1 << 28),), 1, "wrap around"),
        ((Summand(1, "x", 0, SUM_LIMIT - 1),), 1, "wrap around"),
        ((X, Y), -SUM_LIMIT, "wrap around"),
        ((X, Y), 301, "nothing satisfies"),
        ((X, Y), 300, "disclosure"),
        ((X, Y), -100, "says nothing"),
    ],
)
def test_an_inequality_that_is_none_is_refused(summands: tuple[Summand, ...], threshold: int, reason: str) -> None:
    assert SUM_LIMIT == 2**128
    Inequality((X, Y), 299)
    Inequality((X, Y), -99)
    Inequality((Summand(1, "x", 0, SUM_LIMIT - 2),), 1)
    Inequality((Summand(1, "x", 0, 100),), 50)
    Inequality((X, Summand(1, "z", 7, 7)), 40)
    with pytest.raises(IllFormed, match=reason):
        Inequality(summands, threshold)
