"""One deadline over a whole HTTP exchange, on top of httpx2's time limits for its single pieces.

A limit per piece does not bound an answer that drips in, each piece in time. Here every wait for the network, from the
connection and its handshake to the last byte, gets no more than what is left of the exchange. Only the resolution of a
host's name is the system's own time.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore2
import httpx2


class Deadline:
    """The end of the exchange that this thread is in. ``monotonic`` gives seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._end = threading.local()

    @contextlib.contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Everything inside ends ``seconds`` from now."""
        self._end.at = self._monotonic() + seconds
        try:
            yield
        finally:
            self._end.at = None

    def remaining(self) -> float:
        """The seconds that are left of the exchange; none outside of one."""
        end: float | None = getattr(self._end, "at", None)
        return 0.0 if end is None else end - self._monotonic()

    def left(self, timeout: float | None, late: type[Exception]) -> float | None:
        """The time limit of one wait, cut to what is left. Raises ``late`` where nothing is."""
        end: float | None = getattr(self._end, "at", None)
        if end is None:
            return timeout
        left = end - self._monotonic()
        if left <= 0:
            raise late
        return left if timeout is None else min(timeout, left)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, inner: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._deadline.left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # in pieces, since the wrapped stream counts its time limit anew for each
        for start in range(0, len(buffer), 65536):
            self._inner.write(buffer[start : start + 65536], self._deadline.left(timeout, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._inner = httpcore2.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left = self._deadline.left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, left, local_address, socket_options), self._deadline)


class DeadlineTransport(httpx2.HTTPTransport):
    """httpx2's own transport over connections that know the deadline."""

    def __init__(self, deadline: Deadline, tls: ssl.SSLContext, limits: httpx2.Limits) -> None:
        super().__init__(verify=tls, trust_env=False, limits=limits)
        self._pool.close()
        self._pool = httpcore2.ConnectionPool(
            ssl_context=tls,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Backend(deadline),
        )


__all__ = ["Deadline", "DeadlineTransport"]
