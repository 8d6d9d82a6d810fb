"""Are a margin call and a charge explained at the terminal, near the installation and over HTTP, and alike?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credence.sdk import Exposure, HttpTransport, Verifier
from credence.service.clock import system_clock
from credence.service.sandbox.persons import LOW_RISK
from tests.conftest import SeededBytes
from tests.service.cli.conftest import AUDIENCE, PASSPHRASE, VENUE, Run, Service, run_command

POSITION = {"instrument_class": "btc_eth", "side": "long", "quantity": "2", "price": "50000"}
CALL: dict[str, Any] = {"position": POSITION, "equity_usd": "1200"}


def written(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value))
    return path


@pytest.fixture
def session(service: Service, rng: SeededBytes, tmp_path: Path) -> str:
    """A session of the venue's that a wallet answered, with a position."""
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    vault = ("--vault", tmp_path / "vault", "--passphrase-file", tmp_path / "passphrase")
    person = replace(LOW_RISK, document_number=rng(8).hex())  # somebody of its own: others have a credential already
    offer, evidence, where = tmp_path / "offer.json", service.evidence(person), ("--url", service.url)
    with HttpTransport(service.url) as transport:
        venue = Verifier(transport, audience=AUDIENCE, api_key=service.venue_key.read_text().strip())
        stated = Exposure(positions={"btc_eth": 100_000}, open_interest_share="0.01", insurance_share_usd=1_000_000)
        asked = venue.open_session("perp-standard", exposure=stated).session_id
    for command in (
        ("issuer", "submit", "--evidence", evidence, "--offer-file", offer, "--api-key-file", service.desk_key, *where),
        ("wallet", "create", *vault),
        (
            "wallet",
            "receive",
            "--offer",
            offer,
            "--evidence",
            evidence,
            "--issuer-document",
            service.document,
            *vault,
            *where,
        ),
        ("wallet", "present", "--session", asked, "--audience", AUDIENCE, "--yes", *vault, *where),
    ):
        outcome = run_command(*command)
        assert outcome.code == 0, outcome.err
    return asked


@pytest.mark.slow
def test_near_and_over_http_it_is_the_same(run: Run, service: Service, session: str, room: Path) -> None:
    near = ("--client", VENUE, "--data-dir", service.data, "--session", session)
    far = ("--url", service.url, "--api-key-file", service.venue_key, "--session", session)
    now = system_clock()
    call = written(room / "call.json", {**CALL, "at": now})
    found = [run("verifier", "margin-call", call, *where, "--json") for where in (near, far)]
    assert found[0].json == found[1].json
    assert (found[0].json["maintenance_usd"], found[0].json["cures"]["deposit_usd"]) == ("1100", "175")
    for level in ("short", "plain", "full"):
        assert run("verifier", "margin-call", call, *near, "--level", level).out.strip() == found[0].json["words"][level]

    charge = {"kind": "taker_fee", "notional_usd": "100000", "amount_usd": "45", "at": now}
    asked = written(room / "charge.json", {"charge": charge, "then": {"volume_30d_usd": "2000000", "stress_regime": False}})
    found = [run("verifier", "reconcile", asked, *where, "--json") for where in (near, far)]
    assert found[0].json == found[1].json
    assert (found[0].json["cause"], found[0].json["difference_usd"]) == ("volume_tier", "-5")
    words = run("verifier", "reconcile", asked, *near).out
    assert words.startswith("the volume tier was V1 and not V0.")
    assert "difference_usd" in words


def test_what_cannot_be_asked_is_refused(run: Run, data: Path, room: Path) -> None:
    bad = written(room / "bad.json", {"position": {**POSITION, "side": "both"}})
    outcome = run("verifier", "margin-call", bad, "--session", "s", "--client", VENUE)
    assert (outcome.code, "equity_usd, position.side" in outcome.complaint) == (2, True)
    charge = {"kind": "taker_fee", "notional_usd": "much", "amount_usd": "1", "at": 1}
    for command, asked in (("margin-call", CALL), ("reconcile", {"charge": {**charge, "notional_usd": "1"}})):
        file = written(room / "asked.json", asked)
        nobody = run("verifier", command, file, "--session", "s")
        assert (nobody.code, "--client" in nobody.complaint) == (2, True)
        unknown = run("verifier", command, file, "--session", "s", "--client", VENUE)
        assert (unknown.code, "no such" in unknown.complaint) == (1, True)
    much = run("verifier", "reconcile", written(room / "much.json", {"charge": charge}), "--session", "s", "--client", VENUE)
    assert (much.code, "notional_usd" in much.complaint) == (2, True)
