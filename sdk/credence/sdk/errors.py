"""Everything the SDK raises on purpose: one tree under :class:`CredenceError`.

Three families, by who has to act: the way to a service failed (:class:`TransportError`), a service said no
(:class:`ServiceProblem`), or this side refused (:class:`WalletError`, :class:`VerifierError`, :class:`AuditError`).
``reason`` is a short sentence that holds no secret and no identity, so that an error may be logged; that of a
:class:`ServiceProblem` is the service's own sentence, and only as discreet as the service. The errors of
``credence.circuits`` never leave the SDK; they are the ``__cause__``.
"""

from __future__ import annotations

from typing import ClassVar


class CredenceError(Exception):
    """Base of all. ``reason`` says what happened, in words."""

    default: ClassVar[str] = "The operation failed."

    def __init__(self, reason: str | None = None) -> None:
        self.reason = reason or self.default
        super().__init__(self.reason)


# --- the way to a service ---


class TransportError(CredenceError):
    """No answer that can be used. What was asked may or may not have happened."""

    default = "The service gave no usable answer."


class Unsendable(TransportError):
    """What was to be sent has no acceptable form (an address, API key, identifier, amount or body); nothing was sent."""

    default = "This cannot be sent."


class Unreachable(TransportError):
    """No connection, or it broke before the answer was whole."""

    default = "The service cannot be reached."


class TimedOut(TransportError):
    """The service did not answer in time."""

    default = "The service did not answer in time."


class BadResponse(TransportError):
    """An answer that is none: a redirect, another media type, too large, not JSON, or not of the protocol's shape."""

    default = "The service answered something that is not of this protocol."


# --- a service said no ---


