"""The outermost layer: numbers each request, logs one line about it, and lets no exception out."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from credence.circuits.encoding import Rng
from credence.service.logs import logger
from credence.service.problems.table import INTERNAL, row_of

HEADER: Final = "x-request-id"

Observe = Callable[[str, str, int, float], None]
"""Is told a request's method, its route's template, the answer's status (0 for none) and the seconds it took."""

_KEY: Final = "credence.request_id"
_FRAMES: Final = 3


def request_id(scope: Scope) -> str:
    """The number that :class:`Guard` gave to this request, 32 hex digits."""
    number: str = scope.get(_KEY, "")
    return number


class Guard:
    """An ASGI layer. ``answer`` makes the response to an exception that nothing further in has answered; ``counted`` is told
    of every request once it is answered.

    Of an unforeseen exception the log gets the type and the places in the code, never the message, which may hold input.
    """

    def __init__(
        self,
        app: ASGIApp,
        rng: Rng,
        answer: Callable[[str, Exception], Response],
        counted: Observe = lambda *_answered: None,
    ) -> None:
        self._app: Final = app
        self._rng: Final = rng
        self._answer: Final = answer
        self._counted: Final = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = self._rng(16).hex()
        scope[_KEY] = number
        status = 0
        started = time.perf_counter()

        async def numbered(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers[HEADER] = number
                headers["x-content-type-options"] = "nosniff"
                headers.setdefault("cache-control", "no-store")
            await send(message)

        try:
            await self._app(scope, receive, numbered)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not leave
            if row_of(error) is INTERNAL:
                logger().error("request.failed", request_id=number, error=type(error).__name__, where=_where(error))
            if not status:
                await self._answer(number, error)(scope, receive, numbered)
        finally:
            seconds = time.perf_counter() - started
            method, route = scope["method"] if scope["method"] in _METHODS else "other", _route(scope)
            self._counted(method, route, status, seconds)
            logger().info(
                "request",
                request_id=number,
                method=method,
                route=route,
                status=status,
                duration_ms=round(seconds * 1000, 1),
            )


_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _route(scope: Scope) -> str:
    """The route's template: a path itself may hold an id."""
    route: Any = scope.get("route")
    path = getattr(route, "path", None)
    return path if isinstance(path, str) else "none"


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return " < ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(frames))
