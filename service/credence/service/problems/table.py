"""The one table from errors to HTTP (security.md, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from credence.circuits.errors import IllFormed, Malformed, Refused
from credence.service import errors
from credence.service.ledger import errors as ledger
from credence.service.problems.catalogue import PAGES, Page


@dataclass(frozen=True)
class Problem:
    """A row: the HTTP status, the slug that ``type`` ends in, and the title, which is the same for all of a kind."""

    status: int
    slug: str
    title: str

    @property
    def type(self) -> str:
        """The problem's relative URI."""
        return f"/problems/{self.slug}"


MALFORMED: Final = Problem(400, "malformed", "Malformed request")
UNAUTHORIZED: Final = Problem(401, "unauthorized", "Not authenticated")
FORBIDDEN: Final = Problem(403, "forbidden", "Not allowed")
RENEWAL_REFUSED: Final = Problem(403, "renewal-refused", "Renewal refused")
NOT_FOUND: Final = Problem(404, "not-found", "Not found")
METHOD_NOT_ALLOWED: Final = Problem(405, "method-not-allowed", "Method not allowed")
CONFLICT: Final = Problem(409, "conflict", "Conflict")
POLICY_VERSION: Final = Problem(409, "policy-version-exists", "Policy version exists")
FOUR_EYES: Final = Problem(409, "four-eyes-required", "Two persons required")
PROPOSAL_OPEN: Final = Problem(409, "proposal-open", "Proposal open")
RETAINED: Final = Problem(409, "retained", "Kept by law or contract")
RESET_REFUSED: Final = Problem(409, "reset-refused", "Reset refused")
SUSPENDED: Final = Problem(409, "credential-suspended", "Credential suspended")
BAD_NONCE: Final = Problem(409, "bad-nonce", "Bad nonce")
ALREADY_USED: Final = Problem(409, "already-used", "Already used")
IN_PROGRESS: Final = Problem(409, "idempotency-in-progress", "Request in progress")
ERASED: Final = Problem(410, "erased", "Erased")
TOO_LARGE: Final = Problem(413, "too-large", "Body too large")
UNSUPPORTED: Final = Problem(415, "unsupported-media-type", "Unsupported media type")
MISMATCH: Final = Problem(422, "idempotency-key-reused", "Idempotency key reused")
RATE_LIMITED: Final = Problem(429, "rate-limited", "Too many requests")
INTERNAL: Final = Problem(500, "internal", "Internal error")
UNAVAILABLE: Final = Problem(503, "unavailable", "Unavailable")
OVERLOADED: Final = Problem(503, "overloaded", "Overloaded")

NO_ANSWER: Final = Problem(502, "no-answer", "No answer")
"""What a proxy before the service answers for it (service/deploy/nginx.conf); the service itself never does."""

ROWS: Final[dict[type[Exception], Problem]] = {
    errors.InvalidRequest: MALFORMED,
    # what untrusted bytes are refused with, should a route let it pass; ``reason`` never holds input
    Malformed: MALFORMED,
    IllFormed: MALFORMED,
    Refused: MALFORMED,
    ledger.BadRange: MALFORMED,
    errors.Unauthorized: UNAUTHORIZED,
    errors.Forbidden: FORBIDDEN,
    errors.RenewalRefused: RENEWAL_REFUSED,
    errors.NotFound: NOT_FOUND,
    ledger.NotFound: NOT_FOUND,
    errors.MethodNotAllowed: METHOD_NOT_ALLOWED,
    errors.Conflict: CONFLICT,
    errors.PolicyVersionExists: POLICY_VERSION,
    errors.FourEyesRequired: FOUR_EYES,
    errors.ProposalOpen: PROPOSAL_OPEN,
    errors.Retained: RETAINED,
    errors.Erased: ERASED,
    errors.ResetRefused: RESET_REFUSED,
    errors.CredentialSuspended: SUSPENDED,
    errors.BadNonce: BAD_NONCE,
    errors.AlreadyUsed: ALREADY_USED,
    errors.InProgress: IN_PROGRESS,
    errors.TooLarge: TOO_LARGE,
    errors.UnsupportedMediaType: UNSUPPORTED,
    errors.IdempotencyMismatch: MISMATCH,
    errors.RateLimited: RATE_LIMITED,
    errors.Unavailable: UNAVAILABLE,
    errors.Overloaded: OVERLOADED,
    Exception: INTERNAL,
}
"""The row of an error is that of the nearest class above it."""

EVERY: Final = (*dict.fromkeys(ROWS.values()), NO_ANSWER)
"""Every row once. Each has a page in :mod:`~credence.service.problems.catalogue`."""

# What the framework raises by itself, by its status.
_FRAMEWORK: Final[dict[int, Problem]] = {
    problem.status: problem
    for problem in (MALFORMED, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, TOO_LARGE, UNSUPPORTED, UNAVAILABLE)
}


def row_of(error: Exception) -> Problem:
    """The row of an error; ``internal`` for every error that nobody foresaw."""
    return next(ROWS[kind] for kind in type(error).__mro__ if kind in ROWS)


def explain(slug: str) -> tuple[Problem, Page] | None:
    """The row of a slug and its page; None for a slug that no row has."""
    return next(((row, PAGES[slug]) for row in EVERY if row.slug == slug), None)


def row_of_status(status: int) -> Problem:
    """The row of a status that the framework chose: other refusals count as malformed, other failures as internal."""
    return _FRAMEWORK.get(status, MALFORMED if 400 <= status < 500 else INTERNAL)
