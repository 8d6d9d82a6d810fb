"""What does a day say, and what does it not?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.service.reputation.events import read_event
from credence.service.reputation.merging import COLUMNS
from credence.service.reputation.records import ReputationDay
from credence.service.reputation.statistics import (
    MarginEvents,
    collateral,
    exposed_hours,
    facts,
    flow_return,
    history,
    margin_events,
    p95_leverage,
    wash_notional,
)
from tests.service.conftest import NOW
from tests.service.reputation.engines import engine
from tests.service.reputation.saying import ALICE, MORNING, line

TODAY = MORNING // 86_400
BASE_RATE = 2 / 30


def row(**values: Any) -> ReputationDay:
    """A day of which nothing else is known."""
    nothing = {name: None if name in ("min_buffer_ppm", "opening", "closing") else 0 for name in COLUMNS}
    return ReputationDay(client_id="venue.example", pseudonym=b"a" * 48, day=TODAY, **(nothing | values))


def told(*lines: dict[str, Any]) -> ReputationDay:
    ((found,), _) = engine().over(read_event(each, now=NOW) for each in lines)
    return row(**{name: found[name] for name in COLUMNS if name != "round_trips"})


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"near_miss_hours": 0b1, "call_hours": 0b1}, MarginEvents(0, 1, 0, 0)),
        ({"near_miss_hours": 0b11, "call_hours": 0b10}, MarginEvents(1, 1, 0, 0)),
        ({"call_hours": 0b1, "liquidation_hours": 0b1}, MarginEvents(0, 0, 1, 0)),
        ({"liquidation_hours": 0b1, "bad_debt_hours": 0b1, "near_miss_hours": 0b1}, MarginEvents(0, 0, 0, 1)),
        ({"liquidation_hours": 0b111, "liquidations": 40}, MarginEvents(0, 0, 3, 0)),
        ({"day_calls": 2, "call_hours": 0b1}, MarginEvents(0, 3, 0, 0)),
        ({"day_bad_debts": 23, "day_near_misses": 9}, MarginEvents(1, 0, 0, 23)),
        ({}, MarginEvents(0, 0, 0, 0)),
    ],
)
def test_an_hour_counts_once_by_the_worst_in_it(values: dict[str, int], expected: MarginEvents) -> None:
    found = margin_events(row(**values))
    assert found == expected
    assert found.any == (expected != MarginEvents(0, 0, 0, 0))


def test_an_hour_with_a_margin_event_was_exposed() -> None:
    assert exposed_hours(row(exposed_hours=0b11, liquidation_hours=0b110, call_hours=0b1000, near_miss_hours=0b10000)) == 5
    assert exposed_hours(row(exposed_hours=0b11, day_exposed=23)) == 24


def test_expected_events_follow_the_market_and_not_the_account() -> None:
    busy = row(exposed_hours=2**24 - 1, leverage_ppm_seconds=10**15)
    assert facts(busy, {}, BASE_RATE).expected == pytest.approx(BASE_RATE)
    assert facts(busy, {TODAY: 3_000_000}, BASE_RATE).expected == pytest.approx(3 * BASE_RATE)
    assert facts(row(), {TODAY: 3_000_000}, BASE_RATE).expected == 0


def test_fifteen_spotless_days_are_one_expected_event() -> None:
    days = [row(exposed_hours=2**24 - 1) for _ in range(15)]
    assert sum(found.expected for found in history(days, {}, BASE_RATE)) == pytest.approx(1)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line("account_day", equity="1000", pnl="50", fees="10")], 0.04),
        ([line("account_day", equity="1000", pnl="-5000")], -1.0),
        ([line("account_day", equity="1000", pnl="5000")], 1.0),
        ([line("account_day", pnl="50")], None),
        ([line("account_day", equity="0", pnl="50")], None),
        ([line("margin_snapshot", equity="1000")], None),
        (
            [
                line("margin_snapshot", 1, at=MORNING, equity="1000"),
                line("margin_snapshot", 2, at=MORNING + 60, equity="1300"),
                line("deposit", amount="200"),
            ],
            0.1,
        ),
    ],
)
def test_a_return_is_on_opening_equity_without_flows_and_bounded(
    lines: list[dict[str, Any]], expected: float | None
) -> None:
    found = flow_return(told(*lines))
    assert found == (expected if expected is None else pytest.approx(expected))


def test_collateral_is_weighted_by_time_and_turnover_is_without_wash() -> None:
    day = told(
        line("margin_snapshot", 1, equity="1000", seconds=3_600),
        line("margin_snapshot", 2, equity="4000", seconds=7_200),
        line("fill", 1, price="100", quantity="60"),
        line("fill", 2, price="100", quantity="10", self_match=True),
    )
    assert collateral(day) == pytest.approx(3_000)
    assert facts(day, {}, BASE_RATE).turnover == pytest.approx(2)
    assert (wash_notional(day), facts(day, {}, BASE_RATE).wash_notional) == (1_000_000_000, 1_000)
    assert facts(told(line("fill")), {}, BASE_RATE).turnover is None


def test_wash_is_never_more_than_all() -> None:
    assert wash_notional(row(notional=10, self_matched=8, round_trips=8)) == 10


@pytest.mark.parametrize(
    ("bands", "expected"),
    [((), None), ((95, 5), 1.0), ((94, 6), 2.0), ((0,) * 9 + (1,), float("inf")), ((1,), 1.0)],
)
def test_the_95th_percentile_is_the_end_of_a_band(bands: tuple[int, ...], expected: float | None) -> None:
    assert p95_leverage(bands + (0,) * (10 - len(bands))) == expected


def test_pnl_is_not_known_of_a_day_that_reported_none() -> None:
    assert facts(told(line("fill")), {}, BASE_RATE).pnl is None
    assert facts(told(line("fill", closed_pnl="-3")), {}, BASE_RATE).pnl == -3
    assert [found.day for found in history([told(line("vote", who=ALICE))], {}, BASE_RATE)] == [TODAY]
