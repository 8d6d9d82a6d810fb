"""The holder's side towards venues: catch up, present, answer; and what a wallet says without asking anyone.

A wallet refuses before it speaks: a request for another audience, one outside its time, or one it cannot satisfy never
leads to a message; nor does one whose policy is not among the rules that its verifier publishes
(:mod:`credence.sdk.published`). Of what a request says about revocations it believes what :mod:`credence.sdk.revocations`
does; what it has followed is in the vault before a proof leaves the wallet.

A use of a venue's rate limit is taken in the vault before the proof that shows it can leave the wallet, and after everything
else was checked, so that no crash makes it show one twice, and no refusal costs one. Where a venue says that a use was spent
all the same, the wallet has forgotten some (it was restored from its phrase), and takes another one, once for each answer,
for the very question that it answered first.

A presentation that was sent is remembered until whoever asked for it has the decision. Asked to answer that session again,
the wallet sends those very bytes under the same idempotency key, so that an answer that was lost, on the way or because its
reader was cancelled, does not cost the session.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from credence.circuits.composite.assembly import check_policy
from credence.circuits.credential import day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError, Unprovable
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import Demand, EscrowAsk, Policy, PolicyError, load_policy
from credence.circuits.presentation import can_satisfy, present
from credence.circuits.sigma.transcript import Encoding
from credence.circuits.verifier_rules import VerifierRules
from credence.circuits.wire import LAST_SECOND, Presentation, PresentationRequest
from credence.sdk.calls import Call, ask, keyed
from credence.sdk.calls import verifier as venue
from credence.sdk.calls.verifier import Decision
from credence.sdk.choosing import choose
from credence.sdk.clock import Clock
from credence.sdk.contents import Contents
from credence.sdk.disclosure import Disclosure, disclosure
from credence.sdk.errors import (
    AlreadyUsed,
    CannotSatisfy,
    InProgress,
    MustCatchUp,
    RateLimited,
    RequestChanged,
    RequestExpired,
    RequestInvalid,
    ServiceFailed,
    ServiceProblem,
    Unavailable,
    UntrustedTrustees,
    WalletError,
    WrongAudience,
)
from credence.sdk.flow import Flow, W
from credence.sdk.following import Follower, Seen
from credence.sdk.published import check_published, walk_back
from credence.sdk.receiving import Receiver, TrustedIssuer
from credence.sdk.refusals import VerifierRulesChanged
from credence.sdk.revocations import Looked, look, read_pages
from credence.sdk.vault import VaultFile

CLOCK_SKEW: Final = 60
"""Seconds by which a request may seem to come from the future."""

MAX_LIFETIME: Final = 3600
"""Seconds for which a request may be open: an answer to one that lives on could be used long after it was given."""

MAX_SENT: Final = 64
"""Sessions whose answer is outstanding that are remembered; of more, the oldest is forgotten."""

_UNDECIDED: Final = (RateLimited, Unavailable, InProgress, ServiceFailed)
"""Problems after which the same presentation may still be decided."""


@dataclass(frozen=True, slots=True)
class TrustedTrustees:
    """Trustees that this wallet's user lets open who was behind a proof, by their set's name and key (48 bytes).

    ``threshold`` of the ``members`` open it together. The user has all four from them, and not from a venue.
    """

    trustees: str
    key: bytes
    threshold: int
    members: int

    @classmethod
    def named_by(cls, escrow: EscrowAsk) -> TrustedTrustees:
        """Those that a policy names."""
        return cls(escrow.trustees, escrow.key, escrow.threshold, escrow.members)


@dataclass(frozen=True, slots=True)
class Satisfaction:
    """Whether a wallet can answer a request; true where ``unmet`` (the predicates that fail, in words) is empty."""

    unmet: tuple[str, ...]

    def __bool__(self) -> bool:
        return not self.unmet


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request that can be answered by somebody: its policy, and what that means on the request's day."""

    request: PresentationRequest
    policy: Policy
    demand: Demand


@dataclass(frozen=True, slots=True)
class Vetted:
    """A request, the credentials that answer it, and the verifier's rules that it is asked under."""

    request: PresentationRequest
    policy: Policy
    looked: Looked
    rules: VerifierRules | None = None


@dataclass(frozen=True, slots=True)
class _Sent:
    """An answer that is outstanding, and what it answers."""

    request: PresentationRequest
    limited: bool
    call: Call[Decision]


class Holder(Receiver[W]):
    """As :class:`Receiver`, towards venues. ``trustees`` are those that its user lets open who was behind a proof."""

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
        super().__init__(vault, contents, way, trust=trust, follower=follower, curve=curve, clock=clock, rng=rng)
        self._trustees = frozenset(trustees)
        self._sent: dict[tuple[str, str], _Sent] = {}

    def understand(self, request: PresentationRequest | Mapping[str, Any]) -> Disclosure:
        """See :meth:`~credence.sdk.wallet.Wallet.understand`."""
        asked = _read_policy(read_request(request))
        looked, unmet = self._look(asked.request, asked.policy)
        return disclosure(asked.request, asked.policy, asked.demand, None if looked is None else looked.chosen, unmet)

    def can_satisfy(self, request: PresentationRequest | Mapping[str, Any]) -> Satisfaction:
        """See :meth:`~credence.sdk.wallet.Wallet.can_satisfy`."""
        asked = _read_policy(read_request(request))
        return Satisfaction(self._look(asked.request, asked.policy)[1])

    def present(
        self, request: PresentationRequest | Mapping[str, Any], *, audience: str, compact: bool = False
    ) -> Presentation:
        """See :meth:`~credence.sdk.wallet.Wallet.present`."""
        vetted = self._vet(request, audience)
        if vetted.looked.behind:
            raise MustCatchUp
        return self._prove(vetted, compact)

    def catch_up(self, request: PresentationRequest | Mapping[str, Any], *, way: W | None) -> Flow[W, None]:
        """See :meth:`~credence.sdk.wallet.Wallet.catch_up`."""
        asked = _read_policy(read_request(request))
        looked, _ = self._look(asked.request, asked.policy)
        if looked is not None:
            yield from self._catch_up(Vetted(asked.request, asked.policy, looked), self._way if way is None else way)

    def _vet(
        self, request: PresentationRequest | Mapping[str, Any], audience: str, known: VerifierRules | None = None
    ) -> Vetted:
        """A request that may be answered with what the wallet has. Raises as :meth:`present`."""
        request = read_request(request)
        if request.audience != audience:
            raise WrongAudience
        check_time(request, self._clock())
        policy = _read_policy(request).policy
        if policy.message_required and not request.message:
            raise RequestInvalid("The policy requires a message to be bound, and the request has none.")
        if not self._trusts_trustees(policy):
            raise UntrustedTrustees
        remembered = known or self._contents.verifiers.get(_verifier_of(request))
        rules = check_published(request, policy, remembered, self._contents.logs)
        looked, unmet = self._look(request, policy)
        if looked is None:
            raise CannotSatisfy(unmet)
        self._require(looked, unmet)
        return Vetted(request, policy, looked, rules)

    def accept_rules(self, verifier: str, digest: bytes) -> None:
        """See :meth:`~credence.sdk.published.AcceptsRules.accept_rules`."""
        if len(digest) != 32:
            raise WalletError("The digest of a verifier's rules has 32 bytes.")
        self._keep(self._contents.with_rules(verifier, digest))

    def _require(self, looked: Looked, unmet: tuple[str, ...]) -> None:
        """Raises what stands in the way of showing the credentials; that one is revoked is remembered."""
        if looked.refused is not None:
            raise looked.refused
        if unmet:
            self._remember(each for each in looked.chosen.values() if each.revoked is not None)
            raise CannotSatisfy(unmet)

    def _prove(self, vetted: Vetted, compact: bool) -> Presentation:
        request, policy, looked, now = vetted.request, vetted.policy, vetted.looked, self._clock()
        check_time(request, now)  # once more: what came between may have taken its time
        if unmet := can_satisfy(policy, looked.chosen, request.requested_at, now):
            raise CannotSatisfy(unmet)
        self._remember(looked.chosen.values())
        verifier, rules = _verifier_of(request), vetted.rules
        if rules is not None and self._contents.verifiers.get(verifier) != rules:
            self._keep(self._contents.with_rules(verifier, rules))
        use = self._take_use(request, policy, now)
        shown = {slot: looked.chosen[slot].witness for slot in looked.views}
        try:
            return present(
                self._curve,
                request,
                looked.chosen,
                now,
                self._rng,
                accumulators=looked.views,
                witnesses={slot: state.witness for slot, state in shown.items() if state is not None},
                use=use,
                encoding=Encoding.COMPACT if compact else Encoding.BATCHABLE,
            )
        except Unprovable as error:
            raise CannotSatisfy((error.reason,)) from error
        except CircuitError as error:
            raise RequestInvalid from error

    def _catch_up(self, vetted: Vetted, way: W) -> Flow[W, Vetted]:
        """The same with every witness at its staple's checkpoint, which the vault keeps; ``way`` leads to the issuer."""
        request, policy, looked = vetted.request, vetted.policy, vetted.looked
        if looked.refused is not None:
            raise looked.refused
        for note in looked.notes:
            yield from self._join(note)
        earlier = {}
        for behind in looked.behind:
            earlier[behind.slot] = yield from read_pages(way, behind)
        if earlier:
            now, logs = self._clock(), self._contents.logs
            looked = look(self._curve, request, policy, looked.chosen, logs, now, earlier)
        self._require(looked, looked.unmet)
        self._remember(looked.chosen.values())
        return replace(vetted, looked=looked)

    def _join(self, shown: Seen) -> Flow[W, None]:
        """See that what a venue showed of a log is of the history that is known, where an auditor can ask the log."""
        follower, known = self._follower, self._contents.logs.get(shown.vkey)
        if follower is None or follower.vkey != shown.vkey:
            return
        if known is not None and known != follower.seen:
            yield from follower.check_consistency(known.note, shown.note)
        yield from follower.join(shown.note)
        if follower.seen is not None and follower.seen != known:
            self._keep(self._contents.with_log(follower.seen))

    def _remember(self, credentials: Iterable[HeldCredential]) -> None:
        followed = self._contents.with_followed(credentials)
        if followed.credentials != self._contents.credentials:
            self._keep(followed)

    def answer(
        self,
        session_id: str,
        *,
        audience: str,
        understood: PresentationRequest | Mapping[str, Any] | None,
        way: W | None,
        compact: bool,
    ) -> Flow[W, Decision]:
        """See :meth:`~credence.sdk.wallet.Wallet.answer`."""
        way = self._way if way is None else way
        session = (audience, session_id)
        agreed = None if understood is None else read_request(understood)
        sent = self._sent.get(session)
        if sent is None:
            sent = yield from self._prepare(session, agreed, way, compact)
        elif agreed is not None and sent.request != agreed:
            raise RequestChanged
        try:
            return (yield from self._send(session, way))
        except AlreadyUsed:
            if not sent.limited:
                raise
        yield from self._prepare(session, sent.request, way, compact)
        return (yield from self._send(session, way))

    def _prepare(
        self, session: tuple[str, str], agreed: PresentationRequest | None, way: W, compact: bool
    ) -> Flow[W, _Sent]:
        """Fetch what is asked, and have the answer to it ready to be sent; to what is ``agreed`` alone, if that is known."""
        audience, session_id = session
        request = yield from ask(way, venue.request(session_id))
        if agreed is not None and request != agreed:
            raise RequestChanged
        try:
            vetted = self._vet(request, audience)
        except VerifierRulesChanged:
            link = yield from walk_back(way, self._contents.verifiers.get(_verifier_of(request)), request.published)
            if link is None:
                raise
            vetted = self._vet(request, audience, link)
        if request.published is not None and self._contents.verifiers.get(_verifier_of(request)) != vetted.rules:
            yield from self._join(Seen(request.published.rules.log_vkey, request.published.note))
        if vetted.policy.not_revoked:
            vetted = yield from self._catch_up(vetted, self._way)
        call = keyed(venue.present(self._prove(vetted, compact)), self._rng)
        while len(self._sent) >= MAX_SENT:
            del self._sent[next(iter(self._sent))]
        sent = self._sent[session] = _Sent(request, vetted.policy.rate_limit is not None, call)
        return sent

    def _send(self, session: tuple[str, str], way: W) -> Flow[W, Decision]:
        try:
            decision = yield from ask(way, self._sent[session].call)
        except ServiceProblem as problem:
            if not isinstance(problem, _UNDECIDED):
                self._sent.pop(session, None)
            raise
        return decision

    def told(self, session_id: str, *, audience: str) -> None:
        """The caller of :meth:`answer` has its decision, which need not be asked for again."""
        self._sent.pop((audience, session_id), None)

    def _look(self, request: PresentationRequest, policy: Policy) -> tuple[Looked | None, tuple[str, ...]]:
        """The credentials that come closest, and everything for which they, or this wallet, cannot answer."""
        now, at = min(self._clock(), LAST_SECOND), request.requested_at
        chosen, unmet = choose(policy, self._contents.credentials, at, now)
        looked = None if chosen is None else look(self._curve, request, policy, chosen, self._contents.logs, now)
        more = [] if looked is None else [*looked.unmet]
        limit, escrow = policy.rate_limit, policy.escrow
        if limit is not None and (missing := self._contents.uses.missing(request.audience, limit, at, now)) is not None:
            more.append(missing)
        if escrow is not None and not self._trusts_trustees(policy):
            more.append(f"a handle sealed to {escrow.trustees}, who are not on this wallet's list")
        return looked, (*unmet, *more)

    def _trusts_trustees(self, policy: Policy) -> bool:
        return policy.escrow is None or TrustedTrustees.named_by(policy.escrow) in self._trustees

    def _take_use(self, request: PresentationRequest, policy: Policy, now: int) -> int:
        """The number of a use of the policy's rate limit, which is taken from now on; 0 where it has none."""
        limit = policy.rate_limit
        if limit is None:
            return 0
        taken, uses = self._contents.uses.take(request.audience, limit, request.requested_at, now, self._rng)
        self._keep(self._contents.with_uses(uses))
        return taken


