"""What every answer to a fuzzed request has to satisfy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import requests
from schemathesis import Case
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
)

from credence.service.auth.matrix import OPERATIONS
from credence.service.auth.scopes import Scope
from credence.service.problems import ROWS
from tests.soak.wire import Answer, Sent

SHORTEST: Final = 8
"""Characters from which on a string that comes back is an echo and no coincidence."""

_BY_TYPE: Final = {row.type: row for row in ROWS.values()}
_MEMBERS: Final = {"type", "title", "status", "detail", "request_id", "errors", "error", "checks", "limit"}
_NUMBER: Final = re.compile("[0-9a-f]{32}")
_CHECKS: Final = [response_schema_conformance, content_type_conformance, response_headers_conformance]


class Judge:
    """Knows what the service may say by itself: its own words are no echo, whoever sends them."""

    def __init__(self, root: Path, document: dict[str, Any]) -> None:
        sources = [path for part in ("service", "circuits") for path in sorted((root / part).rglob("*.py"))]
        self._words = "\n".join(path.read_text() for path in sources) + json.dumps(document)

    def faults(self, case: Case, sent: Sent, answer: Answer, scope: Scope | None) -> Iterator[str]:
        """What is wrong with ``answer``; ``scope`` is what the caller's key carries, None for one without a key."""
        if answer.status >= 500:
            yield f"a {answer.status}"
        if str(answer.status) not in case.operation.definition.raw["responses"]:
            yield f"the status {answer.status} is not documented"
        if answer.status >= 400:
            yield from self._problem(sent, answer)
        yield from _access(case, answer, scope)
        if not answer.cut:
            yield from _conformance(case, sent, answer)

    def _problem(self, sent: Sent, answer: Answer) -> Iterator[str]:
        if answer.header("content-type") != "application/problem+json":
            yield "an error that is no problem+json"
            return
        body = json.loads(answer.body)
        row = _BY_TYPE.get(body.get("type"))
        if row is None or (row.status, row.title) != (body.get("status"), body.get("title")) or row.status != answer.status:
            yield "a problem that is not in the table"
        if not _NUMBER.fullmatch(str(body.get("request_id"))) or body["request_id"] != answer.header("x-request-id"):
            yield "a problem without its request's number"
        if not body.keys() <= _MEMBERS:
            yield "a problem with members of its own"
        said = answer.body.decode() + "\n".join(value for _, value in answer.headers)
        if any(self._echoed(text, said) for text in sent.strings()):
            yield "an echo of what was sent"

    def _echoed(self, text: str, said: str) -> bool:
        if len(text) < SHORTEST:
            return False
        return (text in said or json.dumps(text)[1:-1] in said) and text not in self._words


def _access(case: Case, answer: Answer, scope: Scope | None) -> Iterator[str]:
    """The matrix holds whatever else a request carries; what is malformed may be refused before anyone is asked for."""
    needed = OPERATIONS[case.operation.definition.raw["operationId"]].scopes
    if not needed:
        return
    if scope is None and answer.status not in (400, 401, 413, 415):
        yield f"a {answer.status} to nobody"
    elif scope is not None and scope not in needed and answer.status not in (400, 403, 413, 415):
        yield f"a {answer.status} without the scope"
    elif scope in needed and answer.status in (401, 403):
        yield f"a {answer.status} in spite of the scope"


def _conformance(case: Case, sent: Sent, answer: Answer) -> Iterator[str]:
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name, []).append(value)
    request = requests.PreparedRequest()
    request.method, request.url, request.body = sent.method, f"http://127.0.0.1{sent.target}", sent.body
    request.headers = requests.structures.CaseInsensitiveDict(
        {name.decode("latin-1"): value.decode("latin-1") for name, value in sent.headers}
    )
    response = Response(answer.status, headers, answer.body, request, 0.0, verify=False)
    checks = [*_CHECKS, negative_data_rejection] if answer.status < 300 else _CHECKS
    try:
        case.validate_response(response, checks=checks)
    except FailureGroup as group:
        for failure in group.exceptions:
            yield f"{type(failure).__name__}: {str(failure).splitlines()[0]}"
    except Failure as failure:
        yield f"{type(failure).__name__}: {str(failure).splitlines()[0]}"
