"""Tokens made by hand, so that every part of one can be wrong."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NOW = 1_790_000_000
ISSUER = "issuer.example"
VENDOR = "vendor.example"

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = KEY.public_key().public_bytes_raw()

HEADER: dict[str, Any] = {"alg": "Ed25519", "kid": VENDOR, "typ": "credence-evidence+jwt"}
CLAIMS: dict[str, Any] = {
    "iss": VENDOR,
    "aud": ISSUER,
    "jti": "check-1",
    "iat": NOW - 100,
    "nbf": NOW - 100,
    "exp": NOW + 3_600,
    "kind": "natural",
    "given_name": "Zoë",
    "family_name": "Marchetti",
    "birth_date": "1990-02-28",
    "document": {"country": "IT", "type": "passport", "number": "YA 123-4567"},
    "nationality": "IT",
    "residence": "DE",
    "assurance": "substantial",
    "pep": False,
    "accredited": True,
}

ABSENT = object()


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def ed25519(signed: bytes) -> bytes:
    return KEY.sign(signed)


def compact(header: bytes, payload: bytes, sign: Callable[[bytes], bytes] = ed25519) -> bytes:
    """A token over any bytes at all."""
    signed = f"{encoded(header)}.{encoded(payload)}".encode()
    return signed + b"." + encoded(sign(signed)).encode()


def changed(base: dict[str, Any], changes: dict[str, Any]) -> bytes:
    """JSON of ``base`` with some members changed, or left out where they are ``ABSENT``."""
    members = {**base, **changes}
    return json.dumps({name: value for name, value in members.items() if value is not ABSENT}).encode()


def token(header: dict[str, Any] | None = None, claims: dict[str, Any] | None = None, **more: Any) -> bytes:
    """The accepted token, but for these members of header and claims."""
    return compact(changed(HEADER, header or {}), changed(CLAIMS, claims or {}), **more)
