"""Who may do what: the one matrix of roles, scopes and operations.

It is data, and nothing is served because it stands here: a route asks for its scopes itself (``require``), and a test holds
every operation of the OpenAPI document against this table, cell by cell. An operation that has no row fails that test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from credence.service.auth.scopes import Scope


class Role(StrEnum):
    """What a client was registered as. It bounds the scopes of its keys for good; a client has one."""

    VENUE = "venue"
    """Asks for proofs and gets decisions. Its id is the audience of proofs and the root of pseudonyms."""
    OPERATOR = "operator"
    """Hands evidence in at the issuer."""
    REVIEWER = "reviewer"
    """Decides the cases that wait for a person, and revokes credentials: somebody else than who handed the case in."""
    AUTHORITY = "authority"
    """Asks trustees whose a sealed handle is, by a warrant that everybody can count. Warrants are in the name of its id."""


ROLES: Final[Mapping[Role, frozenset[Scope]]] = MappingProxyType(
    {
        Role.VENUE: frozenset(
            {Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS, Scope.VERIFIER_WEBHOOKS, Scope.REPUTATION_EVENTS}
        ),
        Role.OPERATOR: frozenset({Scope.ISSUER_CASES}),
        Role.REVIEWER: frozenset({Scope.ISSUER_REVIEW, Scope.ISSUER_REVOKE}),
        Role.AUTHORITY: frozenset({Scope.AUDITOR_WARRANTS}),
    }
)
"""The scopes that the keys of each role may carry."""

MEANINGS: Final[Mapping[Scope, str]] = MappingProxyType(
    {
        Scope.ISSUER_CASES: "Open cases, follow them, make offers",
        Scope.ISSUER_REVIEW: "Decide cases that wait for a person, propose and approve overrides",
        Scope.ISSUER_REVOKE: "Revoke credentials, for good",
        Scope.VERIFIER_POLICIES: "Register policies",
        Scope.VERIFIER_SESSIONS: "Open verification sessions and read their results",
        Scope.VERIFIER_WEBHOOKS: "Say where results are sent",
        Scope.REPUTATION_EVENTS: "Report what one's pseudonyms did, and read what that has come to",
        Scope.AUDITOR_WARRANTS: "Ask trustees to open a sealed handle, in public",
    }
)
"""What each scope means, for people."""


@dataclass(frozen=True)
class Access:
    """A row: any one of ``scopes`` opens the operation, and none are needed where there are none.

    ``owned`` means that its object belongs to one client, and is a 404 to every other.
    """

    scopes: frozenset[Scope] = frozenset()
    owned: bool = False


def _any(*scopes: Scope) -> Access:
    return Access(frozenset(scopes))


def _own(*scopes: Scope) -> Access:
    return Access(frozenset(scopes), owned=True)


_EVERYBODY: Final = Access()

OPERATIONS: Final[Mapping[str, Access]] = MappingProxyType(
    {
        # the service itself
        "healthz": _EVERYBODY,
        "readyz": _EVERYBODY,
        "explainProblem": _EVERYBODY,
        # clients: the request is its own proof of who sends it
        "issueToken": _EVERYBODY,
        # the issuer
        "readIssuerDocument": _EVERYBODY,
        "openChallenge": _any(Scope.ISSUER_CASES),
        "receiveVendorMessage": _EVERYBODY,  # a vendor, which signs what it says
        "listVendorResults": _any(Scope.ISSUER_CASES),
        "openCase": _any(Scope.ISSUER_CASES),
        "readCase": _any(Scope.ISSUER_CASES, Scope.ISSUER_REVIEW),
        "decideCase": _any(Scope.ISSUER_REVIEW),
        "listReviews": _any(Scope.ISSUER_CASES, Scope.ISSUER_REVIEW),
        "readCaseHistory": _any(Scope.ISSUER_REVIEW),
        "addComment": _any(Scope.ISSUER_REVIEW),
        "proposeOverride": _any(Scope.ISSUER_REVIEW),
        "approveOverride": _any(Scope.ISSUER_REVIEW),
        "rejectOverride": _any(Scope.ISSUER_REVIEW),
        "readRetention": _any(Scope.ISSUER_CASES, Scope.ISSUER_REVIEW),
        "holdCase": _any(Scope.ISSUER_REVIEW),
        "orderRetention": _any(Scope.ISSUER_REVIEW),
        "approveRetention": _any(Scope.ISSUER_REVIEW),
        "showAgain": _any(Scope.ISSUER_CASES),
        "readReviewNotice": _EVERYBODY,
        "findSubject": _any(Scope.ISSUER_REVIEW),
        "readStanding": _EVERYBODY,  # a wallet, which alone knows the id
        "claimCredential": _EVERYBODY,  # a wallet, which bears the offer
        "readAttestation": _EVERYBODY,
        "openRenewal": _EVERYBODY,  # a wallet, which names a venue
        "renewStanding": _EVERYBODY,  # a wallet, which was told the session's id
        "readAccumulator": _EVERYBODY,
        "readAccumulatorEvents": _EVERYBODY,
        "readAccumulatorCheckpoint": _EVERYBODY,
        "revokeCredential": _any(Scope.ISSUER_REVOKE),
        "suspendCredential": _any(Scope.ISSUER_REVOKE),
        "liftSuspension": _any(Scope.ISSUER_REVOKE),
        "readPerson": _any(Scope.ISSUER_REVOKE),
        "readPersonOfCase": _any(Scope.ISSUER_REVOKE),
        "banPerson": _any(Scope.ISSUER_REVOKE),
        "liftBan": _any(Scope.ISSUER_REVOKE),
        # the verifier
        "readVerifierDocument": _EVERYBODY,
        "readPublishedPolicies": _EVERYBODY,
        "readPublishedEdition": _EVERYBODY,
        "readTariffVersions": _EVERYBODY,
        "readTariff": _EVERYBODY,
        "registerPolicy": _any(Scope.VERIFIER_POLICIES),
        "readPolicy": _own(Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS),
        "openSession": _own(Scope.VERIFIER_SESSIONS),
        "readSession": _own(Scope.VERIFIER_SESSIONS),
        "followSession": _own(Scope.VERIFIER_SESSIONS),
        "readExhibit": _own(Scope.VERIFIER_SESSIONS),
        "explainMarginCall": _own(Scope.VERIFIER_SESSIONS),
        "reconcileCharge": _own(Scope.VERIFIER_SESSIONS),
        "readRequest": _EVERYBODY,  # a wallet, which was told the session's id
        "present": _EVERYBODY,
        "erasePseudonym": _own(Scope.VERIFIER_SESSIONS),
        "addWebhook": _any(Scope.VERIFIER_WEBHOOKS),
        "listWebhooks": _any(Scope.VERIFIER_WEBHOOKS),
        "rotateWebhook": _own(Scope.VERIFIER_WEBHOOKS),
        "removeWebhook": _own(Scope.VERIFIER_WEBHOOKS),
        "listDeliveries": _any(Scope.VERIFIER_WEBHOOKS),
        "retryDelivery": _own(Scope.VERIFIER_WEBHOOKS),
        # reputation
        "reportEvents": _any(Scope.REPUTATION_EVENTS),
        "readConduct": _own(Scope.REPUTATION_EVENTS),
        "eraseConduct": _own(Scope.REPUTATION_EVENTS),
        "lookForAbuse": _any(Scope.REPUTATION_EVENTS),
        "listAbuseCases": _any(Scope.REPUTATION_EVENTS),
        "readAbuseCase": _own(Scope.REPUTATION_EVENTS),
        "closeAbuseCase": _own(Scope.REPUTATION_EVENTS),
        "makeReport": _any(Scope.REPUTATION_EVENTS),
        "listReports": _any(Scope.REPUTATION_EVENTS),
        "readReport": _own(Scope.REPUTATION_EVENTS),
        # the auditor
        "postWarrant": _any(Scope.AUDITOR_WARRANTS),
        "readWarrant": _own(Scope.AUDITOR_WARRANTS),
        "readShares": _own(Scope.AUDITOR_WARRANTS),
        "handInShare": _EVERYBODY,  # a trustee, which signs what it hands in
        "listOpenings": _EVERYBODY,
        # the log
        "readLogCheckpoint": _EVERYBODY,
        "readLogEntries": _EVERYBODY,
        "readLogInclusion": _EVERYBODY,
        "readLogConsistency": _EVERYBODY,
    }
)
"""Every operation by its id."""


def operations_of(scope: Scope) -> tuple[str, ...]:
    """The operations that a scope opens."""
    return tuple(name for name, access in OPERATIONS.items() if scope in access.scopes)
