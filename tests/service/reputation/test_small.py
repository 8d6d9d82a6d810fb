"""Is nothing shown of fewer than twenty accounts, not even by what is left over?"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.service.reputation.small import LEAST, Showing, interval, joined, showing, showing_sets

SHOWN, EMPTY, WITHHELD = Showing.SHOWN, Showing.EMPTY, Showing.WITHHELD
SIZES = st.lists(st.integers(0, 60), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([20, 40], [SHOWN, SHOWN]),
        ([19, 40, 0], [WITHHELD, WITHHELD, EMPTY]),  # 19 alone would follow from the rest
        ([19, 40, 21], [WITHHELD, SHOWN, WITHHELD]),
        ([10, 10, 40], [WITHHELD, WITHHELD, SHOWN]),
        ([5], [WITHHELD]),
        ([0], [EMPTY]),
    ],
)
def test_what_is_withheld_does_not_follow_from_what_is_shown(sizes: list[int], expected: list[Showing]) -> None:
    assert showing(sizes) == expected


@given(SIZES)
def test_no_small_cell_is_shown_and_no_small_rest_is_left(sizes: list[int]) -> None:
    found = showing(sizes)
    rest = sum(size for size, what in zip(sizes, found, strict=True) if what is WITHHELD)
    assert all(size >= LEAST for size, what in zip(sizes, found, strict=True) if what is SHOWN)
    assert rest == 0 or rest >= LEAST or SHOWN not in found


def test_who_is_in_two_cells_counts_once() -> None:
    ten = range(100, 110)
    assert showing_sets([range(60), ten, ten, ()]) == [WITHHELD, WITHHELD, WITHHELD, EMPTY]  # the same ten twice
    assert showing_sets([range(60), ten, range(110, 120), ()]) == [SHOWN, WITHHELD, WITHHELD, EMPTY]


@given(SIZES)
def test_bars_are_joined_and_lose_nobody(sizes: list[int]) -> None:
    bars = joined(sizes)
    assert bool(bars) == (sum(sizes) >= LEAST)
    if bars:
        totals = [sum(sizes[first : last + 1]) for first, last in bars]
        assert min(totals) >= LEAST
        assert sum(totals) == sum(sizes)
        assert all(one[1] + 1 == other[0] for one, other in pairwise(bars))


def test_an_interval_is_as_sure_as_there_are_accounts() -> None:
    low, high = interval(20, 200, 200)
    assert (round(low, 3), round(high, 3)) == (0.070, 0.140)  # Wilson, z = 1.645
    wide = interval(20, 200, 20)
    assert wide[0] < low < high < wide[1]
    assert interval(0, 50, 50)[0] == 0.0 < interval(0, 50, 50)[1]
