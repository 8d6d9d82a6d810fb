"""Does the command name what drifted?"""

from __future__ import annotations

from pathlib import Path

from tests.service.cli.conftest import Run
from tests.service.reputation.links.wallets import write


def test_drift_between_two_tables(run: Run, room: Path) -> None:
    before = write(room / "before.csv", ("x", "y"), [(place, place % 7) for place in range(300)])
    after = write(room / "after.csv", ("x", "y"), [(place + 150, place % 7) for place in range(300)])
    found = run("reputation", "drift", before, after, "--feature", "x", "--feature", "y", "--json")
    assert found.code == 0, found.err
    assert [each["drifted"] for each in found.json["features"]] == [True, False]
    assert "in shadow" in run("reputation", "drift", before, after, "--feature", "x").out
    absent = run("reputation", "drift", before, after, "--feature", "z")
    assert (absent.code, absent.complaint) == (2, "credence: the table needs the column z, once")
