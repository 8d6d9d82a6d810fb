"""A service on loopback: any ASGI application behind a real HTTP server, in a thread of this process."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, Final, TextIO

import structlog
import uvicorn

from credence.service import logs
from credence.service.app.front import front_of
from credence.service.app.server import Server as StreamEndingServer

LOOPBACK: Final = "127.0.0.1"

_POLL: Final = 0.01


class NotServing(Exception):
    """The server did not start, or did not stop. ``reason`` says which; why is in the service's log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Server:
    """One application on a port of 127.0.0.1, from :meth:`start` to :meth:`stop`."""

    def __init__(self, app: Any, *, port: int = 0) -> None:
        """``app`` is an ASGI application; ``port`` 0 lets the system choose a free one."""
        # bound before the server runs, so that the port is known and nobody else can take it in between
        self._socket = socket.create_server((LOOPBACK, port))
        config = uvicorn.Config(
            app,
            http=front_of(app),
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=5,
        )
        self._server = StreamEndingServer(config, app)
        self._thread = Thread(target=self._run, name="credence-demo", daemon=True)

    @property
    def url(self) -> str:
        """The origin, such as ``http://127.0.0.1:49152``."""
        return f"http://{LOOPBACK}:{self._socket.getsockname()[1]}"

    def start(self, seconds: float = 30.0) -> None:
        """Returns as soon as it answers. Raises :class:`NotServing` where it ends first or takes longer than ``seconds``."""
        self._thread.start()
        deadline = time.monotonic() + seconds
        while not self._server.started:
            if not self._thread.is_alive():
                raise NotServing("the service did not start")
            if time.monotonic() > deadline:
                raise NotServing("the service did not start in time")
            time.sleep(_POLL)

    def stop(self, seconds: float = 15.0) -> None:
        """Ends it, after what it is answering. May be called twice, and before :meth:`start`. Raises :class:`NotServing`."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(seconds)
        self._socket.close()
        if self._thread.is_alive():
            raise NotServing("the service did not stop in time")

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


@contextmanager
def serving(app: Any) -> Iterator[Server]:
    """A server that runs as long as the block does. Raises as :meth:`Server.start` and :meth:`Server.stop`."""
    server = Server(app)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@contextmanager
def captured_logs(stream: TextIO) -> Iterator[None]:
    """Sends the logs of this process to ``stream`` as long as the block runs, and then where they went before."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    before = structlog.get_config() if structlog.is_configured() else None
    root.handlers = []
    logs.configure("info", stream)
    try:
        yield
    finally:
        root.handlers = handlers
        root.setLevel(level)
        structlog.reset_defaults()
        if before is not None:
            structlog.configure(**before)
