"""Can access tokens be tried where the clock stands still and every key is public?"""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import Response

from credence.circuits.encoding import b64u_decode
from credence.service.auth import TOKEN_PATH
from credence.service.sandbox.names import DESK, NORTH, REVIEWER, SOUTH, START
from tests.service.auth import signing
from tests.service.auth.signing import Edwards
from tests.service.sandbox.conftest import BASE, Office

BINDING = Edwards(bytes([5]) * 32)
ENDPOINT = BASE + TOKEN_PATH
POLICY = "/v1/verifier/policies/perp-standard"


def published(office: Office, client_id: str) -> Edwards:
    """The key that the page shows, and nothing else."""
    (jwk,) = (client["signing_key"] for client in office.page()["clients"] if client["client_id"] == client_id)
    key = Edwards(b64u_decode(jwk["d"]))
    assert key.jwk["x"] == jwk["x"]
    return key


def ask(office: Office, client_id: str = NORTH, now: int | None = None) -> Response:
    now = office.sandbox.clock() if now is None else now
    signed = signing.assertion(published(office, client_id), client_id, ENDPOINT, now)
    proof = signing.proof(BINDING, "POST", ENDPOINT, now)
    return office.http.post(TOKEN_PATH, data=signing.token_form(signed), headers={"dpop": proof})


def use(office: Office, token: str, path: str = POLICY) -> Response:
    proof = signing.proof(BINDING, "GET", BASE + path, office.sandbox.clock(), token)
    return office.http.get(path, headers={"authorization": f"DPoP {token}", "dpop": proof})


@pytest.mark.parametrize("client_id", [NORTH, SOUTH, DESK, REVIEWER])
def test_every_client_gets_tokens_with_its_published_key(office: Office, client_id: str) -> None:
    answer = ask(office, client_id)
    assert answer.status_code == 200, answer.text
    assert answer.json()["token_type"] == "DPoP"
    assert answer.headers["credence-sandbox"] == "true"


@pytest.mark.slow
def test_a_token_opens_what_the_role_carries_until_time_is_made_to_pass(office: Office) -> None:
    token: str = ask(office).json()["access_token"]
    assert [use(office, token).status_code for _ in range(3)] == [200] * 3
    assert use(office, token, "/v1/issuer/cases/unknown").status_code == 403
    office.http.post("/sandbox/clock", json={"forward": 299})
    assert use(office, token).status_code == 200
    office.http.post("/sandbox/clock", json={"forward": 1})
    assert use(office, token).status_code == 401
    assert ask(office).status_code == 200


def test_whoever_signs_by_another_clock_is_told_where_this_one_stands(office: Office) -> None:
    refused: dict[str, Any] = ask(office, now=START + 20).json()  # the twin: within what clocks may differ
    assert "access_token" in refused
    signed = signing.assertion(published(office, NORTH), NORTH, ENDPOINT, START + 86_400)
    proof = signing.proof(BINDING, "POST", ENDPOINT, START)
    answer = office.http.post(TOKEN_PATH, data=signing.token_form(signed), headers={"dpop": proof})
    assert answer.status_code == 401
    assert str(START) in answer.json()["error_description"]


def test_a_reset_leaves_the_keys(office: Office) -> None:
    before = published(office, NORTH).jwk
    ask(office)
    office.reset()
    assert published(office, NORTH).jwk == before
    assert ask(office).status_code == 200
