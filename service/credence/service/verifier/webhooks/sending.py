"""One POST to a receiver that nobody here knows.

The name is resolved once, every address that it gives is looked at, and the connection goes to the first of exactly these:
between the look and the connection nothing is asked again. No proxy, no cookie, no redirect, no connection that is kept. The
whole exchange, from the resolution to the last byte, ends with its deadline; of the answer the status and ``Retry-After``
count, and its body is thrown away.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any, Final

import httpcore2
import httpx2

from credence.service.errors import InvalidRequest
from credence.service.verifier.webhooks.addresses import Destination, is_public, read_url

DEADLINE: Final = 15.0
"""Seconds of a whole exchange."""

MAX_ANSWER: Final = 16 * 1024
"""Bytes of an answer's body that are read, and thrown away."""

_AGENT: Final = b"credence-webhooks/1"

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The IP addresses of a host's name. Raises :class:`OSError`."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent: to an endpoint's address, three headers of Standard Webhooks, and JSON."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """A receiver answered with ``status``. ``retry_after`` is the header as it came."""

    status: int
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer. ``why`` is ``timeout``, ``unreachable``, ``tls``, ``address`` (it is not public) or ``no-http``."""

    why: str


Send = Callable[[Outgoing], Awaitable[Answered | Unanswered]]


class _Private(httpcore2.ConnectError):
    """The name leads to an address that is not public."""


class Resolver:
    """The system's resolver, a :data:`Resolve`, in ``threads`` of its own: a name that takes long delays no other work."""

    def __init__(self, threads: int) -> None:
        self._threads: Final = ThreadPoolExecutor(threads, thread_name_prefix="resolver")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """Every address of a name, each once."""
        look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(self._threads, look)
        return list(dict.fromkeys(str(place[4][0]) for place in found))

    def close(self) -> None:
        """Ends the threads, without waiting for the names that they are asking for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@cache
def _authorities() -> ssl.SSLContext:
    """Trusts the shipped authorities; read once for a process, since that takes 20 ms."""
    return httpx2.create_ssl_context(trust_env=False)


class Sender:
    """Sends over the network; an instance is a :data:`Send`. Hosts among ``allowed`` may be private and plain http."""

    def __init__(
        self,
        allowed: Collection[str],
        resolve: Resolve,
        *,
        tls: ssl.SSLContext | None = None,
        deadline: float = DEADLINE,
    ) -> None:
        self._allowed: Final = frozenset(allowed)
        self._backend: Final = _Checked(self._allowed, resolve)
        self._tls: Final = tls or _authorities()
        self._deadline: Final = deadline

    async def __call__(self, outgoing: Outgoing) -> Answered | Unanswered:
        """Never raises for what a receiver, its name or the network does."""
        try:
            destination = read_url(outgoing.url, self._allowed)
        except InvalidRequest:
            return Unanswered("address")  # the operator allowed the host once, and no longer does
        answered: list[Answered] = []
        try:
            async with asyncio.timeout(self._deadline):
                await self._exchange(destination, outgoing, answered)
        except (TimeoutError, httpcore2.TimeoutException):
            why = "timeout"
        except _Private:
            why = "address"
        except (httpcore2.NetworkError, OSError) as error:
            why = "tls" if _is_tls(error) else "unreachable"
        except (httpcore2.ProtocolError, httpcore2.UnsupportedProtocol):
            why = "no-http"
        else:
            return answered[0]
        return answered[0] if answered else Unanswered(why)  # a body that never ends changes nothing

    async def _exchange(self, to: Destination, outgoing: Outgoing, answered: list[Answered]) -> None:
        url = httpcore2.URL(scheme=to.scheme, host=to.host, port=to.port, target=to.target)
        headers = {
            **{name.encode("ascii"): value.encode("ascii") for name, value in outgoing.headers.items()},
            b"host": _host(to),
            b"content-type": b"application/json",
            b"content-length": str(len(outgoing.body)).encode("ascii"),
            b"user-agent": _AGENT,
            b"connection": b"close",
        }
        pool = httpcore2.AsyncConnectionPool(
            ssl_context=self._tls, network_backend=self._backend, max_connections=1, max_keepalive_connections=0
        )
        async with (
            pool,
            pool.stream("POST", url, headers=list(headers.items()), content=outgoing.body) as response,
        ):
            waits = [value for name, value in response.headers if name.lower() == b"retry-after"]
            answered.append(Answered(response.status, waits[0].decode("latin-1") if len(waits) == 1 else None))
            size = 0
            async for piece in response.aiter_stream():
                size += len(piece)
                if size > MAX_ANSWER:
                    return


def _is_tls(error: BaseException | None) -> bool:
    """Whether it began with a handshake that failed."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _host(to: Destination) -> bytes:
    host = f"[{to.host}]" if ":" in to.host else to.host
    return (host if to.port == {"https": 443, "http": 80}[to.scheme] else f"{host}:{to.port}").encode("ascii")


class _Checked(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that were looked at, and to no name."""

    def __init__(self, allowed: frozenset[str], resolve: Resolve) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's own signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        places = await self._resolve(host, port)
        # one private address among public ones is enough: whoever owns the name chooses which is taken
        if host not in self._allowed and not all(map(is_public, places)):
            raise _Private
        refusal: Exception = httpcore2.ConnectError("no address")
        for place in places:
            try:
                return await self._inner.connect_tcp(place, port, timeout, local_address, socket_options)
            except httpcore2.ConnectError as error:
                refusal = error
        raise refusal

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)