class ServiceProblem(CredenceError):
    """An error answer (RFC 9457). ``slug`` is the last part of its type, ``request_id`` what the operator can look up.

    ``retry_after`` is the number of seconds to wait, where the service said one. ``reason`` is the answer's detail, else its
    title: the service's words, one printable line of at most 512 characters. The text of the error names the request too.
    """

    def __init__(
        self,
        *,
        slug: str,
        status: int,
        title: str,
        detail: str | None = None,
        request_id: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(detail or title)
        self.slug = slug
        self.status = status
        self.title = title
        self.detail = detail
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        return self.reason if self.request_id is None else f"{self.reason} (request {self.request_id})"


class InvalidRequest(ServiceProblem):
    """The service could not read the request, or it asks for what does not exist in this form."""


class RequestRefused(ServiceProblem):
    """The service does not take such a request: its method, size or media type, or a kind that ``slug`` alone names."""


class Unauthorized(ServiceProblem):
    """The API key, access token or offer secret is missing, unknown, expired or revoked."""


class Forbidden(ServiceProblem):
    """The API key or access token does not carry the scope that this needs."""


class NotFound(ServiceProblem):
    """There is no such thing, or it is somebody else's."""


class Erased(ServiceProblem):
    """What was kept of it is erased, for good."""


class Conflict(ServiceProblem):
    """The request does not fit the present state of its object."""


class PolicyVersionExists(Conflict):
    """A policy of this name and version exists and says something else."""


class FourEyesRequired(Conflict):
    """The decision takes two persons: it has to be proposed, or was by the same person."""


class ResetRefused(Conflict):
    """The issuer gives no other pseudonym now: the wallet's recovery phrase is not that of the person's last credential."""


class CredentialSuspended(Conflict):
    """The person's credential is suspended, and nothing is issued in its place meanwhile."""


class Retained(Conflict):
    """What is to be erased has to be kept: ``detail`` names the ground, and the day or the legal hold."""


class ProposalOpen(Conflict):
    """The case has a proposal that waits for a second person."""


class BadNonce(Conflict):
    """The session's nonce is unknown, expired or used."""


class AlreadyUsed(Conflict):
    """A single-use tag was spent before: a wallet that was restored from its phrase has forgotten uses that it made."""


class InProgress(Conflict):
    """The same request came before and is still at work: ask again, with the same idempotency key."""


class KeyReused(ServiceProblem):
    """The idempotency key belongs to another request."""


class RateLimited(ServiceProblem):
    """Too many requests; see ``retry_after``."""


class Unavailable(ServiceProblem):
    """The service, or what stands before it, cannot answer at present; see ``retry_after``."""


class ServiceFailed(ServiceProblem):
    """The service failed in a way that nobody foresaw. ``request_id`` is all there is to tell the operator."""


# --- the wallet refused ---


class WalletError(CredenceError):
    """The wallet refused; unless said otherwise nothing was sent."""


class VaultUnavailable(WalletError):
    """The vault's file cannot be read or written: missing, already there, or changed since it was opened."""

    default = "The vault is not available."


class VaultChanged(VaultUnavailable):
    """Another process wrote the vault since it was opened. Nothing was kept or shown: open it again."""

    default = "The vault was written by another process since it was opened: open it again."


class WeakPassphrase(WalletError):
    """A new vault's passphrase is too short to protect anything."""

    default = "A passphrase has at least 8 characters."


class WrongPassphrase(WalletError):
    """The passphrase is wrong, or the vault's header was changed: the two cannot be told apart."""

    default = "The passphrase is wrong, or the vault's header was changed."


class VaultTampered(WalletError):
    """The file is no vault, its parameters are below the floor, or its contents are not what the passphrase sealed."""

    default = "The vault was changed by something other than its wallet."


class PhraseInvalid(WalletError):
    """The words are no recovery phrase. No word of it is named, here or in what caused it."""

    default = "The words are no recovery phrase: one is wrong, missing or out of its place."


class OfferInvalid(WalletError):
    """The offer cannot be read, has expired, or is for a credential of another kind."""

    default = "The offer cannot be used."


class UntrustedIssuer(WalletError):
    """The issuer, or the document it shows, is not one this wallet has reason to trust."""

    default = "The issuer is not trusted by this wallet."


class IssuerDocumentChanged(UntrustedIssuer):
    """The issuer shows another document than this wallet saw, which does not continue that one. Nothing personal was sent.

    ``known`` and ``shown`` are the digests (32 bytes). Whoever has compared ``shown`` with what others see of the issuer may
    accept it by name; it is looked for in the log all the same.
    """

    default = "The issuer's document is not the one that this wallet saw, and does not continue it."

    def __init__(self, *, known: bytes, shown: bytes) -> None:
        super().__init__()
        self.known = known
        self.shown = shown


class CredentialRejected(WalletError):
    """What the issuer sent is no credential that could later be shown (layout, key, signature); nothing was kept."""

    default = "The issuer's credential does not verify."


class IssuerHalvesChanged(CredentialRejected):
    """The issuer added other halves to this wallet's secrets than before; nothing was kept.

    Pseudonyms would move by a distance that the issuer knows, and a venue could help it find their holder. It is legitimate
    only after a reset that the holder asked for.
    """

    default = "The issuer gives other halves of the pseudonym secrets than before."


class RequestInvalid(WalletError):
    """The venue's request cannot be read, or its policy is impossible."""

    default = "The request cannot be read."


class RequestChanged(RequestInvalid):
    """The service asks something else than what was understood, or answered, under the same session. Nothing was shown."""

    default = "The service asks for something else than before."


class RequestExpired(WalletError):
    """The request is outside its time."""

    default = "The request has expired."


class WrongAudience(WalletError):
    """The request is for somebody other than the venue the wallet is talking to."""

    default = "The request is for another audience."


class UntrustedTrustees(WalletError):
    """The policy seals the holder's handle to trustees, or under a key, that the wallet's user has not put on its list."""

    default = "The policy seals a handle to trustees that are not on this wallet's list."


class RevocationsRefused(WalletError):
    """What a request says of revocations, or an issuer answered about them, is not believed.

    It is of another accumulator, not in the log, too old, before what the wallet has seen, or leads nowhere: see ``reason``.
    """

    default = "What the request says of revocations cannot be believed."


class MustCatchUp(WalletError):
    """More was revoked since than the request has room for. ``catch_up`` reads the rest from the issuer; ``answer`` does so
    by itself."""

    default = "The wallet has to catch up with what was revoked first: call catch_up with the request."


class CannotSatisfy(WalletError):
    """No credentials in the wallet show what the policy asks. ``predicates`` names what is missing, in words."""

    def __init__(self, predicates: tuple[str, ...]) -> None:
        super().__init__("cannot show: " + ", ".join(predicates))
        self.predicates = predicates


# --- the venue's side refused ---


class VerifierError(CredenceError):
    """The venue's side refused."""


class PolicyInvalid(VerifierError):
    """The policy means nothing, or asks for what is not supported; ``reason`` is meant for its author."""

    default = "The policy cannot be used."


class PresentationInvalid(VerifierError):
    """Not a presentation for this request: the wrong shape, or not the attributes that were asked for."""

    default = "The presentation cannot be read."


class PresentationRefused(VerifierError):
    """A presentation that was not accepted. ``reason`` is ``not_accepted`` or ``policy_not_met``."""

    default = "not_accepted"


class WebhookRefused(VerifierError):
    """A message at a webhook's address that is not the service's, is too old, or cannot be read. Answer it with a 400."""

    default = "The webhook is not signed under this secret."


class WebhookSecretInvalid(VerifierError):
    """What is configured as a webhook's secret is none. Nothing is believed under it."""

    default = "A webhook's secret is whsec_ and the base64 of 24 to 64 bytes."


# --- the audit failed ---


class AuditError(CredenceError):
    """Something the log, an issuer or a verifier must be able to show was not shown."""


class CheckpointInvalid(AuditError):
    """The checkpoint is not one that the pinned log signed."""

    default = "The checkpoint is not signed by the pinned log."


class InclusionFailed(AuditError):
    """The log does not show that it holds the leaf."""

    default = "The log does not show that it holds this leaf."


class ConsistencyFailed(AuditError):
    """Two checkpoints of the log contradict each other. ``evidence`` holds both signed notes, older first."""

    default = "Two checkpoints of the log contradict each other."

    def __init__(self, reason: str | None = None, *, evidence: tuple[str, str] = ("", "")) -> None:
        super().__init__(reason)
        self.evidence = evidence


class LogRolledBack(ConsistencyFailed):
    """The log shows fewer entries than it once signed for."""

    default = "The log is shorter than a checkpoint that it signed before."


class LogForked(ConsistencyFailed):
    """The log does not show that its checkpoint continues the one it signed before."""

    default = "The log's checkpoint does not continue the one that it signed before."


class ReceiptInvalid(AuditError):
    """The receipt cannot be read, or no key of the verifier signed it."""

    default = "The receipt is not signed by the verifier."
