"""Does the command write one file that a risk officer keeps, and the JSON behind it, byte for byte the same each time?"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.service.app import attacked
from credence.service.cli import reputation_report
from credence.service.cli.opening import opened
from credence.service.reputation.desk import open_desk
from credence.service.reputation.simulator.writing import DAYS
from tests.service.cli.conftest import VENUE, Run
from tests.service.reputation.risk_report.people import ATTACKS

FIRST = date(2025, 3, 1)


@pytest.fixture(autouse=True)
def _attacks_take_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reputation_report, "_attacks", lambda tariff: ATTACKS)
    monkeypatch.setattr(attacked, "_attacked", lambda tariff: ATTACKS)


def table(room: Path, accounts: int = 24, days: int = 8, label: str = "simulated") -> Path:
    """Account-days as ``credence reputation simulate`` writes them."""
    columns = ",".join(DAYS)
    lines = [
        f"{label},{FIRST + timedelta(days=day)},a-{account},calm,1,1000,1,2,{500 + account},0,24,0,{int(day == account)},0,0"
        for account in range(accounts)
        for day in range(days)
    ]
    path = room / f"days-{accounts}-{label}.csv"
    path.write_text("\n".join([columns, *lines, ""]))
    return path


def test_a_table_becomes_a_page_and_a_document(run: Run, room: Path) -> None:
    days = table(room)
    outcome = run("reputation", "report", "--out", "first", "--days", str(days), "--json")
    assert (outcome.code, outcome.json["data"], outcome.json["accounts"]) == (0, "simulated", 24)
    assert outcome.json["as_of"] == "2025-03-09T00:00:00Z"
    assert set(outcome.json["missing"]) >= {"links", "stress"}
    document = json.loads((room / "first/report.json").read_text())
    assert document["source"]["account_days"] == 24 * 8
    assert document["figures"]["reliability-day"]["found"]["events"] == 7
    page = (room / "first/report.html").read_text()
    assert "Every account of this report is simulated" in page
    assert run("reputation", "report", "--out", "again", "--days", str(days)).code == 0
    for name in ("report.html", "report.json"):
        assert (room / "first" / name).read_bytes() == (room / "again" / name).read_bytes()


@pytest.mark.slow
def test_what_a_table_does_not_say_is_simulated_is_not_called_so(run: Run, room: Path) -> None:
    outcome = run("reputation", "report", "--out", "out", "--days", str(table(room, label="ours")), "--json")
    assert outcome.json["data"] == "reported"


@pytest.mark.slow
def test_tables_beside_it_are_in_it(run: Run, room: Path) -> None:
    rows = [f"p{account},btc_eth,{9_000 if account % 2 else -9_000},90,1000" for account in range(20)]
    (room / "positions.csv").write_text("\n".join(["account,instrument,notional,maintenance,equity", *rows, ""]))
    (room / "transfers.csv").write_text("\n".join(["src,dst", *(f"w0,w{other}" for other in range(1, 22)), ""]))
    more = ("--positions", "positions.csv", "--transfers", "transfers.csv", "--insurance", "5000")
    outcome = run("reputation", "report", "--out", "out", "--days", str(table(room)), *more, "--json")
    assert {"stress", "links"} <= set(outcome.json["shown"])
    figures = json.loads((room / "out/report.json").read_text())["figures"]
    assert figures["stress"]["found"]["one_sided"] is False
    assert (figures["links"]["found"]["aggregated"], figures["links"]["found"]["groups"]) == (22, 1)
    assert "w21" not in (room / "out/report.html").read_text()


@pytest.mark.slow
def test_a_report_is_of_twenty_accounts_and_of_a_day(run: Run, room: Path) -> None:
    assert run("reputation", "report", "--out", "out", "--days", str(table(room, 20))).code == 0
    few = run("reputation", "report", "--out", "few", "--days", str(table(room, 19)))
    assert (few.code, "20 accounts" in few.complaint, (room / "few").exists()) == (2, True, False)
    assert run("reputation", "report", "--out", "x", "--days", str(table(room, 20)), "--as-of", "soon").code == 2
    assert run("reputation", "report", "--out", "x").code == 2
    assert run("reputation", "report", "--out", "x", "--days", "none.csv").code == 2
    assert run("reputation", "report", "--out", "x", "--days", str(table(room, 20)), "--own", "x.csv").code == 2


@pytest.mark.slow
def test_an_installation_reports_of_its_own(run: Run, data: Path, room: Path) -> None:
    assert run("client", "register", VENUE, "--role", "venue").code == 0
    lines: list[dict[str, Any]] = [
        {"id": f"{who}-{day}", "kind": "account_day", "pseudonym": b64u(who.to_bytes(2, "big") * 24), "source": "engine"}
        | {"at": 1_740_787_200 + day * 86_400, "equity": "1000", "notional": "5000", "exposed_hours": 24}
        for who in range(20)
        for day in range(3)
    ]
    with opened(data) as services:
        assert {line.outcome.value for line in open_desk(services).report(VENUE, lines)} == {"accepted"}
    outcome = run("reputation", "report", "--client", VENUE, "--as-of", "2025-03-04", "--out", "out", "--json")
    assert (outcome.code, outcome.json["data"], outcome.json["accounts"]) == (0, "reported", 20)
    assert run("reputation", "report", "--client", "other.example", "--as-of", "2025-03-04", "--out", "x").code == 2
