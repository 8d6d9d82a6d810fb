"""The OpenAPI document, as far as clients go: every operation says which keys and tokens open it, or that none need to."""

from __future__ import annotations

from threading import Lock
from typing import Any

from fastapi import FastAPI


def describe(app: FastAPI) -> None:
    """Has the document of ``app`` name one alternative for each scope and scheme.

    The framework lists all scopes of an operation under a scheme, which would mean that all of them are needed; here any one
    opens it. Call last of those that amend the document.
    """
    plain, lock = app.openapi, Lock()

    def described() -> dict[str, Any]:
        with lock:
            is_new = app.openapi_schema is None
            schema = plain()
            if is_new:
                _describe(schema)
            return schema

    app.openapi = described  # type: ignore[method-assign]


def _describe(schema: dict[str, Any]) -> None:
    for path in schema.get("paths", {}).values():
        for operation in path.values():
            operation["security"] = [
                {scheme: [scope]}
                for requirement in operation.get("security", ())
                for scheme, scopes in requirement.items()
                for scope in scopes
            ]
