"""Does every error leave as a problem of the table, and does none repeat what was sent?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Body, FastAPI, Header, HTTPException, Path, Query
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict, Field, field_validator

from credence.circuits.errors import IllFormed, Malformed, Refused, Unprovable
from credence.service import errors, logs
from credence.service.ledger import errors as ledger
from credence.service.problems import EVERY, PAGES, ROWS, explain, row_of
from tests.service.conftest import Running

CANARY = "canary7f3a"
OPAQUE = {"type": "/problems/internal", "title": "Internal error", "status": 500}


class Item(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(max_length=8)
    count: int = Field(default=0, ge=0)
    parts: list[int] = []
    notes: dict[str, int] = {}

    @field_validator("name")
    @classmethod
    def _no_x(cls, value: str) -> str:
        if "x" in value:
            raise ValueError(f"{value} has an x")
        return value


router = APIRouter()
RAISED: list[Exception] = []


@router.get("/raise", operation_id="raise")
async def raise_error() -> None:
    raise RAISED.pop()


@router.post("/items/{item_id}", operation_id="putItem")
async def put_item(
    item: Annotated[Item, Body()],
    item_id: Annotated[int, Path(ge=0)],
    size: Annotated[int, Query(le=9)] = 0,
    flag: Annotated[int, Header()] = 0,
) -> Item:
    return item


@router.get("/late", operation_id="late")
async def late() -> dict[str, Any]:
    return {"name": CANARY, "size": object()}


Start = Callable[..., Running]


@pytest.fixture
def client(started: Start) -> TestClient:
    def extend(app: FastAPI) -> None:
        app.include_router(router)

    return started(["log"], extend).client


@pytest.fixture
def lines() -> Iterator[StringIO]:
    stream = StringIO()
    logs.configure("debug", stream)
    yield stream
    logs.configure()


def problem(answer: Any, status: int, slug: str) -> dict[str, Any]:
    """The answer's content, after the checks that hold for every problem."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, body["status"], body["type"]) == (status, status, f"/problems/{slug}")
    assert body["title"] == next(row.title for row in ROWS.values() if row.slug == slug)
    assert body["request_id"] == answer.headers["x-request-id"]
    assert len(body["request_id"]) == 32
    assert answer.headers["cache-control"] == "no-store"
    assert CANARY not in answer.text
    assert CANARY not in str(answer.headers)
    return body


def made(kind: type[Exception]) -> Exception:
    if kind is ledger.LedgerDamaged:
        return ledger.LedgerDamaged([ledger.Finding(ledger.Fault.ROOT, 1, CANARY)])
    takes_reason = issubclass(kind, errors.ServiceError)
    return kind() if takes_reason else kind(CANARY)


TABLE = [
    (errors.InvalidRequest, 400, "malformed"),
    (Malformed, 400, "malformed"),
    (IllFormed, 400, "malformed"),
    (Refused, 400, "malformed"),
    (errors.Unauthorized, 401, "unauthorized"),
    (errors.Forbidden, 403, "forbidden"),
    (errors.RenewalRefused, 403, "renewal-refused"),
    (errors.NotFound, 404, "not-found"),
    (errors.MethodNotAllowed, 405, "method-not-allowed"),
    (errors.Conflict, 409, "conflict"),
    (errors.PolicyVersionExists, 409, "policy-version-exists"),
    (errors.FourEyesRequired, 409, "four-eyes-required"),
    (errors.ProposalOpen, 409, "proposal-open"),
    (errors.ResetRefused, 409, "reset-refused"),
    (errors.CredentialSuspended, 409, "credential-suspended"),
    (errors.Retained, 409, "retained"),
    (errors.Erased, 410, "erased"),
    (errors.BadNonce, 409, "bad-nonce"),
    (errors.AlreadyUsed, 409, "already-used"),
    (errors.InProgress, 409, "idempotency-in-progress"),
    (errors.TooLarge, 413, "too-large"),
    (errors.UnsupportedMediaType, 415, "unsupported-media-type"),
    (errors.IdempotencyMismatch, 422, "idempotency-key-reused"),
    (errors.RateLimited, 429, "rate-limited"),
    (errors.Unavailable, 503, "unavailable"),
    (errors.Overloaded, 503, "overloaded"),
    (errors.Misconfigured, 500, "internal"),
    (Unprovable, 500, "internal"),
    (ledger.LedgerDamaged, 500, "internal"),
    (ledger.BadEntry, 500, "internal"),
    (ValueError, 500, "internal"),
    (KeyError, 500, "internal"),
    (RecursionError, 500, "internal"),
]


