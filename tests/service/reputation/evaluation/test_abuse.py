"""Are torn rows left out, and do rules, model and unsupervised score stand side by side?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from credence.service.reputation.evaluation.abuse import LIVED, NEEDED, evaluate_abuse
from credence.service.reputation.evaluation.tables import TableRefused
from tests.service.reputation.links.wallets import write

HEAD = ("Address", *NEEDED, "total Ether sent", "torn")


def accounts(path: Path, count: int = 800, *, torn: int = 0) -> Path:
    """Labelled ones do little, and have a few numbers of their own; torn rows are all labelled."""
    rng = np.random.default_rng(1)
    rows: list[tuple[Any, ...]] = []
    for place in range(count + torn):
        bad = place >= count or rng.random() < 0.3
        size = 1.0 if bad else float(rng.lognormal(3, 1.5))
        sent, payers = int(rng.poisson(1 if bad else 40)), int(rng.poisson(12 if bad else 5))
        row = [f"w{place}", int(bad), size * 100, sent, payers, payers, int(rng.poisson(1 if bad else 20)), size, ""]
        row[-1] = "" if place >= count else 1
        rows.append(tuple(row))
    return write(path, HEAD, rows)


@pytest.mark.slow
def test_torn_rows_are_left_out_and_figures_stand_side_by_side(tmp_path: Path) -> None:
    report = evaluate_abuse(accounts(tmp_path / "accounts.csv", torn=50), seed=1)
    told = report.to_json()
    assert told["n"] == {"fitted": 400, "measured": 400, "left_out": 50}
    assert told["labelled_model"]["auc"] > 0.95
    assert told["unsupervised"]["used"] is False
    assert max(told["unsupervised"]["isolation_forest_auc"].values()) < told["labelled_model"]["auc"]
    assert told["rules"]["collects"]["precision"] > told["base_rate"]
    assert told["rules"]["bursts"]["named"] >= 0


def test_a_table_that_says_too_little_is_refused(tmp_path: Path) -> None:
    path = accounts(tmp_path / "accounts.csv", 300)
    text = path.read_text()
    for changed, words in [
        (text.replace(LIVED, "Lived"), "needs the column Time Diff"),
        (text.replace("w0,", "w0,2"), "FLAG is 0 or 1"),
        (text.replace("w7,", "w7,x"), "a number in every row"),
        ("", "needs the column FLAG"),
    ]:
        (tmp_path / "changed.csv").write_text(changed)
        with pytest.raises(TableRefused, match=words):
            evaluate_abuse(tmp_path / "changed.csv", seed=1)


@pytest.mark.data
@pytest.mark.slow
def test_on_labelled_accounts_rules_are_better_than_the_unsupervised_score(shared: Path) -> None:
    report = evaluate_abuse(shared / "data" / "eth_illicit_accounts" / "train.csv", seed=1)
    assert report.labelled > 0.9
    assert min(report.unsupervised.values()) < 0.5 < max(report.unsupervised.values()) < 0.7, "it hangs on the scaling"
    assert (report.rules["collects"].precision or 0) > 3 * report.base
    assert report.n["left_out"] > 0
