"""Is a day's hazard its liquidations against the median day's, whatever else is known?"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from credence.service.reputation.market import multiples_of


@given(st.dictionaries(st.integers(20_000, 20_040), st.integers(1, 50), min_size=1))
def test_a_hazard_is_one_to_twenty_times_the_median_day(counts: dict[int, int]) -> None:
    found = multiples_of(counts)
    assert set(found) == set(range(min(counts), max(counts) + 1))
    assert all(1_000_000 <= value <= 20_000_000 for value in found.values())


def test_the_median_is_of_all_days_in_between() -> None:
    assert multiples_of({10: 4, 11: 2, 14: 6, 15: 2, 16: 3}) == {
        10: 2_000_000, 11: 1_000_000, 12: 1_000_000, 13: 1_000_000, 14: 3_000_000, 15: 1_000_000, 16: 1_500_000
    }  # fmt: skip
    assert multiples_of({}) == {}