@pytest.mark.parametrize(("kind", "status", "slug"), TABLE, ids=lambda value: getattr(value, "__name__", None))
def test_every_error_has_its_row(client: TestClient, kind: type[Exception], status: int, slug: str) -> None:
    RAISED.append(made(kind))
    body = problem(client.get("/raise"), status, slug)
    if slug == "internal":
        assert body == OPAQUE | {"request_id": body["request_id"]}


def test_every_row_was_asked_for() -> None:
    asked = {row_of(made(kind)) for kind, _, _ in TABLE}
    assert asked == set(ROWS.values())
    for name in ("NotFound", "BadRange"):
        assert row_of(getattr(ledger, name)("")) is row_of(made(errors.NotFound if name == "NotFound" else Malformed))


def test_an_error_takes_the_row_of_the_kind_above_it(client: TestClient) -> None:
    class CaseClosed(errors.Conflict):
        default = "The case is closed."

    RAISED.append(CaseClosed())
    assert problem(client.get("/raise"), 409, "conflict")["detail"] == "The case is closed."


@pytest.mark.parametrize("kind", [errors.RateLimited, errors.Unavailable])
def test_later_is_said_in_seconds(client: TestClient, kind: type[errors.Delayed]) -> None:
    RAISED.append(kind(retry_after=7))
    assert client.get("/raise").headers["retry-after"] == "7"
    RAISED.append(kind())
    assert client.get("/raise").headers["retry-after"] == "1"


def test_the_framework_speaks_the_same_way(client: TestClient) -> None:
    problem(client.get(f"/{CANARY}"), 404, "not-found")
    problem(client.get(f"/problems/{CANARY}"), 400, "malformed")
    refused = client.request("DELETE", "/late")
    problem(refused, 405, "method-not-allowed")
    assert refused.headers["allow"] == "GET"


FRAMEWORK = [
    (418, 400, "malformed"),
    (422, 400, "malformed"),
    (413, 413, "too-large"),
    (501, 500, "internal"),
    (503, 503, "unavailable"),
]


@pytest.mark.parametrize(("raised", "status", "slug"), FRAMEWORK)
def test_the_frameworks_own_words_stay_inside(client: TestClient, raised: int, status: int, slug: str) -> None:
    RAISED.append(HTTPException(raised, CANARY, {"x-leak": CANARY}))
    answer = client.get("/raise")
    problem(answer, status, slug)
    assert ("retry-after" in answer.headers) == (status == 503)


def test_a_slash_more_is_another_address(client: TestClient) -> None:
    problem(client.get("/late/"), 404, "not-found")


GOOD = {"name": "a"}


@pytest.mark.parametrize(
    ("body", "query", "where"),
    [
        ({"name": CANARY}, "", {"in": "body", "pointer": "/name", "rule": "string_too_long"}),
        ({"name": "xy"}, "", {"in": "body", "pointer": "/name", "rule": "value_error"}),
        ({}, "", {"in": "body", "pointer": "/name", "rule": "missing"}),
        (GOOD | {"count": CANARY}, "", {"in": "body", "pointer": "/count", "rule": "int_type"}),
        (GOOD | {"count": False}, "", {"in": "body", "pointer": "/count", "rule": "int_type"}),
        (GOOD | {CANARY: 1}, "", {"in": "body", "pointer": "", "rule": "extra_forbidden"}),
        (GOOD | {"parts": [1, CANARY]}, "", {"in": "body", "pointer": "/parts/1", "rule": "int_type"}),
        (GOOD | {"notes": {CANARY: CANARY}}, "", {"in": "body", "pointer": "/notes", "rule": "int_type"}),
        (GOOD | {"notes": {"19900101": CANARY}}, "", {"in": "body", "pointer": "/notes", "rule": "int_type"}),
        ([CANARY], "", {"in": "body", "pointer": "", "rule": "model_attributes_type"}),
        (CANARY, "", {"in": "body", "pointer": "", "rule": "model_attributes_type"}),
        (GOOD, f"?size={CANARY}", {"in": "query", "pointer": "/size", "rule": "int_parsing"}),
        (GOOD, "?size=10", {"in": "query", "pointer": "/size", "rule": "less_than_equal"}),
    ],
)
def test_what_does_not_fit_is_named_and_not_repeated(
    client: TestClient, body: Any, query: str, where: dict[str, str]
) -> None:
    assert client.post("/items/7", json=GOOD).status_code == 200
    answer = client.post(f"/items/7{query}", json=body)
    assert problem(answer, 400, "malformed")["errors"] == [where]


