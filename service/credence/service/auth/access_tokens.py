"""Access tokens: short-lived JWTs (RFC 9068) signed by a key of their own, useless without the key they are bound to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from joserfc import jws
from joserfc.jwk import OKPKey

from credence.circuits.encoding import Rng, b64u
from credence.service.auth import jose
from credence.service.auth.jwk import PublicJwk
from credence.service.auth.refusal import AccessRefused, Refusal
from credence.service.auth.scopes import Scope, read_scopes, write_scopes
from credence.service.keys import Keyring, Purpose

LIFETIME: Final = 300
"""Seconds that an access token lives."""

_ALGORITHM: Final = "Ed25519"
_TYPE: Final = "at+jwt"
_PARAMETERS: Final = frozenset({"alg", "kid", "typ"})


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a token says: who, what for, bound to which key (``cnf.jkt``), got with which registered key."""

    client_id: str
    scopes: frozenset[Scope]
    bound_to: str
    got_with: str


def mint(keyring: Keyring, content: AccessToken, *, issuer: str, now: int, rng: Rng) -> str:
    """A signed token with ``content`` that begins at ``now`` (unix seconds). ``issuer`` is the service's base URL."""
    version = keyring.current(Purpose.ACCESS_TOKEN)
    claims = {
        "iss": issuer,
        "aud": issuer,
        "sub": content.client_id,
        "client_id": content.client_id,
        "scope": write_scopes(content.scopes),
        "cnf": {"jkt": content.bound_to},
        "key": content.got_with,
        "iat": now,
        "exp": now + LIFETIME,
        "jti": b64u(rng(16)),
    }
    header = {"alg": _ALGORITHM, "kid": version.key_id, "typ": _TYPE}
    key = OKPKey.import_key(keyring.signing_key(Purpose.ACCESS_TOKEN, version.key_id))
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[_ALGORITHM])


def read(keyring: Keyring, token: str, *, issuer: str, now: int) -> AccessToken:
    """What a token of this service says. Raises :class:`AccessRefused`."""
    compact = jose.read(token, types=frozenset({_TYPE}), parameters=_PARAMETERS)
    if compact.algorithm != _ALGORITHM:
        raise AccessRefused(Refusal.ALGORITHM)
    key_id = jose.text(compact.header, "kid")
    if key_id not in {version.key_id for version in keyring.live(Purpose.ACCESS_TOKEN)}:
        raise AccessRefused(Refusal.UNKNOWN_KEY)
    own = keyring.public_key(Purpose.ACCESS_TOKEN, key_id).public_bytes_raw()
    jose.verify(compact, PublicJwk.parse({"kty": "OKP", "crv": "Ed25519", "x": b64u(own)}))
    claims = compact.claims
    if claims.get("iss") != issuer or claims.get("aud") != issuer:
        raise AccessRefused(Refusal.AUDIENCE)
    jose.check_begun(claims, now)  # another replica's clock may be ahead
    if now >= jose.moment(claims, "exp"):
        raise AccessRefused(Refusal.EXPIRED)
    bound = claims.get("cnf")
    if not isinstance(bound, dict):
        raise AccessRefused(Refusal.CLAIMS)
    return AccessToken(
        client_id=jose.text(claims, "sub", max_length=128),
        scopes=read_scopes(jose.text(claims, "scope")),
        bound_to=jose.text(bound, "jkt"),
        got_with=jose.text(claims, "key"),
    )
