"""Can an operator revoke a credential, near and far, once?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.issuance import issuing_interface, request_credential
from credence.sdk import HttpTransport, Onboarding
from credence.sdk.calls import issuer, perform
from credence.sdk.calls.issuer import Evidence
from credence.service.sandbox.persons import LOW_RISK
from tests.circuits.journey import draw_secrets
from tests.conftest import SeededBytes
from tests.service.cli.conftest import Run, Service


@pytest.fixture
def credential(service: Service, curve: Curve, rng: SeededBytes) -> tuple[str, str]:
    """The case and the attestation of somebody's credential; each test has a person of its own."""
    person = replace(LOW_RISK, document_number=rng(8).hex())
    evidence = Evidence(service.evidence(person).read_text().strip())
    with HttpTransport(service.url) as way:
        case = Onboarding(way, api_key=service.desk_key.read_text().strip()).submit(evidence)
        assert case.offer is not None
        request = request_credential(issuing_interface(curve), PERSON_1, draw_secrets(rng), rng)
        issued = perform(way, issuer.claim(case.offer, request.commitment, evidence))
    return case.case_id, issued.attestation_id


def test_a_credential_is_revoked_on_the_folder(run: Run, service: Service, credential: tuple[str, str]) -> None:
    case_id, attestation_id = credential
    command = ("issuer", "revoke", "--case", case_id, "--reason", "key-lost", "--data-dir", service.data)
    outcome = run(*command, "--json")
    assert outcome.code == 0
    assert outcome.json["attestation_id"] == attestation_id
    assert set(outcome.json) == {"attestation_id", "accumulator_id", "index", "revoked_at"}
    again = run(*command)
    assert again.code == 1
    assert "revoked already" in again.complaint


def test_a_credential_is_revoked_over_http(run: Run, service: Service, credential: tuple[str, str], room: Path) -> None:
    given = run("client", "add", f"{credential[1]}.example", "--scope", "issuer:revoke", "--data-dir", service.data)
    key = room / "revoker.key"
    key.write_text(given.out)
    where = ("--url", service.url, "--api-key-file", key)
    command = ("issuer", "revoke", "--attestation", credential[1], "--reason", "key-lost", *where)
    outcome = run(*command)
    assert outcome.code == 0
    assert credential[1] in outcome.out
    again = run(*command)
    assert again.code == 1
    assert "revoked" in again.complaint
    desk = run(*command[:-1], service.desk_key)
    assert desk.code == 1
    assert "forbidden" in desk.complaint


def test_what_was_not_issued_cannot_be_revoked(run: Run, data: Path) -> None:
    outcome = run("issuer", "revoke", "--attestation", "0" * 32, "--reason", "key-lost")
    assert outcome.code == 1
    assert "no such" in outcome.complaint


@pytest.mark.parametrize(
    "arguments",
    [
        ("--reason", "key-lost"),
        ("--case", "a", "--attestation", "b", "--reason", "key-lost"),
        ("--case", "a"),
        ("--case", "a", "--reason", "Mr Smith"),
    ],
)
def test_bad_usage(arguments: tuple[str, ...], run: Run, data: Path) -> None:
    outcome = run("issuer", "revoke", *arguments)
    assert outcome.code == 2
    assert "--reason" in outcome.complaint
