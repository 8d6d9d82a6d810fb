"""Does a table become the events that stand in it, once, wherever it was interrupted? Are its other rows told by line?"""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from credence.circuits.encoding import b64u
from credence.service.reputation import records
from credence.service.reputation.desk import Desk, open_desk
from credence.service.reputation.events import Flaw, Unreadable
from credence.service.reputation.ingesting import EventMapping, HazardMapping, load_mapping, parse_mapping, taking
from credence.service.reputation.ingesting.reading import FileRefused, moment, stand_in
from credence.service.reputation.ingesting.taking import Reject, Taken, take_file, take_hazards
from credence.service.reputation.market import SERIES
from credence.service.reputation.market import records as market_records
from tests.service.conftest import Running
from tests.service.reputation.conftest import VENUE
from tests.service.reputation.ingesting.test_mapping import DEPOSITS

HEADER: Final = "id,who,when,usd\n"


@pytest.fixture
def desk(running: Running) -> Desk:
    return open_desk(running.services)


def mapping(**changes: Any) -> EventMapping:
    found = parse_mapping(json.dumps(DEPOSITS | changes).encode())
    assert isinstance(found, EventMapping)
    return found


def take(desk: Desk, path: Path, **changes: Any) -> tuple[Taken, list[Reject]]:
    rejects: list[Reject] = []
    taken = take_file(desk, VENUE, path, mapping(**changes), tell=lambda *_: None, reject=rejects.append)
    return taken, rejects


def deposits(desk: Desk, account: str) -> int:
    with desk.store.reading() as session:
        return sum(row.deposit for row in records.days_of(session, VENUE, stand_in(VENUE, account)))


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_become_events_and_the_others_are_told_by_line(desk: Desk, tmp_path: Path) -> None:
    rows = "a,ann,1700000000,1.5\nb,ann,1700000000,2e0\nc,ann,soon,3\nd,ann,1700000000,lots\n"
    rows += "e,ann\nf,ann,1700000000,\na,bea,1700000000,9\n"
    taken, rejects = take(desk, written(tmp_path / "t.csv", HEADER + rows))
    assert taken == Taken(rows=7, accepted=2, duplicates=0, rejected=5, resumed_at=0)
    assert [reject.to_json() for reject in rejects] == [
        {"line": 4, "reason": "wrong-type", "field": "at"},
        {"line": 5, "reason": "wrong-type", "field": "amount"},
        {"line": 6, "reason": "not-an-object", "field": None},
        {"line": 7, "reason": "missing-field", "field": "amount"},
        {"line": 8, "reason": "conflict", "field": "id"},
    ]
    assert (deposits(desk, "ann"), deposits(desk, "bea")) == (3_500_000, 0)


def test_csv_ndjson_and_parquet_say_the_same(desk: Desk, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    rows = [{"id": f"r{number}", "who": "ann", "when": 1_700_000_000 + number, "usd": "0.25"} for number in range(5)]
    lines = "".join(f"{row['id']},{row['who']},{row['when']},{row['usd']}\n" for row in rows)
    first, _ = take(desk, written(tmp_path / "t.csv", HEADER + lines))
    second, _ = take(desk, written(tmp_path / "t.ndjson", "".join(json.dumps(row) + "\n" for row in rows)))
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "t.parquet")
    third, _ = take(desk, tmp_path / "t.parquet")
    assert (first.accepted, second.duplicates, third.duplicates) == (5, 5, 5)


def test_who_is_interrupted_goes_on_where_it_stopped(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking, "PIECE", 4)
    rows = "".join(f"{number % 3},{'ann'},1700000000,1\n" for number in range(10))
    path = written(tmp_path / "t.csv", HEADER.replace("id,", "kind,") + rows)
    told: list[int] = []

    def tell(_what: str, done: int, _total: int) -> None:
        told.append(done)
        if len(told) == 2:
            raise KeyboardInterrupt

    by_row = mapping(id="row-hash")
    with pytest.raises(KeyboardInterrupt):
        take_file(desk, VENUE, path, by_row, tell=tell, reject=lambda _: None)
    assert deposits(desk, "ann") == 8_000_000
    taken = take_file(desk, VENUE, path, by_row, tell=lambda *_: None, reject=lambda _: None)
    assert taken == Taken(rows=10, accepted=10, duplicates=0, rejected=0, resumed_at=8)
    assert take_file(desk, VENUE, path, by_row, tell=lambda *_: None, reject=lambda _: None).resumed_at == 10
    assert deposits(desk, "ann") == 10_000_000


