"""uvicorn as this application needs it."""

from __future__ import annotations

import socket

import uvicorn

from credence.service.app.telling import end_streams


class Server(uvicorn.Server):
    """Tells the application that it stops before it waits for the answers that are under way: streams are among them.

    Another server ends a stream when its own time for a graceful stop is over.
    """

    def __init__(self, config: uvicorn.Config, app: object) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stops as uvicorn does."""
        end_streams(self._app)
        await super().shutdown(sockets)
