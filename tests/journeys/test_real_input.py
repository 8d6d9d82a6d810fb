"""Does the demo hold on real input, and is a bad file refused by the line or column that is bad?"""

from __future__ import annotations

import csv
import json
import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.service.adapters.ofac_csv import read_ofac
from credence.service.adapters.un_xml import read_un
from credence.service.demo import DemoReport, run_demo
from credence.service.demo.journey import journey
from credence.service.demo.lists import OFAC, UN
from credence.service.demo.real_input import (
    RealInputRefused,
    first_listed,
    first_mistyped,
    mistyped,
    read_account_days,
)
from credence.service.screening.births import BirthSpan
from credence.service.screening.lists import ListEntry, ListVersion, SanctionsList
from credence.service.verifier.tariff.tables import STANDING_TIERS

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


def test_the_mistyped_applicant_is_a_person_with_a_long_name_of_their_own_a_birth_date_and_a_country() -> None:
    born = (BirthSpan(date(1950, 1, 1), date(1950, 12, 31)),)
    passed_over = (
        ListEntry("1", "entity", ("Octavian Merrowby",), born, ("GB",)),
        ListEntry("2", "individual", ("Octavian",), born, ("GB",)),
        ListEntry("3", "individual", ("Octavia Merrow",), born, ("GB",)),
        ListEntry("4", "individual", ("Octavian Lee",), born, ("GB",)),
        ListEntry("5", "individual", ("Octavian Fairbourne",), born),
        ListEntry("6", "individual", ("Cornelius Merrowby",), (), ("GB",)),
        ListEntry("7", "individual", ("Leopoldine Ashgrove",), born, ("GB",)),
        ListEntry("8", "individual", ("Ashgrove LEOPOLDINE",), born, ("GB",)),
    )
    version = ListVersion("list", "1", "00")
    with pytest.raises(RealInputRefused, match="no individual"):
        first_mistyped(SanctionsList(version, passed_over))
    accepted = ListEntry("9", "individual", ("Thaddeus Wendover",), born, ("GB", "IE"))
    found = first_mistyped(SanctionsList(version, (*passed_over, accepted)))
    assert (found.entry_id, found.given_name, found.family_name) == ("9", "Wendver", "Thaddeus")
    assert (found.birth_date, found.country) == (date(1950, 1, 1), "GB")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Ann Leopoldine Grove", "Grove Ann Leopodine"), ("Thaddeus Wendover", "Wendver Thaddeus"), ("Ashgrove", "Ashgove")],
)
def test_a_mistyped_name_has_another_order_and_lacks_one_letter(name: str, expected: str) -> None:
    assert mistyped(name) == expected


def test_a_bad_file_fails_the_step_that_reads_it(tmp_path: Path, curve: Curve) -> None:
    half = tmp_path / "sdn.csv"
    half.write_text('36,"AEROCARIBBEAN AIRLINES",-0- ,"CUBA",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ')
    report = run_demo(curve=curve, ofac=half)
    assert report.failure == "Import the screening lists: a screening list ends too early"
    report = run_demo(curve=curve, un=half)
    assert report.failure == "Import the screening lists: a screening list ends too early"
    report = run_demo(curve=curve, days=written(tmp_path, header="date,account"))
    assert report.failure == "Read the account days: the account days need one column total_volume"
    assert [(step.name, step.ok) for step in report.steps] == [("Read the account days", False)]


# --- on the real files ---


@dataclass(frozen=True)
class Files:
    """The real lists and the real account days."""

    ofac: Path
    un: Path
    days: Path


@pytest.fixture(scope="module")
def files(shared: Path) -> Files:
    data = shared / "data"
    (un,) = (data / "screening").glob("un_consolidated_*.xml")
    return Files(data / "ofac" / "sdn.csv", un, data / "hyperliquid" / "account_days.csv")


@pytest.fixture(scope="module")
def report(files: Files, curve: Curve) -> DemoReport:
    """One run on them."""
    return run_demo(curve=curve, ofac=files.ofac, un=files.un, days=files.days)


@pytest.mark.data
@pytest.mark.slow
def test_the_whole_journey_passes_on_real_input(report: DemoReport) -> None:
    assert report.failure is None
    assert len(report.steps) == len(journey(days=True, un=True))


@pytest.mark.data
@pytest.mark.slow
def test_really_listed_names_are_declined_by_their_entries_and_invented_ones_are_not(
    report: DemoReport, files: Files
) -> None:
    listed, wrong = first_listed(read_ofac(OFAC, files.ofac)), first_mistyped(read_un(UN, files.un))
    made = [(found.decision, found.entry) for found in report.decisions if found.by == "issuer" and found.status is None]
    entry, other = f"{OFAC} {listed.entry_id}", f"{UN} {wrong.entry_id}"
    expected = [("approved", None), ("approved", None), ("declined", entry), ("declined", other), ("review", entry)]
    assert made == [*expected, ("approved", None)]


@pytest.mark.data
@pytest.mark.slow
def test_the_report_says_which_lists_were_searched_and_names_nobody_on_them(report: DemoReport, files: Files) -> None:
    ofac, un = read_ofac(OFAC, files.ofac), read_un(UN, files.un)
    told = [(found.name, found.version, found.digest, found.entries) for found in report.lists]
    versions = [(read.version.name, read.version.version, read.version.digest, len(read.entries)) for read in (ofac, un)]
    assert told == versions
    (searched,) = [found for found in report.searches if found.who == "the mistyped applicant"]
    (match,) = [found for found in searched.matches if found.list == UN]
    wrong = first_mistyped(un)
    assert (match.entry_id, match.band, match.reasons[0]) == (wrong.entry_id, "hit", "name-similar")
    text = json.dumps(report.to_json()).lower()
    for name in (wrong.given_name, wrong.family_name, first_listed(ofac).family_name):
        assert name.lower() not in text


@pytest.mark.data
@pytest.mark.slow
def test_real_volumes_get_the_terms_of_their_tier(report: DemoReport, files: Files) -> None:
    """The volumes are summed again here, in another way; the ladder is that of the design."""
    with files.days.open(encoding="utf-8", newline="") as file:
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


@pytest.mark.data
@pytest.mark.slow
def test_one_standing_rises_and_another_falls_with_reasons(report: DemoReport) -> None:
    rank = STANDING_TIERS.index
    risen, fallen = report.standings
    assert rank(risen.after["standing_tier"]) > rank(risen.before["standing_tier"])
    assert rank(fallen.after["standing_tier"]) < rank(fallen.before["standing_tier"])
    assert Decimal(risen.after["max_leverage"]) > Decimal(risen.before["max_leverage"])
    assert Decimal(fallen.after["max_leverage"]) < Decimal(fallen.before["max_leverage"])
    assert {"own_standing", "phased_raise"} <= {reason["factor"] for reason in fallen.after["reasons"]}
    assert (len(risen.simulated), len(fallen.simulated)) == (1, 2)
