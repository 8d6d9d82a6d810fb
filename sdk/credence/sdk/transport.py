"""The way to a service over HTTP, waited for (:class:`HttpTransport`) or awaited (:class:`AsyncHttpTransport`).

The two differ in who waits. What is sent, what is refused, what an exchange may cost and when a request is sent again is
said once, in :class:`_Http`, :mod:`credence.sdk.wire_form` and :mod:`credence.sdk.retries`.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

import httpx2

from credence.circuits.encoding import Rng
from credence.sdk.deadline import Deadline, DeadlineTransport
from credence.sdk.errors import BadResponse, TimedOut, TransportError, Unreachable, Unsendable
from credence.sdk.messages import JSON, PROBLEM, TEXT, AsyncTransport, Request, Response, Transport
from credence.sdk.retries import Attempts, Retries
from credence.sdk.wire_form import Incoming, outgoing, read_origin

MAX_RESPONSE: Final = 1024 * 1024
"""Bytes of a response body that is read."""

C = TypeVar("C", httpx2.Client, httpx2.AsyncClient)


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, to read or write one piece, to wait for a free connection, and for the whole exchange.

    ``whole`` bounds all attempts at a request together with the waits between them. Where a thread waits, the resolution of
    the host's name and the wait for a free connection come on top.
    """

    connect: float = 5.0
    read: float = 20.0
    write: float = 10.0
    pool: float = 10.0
    whole: float = 60.0


class _Http(Generic[C]):
    """What both ways have in common: everything but the waiting."""

    _known: C
    _unknown: C

    def __init__(
        self, base_url: str, timeouts: Timeouts | None, retries: Retries | None, max_response: int, rng: Rng
    ) -> None:
        times = timeouts or Timeouts()
        self._base = read_origin(base_url)
        self._whole = times.whole
        self._retries = retries or Retries()
        self._max_response = max_response
        self._rng = rng
        self._timeout = httpx2.Timeout(connect=times.connect, read=times.read, write=times.write, pool=times.pool)

    def _settings(self) -> dict[str, Any]:
        """What a client is made with beside its transport."""
        cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        return {"timeout": self._timeout, "cookies": cookies, "follow_redirects": False, "trust_env": False}

    def _client(self, request: Request) -> C:
        client = self._unknown if request.auth is None else self._known
        if client.is_closed:
            raise Unsendable("The transport is closed.")
        return client

    def _attempts(self, request: Request) -> Attempts:
        return Attempts(request, self._retries, self._rng)

    def _build(self, client: C, request: Request) -> httpx2.Request:
        sent = outgoing(request)
        return client.build_request(
            request.method,
            self._base + request.path,
            params=dict(request.query) or None,
            headers=dict(sent.headers),
            content=sent.content,
        )


@contextlib.contextmanager
def _failures() -> Iterator[None]:
    """The errors of the libraries become those of the SDK."""
    try:
        yield
    except UnicodeError as error:
        raise Unsendable("The query is no text.") from error
    except (httpx2.TimeoutException, TimeoutError) as error:
        raise TimedOut from error
    except httpx2.DecodingError as error:
        raise BadResponse from error
    except httpx2.RemoteProtocolError as error:
        raise Unreachable("The connection broke before the answer was whole, or the answer was no HTTP.") from error
    except httpx2.HTTPError as error:
        raise Unreachable from error


def _limits(connections: int, kept: int) -> httpx2.Limits:
    return httpx2.Limits(max_connections=connections, max_keepalive_connections=kept, keepalive_expiry=15.0)


@cache
def _authorities() -> ssl.SSLContext:
    """Trusts the shipped authorities; read once for a process, since that takes 20 ms."""
    return httpx2.create_ssl_context(trust_env=False)


