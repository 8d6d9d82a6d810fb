"""What a key may do, and who an authenticated client is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """One right. A key carries one or more."""

    ISSUER_CASES = "issuer:cases"
    """Open cases, follow them, make offers."""
    ISSUER_REVIEW = "issuer:review"
    """Decide cases that wait for a person."""
    VERIFIER_POLICIES = "verifier:policies"
    """Register policies."""
    VERIFIER_SESSIONS = "verifier:sessions"
    """Open verification sessions and read their results."""
    ADMIN_CLIENTS = "admin:clients"
    """Add and revoke clients."""


@dataclass(frozen=True)
class Client:
    """An authenticated client. Made by :func:`credence.service.auth.authenticate` alone."""

    client_id: str
    scopes: frozenset[Scope]
