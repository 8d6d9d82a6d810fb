"""The two layers behind the doorstep. :class:`Threshold` stands before anybody reads a body, and refuses who asks too often;
:class:`Admission` stands behind, where a slow sender holds nobody up, and lets in what can be worked on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from credence.service.auth import OPERATIONS
from credence.service.errors import Overloaded, RateLimited
from credence.service.problems import answer_error, request_id
from credence.service.settings import Limit
from credence.service.throttle.address import Networks, address_of
from credence.service.throttle.gate import Gate
from credence.service.throttle.limiter import REPORT, Limiter, Report, fields
from credence.service.throttle.operations import operation_of
from credence.service.throttle.urgency import Urgency, place_of

SECRETS: Final = frozenset({"issueToken", "claimCredential", "receiveVendorMessage"})
"""Operations without a scope that authenticate by what is in the request."""

SIGNED: Final = frozenset({"handInShare"})
"""Operations without a scope whose body is signed: to find out that it is not costs as much as a read."""

OPENED: Final = frozenset({"openRenewal"})
"""Operations without a scope that leave a row behind, for anybody who asks."""

_UNAUTHORIZED: Final = 401


@dataclass(frozen=True)
class Throttle:
    """What the layers share. ``overloaded`` is told how many requests were turned away."""

    limiter: Limiter
    trusted_proxies: Networks
    gate: Gate
    overloaded: Callable[[int], None] = lambda _count: None

    def gate_of(self, operation: str | None) -> tuple[Gate, Urgency] | None:
        """Where a request queues, and how soon it is; None where it does not."""
        place = place_of(operation)
        return (self.gate, place) if isinstance(place, Urgency) else None

    def check_limits(self, operation: str | None, method: str, address: str) -> None:
        """What is limited by address. Raises :class:`RateLimited`."""
        access = OPERATIONS.get(operation or "")
        if (access is not None and access.scopes) or operation in SECRETS:
            self.limiter.check(Limit.FAILURES, address)
        elif operation in OPENED:
            self.limiter.spend(Limit.OPENINGS, address)
        elif (method == "GET" and isinstance(place_of(operation), Urgency)) or operation in SIGNED:
            self.limiter.spend(Limit.READS, address)


class Threshold:
    """Answers 429, whoever behind it raises that, and writes the header fields of limits."""

    def __init__(self, app: ASGIApp, throttle: Throttle) -> None:
        self._app: Final = app
        self._throttle: Final = throttle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        address = address_of(scope, self._throttle.trusted_proxies)
        report = Report()

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == _UNAUTHORIZED:
                    self._throttle.limiter.note(Limit.FAILURES, address)
                if report:
                    MutableHeaders(scope=message).update(fields(report))
            await send(message)

        token = REPORT.set(report)
        try:
            self._throttle.check_limits(operation_of(scope), scope["method"], address)
            await self._app(scope, receive, told)
        except RateLimited as error:
            await answer_error(request_id(scope), error)(scope, receive, told)
        finally:
            REPORT.reset(token)


class Admission:
    """Raises :class:`Overloaded`. Comes after :class:`Threshold`, when the body has been read."""

    def __init__(self, app: ASGIApp, throttle: Throttle) -> None:
        self._app: Final = app
        self._throttle: Final = throttle

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        place = self._throttle.gate_of(operation_of(scope)) if scope["type"] == "http" else None
        if place is None:
            await self._app(scope, receive, send)
            return
        gate, urgency = place
        try:
            visit = await gate.enter(urgency)
        except Overloaded:
            self._throttle.overloaded(1)
            raise
        inside = True

        async def leaving(message: Message) -> None:
            nonlocal inside
            if inside and message["type"] == "http.response.body" and not message.get("more_body", False):
                inside = False
                gate.leave(visit)  # before a slow reader takes the answer
            await send(message)

        try:
            await self._app(scope, receive, leaving)
        finally:
            if inside:
                gate.leave(visit)
