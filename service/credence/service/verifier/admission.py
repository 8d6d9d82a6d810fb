"""Admission: a presentation is verified, a decision is signed, and the nonce is spent.

Steps are numbered as in docs/protocol.md. 1 to 6, the proof, are arithmetic and run outside any transaction, and so does the
signing of the receipt (8). Then one transaction closes the session, writes the decision, the receipt's leaf and the webhooks
that tell of it, and spends the nonce and the use of a rate limit (7), last; nothing leaves before it is committed. A proof
that is refused costs its session an attempt, and is counted in its minute. A use that was spent before costs nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.encoding import Rng
from credence.circuits.errors import Refused, Step
from credence.circuits.leaf import RECEIPT_LEAF
from credence.circuits.policy import Policy
from credence.circuits.policy.language import PERIODS
from credence.circuits.presentation import Accepted, FindAccumulator, Unchecked, read_presentation
from credence.circuits.wire import Presentation
from credence.service.errors import AlreadyUsed, BadNonce, Unavailable
from credence.service.forgetting import RowKind, SubjectKey
from credence.service.ledger import post
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.settings import Limit
from credence.service.store import Run
from credence.service.verifier import decision, policies, records, revocations, sessions
from credence.service.verifier.decision import Sealed
from credence.service.verifier.denials import count_denied
from credence.service.verifier.desk import Desk
from credence.service.verifier.persons import Exposure, Overtaken, keep, person_of
from credence.service.verifier.records import MAX_DENIED, VerifierDecision, VerifierOutbox, VerifierSession, VerifierUseTag
from credence.service.verifier.sealing import KEYS, key_of, seal_decision
from credence.service.verifier.tariff import Tariff
from credence.service.verifier.webhooks.endpoints import EventType
from credence.service.verifier.webhooks.outbox import announce

_ATTEMPTS: Final = 8

Check = Callable[[Callable[[], Unchecked]], Accepted | Refused]
"""Has a presentation read and checked, perhaps with others."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """``answer`` is the Decision as JSON text. ``step`` says what refused, and is for the operator's log alone."""

    answer: str
    reason: str
    attempt: int
    step: Step | None


def judge(desk: Desk, session_id: str, presentation: Presentation, run: Run[Judgement] | None = None) -> Judgement:
    """Decides on a presentation for a session. ``run`` runs the transaction, by default the desk's store.

    Raises :class:`BadNonce` for a session that is unknown, expired or closed, also by another presentation meanwhile;
    :class:`AlreadyUsed` for a use of a rate limit that was spent before, which leaves the session open;
    :class:`~credence.circuits.errors.Malformed` and :class:`~credence.circuits.errors.IllFormed` for a message that is none,
    which costs no attempt; :class:`~credence.service.errors.RateLimited` for a session or venue with too many of them;
    :class:`~credence.service.errors.Unavailable` where it cannot be found out who is revoked, and for a denial that came
    minutes late;
    :class:`~credence.service.verifier.persons.whole.TooManyAccounts` for a person with more accounts than are added up.
    """
    services = desk.services
    now = services.clock()
    with desk.batcher.expecting() as check:
        row, policy = _open(desk, session_id, now)
        tariff = desk.tariff(policy.tariff, now)
        documents = services.trusted_documents()
        request = sessions.request_of(row, policy, services.settings.verifier_id)
        read = partial(
            read_presentation,
            services.curve,
            request,
            presentation,
            documents,
            request.audience,
            now,
            services.rng,
            accumulators=_looked_up(revocations.finder(services, documents, now), policy, presentation),
        )
        verdict = _verdict(services, check, read)
    if isinstance(verdict, Refused):
        sealed = decision.denied(desk, row, policy, presentation, verdict.reason, now=now)
        kept = partial(_kept, row, sealed=sealed, now=now, **services.keeping.until(RowKind.DECISION, now))
        write, step = partial(_write_denied, row=row, kept=kept, now=now, rng=services.rng), verdict.step
        return (run or desk.store.run)(lambda session: Judgement(sealed.answer, sealed.reason, write(session), step))
    return _admit(desk, row, verdict, presentation, tariff, run or desk.store.run, now=now)


def _admit(
    desk: Desk,
    row: VerifierSession,
    verdict: Accepted,
    presentation: Presentation,
    tariff: Tariff,
    run: Run[Judgement],
    *,
    now: int,
) -> Judgement:
    """Prices what was proven and commits the decision; again where another statement about the person came between."""
    use, stated = _use(row.venue, verdict), None if row.exposure is None else Exposure.parse(row.exposure)
    keeping = desk.services.keeping
    key = key_of(keeping, desk.store, row.venue, verdict.pseudonym, row.id, now)
    term = keeping.until(RowKind.DECISION, now)
    for _ in range(_ATTEMPTS):
        with desk.store.reading() as session:
            person = person_of(session, row.venue, verdict.pseudonym, stated, key=key, now=now)
        sealed = decision.accepted(desk, row, verdict, presentation, tariff, person, now=now)
        kept = partial(_kept, row, sealed=sealed, now=now, key=key, **term)
        state = partial(keep, venue=row.venue, pseudonym=verdict.pseudonym, person=person, key=key, now=now)
        write = partial(
            _write_accepted, row=row, sealed=sealed, kept=kept, state=state, use=use, now=now, rng=desk.services.rng
        )
        try:
            found = run(lambda session: Judgement(sealed.answer, sealed.reason, write(session), None))  # noqa: B023
        except Overtaken:
            continue
        _tell(sealed)
        return found
    raise Unavailable("The venue states something else of this person all the time.")


