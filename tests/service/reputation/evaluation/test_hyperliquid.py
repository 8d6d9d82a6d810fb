"""Are days predicted from the days before alone, and does forgetting pay where accounts change?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from credence.circuits.days import read_day
from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.evaluation.hyperliquid import evaluate_hyperliquid, read_account_days
from credence.service.reputation.evaluation.tables import TableRefused
from tests.service.reputation.evaluation.cards import account_days, write

HEAD = ("date", "account", "daily_pnl")
SPLIT = read_day("2024-07-01")


def test_forgetting_is_best_where_accounts_win_in_runs(tmp_path: Path) -> None:
    report = evaluate_hyperliquid(account_days(tmp_path / "days.csv"), SPLIT)
    told = report.to_json()
    assert list(told["models"]) == ["base", "raw", "no_forgetting", "forgetting"]
    assert told["best"] == report.best == "forgetting"
    assert (told["split_date"], told["accounts"], told["days"]) == ("2024-07-01", 8, {"train": 240, "test": 240})
    assert 1 <= report.priors["forgetting"].short < 30 < report.priors["no_forgetting"].short
    assert told["sharpe"]["accounts"] == 8
    assert -1 <= told["sharpe"]["spearman"] <= 1


def test_what_is_fitted_knows_nothing_of_the_days_to_come(tmp_path: Path) -> None:
    whole = account_days(tmp_path / "days.csv")
    rows = [line.split(",") for line in whole.read_text().splitlines()[1:]]
    turned = [[day, name, str(-float(profit)) if read_day(day) >= SPLIT else profit] for day, name, profit, _ in rows]
    first = evaluate_hyperliquid(whole, SPLIT)
    second = evaluate_hyperliquid(write(tmp_path / "turned.csv", HEAD, turned), SPLIT)
    assert first.priors == second.priors
    assert first.models["forgetting"] != second.models["forgetting"]


def test_rows_come_in_any_order_and_a_day_may_be_split(tmp_path: Path) -> None:
    rows = [["2024-01-02", "b", "-1"], ["2024-01-02", "a", "5"], ["2024-01-01", "a", "-1"], ["2024-01-02", "a", "-7"]]
    found = read_account_days(write(tmp_path / "days.csv", HEAD, rows))
    assert found.histories.present.tolist() == [[True, True], [True, False]]
    assert found.profit.tolist() == [[-1.0, -2.0], [-1.0, 0.0]]
    assert np.diff(found.histories.time[0]).tolist() == [1.0]
    assert found.histories.hit[found.histories.present].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("split", ["2023-01-01", "2025-01-01"])
def test_both_sides_of_the_split_need_days(split: str, tmp_path: Path) -> None:
    days = account_days(tmp_path / "days.csv", accounts=2, days=20)
    with pytest.raises(TableRefused, match="one side"):
        evaluate_hyperliquid(days, read_day(split))
    assert evaluate_hyperliquid(days, read_day("2024-06-10")).sharpe is None


def test_days_that_all_win_are_nothing_to_fit(tmp_path: Path) -> None:
    rows = [[f"2024-01-{day:02}", "a", "1"] for day in range(1, 11)]
    with pytest.raises(BeliefRefused):
        evaluate_hyperliquid(write(tmp_path / "days.csv", HEAD, rows), read_day("2024-01-05"))
    rows[0][2] = "-1"
    assert evaluate_hyperliquid(write(tmp_path / "days.csv", HEAD, rows), read_day("2024-01-05")).days["train"] == 4


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (["2024-1-1", "a", "1"], "line 2: date is a date"),
        (["2024-02-30", "a", "1"], "line 2: date is a date"),
        (["2024-01-01", "a", "much"], "line 2: daily_pnl is a number"),
        (["2024-01-01", "a", "inf"], "line 2: daily_pnl is a number"),
        (["2024-01-01", "a"], "line 2: 3 columns are announced, 2 found"),
    ],
)
def test_a_row_that_says_nothing_is_refused(row: list[str], words: str, tmp_path: Path) -> None:
    with pytest.raises(TableRefused, match=words):
        read_account_days(write(tmp_path / "days.csv", HEAD, [row]))
    assert read_account_days(write(tmp_path / "days.csv", HEAD, [["2024-01-01", "a", "1"]])).profit.tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the column date, once"),
        (b"date,date,account,daily_pnl\n", "the column date, once"),
        (b"date,account,daily_pnl\n", "no rows"),
        (b"date,account,daily_pnl\n2024-01-01,\xff,1\n", "UTF-8"),
        (b'date,account,daily_pnl\n"2024-01-01,a,1\n', "no CSV"),
    ],
    ids=["empty", "twice", "no-rows", "bytes", "quotes"],
)
def test_a_file_that_is_no_table_is_refused(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_bytes(content)
    with pytest.raises(TableRefused, match=words):
        read_account_days(path)
    with pytest.raises(TableRefused, match="cannot be read"):
        read_account_days(tmp_path / "absent.csv")


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize("split", ["2024-10-01", "2025-01-01", "2025-02-01"])
def test_forgetting_is_best_on_real_account_days(split: str, shared: Path) -> None:
    report = evaluate_hyperliquid(shared / "data" / "hyperliquid" / "account_days.csv", read_day(split))
    losses = {name: found.log_loss for name, found in report.models.items()}
    assert report.best == "forgetting"
    assert losses["forgetting"] < losses["no_forgetting"] - 0.02 < losses["base"]
