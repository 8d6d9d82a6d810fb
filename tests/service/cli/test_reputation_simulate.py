"""Does every line of a simulation say that it is one, follow from its seed, and go in where real tables go?"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from credence.service.reputation.events import read_event
from tests.service.cli.conftest import VENUE, Run

SMALL = ("--accounts", "12", "--days", "8", "--seed", "3")


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_events_are_those_of_the_closed_list_and_labelled(run: Run, room: Path) -> None:
    told = run("reputation", "simulate", "--out", "e.ndjson", "--market", "m.csv", *SMALL, "--json").json
    lines = [json.loads(text) for text in (room / "e.ndjson").read_text().splitlines()]
    assert (told["label"], told["events"], told["hours"]) == ("simulated", len(lines), 8 * 24 + 1)
    assert {line.pop("label") for line in lines} == {"simulated"}
    assert all(read_event(line, now=2_000_000_000).event_id.startswith("simulated-3-") for line in lines)
    market = rows(room / "m.csv")
    assert {row["label"] for row in market} == {"simulated"}
    assert {(row["regime"], row["hazard"] == "1") for row in market} == {("calm", True), ("stressed", False)}
    assert run("reputation", "simulate", "--out", "again.ndjson", *SMALL).code == 0
    assert (room / "again.ndjson").read_bytes() == (room / "e.ndjson").read_bytes()


@pytest.mark.slow
def test_account_days_go_in_where_real_ones_go(run: Run, data: Path, room: Path) -> None:
    said = run("reputation", "simulate", "--out", "d.csv", "--form", "account-days", *SMALL)
    assert (said.code, "simulated: it says" in said.err) == (0, True)
    found = rows(room / "d.csv")
    assert {row["label"] for row in found} == {"simulated"}
    assert all(row["account"].startswith("simulated-") for row in found)
    assert any(int(row["exposed_hours"]) > 0 for row in found)
    assert run("client", "register", VENUE, "--role", "venue").code == 0
    ingest = ("reputation", "ingest", "d.csv", "--mapping", "simulated-account-days", "--client", VENUE)
    taken = run(*ingest, "--json").json
    assert (taken["accepted"], taken["rejected"]) == (len(found), 0)


@pytest.mark.slow
def test_events_go_in_as_they_were_written(run: Run, data: Path, room: Path) -> None:
    assert run("reputation", "simulate", "--out", "e.ndjson", *SMALL).code == 0
    lines = (room / "e.ndjson").read_text().splitlines()
    (room / "e.ndjson").write_text("\n".join([*lines, json.dumps({**json.loads(lines[0]), "note": "x"}), lines[0]]) + "\n")
    assert run("client", "register", VENUE, "--role", "venue").code == 0
    ingest = ("reputation", "ingest", "e.ndjson", "--mapping", "events", "--client", VENUE)
    taken = run(*ingest, "--rejects", "r.ndjson", "--json").json
    assert (taken["accepted"], taken["duplicates"], taken["rejected"]) == (len(lines), 1, 1)
    left = {"line": len(lines) + 1, "reason": "unknown-field", "field": None}
    assert json.loads((room / "r.ndjson").read_text()) == left
    (room / "e.csv").write_text("id,kind,pseudonym,at,source\n")
    refused = run("reputation", "ingest", "e.csv", "--mapping", "events", "--client", VENUE)
    assert (refused.code, "come as .ndjson" in refused.complaint) == (2, True)


def test_a_market_is_calibrated_by_prices(run: Run, room: Path) -> None:
    days = [f"2024-{month:02d}-{day:02d},{100 * (1.01 if day % 2 else 1)}" for month in range(1, 7) for day in range(1, 29)]
    (room / "p.csv").write_text("date,price\n" + "\n".join(days) + "\n")
    told = run(
        "reputation", "simulate", "--out", "e", "--days", "2", "--accounts", "1", "--calibrate", "p.csv", "--json"
    ).json
    assert told["market"]["measured_on_returns"] == len(days) - 1
    (room / "p.csv").write_text("date,weather\n2024-01-01,rain\n")
    assert run("reputation", "simulate", "--out", "e", "--calibrate", "p.csv").code == 2
    assert run("reputation", "simulate", "--out", "e", "--first-day", "soon").code == 2