def read_request(request: PresentationRequest | Mapping[str, Any]) -> PresentationRequest:
    """What can be read, in the calendar, and open for as long as requests may be. Raises :class:`RequestInvalid`."""
    try:
        if not isinstance(request, PresentationRequest):
            request = PresentationRequest.parse(request)
    except CircuitError as error:
        raise RequestInvalid from error
    if not 0 <= request.requested_at < request.expires_at <= LAST_SECOND:
        raise RequestInvalid("The request is outside the calendar, or over before it begins.")
    if request.expires_at - request.requested_at > MAX_LIFETIME:
        raise RequestInvalid("The request is open for too long.")
    return request


def _verifier_of(request: PresentationRequest) -> str:
    return request.audience.partition("/")[0]


def check_time(request: PresentationRequest, now: int) -> None:
    """Raises :class:`RequestExpired` outside of its time."""
    if now >= request.expires_at or request.requested_at > now + CLOCK_SKEW:
        raise RequestExpired


def _read_policy(request: PresentationRequest) -> _Asked:
    try:
        policy = load_policy(request.policy)
        return _Asked(request, policy, check_policy(policy, day_of(request.requested_at)))
    except PolicyError as error:
        raise RequestInvalid(f"The venue's policy cannot be used: {error.reason}.") from error
    except CircuitError as error:
        raise RequestInvalid from error
