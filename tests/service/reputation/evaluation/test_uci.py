"""Is every model measured on accounts it did not see, by columns that were known in time?"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from credence.service.reputation.evaluation.tables import TableRefused
from credence.service.reputation.evaluation.uci import DIRECTIONS, UciReport, evaluate_uci, read_accounts
from credence.service.reputation.promotion import State, Withheld
from tests.service.reputation.evaluation.cards import HEAD, card_accounts, card_file, write

MODELS = ["base", "raw", "marginal_prior", "predictive_prior", "logistic", "challenger"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("cards")
    return card_file(folder / "train.csv", 400, seed=1), card_file(folder / "test.csv", 300, seed=2)


@pytest.fixture(scope="module")
def report(files: tuple[Path, Path]) -> UciReport:
    return evaluate_uci(*files)


def test_every_model_is_measured(report: UciReport) -> None:
    told = report.to_json()
    assert list(told["models"]) == MODELS
    assert all(set(found) == {"log_loss", "brier", "ece", "auc"} for found in told["models"].values())
    assert told["accounts"] == {"train": 400, "test": 300}
    assert (
        report.models["predictive_prior"].log_loss < report.models["marginal_prior"].log_loss < report.models["raw"].log_loss
    )
    assert report.models["predictive_prior"].log_loss < report.models["base"].log_loss


def test_the_challenger_stays_beside(report: UciReport) -> None:
    assert report.promotion.state is State.BESIDE
    assert Withheld.NOT_OUT_OF_TIME in report.promotion.withheld
    attributes = {group.attribute for group in report.fairness["challenger"].groups}
    assert attributes == {"SEX", "EDUCATION", "AGE"}


def rewritten(source: Path, target: Path, column: str, value: str) -> Path:
    rows = list(csv.reader(source.read_text(encoding="utf-8").splitlines()))
    place = rows[0].index(column)
    return write(target, tuple(rows[0]), [[*row[:place], value, *row[place + 1 :]] for row in rows[1:]])


@pytest.mark.parametrize("column", ["BILL_AMT1", "PAY_AMT1", "class", "SEX", "EDUCATION", "MARRIAGE", "AGE", "ID"])
def test_what_is_not_to_be_known_is_not_used(column: str, files: tuple[Path, Path], tmp_path: Path) -> None:
    changed = read_accounts(rewritten(files[0], tmp_path / "changed.csv", column, "1"))
    known = read_accounts(files[0])
    np.testing.assert_array_equal(changed.features, known.features)
    np.testing.assert_array_equal(changed.events, known.events)


@pytest.mark.parametrize("column", ["PAY_2", "LIMIT_BAL", "BILL_AMT2", "PAY_AMT6"])
def test_what_is_known_is_used(column: str, files: tuple[Path, Path], tmp_path: Path) -> None:
    changed = read_accounts(rewritten(files[0], tmp_path / "changed.csv", column, "1"))
    assert not np.array_equal(changed.features, read_accounts(files[0]).features)
    assert changed.features.shape[1] == len(DIRECTIONS)


def test_the_last_month_is_the_outcome_and_no_feature(files: tuple[Path, Path], tmp_path: Path) -> None:
    changed, known = read_accounts(rewritten(files[0], tmp_path / "changed.csv", "PAY_0", "1")), read_accounts(files[0])
    assert changed.outcomes.all()
    np.testing.assert_array_equal(changed.features, known.features)
    np.testing.assert_array_equal(changed.events[:, :-1], known.events[:, :-1])


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("PAY_3", "late", "line 2: PAY_3 is a number"),
        ("PAY_3", "nan", "line 2: PAY_3 is a number"),
        ("LIMIT_BAL", "0", "LIMIT_BAL is positive"),
        ("AGE", "old", "line 2: AGE is a number"),
    ],
)
def test_a_cell_that_says_nothing_is_refused(
    column: str, value: str, words: str, files: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(TableRefused, match=words):
        read_accounts(rewritten(files[0], tmp_path / "changed.csv", column, value))
    assert len(read_accounts(rewritten(files[0], tmp_path / "changed.csv", column, "3")).outcomes) == 400


def test_a_column_that_is_needed_is_asked_for_and_groups_are_not(tmp_path: Path) -> None:
    rows = card_accounts(20, 1)
    with pytest.raises(TableRefused, match="the column PAY_6, once"):
        read_accounts(write(tmp_path / "cards.csv", tuple("X" if name == "PAY_6" else name for name in HEAD), rows))
    without = tuple("X" if name == "AGE" else name for name in HEAD)
    assert set(read_accounts(write(tmp_path / "cards.csv", without, rows)).groups) == {"SEX", "EDUCATION"}


@pytest.mark.data
@pytest.mark.slow
def test_the_targets_are_met_on_accounts_not_seen(shared: Path, tmp_path: Path) -> None:
    """Every second account of the development half, by the parity of its number halved."""
    head, *rows = csv.reader((shared / "data" / "uci_credit" / "train.csv").read_text(encoding="utf-8").splitlines())
    parts = [
        write(tmp_path / f"{part}.csv", tuple(head), [row for row in rows if int(row[0]) // 2 % 2 == part])
        for part in (0, 1)
    ]
    report = evaluate_uci(*parts)
    found = report.models
    assert found["predictive_prior"].log_loss <= 0.355
    assert found["predictive_prior"].ece <= 0.010
    assert found["challenger"].log_loss <= 0.250
    assert found["marginal_prior"].ece > 0.09, "the textbook prior is off by ten points"
    assert report.promotion.state is State.BESIDE
