"""Does a wallet at the terminal renew a standing of the venue that its user names, and show what it holds?"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from credence.circuits.credential import DAY_SECONDS
from credence.service.clock import system_clock
from credence.service.sandbox.persons import ENHANCED_RISK
from tests.service.cli.conftest import AUDIENCE, PASSPHRASE, Run, Service, run_command

pytestmark = pytest.mark.slow  # a vault is opened for every command


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch, room: Path) -> None:
    monkeypatch.setenv("CREDENCE_WALLET_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CREDENCE_VAULT", str(room / "vault"))


@pytest.fixture(scope="module")
def filled(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A vault with one credential."""
    folder = tmp_path_factory.mktemp("filled")
    (folder / "passphrase").write_text(PASSPHRASE + "\n")
    evidence = service.evidence(replace(ENHANCED_RISK, document_number="C11X00077"))
    vault = ("--vault", folder / "vault", "--passphrase-file", folder / "passphrase")
    offer = ("--evidence", evidence, "--offer-file", folder / "offer.json", "--api-key-file", service.desk_key)
    claim = ("--offer", folder / "offer.json", "--evidence", evidence, "--issuer-document", service.document)
    for command in (
        ("issuer", "submit", *offer, "--url", service.url),
        ("wallet", "create", *vault),
        ("wallet", "receive", *claim, *vault, "--url", service.url),
    ):
        outcome = run_command(*command)
        assert outcome.code == 0, outcome.err
    return folder / "vault"


@pytest.fixture
def vault(filled: Path, room: Path) -> Path:
    return Path(shutil.copy(filled, room / "vault"))


def test_a_standing_is_renewed_and_shown(run: Run, vault: Path, service: Service) -> None:
    where = ("--url", service.url, "--issuer-document", service.document)
    unasked = run("wallet", "renew", "--venue", AUDIENCE, *where)
    assert unasked.code == 2
    assert "--yes" in unasked.complaint
    assert run("wallet", "show", "--json").json == {"standings": []}
    renewed = run("wallet", "renew", "--venue", AUDIENCE, "--yes", *where, "--json")
    assert renewed.code == 0, renewed.err
    assert f"would learn a pseudonym at {AUDIENCE}, and not whose it is" in renewed.err
    (standing,) = renewed.json["standings"]
    assert (standing["venue"], standing["score"], standing["tier"]) == (AUDIENCE, 300, "R1")
    assert (standing["evidence"], standing["events"]) == ("0.000", "0.000")
    today = date(1970, 1, 1).toordinal() + system_clock() // DAY_SECONDS
    assert today - 2 <= date.fromisoformat(standing["as_of"]).toordinal() <= today - 1
    assert run("wallet", "show", "--venue", AUDIENCE, "--json").json["standings"] == [standing]
    (unnamed,) = run("wallet", "show", "--json").json["standings"]
    assert unnamed == {**standing, "venue": None}
    assert "R1" in run("wallet", "show").out
    listed = run("wallet", "list", "--json").json["credentials"]
    kinds = {held["schema"]: (held["kyc_level"], held["risk_tier"]) for held in listed}
    assert kinds == {"credence/person/1": (2, "enhanced"), "credence/standing/1": (None, None)}


def test_a_venue_that_nobody_registered_and_nobody_trusted_get_nothing(run: Run, vault: Path, service: Service) -> None:
    where = ("--url", service.url, "--yes")
    unknown = run("wallet", "renew", "--venue", "verifier.localhost/other", "--issuer-document", service.document, *where)
    assert unknown.code == 1
    untrusted = run("wallet", "renew", "--venue", AUDIENCE, *where)
    assert untrusted.code == 2
    assert "--issuer-document" in untrusted.complaint
    assert run("wallet", "show", "--json").json == {"standings": []}
