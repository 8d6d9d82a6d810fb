"""The way from a wallet of the sandbox to its service: through the same application, without a network."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import anyio.from_thread
import httpx2
from starlette.types import ASGIApp

from credence.sdk.errors import Unreachable
from credence.sdk.messages import Request, Response
from credence.sdk.wire_form import outgoing

_ORIGIN: Final = "http://sandbox.invalid"


class InProcess:
    """A transport for a thread that the event loop has lent work to, such as that of a plain ``def`` route."""

    def __init__(self) -> None:
        self._app: ASGIApp | None = None

    def lead_to(self, app: ASGIApp) -> None:
        """From now on ``app`` answers."""
        self._app = app

    def send(self, request: Request) -> Response:
        """The application's answer. Raises :class:`Unreachable` before there is one."""
        return anyio.from_thread.run(self._send, request)

    async def _send(self, request: Request) -> Response:
        if self._app is None:
            raise Unreachable
        sent = outgoing(request)
        way = httpx2.ASGITransport(self._app)
        async with httpx2.AsyncClient(transport=way, base_url=_ORIGIN, trust_env=False) as client:
            answer = await client.request(
                request.method,
                request.path,
                params=dict(request.query) or None,
                content=sent.content,
                headers=dict(sent.headers),
            )
        return Response(answer.status_code, MappingProxyType(dict(answer.headers)), answer.content)
