"""Is an installation made whole, private, and once?"""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.service.cli.conftest import PASSPHRASE, Run


def test_makes_what_only_its_owner_may_read(run: Run, room: Path) -> None:
    outcome = run("init", "--data-dir", room / "new", "--json")
    assert outcome.code == 0
    assert set(outcome.json) == {
        "data_dir",
        "keyring",
        "master_key",
        "database",
        "issuer_id",
        "verifier_id",
        "log_vkey",
    }
    assert outcome.json["log_vkey"].startswith("log.localhost/credence+")
    assert stat.S_IMODE((room / "new").stat().st_mode) == 0o700
    for path in (room / "new").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert run("doctor", "--data-dir", room / "new").code == 0


def test_says_what_to_do_next(run: Run, room: Path) -> None:
    outcome = run("init")
    assert outcome.code == 0
    assert "log vkey" in outcome.out
    for words in ("credence doctor", "credence client register", "credence serve", "CREDENCE_VENDOR_KEYS"):
        assert words in outcome.err
    assert (room / "credence-data" / "keyring.json").is_file()


def test_refuses_to_overwrite(run: Run, data: Path) -> None:
    before = {path: path.read_bytes() for path in data.iterdir()}
    outcome = run("init")
    assert outcome.code == 1
    assert "there is an installation already" in outcome.complaint
    assert {path: path.read_bytes() for path in data.iterdir()} == before


def test_refuses_a_database_that_another_keyring_filled(run: Run, data: Path) -> None:
    (data / "keyring.json").unlink()
    outcome = run("init")
    assert outcome.code == 1
    assert "credence.sqlite3" in outcome.complaint
    assert not (data / "keyring.json").exists()


def test_a_passphrase_takes_the_master_keys_place(run: Run, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_MASTER_PASSPHRASE", PASSPHRASE)
    assert run("init").code == 0
    assert not (room / "credence-data" / "master.key").exists()
    assert run("ledger", "verify").code == 0
    monkeypatch.setenv("CREDENCE_MASTER_PASSPHRASE", "another passphrase")
    outcome = run("ledger", "verify")
    assert outcome.code == 3
    assert "keyring" in outcome.complaint


def test_a_setting_that_cannot_be_read_is_named_and_not_repeated(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_DATABASE_URL", "mysql://somebody:hunter2@host/name")
    outcome = run("init")
    assert outcome.code == 3
    assert "CREDENCE_DATABASE_URL" in outcome.complaint
    assert "hunter2" not in outcome.err


def test_commands_without_an_installation_say_so(run: Run, room: Path) -> None:
    for command in (("client", "list"), ("ledger", "verify"), ("issuer", "cases"), ("serve",)):
        outcome = run(*command)
        assert outcome.code == 3, command
        assert "run credence init" in outcome.complaint
    assert list(room.iterdir()) == []
