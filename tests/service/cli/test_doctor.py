"""Does doctor find what would keep a service from working, and nothing else?"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

import pytest

from credence.circuits import curve as curves
from credence.service.cli import machine_checks, operation_checks
from credence.service.clock import system_clock
from credence.service.ledger import post
from credence.service.reputation.records import ReputationDay
from credence.service.settings import Settings
from credence.service.store import Store
from credence.service.verifier.records import VerifierOutbox
from tests.service.cli.conftest import Outcome, Run
from tests.service.postgres import Postgres

MACHINE = ["python", "engine", "curve", "sqlite", "clock", "disk", "settings", "sandbox"]
INSTALLATION = [
    "data-folder",
    "keyring",
    "signer",
    "tagger",
    "files",
    "database-disk",
    "telemetry",
    "database",
    "migrations",
    "log-clock",
    "log-witness",
    "database-clock",
    "log-backlog",
    "webhooks",
    "standings",
    "tariffs",
    "diligence",
    "mode",
    "issuers",
    "vendors",
    "lists",
]


def checks(outcome: Outcome) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in outcome.json["checks"]}


def failed(outcome: Outcome) -> list[str]:
    assert outcome.code == 1
    assert outcome.json["ok"] is False
    names = [name for name, check in checks(outcome).items() if not check["ok"]]
    assert all(f"{name}: " in outcome.complaint for name in names)
    return names


def test_without_an_installation_the_machine_is_checked(run: Run, room: Path) -> None:
    outcome = run("doctor", "--json")
    assert outcome.code == 0
    assert outcome.json["ok"] is True
    assert outcome.json["initialised"] is False
    assert list(checks(outcome)) == MACHINE
    assert list(room.iterdir()) == []


def test_an_installation_is_checked_whole(run: Run, data: Path) -> None:
    outcome = run("doctor", "--json")
    assert outcome.code == 0
    assert outcome.json["initialised"] is True
    assert list(checks(outcome)) == MACHINE + INSTALLATION
    assert all(set(check) == {"name", "ok", "state", "detail"} for check in outcome.json["checks"])
    table = run("doctor")
    assert table.code == 0
    assert all(name in table.out for name in MACHINE + INSTALLATION)


@pytest.mark.parametrize(("number", "state"), [((3, 51, 2), "warning"), ((3, 51, 3), "ok")])
def test_an_old_sqlite_is_a_warning(
    number: tuple[int, int, int], state: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", number)
    outcome = run("doctor", "--json")
    assert outcome.code == 0
    assert checks(outcome)["sqlite"]["state"] == state


def test_an_engine_that_computes_wrongly_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    native = curves.load("native")
    monkeypatch.setattr(type(native), "map_to_g1", lambda self, u: self.BP1)
    assert failed(run("doctor", "--json")) == ["curve"]


def test_an_unknown_engine_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_CURVE", "nonsense")
    assert failed(run("doctor", "--json")) == ["engine"]
    monkeypatch.setenv("CREDENCE_CURVE", "reference")
    outcome = run("doctor", "--json")
    assert outcome.code == 0
    assert checks(outcome)["engine"]["state"] == "warning"


def test_a_missing_native_engine_is_a_warning(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    load = curves.load

    def without_native(name: str | None = None) -> Any:
        if name == "native":
            raise ImportError
        return load("reference")

    monkeypatch.setattr(curves, "load", without_native)
    outcome = run("doctor", "--json")
    assert outcome.code == 0
    assert [checks(outcome)[name]["state"] for name in ("engine", "curve")] == ["warning", "warning"]


def test_a_clock_that_was_never_set_fails(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credence.service.clock.system_clock", lambda: 1_000_000)
    assert failed(run("doctor", "--json")) == ["clock"]


@pytest.mark.parametrize(("free", "state"), [(10 << 30, "ok"), (512 << 20, "warning"), (1 << 20, "failed")])
def test_a_full_disk_fails(free: int, state: str, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(machine_checks.shutil, "disk_usage", lambda _path: usage._replace(free=free))
    outcome = run("doctor", "--json")
    assert checks(outcome)["disk"]["state"] == state
    assert outcome.code == (1 if state == "failed" else 0)


def test_settings_that_cannot_be_read_fail(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_SESSION_SECONDS", "5")
    outcome = run("doctor", "--json")
    assert failed(outcome) == ["settings"]
    assert "CREDENCE_SESSION_SECONDS" in outcome.complaint


def test_a_keyring_that_others_may_read_fails(run: Run, data: Path) -> None:
    (data / "keyring.json").chmod(0o644)
    outcome = run("doctor", "--json")
    assert failed(outcome) == ["keyring"]
    assert "0600" in checks(outcome)["keyring"]["detail"]


def test_a_folder_that_others_may_read_is_a_warning(run: Run, data: Path) -> None:
    data.chmod(0o755)
    outcome = run("doctor", "--json")
    assert outcome.code == 0
    assert checks(outcome)["data-folder"]["state"] == "warning"


def test_a_missing_master_key_fails(run: Run, data: Path) -> None:
    (data / "master.key").unlink()
    assert failed(run("doctor", "--json")) == ["keyring"]


def test_a_missing_database_fails_and_is_not_made(run: Run, data: Path) -> None:
    (data / "credence.sqlite3").unlink()
    assert failed(run("doctor", "--json")) == ["database"]
    assert not (data / "credence.sqlite3").exists()


def test_pending_migrations_fail(run: Run, data: Path) -> None:
    assert run("db", "downgrade", "base", "--yes").code == 0
    assert "migrations" in failed(run("doctor", "--json"))


def test_files_of_the_settings_are_looked_at(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_TARIFF_DIR", str(data / "nowhere"))
    monkeypatch.setenv("CREDENCE_DILIGENCE_FILE", str(data / "nowhere.json"))
    monkeypatch.setenv("CREDENCE_TRUSTED_ISSUERS", f"issuer.example={data / 'nowhere.json'}")
    monkeypatch.setenv("CREDENCE_SCREENING_LISTS", f"ofac={data / 'nowhere.csv'}")
    assert failed(run("doctor", "--json")) == ["tariffs", "diligence", "issuers", "lists"]


def test_a_clock_behind_the_log_fails(run: Run, data: Path) -> None:
    with sqlite3.connect(data / "credence.sqlite3") as database:
        database.execute(
            "INSERT INTO ledger_checkpoints (size, root, note, minute) VALUES (1, ?, 'note', 100000000)", (bytes(32),)
        )
    database.close()
    assert failed(run("doctor", "--json")) == ["log-clock"]


# --- what a running installation leaves behind ---


def store(data: Path) -> Store:
    return Store(f"sqlite:///{data / 'credence.sqlite3'}", checkpoints=False)


def test_a_database_that_others_may_read_is_a_warning(run: Run, data: Path) -> None:
    (data / "credence.sqlite3").chmod(0o644)
    found = checks(run("doctor", "--json"))["files"]
    assert found["state"] == "warning"
    assert "credence.sqlite3" in found["detail"]


@pytest.mark.parametrize(("free", "state"), [(10 << 30, "ok"), (512 << 20, "warning"), (1 << 20, "failed")])
def test_a_database_on_a_full_disk_fails(
    free: int, state: str, run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(".")
    monkeypatch.setattr(operation_checks.shutil, "disk_usage", lambda _path: usage._replace(free=free))
    assert checks(run("doctor", "--json"))["database-disk"]["state"] == state


@pytest.mark.parametrize(
    ("host", "state"),
    [("127.0.0.1", "ok"), ("::1", "ok"), ("localhost", "ok"), ("0.0.0.0", "warning"), ("10.1.2.3", "warning")],
)
def test_metrics_that_others_can_reach_are_a_warning(
    host: str, state: str, run: Run, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENCE_METRICS_HOST", host)
    assert checks(run("doctor", "--json"))["telemetry"]["state"] == "ok"
    monkeypatch.setenv("CREDENCE_METRICS_PORT", "9464")
    assert checks(run("doctor", "--json"))["telemetry"]["state"] == state


def test_an_endpoint_without_the_extra_fails(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "credence.service.telemetry.export", raising=False)
    monkeypatch.delattr("credence.service.telemetry.export", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    monkeypatch.setenv("CREDENCE_OTLP_ENDPOINT", "http://127.0.0.1:9/v1/traces")
    assert failed(run("doctor", "--json")) == ["telemetry"]


@pytest.mark.parametrize(("age", "state"), [(0, "ok"), (3_600, "warning")])
def test_leaves_that_wait_for_the_log_are_a_warning(age: int, state: str, run: Run, data: Path) -> None:
    opened, now = store(data), system_clock() - age
    opened.run(lambda session: post(session, VerifierOutbox, kind="receipt", leaf=bytes(32), now=now, rng=os.urandom))
    opened.close()
    found = checks(run("doctor", "--json"))["log-backlog"]
    assert found["state"] == state
    assert found["detail"].startswith("1 leaves wait for the log")


def test_webhooks_that_were_given_up_are_a_warning(run: Run, data: Path) -> None:
    assert checks(run("doctor", "--json"))["webhooks"]["detail"] == "0 waiting, 0 given up"
    with sqlite3.connect(data / "credence.sqlite3") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute(
            "INSERT INTO verifier_deliveries (id, endpoint_id, session_id, event, created_at, state, due_at, attempts,"
            " claims, settled_at) VALUES ('1', 'e', 's', 'session.decided', 1, 'dead', 1, 9, 9, 2)"
        )
    database.close()
    found = checks(run("doctor", "--json"))["webhooks"]
    assert (found["state"], found["detail"]) == ("warning", "0 waiting, 1 given up")


def test_a_verifier_that_finds_no_conduct_is_told_what_it_does_not_see(run: Run, data: Path) -> None:
    assert checks(run("doctor", "--json"))["standings"]["state"] == "ok"
    with sqlite3.connect(data / "credence.sqlite3") as database:
        database.execute("PRAGMA foreign_keys = OFF")
        database.execute(
            "INSERT INTO verifier_decisions"
            " (session_id, attempt, decision, reason, answer, decided_at, retain_until, legal_basis)"
            " VALUES ('s', 1, 'accepted', 'accepted', '{}', 1, 2, 'contract')"
        )
    database.close()
    found = checks(run("doctor", "--json"))["standings"]
    assert found["state"] == "warning"
    assert "no RX flag is seen" in found["detail"]
    assert "CREDENCE_REPUTATION_DATABASE_URL" in found["detail"]
    opened = store(data)
    numbers = {name: 0 for name, column in ReputationDay.__table__.c.items() if not column.nullable}  # type: ignore[attr-defined]
    with opened.transaction() as session:
        session.add(ReputationDay(**{**numbers, "client_id": "venue.example", "pseudonym": bytes(48)}))
    opened.close()
    assert checks(run("doctor", "--json"))["standings"]["state"] == "ok"


def test_an_issuer_that_signs_standings_of_nothing_is_told(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENCE_STANDINGS", "true")
    found = checks(run("doctor", "--json"))["standings"]
    assert found["state"] == "warning"
    assert "every standing that is signed is a zero record" in found["detail"]


def test_a_server_s_clock_is_compared(monkeypatch: pytest.MonkeyPatch, server: Postgres) -> None:
    opened = Store(server.create())
    now = system_clock()
    look = operation_checks.store_checks(Settings.load(), {"ledger": opened})["database-clock"]
    assert look()[0] == "ok"
    monkeypatch.setattr("credence.service.clock.system_clock", lambda: now + 600)
    state, detail = look()
    assert state == "warning"
    assert "seconds apart" in detail
    opened.close()
