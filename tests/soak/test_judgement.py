"""Does the judge of the fuzz find what is wrong with an answer? The accepted twin of every case is the answer unchanged."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from credence.service.app import create_app
from credence.service.auth import Scope
from credence.service.settings import Settings
from tests.house.tree import ROOT
from tests.soak.wire import Answer, Sent

pytestmark = pytest.mark.slow

NUMBER = "9f1c2b7ad0e84c5d8a1f6e3b2c4d5e6f"
SECRET = "Wolframantius Krzyzewskaite"
SENT = Sent("POST", "/v1/issuer/cases?who=Wolframantius%20Krzyzewskaite", ((b"user-agent", b"x"),), b'{"evidence": {}}')


def problem(status: int = 400, /, **changes: Any) -> Answer:
    body = {"type": "/problems/malformed", "title": "Malformed request", "status": 400, "request_id": NUMBER, **changes}
    headers = (("content-type", "application/problem+json"), ("x-request-id", NUMBER))
    return Answer(status, headers, json.dumps(body).encode(), cut=False)


@pytest.fixture(scope="module")
def judged() -> Callable[..., list[str]]:
    import schemathesis

    from tests.soak.judgement import Judge

    document = create_app(Settings()).openapi()
    judge = Judge(ROOT, document)
    operation = schemathesis.openapi.from_dict(document)["/v1/issuer/cases"]["POST"]
    case = operation.Case(body={"evidence": {}}, media_type="application/json")

    def judged(answer: Answer, scope: Scope | None = Scope.ISSUER_CASES) -> list[str]:
        return list(judge.faults(case, SENT, answer, scope))

    return judged


def test_a_good_refusal_is_accepted(judged: Callable[..., list[str]]) -> None:
    assert judged(problem()) == []
    assert judged(problem(detail="The request does not fit its schema.")) == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (problem(500, status=500, type="/problems/internal", title="Internal error"), "a 500"),
        (problem(418, status=418), "the status 418 is not documented"),
        (replace(problem(), headers=(("content-type", "application/json"),)), "no problem+json"),
        (problem(type="/problems/else"), "not in the table"),
        (problem(title="Else"), "not in the table"),
        (problem(status=401), "not in the table"),
        (problem(request_id="0" * 32), "its request's number"),
        (problem(more=1), "members of its own"),
        (problem(detail=f"no such person: {SECRET}"), "an echo"),
        (replace(problem(), headers=(*problem().headers, ("location", f"/{SECRET}"))), "an echo"),
        (problem(status="400"), "JsonSchemaError"),
    ],
)
def test_what_is_wrong_is_found(judged: Callable[..., list[str]], answer: Answer, fault: str) -> None:
    assert any(fault in found for found in judged(answer)), judged(answer)


@pytest.mark.parametrize(
    ("status", "scope", "fault"),
    [
        (201, None, "a 201 to nobody"),
        (201, Scope.ISSUER_REVIEW, "a 201 without the scope"),
        (403, Scope.ISSUER_CASES, "a 403 in spite of the scope"),
    ],
)
def test_the_matrix_is_held(judged: Callable[..., list[str]], status: int, scope: Scope | None, fault: str) -> None:
    assert fault in judged(problem(status), scope)


def test_a_good_answer_to_bad_data_and_a_wrong_answer_are_found(judged: Callable[..., list[str]]) -> None:
    wrong = Answer(201, (("content-type", "application/json"),), b'{"case_id": 7}', cut=False)
    assert any("JsonSchemaError" in found for found in judged(wrong))
