"""Does a venue's own model count once it was promoted, and only then? Is an answer shown with its reasons?"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.service.cli.opening import opened
from credence.service.reputation.desk import open_desk
from credence.service.reputation.fitting import moves
from tests.service.cli.conftest import VENUE, Run

FIRST = 1_740_787_200  # 2025-03-01
SPLIT = "2025-03-21"


def b64(number: int) -> str:
    return b64u(number.to_bytes(2, "big") * 24)


def report(run: Run, data: Path, accounts: int, days: int) -> None:
    """Accounts that are called on one day in twenty; half of them more often than the other half."""
    assert run("client", "register", VENUE, "--role", "venue").code == 0
    drawn = random.Random(1)
    lines: list[dict[str, Any]] = [
        {"id": f"{number}-{day}", "kind": "account_day", "pseudonym": b64(number), "at": FIRST + day * 86_400}
        | {"source": "engine", "pnl": "1", "equity": "1000", "notional": "5000", "exposed_hours": 24}
        | {"calls": int(drawn.random() < (0.08 if number % 2 else 0.02))}
        for number in range(accounts)
        for day in range(days)
    ]
    with opened(data) as services:
        desk = open_desk(services)
        for start in range(0, len(lines), 500):
            assert {line.outcome.value for line in desk.report(VENUE, lines[start : start + 500])} == {"accepted"}


def test_what_is_known_of_a_pseudonym_is_shown_with_its_reasons(run: Run, data: Path) -> None:
    report(run, data, 1, 30)
    shown = run("reputation", "show", b64(0), "--client", VENUE, "--json").json
    assert set(shown["beliefs"]) == {"event_days", "sharpe", "turnover"}
    assert shown["standing"]["tier"]
    assert shown["belief"]["reasons"]
    told = run("reputation", "show", b64(0), "--client", VENUE)
    assert told.code == 0
    assert all(words in told.out for words in ("sharpe", "turnover", "event days", "exposure", "belief-default/2"))
    assert run("reputation", "show", b64(9), "--client", VENUE).code == 1
    assert run("reputation", "show", "@", "--client", VENUE).code == 2


@pytest.mark.slow
def test_a_candidate_of_few_accounts_is_written_and_does_not_count(run: Run, data: Path, room: Path) -> None:
    report(run, data, 6, 30)
    common = ("--client", VENUE, "--split-date", SPLIT)
    outcome = run("reputation", "fit", *common, "--out", "mine.json", "--promote")
    assert outcome.code == 1
    assert "too-few-accounts" in outcome.complaint
    assert json.loads((room / "mine.json").read_text())["version"] == 3
    few = run("reputation", "fit", *common, "--json").json
    assert few["promoted"] is False
    assert (few["preview"]["accounts"], few["preview"]["moves"], few["preview"]["many_fall"]) == (6, [], None)
    assert "fewer than 20 pseudonyms" in outcome.out
    assert run("reputation", "model", "--client", VENUE, "--json").json["document"]["version"] == 2
    assert run("reputation", "model", "--client", VENUE, "--withdraw").code == 1
    assert run("reputation", "fit", "--client", VENUE, "--split-date", "soon").code == 2
    assert run("reputation", "fit", "--client", "other.example", "--split-date", SPLIT).code == 2


@pytest.mark.slow
def test_a_model_that_wins_counts_until_it_is_taken_back(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report(run, data, 240, 40)
    before = run("reputation", "show", b64(0), "--client", VENUE, "--json").json["belief"]
    asked = ("reputation", "fit", "--client", VENUE, "--split-date", SPLIT, "--promote")
    with monkeypatch.context() as strict:
        strict.setattr(moves.Moves, "many_fall", property(lambda found: found.accounts == 240))  # nobody falls here
        refused = run(*asked)
        assert (refused.code, "--despite-falls" in refused.complaint) == (1, True)
        assert "if it counted today, of 240 pseudonyms:" in refused.out
        assert run("reputation", "model", "--client", VENUE, "--json").json["document"]["version"] == 2
        found = run(*asked, "--despite-falls", "--json").json
    assert (found["promoted"], found["promotion"]["withheld"], found["judged_from"]) == (True, [], None)
    assert (found["preview"]["accounts"], found["preview"]["tiers"]["to_rx"]) == (240, 0)
    assert sum(count or 0 for count in found["preview"]["scores"].values()) <= 240
    shown = run("reputation", "model", "--client", VENUE)
    assert found["candidate"] in shown.out
    after = run("reputation", "show", b64(0), "--client", VENUE, "--json").json["belief"]
    assert after["model"] == found["candidate"]
    assert after["evidence"] < before["evidence"], "fewer events are expected here than the shipped model has it"
    assert run("reputation", "show", b64(0), "--client", "other.example").code == 1
    assert run("reputation", "model", "--client", VENUE, "--withdraw").code == 0
    assert run("reputation", "show", b64(0), "--client", VENUE, "--json").json["belief"] == before