def test_a_reject_is_told_before_its_line_is_done(desk: Desk, tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", HEADER + "a,ann,1700000000,1\nb,ann,soon,1\n")
    told: list[int] = []

    def dies(reject: Reject) -> None:
        told.append(reject.line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_file(desk, VENUE, path, mapping(), tell=lambda *_: None, reject=dies)
    assert (told, deposits(desk, "ann")) == ([3], 0)
    taken, rejects = take(desk, path)
    assert (taken.accepted, taken.rejected, taken.resumed_at) == (1, 1, 0)
    assert [reject.line for reject in rejects] == [3]


def test_equal_rows_are_two_events_and_a_longer_copy_of_the_table_adds_its_own(desk: Desk, tmp_path: Path) -> None:
    row = "x,ann,1700000000,1\n"
    take(desk, written(tmp_path / "one.csv", HEADER + row * 2), id="row-hash")
    taken, _ = take(desk, written(tmp_path / "two.csv", HEADER + row * 3), id="row-hash")
    assert (taken.accepted, taken.duplicates) == (1, 2)
    assert deposits(desk, "ann") == 3_000_000


def test_a_column_may_hold_pseudonyms(desk: Desk, tmp_path: Path) -> None:
    rows = f"a,{b64u(b'p' * 48)},1700000000,1\nb,ann,1700000000,1\n"
    taken, rejects = take(desk, written(tmp_path / "t.csv", HEADER + rows), pseudonym={"column": "who", "form": "pseudonym"})
    assert (taken.accepted, [(reject.reason, reject.field) for reject in rejects]) == (1, [("wrong-type", "pseudonym")])


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("t.txt", HEADER, "ends in none of"),
        ("t.csv", "id,who,when\n", "no column usd"),
        ("t.csv", "", "no column"),
        ("t.csv", HEADER + 'a,"ann', "not CSV"),
        ("t.ndjson", '{"id": "a"}\n', "no column"),
        ("t.parquet", "PAR1 and no more", "not Parquet"),
    ],
)
def test_another_file_is_refused(desk: Desk, tmp_path: Path, name: str, text: str, reason: str) -> None:
    with pytest.raises(FileRefused, match=reason):
        take(desk, written(tmp_path / name, text))


@pytest.mark.parametrize(
    ("form", "offset", "cell", "second"),
    [
        ("unix", "+00:00", "1557193282", 1_557_193_282),
        ("%d-%m-%Y %H:%M", "+05:30", "02-12-2024 22:50", 1_733_160_000),
        ("%Y-%m-%d", "+00:00", "2023-05-01", 1_682_899_200),
        ("%Y-%m-%d", "-01:00", "2023-05-01", 1_682_902_800),
        ("iso", "+00:00", "2025-01-09 11:52:11+00:00", 1_736_423_531),
        ("iso", "+00:00", "2025-01-09 11:52:11", 1_736_423_531),
    ],
)
def test_times_are_read_as_the_mapping_says(form: str, offset: str, cell: str, second: int) -> None:
    at = mapping(at={"column": "when", "form": form, "offset": offset}).at
    assert moment(at, {"when": cell}) == second


@pytest.mark.parametrize("cell", ["1e10000000", "1e13", "-1e13", "Infinity", "NaN"])
def test_a_second_that_no_clock_will_tell_is_out_of_range(cell: str) -> None:
    at = mapping(at={"column": "when", "form": "unix"}).at
    assert moment(at, {"when": "9e12"}) == 9_000_000_000_000
    with pytest.raises(Unreadable) as caught:
        moment(at, {"when": cell})
    assert (caught.value.flaw, caught.value.field) == (Flaw.OUT_OF_RANGE, "at")


def test_a_stand_in_is_the_venue_s_own() -> None:
    assert len(stand_in(VENUE, "ann")) == 48
    assert (
        len({stand_in(VENUE, "ann"), stand_in(VENUE, "bea"), stand_in("other.example", "ann"), stand_in(VENUE + "a", "nn")})
        == 4
    )


