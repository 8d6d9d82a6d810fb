"""Are policies explained and registered as they are, and presentations judged without any service?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.curve import Curve
from credence.circuits.policy.document import SCHEMA
from tests.circuits.journey import ISSUER, NOW, make_request, make_world
from tests.conftest import SeededBytes
from tests.service.cli.conftest import POLICY, VENUE, Run, Service

POLICY_KEYS = {"name", "version", "policy_hash", "explanation"}


@pytest.fixture
def registered(run: Run, data: Path, policy_file: Path) -> Path:
    assert run("client", "register", VENUE, "--role", "venue").code == 0
    assert run("verifier", "policy", "add", policy_file, "--client", VENUE).code == 0
    return policy_file


def test_a_policy_in_plain_words(run: Run, policy_file: Path) -> None:
    outcome = run("verifier", "policy", "explain", policy_file, "--json")
    assert outcome.code == 0
    assert set(outcome.json) == POLICY_KEYS
    words = run("verifier", "policy", "explain", policy_file)
    assert "- Your verification level is at least 2; nothing more exact." in words.out


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"not_revoked": True}, "not_revoked of policy has the wrong type"),
        ({"all_of": [{"attribute": "kyc_level", "at_least": 0}]}, "says nothing"),
        ({"disclose": [{"attribute": "subject_handle"}]}, "identifies"),
        ({"version": 0}, "version"),
    ],
)
def test_a_policy_that_is_refused(changes: dict[str, Any], words: str, run: Run, room: Path) -> None:
    (room / "policy.json").write_text(json.dumps({**POLICY, **changes}))
    outcome = run("verifier", "policy", "explain", room / "policy.json")
    assert outcome.code == 1
    assert words in outcome.complaint


def test_the_language_as_a_json_schema(run: Run) -> None:
    schema = run("verifier", "policy", "schema").json
    assert schema == json.loads(json.dumps(dict(SCHEMA)))
    assert jsonschema_rs.validator_for(json.dumps(schema)).is_valid(POLICY)


def test_a_venue_has_disclosed_what_it_registered(run: Run, data: Path, room: Path) -> None:
    """Twice the same policy, of a venue that may and of one that may not."""
    document = {**POLICY, "disclose": [{"attribute": "residence"}, {"attribute": "risk_tier"}]}
    (room / "policy.json").write_text(json.dumps(document))
    for client_id, more in (("may.example", ("residence",)), ("may-not.example", ())):
        disclose = [word for name in ("kyc_level", "risk_tier", *more) for word in ("--disclose", name)]
        assert run("client", "register", client_id, "--role", "venue", *disclose).code == 0
    assert run("verifier", "policy", "add", room / "policy.json", "--client", "may.example").code == 0
    refused = run("verifier", "policy", "add", room / "policy.json", "--client", "may-not.example")
    assert refused.code == 1
    assert "not registered to have residence disclosed" in refused.complaint


def test_a_registered_version_never_changes(run: Run, registered: Path) -> None:
    again = run("verifier", "policy", "add", registered, "--client", VENUE, "--json")
    assert again.code == 0
    assert "already" in again.err
    registered.write_text(json.dumps({**POLICY, "disclose": []}))
    other = run("verifier", "policy", "add", registered, "--client", VENUE)
    assert other.code == 1
    assert "version" in other.complaint
    assert run("verifier", "policy", "show", "perp-standard", "--client", VENUE, "--json").json == again.json


def test_policies_over_http(run: Run, service: Service, policy_file: Path) -> None:
    where = ("--url", service.url, "--api-key-file", service.venue_key, "--json")
    added = run("verifier", "policy", "add", policy_file, *where)
    shown = run("verifier", "policy", "show", "perp-standard", *where)
    assert added.code == shown.code == 0
    assert added.json == shown.json
    near = run("verifier", "policy", "show", "perp-standard", "--client", VENUE, "--data-dir", service.data, "--json")
    assert near.json == shown.json
    missing = run("verifier", "policy", "show", "no-such-policy", *where)
    assert missing.code == 1
    assert "not-found" in missing.complaint


def test_whose_policy_has_to_be_said_and_known(run: Run, registered: Path) -> None:
    for command in (("add", registered), ("show", "perp-standard")):
        outcome = run("verifier", "policy", *command)
        assert outcome.code == 2
        assert "--client" in outcome.complaint
        unknown = run("verifier", "policy", *command, "--client", "venue.elsewhere")
        assert unknown.code == 1
        assert "there is no" in unknown.complaint.lower()


def test_an_unknown_tariff_is_refused(run: Run, registered: Path) -> None:
    registered.write_text(json.dumps({**POLICY, "version": 2, "tariff": "no-such-tariff"}))
    outcome = run("verifier", "policy", "add", registered, "--client", VENUE)
    assert outcome.code == 1
    assert "tariff" in outcome.complaint


# --- a presentation, offline ---


@pytest.fixture
def files(room: Path, curve: Curve, rng: SeededBytes) -> list[object]:
    """A request, its presentation and the issuer's document, as the arguments that name them."""
    from credence.circuits.presentation import present

    world, request = make_world(curve, rng), make_request(rng, audience=VENUE)
    presentation = present(curve, request, {"person": world.held()}, NOW, rng)
    for name, value in (("request", request), ("presentation", presentation), ("issuer", world.document)):
        (room / f"{name}.json").write_text(json.dumps(value.to_json()))
    names = ("--request", "request.json", "--presentation", "presentation.json", "--issuer-document", "issuer.json")
    return [*names, "--at", NOW]


