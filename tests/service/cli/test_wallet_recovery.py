"""Is a recovery phrase shown to nobody by accident, and does it bring a holder back at the terminal?"""

from __future__ import annotations

import shutil
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.encoding import b64u_decode
from credence.sdk import Wallet
from credence.sdk.recovery import phrase_of, root_of
from credence.sdk.vault import FLOOR
from credence.service.sandbox.persons import LOW_RISK
from tests.service.cli.conftest import AUDIENCE, PASSPHRASE, Outcome, Run, Service, run_command

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch, room: Path) -> None:
    monkeypatch.setenv("CREDENCE_WALLET_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("CREDENCE_VAULT", str(room / "vault"))
    # a vault is opened at what it was sealed with: here as cheaply as is allowed
    monkeypatch.setitem(Wallet.create.__func__.__kwdefaults__, "parameters", FLOOR)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def offered(service: Service, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An offer and the evidence that it came from."""
    folder = tmp_path_factory.mktemp("offered")
    evidence = shutil.copy(service.evidence(replace(LOW_RISK, document_number="C22X20002")), folder / "evidence.jws")
    offer = ("--evidence", evidence, "--offer-file", folder / "offer.json", "--api-key-file", service.desk_key)
    outcome = run_command("issuer", "submit", *offer, "--url", service.url)
    assert outcome.code == 0, outcome.err
    return folder


def words_of(outcome: Outcome) -> str:
    assert outcome.code == 0, outcome.err
    (line,) = outcome.out.splitlines()
    root_of(line)
    return line


def test_a_phrase_is_shown_where_it_was_asked_for_alone(run: Run, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("wallet", "create").code == 0
    unwatched = run("wallet", "phrase")
    assert (unwatched.code, unwatched.out) == (1, "")
    assert "--yes-print" in unwatched.complaint
    words = words_of(run("wallet", "phrase", "--yes-print"))
    assert words not in run("wallet", "phrase", "--yes-print").err
    assert run("wallet", "phrase", "--yes-print", "--json").json == {"phrase": words}
    monkeypatch.setattr("credence.service.cli.wallet.is_watched", lambda: True)
    assert words_of(run("wallet", "phrase")) == words
    monkeypatch.setenv("CREDENCE_WALLET_PASSPHRASE", "something else")
    wrong = run("wallet", "phrase", "--yes-print")
    assert (wrong.code, wrong.out) == (1, "")


def test_no_vault_has_no_phrase(run: Run) -> None:
    outcome = run("wallet", "phrase", "--yes-print")
    assert outcome.code == 3
    assert "credence wallet create" in outcome.complaint


def test_a_holder_comes_back(run: Run, room: Path, service: Service, offered: Path) -> None:
    claim = ("--offer", offered / "offer.json", "--evidence", offered / "evidence.jws", "--url", service.url)
    receive = ("wallet", "receive", *claim, "--issuer-document", service.document, "--json")

    def visit() -> Any:
        request = service.open_session()
        at = ("--session", request.session_id, "--url", service.url, "--audience", AUDIENCE)
        return run("wallet", "present", *at, "--yes", "--json").json["pseudonym"]

    assert run("wallet", "create").code == 0
    received = run(*receive)
    assert received.code == 0, received.err
    pseudonym = visit()
    words = words_of(run("wallet", "phrase", "--yes-print"))
    (room / "vault").unlink()

    (room / "words").write_text(f"  {words.upper()}\n")
    assert run("wallet", "restore", "--phrase-file", room / "words").code == 0
    assert stat.S_IMODE((room / "vault").stat().st_mode) == 0o600
    assert run("wallet", "list", "--json").json == {"credentials": []}
    assert run(*receive).json == received.json
    assert visit() == pseudonym
    assert len(b64u_decode(pseudonym)) == 48

    (room / "vault").unlink()
    (room / "words").write_text(phrase_of(bytes(32)))
    assert run("wallet", "restore", "--phrase-file", room / "words").code == 0
    other = run(*receive)
    assert other.code == 1
    assert "conflict" in other.complaint


def test_a_phrase_may_be_typed(run: Run, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = phrase_of(bytes(range(32)))
    nobody = run("wallet", "restore")
    assert nobody.code == 2
    assert "--phrase-file" in nobody.complaint
    monkeypatch.setattr("credence.service.cli.passphrase.is_interactive", lambda: True)
    typed = run("wallet", "restore", typed=f"{words}\n")
    assert typed.code == 0
    assert words.split()[0] not in typed.out + typed.err
    assert words_of(run("wallet", "phrase", "--yes-print")) == words
    (room / "vault").unlink()
    assert run("wallet", "restore", "--phrase-file", "-", typed=f"{words}\n").code == 0


@pytest.mark.parametrize("wrong", ["abandon " * 24, "abandon " * 23, "credence " * 24, ""])
def test_what_is_no_phrase_makes_no_vault(run: Run, room: Path, wrong: str) -> None:
    (room / "words").write_text(wrong)
    outcome = run("wallet", "restore", "--phrase-file", room / "words")
    assert outcome.code == 1
    assert "recovery phrase" in outcome.complaint
    assert "abandon" not in outcome.complaint
    assert not (room / "vault").exists()


def test_a_vault_is_not_replaced(run: Run, room: Path) -> None:
    assert run("wallet", "create").code == 0
    sealed = (room / "vault").read_bytes()
    (room / "words").write_text(phrase_of(bytes(32)))
    outcome = run("wallet", "restore", "--phrase-file", room / "words")
    assert outcome.code == 1
    assert "nothing was changed" in outcome.complaint
    assert (room / "vault").read_bytes() == sealed
