"""The door of the service: reads a request's body whole, within its limit, before a route sees any of it."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from credence.service.errors import InvalidRequest, TooLarge, UnsupportedMediaType
from credence.service.problems.body import check_json

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"


class Door:
    """An ASGI layer. It raises, and the layer around it answers.

    Raises :class:`TooLarge` as soon as a body is over ``max_body`` bytes, by its announced length or by what has come of it,
    :class:`UnsupportedMediaType` for a body that is not plain ``application/json`` in UTF-8, and :class:`InvalidRequest` for
    a body that is not strict JSON, an address with a NUL in it or a query parameter that is given twice. Paths among
    ``forms`` take a URL-encoded form instead, and read it themselves.
    """

    def __init__(self, app: ASGIApp, max_body: int, forms: frozenset[str] = frozenset()) -> None:
        self._app: Final = app
        self._max_body: Final = max_body
        self._forms: Final = forms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
            raise InvalidRequest("the address holds a NUL character")
        _check_query(scope["query_string"])
        headers = Headers(scope=scope)
        body = await self._read(headers, receive)
        if body and scope["path"] in self._forms:
            _check_type(headers, _FORM)
        elif body:
            _check_type(headers, _JSON)
            check_json(body)
        await self._app(scope, _replay(body, receive), send)

    async def _read(self, headers: Headers, receive: Receive) -> bytes:
        announced = headers.get("content-length", "0")
        if not (announced.isascii() and announced.isdigit()):
            raise InvalidRequest("the content length is no number")
        if len(announced) > 18 or int(announced) > self._max_body:
            raise TooLarge
        pieces: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise InvalidRequest("the request ended early")
            piece: bytes = message.get("body", b"")
            size += len(piece)
            if size > self._max_body:
                raise TooLarge
            pieces.append(piece)
            more = message.get("more_body", False)
        return b"".join(pieces)


def _check_query(query: bytes) -> None:
    """No operation takes a list in its query, and of two values two parsers take different ones."""
    names = [name for name, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True)]
    if len(set(names)) != len(names):
        raise InvalidRequest("a query parameter is given twice")


def _check_type(headers: Headers, wanted: str) -> None:
    kinds = headers.getlist("content-type")
    refusal = UnsupportedMediaType(f"The request body must be {wanted} in UTF-8.")
    if len(kinds) != 1 or headers.get("content-encoding", "identity").lower() != "identity":
        raise refusal
    kind, _, parameters = (part.strip().lower() for part in kinds[0].partition(";"))
    if kind != wanted or parameters.replace('"', "") not in ("", "charset=utf-8"):
        raise refusal


def _replay(body: bytes, receive: Receive) -> Receive:
    """Gives the body once, and then whatever comes, which is the client's leaving."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
