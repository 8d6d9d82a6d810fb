"""API keys: ``cred_<prefix>_<secret>``, shown once and kept as prefix and keyed hash.

The prefix finds the row, so that nothing secret is searched for; the secret has 256 bits, so that a hash needs no salt.
Every failure to authenticate is the same :class:`Unauthorized`. A client has two live keys at most: the one it uses, and the
one it is changing to.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.encoding import Rng
from credence.circuits.hashing import Label, hmac_labelled
from credence.service.auth import records
from credence.service.auth.clients import hold_client
from credence.service.auth.records import AuthKey
from credence.service.auth.scopes import Scope, read_scopes, write_scopes
from credence.service.errors import Conflict, InvalidRequest, NotFound, Unauthorized
from credence.service.keys import Keyring, Purpose

DEFAULT_LIFETIME: Final = 90 * DAY_SECONDS
"""Seconds that a key lives unless told otherwise."""

MAX_LIFETIME: Final = 366 * DAY_SECONDS

DEFAULT_OVERLAP: Final = 7 * DAY_SECONDS
"""Seconds that a key lives on beside the one that takes its place."""

MAX_OVERLAP: Final = 31 * DAY_SECONDS

MAX_LIVE_KEYS: Final = 2

_PREFIX_BYTES: Final = 10
_SECRET_BYTES: Final = 32
_HEADER: Final = re.compile(r"[Bb]earer cred_([a-z2-7]{16})_([a-z2-7]{52})")


@dataclass(frozen=True)
class IssuedKey:
    """A new key. ``key`` is the whole of it and is not to be had again."""

    key: str = field(repr=False)
    prefix: str
    client_id: str
    scopes: frozenset[Scope]
    expires_at: int


@dataclass(frozen=True)
class RotatedKey:
    """A new key, and until when (unix seconds) the one before it lives on."""

    issued: IssuedKey
    before: str
    before_ends_at: int


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

    Raises :class:`NotFound` for a client that is unknown or revoked, :class:`InvalidRequest` for no scope, one that the
    client's role does not carry, or a lifetime out of range, :class:`Conflict` where two keys live.
    """
    granted = frozenset(scopes)
    if not granted or not 1 <= lifetime <= MAX_LIFETIME:
        raise InvalidRequest("a key has at least one scope and lives up to 366 days")
    hold_client(session, client_id, granted)
    if len(_live(session, client_id, now)) >= MAX_LIVE_KEYS:
        raise Conflict("the client has two live keys: revoke one first, or wait until it ends")
    prefix, secret = _text(rng(_PREFIX_BYTES)), _text(rng(_SECRET_BYTES))
    version = keyring.current(Purpose.API_KEY)
    row = AuthKey(
        prefix=prefix,
        client_id=client_id,
        mac=_mac(keyring.secret(Purpose.API_KEY, version.key_id), prefix, secret),
        mac_key_id=version.key_id,
        scopes=write_scopes(granted),
        created_at=now,
        expires_at=now + lifetime,
    )
    session.add(row)
    return IssuedKey(f"cred_{prefix}_{secret}", prefix, client_id, granted, row.expires_at)


def rotate_key(
    session: Session,
    keyring: Keyring,
    client_id: str,
    *,
    now: int,
    rng: Rng,
    overlap: int = DEFAULT_OVERLAP,
    lifetime: int = DEFAULT_LIFETIME,
) -> RotatedKey:
    """Makes a key with the scopes of the client's live one, which lives on for ``overlap`` seconds (0-31 days) at most.

    Raises as :func:`issue_key`; :class:`NotFound` where no key lives, :class:`Conflict` where two do, since one of them may
    still be in use.
    """
    if not 0 <= overlap <= MAX_OVERLAP:
        raise InvalidRequest("a key lives on for up to 31 days")
    hold_client(session, client_id, frozenset())
    live = _live(session, client_id, now)
    if not live:
        raise NotFound("the client has no live key to take the place of")
    before = live[0]
    issued = issue_key(session, keyring, client_id, read_scopes(before.scopes), now=now, rng=rng, lifetime=lifetime)
    before.expires_at = min(before.expires_at, now + overlap)
    session.add(before)
    return RotatedKey(issued, before.prefix, before.expires_at)


def find_presented(session: Session, keyring: Keyring, header: str | None, now: int) -> AuthKey:
    """The row of the key in an ``Authorization`` header, ``Bearer cred_…``.

    Raises :class:`Unauthorized`, the same for a header that is absent or malformed and a key that is unknown, wrong, expired
    or revoked, or whose client is revoked.
    """
    match = _HEADER.fullmatch(header or "")
    if match is None:
        raise Unauthorized
    prefix, secret = match.groups()
    found = records.find_key(session, prefix)
    keyed_by = {version.key_id: key for version, key in keyring.opened(Purpose.API_KEY)}
    known = keyed_by.get(found[0].mac_key_id) if found else None
    # computed for an unknown prefix too: how long a refusal takes says nothing
    mac = _mac(known or next(iter(keyed_by.values()), bytes(records.MAC_LENGTH)), prefix, secret)
    expected = found[0].mac if found else bytes(records.MAC_LENGTH)
    if not hmac.compare_digest(mac, expected) or found is None or known is None:
        raise Unauthorized
    key, client = found
    if client.revoked_at is not None or not _lives(key, now):
        raise Unauthorized
    return key


def revoke(session: Session, prefix: str, *, now: int) -> None:
    """Ends a key at once. Raises :class:`NotFound` for a prefix that is unknown or revoked already."""
    if not records.end_key(session, prefix, now):
        raise NotFound("there is no such key")


def _live(session: Session, client_id: str, now: int) -> list[AuthKey]:
    return [key for key in records.keys_of(session, client_id) if _lives(key, now)]


def _lives(key: AuthKey, now: int) -> bool:
    return key.revoked_at is None and key.created_at <= now < key.expires_at


def _mac(secret_key: bytes, prefix: str, secret: str) -> bytes:
    return hmac_labelled(secret_key, Label.API_KEY, prefix.encode(), secret.encode())


def _text(data: bytes) -> str:
    """Lower-case base32 without padding: no character that a shell, an address or a double click would break at."""
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()
