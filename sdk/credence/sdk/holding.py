"""The holder's side of every flow: receive, present, answer; and what a wallet says without asking anyone.

A wallet refuses before it speaks: a request for another audience, one outside its time, or one it cannot satisfy never
leads to a message. Offers are claimed only from issuers that the wallet was told to trust, whose document is pinned by the
caller or found in the pinned log, and who stay as the wallet first met them: the same document, the same halves.

A use of a venue's rate limit is counted in the vault before the proof that shows it can leave the wallet, so that no crash
makes it show one twice. Where a venue says that a use was spent all the same, the wallet has forgotten some (it was restored
from its phrase), and goes on to the next one, once for each answer.

A presentation that was sent is remembered until whoever asked for it has the decision. Asked to answer that session again,
the wallet sends those very bytes under the same idempotency key, so that an answer that was lost, on the way or because its
reader was cancelled, does not cost the session.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic

from credence.circuits.composite.assembly import check_policy
from credence.circuits.credential import EPOCH_DAYS, SCHEMAS, day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError, Unprovable
from credence.circuits.issuance import HeldCredential, accept_credential, issuing_interface
from credence.circuits.policy import Policy, PolicyError, load_policy
from credence.circuits.presentation import present
from credence.circuits.sigma.transcript import Encoding
from credence.circuits.wire import IssuedCredential, IssuerDocument, Offer, Presentation, PresentationRequest
from credence.sdk.calls import Call, ask, issuer, keyed
from credence.sdk.calls import verifier as venue
from credence.sdk.calls.issuer import Evidence
from credence.sdk.calls.verifier import Decision
from credence.sdk.choosing import Chosen, choose
from credence.sdk.clock import Clock
from credence.sdk.contents import Contents, KnownIssuer
from credence.sdk.disclosure import Disclosure, disclosure
from credence.sdk.errors import (
    AlreadyUsed,
    CannotSatisfy,
    CredentialRejected,
    InclusionFailed,
    InProgress,
    IssuerDocumentChanged,
    IssuerHalvesChanged,
    NotFound,
    OfferInvalid,
    RateLimited,
    RequestExpired,
    RequestInvalid,
    ServiceFailed,
    ServiceProblem,
    Unavailable,
    UntrustedIssuer,
    UntrustedTrustees,
    WrongAudience,
)
from credence.sdk.flow import Flow, W
from credence.sdk.following import Follower
from credence.sdk.uses import count_use, used
from credence.sdk.vault import VaultFile

CLOCK_SKEW: Final = 60
"""Seconds by which a request may seem to come from the future."""

MAX_LIFETIME: Final = 3600
"""Seconds for which a request may be open: an answer to one that lives on could be used long after it was given."""

MAX_VALIDITY_DAYS: Final = 5 * 366 + EPOCH_DAYS
"""Days from now to a credential's end. An end beyond everyone else's would be a name: it is shown at every visit."""


MAX_SENT: Final = 64
"""Sessions whose answer is outstanding that are remembered; of more, the oldest is forgotten."""

_UNDECIDED: Final = (RateLimited, Unavailable, InProgress, ServiceFailed)
"""Problems after which the same presentation may still be decided."""


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
class TrustedTrustees:
    """Trustees that this wallet's user lets open who was behind a proof, by their set's name and key (48 bytes)."""

    trustees: str
    key: bytes


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """Whether a wallet can answer a request; true where ``unmet`` (the predicates that fail, in words) is empty."""

    unmet: tuple[str, ...]

    def __bool__(self) -> bool:
        return not self.unmet


class Holder(Generic[W]):
    """One holder: a vault, what is in it, and ``way``, the way to the service. One flow at a time."""

    def __init__(
        self,
        vault: VaultFile,
        contents: Contents,
        way: W,
        *,
        trust: Iterable[TrustedIssuer],
        trustees: Iterable[TrustedTrustees],
        follower: Follower[W] | None,
        curve: Curve,
        clock: Clock,
        rng: Rng,
    ) -> None:
        self._vault = vault
        self._contents = contents
        self._way = way
        self._trust: Mapping[str, TrustedIssuer] = MappingProxyType({pin.issuer: pin for pin in trust})
        self._trustees = frozenset(trustees)
        self._follower = follower
        self._curve = curve
        self._clock = clock
        self._rng = rng
        self._sent: dict[tuple[str, str], Call[Decision]] = {}

    @property
    def contents(self) -> Contents:
        """What the vault holds. Secret."""
        return self._contents

    def root(self, passphrase: str) -> bytes:
        """See :meth:`~credence.sdk.wallet.Wallet.export_root`."""
        self._vault.confirm(passphrase)
        return self._contents.root.value

    # --- receiving ---

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
        document = yield from self._trusted_document(offer, way, accept_document)
        root = self._contents.root
        try:
            interface = issuing_interface(self._curve, self._suite(document))
            request = root.commit(interface, SCHEMAS[offer.schema], offer.issuer, self._rng)
            claim = keyed(issuer.claim(offer, request.commitment, evidence), self._rng)
            issued = yield from ask(way, claim)
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

    def _trusted_document(self, offer: Offer, way: W, accepted: bytes | None) -> Flow[W, IssuerDocument]:
        pin = self._trust.get(offer.issuer)
        if pin is None:
            raise UntrustedIssuer
        document = yield from ask(way, issuer.document())
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
        if changed or not pin.documents or self._follower is not None:
            yield from self._find_in_log(document, pin, way)
        return document

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

    # --- presenting ---

    def understand(self, request: PresentationRequest | Mapping[str, Any]) -> Disclosure:
        """See :meth:`~credence.sdk.wallet.Wallet.understand`."""
        request, policy = _read_request(request)
        chosen, unmet = self._choose(request, policy)
        return disclosure(request, policy, chosen, unmet)

    def can_satisfy(self, request: PresentationRequest | Mapping[str, Any]) -> Satisfaction:
        """See :meth:`~credence.sdk.wallet.Wallet.can_satisfy`."""
        return Satisfaction(self._choose(*_read_request(request))[1])

    def present(
        self, request: PresentationRequest | Mapping[str, Any], *, audience: str, compact: bool = False
    ) -> Presentation:
        """See :meth:`~credence.sdk.wallet.Wallet.present`."""
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
        if not self._trusts_trustees(policy):
            raise UntrustedTrustees
        chosen, unmet = self._choose(request, policy)
        if chosen is None or unmet:
            raise CannotSatisfy(unmet)
        use = self._take_use(request, policy)
        encoding = Encoding.COMPACT if compact else Encoding.BATCHABLE
        try:
            return present(self._curve, request, chosen, now, self._rng, use=use, encoding=encoding)
        except Unprovable as error:
            raise CannotSatisfy((error.reason,)) from error
        except CircuitError as error:
            raise RequestInvalid from error

    def answer(self, session_id: str, *, audience: str, way: W | None, compact: bool = False) -> Flow[W, Decision]:
        """See :meth:`~credence.sdk.wallet.Wallet.answer`."""
        way = self._way if way is None else way
        session = (audience, session_id)
        try:
            if session not in self._sent:
                yield from self._prepare(session, way, compact)
            return (yield from self._send(session, way))
        except AlreadyUsed:
            yield from self._prepare(session, way, compact)
        return (yield from self._send(session, way))

    def _prepare(self, session: tuple[str, str], way: W, compact: bool) -> Flow[W, None]:
        """Fetch what is asked, and have the answer to it ready to be sent."""
        audience, session_id = session
        request = yield from ask(way, venue.request(session_id))
        call = keyed(venue.present(self.present(request, audience=audience, compact=compact)), self._rng)
        while len(self._sent) >= MAX_SENT:
            del self._sent[next(iter(self._sent))]
        self._sent[session] = call

    def _send(self, session: tuple[str, str], way: W) -> Flow[W, Decision]:
        try:
            decision = yield from ask(way, self._sent[session])
        except ServiceProblem as problem:
            if not isinstance(problem, _UNDECIDED):
                self._sent.pop(session, None)
            raise
        return decision

    def told(self, session_id: str, *, audience: str) -> None:
        """The caller of :meth:`answer` has its decision, which need not be asked for again."""
        self._sent.pop((audience, session_id), None)

    def _choose(self, request: PresentationRequest, policy: Policy) -> tuple[Chosen | None, tuple[str, ...]]:
        """The credentials that come closest, and everything for which they, or this wallet, cannot answer."""
        chosen, unmet = choose(policy, self._contents.credentials, self._clock())
        more = [f"{asked.slot}: not revoked, which this wallet does not follow" for asked in policy.not_revoked]
        limit, escrow = policy.rate_limit, policy.escrow
        if limit is not None and used(self._contents.uses, request.audience, limit, request.requested_at) >= limit.uses:
            more.append(f"a use of {limit.name} that is left in this {limit.per}")
        if escrow is not None and not self._trusts_trustees(policy):
            more.append(f"a handle sealed to {escrow.trustees}, who are not on this wallet's list")
        return chosen, (*unmet, *more)

    def _trusts_trustees(self, policy: Policy) -> bool:
        return policy.escrow is None or TrustedTrustees(policy.escrow.trustees, policy.escrow.key) in self._trustees

    def _take_use(self, request: PresentationRequest, policy: Policy) -> int:
        """The number of the next use of the policy's rate limit, which is counted from now on; 0 where it has none."""
        limit = policy.rate_limit
        if limit is None:
            return 0
        uses, at = self._contents.uses, request.requested_at
        taken = used(uses, request.audience, limit, at)
        self._keep(self._contents.with_uses(count_use(uses, request.audience, limit, at, self._clock())))
        return taken


def _read_request(request: PresentationRequest | Mapping[str, Any]) -> tuple[PresentationRequest, Policy]:
    try:
        if not isinstance(request, PresentationRequest):
            request = PresentationRequest.parse(request)
        policy = load_policy(request.policy)
        check_policy(policy, day_of(request.requested_at))
        return request, policy
    except PolicyError as error:
        raise RequestInvalid(f"The venue's policy cannot be used: {error.reason}.") from error
    except CircuitError as error:
        raise RequestInvalid from error
