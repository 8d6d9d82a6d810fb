"""Does the command tell every scenario, and nothing of one account?"""

from __future__ import annotations

from pathlib import Path

from tests.service.cli.conftest import Run
from tests.service.reputation.links.wallets import write

HEAD = ("account", "instrument", "notional", "maintenance", "equity")


def test_stress_of_a_table(run: Run, room: Path) -> None:
    rows = [(f"account-{place}", "btc_eth", 1_000 * place, 10 * place, 100 * place) for place in range(1, 31)]
    table = write(room / "positions.csv", HEAD, rows)
    found = run("reputation", "stress", table, "--depth", 1e6, "--insurance", 1e4, "--json")
    assert found.code == 0, found.err
    assert len(found.json["scenarios"]) == 13
    assert "account-" not in found.out
    shown = run("reputation", "stress", table, "--depth", 1e6, "--insurance", 1e4)
    assert "oracle-stall" in shown.out
    refused = run("reputation", "stress", write(room / "few.csv", HEAD, rows[:19]), "--depth", 1, "--insurance", 1)
    assert (refused.code, refused.complaint) == (2, "credence: 20 accounts are the fewest that anything is said of")
