"""A client shows who it is without a secret that travels: OAuth 2 client credentials by ``private_key_jwt``, bound by DPoP.

With its signing key, whose public half the operator registered, a client signs an assertion (RFC 7523) and gets an access
token for some minutes. The token is good only beside a proof by the binding key, another one for each request (RFC 9449).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar

from credence.circuits.encoding import Rng, b64u
from credence.sdk.calls import Call, ask, auth, keyed
from credence.sdk.clock import Clock, system_clock
from credence.sdk.errors import BadResponse, Unauthorized, Unsendable
from credence.sdk.flow import Flow, W
from credence.sdk.messages import Auth
from credence.sdk.signing import SigningKey, check_key, public_jwk, sign_claims

T = TypeVar("T")

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

ASSERTION_SECONDS: Final = 60
"""How long an assertion may take to arrive."""

MARGIN: Final = 60
"""A token is not used in its last seconds: so many, or the last fifth of a shorter life."""

_ADDRESS: Final = re.compile(r"https?://[!-~]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class BoundToken:
    """An access token and the key it is bound to. ``renew_at`` (unix seconds) lies before its end."""

    value: str = field(repr=False)
    renew_at: int
    _possession: Possession = field(repr=False)

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        """See :class:`~credence.sdk.messages.Authorization`."""
        proof = self._possession.proof(method, path, {"ath": b64u(hashlib.sha256(self.value.encode()).digest())})
        return {"Authorization": f"DPoP {self.value}", "DPoP": proof}


@dataclass(frozen=True, slots=True)
class Possession:
    """Proves that one holds a key, for requests to one service."""

    key: SigningKey = field(repr=False)
    base_url: str
    clock: Clock = field(repr=False)
    rng: Rng = field(repr=False)

    def proof(self, method: str, path: str, more: Mapping[str, Any]) -> str:
        """A proof for one request (RFC 9449 section 4.2)."""
        header = {"typ": "dpop+jwt", "jwk": public_jwk(self.key)}
        claims = {"htm": method, "htu": self.base_url + path, "iat": self.clock(), "jti": b64u(self.rng(16)), **more}
        return sign_claims(self.key, header, claims)

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        """The proof alone, where there is no token yet. See :class:`~credence.sdk.messages.Authorization`."""
        return {"DPoP": self.proof(method, path, {})}


class ClientCredentials:
    """One client's keys, and the token that they got last.

    ``signing_key`` is the one whose public half is registered (:func:`~credence.sdk.signing.public_jwk` gives it), under
    ``kid`` where that is said; ``binding_key`` need never be told to anybody and may be made at each start. ``base_url`` is
    the service's address as the service itself knows it (its ``CREDENCE_BASE_URL``), whatever stands in between. Without
    ``scope`` a token carries all that the key carries. Safe for several threads and tasks: at worst two of them get a token
    each.

    Raises :class:`Unsendable` for another kind of key, or an address that is none.
    """

    def __init__(
        self,
        client_id: str,
        *,
        signing_key: SigningKey,
        binding_key: SigningKey,
        base_url: str,
        scope: Iterable[str] = (),
        kid: str | None = None,
        clock: Clock = system_clock,
        rng: Rng = secrets.token_bytes,
    ) -> None:
        for key in (signing_key, binding_key):
            check_key(key)
        self._client_id = client_id
        self._signing_key = signing_key
        self._scope = " ".join(scope)
        self._kid = {} if kid is None else {"kid": kid}
        self._possession = Possession(binding_key, _address(base_url), clock, rng)
        self._held: BoundToken | None = None

    @property
    def held(self) -> BoundToken | None:
        """The token that was got last."""
        return self._held

    def token(self, way: W, *, other_than: BoundToken | None = None) -> Flow[W, BoundToken]:
        """A token with some life left, a new one where the last has not, or is ``other_than``.

        Raises :class:`Unauthorized` where the key is not, or no longer, a live one of the client, and as
        :func:`~credence.sdk.calls.ask`.
        """
        held = self._held
        if held is not None and held is not other_than and self._possession.clock() < held.renew_at:
            return held
        asked_at = self._possession.clock()
        grant = yield from ask(way, auth.token(self._form, self._possession))
        if not (grant.access_token.isascii() and grant.access_token.isprintable() and " " not in grant.access_token):
            raise BadResponse("The service's token cannot be sent.")
        renew_at = asked_at + grant.expires_in - min(MARGIN, grant.expires_in // 5)
        self._held = BoundToken(grant.access_token, renew_at, self._possession)
        return self._held

    def _form(self) -> Mapping[str, str]:
        now = self._possession.clock()
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": self._possession.base_url + auth.TOKEN_PATH,
            "iat": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": b64u(self._possession.rng(16)),
        }
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": sign_claims(self._signing_key, self._kid, claims),
        }
        return {**form, "scope": self._scope} if self._scope else form


def _address(base_url: str) -> str:
    """An address as the service compares it: as text."""
    if not _ADDRESS.fullmatch(base_url) or "?" in base_url or "#" in base_url:
        raise Unsendable("The service's address is an absolute http or https address without query and fragment.")
    return base_url.rstrip("/")


Credentials = str | ClientCredentials
"""An API key, or keys that get access tokens."""


def one_of(api_key: str | None, credentials: ClientCredentials | None) -> Credentials:
    """The one that is given. Raises :class:`Unsendable` for both or neither."""
    if credentials is None and api_key is not None:
        return api_key
    if credentials is None or api_key is not None:
        raise Unsendable("A client has an API key or client credentials: give one of the two.")
    return credentials


def ask_as(way: W, credentials: Credentials, make: Callable[[Auth], Call[T]], rng: Rng) -> Flow[W, T]:
    """Ask what ``make`` makes, as a client. A token that is refused before its end is renewed once.

    Raises as :func:`~credence.sdk.calls.ask`.
    """
    if isinstance(credentials, str):
        return (yield from ask(way, keyed(make(credentials), rng)))
    known = credentials.held
    token = yield from credentials.token(way)
    call = keyed(make(token), rng)
    try:
        return (yield from ask(way, call))
    except Unauthorized:
        if token is not known:
            raise
    token = yield from credentials.token(way, other_than=token)
    return (yield from ask(way, replace(call, request=replace(call.request, auth=token))))


__all__ = ["BoundToken", "ClientCredentials", "Credentials", "Possession", "ask_as", "one_of"]