def _tell(sealed: Sealed) -> None:
    """A fall that the decision tells of is kept now that it is committed. What cannot be kept is told by the next one."""
    try:
        sealed.tell()
    except Exception as error:  # noqa: BLE001 - the decision stands
        logger().error("standing.not-kept", party="verifier", error=type(error).__name__)


def _open(desk: Desk, session_id: str, now: int) -> tuple[VerifierSession, Policy]:
    """An open session whose limits are not reached, and its policy. Raises as :func:`judge`."""
    with desk.store.reading() as session:
        found = records.find_session(session, session_id)
    if found is None or sessions.state_of(found[0], now) != "open":
        raise BadNonce
    row, policy = found[0], policies.stored(found[1])
    desk.services.limit(Limit.ATTEMPTS, row.id)
    desk.services.limit(Limit.PRESENTATIONS, row.venue)
    return row, policy


def _looked_up(find: FindAccumulator, policy: Policy, presentation: Presentation) -> FindAccumulator:
    """The same for what the presentation shows, asked now: whoever reads it with others waits for no other service."""
    asked = {ask.slot: ask.max_age_s for ask in policy.not_revoked}
    issuers = {each.slot: each.issuer for each in presentation.credentials}
    found = {}
    if [each.slot for each in presentation.accumulators] == list(asked):
        for each in presentation.accumulators:
            schema = policy.credentials[each.slot].schema.id
            names = issuers.get(each.slot, ""), schema, each.index, each.minute, asked[each.slot]
            found[names] = find(*names)
    return lambda *names: found.get(names)


def _verdict(services: Services, check: Check, read: Callable[[], Unchecked]) -> Accepted | Refused:
    """What is said of the presentation that ``read`` reads; a refusal fails the step that is timed."""
    try:
        with services.spans.step("verify.proof"):
            verdict = check(read)
            if isinstance(verdict, Refused):
                raise verdict
            return verdict
    except Refused as refusal:
        return refusal


def _write_denied(session: Session, row: VerifierSession, kept: Callable[..., VerifierDecision], now: int, rng: Rng) -> int:
    attempt = records.count_denied(session, row.id, now)
    if attempt is None:
        raise BadNonce
    records.add_decision(session, kept(attempt=attempt))
    if attempt == MAX_DENIED:
        announce(session, row.venue, row.id, EventType.DENIED, now=now, rng=rng)
    count_denied(session, now)  # last: the minute is everybody's
    return attempt


def _use(venue: str, proven: Accepted) -> VerifierUseTag | None:
    use, limit = proven.use, proven.policy.rate_limit
    if use is None or limit is None:
        return None
    ends_at = (use.epoch + 1) * PERIODS[limit.per]
    return VerifierUseTag(venue=venue, name=use.name, epoch=use.epoch, tag=use.tag, ends_at=ends_at)


def _write_accepted(
    session: Session,
    row: VerifierSession,
    sealed: Sealed,
    kept: Callable[..., VerifierDecision],
    state: Callable[[Session], None],
    use: VerifierUseTag | None,
    now: int,
    rng: Rng,
) -> int:
    attempt = records.close_accepted(session, row.id, now)
    if attempt is None:
        raise BadNonce
    decided = kept(attempt=attempt)
    if decided.subject_key is not None:
        KEYS.claim(session, decided.subject_key)
    records.add_decision(session, decided)
    if sealed.leaf is not None:
        post(session, VerifierOutbox, kind=RECEIPT_LEAF, leaf=sealed.leaf, now=now, rng=rng)
    announce(session, row.venue, row.id, EventType.ACCEPTED, now=now, rng=rng)
    if sealed.tells_fall:
        announce(session, row.venue, row.id, EventType.FELL, now=now, rng=rng)
    state(session)
    # 7. last: whatever fails before it leaves the nonce as it was, and a use that is taken does too
    if not records.spend_nonce(session, row.nonce, now):
        raise BadNonce
    if use is not None and not records.spend_use(session, use):
        raise AlreadyUsed
    return attempt


def _kept(
    row: VerifierSession, attempt: int, sealed: Sealed, now: int, key: SubjectKey | None = None, **term: Any
) -> VerifierDecision:
    """The row of a decision; ``key`` seals it, None for what was denied. ``term`` says until when it is kept."""
    made = VerifierDecision(
        session_id=row.id,
        attempt=attempt,
        decision=sealed.decision,
        reason=sealed.reason,
        pseudonym=sealed.pseudonym,
        answer=sealed.answer,
        decided_at=now,
        sealed=sealed.kept,
        facts=sealed.facts,
        **term,
    )
    return made if key is None else seal_decision(made, key)
