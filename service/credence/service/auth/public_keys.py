"""A client's registered public keys: a JWK Set (RFC 7517 section 5) of one or two, replaced as a whole.

What a set newly names is added, what it no longer names lives on for an overlap. So a client rotates by handing in a set
with both keys, and later one without the old.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.errors import Malformed
from credence.circuits.fields import canonical_json
from credence.service.auth import records
from credence.service.auth.api_keys import MAX_LIFETIME, MAX_OVERLAP
from credence.service.auth.clients import hold_client
from credence.service.auth.jwk import PublicJwk
from credence.service.auth.records import AuthPublicKey
from credence.service.auth.scopes import Scope, write_scopes
from credence.service.errors import Conflict, InvalidRequest, NotFound

DEFAULT_OVERLAP: Final = DAY_SECONDS
"""Seconds that a key lives on after a set no longer names it."""

MAX_KEYS: Final = 2
"""Keys in one set."""


@dataclass(frozen=True)
class RegisteredKeys:
    """What became of a set, by thumbprint: ``added``, ``kept`` from before, and ``ending`` because it is not in the set."""

    added: tuple[str, ...]
    kept: tuple[str, ...]
    ending: tuple[str, ...]


def register_keys(
    session: Session,
    client_id: str,
    jwks: Mapping[str, Any],
    scopes: Iterable[Scope],
    *,
    now: int,
    lifetime: int = MAX_LIFETIME,
    overlap: int = DEFAULT_OVERLAP,
) -> RegisteredKeys:
    """Makes ``jwks`` the keys of a client. New ones get ``scopes`` and live for ``lifetime`` seconds (1 s-366 days); those
    that live and are named again stay as they are; all others end after ``overlap`` seconds (0-31 days) at most.

    Raises :class:`NotFound` for a client that is unknown or revoked, :class:`InvalidRequest` for a set or key of another
    form, no scope or one that the client's role does not carry, :class:`Conflict` for a key, or a ``kid`` of the client,
    that was registered before and is another's or has ended.
    """
    granted = frozenset(scopes)
    if not granted or not 1 <= lifetime <= MAX_LIFETIME or not 0 <= overlap <= MAX_OVERLAP:
        raise InvalidRequest("a public key has at least one scope, lives up to 366 days, and lives on for up to 31")
    wanted = _read_set(jwks)
    hold_client(session, client_id, granted)
    live = {row.thumbprint: row for row in records.public_keys_of(session, client_id) if lives(row, now)}
    for key in wanted.values():
        if key.thumbprint not in live and not records.add_public_key(session, _row(key, client_id, granted, now, lifetime)):
            raise Conflict("this key, or its kid, was registered before")
    for thumbprint in live.keys() - wanted.keys():
        live[thumbprint].expires_at = min(live[thumbprint].expires_at, now + overlap)
        session.add(live[thumbprint])
    return RegisteredKeys(
        added=tuple(name for name in wanted if name not in live),
        kept=tuple(name for name in wanted if name in live),
        ending=tuple(name for name in live if name not in wanted),
    )


def revoke_public_key(session: Session, thumbprint: str, *, now: int) -> None:
    """Ends a public key, and the tokens got with it, at once. Raises :class:`NotFound` for an unknown or revoked one."""
    if not records.end_public_key(session, thumbprint, now):
        raise NotFound("there is no such key")


def lives(row: AuthPublicKey, now: int) -> bool:
    """Whether a key may be used at ``now``; its client may not be revoked either."""
    return row.revoked_at is None and row.created_at <= now < row.expires_at


def live_keys(session: Session, client_id: str, now: int) -> tuple[PublicJwk, ...]:
    """The keys that a client may sign with at ``now``; none for a client that is unknown or revoked."""
    client = records.find_client(session, client_id)
    if client is None or client.revoked_at is not None:
        return ()
    return tuple(stored_key(row) for row in records.public_keys_of(session, client_id) if lives(row, now))


def stored_key(row: AuthPublicKey) -> PublicJwk:
    """The key of a row."""
    return PublicJwk.parse({**json.loads(row.jwk), "kid": row.kid})


def _read_set(jwks: Mapping[str, Any]) -> dict[str, PublicJwk]:
    keys = jwks.get("keys")
    if jwks.keys() != {"keys"} or not isinstance(keys, list) or not 1 <= len(keys) <= MAX_KEYS:
        raise InvalidRequest("a JWK Set has the one member keys, with one or two keys")
    try:
        found = [PublicJwk.parse(key) for key in keys]
    except Malformed as error:
        raise InvalidRequest(f"a public key is refused: {error.reason}") from error
    if len({key.thumbprint for key in found}) != len(found) or len({key.kid for key in found}) != len(found):
        raise InvalidRequest("a JWK Set names a key or a kid twice")
    return {key.thumbprint: key for key in found}


def _row(key: PublicJwk, client_id: str, scopes: frozenset[Scope], now: int, lifetime: int) -> AuthPublicKey:
    return AuthPublicKey(
        thumbprint=key.thumbprint,
        client_id=client_id,
        kid=key.kid,
        jwk=canonical_json(key.members).decode("ascii"),
        scopes=write_scopes(scopes),
        created_at=now,
        expires_at=now + lifetime,
    )
