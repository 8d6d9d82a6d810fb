"""Client credentials become an access token (RFC 6749 section 4.4), by a signed assertion and a proof of possession.

The three steps: the request is read; assertion and proof are verified; both are used up in one transaction, in which the key
is looked at again. Only then is a scope refused, so that an assertion serves for one answer, whatever it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Final, Self
from urllib.parse import parse_qsl

from sqlmodel import Session

from credence.circuits.credential import day_of
from credence.service.auth import access_tokens, records
from credence.service.auth.access import spend_id, spend_proof
from credence.service.auth.access_tokens import AccessToken
from credence.service.auth.assertion import ASSERTION_TYPE, Assertion
from credence.service.auth.proof import Proof, check_proof
from credence.service.auth.public_keys import live_keys, lives
from credence.service.auth.refusal import AccessRefused, Refusal
from credence.service.auth.scopes import Scope, read_scopes
from credence.service.errors import InvalidRequest
from credence.service.runtime import Services
from credence.service.settings import Limit

GRANT_TYPE: Final = "client_credentials"

TOKEN_PATH: Final = "/v1/auth/token"  # noqa: S105 - a path
"""Where the token endpoint is, under the service's base URL."""

_MAX_PARAMETERS: Final = 16


class TokenRequestRefused(InvalidRequest):
    """A token request that is no such request; ``code`` is the error of RFC 6749 section 5.2."""

    code: ClassVar[str] = "invalid_request"


class UnsupportedGrant(TokenRequestRefused):
    """Another grant than client credentials."""

    code = "unsupported_grant_type"
    default = "The one grant type is client_credentials."


class InvalidScope(TokenRequestRefused):
    """A scope that there is not, or that the client's key does not carry."""

    code = "invalid_scope"
    default = "The key of the client does not carry this scope."


@dataclass(frozen=True)
class TokenRequest:
    """A token request, read. ``scope`` is empty where everything that the key carries is asked for."""

    assertion: str = field(repr=False)
    client_id: str | None
    scope: tuple[str, ...]

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Reads a URL-encoded form. What RFC 6749 does not know is left alone. Raises :class:`TokenRequestRefused`."""
        form = _form(body)
        if "client_secret" in form:
            raise TokenRequestRefused("A client has no secret here: it signs an assertion.")
        if form.get("grant_type") != GRANT_TYPE:
            raise UnsupportedGrant
        if form.get("client_assertion_type") != ASSERTION_TYPE or not form.get("client_assertion"):
            raise TokenRequestRefused("A client_assertion of type jwt-bearer is needed.")
        return cls(form["client_assertion"], form.get("client_id"), tuple(form.get("scope", "").split(" ")))


@dataclass(frozen=True)
class Grant:
    """An access token, what it may do, and for how many seconds."""

    access_token: str = field(repr=False)
    scopes: frozenset[Scope]
    expires_in: int


def token_endpoint(services: Services) -> str:
    """The token endpoint's address: the one audience of assertions."""
    return services.settings.base_url + TOKEN_PATH


def exchange(services: Services, request: TokenRequest, proofs: Sequence[str]) -> Grant:
    """A token for whoever signed the assertion, bound to the key of the proof. Blocks.

    Raises :class:`AccessRefused`, and :class:`InvalidScope` once it is known who asks.
    """
    now, store, endpoint = services.clock(), services.store("auth"), token_endpoint(services)
    proof = check_proof(proofs, method="POST", url=endpoint, now=now, token=None)
    assertion = Assertion.read(request.assertion)
    if request.client_id not in (None, assertion.client_id):
        raise AccessRefused(Refusal.ISSUER)
    with store.reading() as session:
        keys = live_keys(session, assertion.client_id, now)
    key = assertion.verify(keys, endpoint=endpoint, now=now)
    services.limit(Limit.TOKENS, assertion.client_id)  # nobody else can spend what a client has
    held = store.run(partial(_use_up, assertion=assertion, thumbprint=key.thumbprint, proof=proof, now=now))
    scopes = _asked(request.scope, held)
    content = AccessToken(assertion.client_id, scopes, bound_to=proof.thumbprint, got_with=key.thumbprint)
    token = access_tokens.mint(services.keyring, content, issuer=services.settings.base_url, now=now, rng=services.rng)
    return Grant(token, scopes, access_tokens.LIFETIME)


def _use_up(session: Session, assertion: Assertion, thumbprint: str, proof: Proof, now: int) -> frozenset[Scope]:
    found = records.find_public_key(session, thumbprint)
    if found is None or found[1].revoked_at is not None or not lives(found[0], now):
        raise AccessRefused(Refusal.ENDED)
    spend_id(session, "assertion", assertion.client_id, assertion.jti, until=assertion.ends, now=now)
    spend_proof(session, proof, now=now)
    if found[0].last_used_day != day_of(now):
        records.note_public_key_use(session, thumbprint, day_of(now))
    return read_scopes(found[0].scopes)


def _asked(names: tuple[str, ...], held: frozenset[Scope]) -> frozenset[Scope]:
    if names == ("",):
        return held
    asked = frozenset(scope for scope in held if scope.value in names)
    if len(asked) != len(names):
        raise InvalidScope
    return asked


def _form(body: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=_MAX_PARAMETERS,
        )
    except ValueError as error:
        raise TokenRequestRefused("The form cannot be read.") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise TokenRequestRefused("A parameter stands twice in the form.")
    return form
