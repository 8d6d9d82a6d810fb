"""Clients: who may ask for what.

Knows: the clients' ids and the scopes of their keys. Holds: a prefix and a keyed hash of each API key, never a key. The id
of an authenticated client is the audience of its proofs and the root of its pseudonyms' scope.
"""

from __future__ import annotations

from credence.service.auth.api_keys import IssuedKey, add_client, authenticate, issue_key, revoke, revoke_client
from credence.service.auth.dependency import require
from credence.service.auth.listing import ClientView, KeyView, list_clients
from credence.service.auth.records import AuthClient, AuthKey
from credence.service.auth.scopes import Client, Scope

__all__ = [
    "AuthClient",
    "AuthKey",
    "Client",
    "ClientView",
    "IssuedKey",
    "KeyView",
    "Scope",
    "add_client",
    "authenticate",
    "issue_key",
    "list_clients",
    "require",
    "revoke",
    "revoke_client",
]