class HttpTransport(_Http[httpx2.Client]):
    """HTTP(S) to the service at ``base_url``, an origin without path, query or credentials.

    Plain ``http`` is accepted for loopback alone, since API keys and offers travel in the open there. Redirects are not
    followed, proxies and credentials of the environment are not used, compressed answers are refused, cookies are neither
    kept nor sent. A call without authorization is a holder's or a stranger's: it gets a connection of its own, so that the
    connection does not tell that the one who claimed a credential is the one who shows it. A request is sent again where
    that is safe and may help, within the whole exchange's time: see :mod:`credence.sdk.retries`. Safe for several threads.
    Raises :class:`Unsendable` for a base URL that is none of this.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        connections: int = 10,
        max_response: int = MAX_RESPONSE,
        tls: ssl.SSLContext | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        rng: Rng = secrets.token_bytes,
    ) -> None:
        super().__init__(base_url, timeouts, retries, max_response, rng)
        self._deadline = Deadline(monotonic)
        self._sleep = sleep
        context = tls or _authorities()
        self._known = self._open(connections, connections, context)
        self._unknown = self._open(connections, 0, context)

    def _open(self, connections: int, kept: int, tls: ssl.SSLContext) -> httpx2.Client:
        transport = DeadlineTransport(self._deadline, tls, _limits(connections, kept))
        return httpx2.Client(transport=transport, **self._settings())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The transport cannot be used afterwards."""
        self._known.close()
        self._unknown.close()

    def send(self, request: Request) -> Response:
        """See :class:`~credence.sdk.messages.Transport`.

        Raises :class:`Unsendable` for a path, query, key or body of no acceptable form and for a closed transport,
        :class:`Unreachable`, :class:`TimedOut`, or :class:`BadResponse` for a redirect, a compressed body or one
        over the size limit.
        """
        client, attempts = self._client(request), self._attempts(request)
        with self._deadline.within(self._whole):
            while True:
                outcome: Response | TransportError
                try:
                    outcome = self._once(client, request)
                except TransportError as error:
                    outcome = error
                pause = attempts.pause(outcome, self._deadline.remaining())
                if pause is not None:
                    self._sleep(pause)
                elif isinstance(outcome, Response):
                    return outcome
                else:
                    raise outcome

    def _once(self, client: httpx2.Client, request: Request) -> Response:
        with _failures(), contextlib.closing(client.send(self._build(client, request), stream=True)) as answer:
            incoming = Incoming(answer.status_code, answer.headers, self._max_response)
            for piece in answer.iter_raw():
                incoming.take(piece)
            return incoming.response()


class AsyncHttpTransport(_Http[httpx2.AsyncClient]):
    """As :class:`HttpTransport`, awaited. For the tasks of one event loop of asyncio.

    ``sleep`` is asyncio's. Whatever takes longer than the whole exchange may is cancelled.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts | None = None,
        retries: Retries | None = None,
        connections: int = 10,
        max_response: int = MAX_RESPONSE,
        tls: ssl.SSLContext | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        rng: Rng = secrets.token_bytes,
    ) -> None:
        super().__init__(base_url, timeouts, retries, max_response, rng)
        self._sleep = sleep
        context = tls or _authorities()
        self._known = self._open(connections, connections, context)
        self._unknown = self._open(connections, 0, context)

    def _open(self, connections: int, kept: int, tls: ssl.SSLContext) -> httpx2.AsyncClient:
        transport = httpx2.AsyncHTTPTransport(verify=tls, trust_env=False, limits=_limits(connections, kept))
        return httpx2.AsyncClient(transport=transport, **self._settings())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections. The transport cannot be used afterwards."""
        await self._known.aclose()
        await self._unknown.aclose()

    async def send(self, request: Request) -> Response:
        """As :meth:`HttpTransport.send`."""
        client, attempts, loop = self._client(request), self._attempts(request), asyncio.get_running_loop()
        end = loop.time() + self._whole
        with _failures():
            async with asyncio.timeout_at(end):
                while True:
                    outcome: Response | TransportError
                    try:
                        outcome = await self._once(client, request)
                    except TransportError as error:
                        outcome = error
                    pause = attempts.pause(outcome, end - loop.time())
                    if pause is not None:
                        await self._sleep(pause)
                    elif isinstance(outcome, Response):
                        return outcome
                    else:
                        raise outcome

    async def _once(self, client: httpx2.AsyncClient, request: Request) -> Response:
        with _failures():
            async with contextlib.aclosing(await client.send(self._build(client, request), stream=True)) as answer:
                incoming = Incoming(answer.status_code, answer.headers, self._max_response)
                async for piece in answer.aiter_raw():
                    incoming.take(piece)
                return incoming.response()


__all__ = [
    "JSON",
    "PROBLEM",
    "TEXT",
    "AsyncHttpTransport",
    "AsyncTransport",
    "HttpTransport",
    "Request",
    "Response",
    "Retries",
    "Timeouts",
    "Transport",
]
