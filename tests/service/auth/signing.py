"""What a client does at its side: keys, assertions and proofs, right by default and wrong where a test says so."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from credence.circuits.encoding import b64u

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

_numbers = count(1)


def compact(header: object, claims: object, sign: Callable[[bytes], bytes]) -> str:
    """A compact JWS of whatever is given; bytes go in as they are."""
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in (header, claims)]
    signed = ".".join(map(b64u, parts))
    return f"{signed}.{b64u(sign(signed.encode()))}"


class Key(Protocol):
    """A private key of a client."""

    algorithm: str

    @property
    def jwk(self) -> dict[str, str]:
        """Its public half."""
        ...

    def sign(self, data: bytes) -> bytes:
        """A raw JWS signature."""
        ...


@dataclass
class Edwards:
    """An Ed25519 key from its seed."""

    seed: bytes = field(repr=False)
    algorithm: str = "EdDSA"

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @property
    def jwk(self) -> dict[str, str]:
        return {"kty": "OKP", "crv": "Ed25519", "x": b64u(self.private.public_key().public_bytes_raw())}

    def sign(self, data: bytes) -> bytes:
        return self.private.sign(data)


@dataclass
class Weierstrass:
    """A P-256 key from its secret number, by default; ``curve`` may be another."""

    secret: int = field(repr=False)
    algorithm: str = "ES256"
    curve: ec.EllipticCurve = field(default_factory=ec.SECP256R1)
    crv: str = "P-256"

    @property
    def private(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.secret, self.curve)

    @property
    def jwk(self) -> dict[str, str]:
        numbers = self.private.public_key().public_numbers()
        size = (self.curve.key_size + 7) // 8
        return {"kty": "EC", "crv": self.crv, "x": b64u(numbers.x.to_bytes(size)), "y": b64u(numbers.y.to_bytes(size))}

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self.private.sign(data, ec.ECDSA(SHA256())))
        size = (self.curve.key_size + 7) // 8
        return r.to_bytes(size) + s.to_bytes(size)


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    """Signs by a shared secret, such as the text of somebody's public key."""
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


def changed(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``changes``; a change to None takes the member away."""
    return {name: value for name, value in {**base, **changes}.items() if value is not None}


def assertion(key: Key, client_id: str, endpoint: str, now: int, header: Mapping[str, Any] = {}, **changes: Any) -> str:
    """``private_key_jwt`` for a token endpoint."""
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": endpoint,
        "iat": now,
        "exp": now + 60,
        "jti": f"assertion-{next(_numbers)}",
    }
    return compact(changed({"alg": key.algorithm, "typ": "JWT"}, header), changed(claims, changes), key.sign)


def proof(
    key: Key,
    method: str,
    url: str,
    now: int,
    token: str | None = None,
    header: Mapping[str, Any] = {},
    **changes: Any,
) -> str:
    """A DPoP proof for one request."""
    claims: dict[str, Any] = {"htm": method, "htu": url, "iat": now, "jti": f"proof-{next(_numbers)}"}
    if token is not None:
        claims["ath"] = b64u(hashlib.sha256(token.encode()).digest())
    base = {"typ": "dpop+jwt", "alg": key.algorithm, "jwk": key.jwk}
    return compact(changed(base, header), changed(claims, changes), key.sign)


def token_form(signed: str, **changes: Any) -> dict[str, str]:
    """The form of a token request."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": JWT_BEARER,
        "client_assertion": signed,
    }
    return changed(form, changes)
