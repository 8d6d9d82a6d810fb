"""Days: whole ones of UTC since 1970-01-01, written YYYY-MM-DD."""

from __future__ import annotations

import pytest

from credence.circuits.days import read_day, write_day


@pytest.mark.parametrize(
    ("text", "day"), [("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2026-11-22", 20_779)]
)
def test_days_are_read_and_written(text: str, day: int) -> None:
    assert read_day(text) == day
    assert write_day(day) == text


@pytest.mark.parametrize(
    "text", ["", "2026-02-29", "20261122", "2026-W47-7", "2026-11-22T00:00", " 2026-11-22", "2026-11-٢٢"]
)
def test_nothing_else_is_a_day(text: str) -> None:
    with pytest.raises(ValueError):
        read_day(text)
