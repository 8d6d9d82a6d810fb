"""Do the public routes give what an auditor needs, and refuse everything else?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient

from credence.circuits.merkle import leaf_hash, verify_consistency, verify_inclusion
from credence.circuits.note import open_checkpoint
from credence.service.ledger import BadRange, LedgerCheckpoint, NotFound
from credence.service.ledger.routes import router
from tests.service.ledger.conftest import World, leaf_of

LEAF = leaf_of(3).hex()


def answer(_: Request, error: Exception) -> PlainTextResponse:
    """Which error came out; the problems room has its own tests."""
    return PlainTextResponse(type(error).__name__, status_code=400)


@pytest.fixture
def log(world: World) -> World:
    for count in (3, 4):
        world.post(count)
        world.service.sequence()
    return world


@pytest.fixture
def client(log: World) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(router)
    app.state.ledger = log.service
    for error in (NotFound, BadRange, RequestValidationError):
        app.add_exception_handler(error, answer)
    with TestClient(app) as client:
        yield client


def read(client: TestClient, path: str) -> Any:
    response = client.get(f"/v1/log/{path}")
    assert response.status_code == 200, response.text
    return response.json()


def test_an_auditor_follows_the_log(client: TestClient, log: World) -> None:
    response = client.get("/v1/log/checkpoint")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    checkpoint = open_checkpoint(response.content, log.service.verifier)
    assert checkpoint.size == 7

    entries = read(client, "entries?start=0&count=1000")["entries"]
    assert [entry["leaf"] for entry in entries] == [leaf_of(number).hex() for number in range(7)]
    assert [set(entry) for entry in entries] == [{"index", "leaf", "epoch"}] * 7
    assert len(read(client, "entries?start=2&count=2")["entries"]) == 2
    assert read(client, "entries?start=7")["entries"] == []

    found = read(client, f"inclusion?leaf={LEAF}&size=7")
    assert found == read(client, f"inclusion?leaf={LEAF}")
    proof = [bytes.fromhex(node) for node in found["proof"]]
    verify_inclusion(leaf_hash(leaf_of(3)), found["index"], found["size"], proof, checkpoint.root)

    found = read(client, "consistency?first=3&second=7")
    assert found == read(client, "consistency?first=3")
    with log.store.reading() as session:
        row = session.get(LedgerCheckpoint, 3)
        assert row is not None
        proof = [bytes.fromhex(node) for node in found["proof"]]
        verify_consistency(3, 7, row.root, checkpoint.root, proof)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("entries", "RequestValidationError"),
        ("entries?start=-1", "RequestValidationError"),
        ("entries?start=+1", "RequestValidationError"),
        ("entries?start=01", "RequestValidationError"),
        ("entries?start=1_0", "RequestValidationError"),
        ("entries?start=1.0", "RequestValidationError"),
        ("entries?start=%201", "RequestValidationError"),
        ("entries?start=", "RequestValidationError"),
        ("entries?start=9223372036854775808", "RequestValidationError"),
        ("entries?start=0&count=0", "RequestValidationError"),
        ("entries?start=0&count=1001", "RequestValidationError"),
        ("entries?start=0&limit=5", "RequestValidationError"),
        ("entries?start=8", "BadRange"),
        ("inclusion", "RequestValidationError"),
        (f"inclusion?leaf={LEAF[:-1]}", "RequestValidationError"),
        (f"inclusion?leaf={LEAF}0", "RequestValidationError"),
        (f"inclusion?leaf={LEAF}%0A", "RequestValidationError"),
        (f"inclusion?leaf={LEAF.upper()}", "RequestValidationError"),
        (f"inclusion?leaf={LEAF}&size=0", "RequestValidationError"),
        (f"inclusion?leaf={LEAF}&size=8", "BadRange"),
        (f"inclusion?leaf={LEAF}&size=3", "NotFound"),
        (f"inclusion?leaf={'00' * 32}", "NotFound"),
        ("consistency?first=0", "RequestValidationError"),
        ("consistency?first=1&second=8", "BadRange"),
        ("consistency?first=3&second=2", "BadRange"),
        ("consistency?first=9223372036854775807", "BadRange"),
    ],
)
def test_refused_questions(client: TestClient, query: str, error: str) -> None:
    """Accepted twins: the questions of ``test_an_auditor_follows_the_log``."""
    response = client.get(f"/v1/log/{query}")
    assert (response.status_code, response.text) == (400, error)


def test_the_log_is_read_only(client: TestClient) -> None:
    for path in ("checkpoint", "entries", "inclusion", "consistency"):
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            assert client.request(method, f"/v1/log/{path}").status_code == 405


def test_the_openapi_document_names_types_and_bounds(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    count = next(item for item in paths["/v1/log/entries"]["get"]["parameters"] if item["name"] == "count")
    assert count["schema"]["type"] == "integer"
    assert count["schema"]["maximum"] == 1000
