"""The HTTP protocol of the server, which asks the doorkeeper before it makes anything of a request.

What stands between a server and an application (a task, a context, the framework's own layers) costs twice what a refusal
does without it. A server without this protocol refuses the same requests in the same words, later
(:class:`credence.service.throttle.Doorstep`).
"""

from __future__ import annotations

from asyncio import Protocol
from typing import Any, Final, Literal

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from credence.service.throttle import Doorkeeper, Refusal


def front_of(app: object) -> type[Protocol] | Literal["auto"]:
    """The protocol to serve ``app`` with: uvicorn's own choice, where nobody keeps its door."""
    keeper = getattr(getattr(app, "state", None), "doorkeeper", None)
    return type("Front", (Front,), {"keeper": keeper}) if isinstance(keeper, Doorkeeper) else "auto"


class Front(HttpToolsProtocol):
    """uvicorn's protocol for one connection, with a doorkeeper."""

    keeper: Doorkeeper

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        # requests that came in one piece are taken one by one, and who does not read what was answered is waited for
        takes_turns = cycle is not self.cycle or self.flow.write_paused
        refusal = None if takes_turns else self.keeper.refusal(cycle.scope)  # type: ignore[arg-type]
        if refusal is None:
            super()._start_asgi_task(cycle, app)
            return
        cycle.response_started = cycle.response_complete = True
        self.transport.write(_written(refusal, cycle))
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()


_CLOSE: Final = (b"connection", b"close")


def _written(refusal: Refusal, cycle: RequestResponseCycle) -> bytes:
    headers = [*cycle.default_headers, *refusal.headers]
    if not cycle.keep_alive:
        headers.append(_CLOSE)
    lines = [b"%s: %s\r\n" % field for field in headers]
    body = b"" if cycle.scope["method"] == "HEAD" else refusal.body
    return b"".join([STATUS_LINE[refusal.status], *lines, b"\r\n", body])
