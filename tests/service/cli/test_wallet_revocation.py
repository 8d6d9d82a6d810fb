"""Does a wallet at the terminal show that it is not revoked, catch up by itself, and say so once it is?"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import pytest

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.issuance import issuing_interface, request_credential
from credence.circuits.revocation_log import make_delta
from credence.circuits.revocation_log.published import EVENT_LENGTH, decode_events
from credence.circuits.wire import PresentationRequest
from credence.sdk import HttpTransport, Onboarding, Verifier
from credence.sdk.calls import issuer, perform
from credence.service.sandbox.persons import LOW_RISK
from tests.circuits.journey import draw_secrets
from tests.conftest import SeededBytes
from tests.service.cli.conftest import AUDIENCE, PASSPHRASE, POLICY, VENUE, Run, Service

NAME = "not-revoked"
ASKED = {**POLICY, "name": NAME, "not_revoked": {"max_age_s": 60}}

Ask = Callable[..., PresentationRequest]


@pytest.fixture
def ask(run: Run, room: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Opens sessions under a policy that was registered on the folder, until one knows of event ``index``."""
    monkeypatch.setenv("CREDENCE_WALLET_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CREDENCE_VAULT", str(room / "vault"))
    (room / "asked.json").write_text(json.dumps(ASKED))
    added = run("verifier", "policy", "add", room / "asked.json", "--client", VENUE, "--data-dir", service.data)
    assert added.code == 0, added.err
    assert "Your person credential was not revoked, as of a minute that ended at most 60 seconds ago." in added.out

    def asked(index: int = 0) -> PresentationRequest:
        until = monotonic() + 20
        with HttpTransport(service.url) as way:
            venue = Verifier(way, audience=AUDIENCE, api_key=service.venue_key.read_text().strip())
            while monotonic() < until:
                request = venue.open_session(NAME).request
                if request.staples[0].newest.checkpoint.index >= index:
                    return request
                sleep(0.05)
        raise AssertionError("nothing was heard of it")

    return asked


@pytest.fixture
def attestation(run: Run, room: Path, service: Service, ask: Ask, rng: SeededBytes) -> str:
    """A vault with the credential of a person of this test's own."""
    evidence = service.evidence(replace(LOW_RISK, document_number=rng(8).hex()))
    offer = ("--evidence", evidence, "--offer-file", room / "offer.json", "--api-key-file", service.desk_key)
    claim = ("--offer", room / "offer.json", "--evidence", evidence, "--issuer-document", service.document)
    for command in (
        ("issuer", "submit", *offer, "--url", service.url),
        ("wallet", "create"),
        ("wallet", "receive", *claim, "--url", service.url),
    ):
        outcome = run(*command)
        assert outcome.code == 0, outcome.err
    (held,) = run("wallet", "list", "--json").json["credentials"]
    assert held["revoked"] is False
    found: str = held["attestation"]
    return found


@pytest.mark.slow
def test_until_it_is_revoked(run: Run, service: Service, ask: Ask, attestation: str) -> None:
    present = ("wallet", "present", "--url", service.url, "--audience", AUDIENCE, "--yes", "--session")
    accepted = run(*present, ask().session_id, "--json")
    assert (accepted.code, accepted.json["decision"]) == (0, "accepted")
    assert "that your credential was not revoked" in accepted.err
    where = ("--data-dir", service.data, "--json")
    revoked = run("issuer", "revoke", "--attestation", attestation, "--reason", "key-lost", *where).json
    request = ask(revoked["index"])
    refused = run(*present, request.session_id)
    assert refused.code == 1
    assert "the credential is revoked" in refused.complaint
    told = run("wallet", "understand", "--session", request.session_id, "--url", service.url)
    assert told.code == 1
    assert "the credential is revoked" in told.complaint
    assert run("wallet", "list", "--json").json["credentials"][0]["revoked"] is True
    assert "yes" in run("wallet", "list").out


@pytest.mark.usefixtures("attestation")
def test_a_request_in_a_file_is_proven_alone(run: Run, room: Path, ask: Ask) -> None:
    request = ask()
    (room / "request.json").write_text(json.dumps(request.to_json()))
    present = ("wallet", "present", "--audience", AUDIENCE, "--yes", "--request")
    proven = run(*present, room / "request.json")
    assert (proven.code, len(proven.json["accumulators"])) == (0, 1)
    (room / "request.json").write_text(json.dumps(replace(request, staples=()).to_json()))
    bare = run(*present, room / "request.json")
    assert bare.code == 1
    assert "which the request does not carry" in bare.complaint


@pytest.mark.slow
@pytest.mark.usefixtures("attestation")
def test_what_is_missing_is_read_from_the_issuer(
    run: Run, room: Path, service: Service, ask: Ask, curve: Curve, rng: SeededBytes
) -> None:
    """A delta that begins later than the wallet has followed: here one that has been cut."""
    where = ("--data-dir", service.data, "--json")
    others = [_other(service, curve, rng) for _ in range(2)]
    indexes = [
        run("issuer", "revoke", "--attestation", each, "--reason", "key-lost", *where).json["index"] for each in others
    ]
    last = indexes[-1]
    request = ask(last)
    (room / "request.json").write_text(json.dumps(_cut(request).to_json()))
    present = ("wallet", "present", "--audience", AUDIENCE, "--yes", "--request", room / "request.json")
    alone = run(*present)
    assert alone.code == 2
    assert "--url is needed" in alone.complaint
    proven = run(*present, "--issuer-url", service.url)
    assert (proven.code, proven.json["accumulators"][0]["index"]) == (0, last)


def _cut(request: PresentationRequest) -> PresentationRequest:

    (staple,) = request.staples
    delta, name = staple.delta, staple.newest.checkpoint.accumulator_id
    events = decode_events(name, delta.after, delta.count, delta.events[: delta.count * EVENT_LENGTH])
    cut = make_delta(name, events[-1].index - 1, events[-1:], delta.address)
    return replace(request, staples=(replace(staple, delta=cut),))


def _other(service: Service, curve: Curve, rng: SeededBytes) -> str:
    """Somebody else's credential; only its attestation's id."""

    evidence = issuer.Evidence(service.evidence(replace(LOW_RISK, document_number=rng(8).hex())).read_text().strip())
    with HttpTransport(service.url) as way:
        case = Onboarding(way, api_key=service.desk_key.read_text().strip()).submit(evidence)
        assert case.offer is not None
        commitment = request_credential(issuing_interface(curve), PERSON_1, draw_secrets(rng), rng).commitment
        return perform(way, issuer.claim(case.offer, commitment, evidence)).attestation_id
