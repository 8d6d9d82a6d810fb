"""Does an operator see that a venue's accounts changed, what a refit in shadow shows, and for whom chances are wrong?"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from credence.circuits.encoding import b64u
from credence.service.cli.opening import opened
from credence.service.reputation.desk import open_desk
from tests.service.cli.conftest import VENUE, Run

DAY = 86_400
WINDOW = 9
ACCOUNTS = 210


def who(number: int) -> str:
    return b64u(number.to_bytes(2, "big") * 24)


@pytest.fixture
def changed(run: Run, data: Path) -> int:
    """A venue whose calls come six times as often in the newer window; the unix day that is under way."""
    assert run("client", "register", VENUE, "--role", "venue").code == 0
    drawn, today = np.random.default_rng(1), int(time.time()) // DAY
    lines: list[dict[str, Any]] = []
    for number in range(ACCOUNTS):
        for place in range(2 * WINDOW):
            at = (today - 2 * WINDOW + place) * DAY + DAY // 2
            calls = min(24, int(drawn.poisson(0.13 if place < WINDOW else 0.8)))
            day = {"id": f"{number}-{place}", "kind": "account_day", "pseudonym": who(number), "at": at, "source": "engine"}
            lines.append({**day, "equity": "1000", "notional": "5000", "exposed_hours": 24, "calls": calls})
    with opened(data) as services:
        desk = open_desk(services)
        for start in range(0, len(lines), 500):
            assert {line.outcome.value for line in desk.report(VENUE, lines[start : start + 500])} == {"accepted"}
    return today


@pytest.mark.slow
def test_a_refit_is_started_shown_and_promoted(run: Run, changed: int, room: Path) -> None:
    asked = ("--client", VENUE)
    assert run("reputation", "model", *asked, "--candidate").code == 1
    found = run("reputation", "drift", *asked, "--window", WINDOW, "--json").json
    assert [each["name"] for each in found["features"] if each["drifted"]] == ["margin_events"]
    assert (found["refit_in_shadow"], found["is_new"]) == (True, True)
    live = run("reputation", "model", *asked, "--json").json["model"]
    again = run("reputation", "drift", *asked, "--window", WINDOW)
    assert f"in shadow since {datetime.fromtimestamp(changed * DAY, UTC).date().isoformat()}" in again.out
    assert f"if it counted today, of {ACCOUNTS} pseudonyms:" in again.out
    shown = run("reputation", "model", *asked, "--candidate", "--json").json
    assert (shown["candidate"], shown["promoted"]) == (found["refit"]["candidate"], False)
    assert shown["preview"] == found["preview"]
    assert shown["preview"]["accounts"] == ACCOUNTS
    assert run("reputation", "model", *asked, "--json").json["model"] == live
    first = datetime.fromtimestamp((changed - WINDOW) * DAY, UTC).date().isoformat()
    (room / "bands.csv").write_text("pseudonym,band\n" + "".join(f"{who(n)},b{n % 2}\n" for n in range(ACCOUNTS)))
    fair = run("reputation", "evaluate", "fairness", *asked, "--split-date", first, "--bands", "bands.csv", "--json").json
    assert (fair["passed"], fair["model"]) == (False, live)
    bands = {group["band"]: group["accounts"] for group in fair["groups"] if group["attribute"] == "jurisdiction"}
    assert bands == {"b0": ACCOUNTS // 2, "b1": ACCOUNTS // 2}
    assert "unfair" in run("reputation", "evaluate", "fairness", *asked, "--split-date", first).out
    promoted = run("reputation", "model", *asked, "--candidate", "--promote")
    counts = run("reputation", "model", *asked, "--json").json["model"]
    assert (promoted.code == 0) == (counts == shown["candidate"])
    assert (promoted.code, counts) == ((0, shown["candidate"]) if not shown["promotion"]["withheld"] else (1, live))


@pytest.mark.parametrize(
    "asked",
    [
        ("drift", "a.csv", "b.csv", "--feature", "x", "--client", VENUE),
        ("drift", "a.csv", "b.csv"),
        ("model", "--client", VENUE, "--promote"),
        ("model", "--client", VENUE, "--candidate", "--despite-falls"),
        ("fit", "--client", VENUE, "--split-date", "2026-08-01", "--despite-falls"),
        ("evaluate", "fairness", "--client", VENUE, "--split-date", "soon"),
    ],
)
def test_what_cannot_be_meant_is_refused(asked: tuple[str, ...], run: Run, room: Path) -> None:
    assert run("reputation", *asked).code == 2
