"""Which operation a request asks for, known before it is routed."""

from __future__ import annotations

from re import Pattern
from typing import Final, Self

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import compile_path
from starlette.types import Scope

_KEY: Final = "credence.operation"


class Operations:
    """The operations of an application by method and path: those whose path is fixed, and those with something in it."""

    def __init__(self, fixed: dict[tuple[str, str], str], patterns: dict[str, list[tuple[Pattern[str], str]]]) -> None:
        self._fixed: Final = fixed
        self._patterns: Final = patterns

    @classmethod
    def of(cls, app: FastAPI) -> Self:
        """Those of ``app``, of which all must be there."""
        fixed: dict[tuple[str, str], str] = {}
        patterns: dict[str, list[tuple[Pattern[str], str]]] = {}
        for context in iter_route_contexts(app.routes):
            route = context.original_route
            if isinstance(route, APIRoute) and route.operation_id and context.path:
                pattern, _, parameters = compile_path(context.path)  # with the prefixes of the routers it came through
                for method in route.methods or ():
                    if parameters:
                        patterns.setdefault(method, []).append((pattern, route.operation_id))
                    else:
                        fixed.setdefault((method, context.path), route.operation_id)
        return cls(fixed, patterns)

    def note(self, scope: Scope) -> str | None:
        """Finds the operation's id, None where the address leads to none, and keeps it for :func:`operation_of`."""
        if _KEY not in scope:
            scope[_KEY] = self._find(scope["method"], scope["path"])
        return operation_of(scope)

    def _find(self, method: str, path: str) -> str | None:
        known = self._patterns.get(method, ())
        return self._fixed.get((method, path)) or next((name for pattern, name in known if pattern.match(path)), None)


def operation_of(scope: Scope) -> str | None:
    """The operation that was found for a request; None for none."""
    found: str | None = scope.get(_KEY)
    return found
