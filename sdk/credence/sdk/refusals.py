"""How openings, renewals, policies that are not published, and audits of a
verifier are refused: of the one tree of :mod:`credence.sdk.errors`."""

from __future__ import annotations

from credence.sdk.errors import AuditError, CredenceError, ServiceProblem, WalletError


class OpeningError(CredenceError):
    """A trustee, or whoever asks trustees, refuses to go on; ``reason`` says why."""


class CeremonyRefused(OpeningError):
    """A ceremony in which somebody lied or is missing, or that is not this trustee's."""

    default = "The ceremony is refused."


class WarrantRefused(OpeningError):
    """A warrant that does not let this trustee open anything: unsigned, unknown, out of its time, or not in the log."""

    default = "The warrant is refused."


class ExhibitRefused(OpeningError):
    """A presentation that does not hold, or is not the warrant's."""

    default = "The presentation is refused."


class OpeningRefused(OpeningError):
    """An opening that this trustee has made for somebody else, or parts that open nothing."""

    default = "The opening is refused."


class CannotRenew(WalletError):
    """The wallet has no credential of a person that a standing could be received for: none, or revoked, or expired."""

    default = "The wallet has no live credential of a person that a standing could be received for."


class RenewalRefused(ServiceProblem):
    """The issuer does not take the proof that a standing is asked for with."""


class PolicyUnpublished(WalletError):
    """The request does not show that its policy is among its verifier's rules in the log: it may be asked of one person.

    A policy that was registered a moment ago is not in the log yet; the request is to be fetched again then.
    """

    default = "The request does not show that its policy is published."


class VerifierRulesChanged(WalletError):
    """The verifier shows other rules than this wallet saw, which do not continue those. Nothing was shown.

    ``known`` and ``shown`` are the digests (32 bytes). Whoever has compared ``shown`` with what others see of the verifier
    may accept it by name.
    """

    default = "The verifier's rules are not those that this wallet saw, and do not continue them."

    def __init__(self, *, known: bytes, shown: bytes) -> None:
        super().__init__()
        self.known = known
        self.shown = shown


class RulesBroken(AuditError):
    """A verifier's editions do not lead from the first to the newest. ``edition`` is the digest (32 bytes) of the one that
    the next one does not continue; what the log has of both convicts the verifier.
    """

    default = "An edition of the verifier's rules is not continued by the next one."

    def __init__(self, reason: str | None = None, *, edition: bytes) -> None:
        super().__init__(f"{reason or self.default} (edition {edition.hex()})")
        self.edition = edition


class EditionMissing(RulesBroken):
    """The verifier does not show an edition that a later one names, nor its policies."""

    default = "The verifier does not show an edition that a later one continues."


class MarkDropped(RulesBroken):
    """An edition has a policy's ``mark`` (32 bytes) that the next one lacks: it was shown to somebody, and replaced."""

    def __init__(self, *, edition: bytes, mark: bytes) -> None:
        super().__init__(f"The next edition lacks the policy {mark.hex()}.", edition=edition)
        self.mark = mark


class DenialsMiscounted(AuditError):
    """The counts of denied decisions are not those of the receipts. ``minute`` is the one that shows it (unix time / 60)."""

    default = "The denied decisions are not those that were counted."

    def __init__(self, reason: str | None = None, *, minute: int) -> None:
        super().__init__(f"{reason or self.default} (minute {minute})")
        self.minute = minute
