"""Do the commands on value say what is expected, with intervals, and of how many?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.service.cli.conftest import Run
from tests.service.reputation.links.wallets import write
from tests.service.reputation.value.buyers import buyers


def test_value_and_churn_of_a_table(run: Run, room: Path) -> None:
    data = buyers(200, seed=1)
    rows = list(zip(data.frequency, data.recency, data.age, range(1, 201), strict=True))
    table = write(room / "accounts.csv", ("frequency", "recency", "T", "value"), rows)
    churn = run("reputation", "evaluate", "churn", "--cdnow", table, "--json")
    assert churn.code == 0, churn.err
    assert {"r", "alpha", "a", "b", "n"} <= set(churn.json)
    assert churn.json["same_to_three_decimals"] is False
    worth = run("reputation", "value", table, "--json").json["lifetime_value"]
    assert worth["low"] < worth["mean"] < worth["high"]
    assert "supposes" in worth["limit"]
    shown = run("reputation", "evaluate", "churn", "--cdnow", table)
    assert f"{churn.json['r']:.3f}" in shown.out
    refused = run("reputation", "value", write(room / "few.csv", ("frequency", "recency", "T", "value"), rows[:19]))
    assert (refused.code, refused.complaint) == (2, "credence: 20 accounts are the fewest that anything is fitted on")


def test_withdrawals_of_a_table(run: Run, room: Path) -> None:
    table = write(room / "left.csv", ("days", "withdrew"), [(day, day % 2) for day in range(1, 41)])
    found = run("reputation", "withdrawals", table, "--at", 10, "--json")
    assert found.code == 0, found.err
    assert [row["days"] for row in found.json["curve"]] == [10.0]
    assert found.json["withdrawn"] == 20
    assert "still there" in run("reputation", "withdrawals", table).out


@pytest.mark.data
@pytest.mark.slow
def test_the_published_fit_is_reproduced_to_three_decimals(run: Run, shared: Path) -> None:
    found = run(
        "reputation", "evaluate", "churn", "--cdnow", shared / "data" / "cdnow" / "customers_summary.csv", "--json"
    ).json
    assert [round(found[name], 3) for name in ("r", "alpha", "a", "b")] == [0.243, 4.414, 0.793, 2.426]
