"""Compact signatures over JSON (RFC 7515) with a client's own keys: Ed25519, or ECDSA on P-256 with SHA-256."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from credence.circuits.encoding import b64u
from credence.sdk.errors import Unsendable

SigningKey = Ed25519PrivateKey | EllipticCurvePrivateKey
"""A private key of a client; an elliptic one is on P-256."""


def check_key(key: SigningKey) -> None:
    """Returns iff a service accepts such a key. Raises :class:`Unsendable`."""
    if isinstance(key, Ed25519PrivateKey):
        return
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise Unsendable("A client signs with Ed25519, or with ECDSA on P-256.")


def public_jwk(key: SigningKey) -> dict[str, str]:
    """The public half as a JSON Web Key (RFC 7517): what a service is told."""
    if isinstance(key, Ed25519PrivateKey):
        return {"kty": "OKP", "crv": "Ed25519", "x": b64u(key.public_key().public_bytes_raw())}
    point = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": b64u(point.x.to_bytes(32, "big")), "y": b64u(point.y.to_bytes(32, "big"))}


def sign_claims(key: SigningKey, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    """A JWT with these claims. ``alg`` follows from the key and is added to the header."""
    algorithm = "Ed25519" if isinstance(key, Ed25519PrivateKey) else "ES256"
    parts = [b64u(_compact({"alg": algorithm, **header})), b64u(_compact(claims))]
    return ".".join((*parts, b64u(_signature(key, ".".join(parts).encode("ascii")))))


def _signature(key: SigningKey, message: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(message)
    r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _compact(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
