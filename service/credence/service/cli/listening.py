"""A port, and an application that answers there until the process is told to stop."""

from __future__ import annotations

import signal
import socket
from contextlib import suppress
from types import FrameType
from typing import TYPE_CHECKING, Any

from credence.service.cli.exits import NotReady
from credence.service.cli.output import note

if TYPE_CHECKING:
    import uvicorn


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one. Raises :class:`NotReady`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or "no such address"
        raise NotReady(f"cannot listen at {host}, port {port}: {why}") from error


def origin(listener: socket.socket) -> str:
    """Where it listens, such as ``http://127.0.0.1:8440``."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run_until_stopped(app: Any, listener: socket.socket, names: str) -> None:
    """Serves ``app`` and says so by ``names``; returns after SIGTERM or ctrl-c. Raises :class:`NotReady`."""
    # the server hands a signal on once it has stopped; by then there is nothing left to do
    with suppress(ValueError):  # outside the main thread there are no signals
        signal.signal(signal.SIGTERM, _finished)
    server = _server(app, listener, names)
    with suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise NotReady("the service did not start: its log says why")
    note("stopped")


def _finished(_number: int, _frame: FrameType | None) -> None:
    """A signal that was obeyed already."""


def _server(app: Any, listener: socket.socket, names: str) -> uvicorn.Server:
    import uvicorn

    from credence.service.app.front import front_of
    from credence.service.app.server import Server

    class Announced(Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                note(f"serving {names} at {origin(listener)}; ctrl-c stops it")

    config = uvicorn.Config(
        app,
        http=front_of(app),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # it would believe any peer on loopback: whom to believe is for the settings to say
        timeout_graceful_shutdown=10,
    )
    return Announced(config, app)
