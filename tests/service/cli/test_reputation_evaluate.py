"""Do the two evaluations say what they measured, and name the file's fault in one line?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.service.cli.conftest import Run
from tests.service.reputation.evaluation.cards import account_days, card_file

UCI = ("reputation", "evaluate", "uci")
HYPERLIQUID = ("reputation", "evaluate", "hyperliquid")


@pytest.mark.slow
def test_uci_as_json_and_as_words(run: Run, room: Path) -> None:
    train, test = card_file(room / "a.csv", 300, seed=1), card_file(room / "b.csv", 300, seed=2)
    outcome = run(*UCI, "--train", train, "--test", test, "--json")
    assert outcome.code == 0, outcome.err
    assert set(outcome.json["models"]) == {"base", "raw", "marginal_prior", "predictive_prior", "logistic", "challenger"}
    assert all(set(found) == {"log_loss", "brier", "ece", "auc"} for found in outcome.json["models"].values())
    assert outcome.json["promotion"]["state"] == "beside"
    assert "NaN" not in outcome.out
    again = run(*UCI, "--train", train, "--test", test, "--json")
    assert again.out == outcome.out
    shown = run(*UCI, "--train", train, "--test", test)
    assert f"{outcome.json['models']['logistic']['log_loss']:.4f}" in shown.out
    assert "beside (not-out-of-time" in shown.out


@pytest.mark.slow
def test_hyperliquid_as_json_and_as_words(run: Run, room: Path) -> None:
    days = account_days(room / "days.csv", accounts=6, days=50)
    outcome = run(*HYPERLIQUID, "--data", days, "--split-date", "2024-06-25", "--json")
    assert outcome.code == 0, outcome.err
    assert set(outcome.json["models"]) == {"base", "raw", "no_forgetting", "forgetting"}
    assert outcome.json["days"] == {"train": 144, "test": 156}
    shown = run(*HYPERLIQUID, "--data", days, "--split-date", "2024-06-25")
    assert outcome.json["best"] in shown.out
    assert "never lowers margin" in shown.err


@pytest.mark.parametrize("day", ["2024-6-25", "June", "2024-06-31", ""])
def test_a_split_date_is_a_date(day: str, run: Run, room: Path) -> None:
    days = account_days(room / "days.csv", accounts=6, days=50)
    outcome = run(*HYPERLIQUID, "--data", days, "--split-date", day)
    assert outcome.code == 2
    assert outcome.complaint == "credence: --split-date is a date, YYYY-MM-DD"


def test_a_file_that_cannot_be_used_is_named_by_its_fault(run: Run, room: Path) -> None:
    card_file(room / "a.csv", 300)
    (room / "b.csv").write_text("ID,PAY_0\n1,2\n")
    outcome = run(*UCI, "--train", "a.csv", "--test", "b.csv")
    assert (outcome.code, outcome.complaint) == (2, "credence: the table needs the column PAY_6, once")
    absent = run(*UCI, "--train", "a.csv", "--test", "absent.csv")
    assert absent.code == 2
    assert "cannot be read" in absent.complaint


@pytest.mark.data
@pytest.mark.slow
def test_real_files_meet_the_figures(run: Run, shared: Path) -> None:
    days = shared / "data" / "hyperliquid" / "account_days.csv"
    found = json.loads(run(*HYPERLIQUID, "--data", days, "--split-date", "2025-01-01", "--json").out)
    assert found["best"] == "forgetting"
    assert found["models"]["forgetting"]["log_loss"] < 0.55
