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
    """The operations of an application by method and path."""

    def __init__(self, routes: dict[str, list[tuple[Pattern[str], str]]]) -> None:
        self._routes: Final = routes

    @classmethod
    def of(cls, app: FastAPI) -> Self:
        """Those of ``app``, of which all must be there."""
        found: dict[str, list[tuple[Pattern[str], str]]] = {}
        for context in iter_route_contexts(app.routes):
            route = context.original_route
            if isinstance(route, APIRoute) and route.operation_id and context.path:
                pattern, _, _ = compile_path(context.path)  # with the prefixes of the routers that it came through
                for method in route.methods or ():
                    found.setdefault(method, []).append((pattern, route.operation_id))
        return cls(found)

    def note(self, scope: Scope) -> str | None:
        """Finds the operation's id, None where the address leads to none, and keeps it for :func:`operation_of`."""
        path = scope["path"]
        known = self._routes.get(scope["method"], ())
        found = scope[_KEY] = next((name for pattern, name in known if pattern.match(path)), None)
        return found


def operation_of(scope: Scope) -> str | None:
    """The operation that was found for a request; None for none."""
    found: str | None = scope.get(_KEY)
    return found
