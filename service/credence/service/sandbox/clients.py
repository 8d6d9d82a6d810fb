"""Clients as an operator makes them beside a running service."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Final

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.encoding import Rng
from credence.service.auth import ROLES, IssuedKey, Role, Scope, add_client, issue_key, register_client
from credence.service.runtime import Services

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
