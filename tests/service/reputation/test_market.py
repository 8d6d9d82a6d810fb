"""Is a day's hazard its liquidations against the median day's, whatever else is known?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from credence.service.reputation.market import multiples_of


@given(st.dictionaries(st.integers(20_000, 20_040), st.integers(1, 50), min_size=1))
def test_a_hazard_is_one_to_twenty_times_the_median_day(counts: dict[int, int]) -> None:
    found = multiples_of(counts)
    assert set(found) == set(counts)
    assert all(1_000_000 <= value <= 20_000_000 for value in found.values())


def test_the_median_is_of_the_days_that_have_any() -> None:
    assert multiples_of({10: 4, 11: 2, 14: 6, 15: 2, 16: 3}) == {
        10: 1_333_333, 11: 1_000_000, 14: 2_000_000, 15: 1_000_000, 16: 1_000_000
    }  # fmt: skip


def test_years_between_two_tables_are_no_calm_days() -> None:
    """Else the median of most days would be none, and each day of either table would count twenty times."""
    tables = dict.fromkeys([*range(18_000, 18_010), *range(2_000_000_000, 2_000_000_010)], 100)
    assert set(multiples_of(tables).values()) == {1_000_000}
    assert multiples_of({}) == {}
