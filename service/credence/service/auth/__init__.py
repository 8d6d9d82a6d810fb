"""Clients: who may ask for what.

Knows: the clients' ids and roles, and the scopes of their keys. Holds: a prefix and a keyed hash of each API key, never a
key; public keys of clients; the key that signs access tokens. The id of an authenticated client is the audience of its
proofs and the root of its pseudonyms' scope.
"""

from __future__ import annotations

from credence.service.auth.api_keys import IssuedKey, RotatedKey, issue_key, revoke, rotate_key
from credence.service.auth.clients import (
    DISCLOSED,
    REGISTRATION_TYPE,
    Registration,
    add_client,
    is_revoked,
    may_disclose,
    register_client,
    registration_leaf,
    registration_of,
    revoke_client,
)
from credence.service.auth.dependency import require
from credence.service.auth.document import describe
from credence.service.auth.exchange import TOKEN_PATH
from credence.service.auth.listing import ClientView, KeyView, list_clients, may
from credence.service.auth.matrix import MEANINGS, OPERATIONS, ROLES, Access, Role, operations_of
from credence.service.auth.public_keys import RegisteredKeys, register_keys, revoke_public_key
from credence.service.auth.records import AuthClient, AuthKey
from credence.service.auth.scopes import Client, Scope

__all__ = [
    "DISCLOSED",
    "MEANINGS",
    "OPERATIONS",
    "REGISTRATION_TYPE",
    "ROLES",
    "TOKEN_PATH",
    "Access",
    "AuthClient",
    "AuthKey",
    "Client",
    "ClientView",
    "IssuedKey",
    "KeyView",
    "RegisteredKeys",
    "Registration",
    "Role",
    "RotatedKey",
    "Scope",
    "add_client",
    "describe",
    "is_revoked",
    "issue_key",
    "list_clients",
    "may",
    "may_disclose",
    "operations_of",
    "register_client",
    "register_keys",
    "registration_leaf",
    "registration_of",
    "require",
    "revoke",
    "revoke_client",
    "revoke_public_key",
    "rotate_key",
]