def test_a_table_of_liquidations_is_counted_into_a_series_of_the_market(desk: Desk, tmp_path: Path) -> None:
    days = ["2025-01-09"] * 2 + ["2025-01-10"] * 7 + ["2025-01-11"] * 2
    assert hazards_taken(desk, tmp_path, days) == (11, 11, 3)
    assert hazards_of(desk) == {20_097: 1_000_000, 20_098: 3_500_000, 20_099: 1_000_000}
    assert hazards_taken(desk, tmp_path, ["2025-01-10"]) == (1, 0, 1)  # a part of it, once more
    assert hazards_taken(desk, tmp_path, ["2025-01-08"] * 7 + days + ["2025-01-12"] * 7) == (25, 14, 5)
    assert hazards_of(desk) == dict.fromkeys(range(20_096, 20_101), 1_000_000)
    series = load_mapping("aave-v3-liquidations")
    assert isinstance(series, HazardMapping)
    with pytest.raises(FileRefused, match="line 2"):
        take_hazards(desk, written(tmp_path / "u.csv", "timestamp\nnever\n"), series)
    with pytest.raises(FileRefused, match="no rows"):
        take_hazards(desk, written(tmp_path / "u.csv", "timestamp\n"), series)


@pytest.mark.parametrize(
    ("last", "is_taken"), [("1700000000", True), ("1700000000000", False), ("1230768000", True), ("1230767999", False)]
)
def test_a_time_in_milliseconds_or_of_no_market_is_no_row(desk: Desk, tmp_path: Path, last: str, is_taken: bool) -> None:
    """One of them made every answer count the days of half a million years."""
    series = seconds()
    table = written(tmp_path / "t.csv", f"when\n1699990000\n{last}\n")
    if is_taken:
        assert take_hazards(desk, table, series) == (2, 2, len(hazards_of(desk)))
        return
    with pytest.raises(FileRefused, match="line 3"):
        take_hazards(desk, table, series)
    assert hazards_of(desk) == {}, "nothing of the table is taken"


def test_tomorrow_is_the_last_day_that_is_taken(desk: Desk, tmp_path: Path) -> None:
    series, today = seconds(), desk.services.clock() // 86_400
    assert take_hazards(desk, written(tmp_path / "a.csv", f"when\n{(today + 2) * 86_400 - 1}\n"), series) == (1, 1, 1)
    with pytest.raises(FileRefused, match="line 2"):
        take_hazards(desk, written(tmp_path / "b.csv", f"when\n{(today + 2) * 86_400}\n"), series)


def test_a_series_does_not_depend_on_how_its_tables_were_cut(desk: Desk, tmp_path: Path) -> None:
    drawn = random.Random(6)
    rows = [f"2025-02-{drawn.randrange(1, 15):02d} {hour:02d}" for hour in range(24) for _ in range(4)]
    rows = sorted(set(rows))
    hazards_taken(desk, tmp_path, rows)
    whole = hazards_of(desk)
    for _ in range(3):
        part = drawn.sample(rows, 30)
        hazards_taken(desk, tmp_path, part, series="in-parts")
    hazards_taken(desk, tmp_path, [*reversed(rows)], series="in-parts")
    assert hazards_of(desk, "in-parts") == whole
    assert max(whole.values()) > 1_000_000


def hazards_taken(desk: Desk, folder: Path, times: list[str], series: str = SERIES) -> tuple[int, int, int]:
    """A table of liquidations at these days, or hours of days."""
    found = load_mapping("aave-v3-liquidations")
    assert isinstance(found, HazardMapping)
    text = "timestamp\n" + "".join(f"{at if ' ' in at else at + ' 10'}:00:00+00:00\n" for at in times)
    return take_hazards(desk, written(folder / "t.csv", text), replace(found, series=series))


def seconds() -> HazardMapping:
    """A market's table with times in seconds."""
    said = {"mapping": "mine", "version": 1, "hazard": SERIES, "at": {"column": "when", "form": "unix"}}
    found = parse_mapping(json.dumps(said).encode())
    assert isinstance(found, HazardMapping)
    return found


def hazards_of(desk: Desk, series: str = SERIES) -> dict[int, int]:
    with desk.store.reading() as session:
        return market_records.hazards(session, series)


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "file", "rows"),
    [
        ("hyperliquid-account-days", "hyperliquid/account_days.csv", 1_629),
        ("hyperliquid-fills", "hyperliquid/fills.csv", 4_658),
        ("compound-v2-deposits", "defi_lending/compound_v2_deposits.csv", 10_000),
        ("compound-v2-borrows", "defi_lending/compound_v2_borrows.csv", 10_000),
    ],
)
def test_every_row_of_the_real_tables_is_an_event(desk: Desk, shared: Path, name: str, file: str, rows: int) -> None:
    found = load_mapping(name)
    assert isinstance(found, EventMapping)
    taken = take_file(desk, VENUE, shared / "data" / file, found, tell=lambda *_: None, reject=lambda _: None)
    assert taken == Taken(rows=rows, accepted=rows, duplicates=0, rejected=0, resumed_at=0)
