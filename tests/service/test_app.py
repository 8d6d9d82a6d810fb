"""Does a process answer for the parties it was asked for, and say honestly whether it can?"""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.service.app import PARTIES, create_app, open_services, tables
from credence.service.app.readiness import EARLIEST
from credence.service.app.sequencing import Sequencing
from credence.service.errors import Misconfigured, Unavailable
from credence.service.keys import KeyringRefused
from credence.service.ledger import LedgerDamaged, LedgerService
from credence.service.ledger.records import LedgerCheckpoint
from credence.service.settings import Settings
from credence.service.store import schema
from tests.conftest import SeededBytes
from tests.service.conftest import NOW, Running, ToldClock
from tests.service.databases import Database

SUBSETS = [set(names) for size in (1, 2, len(PARTIES)) for names in itertools.combinations(PARTIES, size)]
"""Each party alone, each with one other, and all: where two go together, and each of them with others, more do."""

Start = Callable[..., Running]


def paths(running: Running) -> set[str]:
    return set(running.client.get("/openapi.json").json()["paths"])


@pytest.mark.slow
@pytest.mark.parametrize("parties", SUBSETS, ids=lambda names: "+".join(sorted(names)))
def test_a_process_answers_for_its_parties_alone(started: Start, parties: set[str]) -> None:
    running = started(parties)
    ready(running)
    rooms = {path.split("/")[2] for path in paths(running) if path.startswith("/v1/")}
    assert rooms == parties
    assert running.services.parties == parties
    for absent in set(PARTIES) - parties:
        assert running.client.get(f"/v1/{absent}").status_code == 404


@pytest.mark.parametrize("parties", [set(), {"log", "auditors"}, {"Log"}])
def test_an_unknown_party_is_refused(settings: Settings, parties: set[str]) -> None:
    with pytest.raises(Misconfigured, match="the parties are"):
        create_app(settings, parties=parties)


# --- whom the verifier believes ---


def test_a_verifier_believes_the_issuer_beside_it(started: Start, settings: Settings) -> None:
    beside = started(["issuer", "verifier"])
    (document,) = beside.services.trusted_documents()
    assert document.to_json() == beside.client.get("/v1/issuer/document").json()
    assert document.issuer == settings.issuer_id


def test_a_verifier_alone_believes_nobody(started: Start) -> None:
    assert not started(["verifier"]).services.trusted_documents()


def test_a_named_document_takes_the_place_of_the_issuer_beside_it(
    started: Start, settings: Settings, clock: ToldClock, rng: SeededBytes, curve: Curve, tmp_path: Path
) -> None:
    published = started(["issuer"]).client.get("/v1/issuer/document").json()
    file = tmp_path / "issuer.json"
    file.write_text(json.dumps(published | {"keys": published["keys"][:1]}))
    trusting = settings.model_copy(update={"trusted_issuers": {settings.issuer_id: file}})
    app = create_app(trusting, parties=["issuer", "verifier"], clock=clock, rng=rng, curve=curve)
    with TestClient(app):
        assert [document.issuer for document in app.state.services.trusted_documents()] == [settings.issuer_id]
    file.write_text("{}")
    with pytest.raises(Misconfigured, match="trusted issuer"), TestClient(app):
        pass


# --- the document ---


@pytest.fixture
def whole(started: Start) -> Running:
    return started(PARTIES)


def operations(running: Running) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in running.client.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def test_operation_ids_are_explicit_and_unique(whole: Running) -> None:
    ids = [operation["operationId"] for _, operation in operations(whole)]
    assert len(ids) == len(set(ids))
    assert all(name.isalpha() for name in ids), "an id that the framework made up has the path in it"


def resolved(node: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    found: dict[str, Any] = document["components"]["schemas"][reference.rpartition("/")[2]] if reference else node
    return found


def has_example(content: dict[str, Any], document: dict[str, Any]) -> bool:
    names = {"example", "examples"}
    return bool(names & content.keys() or names & resolved(content.get("schema", {}), document).keys())


def test_every_body_has_an_example(whole: Running) -> None:
    document = whole.client.get("/openapi.json").json()
    for name, operation in operations(whole):
        answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        bodies = [content for answer in answers for content in answer.get("content", {}).items()]
        bodies += operation.get("requestBody", {}).get("content", {}).items()
        missing = [kind for kind, content in bodies if not has_example(content, document)]
        assert not missing, f"{name} has no example of {missing}"
        assert operation.get("summary"), f"{name} has no summary"


def test_what_an_idempotency_key_refuses_is_said(whole: Running) -> None:
    keyed = [
        operation["responses"].keys()
        for _, operation in operations(whole)
        if any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ()))
    ]
    assert keyed
    assert all({"409", "422"} <= statuses for statuses in keyed)


def test_no_page_loads_from_elsewhere(whole: Running) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert whole.client.get(path).status_code == 404


# --- health ---


def wait_until(happened: Callable[[], bool], within: float = 10) -> None:
    end = time.monotonic() + within
    while not happened() and time.monotonic() < end:
        time.sleep(0.02)
    assert happened()


