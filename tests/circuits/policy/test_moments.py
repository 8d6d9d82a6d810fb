"""Are the days of policies those of the calendar?"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.circuits.credential import MAX_DAY
from credence.circuits.errors import IllFormed
from credence.circuits.policy.moments import Moment

EPOCH = date(1970, 1, 1)


def day(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days


@pytest.mark.parametrize(
    ("text", "today", "expected"),
    [
        ("today", "2026-11-21", "2026-11-21"),
        ("today-18y", "2026-11-21", "2008-11-21"),
        ("today-18y", "2028-02-29", "2010-02-28"),
        ("today-4y", "2028-02-29", "2024-02-29"),
        ("today+1y", "2027-02-28", "2028-02-28"),
        ("today-1y", "2100-03-01", "2099-03-01"),
        ("today+30d", "2026-12-15", "2027-01-14"),
        ("today-1d", "2028-03-01", "2028-02-29"),
        ("today-100y", "2026-11-21", "1970-01-01"),
        ("today-60000d", "2026-11-21", "1970-01-01"),
        ("2008-11-21", "2026-11-21", "2008-11-21"),
    ],
)
def test_a_moment_is_a_day(text: str, today: str, expected: str) -> None:
    assert Moment.parse(text).on(day(today)) == day(expected)


@pytest.mark.parametrize("text", ["today+9999y", "today+60000d"])
def test_what_is_after_the_last_day_is_the_last_day(text: str) -> None:
    assert Moment.parse(text).on(20_000) == MAX_DAY


@pytest.mark.parametrize("text", ["today", "today-18y", "today+9999y", "2008-11-21"])
@pytest.mark.parametrize("today", [-1, MAX_DAY + 1, 1 << 40, 1 << 62])
def test_a_day_that_credentials_do_not_know_is_refused(text: str, today: int) -> None:
    moment = Moment.parse(text)
    assert 0 <= moment.on(MAX_DAY) <= MAX_DAY
    with pytest.raises(IllFormed, match="outside the calendar"):
        moment.on(today)


@given(st.integers(0, MAX_DAY), st.integers(1, 150))
def test_so_many_years_ago_is_never_later(today: int, years: int) -> None:
    """Whoever was born on the day has had that birthday."""
    earlier = Moment.parse(f"today-{years}y").on(today)
    assert earlier <= today
    assert Moment.parse(f"today-{years + 1}y").on(today) <= earlier


@pytest.mark.parametrize(
    "text",
    ["", "Today", "today-18", "today-0y", "today-018y", "today 18y", "today-18w", "today-100000d", "2008-11-31", "08-11-21",
     "20081121", "2008-11-21T00:00", "1969-12-31", "2150-01-01", "２００８-11-21", "today\n"],
)  # fmt: skip
def test_any_other_text_is_no_day(text: str) -> None:
    Moment.parse("today-18y")
    with pytest.raises(ValueError, match="day"):
        Moment.parse(text)
