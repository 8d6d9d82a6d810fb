"""A client shows who it is by a signed assertion: ``private_key_jwt`` (RFC 7523 section 3, OpenID Connect Core section 9).

The order of the checks: form and header; which client and key it names; the signature; who it speaks of, to whom, and when.
That it was not used before is for the transaction that spends its ``jti``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from credence.service.auth import jose
from credence.service.auth.jose import Compact
from credence.service.auth.jwk import PublicJwk
from credence.service.auth.refusal import AccessRefused, Refusal, TimesRefused

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

MAX_LIFETIME: Final = 300
"""Seconds that an assertion may be valid for."""

_TYPES: Final = frozenset({None, "JWT", "client-authentication+jwt"})
_PARAMETERS: Final = frozenset({"alg", "typ", "kid"})


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion that is not verified yet: it names its client and perhaps its key."""

    compact: Compact
    client_id: str
    kid: str | None

    @classmethod
    def read(cls, token: str) -> Self:
        """Reads a token, and which client it names. Raises :class:`AccessRefused`."""
        compact = jose.read(token, types=_TYPES, parameters=_PARAMETERS)
        kid = jose.text(compact.header, "kid", max_length=64) if "kid" in compact.header else None
        return cls(compact, jose.text(compact.claims, "sub", max_length=128), kid)

    def verify(self, keys: Sequence[PublicJwk], *, endpoint: str, now: int) -> PublicJwk:
        """The key of ``keys``, which are the client's, that signed it for ``endpoint``.

        Raises :class:`AccessRefused`, of which :class:`TimesRefused` for a genuine one at the wrong time.
        """
        key = self._signer(keys)
        claims = self.compact.claims
        if claims.get("iss") != self.client_id:
            raise AccessRefused(Refusal.ISSUER)
        # one string, equal: a list, a prefix, another spelling or another tenant's endpoint is another audience
        if claims.get("aud") != endpoint:
            raise AccessRefused(Refusal.AUDIENCE)
        self._check_times(now)
        _ = self.jti
        return key

    @property
    def ends(self) -> int:
        """When it ends, in unix seconds."""
        return jose.moment(self.compact.claims, "exp")

    @property
    def jti(self) -> str:
        """What it is called, once among those of its client."""
        return jose.text(self.compact.claims, "jti", max_length=jose.MAX_JTI)

    def _check_times(self, now: int) -> None:
        ends = self.ends
        try:
            issued = jose.check_begun(self.compact.claims, now)
        except AccessRefused as error:
            raise (TimesRefused(error.refusal) if error.refusal is Refusal.NOT_YET_VALID else error) from error
        if now >= ends:
            raise TimesRefused(Refusal.EXPIRED)
        if ends - issued > MAX_LIFETIME:
            raise TimesRefused(Refusal.TOO_LONG)

    def _signer(self, keys: Sequence[PublicJwk]) -> PublicJwk:
        named = [key for key in keys if self.kid in (None, key.kid)]
        fitting = [key for key in named if self.compact.algorithm in key.algorithms]
        if not fitting:
            raise AccessRefused(Refusal.ALGORITHM if named else Refusal.UNKNOWN_KEY)
        for key in fitting:
            if key.verifies(self.compact.algorithm, self.compact.signed, self.compact.signature):
                return key
        raise AccessRefused(Refusal.FORGED)
