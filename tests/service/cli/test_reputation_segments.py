"""Does the command show segments with their size, stability and profit?"""

from __future__ import annotations

from pathlib import Path

from credence.service.reputation.segments.features import UNITS
from tests.service.cli.conftest import Run
from tests.service.reputation.links.wallets import write
from tests.service.reputation.segments.crowds import crowd


def test_segments_of_a_table(run: Run, room: Path) -> None:
    data = crowd({"market maker": 25, "retail": 60})
    rows = [(name, earned, *row) for name, earned, row in zip(data.names, data.profit, data.features.tolist(), strict=True)]
    table = write(room / "accounts.csv", ("account", "profit", *UNITS), rows)
    found = run("reputation", "segments", table, "--json")
    assert found.code == 0, found.err
    assert found.json["n"] == 85
    shown = run("reputation", "segments", table)
    assert "market maker" in shown.out
    assert "no account is priced" in shown.err
    few = run("reputation", "segments", write(room / "few.csv", ("account", "profit", *UNITS), rows[:39]))
    assert (few.code, few.complaint) == (2, "credence: 40 accounts are the fewest that are told apart")
