"""The sandbox over HTTP: the service as it is, the routes of the sandbox beside it, and a header on every answer."""

from __future__ import annotations

import secrets
from importlib.metadata import version
from typing import Final

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from credence.service import problems
from credence.service.errors import ServiceError, Unavailable
from credence.service.logs import logger
from credence.service.problems.answers import answer_error
from credence.service.problems.guard import Guard
from credence.service.sandbox import routes
from credence.service.sandbox.gate import Gate
from credence.service.sandbox.state import Sandbox

HEADER: Final = "credence-sandbox"

_MAX_BODY: Final = 65_536
_SERVICE: Final = "/v1/"


class SandboxLayer:
    """The ASGI application of a sandbox that was prepared."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox: Final = sandbox
        self._gate: Final = Gate()
        self._control: Final = _control(sandbox, self._gate)

    @property
    def state(self) -> object:
        """The service's own, where a server that stops finds the streams that it ends; None where it is not served."""
        try:
            return self._sandbox.app.state
        except Unavailable:
            return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request, or one lifetime."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, _marked(send))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == routes.RESET:
            await self._control(scope, receive, send)
            return
        async with self._gate.passed():
            if scope["path"] == routes.ROOT or scope["path"].startswith(f"{routes.ROOT}/"):
                await self._control(scope, receive, send)
            elif scope["path"].startswith(_SERVICE) and self._sandbox.armed:
                await _refusing(self._sandbox.armed.popleft())(scope, receive, send)
            else:
                await self._service()(scope, receive, send)

    def _service(self) -> ASGIApp:
        """The service; one that refuses where a reset could not bring it back."""
        try:
            return self._sandbox.app
        except Unavailable as error:
            return _refusing(error)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self._sandbox.open()
        except Exception as error:  # noqa: BLE001 - whatever it is, it did not start
            reason = error.reason if isinstance(error, ServiceError) else type(error).__name__
            logger().error("start.failed", error=type(error).__name__, reason=reason)
            await send({"type": "lifespan.startup.failed"})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._sandbox.close()
        await send({"type": "lifespan.shutdown.complete"})


def _control(sandbox: Sandbox, gate: Gate) -> FastAPI:
    app = FastAPI(
        title="Credence sandbox",
        version=version("credence-kyc"),
        description="What an integrator needs beside the service: invented persons, a clock, failures on demand.",
        openapi_url=f"{routes.ROOT}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    problems.install(app, max_body=_MAX_BODY, rng=secrets.token_bytes)
    app.include_router(routes.router)
    app.state.sandbox, app.state.gate = sandbox, gate
    return app


def _marked(send: Send) -> Send:
    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)[HEADER] = "true"
        await send(message)

    return marked


def _refusing(error: ServiceError) -> ASGIApp:
    async def refuse(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise error

    return Guard(refuse, secrets.token_bytes, answer_error)
