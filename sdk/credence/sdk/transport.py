"""The one seam to the network: a :class:`Request` goes in, a :class:`Response` comes out.

Nothing above this file knows how bytes travel. :class:`HttpTransport` sends them over HTTP; a test, a queue or an async
client puts something else in its place. What an answer means is read in :mod:`credence.sdk.answers`.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import MappingProxyType, TracebackType
from typing import Any, Final, Literal, Protocol, Self

import httpx2

from credence.circuits.fields import Json
from credence.sdk.deadline import Deadline, DeadlineTransport
from credence.sdk.errors import BadResponse, TimedOut, Unreachable, Unsendable

MAX_REQUEST: Final = 256 * 1024
"""Bytes of a request body that is sent."""

MAX_RESPONSE: Final = 1024 * 1024
"""Bytes of a response body that is read."""

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
TEXT: Final = "text/plain"

_API_KEY: Final = re.compile(r"cred_[A-Za-z0-9_.~-]{8,256}")
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


@dataclass(frozen=True, slots=True)
class Request:
    """One call. ``body`` is JSON, ``api_key`` travels as a bearer token and is never printed."""

    method: Literal["GET", "POST", "PUT"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Json | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    accept: Literal["application/json", "text/plain"] = JSON


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. ``headers`` have lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """The content type without its parameters, lower-case; empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Transport(Protocol):
    """A way to one service."""

    def send(self, request: Request) -> Response:
        """The service's answer, whatever its status. Raises :class:`~credence.sdk.errors.TransportError` for none."""
        ...


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, to read or write one piece, to wait for a free connection, and for the whole exchange.

    ``whole`` bounds everything but the resolution of the host's name and the wait for a free connection.
    """

    connect: float = 5.0
    read: float = 20.0
    write: float = 10.0
    pool: float = 10.0
    whole: float = 60.0


class HttpTransport:
    """HTTP(S) to the service at ``base_url``, an origin without path, query or credentials.

    Plain ``http`` is accepted for loopback alone, since API keys and offers travel in the open there. Redirects are not
    followed, proxies and credentials of the environment are not used, compressed answers are refused, cookies are neither
    kept nor sent. A call without an API key is a holder's or a stranger's: it gets a connection of its own, so that the
    connection does not tell that the one who claimed a credential is the one who shows it. Safe for several threads. Raises
    :class:`Unsendable` for a base URL that is none of this.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeouts: Timeouts | None = None,
        connections: int = 10,
        max_response: int = MAX_RESPONSE,
        tls: ssl.SSLContext | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        times = timeouts or Timeouts()
        self._base = _origin(base_url)
        self._whole = times.whole
        self._max_response = max_response
        self._deadline = Deadline(monotonic)
        self._timeout = httpx2.Timeout(connect=times.connect, read=times.read, write=times.write, pool=times.pool)
        context = httpx2.create_ssl_context(trust_env=False) if tls is None else tls
        self._known = self._client(connections, connections, context)
        self._unknown = self._client(connections, 0, context)

    def _client(self, connections: int, kept: int, tls: ssl.SSLContext) -> httpx2.Client:
        limits = httpx2.Limits(max_connections=connections, max_keepalive_connections=kept, keepalive_expiry=15.0)
        return httpx2.Client(
            transport=DeadlineTransport(self._deadline, tls, limits),
            timeout=self._timeout,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            follow_redirects=False,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The transport cannot be used afterwards."""
        self._known.close()
        self._unknown.close()

    def send(self, request: Request) -> Response:
        """See :class:`Transport`.

        Raises :class:`Unsendable` for a path, query or API key of no acceptable form and for a closed transport,
        :class:`Unreachable`, :class:`TimedOut`, or :class:`BadResponse` for a redirect, a compressed body or one
        over the size limit.
        """
        if not _PATH.fullmatch(request.path):
            raise Unsendable("The path is not one of this protocol.")
        client = self._unknown if request.api_key is None else self._known
        if client.is_closed:
            raise Unsendable("The transport is closed.")
        headers, content = _headers(request), None if request.body is None else _encode(request.body)
        try:
            with self._deadline.within(self._whole):
                built = client.build_request(
                    request.method,
                    self._base + request.path,
                    params=dict(request.query) or None,
                    headers=headers,
                    content=content,
                )
                with contextlib.closing(client.send(built, stream=True)) as answer:
                    return self._read(answer)
        except UnicodeError as error:
            raise Unsendable("The query is no text.") from error
        except httpx2.TimeoutException as error:
            raise TimedOut from error
        except (httpx2.RemoteProtocolError, httpx2.DecodingError) as error:
            raise BadResponse from error
        except httpx2.HTTPError as error:
            raise Unreachable from error

    def _read(self, answer: httpx2.Response) -> Response:
        headers = {name.lower(): value for name, value in answer.headers.items()}
        if 300 <= answer.status_code < 400:
            raise BadResponse("The service answered with a redirect.")
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise BadResponse("The service answered with a compressed body.")
        body = bytearray()
        for piece in answer.iter_raw():
            body += piece
            if len(body) > self._max_response:
                raise BadResponse("The service's answer is too large.")
        return Response(answer.status_code, MappingProxyType(headers), bytes(body))


def _origin(base_url: str) -> str:
    try:
        url = httpx2.URL(base_url)
    except (httpx2.InvalidURL, TypeError) as error:
        raise Unsendable("The service's address is no URL.") from error
    beyond = url.userinfo or "?" in base_url or "#" in base_url or url.path not in ("", "/")
    if url.scheme not in ("http", "https") or not url.host or beyond:
        raise Unsendable("The service's address is an origin: scheme, host and port.")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise Unsendable("The service's address is https, or on this machine.")
    return str(url).rstrip("/")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _headers(request: Request) -> dict[str, str]:
    accept = JSON if request.accept == JSON else f"{request.accept}, {PROBLEM}"
    headers = {"Accept": accept, "Accept-Encoding": "identity"}
    if request.body is not None:
        headers["Content-Type"] = JSON
    if request.api_key is not None:
        if not _API_KEY.fullmatch(request.api_key):
            raise Unsendable("The API key does not have the form of one.")
        headers["Authorization"] = f"Bearer {request.api_key}"
    return headers


def _encode(body: Json) -> bytes:
    try:
        data = json.dumps(dict(body), allow_nan=False, separators=(",", ":"), default=_plain).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Unsendable("The request body is no JSON.") from error
    if len(data) > MAX_REQUEST:
        raise Unsendable("The request body is too large.")
    return data


def _plain(value: object) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError
