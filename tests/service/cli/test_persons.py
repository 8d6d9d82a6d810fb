"""Does a holder come back after a lost device, and does what was decided about a person stay with them, at the terminal?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.encoding import b64u_decode
from credence.sdk import HttpTransport, Verifier, Wallet
from credence.sdk.vault import FLOOR
from credence.service.cli.opening import opened
from credence.service.reputation.records import ReputationDay
from credence.service.sandbox.persons import LOW_RISK, Person
from tests.service.cli.conftest import AUDIENCE, PASSPHRASE, POLICY, VENUE, Outcome, Service, run_command, started

pytestmark = pytest.mark.slow

SETTLED = {**POLICY, "name": "settled", "all_of": [{"attribute": "reset_day", "at_most": "today-90d"}]}
"""Whoever has not begun anew for ninety days: a ban of a pseudonym holds against another phrase for so long."""


@dataclass
class Town:
    """A service, its people with two revokers, and a holder with vaults."""

    service: Service
    room: Path
    revokers: tuple[Path, Path]

    def run(self, *args: object) -> Outcome:
        return run_command(*args)

    def done(self, *args: object) -> Any:
        outcome = run_command(*args, "--json")
        assert outcome.code == 0, outcome.err
        return outcome.json

    def decide(self, *args: object, by: int = 0) -> Outcome:
        where = ("--url", self.service.url, "--api-key-file", self.revokers[by])
        return run_command("issuer", *args, *where, "--json")

    def submit(self, person: Person) -> tuple[Path, Path, Any]:
        """A case of a person: the evidence, the offer (which is there if the case is approved), and what was said."""
        evidence = self.service.evidence(person)
        offer = evidence.with_suffix(".offer")
        keys = ("--url", self.service.url, "--api-key-file", self.service.desk_key)
        return evidence, offer, self.done("issuer", "submit", "--evidence", evidence, "--offer-file", offer, *keys)

    def receive(self, vault: str, evidence: Path, offer: Path) -> Outcome:
        at = ("--url", self.service.url, "--issuer-document", self.service.document)
        claim = ("--vault", self.room / vault, "--evidence", evidence, "--offer", offer)
        return run_command("wallet", "receive", *claim, *at, "--json")

    def enrolled(self, vault: str, person: Person) -> str:
        """The attestation of a credential that a vault received through a new case."""
        evidence, offer, _ = self.submit(person)
        received = self.receive(vault, evidence, offer)
        assert received.code == 0, received.err
        (held,) = received.json["credentials"]
        return str(held["attestation"])

    def visit(self, vault: str, policy: str = "perp-standard") -> Outcome:
        with HttpTransport(self.service.url) as transport:
            venue = Verifier(transport, audience=AUDIENCE, api_key=self.service.venue_key.read_text().strip())
            session = venue.open_session(policy, volume_30d_usd=1_000_000).session_id
        at = ("--session", session, "--url", self.service.url, "--audience", AUDIENCE)
        return run_command("wallet", "present", "--vault", self.room / vault, *at, "--yes", "--json")


@pytest.fixture
def town(
    made: Path, room: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Town]:
    monkeypatch.setenv("CREDENCE_RESET_INTERVAL_DAYS", "0")
    monkeypatch.setenv("CREDENCE_WALLET_PASSPHRASE", PASSPHRASE)
    monkeypatch.setitem(Wallet.create.__func__.__kwdefaults__, "parameters", FLOOR)  # type: ignore[attr-defined]
    with started(made, tmp_path_factory.mktemp("town")) as service:
        keys = []
        for name in ("one.example", "two.example"):
            given = run_command("client", "add", name, "--scope", "issuer:revoke", "--data-dir", service.data)
            assert given.code == 0, given.err
            keys.append(room / f"{name}.key")
            keys[-1].write_text(given.out)
        policy = room / "settled.json"
        policy.write_text(json.dumps(SETTLED))
        at = ("--url", service.url, "--api-key-file", service.venue_key)
        assert run_command("verifier", "policy", "add", policy, *at).code == 0
        yield Town(service, room, (keys[0], keys[1]))


def pseudonym_of(outcome: Outcome) -> str:
    assert outcome.code == 0, outcome.err
    return str(outcome.json["pseudonym"])


def test_a_lost_device_another_phrase_and_a_venues_flag(town: Town) -> None:
    assert town.run("wallet", "create", "--vault", town.room / "old").code == 0
    first = town.enrolled("old", LOW_RISK)
    known = pseudonym_of(town.visit("old"))
    words = town.run("wallet", "phrase", "--vault", town.room / "old", "--yes-print").out
    (town.room / "words").write_text(words)

    # the device is lost: the phrase, fresh evidence, and the venue meets the same pseudonym; the old credential is no more
    assert town.run("wallet", "restore", "--vault", town.room / "new", "--phrase-file", town.room / "words").code == 0
    second = town.enrolled("new", LOW_RISK)
    assert pseudonym_of(town.visit("new")) == known
    lives = [
        (one["attestation_id"], one["life"], one["resets"]) for one in json.loads(town.decide("person", first).out)["issued"]
    ]
    assert lives == [(first, "replaced", 0), (second, "live", 0)]
    assert town.visit("new", "settled").code == 0

    # the venue flags that pseudonym, and it is met again by the one who comes back with the phrase once more
    with opened(town.service.data) as services, services.store("reputation").transaction() as session:
        columns = ReputationDay.__table__.columns  # type: ignore[attr-defined]
        row = {column.name: 0 for column in columns if not column.nullable}
        session.add(ReputationDay(**{**row, "client_id": VENUE, "pseudonym": b64u_decode(known), "day": 20_000}))
    flag = ("reputation", "flag", known, "--client", VENUE, "--data-dir", town.service.data)
    assert town.done(*flag)["tier"] == "RX"
    town.enrolled("new", LOW_RISK)
    flagged = town.visit("new").json
    assert flagged["pseudonym"] == known
    assert flagged["terms"]["standing_tier"] == "RX", flagged["terms"]

    # another phrase is another pseudonym, and a reset that the venue's policy asks about
    assert town.run("wallet", "create", "--vault", town.room / "another").code == 0
    town.enrolled("another", LOW_RISK)
    assert [one["resets"] for one in json.loads(town.decide("person", first).out)["issued"]] == [0, 0, 0, 1]
    fresh = town.visit("another")
    assert pseudonym_of(fresh) != known
    refused = town.visit("another", "settled")
    assert refused.code == 1
    assert "reset_day" in refused.complaint


def test_a_suspension_and_a_ban(town: Town) -> None:
    person = replace(LOW_RISK, document_number="C22X11111")
    assert town.run("wallet", "create", "--vault", town.room / "vault").code == 0
    evidence, offer, _ = town.submit(person)
    received = town.receive("vault", evidence, offer)
    attestation = received.json["credentials"][0]["attestation"]
    known = pseudonym_of(town.visit("vault"))
    assert town.decide("suspend", attestation, "--reason", "device-stolen").json["life"] == "suspended"
    assert "credential-suspended" in town.receive("vault", evidence, offer).complaint
    assert town.decide("unsuspend", attestation).json["asked_by"] == "one.example"
    assert "four-eyes-required" in town.decide("unsuspend", attestation).complaint
    again = town.room / "again.json"
    lifted = town.decide("unsuspend", attestation, "--offer-file", again, by=1)
    assert lifted.json["life"] == "lifted"
    anew = town.receive("vault", evidence, again)
    assert anew.code == 0, anew.err
    assert pseudonym_of(town.visit("vault")) == known

    banned = town.decide("ban", "--attestation", anew.json["credentials"][0]["attestation"], "--reason", "forged-document")
    assert banned.code == 0, banned.err
    spelt = replace(person, document_number="\u042122x-11111")  # a Cyrillic letter, and as somebody types it
    assert (town.submit(person)[2]["state"], town.submit(spelt)[2]["state"]) == ("declined", "declined")
    assert town.decide("unban", banned.json["ban_id"]).json["ended_at"] is None
    assert town.decide("unban", banned.json["ban_id"], by=1).json["lifted_by"] == "two.example"
    town.enrolled("vault", spelt)
    assert pseudonym_of(town.visit("vault")) == known
