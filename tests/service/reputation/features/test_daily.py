"""Do the expressions count what the page says, and is the whole the sum of any parts, on either engine?"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.service.reputation.events import Event, read_event
from credence.service.reputation.events.wide import columns
from credence.service.reputation.merging import COLUMNS, LIMIT, Merge, merged
from credence.service.reputation.statistics import equity_at
from tests.service.conftest import NOW
from tests.service.reputation.engines import engine
from tests.service.reputation.saying import ALICE, BOB, MORNING, SAID, line

Days = dict[tuple[str, int], dict[str, Any]]


def told(*lines: dict[str, Any]) -> list[Event]:
    return [read_event(each, now=NOW) for each in lines]


def day(*lines: dict[str, Any]) -> dict[str, Any]:
    """The one day of some lines."""
    ((found,), _) = engine().over(told(*lines))
    return found


def in_parts(parts: Iterable[Sequence[Event]]) -> Days:
    """What the database does: days and cells of each part, merged one after the other."""
    days: Days = {}
    cells: dict[tuple[Any, ...], list[int]] = {}
    for part in parts:
        rows, found = engine().over(part) if part else ([], [])
        for row in rows:
            key = row["pseudonym"], row["day"]
            old = days.get(key)
            days[key] = (
                row
                if old is None
                else row
                | {name: merged(old[name], row[name], way) for name, way in COLUMNS.items() if name != "round_trips"}
            )
        for cell in found:
            sides = cells.setdefault(
                (cell["pseudonym"], cell["day"], cell["instrument"], cell["minute"], cell["price"]), [0, 0]
            )
            sides[0] += cell["bought"]
            sides[1] += cell["sold"]
    for row in days.values():
        row["round_trips"] = 0
    for (who, when, *_), sides in cells.items():
        days[who, when]["round_trips"] += 2 * min(sides)
    return days


def at_once(events: Sequence[Event], folder: Path) -> Days:
    """The whole in one statement, over a file."""
    import pyarrow.parquet as parquet

    from credence.service.reputation.features.engine import ARROW, over_file, pa

    parquet.write_table(pa.table(columns(events), schema=ARROW), folder / "events.parquet")
    return {(row["pseudonym"], row["day"]): row for row in over_file(folder / "events.parquet").to_pylist()}


# --- what is counted ---


def test_an_hour_is_marked_by_what_happened_in_it() -> None:
    found = day(
        line("margin_snapshot", 1, at=MORNING, equity="160", maintenance="100"),  # 0.6
        line("margin_snapshot", 2, at=MORNING + 3_600, equity="149.9", maintenance="100"),
        line("margin_snapshot", 3, at=MORNING + 3_601, equity="200", maintenance="100"),
        line("margin_snapshot", 4, at=MORNING + 7_200, equity="124", maintenance="100"),
        line("margin_call", 5, at=MORNING + 10_800),
        line("liquidation", 6, at=MORNING + 14_400, bad_debt="0"),
        line("liquidation", 7, at=MORNING + 18_000, bad_debt="0.01"),
    )
    assert found["exposed_hours"] == 0b111
    assert found["near_miss_hours"] == 0b110
    assert found["call_hours"] == 0b1100
    assert found["liquidation_hours"] == 0b110000
    assert found["bad_debt_hours"] == 0b100000
    assert found["min_buffer_ppm"] == 240_000
    assert (found["liquidations"], found["margin_calls"], found["bad_debt"]) == (2, 1, 10_000)


@pytest.mark.parametrize(
    ("equity", "near", "call"), [("150", 0, 0), ("149.999999", 1, 0), ("125", 1, 0), ("124.999999", 1, 1)]
)
def test_a_threshold_is_met_to_the_last_digit(equity: str, near: int, call: int) -> None:
    found = day(line("margin_snapshot", at=MORNING, equity=equity, maintenance="100"))
    assert (found["near_miss_hours"], found["call_hours"]) == (near, call)


def test_without_an_open_position_there_is_no_exposure_and_no_buffer() -> None:
    found = day(line("margin_snapshot", at=MORNING, equity="0", maintenance="0", initial="0", notional="0"))
    assert (found["exposed_hours"], found["near_miss_hours"], found["min_buffer_ppm"]) == (0, 0, None)
    assert (found["leverage_0"], found["leverage_ppm_seconds"]) == (3_600, 0)


@pytest.mark.parametrize(
    ("equity", "notional", "exposed"),
    [("1000", "100", 1), ("1000", "99.999999", 0), ("1000.00001", "100", 0), ("-5", "100", 1), ("1", "0.01", 0)],
)
def test_dust_exposes_no_hour(equity: str, notional: str, exposed: int) -> None:
    found = day(line("margin_snapshot", at=MORNING, equity=equity, maintenance="0", initial="0", notional=notional))
    assert found["exposed_hours"] == exposed


def test_what_happens_to_dust_is_marked_all_the_same() -> None:
    found = day(line("margin_snapshot", at=MORNING, equity="0.01", maintenance="0.01", initial="0.01", notional="0.02"))
    assert (found["exposed_hours"], found["near_miss_hours"], found["call_hours"]) == (0, 1, 1)


def test_leverage_is_weighted_by_time_and_kept_in_bands() -> None:
    found = day(
        line("margin_snapshot", 1, equity="1000", notional="2000", seconds=3_600),
        line("margin_snapshot", 2, equity="1000", notional="10000", seconds=1_800),
        line("margin_snapshot", 3, equity="0", notional="10000", seconds=60),
    )
    assert [found[f"leverage_{band}"] for band in range(10)] == [0, 3_600, 0, 0, 0, 1_800, 0, 0, 0, 60]
    assert found["leverage_ppm_seconds"] == 2_000_000 * 3_600 + 10_000_000 * 1_800 + 1_000_000_000 * 60
    assert (found["snapshot_seconds"], found["equity_hours"]) == (5_460, 1_500_000_000)


def test_a_day_opens_with_its_first_equity_and_closes_with_its_last() -> None:
    found = day(
        line("margin_snapshot", 1, at=MORNING + 50, equity="-7.126", notional="1", maintenance="1"),
        line("margin_snapshot", 2, at=MORNING + 9, equity="12.344"),
        line("margin_snapshot", 3, at=MORNING + 9, equity="12.35"),
        line("deposit", 4, at=MORNING + 1),
    )
    assert (equity_at(found["opening"]), equity_at(found["closing"])) == (12.34, -7.13)
    assert day(line("deposit"))["opening"] is None


def test_markouts_are_signed_and_have_their_own_notional() -> None:
    found = day(
        line("fill", 1, side="buy", price="100", quantity="2", mid_10s="101", mid_60s="99.5"),
        line("fill", 2, side="sell", price="100", quantity="1", mid_10s="103", maker=True),
    )
    assert (found["markout_10s"], found["markout_60s"], found["markout_300s"]) == (-1_000_000, -1_000_000, 0)
    assert (found["markout_notional_10s"], found["markout_notional_60s"]) == (300_000_000, 200_000_000)
    assert (found["maker_notional"], found["buy_notional"]) == (100_000_000, 200_000_000)


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ({}, 400_000_000),
        ({"price": "101"}, 0),
        ({"at": MORNING + 60}, 0),
        ({"instrument": "ETH-PERP"}, 0),
        ({"side": "buy"}, 0),
        ({"who": BOB}, 0),
        ({"self_match": True}, 0),
        ({"quantity": "1"}, 200_000_000),
    ],
)
def test_a_round_trip_is_both_sides_at_one_price_in_one_minute(change: dict[str, Any], back: int, tmp_path: Path) -> None:
    whole: dict[str, Any] = {"at": MORNING + 59, "side": "sell", "price": "100", "quantity": "2"}
    events = told(line("fill", 1, at=MORNING, side="buy", price="100", quantity="2"), line("fill", 2, **(whole | change)))
    found = at_once(events, tmp_path)
    assert found[ALICE, MORNING // 86_400]["round_trips"] == back
    assert sum(row["self_matched"] for row in found.values()) == (200_000_000 if change.get("self_match") else 0)


# --- the whole is the sum of any parts ---

MOMENTS = (0, 59, 60, 3_599, 3_600, 50_000)
LINES = st.builds(
    lambda kind, number, who, back, at, amount, side: line(
        kind,
        number,
        who=who,
        at=MORNING - back * 86_400 + at,
        **{
            "fill": {"side": side, "price": "10", "quantity": str(amount)},
            "margin_snapshot": {"equity": str(amount * 40 - 100), "maintenance": "100"},
            "deposit": {"amount": f"{amount}.000001"},
        }.get(kind, {}),
    ),
    st.sampled_from(list(SAID)),
    st.integers(0, 10**9),
    st.sampled_from((ALICE, BOB)),
    st.integers(1, 2),
    st.sampled_from(MOMENTS),
    st.integers(1, 9),
    st.sampled_from(("buy", "sell")),
)


@pytest.mark.slow
@given(st.lists(LINES, min_size=1, max_size=40), st.randoms(use_true_random=False), st.integers(1, 9))
@settings(max_examples=10, deadline=None)
def test_batch_stream_and_shards_agree_to_the_last_digit(
    lines: list[dict[str, Any]], drawn: random.Random, size: int
) -> None:
    events = told(*lines)
    whole = in_parts([events])
    drawn.shuffle(events)
    shards = [[event for event in events if event.event_id.endswith(str(digit))] for digit in range(10)]
    assert in_parts(shards) == whole
    assert in_parts(events[start : start + size] for start in range(0, len(events), size)) == whole


def test_a_file_and_its_parts_agree(tmp_path: Path) -> None:
    drawn = random.Random(1)
    lines = [
        line("fill", number, at=MORNING + drawn.randrange(120), side=drawn.choice(("buy", "sell")), price="3", quantity="1")
        for number in range(80)
    ]
    events = told(*lines, *(line(kind, 500) for kind in SAID))
    found = at_once(events, tmp_path)
    assert found == in_parts([events[:30], events[30:]])
    assert all(row["round_trips"] > 0 for row in found.values())


@given(st.sampled_from(Merge), st.lists(st.none() | st.integers(-LIMIT // 3, LIMIT // 3), min_size=3, max_size=3))
def test_merging_is_associative_and_commutative_below_the_limit(way: Merge, values: list[int | None]) -> None:
    one, two, three = values
    assert merged(merged(one, two, way), three, way) == merged(one, merged(two, three, way), way)
    assert merged(one, two, way) == merged(two, one, way)


def test_a_sum_stops_before_a_database_overflows() -> None:
    assert merged(LIMIT, LIMIT, Merge.SUM) == LIMIT
    assert merged(-LIMIT, -1, Merge.SUM) == -LIMIT


def test_at_the_limit_the_order_tells() -> None:
    assert merged(merged(LIMIT, 1, Merge.SUM), -1, Merge.SUM) == LIMIT - 1
    assert merged(LIMIT, merged(1, -1, Merge.SUM), Merge.SUM) == LIMIT


@pytest.mark.parametrize(("count", "expected"), [(900, LIMIT), (901, LIMIT), (899, 899 * 10**16)])
def test_a_batch_stops_where_its_parts_would(count: int, expected: int, tmp_path: Path) -> None:
    events = told(*(line("account_day", number, notional="10000000000", fees="-10000000000") for number in range(count)))
    (found,) = in_parts([events]).values()
    assert (found["notional"], found["fee"]) == (expected, -expected)
    assert in_parts([events[:450], events[450:]]) == at_once(events, tmp_path) == {(ALICE, found["day"]): found}


# --- the second engine ---


@pytest.mark.slow
@pytest.mark.parametrize("events", [20_000])
def test_clickhouse_computes_the_same(tmp_path: Path, events: int) -> None:
    from chdb.session import Session

    from credence.service.reputation.bench.making import make
    from credence.service.reputation.features.daily import daily
    from credence.service.reputation.features.daily import events as table
    from credence.service.reputation.features.engine import over_file, pa, sql_of

    path = tmp_path / "events.parquet"
    make(path, events, seed=7, pseudonyms=40)
    ours = {(row["pseudonym"], row["day"]): row for row in over_file(path).to_pylist()}
    session = Session(str(tmp_path / "clickhouse"))
    try:
        session.query(f"CREATE VIEW events AS SELECT * FROM file('{path}', Parquet)")
        found = pa.ipc.open_file(session.query(sql_of(daily(table()), "clickhouse"), "Arrow").bytes()).read_all()
    finally:
        session.close()
    theirs = {(_text(row["pseudonym"]), row["day"]): row for row in found.to_pylist()}
    assert theirs.keys() == ours.keys()
    for key, row in ours.items():
        for name in COLUMNS:
            assert _close(theirs[key][name], row[name]), name


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def _close(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return abs(int(one) - int(other)) <= 1e-9 * max(1, abs(int(other)))
