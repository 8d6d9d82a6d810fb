"""Does an operator look over a venue's day, and read and close what rules saw?"""

from __future__ import annotations

from pathlib import Path

import pytest

from credence.service.cli.opening import opened
from credence.service.reputation.desk import open_desk
from tests.service.cli.conftest import VENUE, Run
from tests.service.reputation.saying import ALICE, line

DAY = "2025-03-01"
AT = 1_740_830_400  # noon of that day


@pytest.fixture
def reported(run: Run, data: Path) -> None:
    assert run("client", "register", VENUE, "--role", "venue").code == 0
    with opened(data) as services:
        lines = [line("fill", 1, at=AT, self_match=True), line("fill", 2, at=AT + 5), line("order_cancel", at=AT)]
        assert [found.outcome for found in open_desk(services).report(VENUE, lines)] == ["accepted"] * 3


@pytest.mark.slow
def test_a_day_is_looked_over_and_what_was_seen_is_closed(run: Run, reported: None) -> None:
    asked = ("--client", VENUE, "--json")
    found = run("reputation", "cases", "look", "--day", DAY, *asked)
    nothing = {"day": DAY, "known": 0, "left_out": 0}
    assert found.json == {**nothing, "opened": 1, "trades": 1, "fills": 2, "cancels": 1, "unpaired": 1}
    (case,) = run("reputation", "cases", "list", "--open", *asked).json["cases"]
    assert (case["rule"], case["pseudonyms"], case["state"]) == ("self-match", [ALICE], "open")
    shown = run("reputation", "cases", "show", case["case_id"], "--client", VENUE)
    assert shown.code == 0
    assert "1 trades with oneself" in shown.out
    closing = ("reputation", "cases", "close", case["case_id"])
    assert run(*closing, "--note", "banned", *asked).code == 2
    assert run(*closing, "--note", "explained", *asked).json["note"] == "explained"
    assert run(*closing, "--note", "confirmed", *asked).code == 1
    assert run("reputation", "cases", "list", "--open", *asked).json["cases"] == []
    listed = run("reputation", "cases", "list", "--client", VENUE)
    assert "explained" in listed.out
    assert "not known" in listed.out
    assert "1 known" in run("reputation", "cases", "look", "--day", DAY, "--client", VENUE).out


def test_what_is_no_day_and_no_case_is_refused(run: Run, data: Path) -> None:
    assert run("client", "register", VENUE, "--role", "venue").code == 0
    assert run("reputation", "cases", "look", "--day", "yesterday", "--client", VENUE).code == 2
    assert run("reputation", "cases", "show", "0" * 32, "--client", VENUE).code == 1
