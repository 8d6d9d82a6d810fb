"""Clients as an operator makes them beside a running service."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.encoding import Rng, b64u
from credence.service.auth import ROLES, IssuedKey, Role, Scope, add_client, issue_key, register_client, register_keys
from credence.service.runtime import Services
from credence.service.sandbox.predictable import PredictableBytes

_SECRET: Final = 32

KEY_LIFETIME: Final = 366 * DAY_SECONDS
"""Seconds of an API key: as long as a key may live, since clocks are moved forward and keys end by them."""


def new_client(services: Services, client_id: str, scopes: Iterable[Scope]) -> IssuedKey:
    """A client with its first key: registered in the role that carries the scopes, and added where no single one does."""
    granted, now, rng = frozenset(scopes), services.clock(), services.rng
    role = next((role for role, carried in ROLES.items() if granted <= carried), None)
    if role is None:
        services.store("auth").run(lambda session: add_client(session, client_id, client_id, now=now))
    else:
        services.store("auth").run(lambda session: register_client(session, client_id, client_id, role, now=now, rng=rng))
    return new_key(services, client_id, granted)


def registered_client(services: Services, client_id: str, role: Role, key_rng: Rng) -> IssuedKey:
    """A client in a role with a key that carries all of it; ``key_rng`` makes the key."""
    now, rng = services.clock(), services.rng
    services.store("auth").run(lambda session: register_client(session, client_id, client_id, role, now=now, rng=rng))
    return new_key(services, client_id, ROLES[role], rng=key_rng)


def signing_key(client_id: str) -> dict[str, str]:
    """The key that a client of a sandbox signs assertions with, as a private JWK (RFC 8037). Everybody knows it."""
    secret = Ed25519PrivateKey.from_private_bytes(PredictableBytes(f"signing key of {client_id}")(_SECRET))
    public = secret.public_key().public_bytes_raw()
    return {
        "kty": "OKP",
        "crv": "Ed25519",
        "kid": f"{client_id}/1",
        "x": b64u(public),
        "d": b64u(secret.private_bytes_raw()),
    }


def register_signing_key(services: Services, client_id: str, role: Role) -> None:
    """Tells the service the public half, with all that the client's role carries, for as long as API keys live here."""
    public = {name: value for name, value in signing_key(client_id).items() if name != "d"}
    jwks, scopes = {"keys": [public]}, ROLES[role]
    work = partial(register_keys, client_id=client_id, jwks=jwks, scopes=scopes, now=services.clock(), lifetime=KEY_LIFETIME)
    services.store("auth").run(work)


def new_key(services: Services, client_id: str, scopes: Iterable[Scope], *, rng: Rng | None = None) -> IssuedKey:
    """Another key of a client."""
    work = partial(
        issue_key,
        keyring=services.keyring,
        client_id=client_id,
        scopes=frozenset(scopes),
        now=services.clock(),
        rng=rng or services.rng,
        lifetime=KEY_LIFETIME,
    )
    return services.store("auth").run(work)
