"""Is a venue told what a candidate model would do to its pseudonyms, as they stand and as they are priced?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.service.app.previewing import preview
from credence.service.reputation.belief.model import BeliefModel, parse_model, shipped_document, shipped_model
from credence.service.reputation.desk import Desk
from credence.service.reputation.fitting import histories
from tests.service.conftest import NOW, Running, Starter

VENUE = "venue.example"
DAYS = 18
ACCOUNTS = 25


def riskier(hazard: str) -> BeliefModel:
    document = {**json.loads(shipped_document()), "liquidation_hazard_30_days": hazard}
    return parse_model(json.dumps(document).encode())


@pytest.fixture
def running(started: Starter) -> Running:
    """Pseudonyms that were calm for eighteen days and took 90,000 in them, with a position of 10,000 each."""
    found = started(("reputation", "verifier", "log"))
    desk: Desk = found.app.state.reputation
    today = NOW // 86_400
    lines: list[dict[str, Any]] = []
    for number in range(ACCOUNTS):
        who = {"pseudonym": b64u(bytes([number]) * 48), "source": "engine"}
        for place in range(DAYS):
            at = (today - DAYS + place) * 86_400
            day = {"id": f"{number}-{place}", "kind": "account_day", "at": at, "exposed_hours": 24, **who}
            lines.append({**day, "equity": "1000", "notional": "5000"})
        held = {"equity": "1000", "maintenance": "500", "initial": "800", "notional": "10000"}
        at = (today - 1) * 86_400 + 3_600
        lines.append({"id": f"s-{number}", "kind": "margin_snapshot", "at": at, **who, **held})
    for start in range(0, len(lines), 500):
        assert {line.outcome.value for line in desk.report(VENUE, lines[start : start + 500])} == {"accepted"}
    return found


def test_who_would_stand_elsewhere(running: Running) -> None:
    found = preview(running.services, VENUE, riskier("0.9")).to_json()
    assert (found["accounts"], found["is_sample"], found["many_fall"]) == (ACCOUNTS, False, None)
    assert found["tiers"] == {"to_rx": ACCOUNTS, "lower": 0, "same": 0, "higher": 0}
    assert found["moves"] == [{"from": "R0", "to": "RX", "accounts": ACCOUNTS}]
    assert found["scores"]["down"] == ACCOUNTS
    assert found["cost"] == {
        "tariff": "perp-default",
        "version": 2,
        "fees_change_usd": "112.5",  # 25 x 90,000 taken x (600 - 550) ppm
        "initial_margin_change_usd": "2500",  # 25 x 10,000 x 2 % x (2.00 - 1.50)
        "maintenance_margin_change_usd": "0",  # 1.25 x for either
    }
    alike = preview(running.services, VENUE, shipped_model()).to_json()
    assert alike["tiers"] == {"to_rx": 0, "lower": 0, "same": ACCOUNTS, "higher": 0}
    assert {alike["cost"][name] for name in alike["cost"] if name.endswith("_usd")} == {"0"}
    proven = preview(running.services, VENUE, shipped_model(), kyc_level=2).to_json()
    assert [alike["moves"], proven["moves"]] == [
        [{"from": tier, "to": tier, "accounts": ACCOUNTS}] for tier in ("R0", "R1")
    ], "of who answered no session nothing is known, unless somebody assumes it"
    nobody = preview(running.services, "other.example", riskier("0.9")).to_json()
    assert (nobody["accounts"], nobody["cost"], nobody["moves"]) == (0, None, [])


@pytest.mark.slow
def test_of_many_the_first_are_looked_at(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "MOST_ACCOUNTS", ACCOUNTS - 1)
    found = preview(running.services, VENUE, riskier("0.9")).to_json()
    assert (found["accounts"], found["is_sample"]) == (ACCOUNTS - 1, True)
    monkeypatch.setattr(histories, "MOST_ACCOUNTS", ACCOUNTS)
    assert not preview(running.services, VENUE, riskier("0.9")).is_sample
