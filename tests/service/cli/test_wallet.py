"""Does a wallet at the terminal keep its passphrase, trust whom it was told to, and reveal nothing unasked?"""

from __future__ import annotations

import json
import shutil
import stat
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import pytest

from credence.circuits import curve as curves
from credence.circuits.encoding import b64u
from credence.circuits.wire import Presentation
from credence.sdk import HttpTransport, Verifier
from credence.sdk.calls import perform
from credence.sdk.calls import verifier as calls
from credence.service.cli.opening import opened
from credence.service.clock import system_clock
from credence.service.sandbox.persons import ENHANCED_RISK
from credence.service.verifier.denials import close_minutes
from tests.service.cli.conftest import AUDIENCE, ISSUER, PASSPHRASE, POLICY, Run, Service, run_command


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch, room: Path) -> None:
    monkeypatch.setenv("CREDENCE_WALLET_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CREDENCE_VAULT", str(room / "vault"))


@pytest.fixture(scope="module")
def filled(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vault with one credential, and beside it the offer and the evidence that it came from."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "passphrase").write_text(PASSPHRASE + "\n")
    evidence = shutil.copy(service.evidence(ENHANCED_RISK), folder / "evidence.jws")
    where = ("--url", service.url)
    vault = ("--vault", folder / "vault", "--passphrase-file", folder / "passphrase")
    offer = ("--evidence", evidence, "--offer-file", folder / "offer.json", "--api-key-file", service.desk_key)
    claim = ("--offer", folder / "offer.json", "--evidence", evidence, "--issuer-document", service.document)
    for command in (
        ("issuer", "submit", *offer, *where),
        ("wallet", "create", *vault),
        ("wallet", "receive", *claim, *vault, *where),
    ):
        outcome = run_command(*command)
        assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture
def vault(filled: Path, room: Path) -> Path:
    for path in filled.iterdir():
        shutil.copy(path, room / path.name)
    return room / "vault"


def test_a_new_vault(run: Run, room: Path) -> None:
    assert run("wallet", "create").code == 0
    assert stat.S_IMODE((room / "vault").stat().st_mode) == 0o600
    assert run("wallet", "list", "--json").json == {"credentials": []}
    again = run("wallet", "create")
    assert again.code == 1
    assert "nothing was changed" in again.complaint


def test_a_short_passphrase_is_refused(run: Run, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_WALLET_PASSPHRASE", "short")
    outcome = run("wallet", "create")
    assert outcome.code == 1
    assert not (room / "vault").exists()


def test_a_passphrase_may_be_typed(run: Run, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDENCE_WALLET_PASSPHRASE")
    nobody = run("wallet", "create")
    assert nobody.code == 2
    assert "--passphrase-file" in nobody.complaint
    monkeypatch.setattr("credence.service.cli.passphrase.is_interactive", lambda: True)
    assert run("wallet", "create", typed=f"{PASSPHRASE}\n{PASSPHRASE}\n").code == 0
    assert run("wallet", "list", typed=f"{PASSPHRASE}\n").code == 0
    assert run("wallet", "list", typed="something else\n").code == 1


def test_what_is_held(run: Run, vault: Path) -> None:
    outcome = run("wallet", "list", "--json")
    assert outcome.code == 0
    (held,) = outcome.json["credentials"]
    assert set(held) == {"attestation", "schema", "issuer", "kyc_level", "risk_tier", "expires_on", "revoked"}
    assert (held["issuer"], held["kyc_level"], held["risk_tier"]) == (ISSUER, 2, "enhanced")
    assert held["attestation"] in run("wallet", "list").out


def test_a_wrong_passphrase(run: Run, vault: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_WALLET_PASSPHRASE", "something else")
    outcome = run("wallet", "list")
    assert outcome.code == 1
    assert "passphrase is wrong" in outcome.complaint


def test_a_traceback_tells_no_passphrase(run: Run, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("wallet", "create").code == 0
    sealed = (room / "vault").read_bytes()
    (room / "vault").write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    outcome = run("--debug", "wallet", "list")
    assert outcome.code == 1
    assert "Traceback" in outcome.err
    assert "changed" in outcome.complaint


def test_no_vault_is_not_ready(run: Run) -> None:
    outcome = run("wallet", "list")
    assert outcome.code == 3
    assert "credence wallet create" in outcome.complaint


def test_a_claim_again_with_the_log_as_witness(run: Run, vault: Path, room: Path, service: Service) -> None:
    claim = ("--offer", room / "offer.json", "--evidence", room / "evidence.jws", "--url", service.url)
    outcome = run("wallet", "receive", *claim, "--trust", f"{ISSUER}={service.log_key}", "--json")
    assert outcome.code == 0
    assert len(run("wallet", "list", "--json").json["credentials"]) == 1


def test_an_issuer_that_is_not_trusted_gets_nothing(run: Run, vault: Path, room: Path, service: Service) -> None:
    claim = ("--offer", room / "offer.json", "--evidence", room / "evidence.jws", "--url", service.url)
    other = run("wallet", "receive", *claim, "--trust", f"issuer.elsewhere={service.log_key}")
    assert other.code == 1
    assert "not trusted" in other.complaint
    changed = json.loads(service.document.read_text())
    changed["keys"][0]["not_after"] += 1
    (room / "changed.json").write_text(json.dumps(changed))
    pinned = run("wallet", "receive", *claim, "--issuer-document", room / "changed.json")
    assert pinned.code == 1
    assert "pinned" in pinned.complaint


def test_words_before_a_proof(run: Run, vault: Path, service: Service) -> None:
    request = service.open_session()
    asked = ("--session", request.session_id, "--url", service.url)
    words = run("wallet", "understand", *asked)
    assert words.code == 0
    assert "venue.example would learn:" in words.out
    assert "- risk tier: enhanced" in words.out
    told = run("wallet", "understand", *asked, "--json")
    assert set(told.json) == {"audience", "asks", "reveals", "hides", "unmet", "expires_at"}


def test_a_request_that_cannot_be_met(run: Run, vault: Path, service: Service) -> None:
    with HttpTransport(service.url) as transport:
        venue = Verifier(transport, audience=AUDIENCE, api_key=service.venue_key.read_text().strip())
        venue.register_policy({**POLICY, "name": "level-3", "all_of": [{"attribute": "kyc_level", "at_least": 3}]})
        asked = ("--session", venue.open_session("level-3").session_id, "--url", service.url)
    outcome = run("wallet", "understand", *asked, "--json")
    assert outcome.code == 1
    assert outcome.json["unmet"] == ["person.kyc_level >= 3"]
    refused = run("wallet", "present", *asked, "--audience", AUDIENCE, "--yes")
    assert (refused.code, refused.out) == (1, "")
    assert "person.kyc_level >= 3" in refused.complaint


def test_a_policy_that_was_changed_on_the_way(run: Run, vault: Path, room: Path, service: Service) -> None:
    request = service.open_session().to_json()
    present = ("wallet", "present", "--request", room / "request.json", "--audience", AUDIENCE, "--yes")
    (room / "request.json").write_text(json.dumps({**request, "policy": {**request["policy"], "version": 999}}))
    refused = run(*present)
    assert (refused.code, refused.out) == (1, "")
    assert "does not show that its policy is published" in refused.complaint
    (room / "request.json").write_text(json.dumps(request))
    assert run(*present).code == 0


def test_presented_at_a_session_once(run: Run, vault: Path, service: Service) -> None:
    request = service.open_session()
    present = ("wallet", "present", "--session", request.session_id, "--url", service.url, "--audience", AUDIENCE, "--yes")
    outcome = run(*present, "--json")
    assert outcome.code == 0
    assert (outcome.json["decision"], outcome.json["risk_tier"]) == ("accepted", "enhanced")
    assert outcome.json["terms"]["fees"]
    assert "would learn" in outcome.err
    again = run(*present)
    assert again.code == 1
    assert "bad-nonce" in again.complaint


def test_the_receipt_of_a_decision_is_in_the_log(run: Run, vault: Path, room: Path, service: Service) -> None:
    request = service.open_session()
    present = ("wallet", "present", "--session", request.session_id, "--url", service.url, "--audience", AUDIENCE, "--yes")
    receipt = run(*present, "--json").json["receipt"]
    (room / "receipt.json").write_text(json.dumps(receipt))
    prove = ("ledger", "prove", "--receipt", room / "receipt.json", "--json")
    deadline = monotonic() + 10
    while (near := run(*prove, "--data-dir", service.data)).code and monotonic() < deadline:
        sleep(0.05)
    assert near.code == 0
    far = run(*prove, "--url", service.url, "--log-key", service.log_key)
    assert (far.code, far.json["index"]) == (0, near.json["index"])
    receipt["receipt"].update(decision="denied", reason="not_accepted", pseudonym=None)
    (room / "receipt.json").write_text(json.dumps(receipt))
    denied = run(*prove, "--data-dir", service.data)
    assert denied.code == 1
    assert "no leaf of its own" in denied.complaint


@pytest.mark.slow
def test_a_denial_is_counted_told_and_checked(run: Run, vault: Path, room: Path, service: Service) -> None:
    since, request = system_clock() // 60 * 60, service.open_session()
    (room / "request.json").write_text(json.dumps(request.to_json()))
    present = ("wallet", "present", "--request", room / "request.json", "--audience", AUDIENCE, "--yes")
    proof = run(*present, "--json").json
    spoiled = Presentation.parse({**proof, "proof": proof["proof"][:8] + "AAAA" + proof["proof"][12:]})
    with HttpTransport(service.url) as way:
        assert not perform(way, calls.present(spoiled)).accepted
    with opened(service.data) as services:
        closing = partial(close_minutes, verifier=services.settings.verifier_id, rng=services.rng, limit=9)
        later = system_clock() + 300
        assert services.store("verifier").run(lambda session: closing(session, now=later)) >= 1
        services.ledger.sequence()
    asked = ("verifier", "denials", "--data-dir", service.data, "--since", since)
    told = run(*asked, "--until", later)
    assert told.code == 0, told.err
    (room / "told.json").write_text(told.out)
    check = ("auditor", "denials", room / "told.json", "--url", service.url, "--json")
    checked = run(*check, "--log-key", service.log_key)
    assert checked.code == 0, checked.err
    assert checked.json == {"minutes": len(told.json["counts"]), "denied": 1, "receipts": 1}
    assert run(*check).code == 2
    assert run(*asked, "--until", since).code == 2
    (room / "told.json").write_text(json.dumps({**told.json, "counts": []}))
    refused = run(*check, "--log-key", service.log_key)
    assert refused.code == 1
    assert "more denied receipts than were counted" in refused.complaint


def test_nothing_is_revealed_unasked(run: Run, vault: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    request = service.open_session()
    present = ("wallet", "present", "--session", request.session_id, "--url", service.url, "--audience", AUDIENCE)
    nobody = run(*present)
    assert nobody.code == 2
    assert "--yes" in nobody.complaint
    monkeypatch.setattr("credence.service.cli.passphrase.is_interactive", lambda: True)
    assert run(*present, typed="n\n").code == 1
    accepted = run(*present, typed="y\n")
    assert accepted.code == 0
    assert "accepted" in accepted.out
    assert "max leverage" in accepted.out


def test_another_venue_is_not_answered(run: Run, vault: Path, room: Path, service: Service) -> None:
    (room / "request.json").write_text(json.dumps(service.open_session().to_json()))
    present = ("wallet", "present", "--request", room / "request.json", "--yes", "--audience")
    outcome = run(*present, "venue.elsewhere")
    assert (outcome.code, outcome.out) == (1, "")
    assert "another audience" in outcome.complaint
    assert run(*present, AUDIENCE).code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("understand",), "--request"),
        (("understand", "--session", "abc"), "--url"),
        (("understand", "--request", "passphrase"), "no JSON"),
        (("understand", "--request", "list.json"), "no JSON object"),
        (("understand", "--request", "offer.json"), "cannot be used"),
        (("receive", "--offer", "offer.json", "--evidence", "evidence.jws"), "--issuer-document"),
        (("receive", "--offer", "offer.json", "--evidence", "evidence.jws", "--trust", "issuer"), "ISSUER=LOGKEY"),
        (("receive", "--offer", "offer.json", "--evidence", "evidence.jws", "--trust", "issuer=key"), "verifier key"),
        (("receive", "--offer", "list.json", "--evidence", "evidence.jws", "--trust", "issuer=key"), ""),
    ],
)
def test_bad_usage(arguments: tuple[str, ...], words: str, run: Run, vault: Path, room: Path) -> None:
    (room / "list.json").write_text("[]")
    outcome = run("wallet", *arguments)
    assert outcome.code == 2
    assert words in outcome.complaint


def test_a_smaller_proof(run: Run, vault: Path, room: Path, service: Service) -> None:
    (room / "request.json").write_text(json.dumps(service.open_session().to_json()))
    present = ("wallet", "present", "--request", room / "request.json", "--yes", "--audience", AUDIENCE)
    found = {run(*present, *flags).json["encoding"]: run(*present, *flags).json["proof"] for flags in ((), ("--compact",))}
    assert found.keys() == {"batchable", "compact"}
    assert len(found["compact"]) < len(found["batchable"])


@pytest.mark.slow
def test_a_handle_is_sealed_to_trustees_that_are_named(run: Run, vault: Path, room: Path, service: Service) -> None:
    key = b64u(curves.load().BP1.to_bytes())
    escrow = {"trustees": "trustees.example/1", "key": key, "threshold": 2, "members": 3, "purpose": "a warrant"}
    request = service.open_session().to_json()
    request["policy"] = {**request["policy"], "escrow": escrow}
    (room / "request.json").write_text(json.dumps(request))
    asked = ("--request", room / "request.json")
    present = ("wallet", "present", *asked, "--yes", "--audience", AUDIENCE)
    named = ("--trustees", f"trustees.example/1={key},2/3")
    # the twin: who is named may be sealed to, and what is missing then is that the venue published this policy
    assert "does not show that its policy is published" in run(*present, *named).complaint
    assert "who you are, sealed" in run("wallet", "understand", *asked, *named).out
    refused = run(*present)
    assert refused.code == 1
    assert "not on this wallet's list" in refused.complaint
    assert run("wallet", "understand", *asked).code == 1
    others = run(*present, "--trustees", f"trustees.example/1={key},3/3")
    assert others.code == 1
    assert "not on this wallet's list" in others.complaint
    name = "trustees.example/1"
    for wrong in (
        name,
        f"={key},2/3",
        f"{name}=AAAA,2/3",
        f"{name}={key}!,2/3",
        f"{name}={key}",
        f"{name}={key},2",
        f"{name}={key},0/3",
    ):
        outcome = run(*present, "--trustees", wrong)
        assert outcome.code == 2
        assert "NAME=KEY" in outcome.complaint
