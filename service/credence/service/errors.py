"""How the service says no. One class for each kind of refusal; :mod:`credence.service.problems` says what each is over HTTP.

A room derives its own errors from the kind that fits. ``reason`` is a short sentence for the caller: it never holds input,
so that an error may be logged and answered as it is.
"""

from __future__ import annotations

from typing import ClassVar


class ServiceError(Exception):
    """Base of every expected failure. ``slug`` names the kind for machines, ``reason`` this case for people."""

    slug: ClassVar[str] = "internal"
    default: ClassVar[str] = "The request could not be completed."

    def __init__(self, reason: str | None = None) -> None:
        self.reason = reason or self.default
        super().__init__(self.reason)


class InvalidRequest(ServiceError):
    """The request cannot be read, or asks for something that does not exist in this form."""

    slug = "malformed"
    default = "The request is malformed."


class Unauthorized(ServiceError):
    """Nobody we know: a key or token that is missing, malformed, unknown, expired or revoked, and never which of these."""

    slug = "unauthorized"
    default = "A valid API key or access token is required."


class Forbidden(ServiceError):
    """Somebody we know, who may not do this."""

    slug = "forbidden"
    default = "The API key or access token does not carry the scope that this needs."


class RenewalRefused(Forbidden):
    """The proof that was to renew a standing does not hold. Whatever was wrong with it, the answer is the same."""

    slug = "renewal-refused"
    default = "The proof does not hold."


class NotFound(ServiceError):
    """There is no such thing, or it is somebody else's: the two look alike."""

    slug = "not-found"
    default = "There is no such resource."


class MethodNotAllowed(ServiceError):
    """The resource exists and does not do this."""

    slug = "method-not-allowed"
    default = "The resource does not support this method."


class Delayed(ServiceError):
    """Not now; ``retry_after`` is the number of seconds to wait."""

    def __init__(self, reason: str | None = None, *, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.retry_after = max(1, retry_after)


class Conflict(ServiceError):
    """What was asked does not fit the present state of its object."""

    slug = "conflict"
    default = "The request conflicts with the state of the resource."


class PolicyVersionExists(Conflict):
    """A policy of this name and version exists and says something else: a version never changes."""

    slug = "policy-version-exists"
    default = "This version of the policy exists and says something else."


class TooManyPolicies(Conflict):
    """The verifier publishes as many policies as an edition of its rules may have."""

    default = "The verifier's rules have as many policies as they may have."


class TooManyTariffs(Conflict):
    """As many versions of tariffs are active or announced as an edition of the verifier's rules may have."""

    default = "As many versions of tariffs are active or announced as may be: announce it once another one is past."


class RulesUnpublishable(Conflict):
    """What is to be published of the verifier's rules would be refused by whoever reads it. Nothing was written."""

    default = "The verifier's rules cannot be published."


class PolicyNotServed(Conflict):
    """A policy was registered and may not be asked under now: its day is over, or it has more shown than its venue may."""

    default = "The policy may not be asked under any more."


class FourEyesRequired(Conflict):
    """What departs from the rules takes two persons: one proposes it, another one approves it."""

    slug = "four-eyes-required"
    default = "This departs from the rules: one person proposes it, and another one approves it."


class ProposalOpen(Conflict):
    """A case has one proposal at a time, and it waits for a second person."""

    slug = "proposal-open"
    default = "The case has a proposal that waits for a second person."


class Retained(Conflict):
    """What has to be kept for a while yet: ``reason`` names the ground, and the day or the hold."""

    slug = "retained"
    default = "It has to be kept for a while yet."


class Erased(ServiceError):
    """What was kept of somebody and is erased: its key was destroyed, and nobody can read it any more."""

    slug = "erased"
    default = "It was erased."


class ResetRefused(Conflict):
    """The commitment is of other secrets than the person's last credential, and the issuer gives no other halves now."""

    slug = "reset-refused"
    default = "The person has a credential of another recovery phrase, and it is too soon for another one."


class CredentialSuspended(Conflict):
    """The person's credential is suspended, and nothing else is issued to it meanwhile."""

    slug = "credential-suspended"
    default = "The credential is suspended."


class LimitPeriodExists(Conflict):
    """A rate limit of this name counts in another period: two counts under one name would be two limits."""

    default = "The venue's rate limit of this name counts in another period."


class BadNonce(Conflict):
    """A nonce that is unknown, expired or used: one answer for the three."""

    slug = "bad-nonce"
    default = "The nonce is unknown, expired or used."


class AlreadyUsed(Conflict):
    """A single-use tag that was spent before."""

    slug = "already-used"
    default = "The tag was used before."


class InProgress(Conflict, Delayed):
    """A request with the same idempotency key has not finished yet."""

    slug = "idempotency-in-progress"
    default = "A request with this idempotency key is in progress."


class TooLarge(ServiceError):
    """The body is larger than the service reads."""

    slug = "too-large"
    default = "The request body is too large."


class UnsupportedMediaType(ServiceError):
    """The body is not of a media type, character set or content coding that the service reads."""

    slug = "unsupported-media-type"
    default = "The request body must be application/json in UTF-8."


class IdempotencyMismatch(ServiceError):
    """The idempotency key was used before with another request."""

    slug = "idempotency-key-reused"
    default = "The idempotency key belongs to another request."


class RateLimited(Delayed):
    """The client asks too often; ``limit`` names what it asks too often for."""

    slug = "rate-limited"
    default = "Too many requests."

    def __init__(self, reason: str | None = None, *, retry_after: int = 1, limit: str | None = None) -> None:
        super().__init__(reason, retry_after=retry_after)
        self.limit = limit


class Unavailable(Delayed):
    """A part of the service that this needs does not answer, or is not ready."""

    slug = "unavailable"
    default = "The service is not available at present."


class Overloaded(Unavailable):
    """The service has more to do than it can, and refuses at once what it would not get to in time."""

    slug = "overloaded"
    default = "The service has too much to do at present."


class Misconfigured(ServiceError):
    """The operator has to repair something. Raised while starting; a caller only ever sees ``internal``."""

    default = "The service is not configured correctly."
