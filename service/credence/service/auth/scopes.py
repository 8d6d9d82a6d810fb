"""What a key may do, and who an authenticated client is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """One right. A key carries one or more; :mod:`credence.service.auth.matrix` says what each opens."""

    ISSUER_CASES = "issuer:cases"
    """Open cases, follow them, make offers."""
    ISSUER_REVIEW = "issuer:review"
    """Decide cases that wait for a person; propose overrides, and approve those of others."""
    ISSUER_REVOKE = "issuer:revoke"
    """Revoke credentials."""
    VERIFIER_POLICIES = "verifier:policies"
    """Register policies."""
    VERIFIER_SESSIONS = "verifier:sessions"
    """Open verification sessions and read their results."""
    VERIFIER_WEBHOOKS = "verifier:webhooks"
    """Say where results are sent."""
    REPUTATION_EVENTS = "reputation:events"
    """Report what one's pseudonyms did, and read what that has come to."""
    AUDITOR_WARRANTS = "auditor:warrants"
    """Ask trustees to open a handle, in public."""


@dataclass(frozen=True)
class Client:
    """An authenticated client, by whichever means. Made by :mod:`credence.service.auth` alone."""

    client_id: str
    scopes: frozenset[Scope]


def read_scopes(text: str) -> frozenset[Scope]:
    """The scopes of a row, written with spaces; one that this version does not have is left out."""
    names = text.split()
    return frozenset(scope for scope in Scope if scope.value in names)


def write_scopes(scopes: frozenset[Scope]) -> str:
    """Scopes as a row keeps them: in order, with spaces."""
    return " ".join(sorted(scopes))
