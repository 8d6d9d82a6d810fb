"""The outermost layer: turns away whom there is no room for, as cheaply as that can be done.

At ten times the load that can be carried nine of ten requests are refused, so what a refusal costs decides how many are
served. Nothing is read, looked up or logged for one; a line each second says how many there were.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from credence.circuits.encoding import Rng
from credence.service.errors import Overloaded
from credence.service.logs import logger
from credence.service.problems import answer_error
from credence.service.problems.guard import HEADER
from credence.service.throttle.gate import Gate
from credence.service.throttle.operations import Operations
from credence.service.throttle.urgency import Urgency

GateOf = Callable[[str | None], tuple[Gate, Urgency] | None]
"""Where a request for an operation queues, and how urgent it is; None where it does not queue."""

TELL_EVERY: Final = 1.0
"""Seconds from the first refusal to the line that counts them."""

_BLANK: Final = "0" * 32


@dataclass(frozen=True, slots=True)
class Refusal:
    """The whole answer to one who is turned away: status, header fields, body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class Doorkeeper:
    """Says who is turned away, and in which words. ``refused`` is told how many there were.

    ``operations`` is asked once, with the first request, when all of them are there. Refusals are numbered on from a random
    number: whoever asks the system for randomness lets go of the interpreter, for which the threads that work are waiting.
    """

    def __init__(
        self,
        operations: Callable[[], Operations],
        gate_of: GateOf,
        rng: Rng,
        refused: Callable[[int], None] = lambda _count: None,
    ) -> None:
        self._find: Final = operations
        self._gate_of: Final = gate_of
        self._numbers: Final = count(int.from_bytes(rng(16)))
        self._refused: Final = refused
        self._operations: Operations | None = None
        self._untold = 0
        sample = answer_error(_BLANK, Overloaded())
        self._status: Final = sample.status_code
        self._before, _, self._after = bytes(sample.body).partition(_BLANK.encode())
        self._headers: Final = [
            (b"content-type", sample.headers["content-type"].encode()),
            (b"content-length", sample.headers["content-length"].encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"cache-control", b"no-store"),
        ]

    def refusal(self, scope: Scope) -> Refusal | None:
        """The answer to a request that there is no room for; None where it may come in. Needs a running event loop."""
        if self._operations is None:
            self._operations = self._find()
        place = self._gate_of(self._operations.note(scope))
        retry_after = None if place is None else place[0].refusal(place[1])
        if retry_after is None:
            return None
        self._count()
        number = f"{next(self._numbers) % 2**128:032x}".encode()
        own = [(b"retry-after", b"%d" % retry_after), (HEADER.encode(), number)]
        return Refusal(self._status, [*self._headers, *own], self._before + number + self._after)

    def _count(self) -> None:
        if not self._untold:
            asyncio.get_running_loop().call_later(TELL_EVERY, self._tell)
        self._untold += 1

    def _tell(self) -> None:
        self._refused(self._untold)
        logger().warning("overloaded", count=self._untold)
        self._untold = 0


class Doorstep:
    """An ASGI layer around everything else, for servers that do not ask the doorkeeper themselves. It raises nothing."""

    def __init__(self, app: ASGIApp, keeper: Doorkeeper) -> None:
        self._app: Final = app
        self._keeper: Final = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] == "http" and (found := self._keeper.refusal(scope)):
            await send({"type": "http.response.start", "status": found.status, "headers": found.headers})
            await send({"type": "http.response.body", "body": found.body})
            return
        await self._app(scope, receive, send)
