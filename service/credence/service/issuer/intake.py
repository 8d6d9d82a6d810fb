"""Intake: evidence becomes a case, and a person decides where the rules do not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS, PERSON_1, day_of
from credence.circuits.wire import Offer
from credence.service.errors import Erased, FourEyesRequired, NotFound, Unavailable
from credence.service.forgetting import RowKind
from credence.service.issuer import records
from credence.service.issuer.cases import Actor, CaseState, IllegalStep, Verdict, judge, needs_two, step
from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.diligence import Assessment
from credence.service.issuer.evidence import EvidenceRefused, Record, Refusal, VerifiedEvidence
from credence.service.issuer.identity import (
    SALT_LENGTH,
    Tag,
    evidence_commitment,
    evidence_digest,
    identity_tags,
    offer_secret,
)
from credence.service.issuer.inbox.challenges import spend
from credence.service.issuer.persons.records import ban_of, find_person, is_banned, recognise
from credence.service.issuer.records import IssuerCase
from credence.service.issuer.review.due import records as due_records
from credence.service.issuer.review.holding import ends_with, settle
from credence.service.issuer.review.reasons import Happening
from credence.service.issuer.review.records import add_step, lock_case
from credence.service.issuer.screening import subject_of
from credence.service.issuer.sealing import KEYS, key_of_person, record_reference, seal_evidence
from credence.service.keys import Keyring, Purpose
from credence.service.logs import logger
from credence.service.screening.results import Screening
from credence.service.store import Contended, Run, uuid7

BANNED: Final = "banned"
"""Why a case is declined whose person is banned."""


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as a client sees it. ``offer`` is None unless the case is approved and its offer lives. ``reference`` is the
    number under which the documents are kept, where somebody was named who keeps them."""

    case: IssuerCase
    screening: Screening
    offer: Offer | None
    reference: str | None = None

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the case stands where it stands, in slugs."""
        return tuple(self.case.reasons.split())

    @property
    def factors(self) -> list[dict[str, str]]:
        """What diligence weighed, with what each did; empty for a case of a release that did not say."""
        names = ("factor", "value", "effect")
        return [dict(zip(names, found, strict=True)) for found in json.loads(self.case.factors)]

    @property
    def record(self) -> dict[str, Any] | None:
        """Who keeps the documents, where the desk named them."""
        case = self.case
        if case.record_keeper is None:
            return None
        return {"keeper": case.record_keeper, "reference": self.reference, "years": case.retention_years}


def open_case(
    desk: Desk, evidence_type: str, token: bytes, client_id: str, run: Run[tuple[CaseView, bool]] | None = None
) -> tuple[CaseView, bool]:
    """Verifies, screens and assesses evidence, decides, and keeps what may be kept; False where it was seen before.

    ``run`` runs the transaction, by default the desk's store. The facts end with this call. Raises
    :class:`~credence.service.issuer.evidence.EvidenceRefused`.
    """
    services, now = desk.services, desk.services.clock()
    state = CaseState.RECEIVED
    evidence = desk.verify(evidence_type, token, now)
    desk.require(evidence)
    state = step(state, CaseState.VERIFIED, Actor.RULES)
    screening = desk.index.search(subject_of(evidence))
    state = step(state, CaseState.SCREENED, Actor.RULES)
    assessment = desk.diligence.assess(evidence, day_of(now))
    verdict = judge(screening, assessment)
    step(state, verdict.state, Actor.RULES)
    tags = identity_tags(desk.tags, evidence.document)
    with desk.store.reading() as session:
        person = find_person(session, tags) or tags[0].value
    new = _case(desk, evidence, person, token, screening, assessment, verdict, client_id, now)
    work = partial(_stored, desk=desk, case=new, token=token, evidence=evidence, tags=tags, now=now)
    opened, is_new = (run or desk.store.run)(work)
    if is_new:
        logger().info("case.opened", party=PARTY, status=opened.case.state)
        services.metrics.case(opened.case.state)
    return opened, is_new


def read_case(desk: Desk, case_id: str) -> CaseView:
    """A case without its offer, which is given when it is made. Raises :class:`NotFound`, :class:`Erased`."""
    with desk.store.reading() as session:
        case = _found(session, case_id)
    if case.erased_at is not None:
        raise Erased
    return CaseView(case, stored_screening(case), None, record_reference(desk.services.keeping, case))


def decide_case(
    desk: Desk, case_id: str, *, approve: bool, reason: str, client_id: str, run: Run[CaseView] | None = None
) -> CaseView:
    """One reviewer's decision. ``run`` as for :func:`open_case`.

    Raises :class:`NotFound`, :class:`~credence.service.issuer.cases.IllegalStep`, and :class:`FourEyesRequired` where
    approving would depart from what screening says, or the case has a credential (docs/decisions/0033).
    """
    now = desk.services.clock()
    work = partial(_decided, desk=desk, case_id=case_id, approve=approve, reason=reason, client_id=client_id, now=now)
    decided = (run or desk.store.run)(lambda session: view(desk, work(session), now))
    logger().info("case.decided", party=PARTY, status=decided.case.state)
    desk.services.metrics.case(decided.case.state)
    return decided


def view(desk: Desk, case: IssuerCase, now: int) -> CaseView:
    """A case with its offer, if there is one."""
    return CaseView(case, stored_screening(case), _offer(desk, case, now), record_reference(desk.services.keeping, case))


def stored_screening(case: IssuerCase) -> Screening:
    """What screening found when the case was last screened."""
    return Screening.parse(json.loads(case.screening))


def is_offer_live(keyring: Keyring, case: IssuerCase, now: int, *, is_held: bool = False) -> bool:
    """Whether the offer of an approved or issued case may be used: it lives as long as the evidence and its key.

    Where the case has a credential (``is_held``), a review changes nothing about it.
    """
    live = {version.key_id for version in keyring.live(Purpose.ISSUER_OFFER)}
    states = {CaseState.APPROVED, CaseState.ISSUED} | ({CaseState.REVIEW} if is_held else set())
    return case.state in states and now < case.valid_until and case.offer_key_id in live


def _case(
    desk: Desk,
    evidence: VerifiedEvidence,
    person: bytes,
    token: bytes,
    screening: Screening,
    assessment: Assessment,
    verdict: Verdict,
    client_id: str,
    now: int,
) -> IssuerCase:
    keyring, keeping, rng = desk.services.keyring, desk.services.keeping, desk.services.rng
    salt = rng(SALT_LENGTH)
    declined = verdict.state is CaseState.DECLINED
    monitoring = None if declined else assessment.monitoring
    made = IssuerCase(
        id=str(uuid7(now, rng)),
        opened_by=client_id,
        state=verdict.state.value,
        identity_tag=person,
        evidence_digest=evidence_digest(keyring.secret(Purpose.ISSUER_EVIDENCE), token),
        evidence_salt=salt,
        evidence_commitment=evidence_commitment(salt, token),
        vendor=evidence.reference.vendor,
        vendor_reference=evidence.reference.id,
        valid_until=evidence.valid_until,
        kyc_level=None if declined else assessment.kyc_level,
        risk_tier=None if declined else assessment.risk_tier,
        diligence=assessment.table,
        reasons=" ".join(verdict.reasons),
        screening=screening.stored(),
        offer_key_id=keyring.current(Purpose.ISSUER_OFFER).key_id,
        created_at=now,
        decided_by=None,
        decided_at=now,
        assessed_level=assessment.kyc_level,
        assessed_tier=assessment.risk_tier,
        verified_at=now,
        mode=desk.services.settings.mode.value,
        factors=json.dumps([weighed.to_json() for weighed in assessment.factors]),
        monitoring=monitoring.intensity if monitoring else None,
        review_by=now + monitoring.review_days * DAY_SECONDS if monitoring else None,
        nationality_place=desk.diligence.counting_nationality(evidence),
        **record_columns(evidence.record),
        **keeping.until(RowKind.CASE, now),
    )
    return seal_evidence(made, key_of_person(keeping, desk.store, made.identity_tag, now), made.id)


def record_columns(record: Record | None) -> dict[str, Any]:
    """The columns of a case that say who keeps the documents; none where nobody was named."""
    if record is None:
        return {}
    return {"record_keeper": record.keeper, "record_reference": record.reference, "retention_years": record.years}


def digests_of(keyring: Keyring, token: bytes) -> list[bytes]:
    """Evidence as every live key writes it, so that it is found again after a rotation."""
    return [evidence_digest(secret, token) for _, secret in keyring.opened(Purpose.ISSUER_EVIDENCE)]


def _stored(
    session: Session,
    desk: Desk,
    case: IssuerCase,
    token: bytes,
    evidence: VerifiedEvidence,
    tags: Sequence[Tag],
    now: int,
) -> tuple[CaseView, bool]:
    digests, nonce = digests_of(desk.services.keyring, token), evidence.challenge
    earlier = records.find_case_by_evidence(session, digests)
    if earlier is not None and evidence.repeats and earlier.state == CaseState.ISSUED:
        # a chip has one evidence: whoever shows it for another credential is known by this showing
        key = desk.services.keyring.secret(Purpose.ISSUER_EVIDENCE)
        case.evidence_digest, earlier = evidence_digest(key, case.evidence_salt + token), None
    if earlier is None:
        fresh = nonce is None or spend(session, nonce, case.opened_by, now)
        _recognise(session, case, tags, now)
        if case.subject_key is not None:
            KEYS.claim(session, case.subject_key)
        if fresh and records.add_case(session, case):
            received, decided, reasons = CaseState.RECEIVED, CaseState(case.state), case.reasons.split()
            opened = Happening.OPENED
            add_step(session, case.id, opened, received, decided, Actor.RULES, by=case.opened_by, reasons=reasons, now=now)
            return view(desk, case, now), True
        earlier = records.find_case_by_evidence(session, digests)  # another was quicker with the same
        if earlier is None and not fresh:
            logger().info("evidence.refused", party=PARTY, reason=Refusal.REPLAYED.value)
            raise EvidenceRefused(Refusal.REPLAYED)
    if earlier is None:
        raise Unavailable
    return view(desk, earlier, now), False


def _recognise(session: Session, case: IssuerCase, tags: Sequence[Tag], now: int) -> None:
    """Whose case it is: of whom is banned every case is declined, whatever the rules say.

    Raises :class:`Contended` where another process has made it somebody else's since it was looked up.
    """
    if recognise(session, tags) != case.identity_tag:
        raise Contended
    if is_banned(session, tags, now):
        case.state = step(CaseState.SCREENED, CaseState.DECLINED, Actor.RULES).value
        case.reasons = BANNED
        for name, value in records.NO_TERMS.items():
            setattr(case, name, value)


def _decided(session: Session, desk: Desk, case_id: str, approve: bool, reason: str, client_id: str, now: int) -> IssuerCase:
    case = lock_case(session, case_id)
    if case is None:
        raise NotFound
    if case.erased_at is not None:
        raise Erased
    source, to = CaseState(case.state), CaseState.APPROVED if approve else CaseState.DECLINED
    step(source, to, Actor.REVIEWER)
    is_revoked = due_records.is_case_revoked(session, case_id)
    if approve and is_revoked:
        raise IllegalStep
    if approve and ban_of(session, case.identity_tag, now) is not None:
        raise IllegalStep("The person is banned: nothing is approved before that is lifted.")
    if not is_revoked and due_records.attestation_of_case(session, case_id) is not None:
        raise FourEyesRequired("The case has a credential: what becomes of that takes two.")
    if approve and needs_two(stored_screening(case)):
        raise FourEyesRequired
    changes: dict[str, Any] = {
        "reasons": " ".join(dict.fromkeys([*case.reasons.split(), reason])),
        "offer_key_id": desk.services.keyring.current(Purpose.ISSUER_OFFER).key_id,
        "decided_by": client_id,
        "decided_at": now,
    }
    if to is CaseState.DECLINED:
        changes |= records.NO_TERMS
    if not records.move_case(session, case_id, source, to, **changes):
        raise IllegalStep
    what, who = Happening.DECIDED, Actor.REVIEWER
    add_step(session, case_id, what, source, to, who, by=client_id, reasons=(reason,), now=now)
    if ends_with(to):
        settle(session, desk.revocation, case_id, to, reason=reason, by=client_id, now=now)
    session.refresh(case)
    return case


def _found(session: Session, case_id: str) -> IssuerCase:
    case = records.find_case(session, case_id)
    if case is None:
        raise NotFound
    return case


def _offer(desk: Desk, case: IssuerCase, now: int) -> Offer | None:
    return offer_of(desk, case, now) if case.state == CaseState.APPROVED else None


def offer_of(desk: Desk, case: IssuerCase, now: int) -> Offer | None:
    """The offer of an approved or issued case, while that may be used."""
    if not is_offer_live(desk.services.keyring, case, now):
        return None
    key = desk.services.keyring.secret(Purpose.ISSUER_OFFER, case.offer_key_id)
    return Offer(
        issuer=desk.services.settings.issuer_id,
        schema=PERSON_1.id,
        case_id=case.id,
        secret=offer_secret(key, case.id),
        expires_at=case.valid_until,
    )
