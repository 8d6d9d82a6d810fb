"""Is a date of birth read as what it says, and no surer than that?"""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.service.screening.births import Birth, BirthSpan, compare_births, guess_birth, read_birth


def span(first: str, last: str) -> BirthSpan:
    return BirthSpan(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1960-01-12", "1960-01-12", "1960-01-12"),
        ("1960-02", "1960-02-01", "1960-02-29"),
        ("1960-12", "1960-12-01", "1960-12-31"),
        ("1960", "1960-01-01", "1960-12-31"),
    ],
)
def test_a_written_date(text: str, first: str, last: str) -> None:
    assert read_birth(text) == guess_birth(text) == span(first, last)


@pytest.mark.parametrize("text", ["", "60", "1960-1", "1960-13", "1961-02-29", "1974-01-32", "12.01.1960", "1960-01-12T00"])
def test_a_date_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_birth(text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("1969-7-16", "1969-07-16", "1969-07-16"),
        ("1967-2-01", "1967-02-01", "1967-02-01"),
        ("1974-01-32", "1974-01-01", "1974-12-31"),
        ("1974-13", "1974-01-01", "1974-12-31"),
    ],
)
def test_a_mistyped_date_says_what_it_can(text: str, first: str, last: str) -> None:
    assert guess_birth(text) == span(first, last)


@pytest.mark.parametrize("text", ["", "unknown", "16-07-1969", "69"])
def test_what_is_no_date_says_nothing(text: str) -> None:
    assert guess_birth(text) is None


@pytest.mark.parametrize(
    ("born", "listed", "birth"),
    [
        (None, [span("1960-01-01", "1960-12-31")], Birth.UNKNOWN),
        (span("1960-05-05", "1960-05-05"), [], Birth.UNKNOWN),
        (span("1960-05-05", "1960-05-05"), [span("1960-01-01", "1960-12-31")], Birth.AGREES),
        (span("1960-12-31", "1960-12-31"), [span("1960-01-01", "1960-12-31")], Birth.AGREES),
        (span("1961-01-01", "1961-01-01"), [span("1960-01-01", "1960-12-31")], Birth.NEAR),
        (span("1963-01-01", "1963-01-01"), [span("1960-01-01", "1960-12-31")], Birth.NEAR),
        (span("1963-01-02", "1963-01-02"), [span("1960-01-01", "1960-12-31")], Birth.DIFFERS),
        (
            span("1990-01-01", "1990-01-01"),
            [span("1960-01-01", "1960-12-31"), span("1990-01-01", "1990-01-01")],
            Birth.AGREES,
        ),
    ],
)
def test_how_two_dates_go_together(born: BirthSpan | None, listed: list[BirthSpan], birth: Birth) -> None:
    assert compare_births(born, listed) is birth


DAYS = st.dates(date(1900, 1, 1), date(2030, 12, 31))


@given(one=DAYS, other=DAYS)
def test_distance_is_the_same_from_both_sides(one: date, other: date) -> None:
    left, right = BirthSpan.of_day(one), BirthSpan.of_day(other)
    assert left.apart(right) == right.apart(left) == abs((one - other).days)
    assert (left.apart(right) == 0) == left.holds(other)


def test_a_span_has_an_order() -> None:
    assert BirthSpan.of_years(1960, 1961).to_text() == "1960-01-01/1961-12-31"
    with pytest.raises(ValueError):
        BirthSpan.of_years(1961, 1960)
