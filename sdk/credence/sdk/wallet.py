"""The holder: keeps secrets, receives credentials, says what a request would reveal, presents.

A wallet refuses before it speaks: a request for another audience, one outside its time, or one it cannot satisfy never
leads to a message. Offers are claimed only from issuers that the wallet was told to trust, whose document is pinned by the
caller or found in the pinned log, and who stay as the wallet first met them: the same document, the same halves.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Self

from credence.circuits import curve as curves
from credence.circuits.credential import EPOCH_DAYS, SCHEMAS, day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError, Unprovable
from credence.circuits.issuance import HeldCredential, accept_credential, issuing_interface
from credence.circuits.policy import Policy, PolicyError, load_policy
from credence.circuits.presentation import can_satisfy, present
from credence.circuits.wire import IssuedCredential, IssuerDocument, Offer, Presentation, PresentationRequest
from credence.sdk.auditor import Auditor
from credence.sdk.calls import issuer, perform
from credence.sdk.calls import verifier as venue
from credence.sdk.calls.issuer import Evidence
from credence.sdk.calls.verifier import Decision
from credence.sdk.clock import Clock, system_clock
from credence.sdk.contents import ROOT_LENGTH, Contents, KnownIssuer, RootSecret
from credence.sdk.disclosure import Disclosure, disclosure
from credence.sdk.errors import (
    BadResponse,
    CannotSatisfy,
    CredentialRejected,
    InclusionFailed,
    IssuerDocumentChanged,
    IssuerHalvesChanged,
    NotFound,
    OfferInvalid,
    RequestExpired,
    RequestInvalid,
    UntrustedIssuer,
    WrongAudience,
)
from credence.sdk.transport import Transport
from credence.sdk.vault import DEFAULT, SealParameters, VaultFile

CLOCK_SKEW: Final = 60
"""Seconds by which a request may seem to come from the future."""

MAX_LIFETIME: Final = 3600
"""Seconds for which a request may be open: an answer to one that lives on could be used long after it was given."""

MAX_VALIDITY_DAYS: Final = 5 * 366 + EPOCH_DAYS
"""Days from now to a credential's end. An end beyond everyone else's would be a name: it is shown at every visit."""


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer this wallet takes credentials from, and the key of the log that its document must be in.

    ``documents`` may pin the very documents accepted, by digest (32 bytes each); where empty, the document must be in the
    log, which the wallet then asks itself.
    """

    issuer: str
    log_vkey: str
    documents: frozenset[bytes] = frozenset()


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """Whether a wallet can answer a request; true where ``unmet`` (the predicates that fail, in words) is empty."""

    unmet: tuple[str, ...]

    def __bool__(self) -> bool:
        return not self.unmet


class Wallet:
    """One holder's wallet. Make it with :meth:`create` or :meth:`open`. Not safe for several threads or processes."""

    def __init__(
        self,
        vault: VaultFile,
        contents: Contents,
        *,
        transport: Transport,
        trust: Iterable[TrustedIssuer],
        auditor: Auditor | None,
        curve: Curve | None,
        clock: Clock,
        rng: Rng,
    ) -> None:
        self._vault = vault
        self._contents = contents
        self._transport = transport
        self._trust: Mapping[str, TrustedIssuer] = MappingProxyType({pin.issuer: pin for pin in trust})
        self._auditor = auditor
        self._curve = curves.load() if curve is None else curve
        self._clock = clock
        self._rng = rng

    @classmethod
    def create(
        cls,
        path: Path,
        passphrase: str,
        *,
        transport: Transport,
        trust: Iterable[TrustedIssuer] = (),
        auditor: Auditor | None = None,
        root: bytes | None = None,
        parameters: SealParameters = DEFAULT,
        curve: Curve | None = None,
        clock: Clock = system_clock,
        rng: Rng = secrets.token_bytes,
    ) -> Self:
        """A new wallet with its vault at ``path``; ``root`` (32 bytes) restores an earlier holder's secrets.

        Raises :class:`VaultUnavailable` where there is a file already, :class:`WeakPassphrase`, and :class:`WalletError` for
        a root of another length.
        """
        contents = Contents(RootSecret(rng(ROOT_LENGTH) if root is None else root))
        vault = VaultFile.create(path, passphrase, contents.encode(), rng, parameters=parameters)
        return cls(vault, contents, transport=transport, trust=trust, auditor=auditor, curve=curve, clock=clock, rng=rng)

    @classmethod
    def open(
        cls,
        path: Path,
        passphrase: str,
        *,
        transport: Transport,
        trust: Iterable[TrustedIssuer] = (),
        auditor: Auditor | None = None,
        curve: Curve | None = None,
        clock: Clock = system_clock,
        rng: Rng = secrets.token_bytes,
    ) -> Self:
        """The wallet in the vault at ``path``.

        Raises :class:`VaultUnavailable` where there is none, :class:`WrongPassphrase`, :class:`VaultTampered`.
        """
        vault, sealed = VaultFile.open(path, passphrase, rng)
        contents = Contents.decode(sealed)
        return cls(vault, contents, transport=transport, trust=trust, auditor=auditor, curve=curve, clock=clock, rng=rng)

    @property
    def credentials(self) -> tuple[HeldCredential, ...]:
        """What the wallet holds, oldest first. Secret."""
        return self._contents.credentials

    def export_root(self, passphrase: str) -> bytes:
        """The 32 bytes that a wallet can be made from again: the holder's identity everywhere. Keep them off line.

        Asks for the passphrase although the vault is open, since whoever has these bytes needs none. Raises
        :class:`WrongPassphrase`, :class:`VaultUnavailable`, :class:`VaultTampered`.
        """
        self._vault.confirm(passphrase)
        return self._contents.root.value

    # --- receiving ---

    def receive(
        self,
        offer: Offer | Mapping[str, Any],
        evidence: Evidence | str,
        *,
        transport: Transport | None = None,
        accept_document: bytes | None = None,
        accept_reset: bool = False,
    ) -> HeldCredential:
        """Claim the credential that an offer promises, check it, keep it.

        ``evidence`` (or its token) is the one the case was opened with; ``transport`` leads to the issuer where that is not
        the wallet's own service. After a broken connection the same call may be made again: it brings the same credential.

        ``accept_document`` is the digest of another document than the one that the wallet saw first of this issuer;
        ``accept_reset`` takes other halves from the issuer, once, if the credential counts more resets than before. The
        issuer and a venue can then connect the old pseudonym to the new one; a wallet made anew does not let them.

        Raises :class:`OfferInvalid`, :class:`UntrustedIssuer` and :class:`IssuerDocumentChanged` (before anything personal
        is sent), :class:`CredentialRejected` where the issuer's answer does not verify or would set the holder apart,
        :class:`IssuerHalvesChanged`, :class:`VaultUnavailable`, the log's :class:`AuditError`, and what
        :func:`~credence.sdk.calls.perform` raises.
        """
        way = transport or self._transport
        offer = self._read_offer(offer)
        evidence = Evidence(evidence) if isinstance(evidence, str) else evidence
        document = self._trusted_document(offer, way, accept_document)
        root = self._contents.root
        try:
            interface = issuing_interface(self._curve, self._suite(document))
            request = root.commit(interface, SCHEMAS[offer.schema], offer.issuer, self._rng)
            issued = perform(way, issuer.claim(offer, request.commitment, evidence))
            if issued.schema != offer.schema:
                raise CredentialRejected("The credential is not of the kind that was offered.")
            secrets_here = root.holder_secrets(offer.issuer)
            held = accept_credential(self._curve, document, issued, secrets_here, request.blind, self._clock())
        except CircuitError as error:
            raise CredentialRejected from error
        self._refuse_marks(issued)
        self._keep(self._contents.with_credential(held, self._recognise(document, issued, accept_reset=accept_reset)))
        return held

    def _keep(self, contents: Contents) -> None:
        self._vault.write(contents.encode())
        self._contents = contents

    def _refuse_marks(self, issued: IssuedCredential) -> None:
        """Dates that few others have would make the credential known wherever it is shown."""
        today = day_of(self._clock())
        if issued.expiry_epoch * EPOCH_DAYS > today + MAX_VALIDITY_DAYS:
            raise CredentialRejected("The credential ends later than credentials do.")
        epoch = today // EPOCH_DAYS
        if not epoch - 1 <= issued.attributes.get("issued_epoch", epoch) <= epoch + 1:
            raise CredentialRejected("The credential is not dated from now.")

    def _recognise(self, document: IssuerDocument, issued: IssuedCredential, *, accept_reset: bool) -> KnownIssuer:
        """What is remembered of the issuer from now on. Raises :class:`IssuerHalvesChanged`."""
        known = self._contents.issuers.get(document.issuer)
        resets = issued.attributes.get("resets", 0 if known is None else known.resets)
        now = KnownIssuer(document.digest(), issued.nym_entropy, issued.use_entropy, resets)
        if known is None or (now.nym, now.use) == (known.nym, known.use):
            return now
        if not accept_reset or resets <= known.resets:
            raise IssuerHalvesChanged
        return now

    def _read_offer(self, offer: Offer | Mapping[str, Any]) -> Offer:
        if not isinstance(offer, Offer):
            try:
                offer = Offer.parse(offer)
            except CircuitError as error:
                raise OfferInvalid("The offer cannot be read.") from error
        if offer.schema not in SCHEMAS:
            raise OfferInvalid("The offer is for an unknown kind of credential.")
        if self._clock() >= offer.expires_at:
            raise OfferInvalid("The offer has expired.")
        return offer

    def _trusted_document(self, offer: Offer, way: Transport, accepted: bytes | None) -> IssuerDocument:
        pin = self._trust.get(offer.issuer)
        if pin is None:
            raise UntrustedIssuer
        document = perform(way, issuer.document())
        if document.issuer != offer.issuer or offer.schema not in document.schemas:
            raise UntrustedIssuer("The service is not the issuer of this offer.")
        if document.log_vkey != pin.log_vkey:
            raise UntrustedIssuer("The issuer names another log than the pinned one.")
        digest = document.digest()
        if pin.documents and digest not in pin.documents:
            raise UntrustedIssuer("The issuer's document is not a pinned one.")
        known = self._contents.issuers.get(offer.issuer)
        changed = known is not None and known.document != digest
        if known is not None and changed and digest != accepted and digest not in pin.documents:
            raise IssuerDocumentChanged(known=known.document, shown=digest)
        if changed or not pin.documents or self._auditor is not None:
            self._find_in_log(document, pin, way)
        return document

    def _find_in_log(self, document: IssuerDocument, pin: TrustedIssuer, way: Transport) -> None:
        """Ask the pinned log for the document; what was seen of the log is kept in the vault."""
        auditor = self._auditor or Auditor(way, pin.log_vkey, seen=self._contents.logs.get(pin.log_vkey))
        if auditor.vkey != pin.log_vkey:
            raise UntrustedIssuer("The wallet's auditor follows another log than the issuer's.")
        try:
            auditor.issuer_document(document)
        except (InclusionFailed, NotFound) as error:
            raise UntrustedIssuer("The issuer's document is not in its log.") from error
        seen = auditor.seen
        if seen is not None and self._contents.logs.get(pin.log_vkey) != seen:
            self._keep(self._contents.with_log(seen))

    def _suite(self, document: IssuerDocument) -> str:
        now = self._clock()
        current = [key for key in document.keys if key.not_before <= now <= key.not_after]
        if not current:
            raise UntrustedIssuer("The issuer has no key that is valid now.")
        return max(current, key=lambda key: key.not_before).suite

    # --- presenting ---

    def understand(self, request: PresentationRequest | Mapping[str, Any]) -> Disclosure:
        """What answering would mean, in words. Raises :class:`RequestInvalid`."""
        request, policy = _read_request(request)
        credential, unmet = self._choose(policy)
        return disclosure(request, policy, credential, unmet)

    def can_satisfy(self, request: PresentationRequest | Mapping[str, Any]) -> Satisfaction:
        """Whether the wallet can answer, and why not. Raises :class:`RequestInvalid`."""
        _, policy = _read_request(request)
        return Satisfaction(self._choose(policy)[1])

    def present(self, request: PresentationRequest | Mapping[str, Any], *, audience: str) -> Presentation:
        """Prove what the request asks; ``audience`` names the venue that the wallet knows it is talking to, whole.

        Sends nothing.

        Raises :class:`WrongAudience`, :class:`RequestExpired`, :class:`CannotSatisfy` naming the predicates that fail, and
        :class:`RequestInvalid`.
        """
        request, policy = _read_request(request)
        if request.audience != audience:
            raise WrongAudience
        now = self._clock()
        if now >= request.expires_at or request.requested_at > now + CLOCK_SKEW:
            raise RequestExpired
        if request.expires_at - request.requested_at > MAX_LIFETIME:
            raise RequestInvalid("The request is open for too long.")
        if policy.message_required and not request.message:
            raise RequestInvalid("The policy requires a message to be bound, and the request has none.")
        credential, unmet = self._choose(policy)
        if credential is None or unmet:
            raise CannotSatisfy(unmet)
        try:
            return present(self._curve, request, credential, now, self._rng)
        except Unprovable as error:
            raise CannotSatisfy((error.reason,)) from error
        except CircuitError as error:
            raise RequestInvalid from error

    def answer(self, session_id: str, *, audience: str, transport: Transport | None = None) -> Decision:
        """Fetch what a venue's session asks, present, and return the decision; a denial is a decision too.

        ``transport`` leads to the verifier where that is not the wallet's own service. Raises as :meth:`present`, then
        nothing was sent; :class:`BadNonce` where the session was answered already; and what
        :func:`~credence.sdk.calls.perform` raises.
        """
        way = transport or self._transport
        request = perform(way, venue.request(session_id))
        if request.session_id != session_id:
            raise BadResponse("The service sent another session's request.")
        return perform(way, venue.present(self.present(request, audience=audience)))

    def _choose(self, policy: Policy) -> tuple[HeldCredential | None, tuple[str, ...]]:
        """The credential that comes closest, the longest valid of equals, and what it does not satisfy."""
        now = self._clock()
        ask = policy.credentials[policy.slot]
        fitting = [
            credential
            for credential in self._contents.credentials
            if credential.schema.id == ask.schema.id and credential.issuer in ask.issuers
        ]
        if not fitting:
            return None, (f"{policy.slot}: a credential of type {ask.schema.id} issued by {' or '.join(ask.issuers)}",)
        found = [(credential, can_satisfy(policy, credential, now)) for credential in fitting]
        return min(found, key=lambda pair: (len(pair[1]), -pair[0].expiry_epoch))


def _read_request(request: PresentationRequest | Mapping[str, Any]) -> tuple[PresentationRequest, Policy]:
    try:
        if not isinstance(request, PresentationRequest):
            request = PresentationRequest.parse(request)
        return request, load_policy(request.policy)
    except PolicyError as error:
        raise RequestInvalid(f"The venue's policy cannot be used: {error.reason}.") from error
    except CircuitError as error:
        raise RequestInvalid from error
