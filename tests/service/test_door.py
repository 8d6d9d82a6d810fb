"""Is a body read within its limit, and refused where two readers could differ about it?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Body, FastAPI, Request
from fastapi.testclient import TestClient
from starlette.types import Message

from credence.service.errors import InvalidRequest
from credence.service.problems.body import MAX_DEPTH, check_json
from credence.service.settings import Settings
from tests.service.conftest import Running

JSON = {"content-type": "application/json"}

router = APIRouter()
SEEN: list[bytes] = []


@router.post("/echo", operation_id="echo")
async def echo(body: Annotated[dict[str, Any], Body()]) -> int:
    return len(body)


@router.post("/poke", operation_id="poke")
async def poke(request: Request) -> int:
    SEEN.append(await request.body())
    return len(SEEN[-1])


Start = Callable[..., Running]


@pytest.fixture
def running(started: Start) -> Running:
    def extend(app: FastAPI) -> None:
        app.include_router(router)

    return started(["log"], extend)


@pytest.fixture
def client(running: Running) -> TestClient:
    return running.client


def slug(answer: Any) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["type"].rpartition("/")[2]


def sized(size: int) -> bytes:
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


def chunked(body: bytes) -> Iterator[bytes]:
    for at in range(0, len(body), 4096):
        yield body[at : at + 4096]


def test_a_body_at_the_limit_is_read(client: TestClient, settings: Settings) -> None:
    limit = settings.max_body_bytes
    assert client.post("/echo", content=sized(limit), headers=JSON).json() == 1
    assert client.post("/echo", content=chunked(sized(limit)), headers=JSON).json() == 1


def test_a_body_over_the_limit_is_refused(client: TestClient, settings: Settings) -> None:
    limit = settings.max_body_bytes
    assert slug(client.post("/echo", content=sized(limit + 1), headers=JSON)) == (413, "too-large")
    assert slug(client.post("/echo", content=chunked(sized(limit + 1)), headers=JSON)) == (413, "too-large")
    assert slug(client.request("GET", "/healthz", content=sized(limit + 1), headers=JSON)) == (413, "too-large")


@pytest.mark.parametrize("announced", ["999999999999", "9" * 40, "65537"])
def test_an_announced_size_is_refused_unread(running: Running, announced: str) -> None:
    assert asyncio.run(exchange(running.app, [(b"content-length", announced.encode())], [])) == 413


@pytest.mark.parametrize("announced", ["-1", "+1", "1_0", "0x1", "", "\u0661"])
def test_an_announced_size_is_a_number(running: Running, announced: str) -> None:
    assert asyncio.run(exchange(running.app, [(b"content-length", announced.encode())], [])) == 400


def test_an_endless_body_is_read_no_further_than_its_limit(running: Running, settings: Settings) -> None:
    pieces: list[Message] = [{"type": "http.request", "body": b"x" * 10_000, "more_body": True}] * 1_000
    status = asyncio.run(exchange(running.app, [(b"content-type", b"application/json")], pieces))
    assert status == 413
    assert len(pieces) == 1_000 - settings.max_body_bytes // 10_000 - 1


def test_a_request_that_breaks_off_is_refused(running: Running) -> None:
    pieces: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    assert asyncio.run(exchange(running.app, [(b"content-type", b"application/json")], pieces)) == 400


async def exchange(app: FastAPI, headers: list[tuple[bytes, bytes]], pieces: list[Message]) -> int:
    """One POST to /echo, piece by piece; the status."""
    status = 0

    async def receive() -> Message:
        return pieces.pop(0)

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "server": ("testserver", 80),
        "root_path": "",
        "path": "/echo",
        "raw_path": b"/echo",
        "query_string": b"",
        "headers": headers,
    }
    await app(scope, receive, send)
    return status


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"', "application/json;"]
)
def test_json_is_read(client: TestClient, kind: str) -> None:
    assert client.post("/echo", content=b"{}", headers={"content-type": kind}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("content-type", "")],
        [("content-type", "text/plain")],
        [("content-type", "application/jsonp")],
        [("content-type", "application/json; charset=utf-16")],
        [("content-type", "application/json; charset=utf-8; a=b")],
        [("content-type", "application/x-www-form-urlencoded")],
        [("content-type", "multipart/form-data; boundary=x")],
        [("content-type", "application/json"), ("content-type", "application/json")],
        [("content-type", "application/json"), ("content-encoding", "gzip")],
    ],
)
def test_anything_else_is_not(client: TestClient, headers: list[tuple[str, str]]) -> None:
    assert slug(client.post("/echo", content=b"{}", headers=headers)) == (415, "unsupported-media-type")


def test_no_body_needs_no_type(client: TestClient) -> None:
    assert client.post("/poke").json() == 0
    assert client.post("/poke", headers={"content-type": "text/plain"}).json() == 0


def test_a_route_gets_the_bytes_as_they_came(client: TestClient) -> None:
    body = b' {"a" :\t[1, 2.50]}\n'
    assert client.post("/poke", content=body, headers=JSON).json() == len(body)
    assert SEEN[-1] == body


ACCEPTED = [b"{}", b"[]", b"null", b'"text"', b'{"a":1,"b":{"a":1}}', b"1e308", b"-0", b'"\\u00e9"', b'"\\ud83d\\ude00"',
            b"12345678901234567890", b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, '"é"'.encode()]  # fmt: skip
REFUSED = [b" ", b"{", b"{}{}", b"{'a':1}", b'{"a":1,}', b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'{"b":{"a":1,"a":2}}',
           b"NaN", b"Infinity", b"-Infinity", b"1e309", b"-1e999", b"123456789012345678901", b"1" * 5_000, b"01", b"0x1",
           b'"\\ud83d"', b'"\\ude00\\ud83d"', b'{"\\ud800":1}', b'"\\u0000"', b'{"a\\u0000":1}', b'"\x00"', b'"\n"',
           b"\xef\xbb\xbf{}", b'"\xff"', '"é"'.encode("latin-1"), '{"a":1}'.encode("utf-16"), b"/**/{}",
           b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), b"[" * 30_000,
           b'{"a":' * 5_000 + b"1" + b"}" * 5_000]  # fmt: skip


@pytest.mark.parametrize("body", ACCEPTED, ids=lambda body: repr(body[:20]))
def test_strict_json_is_accepted(body: bytes) -> None:
    check_json(body)
    json.loads(body)


@pytest.mark.parametrize("body", REFUSED, ids=lambda body: repr(body[:20]))
def test_doubtful_json_is_refused(client: TestClient, body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        check_json(body)
    assert slug(client.post("/echo", content=body, headers=JSON)) == (400, "malformed")


@pytest.mark.parametrize("query", ["a=1&a=1", "a=1&b=2&a=", "a&a", "%61=1&a=2", "%C3%A9=1&é=2"])
def test_a_query_parameter_stands_once(client: TestClient, query: str) -> None:
    assert slug(client.get(f"/healthz?{query}")) == (400, "malformed")
    for good in ("a=1&A=1&b=a", "%C2%AE=1&%FF=%FF", "é=é"):
        assert client.get(f"/healthz?{good}").status_code == 200


@pytest.mark.parametrize("address", ["/healthz%00", "/healthz?a=%00", "/problems/a%00b"])
def test_an_address_without_nul(client: TestClient, address: str) -> None:
    assert slug(client.get(address)) == (400, "malformed")
