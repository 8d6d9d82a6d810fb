"""The receiving side of a wallet: offers are claimed, credentials checked and kept.

Offers are claimed only from issuers that the wallet was told to trust, whose document is pinned by the caller or found in
the pinned log, and who stay as the wallet first met them: the same document or one that continues it, the same halves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic

from credence.circuits.credential import EPOCH_DAYS, PERSON_1, SCHEMAS, STANDING_1, day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError
from credence.circuits.issuance import HeldCredential, accept_credential, issuing_interface
from credence.circuits.succession import check_succession
from credence.circuits.wire import IssuedCredential, IssuerDocument, Offer
from credence.sdk.calls import ask, issuer, keyed, reviews
from credence.sdk.calls.issuer import Evidence
from credence.sdk.clock import Clock
from credence.sdk.contents import Contents, KnownIssuer
from credence.sdk.errors import (
    CredentialRejected,
    InclusionFailed,
    IssuerDocumentChanged,
    IssuerHalvesChanged,
    NotFound,
    OfferInvalid,
    UntrustedIssuer,
)
from credence.sdk.flow import Flow, W
from credence.sdk.following import Follower
from credence.sdk.reviews import Review, may_be_due
from credence.sdk.vault import VaultFile

MAX_VALIDITY_DAYS: Final = 5 * 366 + EPOCH_DAYS
"""Days from now to a credential's end. An end beyond everyone else's would be a name: it is shown at every visit."""


@dataclass(frozen=True, slots=True)
class TrustedIssuer:
    """An issuer this wallet takes credentials from, and the key of the log that its document must be in.

    ``documents`` may pin the very documents accepted, by digest (32 bytes each), and those that continue one of them; where
    empty, the document must be in the log, which the wallet then asks itself. ``shown`` are pinned documents themselves, as
    far as they are at hand: a wallet that has not seen them before can tell what continues these alone.
    """

    issuer: str
    log_vkey: str
    documents: frozenset[bytes] = frozenset()
    shown: tuple[IssuerDocument, ...] = ()

    @classmethod
    def pinned(cls, *documents: IssuerDocument) -> TrustedIssuer:
        """The issuer of these documents, and their log. Raises :class:`ValueError` for none, or of several issuers."""
        if len({(document.issuer, document.log_vkey) for document in documents}) != 1:
            raise ValueError("documents of one issuer and log are pinned together")
        digests = frozenset(document.digest() for document in documents)
        return cls(documents[0].issuer, documents[0].log_vkey, digests, documents)


class Receiver(Generic[W]):
    """One holder: a vault, what is in it, and ``way``, the way to the service. One flow at a time."""

    def __init__(
        self,
        vault: VaultFile,
        contents: Contents,
        way: W,
        *,
        trust: Iterable[TrustedIssuer],
        follower: Follower[W] | None,
        curve: Curve,
        clock: Clock,
        rng: Rng,
    ) -> None:
        self._vault = vault
        self._contents = contents
        self._way = way
        self._trust: Mapping[str, TrustedIssuer] = MappingProxyType({pin.issuer: pin for pin in trust})
        self._follower = follower
        self._curve = curve
        self._clock = clock
        self._rng = rng

    @property
    def contents(self) -> Contents:
        """What the vault holds. Secret."""
        return self._contents

    def root(self, passphrase: str) -> bytes:
        """See :meth:`~credence.sdk.wallet.Wallet.export_root`."""
        self._vault.confirm(passphrase)
        return self._contents.root.value

    def receive(
        self,
        offer: Offer | Mapping[str, Any],
        evidence: Evidence | str,
        *,
        way: W | None,
        accept_document: bytes | None,
        accept_reset: bool,
    ) -> Flow[W, HeldCredential]:
        """See :meth:`~credence.sdk.wallet.Wallet.receive`."""
        way = self._way if way is None else way
        offer = self._read_offer(offer)
        evidence = Evidence(evidence) if isinstance(evidence, str) else evidence
        document = yield from self._trusted_document(offer.issuer, offer.schema, way, accept_document)
        root = self._contents.root
        try:
            interface = issuing_interface(self._curve, self._suite(document))
            request = root.commit(interface, SCHEMAS[offer.schema], offer.issuer, self._rng)
            claim = keyed(issuer.claim(offer, request.commitment, evidence), self._rng)
            issued = yield from ask(way, claim)
            if all(issued.key_id != key.key_id for key in document.keys):  # the issuer began with another key meanwhile
                document = yield from self._trusted_again(document, offer.issuer, offer.schema, way, accept_document)
            if issued.schema != offer.schema:
                raise CredentialRejected("The credential is not of the kind that was offered.")
            secrets_here = root.holder_secrets(offer.issuer)
            held = accept_credential(self._curve, document, issued, secrets_here, request.blind, self._clock())
        except CircuitError as error:
            raise CredentialRejected from error
        self._refuse_marks(issued)
        self._keep(self._contents.with_credential(held, self._recognise(document, issued, accept_reset=accept_reset)))
        return held

    def reviews(self, issuer_id: str, *, way: W | None) -> Flow[W, tuple[Review, ...]]:
        """See :meth:`~credence.sdk.wallet.Wallet.reviews`."""
        way = self._way if way is None else way
        notice = yield from ask(way, reviews.notice())
        if notice.issuer != issuer_id:
            raise UntrustedIssuer("The service is not the issuer that was meant.")
        found: list[Review] = []
        for held in self._contents.credentials:
            if held.issuer != issuer_id or held.schema != PERSON_1:
                continue
            name = (held.issuer, held.attestation_id)
            if not may_be_due(held, notice, self._contents.verified.get(name), self._clock()):
                found.append(Review(*name, revoked=held.revoked is not None))
                continue
            told = yield from ask(way, reviews.standing(held.attestation_id))
            if told.deadline is None and not told.revoked and self._contents.verified.get(name) != told.verified_at:
                self._keep(self._contents.with_verified(*name, told.verified_at))
            found.append(Review(*name, told.cause, told.deadline, asked=True, revoked=told.revoked))
        return tuple(found)

    def _keep(self, contents: Contents) -> None:
        self._vault.write(contents.encode())
        self._contents = contents

    def _refuse_marks(self, issued: IssuedCredential) -> None:
        """Dates that few others have would make the credential known wherever it is shown."""
        today = day_of(self._clock())
        if issued.attributes["expires_on"] > today + MAX_VALIDITY_DAYS:
            raise CredentialRejected("The credential ends later than credentials do.")
        epoch = today // EPOCH_DAYS
        if not epoch - 1 <= issued.attributes.get("issued_epoch", epoch) <= epoch + 1:
            raise CredentialRejected("The credential is not dated from now.")

    def _recognise(self, document: IssuerDocument, issued: IssuedCredential, *, accept_reset: bool) -> KnownIssuer:
        """What is remembered of the issuer from now on. Raises :class:`IssuerHalvesChanged`."""
        known = self._contents.issuers.get(document.issuer)
        resets = issued.attributes.get("resets", 0 if known is None else known.resets)
        now = KnownIssuer(document.digest(), issued.nym_entropy, issued.use_entropy, resets, document)
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
        if offer.schema == STANDING_1.id:
            raise CredentialRejected("A standing is renewed, and none is offered: its dates would be this holder's alone.")
        if self._clock() >= offer.expires_at:
            raise OfferInvalid("The offer has expired.")
        return offer

    def _trusted_document(self, name: str, schema: str, way: W, accepted: bytes | None) -> Flow[W, IssuerDocument]:
        pin = self._trust.get(name)
        if pin is None:
            raise UntrustedIssuer
        document = yield from ask(way, issuer.document())
        if document.issuer != name or schema not in document.schemas:
            raise UntrustedIssuer("The service is not the issuer that was meant, or does not issue this.")
        if document.log_vkey != pin.log_vkey:
            raise UntrustedIssuer("The issuer names another log than the pinned one.")
        digest, known = document.digest(), self._contents.issuers.get(name)
        changed = known is not None and known.document != digest
        pinned = digest in pin.documents
        if pin.documents and not pinned and not self._follows_pin(document, pin, known):
            raise UntrustedIssuer("The issuer's document is not a pinned one.")
        if known is not None and changed and digest != accepted:  # a pinned one may not go back either
            before = (known.shown, *pin.shown)
            if not self._continues(document, (each for each in before if each and each.digest() == known.document)):
                raise IssuerDocumentChanged(known=known.document, shown=digest)
        if changed or not pinned or self._follower is not None:
            yield from self._find_in_log(document, pin, way)
        if known is None or changed:
            self._check_keys(document, pinned=pinned)
        return document

    def _trusted_again(
        self, before: IssuerDocument, name: str, schema: str, way: W, accepted: bytes | None
    ) -> Flow[W, IssuerDocument]:
        """The document that is shown after a claim: the one of before the claim, or one that continues it."""
        document = yield from self._trusted_document(name, schema, way, accepted)
        if document.digest() not in (before.digest(), accepted) and not self._continues(document, (before,)):
            raise IssuerDocumentChanged(known=before.digest(), shown=document.digest())
        return document

    def _follows_pin(self, document: IssuerDocument, pin: TrustedIssuer, known: KnownIssuer | None) -> bool:
        """Whether a document that is not pinned continues one that is, by way of what the wallet knows."""
        if pin.documents.isdisjoint(document.previous):
            return False
        if known is not None and known.document == document.digest():
            return True
        seen = () if known is None or known.shown is None else (known.shown,)
        return self._continues(document, (*seen, *pin.shown))

    def _continues(self, document: IssuerDocument, before: Iterable[IssuerDocument]) -> bool:
        now = self._clock()
        for earlier in before:
            try:
                check_succession(self._curve, earlier, document, now)
            except CircuitError:
                continue
            return True
        return False

    def _check_keys(self, document: IssuerDocument, *, pinned: bool) -> None:
        """What shows a key that nobody has the secret of is no issuer's, nor what has more keys than a rotation needs.

        A document of before there were proofs may have sixteen: it is taken where the caller pinned it, or it is known."""
        if not document.is_proven():
            if pinned:
                return
            raise UntrustedIssuer("The issuer's document is of before there were proofs of keys, and not a pinned one.")
        try:
            document.check_live(self._clock())
        except CircuitError as error:
            raise UntrustedIssuer("The issuer shows more keys than two that are accepted.") from error
        try:
            for key in document.keys:
                key.check_possession(self._curve)
        except CircuitError as error:
            raise UntrustedIssuer("The issuer shows a key without showing that it has it.") from error

    def _find_in_log(self, document: IssuerDocument, pin: TrustedIssuer, way: W) -> Flow[W, None]:
        """Ask the pinned log for the document; what was seen of the log is kept in the vault."""
        follower = self._follower or Follower(way, pin.log_vkey, seen=self._contents.logs.get(pin.log_vkey))
        if follower.vkey != pin.log_vkey:
            raise UntrustedIssuer("The wallet's auditor follows another log than the issuer's.")
        try:
            yield from follower.issuer_document(document)
        except (InclusionFailed, NotFound) as error:
            raise UntrustedIssuer("The issuer's document is not in its log.") from error
        seen = follower.seen
        if seen is not None and self._contents.logs.get(pin.log_vkey) != seen:
            self._keep(self._contents.with_log(seen))

    def _suite(self, document: IssuerDocument) -> str:
        now = self._clock()
        current = [key for key in document.keys if key.not_before <= now <= key.not_after]
        if not current:
            raise UntrustedIssuer("The issuer has no key that is valid now.")
        return max(current, key=lambda key: key.not_before).suite
