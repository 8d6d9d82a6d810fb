"""Answers: what is sent for an error, and where errors are caught."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response

from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError
from credence.service.errors import Delayed, RateLimited, ServiceError
from credence.service.ledger.errors import LedgerError
from credence.service.problems import document
from credence.service.problems.door import Door
from credence.service.problems.guard import Guard, Observe, request_id
from credence.service.problems.table import INTERNAL, MALFORMED, UNAUTHORIZED, Problem, row_of, row_of_status

MEDIA_TYPE: Final = "application/problem+json"

PROBLEM: Final[dict[str, Any]] = {"content": {MEDIA_TYPE: {}}}
"""The content of every answer that is an error, for the OpenAPI document."""

CHALLENGE: Final = 'Bearer, DPoP algs="ES256 EdDSA Ed25519"'
"""What ``WWW-Authenticate`` says with every 401: both ways in (RFC 6750 section 3, RFC 9449 section 7.1), and no reason."""

MAX_ERRORS: Final = 10
"""Wrong places named in one answer."""

_SOURCES: Final = frozenset({"body", "query", "path", "header", "cookie"})


def install(
    app: FastAPI,
    *,
    max_body: int,
    rng: Rng,
    forms: Collection[str] = (),
    counted: Observe = lambda *_answered: None,
    before: Sequence[Middleware] = (),
) -> None:
    """Makes every error of ``app`` a problem. Call once, after which ``app`` takes no middleware that may fail.

    ``forms`` are the paths whose body is a form instead of JSON. ``counted`` is told of every request; see :class:`Guard`.
    ``before`` are layers that stand between the two, outermost first: they see a request whose body nobody has read.
    """
    app.add_middleware(Door, max_body=max_body, forms=frozenset(forms))
    for layer in reversed(before):
        app.add_middleware(layer.cls, *layer.args, **layer.kwargs)
    app.add_middleware(Guard, rng=rng, answer=answer_error, counted=counted)
    for kind in (ServiceError, CircuitError, LedgerError):
        app.add_exception_handler(kind, _expected)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(RequestValidationError, _invalid)
    document.amend(app)


def problem_response(
    request_number: str,
    row: Problem,
    detail: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, Any] | None = None,
) -> Response:
    """``row`` as ``application/problem+json``. ``detail`` and ``extra`` must hold nothing that the caller sent."""
    content: dict[str, Any] = {"type": row.type, "title": row.title, "status": row.status}
    if detail:
        content["detail"] = detail
    content |= {"request_id": request_number, **(extra or {})}
    challenge = {"www-authenticate": CHALLENGE} if row is UNAUTHORIZED else {}
    return Response(json.dumps(content), row.status, {**challenge, **(headers or {})}, MEDIA_TYPE)


def answer_error(request_number: str, error: Exception) -> Response:
    """The answer to any exception: its own words where it has a row, else nothing but the request's number."""
    row = row_of(error)
    if row is INTERNAL:
        return problem_response(request_number, row)
    headers = {"retry-after": str(error.retry_after)} if isinstance(error, Delayed) else {}
    # a circuit's reason is for the operator: to the outside a proof has one refusal
    detail = error.reason if isinstance(error, ServiceError | LedgerError) else None
    extra = {"limit": error.limit} if isinstance(error, RateLimited) and error.limit else None
    return problem_response(request_number, row, detail, headers=headers, extra=extra)


async def _expected(request: Request, error: Exception) -> Response:
    if row_of(error) is INTERNAL:
        raise error  # to the guard, which logs it
    return answer_error(request_id(request.scope), error)


async def _framework(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    kept = {name: value for name, value in (error.headers or {}).items() if name.lower() in ("allow", "retry-after")}
    row = row_of_status(error.status_code)
    if row.status == 503:
        kept.setdefault("retry-after", "1")
    return problem_response(request_id(request.scope), row, headers=kept)


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    known = document.known_names(request.app)
    errors = [_place(found["loc"], found["type"], known) for found in error.errors()[:MAX_ERRORS]]
    detail = "The request does not fit its schema."
    return problem_response(request_id(request.scope), MALFORMED, detail, extra={"errors": errors})


def _place(location: Sequence[int | str], kind: str, known: frozenset[str]) -> dict[str, str]:
    """Where it is wrong and which rule it breaks. Of the names on the way only those that the API itself uses are given."""
    source = location[0] if location and location[0] in _SOURCES else "body"
    pointer = "".join(f"/{part}" for part in location[1:] if isinstance(part, int) or part in known)
    return {"in": str(source), "pointer": pointer, "rule": kind}
