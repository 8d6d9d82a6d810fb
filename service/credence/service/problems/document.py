"""The OpenAPI document, as far as errors go: one schema of problems, and every operation says which it may answer.

What the layers before a route refuse is said of every operation by its status, once; ``default`` is left for a failure of
ours. What a route refuses by itself stands beside the route.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI

from credence.service.problems.table import (
    FORBIDDEN,
    IN_PROGRESS,
    MALFORMED,
    MISMATCH,
    RATE_LIMITED,
    TOO_LARGE,
    UNAUTHORIZED,
    UNAVAILABLE,
    UNSUPPORTED,
    Problem,
)

_SCHEMA: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "RFC 9457 problem details. `type` tells the kind; `errors` is present for a request off its schema.",
    "type": "object",
    "required": ["type", "title", "status", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "relative URI of the kind"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string", "description": "quote it when you ask about this answer"},
        "limit": {"type": "string", "description": "with `rate-limited`: the name of the limit"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"in": {"type": "string"}, "pointer": {"type": "string"}, "rule": {"type": "string"}},
            },
        },
    },
    "example": {
        "type": MALFORMED.type,
        "title": MALFORMED.title,
        "status": MALFORMED.status,
        "detail": "The request does not fit its schema.",
        "request_id": "9f1c2b7ad0e84c5d8a1f6e3b2c4d5e6f",
        "errors": [{"in": "body", "pointer": "/policy", "rule": "missing"}],
    },
}
_MEDIA_TYPE: Final = "application/problem+json"
_REFERENCE: Final[dict[str, Any]] = {"$ref": "#/components/schemas/Problem"}
_RESPONSE: Final[dict[str, Any]] = {
    "description": "A problem (RFC 9457)",
    "content": {_MEDIA_TYPE: {"schema": _REFERENCE}},
}
_EVERYWHERE: Final = (MALFORMED, TOO_LARGE, UNSUPPORTED, RATE_LIMITED, UNAVAILABLE)
_SECURED: Final = (UNAUTHORIZED, FORBIDDEN)
_KEYED: Final = (IN_PROGRESS, MISMATCH)
"""Of an operation that takes an idempotency key."""
_FRAMEWORK: Final = ("HTTPValidationError", "ValidationError")


def amend(app: FastAPI) -> None:
    """Has the document of ``app`` speak of problems instead of the framework's own errors."""
    plain = app.openapi

    def amended() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _amended(plain())
        return app.openapi_schema

    app.openapi = amended  # type: ignore[method-assign]


def known_names(app: FastAPI) -> frozenset[str]:
    """Every property and parameter name of the API: the names that an answer may repeat."""
    if not hasattr(app.state, "known_names"):
        app.state.known_names = frozenset(_names(app.openapi()))
    names: frozenset[str] = app.state.known_names
    return names


def _amended(schema: dict[str, Any]) -> dict[str, Any]:
    for path in schema.get("paths", {}).values():
        for operation in path.values():
            _amend(operation["responses"], _refusals(operation))
    components = schema.setdefault("components", {})
    components["responses"] = {row.slug: {**_RESPONSE, "description": row.title} for row in _EVERYWHERE + _SECURED + _KEYED}
    schemas = components.setdefault("schemas", {})
    for name in _FRAMEWORK:
        schemas.pop(name, None)
    schemas["Problem"] = _SCHEMA
    return schema


def _refusals(operation: dict[str, Any]) -> tuple[Problem, ...]:
    headers = {parameter["name"].lower() for parameter in operation.get("parameters", ()) if parameter["in"] == "header"}
    keyed = _KEYED if "idempotency-key" in headers else ()
    return _EVERYWHERE + (_SECURED if operation.get("security") else ()) + keyed


def _amend(responses: dict[str, Any], rows: tuple[Problem, ...]) -> None:
    if _FRAMEWORK[0] in str(responses.get("422")):
        del responses["422"]  # the framework's own, which is never sent
    for row in rows:
        responses.setdefault(str(row.status), {"$ref": f"#/components/responses/{row.slug}"})
    responses.setdefault("default", _RESPONSE)
    for response in responses.values():
        if _MEDIA_TYPE in response.get("content", {}):
            response["content"][_MEDIA_TYPE] = {"schema": _REFERENCE, **response["content"][_MEDIA_TYPE]}


def _names(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from _names(item)
    elif isinstance(node, dict):
        if isinstance(properties := node.get("properties"), dict):
            yield from properties
        if "in" in node and isinstance(name := node.get("name"), str):
            yield name
        for item in node.values():
            yield from _names(item)
