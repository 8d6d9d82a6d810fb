"""Does a desk get a challenge at the command line, and say which kind of evidence it hands in?"""

from __future__ import annotations

from credence.service.sandbox.persons import LOW_RISK
from tests.service.cli.conftest import Run, Service


def test_a_challenge_is_for_who_may_hand_in(run: Run, service: Service) -> None:
    where = ("--url", service.url, "--api-key-file")
    given = run("issuer", "challenge", *where, service.desk_key, "--json")
    assert given.code == 0
    assert set(given.json) == {"nonce", "audience", "expires_at"}
    shown = run("issuer", "challenge", *where, service.desk_key)
    assert shown.code == 0
    assert given.json["audience"] in shown.out
    assert run("issuer", "challenge", *where, service.venue_key).code == 1


def test_evidence_is_of_the_kind_that_is_named(run: Run, service: Service) -> None:
    evidence = service.evidence(LOW_RISK)
    where = ("--evidence", evidence, "--url", service.url, "--api-key-file", service.desk_key)
    assert run("issuer", "submit", *where, "--type", "vendor-jws", "--json").json["state"] == "approved"
    refused = run("issuer", "submit", *where, "--type", "eu-pid")
    assert refused.code == 1
    assert "no such type of evidence" in refused.complaint
