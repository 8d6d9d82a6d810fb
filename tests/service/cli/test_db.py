"""Do the schema commands reach every database, refuse while one is served, and tell drift from order?"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from credence.service.cli.sole import sole
from tests.service.cli.conftest import Run


def test_an_installation_is_at_head(run: Run, data: Path) -> None:
    outcome = run("db", "check", "--json")
    assert outcome.code == 0
    assert outcome.json == {
        "ok": True,
        "databases": [
            {
                "kind": "sqlite",
                "owners": ["auth", "ledger", "issuer", "verifier", "reputation", "auditor"],
                "ok": True,
                "differences": [],
            }
        ],
    }
    assert run("db", "upgrade").code == 0


@pytest.mark.slow
def test_down_and_up_again(run: Run, data: Path) -> None:
    assert run("db", "downgrade", "base", "--yes").code == 0
    pending = run("db", "check")
    assert pending.code == 1
    assert "credence db upgrade" in pending.out
    assert run("client", "list").code == 3
    assert run("db", "upgrade").code == 0
    assert run("db", "check").code == 0


def test_drift_is_named(run: Run, data: Path) -> None:
    with sqlite3.connect(data / "credence.sqlite3") as database:
        database.execute("ALTER TABLE auth_clients ADD COLUMN shoe_size INTEGER")
    database.close()
    outcome = run("db", "check", "--json")
    assert outcome.code == 1
    assert "shoe_size" in outcome.json["databases"][0]["differences"][0]


@pytest.mark.slow
def test_losing_data_is_confirmed(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = run("db", "downgrade", "base")
    assert silent.code == 2
    assert "--yes" in silent.complaint
    monkeypatch.setattr("credence.service.cli.passphrase.is_interactive", lambda: True)
    assert run("db", "downgrade", "base", typed="n\n").code == 1
    assert run("db", "check").code == 0
    assert run("db", "downgrade", "base", typed="y\n").code == 0
    assert run("db", "check").code == 1


@pytest.mark.parametrize("command", [("upgrade", "nonsense"), ("downgrade", "nonsense", "--yes")])
def test_an_unknown_revision_is_bad_usage(command: tuple[str, ...], run: Run, data: Path) -> None:
    outcome = run("db", *command)
    assert outcome.code == 2
    assert "no such revision" in outcome.complaint
    assert run("db", "check").code == 0


def test_nothing_is_migrated_while_somebody_serves(run: Run, data: Path) -> None:
    with sole([data / "credence.sqlite3"]):
        for command in (("upgrade",), ("downgrade", "base", "--yes")):
            outcome = run("db", *command)
            assert outcome.code == 3
            assert "another process" in outcome.complaint
        assert run("db", "check").code == 0
    assert run("db", "upgrade").code == 0


def test_a_missing_database_is_not_made(run: Run, data: Path) -> None:
    (data / "credence.sqlite3").unlink()
    for command in ("upgrade", "check"):
        outcome = run("db", command)
        assert outcome.code == 3
        assert "there is no database" in outcome.complaint
    assert not (data / "credence.sqlite3").exists()


def test_a_server_that_is_not_there_is_not_ready(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_DATABASE_URL", "sqlite:////proc/nowhere/credence.sqlite3")
    assert run("db", "check").code == 3
