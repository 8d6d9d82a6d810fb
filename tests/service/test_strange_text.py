"""Is text that a database cannot hold a no like any other? PostgreSQL knows no NUL, and UTF-8 no lone surrogate."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.service.auth import ROLES, Role, Scope
from tests.service.conftest import Running, Starter

TEXTS = ["\0", "a\0b", "\ud800", "\U0010ffff", "ÿ" * 32]


@pytest.fixture
def running(started: Starter) -> Running:
    return started(("issuer", "verifier", "log"))


@pytest.fixture
def key(running: Running) -> str:
    return running.key_of("venue.example", *ROLES[Role.VENUE])


@pytest.fixture
def desk_key(running: Running) -> str:
    return running.key_of("desk.example", Scope.ISSUER_CASES)


def ask(running: Running, key: str, method: str, path: str, body: Any = None) -> int:
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    content = None if body is None else json.dumps(body).encode()
    return int(running.client.request(method, path, content=content, headers=headers).status_code)


@pytest.mark.slow
@pytest.mark.parametrize("strange", TEXTS, ids=ascii)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/verifier/policies/{}"),
        ("GET", "/v1/verifier/sessions/{}"),
        ("GET", "/v1/verifier/sessions/{}/request"),
        ("GET", "/v1/issuer/cases/{}"),
        ("GET", "/v1/issuer/attestations/{}"),
    ],
)
def test_in_an_address(running: Running, key: str, desk_key: str, method: str, path: str, strange: str) -> None:
    written = "".join(f"%{byte:02x}" for byte in strange.encode("utf-8", errors="surrogatepass"))
    assert ask(running, desk_key if "issuer" in path else key, method, path.format(written)) in (400, 404)


@pytest.mark.parametrize("strange", TEXTS, ids=ascii)
def test_in_a_body(running: Running, key: str, strange: str) -> None:
    assert ask(running, key, "POST", "/v1/verifier/sessions", {"policy": strange}) in (400, 404)
