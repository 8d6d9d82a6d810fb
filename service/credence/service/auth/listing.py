"""Clients and keys as they may be shown: nothing here opens anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from credence.service.auth import records
from credence.service.auth.records import AuthClient, AuthKey
from credence.service.auth.scopes import Scope


@dataclass(frozen=True)
class KeyView:
    """A key by its public prefix. Times are unix seconds; ``state`` is ``live``, ``expired`` or ``revoked``."""

    name: str
    state: str
    scopes: frozenset[Scope]
    created_at: int
    expires_at: int
    revoked_at: int | None

    def to_json(self) -> dict[str, Any]:
        """As commands print it."""
        return {
            "prefix": self.name,
            "state": self.state,
            "scopes": sorted(self.scopes),
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "revoked_at": self.revoked_at,
        }


@dataclass(frozen=True)
class ClientView:
    """A client with its keys, oldest first."""

    client_id: str
    name: str
    created_at: int
    revoked_at: int | None
    keys: tuple[KeyView, ...]

    def to_json(self) -> dict[str, Any]:
        """As commands print it."""
        return {
            "client_id": self.client_id,
            "name": self.name,
            "created_at": self.created_at,
            "revoked_at": self.revoked_at,
            "keys": [key.to_json() for key in self.keys],
        }


def list_clients(session: Session, *, now: int) -> tuple[ClientView, ...]:
    """Every client with every key it ever had."""
    return tuple(
        ClientView(
            client.id,
            client.name,
            client.created_at,
            client.revoked_at,
            tuple(_key_view(client, key, now) for key in records.keys_of(session, client.id)),
        )
        for client in records.clients(session)
    )


def _key_view(client: AuthClient, key: AuthKey, now: int) -> KeyView:
    ended = key.revoked_at if key.revoked_at is not None else client.revoked_at
    state = "revoked" if ended is not None else "expired" if key.expires_at <= now else "live"
    scopes = frozenset(Scope(name) for name in key.scopes.split())
    return KeyView(key.prefix, state, scopes, key.created_at, key.expires_at, ended)
