"""Can an operator take a venue's table in from the command line, and see what was left out?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from tests.service.cli.conftest import VENUE, Run

FILLS: Final = (
    "Account,Coin,Execution Price,Size Tokens,Side,Timestamp IST,Closed PnL,Crossed,Fee\n"
    "ann,BTC,64000,0.5,BUY,02-12-2024 22:50,0,TRUE,1.5\n"
    "ann,BTC,64100,0.5,SELL,02-12-2024 22:51,50,FALSE,-0.5\n"
)


@pytest.fixture
def venue(run: Run, data: Path) -> None:
    assert run("client", "register", VENUE, "--role", "venue").code == 0


@pytest.fixture
def fills(room: Path) -> Path:
    path = room / "fills.csv"
    path.write_text(FILLS)
    return path


def test_a_table_is_taken_in_once(run: Run, venue: None, fills: Path) -> None:
    first = run("reputation", "ingest", fills, "--mapping", "hyperliquid-fills", "--client", VENUE, "--json")
    assert first.code == 0, first.err
    counts = {"rows": 2, "accepted": 2, "duplicates": 0, "rejected": 0}
    assert first.json == {"mapping": "hyperliquid-fills", **counts, "resumed_at": 0}
    again = run("reputation", "ingest", fills, "--mapping", "hyperliquid-fills", "--client", VENUE, "--json")
    assert again.json == {"mapping": "hyperliquid-fills", **counts, "resumed_at": 2}


def test_what_is_left_out_is_told_by_line_and_kept_in_a_file(run: Run, venue: None, fills: Path, room: Path) -> None:
    fills.write_text(FILLS + "bea,BTC,secret,0.5,SELL,02-12-2024 22:52,50,FALSE,0\n")
    outcome = run(
        "reputation", "ingest", fills, "--mapping", "hyperliquid-fills", "--client", VENUE, "--rejects", room / "left.ndjson"
    )
    assert (outcome.code, outcome.complaint) == (1, "credence: 1 of 3 lines were rejected")
    assert json.loads((room / "left.ndjson").read_text()) == {"line": 4, "reason": "wrong-type", "field": "price"}
    other = "other.example"
    assert run("client", "register", other, "--role", "venue").code == 0
    shown = run("reputation", "ingest", fills, "--mapping", "hyperliquid-fills", "--client", other)
    assert "line 4: wrong-type, price" in shown.err
    assert "secret" not in shown.err + shown.out


def test_a_series_of_the_market_is_nobody_s(run: Run, data: Path, room: Path) -> None:
    (room / "calls.csv").write_text("timestamp\n2025-01-09 11:52:11+00:00\n")
    outcome = run("reputation", "ingest", "calls.csv", "--mapping", "aave-v3-liquidations", "--json")
    assert outcome.json == {"mapping": "aave-v3-liquidations", "series": "market", "rows": 1, "new": 1, "days": 1}


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("fills.csv", "--mapping", "hyperliquid-fills"), 2, "--client says whose accounts these are"),
        (("none.csv", "--mapping", "hyperliquid-fills", "--client", VENUE), 2, "there is no such file"),
        (("fills.csv", "--mapping", "fills", "--client", VENUE), 2, "there is no such mapping"),
        (("fills.csv", "--mapping", "compound-v2-deposits", "--client", VENUE), 2, "the file has no column account_id"),
        (("fills.csv", "--mapping", "hyperliquid-fills", "--client", "nobody.example"), 1, "there is no client"),
    ],
)
def test_what_cannot_be_taken_in_ends_in_one_line(
    run: Run, venue: None, fills: Path, arguments: tuple[str, ...], code: int, complaint: str
) -> None:
    outcome = run("reputation", "ingest", *arguments)
    assert outcome.code == code
    assert outcome.complaint.startswith(f"credence: {complaint}")


@pytest.mark.slow
def test_the_bench_measures(run: Run) -> None:
    found = run("reputation", "bench", "--events", 20_000, "--json").json
    assert found["events"] == 20_000
    assert found["rows"] > 1_000
    assert found.keys() >= {"events_per_s", "peak_mb", "rescore_500k_s", "ratio_to_duckdb"}
    assert min(found.values()) > 0
