"""Does the demo hold on real input, and is a bad file refused by the line or column that is bad?"""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.service.adapters.ofac_csv import read_ofac
from credence.service.demo import DemoReport, run_demo
from credence.service.demo.journey import journey
from credence.service.demo.real_input import RealInputRefused, first_listed, read_account_days
from credence.service.screening.births import BirthSpan
from credence.service.screening.lists import ListEntry, ListVersion, SanctionsList

HEADER = "date,account,sentiment,total_volume"
GOOD = ["2025-03-07,acct-a,Greed,100.10", "2025-03-06,acct-b,Fear,20", "2025-02-06,acct-a,Fear,1e-05"]


def written(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "days.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_good_days_are_read(tmp_path: Path) -> None:
    found = read_account_days(written(tmp_path, *GOOD, "2024-01-01,acct-c,Fear,7"))
    assert (found.first, found.last, found.rows) == (date(2025, 2, 6), date(2025, 3, 7), 4)
    assert [(volume.account, volume.volume_30d_usd) for volume in found.accounts] == [
        ("acct-a", Decimal("100.10")),
        ("acct-b", Decimal("20.00")),
        ("acct-c", Decimal("0.00")),
    ]


def test_the_window_is_thirty_days_with_the_last_one(tmp_path: Path) -> None:
    last = date(2025, 3, 7)
    traded = {0: 1, 29: 10, 30: 100}
    lines = [f"{last - timedelta(days=ago)},acct,x,{volume}" for ago, volume in traded.items()]
    assert read_account_days(written(tmp_path, *lines)).accounts[0].volume_30d_usd == 11


@pytest.mark.parametrize("seed", range(5))
def test_rows_may_come_in_any_order(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    first = date(2024, 1, 1)
    lines = [
        f"{first + timedelta(days=chance.randrange(90))},acct-{chance.randrange(5)},x,{chance.randrange(10**9) / 100}"
        for _ in range(200)
    ]
    expected = read_account_days(written(tmp_path, *lines))
    chance.shuffle(lines)
    assert read_account_days(written(tmp_path, *lines)) == expected


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2025-03-08,acct-a,Greed", "line 5: 4 columns are announced, 3 found"),
        ("2025-03-08,acct-a,Greed,1,2", "line 5: 4 columns are announced, 5 found"),
        ("2025-02-30,acct-a,Greed,1", "line 5: date"),
        ("08.03.2025,acct-a,Greed,1", "line 5: date"),
        ("20250308,acct-a,Greed,1", "line 5: date"),
        ("1025-03-08,acct-a,Greed,1", "line 5: date"),
        ("2025-03-08,,Greed,1", "line 5: account"),
        ("2025-03-08,acct a,Greed,1", "line 5: account"),
        (f"2025-03-08,{'a' * 65},Greed,1", "line 5: account"),
        ("2025-03-08,acct-a,Greed,", "line 5: total_volume"),
        ("2025-03-08,acct-a,Greed,-1", "line 5: total_volume"),
        ("2025-03-08,acct-a,Greed,nan", "line 5: total_volume"),
        ("2025-03-08,acct-a,Greed,1e400", "line 5: total_volume"),
        ('2025-03-08,acct-a,Greed,"1', "line 5: this is no CSV"),
    ],
)
def test_a_bad_row_is_refused_by_its_line(tmp_path: Path, line: str, reason: str) -> None:
    assert read_account_days(written(tmp_path, *GOOD, "2025-03-08,acct-a,Greed,1")).rows == 4
    with pytest.raises(RealInputRefused) as refusal:
        read_account_days(written(tmp_path, *GOOD, line))
    assert refusal.value.reason.startswith(reason)


@pytest.mark.parametrize("column", ["date", "account", "total_volume"])
def test_a_missing_or_repeated_column_is_refused_by_name(tmp_path: Path, column: str) -> None:
    for header in (HEADER.replace(column, "other"), HEADER.replace("sentiment", column)):
        with pytest.raises(RealInputRefused, match=f"need one column {column}"):
            read_account_days(written(tmp_path, *GOOD, header=header))


def test_a_file_that_is_missing_empty_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RealInputRefused, match="cannot be read"):
        read_account_days(tmp_path / "absent.csv")
    with pytest.raises(RealInputRefused, match="no row"):
        read_account_days(written(tmp_path))
    with pytest.raises(RealInputRefused, match="one column date"):
        read_account_days(written(tmp_path, header=""))
    path = tmp_path / "days.csv"
    path.write_bytes(HEADER.encode() + b"\n2025-03-07,\xff,x,1\n")
    with pytest.raises(RealInputRefused, match="not UTF-8"):
        read_account_days(path)


