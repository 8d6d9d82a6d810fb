"""Is a token got by one exact form, and does it carry no more than was registered?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.circuits.encoding import b64u_decode
from credence.service.auth import TOKEN_PATH, Role, Scope
from tests.service.auth.conftest import BASE, BOTH, VENUE, Office
from tests.service.auth.signing import Edwards, token_form

FORM = {"content-type": "application/x-www-form-urlencoded"}


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(b64u_decode(token.split(".")[1]))
    return found


def test_a_token_names_client_scopes_and_key(lasting: Office) -> None:
    answer = lasting.ask()
    assert answer.status_code == 200
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["expires_in"]) == ("DPoP", 300)
    assert body["scope"] == "verifier:policies verifier:sessions"
    assert answer.headers["cache-control"] == "no-store"
    claims = claims_of(body["access_token"])
    assert (claims["sub"], claims["iss"], claims["aud"]) == (VENUE, BASE, BASE)
    assert claims["exp"] - claims["iat"] == 300
    assert claims["cnf"].keys() == {"jkt"}


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("verifier:sessions", "verifier:sessions"),
        ("verifier:sessions verifier:policies", "verifier:policies verifier:sessions"),
        ("", "verifier:policies verifier:sessions"),
    ],
)
def test_a_scope_may_be_asked_for(lasting: Office, asked: str, given: str) -> None:
    assert lasting.ask(scope=asked).json()["scope"] == given


@pytest.mark.parametrize(
    "asked",
    [
        "issuer:cases",
        "verifier:sessions issuer:cases",
        "verifier",
        "verifier:sessions  verifier:policies",
        "verifier:sessions verifier:sessions",
        "VERIFIER:SESSIONS",
        " ",
    ],
)
def test_no_other_scope_is_given(lasting: Office, asked: str) -> None:
    signed, proof = lasting.assertion(), lasting.token_proof()
    answer = lasting.ask(signed, proof, scope=asked)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")
    assert answer.headers["content-type"] == "application/problem+json"
    assert asked.strip() == "" or asked not in answer.text
    # the assertion was answered, so it is used up; the twin asks with another one
    assert lasting.ask(signed, lasting.token_proof(), scope="verifier:sessions").status_code == 401
    assert lasting.ask(scope="verifier:sessions").status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": None}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials "}, "unsupported_grant_type"),
        ({"client_assertion_type": None}, "invalid_request"),
        ({"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"}, "invalid_request"),
        ({"client_assertion": None}, "invalid_request"),
        ({"client_assertion": ""}, "invalid_request"),
        ({"client_secret": "secret"}, "invalid_request"),
    ],
)
def test_another_form_is_no_token_request(lasting: Office, changes: dict[str, Any], error: str) -> None:
    signed, proof = lasting.assertion(), lasting.token_proof()
    answer = lasting.post(token_form(signed, **changes), proof)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert lasting.post(token_form(signed), proof).status_code == 200


@pytest.mark.parametrize(
    "spoil",
    [
        lambda form: form + b"&grant_type=client_credentials",
        lambda form: form + b"&a=1" * 20,
        lambda form: form + b"&scope=%FF",
        lambda form: form + "&scope=\u00e9".encode(),
        lambda form: form + b"&&",
        lambda form: b"",
        lambda form: b"grant_type",
    ],
)
def test_a_form_that_reads_two_ways_is_refused(lasting: Office, spoil: Any) -> None:
    signed, proof = lasting.assertion(), lasting.token_proof()
    form = "&".join(f"{name}={value}" for name, value in token_form(signed).items()).encode()
    answer = lasting.running.client.post(TOKEN_PATH, content=spoil(form), headers={**FORM, "dpop": proof})
    assert answer.status_code == 400, answer.text
    answer = lasting.running.client.post(TOKEN_PATH, content=form + b"&unknown=1", headers={**FORM, "dpop": proof})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data", "text/plain", "application/x-www-form-urlencoded; charset=latin-1"]
)
def test_a_body_of_another_type_is_not_read(lasting: Office, kind: str) -> None:
    form = "&".join(f"{name}={value}" for name, value in token_form(lasting.assertion()).items()).encode()
    headers = {"content-type": kind, "dpop": lasting.token_proof()}
    answer = lasting.running.client.post(TOKEN_PATH, content=form, headers=headers)
    assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-media-type")
    headers["content-type"] = "application/x-www-form-urlencoded;charset=UTF-8"
    assert lasting.running.client.post(TOKEN_PATH, content=form, headers=headers).status_code == 200


def test_forms_are_read_at_the_token_endpoint_alone(lasting: Office) -> None:
    answer = lasting.running.client.post("/guarded/thing", data={"a": "1"})
    assert answer.status_code == 415


def test_one_way_to_authenticate_is_enough(lasting: Office) -> None:
    headers = {"dpop": lasting.token_proof(), "authorization": "Basic dmVudWU6c2VjcmV0"}
    answer = lasting.running.client.post(TOKEN_PATH, data=token_form(lasting.assertion()), headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_a_role_bounds_the_tokens(office: Office) -> None:
    desk = Edwards(bytes([5]) * 32)
    office.enrol("desk.example", desk, role=Role.OPERATOR, scopes=frozenset({Scope.ISSUER_CASES}))
    signed = office.assertion(desk, "desk.example")
    assert office.ask(signed).json()["scope"] == "issuer:cases"
    for scope in BOTH:
        assert office.ask(office.assertion(desk, "desk.example"), scope=scope.value).status_code == 400
