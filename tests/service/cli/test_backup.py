"""Do the commands copy and put back what an installation has, and does an older log wait for a decision?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from credence.service.app import open_services
from credence.service.cli.sole import sole
from credence.service.clock import system_clock
from credence.service.ledger import OutboxRow, post
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.cli.conftest import Run
from tests.service.databases import Database

pytestmark = pytest.mark.slow


@pytest.fixture
def installed(data: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The installation, on either database."""
    for name, value in database.settings.items():
        monkeypatch.setenv(f"CREDENCE_{name.upper()}", value)
    if database.settings:
        (data / "credence.sqlite3").unlink()
    return data


Publish = Callable[[int], None]


@pytest.fixture
def publish(installed: Path, rng: SeededBytes) -> Iterator[Publish]:
    """Puts so many leaves into the log, as a service does, and publishes its checkpoint."""

    def published(count: int) -> None:
        services = open_services(Settings.load(), clock=system_clock, rng=rng)
        outbox = next(box for box in services.ledger.outboxes if box.source == "issuer")
        with outbox.store.transaction() as session:
            for _ in range(count):
                fill(session, outbox.table, rng)
        services.ledger.sequence()
        services.store("ledger").close()

    return published


def fill(session: Any, table: type[OutboxRow], rng: SeededBytes) -> None:
    post(session, table, kind="attestation", leaf=rng(32), now=system_clock(), rng=rng)


def test_back_up_and_restore(run: Run, installed: Path, publish: Publish) -> None:
    publish(3)
    made = run("db", "backup", "kept", "--json")
    assert made.code == 0, made.err
    (copy,) = made.json["databases"]
    assert copy["owners"] == ["auth", "ledger", "issuer", "verifier", "reputation", "auditor"]
    assert copy["rows"]["ledger_entries"] == 3
    assert run("client", "add", "later.example", "--scope", "issuer:cases").code == 0
    restored = run("db", "restore", "kept", "--yes")
    assert restored.code == 0, restored.err
    assert "restored" in restored.out
    assert "reconcile" not in restored.err, "nothing was published meanwhile"
    assert "later.example" not in run("client", "list").out
    assert run("db", "check").code == 0
    assert run("ledger", "verify").code == 0
    assert run("doctor").code == 0


def test_an_older_log_waits_for_a_decision(run: Run, installed: Path, publish: Publish) -> None:
    publish(3)
    assert run("db", "backup", "kept").code == 0
    publish(2)
    restored = run("db", "restore", "kept", "--yes")
    assert restored.code == 0
    assert "rolled back at 5" in restored.err
    assert "credence ledger reconcile" in restored.err
    refused = run("serve", "--port", 0)
    assert refused.code == 3
    assert "log-witness" in refused.complaint
    checks = {check["name"]: check["state"] for check in run("doctor", "--json").json["checks"]}
    assert checks["log-witness"] == "failed"
    silent = run("ledger", "reconcile", "--reason", "the disk was lost")
    assert silent.code == 2
    assert "--yes" in silent.complaint
    decided = run("ledger", "reconcile", "--reason", "the disk was lost", "--yes", "--json")
    assert decided.code == 0, decided.err
    assert decided.json["reconciled"] is True
    assert (decided.json["index"], decided.json["size"]) == (3, 4)
    (line,) = (installed / "witness.journal.jsonl").read_text().splitlines()
    assert json.loads(line)["record"]["reason"] == "the disk was lost"
    assert run("doctor").code == 0
    assert run("ledger", "verify").code == 0
    again = run("ledger", "reconcile", "--reason", "once more", "--yes", "--json")
    assert (again.code, again.json["reconciled"]) == (0, False)
    publish(1)


def test_a_missing_witness_is_a_warning_and_can_be_reconciled(run: Run, installed: Path, publish: Publish) -> None:
    publish(1)
    (installed / "witness.note").unlink()
    checks = {check["name"]: check["state"] for check in run("doctor", "--json").json["checks"]}
    assert checks["log-witness"] == "warning"
    assert run("ledger", "reconcile", "--reason", "moved to another machine", "--yes").code == 0
    assert run("doctor").code == 0
    publish(1)


def test_a_restore_is_confirmed(run: Run, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("db", "backup", "kept").code == 0
    assert run("client", "add", "later.example", "--scope", "issuer:cases").code == 0
    assert run("db", "restore", "kept").code == 2
    monkeypatch.setattr("credence.service.cli.passphrase.is_interactive", lambda: True)
    assert run("db", "restore", "kept", typed="n\n").code == 1
    assert "later.example" in run("client", "list").out
    assert run("db", "restore", "kept", typed="y\n").code == 0
    assert "later.example" not in run("client", "list").out


def test_a_folder_that_is_no_backup_changes_nothing(run: Run, installed: Path) -> None:
    assert run("db", "backup", "kept").code == 0
    assert "not empty" in run("db", "backup", "kept").complaint
    (installed.parent / "empty").mkdir()
    for folder in ("empty", "nowhere"):
        outcome = run("db", "restore", folder, "--yes")
        assert outcome.code == 1
        assert "no backup" in outcome.complaint
    assert run("doctor").code == 0


def test_a_served_file_is_left_alone(run: Run, data: Path) -> None:
    assert run("db", "backup", "kept").code == 0
    with sole([data / "credence.sqlite3"]):
        outcome = run("db", "restore", "kept", "--yes")
        assert outcome.code == 3
        assert "another process" in outcome.complaint
        assert run("db", "backup", "beside").code == 0
    assert run("db", "restore", "kept", "--yes").code == 0


def test_a_lost_database_comes_back(run: Run, data: Path) -> None:
    assert run("client", "add", "kept.example", "--scope", "issuer:cases").code == 0
    assert run("db", "backup", "kept").code == 0
    (data / "credence.sqlite3").unlink()
    assert run("client", "list").code == 3
    assert run("db", "restore", "kept", "--yes").code == 0
    assert "kept.example" in run("client", "list").out


@pytest.mark.postgresql
def test_a_new_keyring_does_not_meet_a_database_in_use(
    run: Run, room: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = request.getfixturevalue("server")
    url = server.create()
    monkeypatch.setenv("CREDENCE_DATABASE_URL", url)
    assert run("init", "--data-dir", "first").code == 0
    assert run("init", "--data-dir", "second").code == 0, "nobody has used the database yet"
    assert run("client", "add", "kept.example", "--scope", "issuer:cases", "--data-dir", "second").code == 0
    refused = run("init", "--data-dir", "third")
    assert refused.code == 1
    assert "belongs to an installation" in refused.complaint
    assert not (room / "third").exists()
    server.drop(url)


@pytest.mark.postgresql
def test_an_installation_moves_to_a_server(
    run: Run, data: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("client", "add", "kept.example", "--scope", "issuer:cases").code == 0
    assert run("db", "backup", "kept").code == 0
    server = request.getfixturevalue("server")
    url = server.create()
    monkeypatch.setenv("CREDENCE_DATABASE_URL", url)
    assert run("doctor").code == 1
    assert run("db", "restore", "kept", "--yes").code == 0
    assert run("doctor").code == 0
    assert "kept.example" in run("client", "list").out
    assert run("db", "check").code == 0
    server.drop(url)
