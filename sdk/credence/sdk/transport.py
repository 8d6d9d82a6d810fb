"""The one seam to the network: a :class:`Request` goes in, a :class:`Response` comes out.

Nothing above this file knows how bytes travel. :class:`HttpTransport` sends them over HTTP; a test, a queue or an async
client puts something else in its place. What an answer means is read in :mod:`credence.sdk.answers`.
"""

from __future__ import annotations

import ipaddress
import json
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType, TracebackType
from typing import Any, Final, Literal, Protocol, Self

import httpx2

from credence.circuits.fields import Json
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
    """Seconds: to connect, to read or write one piece, to wait for a free connection, and for the whole exchange."""

    connect: float = 5.0
    read: float = 20.0
    write: float = 10.0
    pool: float = 10.0
    whole: float = 60.0


class HttpTransport:
    """HTTP(S) to the service at ``base_url``, an origin without path, query or credentials.

    Plain ``http`` is accepted for loopback alone, since API keys and offers travel in the open there. Redirects are not
    followed, proxies and credentials of the environment are not used, compressed answers are refused. Safe for several
    threads. Raises :class:`Unsendable` for a base URL that is none of this.
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
        self._monotonic = monotonic
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(connect=times.connect, read=times.read, write=times.write, pool=times.pool),
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=15.0),
            follow_redirects=False,
            trust_env=False,
            verify=True if tls is None else tls,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections. The transport cannot be used afterwards."""
        self._client.close()

    def send(self, request: Request) -> Response:
        """See :class:`Transport`.

        Raises :class:`Unsendable` for a path or API key of no acceptable form, :class:`Unreachable`, :class:`TimedOut`, or
        :class:`BadResponse` for a redirect, a compressed body or one over the size limit.
        """
        if not _PATH.fullmatch(request.path):
            raise Unsendable("The path is not one of this protocol.")
        deadline = self._monotonic() + self._whole
        try:
            with self._client.stream(
                request.method,
                self._base + request.path,
                params=dict(request.query) or None,
                headers=_headers(request),
                content=None if request.body is None else _encode(request.body),
            ) as answer:
                return self._read(answer, deadline)
        except httpx2.TimeoutException as error:
            raise TimedOut from error
        except (httpx2.RemoteProtocolError, httpx2.DecodingError) as error:
            raise BadResponse from error
        except httpx2.HTTPError as error:
            raise Unreachable from error

    def _read(self, answer: httpx2.Response, deadline: float) -> Response:
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
            if self._monotonic() > deadline:
                raise TimedOut
        return Response(answer.status_code, MappingProxyType(headers), bytes(body))


def _origin(base_url: str) -> str:
    try:
        url = httpx2.URL(base_url)
    except (httpx2.InvalidURL, TypeError) as error:
        raise Unsendable("The service's address is no URL.") from error
    beyond = url.userinfo or url.query or url.fragment or url.path not in ("", "/")
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
