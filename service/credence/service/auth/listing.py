"""Clients and keys as they may be shown: nothing here opens anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS
from credence.service.auth import records
from credence.service.auth.records import AuthClient, AuthKey, AuthPublicKey
from credence.service.auth.scopes import Scope, read_scopes

API_KEY: Final = "api-key"
PUBLIC_KEY: Final = "public-key"


@dataclass(frozen=True)
class KeyView:
    """A key by its prefix or thumbprint. Times are unix seconds; ``last_used_at`` is the beginning of a day, UTC.

    ``state`` is ``live``, ``expired`` or ``revoked``.
    """

    kind: str
    name: str
    state: str
    scopes: frozenset[Scope]
    created_at: int
    expires_at: int
    revoked_at: int | None
    last_used_at: int | None

    def to_json(self) -> dict[str, Any]:
        """As commands print it."""
        return {
            "kind": self.kind,
            "prefix" if self.kind == API_KEY else "thumbprint": self.name,
            "state": self.state,
            "scopes": sorted(self.scopes),
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "revoked_at": self.revoked_at,
            "last_used_at": self.last_used_at,
        }


@dataclass(frozen=True)
class ClientView:
    """A client with its keys, oldest first. ``role`` is None for one that was added without registration."""

    client_id: str
    name: str
    role: str | None
    created_at: int
    revoked_at: int | None
    keys: tuple[KeyView, ...]

    def to_json(self) -> dict[str, Any]:
        """As commands print it."""
        return {
            "client_id": self.client_id,
            "name": self.name,
            "role": self.role,
            "created_at": self.created_at,
            "revoked_at": self.revoked_at,
            "keys": [key.to_json() for key in self.keys],
        }


def list_clients(session: Session, *, now: int) -> tuple[ClientView, ...]:
    """Every client by id."""
    return tuple(_client(session, row, now) for row in records.clients(session))


def may(session: Session, client_id: str, scope: Scope, *, now: int) -> bool:
    """Whether a client lives, and has a live key that carries ``scope``."""
    row = records.find_client(session, client_id)
    if row is None or row.revoked_at is not None:
        return False
    return any(key.state == "live" and scope in key.scopes for key in _client(session, row, now).keys)


def _client(session: Session, client: AuthClient, now: int) -> ClientView:
    registered = records.find_registration(session, client.id)
    api_keys = [_key(API_KEY, key.prefix, key, client, now) for key in records.keys_of(session, client.id)]
    public = [_key(PUBLIC_KEY, key.thumbprint, key, client, now) for key in records.public_keys_of(session, client.id)]
    return ClientView(
        client_id=client.id,
        name=client.name,
        role=None if registered is None else registered[0].role,
        created_at=client.created_at,
        revoked_at=client.revoked_at,
        keys=(*api_keys, *public),
    )


def _key(kind: str, name: str, key: AuthKey | AuthPublicKey, client: AuthClient, now: int) -> KeyView:
    state = "expired" if now >= key.expires_at else "live"
    return KeyView(
        kind=kind,
        name=name,
        state="revoked" if key.revoked_at is not None or client.revoked_at is not None else state,
        scopes=read_scopes(key.scopes),
        created_at=key.created_at,
        expires_at=key.expires_at,
        revoked_at=key.revoked_at,
        last_used_at=None if key.last_used_day is None else key.last_used_day * DAY_SECONDS,
    )
