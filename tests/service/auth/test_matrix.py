"""May everybody do what the matrix says, and nothing else? Every operation of the OpenAPI document, by every caller."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import pytest
from fastapi import APIRouter

from credence.circuits.curve import Curve
from credence.service.app import create_app
from credence.service.auth import MEANINGS, OPERATIONS, ROLES, Access, Role, Scope, operations_of
from credence.service.settings import Settings
from tests.service.auth.decided import SAMPLES
from tests.service.auth.premises import EVERY, OTHER, STAFF, Premises, Sample, opened, token_headers

DOCUMENT: Final = create_app(Settings()).openapi()
"""What the service says of itself; nothing is installed or started for that."""


def described(document: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """``(operation id, method, path, operation)`` of every operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], method.upper(), path, operation


WHERE: Final = {name: (method, path) for name, method, path, _ in described(DOCUMENT)}


# --- the table and the document ---


def faults(document: dict[str, Any]) -> list[str]:
    """Where the document and the matrix disagree. An operation that has no row is a fault, whatever it asks for."""
    found = []
    for name, _, _, operation in described(document):
        row = OPERATIONS.get(name)
        if row is None:
            found.append(f"{name} has no row in credence.service.auth.matrix: say there who may do it")
            continue
        schemes = ("apiKey", "clientCredentials")
        needed = [{scheme: [scope.value]} for scheme in schemes for scope in Scope if scope in row.scopes]
        said = operation["security"]
        if sorted(map(str, said)) != sorted(map(str, needed)):
            found.append(f"{name} says that it needs {said}")
    served = {name for name, *_ in described(document)}
    return found + [f"{name} is in the matrix and not served" for name in OPERATIONS if name not in served]


def test_the_document_says_what_the_matrix_does() -> None:
    assert faults(DOCUMENT) == []


def test_an_operation_without_a_row_is_found() -> None:
    app, router = create_app(Settings()), APIRouter()
    router.add_api_route("/v1/verifier/extra", lambda: None, operation_id="extra")
    app.include_router(router)
    (fault,) = faults(app.openapi())
    assert "extra has no row" in fault


@pytest.mark.parametrize(
    "change",
    [
        lambda operations: operations["openCase"].update(security=[]),
        lambda operations: operations["healthz"].update(security=[{"apiKey": ["issuer:cases"]}]),
        lambda operations: operations["readPolicy"]["security"].pop(),
        lambda operations: operations["openCase"]["security"][0].update(apiKey=["issuer:review"]),
        lambda operations: operations["openCase"].update(operationId="renamed"),
    ],
)
def test_a_disagreement_is_found(change: Callable[[dict[str, Any]], object]) -> None:
    document = copy.deepcopy(DOCUMENT)
    change({name: operation for name, _, _, operation in described(document)})
    assert faults(document)


def test_both_schemes_are_described() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"]
    assert (schemes["apiKey"]["type"], schemes["apiKey"]["scheme"]) == ("http", "bearer")
    flow = schemes["clientCredentials"]["flows"]["clientCredentials"]
    assert flow["tokenUrl"] == WHERE["issueToken"][1]
    assert flow["scopes"] == {scope.value: meaning for scope, meaning in MEANINGS.items()}


def test_every_scope_belongs_to_one_role() -> None:
    assert ROLES.keys() == set(Role)
    assert MEANINGS.keys() == set(Scope)
    assert sorted(scope for scopes in ROLES.values() for scope in scopes) == sorted(Scope)


def test_who_hands_in_does_not_decide() -> None:
    assert not ROLES[Role.OPERATOR] & ROLES[Role.REVIEWER]
    assert "decideCase" in operations_of(Scope.ISSUER_REVIEW)
    assert "decideCase" not in operations_of(Scope.ISSUER_CASES)


# --- cell by cell ---


@dataclass(frozen=True)
class Caller:
    """Somebody who asks: with nothing, or with one scope by one kind of key; perhaps for what is another's."""

    scope: Scope | None = None
    by_token: bool = False
    foreign: bool = False

    def __str__(self) -> str:
        kind = "nobody" if self.scope is None else f"{self.scope.value} by {'token' if self.by_token else 'key'}"
        return f"{kind} for another's" if self.foreign else kind


CALLERS: Final = [
    Caller(),
    *(Caller(scope, False, foreign) for scope in Scope for foreign in (False, True)),
    *(pytest.param(Caller(scope, True, foreign), marks=pytest.mark.slow) for scope in Scope for foreign in (False, True)),
]


def status_expected(row: Access, caller: Caller, sample: Sample) -> frozenset[int]:
    """What the matrix says of a cell."""
    if not row.scopes:
        return sample.expected
    if caller.scope is None:
        return frozenset({401})
    if caller.scope not in row.scopes:
        return frozenset({403})
    return frozenset({404}) if row.owned and caller.foreign else sample.expected


@pytest.fixture(scope="module")
def premises(tmp_path_factory: pytest.TempPathFactory, curve: Curve) -> Iterator[Premises]:
    with opened(tmp_path_factory.mktemp("premises"), curve) as found:
        yield found


@pytest.mark.parametrize("caller", CALLERS, ids=str)
@pytest.mark.parametrize("name", WHERE)
def test_cell(premises: Premises, name: str, caller: Caller) -> None:
    row = OPERATIONS[name]
    owner = OTHER if caller.foreign or caller.scope is None else _own_id(premises, name, caller.scope, caller.by_token)
    sample = SAMPLES[name](premises, owner)
    method, template = WHERE[name]
    path = template.format(**sample.path)
    headers = dict(sample.headers)
    if caller.scope is not None and name != "issueToken":  # whose request is its own proof, and takes no other
        headers |= _shown(premises, caller.scope, caller.by_token, method, path)
    answer = premises.running.client.request(
        method, path, json=sample.body, data=sample.form, params=sample.query, headers=headers
    )
    assert answer.status_code in status_expected(row, caller, sample), answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
    assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)


def _own_id(premises: Premises, name: str, scope: Scope, by_token: bool) -> str:
    """Whose a thing is that this caller may use; who is no venue has none of a venue's things."""
    if Scope.AUDITOR_WARRANTS in OPERATIONS[name].scopes:
        return STAFF if by_token else premises.owner_of(scope)
    if scope not in ROLES[Role.VENUE]:
        return OTHER
    return EVERY if by_token else premises.owner_of(scope)


def _shown(premises: Premises, scope: Scope, by_token: bool, method: str, path: str) -> dict[str, str]:
    if by_token:
        return token_headers(premises, scope, method, path)
    return {"authorization": f"Bearer {premises.api_keys[scope]}"}


@pytest.mark.parametrize("name", [name for name, row in OPERATIONS.items() if row.owned])
def test_what_is_anothers_looks_like_what_is_not_there(premises: Premises, name: str) -> None:
    (scope, *_) = sorted(OPERATIONS[name].scopes)
    method, template = WHERE[name]
    headers = {"authorization": f"Bearer {premises.api_keys[scope]}"}
    foreign = SAMPLES[name](premises, OTHER)
    absent = {key: value[:-1] + ("A" if value[-1] != "A" else "B") for key, value in foreign.path.items()}
    unknown = foreign.body if foreign.path else {"policy": "unknown"}  # what names the object is in the path, or the body
    answers = [
        premises.running.client.request(method, template.format(**path), json=body, headers=headers)
        for path, body in ((foreign.path, foreign.body), (absent, unknown))
    ]
    found = [(answer.status_code, answer.json() | {"request_id": ""}) for answer in answers]
    assert found[0] == found[1]
    assert found[0][0] == 404
