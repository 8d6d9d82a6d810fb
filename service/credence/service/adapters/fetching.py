"""What evidence has to be looked up for: a status list, a vendor's result. Only at hosts that the settings name.

Bounded in time and size, without proxies, cookies and redirects, and encrypted, except on the machine itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx2

from credence.service.clock import steady_clock
from credence.service.errors import Unavailable

MAX_ANSWER: Final = 1024 * 1024
"""Bytes of the largest answer that is read."""

DEADLINE: Final = 5.0
"""Seconds of a whole exchange, as far as its pieces tell, and of each wait in it."""

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class SourceUnavailable(Unavailable):
    """Somebody whom evidence depends on does not answer as they should, so that it can be neither accepted nor refused."""

    default = "The evidence cannot be checked at present: a source that it depends on does not answer."


class Fetch(Protocol):
    """Gets the body at an address. Safe for many threads."""

    def __call__(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        """The body. Raises :class:`SourceUnavailable` for everything but a 200."""
        ...


class HttpFetch:
    """A :class:`Fetch` over HTTP from ``hosts``, as they stand in an address. ``transport`` overrides the network."""

    def __init__(
        self,
        hosts: Iterable[str],
        *,
        transport: httpx2.BaseTransport | None = None,
        steady: Callable[[], float] = steady_clock,
    ) -> None:
        self._hosts: Final = frozenset(hosts)
        self._steady: Final = steady
        self._client: Final = httpx2.Client(
            transport=transport,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(DEADLINE),
            limits=httpx2.Limits(max_connections=8, max_keepalive_connections=0),  # so that none is left to be closed
            headers={"accept-encoding": "identity", "user-agent": "credence-issuer/1"},
        )

    def __call__(self, url: str, headers: Mapping[str, str] | None = None) -> bytes:
        """The body at ``url``. Raises :class:`SourceUnavailable`."""
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise SourceUnavailable from error
        plain = parts.scheme == "http" and parts.hostname in LOOPBACK
        if parts.netloc not in self._hosts or not (parts.scheme == "https" or plain):
            raise SourceUnavailable
        began = self._steady()
        try:
            with self._client.stream("GET", url, headers=dict(headers or {})) as response:
                if response.status_code != httpx2.codes.OK or "content-encoding" in response.headers:
                    raise SourceUnavailable
                body = b""
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > MAX_ANSWER or self._steady() - began > DEADLINE:
                        raise SourceUnavailable
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise SourceUnavailable from error
        return body