def ready(running: Running) -> dict[str, str]:
    """The checks, once every one of them passes."""
    wait_until(lambda: running.client.get("/readyz").status_code == 200)
    checks: dict[str, str] = running.client.get("/readyz").json()["checks"]
    return checks


def failing(running: Running) -> set[str]:
    answer = running.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["retry-after"] == "5"
    assert running.client.get("/healthz").json() == {"status": "ok"}
    return {name for name, found in answer.json()["checks"].items() if found != "ok"}


def test_a_good_process_is_alive_and_ready(whole: Running) -> None:
    assert whole.client.get("/healthz").json() == {"status": "ok"}
    fine = dict.fromkeys(("database", "schema", "keyring", "clock", "ledger", "revocations"), "ok")
    assert ready(whole) == fine


def test_a_process_without_the_log_does_not_answer_for_it(started: Start) -> None:
    others = [name for name in PARTIES if name != "log"]
    assert "ledger" not in ready(started(others))


def test_another_schema_is_not_ready(whole: Running) -> None:
    ready(whole)
    with whole.services.store("auth").transaction() as session:
        session.connection().execute(text("UPDATE alembic_version SET version_num = 'other'"))
    assert failing(whole) == {"schema"}


def test_a_database_that_is_gone_is_not_ready(whole: Running, settings: Settings, database: Database) -> None:
    ready(whole)
    whole.app.state.sequencing.stop()
    time.sleep(0.3)  # the run that is under way has a connection
    whole.services.store("auth").close()
    database.vanish(settings.data_dir)
    assert {"database", "schema"} <= failing(whole)


def test_a_clock_that_was_never_set_is_not_ready(whole: Running) -> None:
    whole.clock.now = EARLIEST - 1
    assert "clock" in failing(whole)


def test_a_clock_behind_the_log_is_not_ready(whole: Running) -> None:
    ready(whole)
    with whole.services.store("ledger").transaction() as session:
        session.add(LedgerCheckpoint(size=1_000_000, root=bytes(32), note="", minute=(NOW + 600) // 60))
    assert "clock" in failing(whole)
    whole.clock.forward(600)
    assert whole.client.get("/readyz").json()["checks"]["clock"] == "ok"


def test_a_log_that_stands_still_is_not_ready(whole: Running, settings: Settings) -> None:
    ready(whole)
    whole.app.state.sequencing.stop()
    time.sleep(0.3)  # the run that is under way
    whole.clock.forward(settings.ledger_max_lag_seconds)
    assert ready(whole)["ledger"] == "ok"
    whole.clock.forward(1)
    assert failing(whole) == {"ledger"}


def test_a_log_that_contradicts_itself_is_not_ready_and_is_left_alone(
    whole: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(whole)
    calls: list[int] = []

    def damaged(ledger: LedgerService) -> None:
        if ledger is whole.app.state.ledger:  # another test's application may still be running
            calls.append(1)
        raise LedgerDamaged([])

    monkeypatch.setattr(LedgerService, "sequence", damaged)
    sequencing: Sequencing = whole.app.state.sequencing
    wait_until(lambda: sequencing.damaged)
    time.sleep(0.1)
    assert failing(whole) == {"ledger"}
    assert len(calls) == 1


def test_a_log_that_fails_once_goes_on(whole: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    ready(whole)
    sequence, failures = LedgerService.sequence, [1, 2]

    def unlucky(ledger: LedgerService) -> Any:
        if failures:
            failures.pop()
            raise Unavailable
        return sequence(ledger)

    monkeypatch.setattr(LedgerService, "sequence", unlucky)
    wait_until(lambda: not failures)
    whole.clock.forward(1_000)
    assert ready(whole)["ledger"] == "ok"


# --- starting ---


def test_nothing_starts_without_keys(settings: Settings, clock: ToldClock, rng: Rng) -> None:
    app = create_app(settings, parties=["log"], clock=clock, rng=rng)
    with pytest.raises(KeyringRefused, match="credence init"), TestClient(app):
        pass


def test_nothing_starts_on_another_schema(installed: Settings, clock: ToldClock, rng: Rng, curve: Curve) -> None:
    services = open_services(installed, clock=clock, rng=rng, curve=curve)
    schema.downgrade(services.store("auth").engine, tables())
    with pytest.raises(Unavailable, match="credence db upgrade"):
        open_services(installed, clock=clock, rng=rng, curve=curve)
    schema.upgrade(services.store("auth").engine, tables())
    again = open_services(installed, clock=clock, rng=rng, curve=curve)
    for opened in (services, again):
        opened.store("auth").close()


def test_before_it_started_a_process_is_unavailable(installed: Settings, clock: ToldClock) -> None:
    client = TestClient(create_app(installed, parties=["log"], clock=clock), raise_server_exceptions=False)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert client.get("/healthz").status_code == 200


def test_a_process_can_start_again(installed: Settings, clock: ToldClock, rng: SeededBytes, curve: Curve) -> None:
    app = create_app(installed, parties=["log"], clock=clock, rng=rng, curve=curve)
    for _ in range(2):
        with TestClient(app) as client:
            assert client.get("/healthz").status_code == 200
        assert app.state.services is None


def test_the_folder_is_the_owners(installed: Settings) -> None:
    assert os.stat(installed.data_dir).st_mode & 0o777 == 0o700
