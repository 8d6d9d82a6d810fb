"""What a request looks like on its way, and what an answer must look like: the rules that every way over HTTP keeps."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

import httpx2

from credence.circuits.fields import Json
from credence.sdk.errors import BadResponse, Unsendable
from credence.sdk.messages import FORM, JSON, PROBLEM, Request, Response

MAX_REQUEST: Final = 256 * 1024
"""Bytes of a request body that is sent."""

_API_KEY: Final = re.compile(r"cred_[A-Za-z0-9_.~-]{8,256}")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{16,64}")
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """The headers and the body of one attempt. Secret."""

    headers: Mapping[str, str] = field(repr=False)
    content: bytes | None = field(repr=False)


def outgoing(request: Request) -> Outgoing:
    """One attempt at a request. Raises :class:`Unsendable` for a path, key, authorization or body of no acceptable form."""
    if not _PATH.fullmatch(request.path):
        raise Unsendable("The path is not one of this protocol.")
    accept = JSON if request.accept == JSON else f"{request.accept}, {PROBLEM}"
    headers = {"Accept": accept, "Accept-Encoding": "identity"}
    content = None
    if request.form is not None:
        headers["Content-Type"], content = FORM, urlencode(request.form()).encode()
    elif request.body is not None:
        headers["Content-Type"], content = JSON, _encode(request.body)
    if request.idempotency_key is not None:
        if not _KEY.fullmatch(request.idempotency_key):
            raise Unsendable("The idempotency key does not have the form of one.")
        headers["Idempotency-Key"] = request.idempotency_key
    return Outgoing({**headers, **_authorization(request)}, content)


def _authorization(request: Request) -> Mapping[str, str]:
    if request.auth is None:
        return {}
    if not isinstance(request.auth, str):
        return request.auth.headers(request.method, request.path)
    if not _API_KEY.fullmatch(request.auth):
        raise Unsendable("The API key does not have the form of one.")
    return {"Authorization": f"Bearer {request.auth}"}


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


class Incoming:
    """An answer while it comes. Raises :class:`BadResponse` for a redirect, a compressed body, or over ``most`` bytes."""

    def __init__(self, status: int, headers: Mapping[str, str], most: int) -> None:
        self._status = status
        self._headers = {name.lower(): value for name, value in headers.items()}
        self._most = most
        self._body = bytearray()
        if 300 <= status < 400:
            raise BadResponse("The service answered with a redirect.")
        if self._headers.get("content-encoding", "identity").lower() != "identity":
            raise BadResponse("The service answered with a compressed body.")

    def take(self, piece: bytes) -> None:
        """The next piece of the body. Raises :class:`BadResponse`."""
        self._body += piece
        if len(self._body) > self._most:
            raise BadResponse("The service's answer is too large.")

    def response(self) -> Response:
        """The whole answer."""
        return Response(self._status, MappingProxyType(self._headers), bytes(self._body))


def read_origin(base_url: str) -> str:
    """A service's address without a slash at its end. Raises :class:`Unsendable` for anything but a safe origin."""
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