def spoil(path: Path, **changes: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_an_accepted_presentation(engine: str, run: Run, files: list[object]) -> None:
    outcome = run("verifier", "verify", *files, "--audience", VENUE, "--engine", engine, "--json")
    assert outcome.code == 0
    found = outcome.json
    assert (found["accepted"], found["reason"], found["kyc_level"]) == (True, "accepted", 2)
    assert found["predicates"] == ["person.kyc_level >= 2", "person.expires_on >= today"]


def test_in_words(run: Run, files: list[object]) -> None:
    outcome = run("verifier", "verify", *files, "--audience", VENUE)
    assert outcome.code == 0
    assert "person.kyc_level >= 2, person.expires_on >= today" in outcome.out


def test_another_venue(run: Run, files: list[object]) -> None:
    outcome = run("verifier", "verify", *files, "--audience", "venue.elsewhere", "--json")
    assert outcome.code == 1
    assert outcome.json == {"accepted": False, "reason": "not_accepted"}


def test_too_late(run: Run, files: list[object]) -> None:
    late = [*files[:-1], NOW + DAY_SECONDS]
    outcome = run("verifier", "verify", *late, "--audience", VENUE)
    assert (outcome.code, outcome.out) == (1, "")
    assert "refused" in outcome.complaint


def test_a_changed_proof(run: Run, files: list[object], room: Path) -> None:
    proof = json.loads((room / "presentation.json").read_text())["proof"]
    middle = len(proof) // 2
    spoil(room / "presentation.json", proof=proof[:middle] + ("A" if proof[middle] != "A" else "B") + proof[middle + 1 :])
    outcome = run("verifier", "verify", *files, "--audience", VENUE, "--json")
    assert outcome.code == 1
    assert outcome.json["accepted"] is False


def test_an_issuer_that_is_not_trusted(run: Run, files: list[object], room: Path) -> None:
    spoil(room / "issuer.json", issuer=f"not-{ISSUER}")
    outcome = run("verifier", "verify", *files, "--audience", VENUE)
    assert outcome.code == 1


@pytest.mark.parametrize(("name", "code"), [("request", 2), ("issuer", 2), ("presentation", 1)])
def test_a_file_that_cannot_be_read(name: str, code: int, run: Run, files: list[object], room: Path) -> None:
    spoil(room / f"{name}.json", type="something else")
    outcome = run("verifier", "verify", *files, "--audience", VENUE)
    assert outcome.code == code
    (room / f"{name}.json").unlink()
    assert run("verifier", "verify", *files, "--audience", VENUE).code == 2
