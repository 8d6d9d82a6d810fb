"""API keys: ``cred_<prefix>_<secret>``, shown once and kept as prefix and keyed hash.

The prefix finds the row, so that nothing secret is searched for; the secret has 256 bits, so that a hash needs no salt.
Every failure to authenticate is the same :class:`Unauthorized`.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import Session

from credence.circuits.encoding import Rng
from credence.circuits.hashing import Label, hmac_labelled
from credence.service.auth import records
from credence.service.auth.records import AuthClient, AuthKey
from credence.service.auth.scopes import Client, Scope
from credence.service.errors import Conflict, InvalidRequest, NotFound, Unauthorized
from credence.service.keys import Keyring, Purpose
from credence.service.store import insert_once

DEFAULT_LIFETIME: Final = 90 * 86_400
"""Seconds that a key lives unless told otherwise."""

MAX_LIFETIME: Final = 366 * 86_400

_PREFIX_BYTES: Final = 10
_SECRET_BYTES: Final = 32
_HEADER: Final = re.compile(r"[Bb]earer cred_([a-z2-7]{16})_([a-z2-7]{52})")
_CLIENT_ID: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,126}[a-z0-9])?")


@dataclass(frozen=True)
class IssuedKey:
    """A new key. ``key`` is the whole of it and is not to be had again."""

    key: str = field(repr=False)
    prefix: str
    client_id: str
    scopes: frozenset[Scope]
    expires_at: int


def add_client(session: Session, client_id: str, name: str, *, now: int) -> None:
    """Adds a client. Raises :class:`InvalidRequest` for an id that is no lower-case host-like name of 1-128 characters or a
    name outside 1-200 printable ones, :class:`Conflict` for an id that was ever given: pseudonyms hang on it."""
    if not _CLIENT_ID.fullmatch(client_id):
        raise InvalidRequest("a client id has 1-128 lower-case letters, digits, dots and dashes")
    if not (1 <= len(name) <= 200 and name.isprintable()):
        raise InvalidRequest("a client name has 1-200 printable characters")
    if not insert_once(session, AuthClient(id=client_id, name=name, created_at=now)):
        raise Conflict("the client id is taken")


def issue_key(
    session: Session,
    keyring: Keyring,
    client_id: str,
    scopes: Iterable[Scope],
    *,
    now: int,
    rng: Rng,
    lifetime: int = DEFAULT_LIFETIME,
) -> IssuedKey:
    """Makes a key for a client, valid from ``now`` for ``lifetime`` seconds (1 s-366 days).

    Raises :class:`NotFound` for a client that is unknown or revoked, :class:`InvalidRequest` for no scope or a lifetime out
    of range.
    """
    granted = frozenset(scopes)
    if not granted or not 1 <= lifetime <= MAX_LIFETIME:
        raise InvalidRequest("a key has at least one scope and lives up to 366 days")
    client = records.find_client(session, client_id)
    if client is None or client.revoked_at is not None:
        raise NotFound("there is no such client")
    prefix, secret = _text(rng(_PREFIX_BYTES)), _text(rng(_SECRET_BYTES))
    version = keyring.current(Purpose.API_KEY)
    row = AuthKey(
        prefix=prefix,
        client_id=client_id,
        mac=_mac(keyring.secret(Purpose.API_KEY, version.key_id), prefix, secret),
        mac_key_id=version.key_id,
        scopes=" ".join(sorted(granted)),
        created_at=now,
        expires_at=now + lifetime,
    )
    session.add(row)
    return IssuedKey(f"cred_{prefix}_{secret}", prefix, client_id, granted, row.expires_at)


def authenticate(session: Session, keyring: Keyring, header: str | None, now: int) -> Client:
    """The client whose key stands in an ``Authorization`` header, ``Bearer cred_…``.

    Raises :class:`Unauthorized`, the same for a header that is absent or malformed and a key that is unknown, wrong, expired
    or revoked, or whose client is revoked.
    """
    match = _HEADER.fullmatch(header or "")
    if match is None:
        raise Unauthorized
    prefix, secret = match.groups()
    found = records.find_key(session, prefix)
    live = {version.key_id for version in keyring.live(Purpose.API_KEY)}
    key_id = found[0].mac_key_id if found and found[0].mac_key_id in live else None
    # computed for an unknown prefix too: how long a refusal takes says nothing
    mac = _mac(keyring.secret(Purpose.API_KEY, key_id), prefix, secret)
    expected = found[0].mac if found else bytes(records.MAC_LENGTH)
    if not hmac.compare_digest(mac, expected) or found is None:
        raise Unauthorized
    key, client = found
    ended = key.revoked_at is not None or client.revoked_at is not None
    if ended or not key.created_at <= now < key.expires_at:
        raise Unauthorized
    return Client(client.id, frozenset(Scope) & frozenset(key.scopes.split()))


def revoke(session: Session, prefix: str, *, now: int) -> None:
    """Ends a key at once. Raises :class:`NotFound` for a prefix that is unknown or revoked already."""
    if not records.end_key(session, prefix, now):
        raise NotFound("there is no such key")


def revoke_client(session: Session, client_id: str, *, now: int) -> None:
    """Ends a client and all its keys at once. Raises :class:`NotFound` for one that is unknown or revoked already."""
    if not records.end_client(session, client_id, now):
        raise NotFound("there is no such client")


def _mac(secret_key: bytes, prefix: str, secret: str) -> bytes:
    return hmac_labelled(secret_key, Label.API_KEY, prefix.encode(), secret.encode())


def _text(data: bytes) -> str:
    """Lower-case base32 without padding: no character that a shell, an address or a double click would break at."""
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()
