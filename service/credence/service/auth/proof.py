"""Proofs of possession: DPoP (RFC 9449). The numbers are those of its section 4.3.

A proof binds one request to a key. That it was not used before is for the transaction that spends its ``jti``; a nonce of
the server (step 10) is not asked for, because every ``jti`` is remembered for longer than its proof is accepted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed
from credence.service.auth import jose
from credence.service.auth.jwk import PublicJwk
from credence.service.auth.refusal import AccessRefused, Refusal

MAX_AGE: Final = 60
"""Seconds that a proof is accepted for."""

_TYPES: Final = frozenset({"dpop+jwt"})
_PARAMETERS: Final = frozenset({"typ", "alg", "jwk"})


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that holds for one request: the thumbprint of its key, its ``jti``, and when it stops being accepted."""

    thumbprint: str
    jti: str
    ends: int


def check_proof(headers: Sequence[str], *, method: str, url: str, now: int, token: str | None) -> Proof:
    """The proof in the ``DPoP`` headers of a request for ``method`` and ``url`` (without query), with ``token`` if one is
    used.

    Raises :class:`AccessRefused`.
    """
    if len(headers) != 1:  # 1
        raise AccessRefused(Refusal.MALFORMED)
    compact = jose.read(headers[0], types=_TYPES, parameters=_PARAMETERS)  # 2, 4, 5
    try:
        key = PublicJwk.parse(compact.header.get("jwk"))  # 7
    except Malformed as error:
        raise AccessRefused(Refusal.KEY) from error
    jose.verify(compact, key)  # 6
    claims = compact.claims
    jti = jose.text(claims, "jti", max_length=jose.MAX_JTI)  # 3
    if claims.get("htm") != method:  # 8
        raise AccessRefused(Refusal.METHOD)
    if claims.get("htu") != url:  # 9: equal as text, since a client knows the address from us
        raise AccessRefused(Refusal.ADDRESS)
    ends = jose.check_begun(claims, now) + MAX_AGE  # 11
    if now >= ends:
        raise AccessRefused(Refusal.EXPIRED)
    if claims.get("ath") != (None if token is None else token_hash(token)):  # 12
        raise AccessRefused(Refusal.TOKEN_HASH)
    return Proof(key.thumbprint, jti, ends)


def token_hash(token: str) -> str:
    """``ath``: the SHA-256 of an access token as it is sent, in base64url."""
    return b64u(hashlib.sha256(token.encode("ascii")).digest())