def test_paths_and_headers_are_not_repeated(client: TestClient) -> None:
    problem(client.post(f"/items/{CANARY}", json=GOOD), 400, "malformed")
    problem(client.post("/items/7", json=GOOD, headers={"flag": CANARY}), 400, "malformed")


def test_only_ten_places_are_named(client: TestClient) -> None:
    answer = client.post("/items/7", json=GOOD | {"parts": ["a"] * 50})
    assert len(problem(answer, 400, "malformed")["errors"]) == 10


def test_an_answer_that_does_not_fit_is_opaque(client: TestClient) -> None:
    problem(client.get("/late"), 500, "internal")


def test_an_unforeseen_error_is_logged_without_its_words(client: TestClient, lines: StringIO) -> None:
    RAISED.append(ValueError(CANARY))
    number = client.get("/raise").json()["request_id"]
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    failed = next(line for line in logged if line["event"] == "request.failed")
    assert failed["request_id"] == number
    assert failed["error"] == "ValueError"
    assert "test_problems.py" in failed["where"]
    assert CANARY not in lines.getvalue()


def test_the_log_names_the_route_and_nothing_that_was_sent(client: TestClient, lines: StringIO) -> None:
    key = {"authorization": f"Bearer {CANARY}", "x-request-id": CANARY, "user-agent": CANARY}
    answer = client.post(f"/items/7?size={CANARY}", json={"name": CANARY}, headers=key)
    client.post("/items/7", content=CANARY, headers={"content-type": CANARY})
    client.get(f"/{CANARY}")
    client.request(CANARY.upper(), "/late")
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert CANARY not in lines.getvalue().lower()
    first, *_, last = [line for line in logged if line["event"] == "request"]
    assert (first["route"], first["method"], first["status"]) == ("/items/{item_id}", "POST", 400)
    assert first["request_id"] == answer.headers["x-request-id"]
    assert (last["method"], last["status"]) == ("other", 405)


def test_request_numbers_are_our_own(client: TestClient) -> None:
    answers = [client.get("/healthz", headers={"x-request-id": CANARY}) for _ in range(2)]
    numbers = {answer.headers["x-request-id"] for answer in answers}
    assert len(numbers) == 2
    assert CANARY not in numbers
    assert answers[0].headers["x-content-type-options"] == "nosniff"


def test_every_type_leads_to_an_explanation(client: TestClient) -> None:
    for row in EVERY:
        page = PAGES[row.slug]
        assert client.get(row.type).json() == {
            "type": row.type,
            "title": row.title,
            "status": row.status,
            "meaning": page.meaning,
            "remedy": list(page.remedy),
            "retry": page.retry,
        }
    problem(client.get("/problems/other"), 404, "not-found")
    assert explain("other") is None


def test_slugs_agree_with_the_classes() -> None:
    for kind, row in ROWS.items():
        if issubclass(kind, errors.ServiceError):
            assert kind.slug == row.slug


def resolved(node: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    for part in node.get("$ref", "").split("/")[1:]:
        document = document[part]
    return document if "$ref" in node else node


def test_the_document_speaks_of_problems(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            responses = operation["responses"]
            assert {"400", "413", "415", "429", "503", "default"} <= responses.keys()
            assert not operation["security"] or {"401", "403"} <= responses.keys()
            for status, response in responses.items():
                found = resolved(response, document)
                if not status.startswith("2"):
                    assert found["content"] == {
                        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                    }