def test_the_listed_applicant_is_a_person_with_a_plain_name_of_their_own_and_a_birth_date() -> None:
    born = (BirthSpan(date(1950, 1, 1), date(1950, 12, 31)),)
    passed_over = (
        ListEntry("1", "entity", ("DOE, Jane",), born),
        ListEntry("2", "individual", ("DOE, Jane Q.",), born),
        ListEntry("3", "individual", ("DOE, Jane",)),
        ListEntry("4", "individual", ("POE, Ann",), born),
        ListEntry("5", "entity", ("ANN POE",)),
    )
    version = ListVersion("list", "1", "00")
    with pytest.raises(RealInputRefused, match="no individual"):
        first_listed(SanctionsList(version, passed_over))
    found = first_listed(SanctionsList(version, (*passed_over, ListEntry("6", "individual", ("ROE, Max",), born))))
    assert (found.entry_id, found.given_name, found.family_name, found.birth_date) == ("6", "Max", "ROE", date(1950, 1, 1))
    assert not born[0].holds(found.other_birth_date)


def test_a_bad_file_fails_the_step_that_reads_it(tmp_path: Path, curve: Curve) -> None:
    half = tmp_path / "sdn.csv"
    half.write_text('36,"AEROCARIBBEAN AIRLINES",-0- ,"CUBA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ')
    report = run_demo(curve=curve, ofac=half)
    assert report.failure == "Read the screening list: a screening list ends too early"
    report = run_demo(curve=curve, days=written(tmp_path, header="date,account"))
    assert report.failure == "Read the account days: the account days need one column total_volume"
    assert [(step.name, step.ok) for step in report.steps] == [("Read the account days", False)]


# --- on the real files ---


@pytest.fixture(scope="module")
def files(shared: Path) -> tuple[Path, Path]:
    """The real list and the real account days."""
    return shared / "data" / "ofac" / "sdn.csv", shared / "data" / "hyperliquid" / "account_days.csv"


@pytest.fixture(scope="module")
def report(files: tuple[Path, Path], curve: Curve) -> DemoReport:
    """One run on them."""
    return run_demo(curve=curve, ofac=files[0], days=files[1])


@pytest.mark.data
@pytest.mark.slow
def test_the_whole_journey_passes_on_real_input(report: DemoReport) -> None:
    assert report.failure is None
    assert len(report.steps) == len(journey(days=True))
    assert report.seconds < 60.0  # on a machine that does nothing else it is below 15


@pytest.mark.data
@pytest.mark.slow
def test_a_really_listed_name_is_declined_by_its_entry_and_invented_ones_are_not(
    report: DemoReport, files: tuple[Path, Path]
) -> None:
    listed = first_listed(read_ofac("ofac-sdn", files[0]))
    made = [(found.decision, found.entry) for found in report.decisions if found.by == "issuer"]
    entry = f"ofac-sdn {listed.entry_id}"
    assert made == [("approved", None), ("approved", None), ("declined", entry), ("review", entry), ("declined", None)]


@pytest.mark.data
@pytest.mark.slow
def test_real_volumes_get_the_terms_of_their_tier(report: DemoReport, files: tuple[Path, Path]) -> None:
    """The volumes are summed again here, in another way; the ladder is that of the design."""
    with files[1].open(encoding="utf-8", newline="") as file:
        rows = [
            (date.fromisoformat(row["date"]), row["account"], Decimal(row["total_volume"])) for row in csv.DictReader(file)
        ]
    last = max(day for day, _, _ in rows)
    priced = {found.account: found for found in report.terms if found.account is not None}
    assert priced.keys() == {account for _, account, _ in rows}
    ladder = [(0, "V0", 500), (10**6, "V1", 450), (5 * 10**6, "V2", 400), (25 * 10**6, "V3", 350)]
    met = set()
    for account, found in priced.items():
        volume = sum(traded for day, owner, traded in rows if owner == account and (last - day).days < 30)
        assert abs(found.volume_30d_usd - volume) <= Decimal("0.005")
        _, tier, taker = max(row for row in ladder if row[0] <= volume)
        assert (found.terms["fees"]["volume_tier"], found.terms["fees"]["taker_ppm"]) == (tier, str(taker))
        assert found.saved_usd is not None
        assert abs(found.saved_usd - Decimal(volume) * (500 - taker) / 10**6) <= Decimal("0.01")
        met.add(tier)
    assert met == {"V0", "V1", "V2", "V3"}
