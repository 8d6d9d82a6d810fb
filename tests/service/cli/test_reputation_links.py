"""Do the commands on linked wallets say who is linked, why, and how good that is?"""

from __future__ import annotations

from pathlib import Path

from tests.service.cli.conftest import Run
from tests.service.reputation.links.wallets import wallet_folder, write


def test_links_of_a_venues_own_transfers(run: Run, room: Path) -> None:
    sent = write(room / "sent.csv", ("src", "dst"), [("a", name) for name in "bcdefghij"])
    found = run("reputation", "links", sent, "--json")
    assert found.code == 0, found.err
    assert [cluster["aggregated"] for cluster in found.json["clusters"]] == [True]
    assert found.json["clusters"][0]["links"][0]["reasons"][0]["words"] == "they hang together by transfers"
    shown = run("reputation", "links", sent)
    assert "1 groups of 10 or more" in shown.out
    assert "nobody is refused" in shown.err
    own = write(room / "own.csv", ("wallet", "started", "volume"), [("a", 5, 1.5), ("b", 6, 1.5)])
    assert run("reputation", "links", sent, "--own", own, "--json").json["clusters"][0]["aggregated"] is False
    both = run("reputation", "links", sent, "--own", own, "--least", 2, "--json").json
    assert both["clusters"][0]["aggregated"] is True
    refused = run("reputation", "links", sent, "--hub-cap", 1)
    assert (refused.code, refused.complaint) == (2, "credence: a hub cap lies in 2-1000")


def test_links_are_evaluated_on_groups_not_used_for_tuning(run: Run, room: Path) -> None:
    wallet_folder(room)
    found = run("reputation", "evaluate", "links", "--data", room, "--json")
    assert found.code == 0, found.err
    assert {"precision", "recall", "f1", "n"} <= set(found.json)
    assert found.json["effect"] == "limits aggregate"
    absent = run("reputation", "evaluate", "links", "--data", room / "absent")
    assert absent.code == 2
    assert "cannot be read" in absent.complaint
