"""Evidence that is shown again for a credential: verified, screened and assessed like the first, and held against it.

The person is known by the identity tag. An entry that nobody has judged declines the case or leaves it to a person, and what
is declined is revoked in the same transaction; a pending decision leaves the credential its deadline.
"""

from __future__ import annotations

import hmac
import json
from functools import partial
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS, day_of
from credence.circuits.policy import RISK_TIERS
from credence.service.errors import Conflict, Erased, NotFound, Unavailable
from credence.service.issuer import records as issuer_records
from credence.service.issuer.cases import Actor, CaseState, IllegalStep, Verdict, step
from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.diligence import Assessment
from credence.service.issuer.evidence import EvidenceRefused, Refusal, VerifiedEvidence
from credence.service.issuer.identity import SALT_LENGTH, evidence_commitment, evidence_digest, identity_tags
from credence.service.issuer.inbox.challenges import spend
from credence.service.issuer.intake import CaseView, digests_of, read_case, record_columns, stored_screening, view
from credence.service.issuer.persons.records import find_person
from credence.service.issuer.records import IssuerCase
from credence.service.issuer.review import records
from credence.service.issuer.review.due import records as due_records
from credence.service.issuer.review.due.records import IssuerDue, IssuerShown
from credence.service.issuer.review.holding import settle
from credence.service.issuer.review.monitoring import watched
from credence.service.issuer.review.reasons import Cause, End, Happening
from credence.service.issuer.screening import subject_of
from credence.service.issuer.sealing import (
    KEYS,
    key_of_case,
    seal_evidence,
    seal_record_reference,
    shown_references,
    vendor_reference,
)
from credence.service.keys import Purpose
from credence.service.logs import logger
from credence.service.screening.results import Band, Screening
from credence.service.store import Run, uuid7

RULES: Final = "rules"
"""Who revokes where no person decided."""


class OtherPerson(Conflict):
    """Evidence of another document than the one that the credential was issued for."""

    default = "The evidence is of another document than the case."


class SeenBefore(Conflict):
    """Evidence that was handed in before, or is of before the case's last: what is shown again has to be fresh."""

    default = "The evidence was handed in before, or is older than when it was shown last."


class OtherLists(Unavailable):
    """The service searches another version of a list than the one for which the holder is due."""

    default = "Other versions of the lists are searched here than this is due for: start again, and run the reviews."


def show_again(
    desk: Desk, case_id: str, evidence_type: str, token: bytes, client_id: str, run: Run[CaseView] | None = None
) -> CaseView:
    """Fresh evidence for a case whose credential was issued. ``run`` runs the transaction, by default the desk's store.

    Raises :class:`NotFound`, :class:`IllegalStep` for a case in another state, :class:`OtherPerson`, :class:`SeenBefore`,
    :class:`OtherLists`, :class:`~credence.service.issuer.evidence.EvidenceRefused`.
    """
    services, now = desk.services, desk.services.clock()
    case = read_case(desk, case_id).case
    if case.state != CaseState.ISSUED:
        raise IllegalStep
    evidence = desk.verify(evidence_type, token, now)
    desk.require(evidence)
    _require_same(desk, case, evidence)
    screening = desk.index.search(subject_of(evidence))
    assessment = desk.diligence.assess(evidence, day_of(now))
    salt = services.rng(SALT_LENGTH)
    known_by = salt + token if evidence.repeats else token
    key = key_of_case(services.keeping, desk.store, case, now)
    digest = evidence_digest(services.keyring.secret(Purpose.ISSUER_EVIDENCE), known_by)
    shown = partial(
        IssuerShown,
        evidence_digest=digest,
        case_id=case_id,
        evidence_salt=salt,
        evidence_commitment=evidence_commitment(salt, token),
        vendor=evidence.reference.vendor,
        vendor_reference=evidence.reference.id,
        shown_by=client_id,
        shown_at=now,
    )
    digests, mark_id = digests_of(services.keyring, token), str(uuid7(now, services.rng))

    record = record_columns(evidence.record)
    if case.subject_key is not None and evidence.record is not None:
        record["record_reference"] = seal_record_reference(key, case_id, evidence.record.reference)

    def work(session: Session) -> CaseView:
        held = records.lock_case(session, case_id)
        if held is None:
            raise NotFound
        if held.erased_at is not None:
            raise Erased
        KEYS.claim(session, key.key_id)
        if held.state != CaseState.ISSUED or due_records.is_case_revoked(session, case_id):
            raise IllegalStep
        mark = due_records.open_mark(session, case_id)
        _check_lists(mark, screening)
        _take(session, desk, held, evidence, digests, client_id, now)
        verdict = judge_again(held, screening, assessment)
        if not due_records.add_shown(session, seal_evidence(shown(outcome=verdict.state.value), key, digest.hex())):
            raise SeenBefore
        _settle(session, desk, held, mark, verdict, screening, assessment, record, mark_id, now)
        session.refresh(held)
        return view(desk, held, now)

    found = (run or desk.store.run)(work)
    logger().info("case.shown-again", party=PARTY, status=found.case.state)
    if found.case.state != CaseState.ISSUED:
        desk.services.metrics.case(found.case.state)
    return found


def _require_same(desk: Desk, case: IssuerCase, evidence: VerifiedEvidence) -> None:
    """Returns iff evidence is of the case's person, however it spells the document. Raises :class:`OtherPerson`."""
    tags = identity_tags(desk.tags, evidence.document)
    with desk.store.reading() as session:
        person = find_person(session, tags)
    if not any(hmac.compare_digest(known, case.identity_tag) for known in (person or b"", *(tag.value for tag in tags))):
        raise OtherPerson


def judge_again(case: IssuerCase, screening: Screening, assessment: Assessment) -> Verdict:
    """What the rules say of a holder: entries that somebody judged count no more, and terms that got worse are for two.

    The tier is compared with what diligence said last as well as with the credential's, since two persons may have given
    that; a tier that a factor fixes, and the level, with the credential's alone, since nobody may have given those.
    """
    fresh = screening.beyond(stored_screening(case))
    if any(match.band is Band.HIT for match in fresh):
        return Verdict(CaseState.DECLINED, ("sanctions-hit",))
    if assessment.risk_tier is None or assessment.kyc_level is None:
        return Verdict(CaseState.DECLINED, assessment.reasons)
    reasons = []
    if fresh:
        reasons.append("sanctions-review")
    if not screening.lists:
        reasons.append("not-screened")
    known = [RISK_TIERS.index(tier) for tier in (case.assessed_tier, case.risk_tier) if tier is not None]
    fixed = any(weighed.effect.forces == "enhanced" for weighed in assessment.factors)
    if RISK_TIERS.index(assessment.risk_tier) > max(known, default=-1) or (fixed and case.risk_tier != RISK_TIERS[-1]):
        reasons.append("risk-raised")
    if case.kyc_level is None or assessment.kyc_level < case.kyc_level:
        reasons.append("level-lowered")
    return Verdict(CaseState.REVIEW if reasons else CaseState.ISSUED, (*reasons, *assessment.reasons))


def _check_lists(mark: IssuerDue | None, screening: Screening) -> None:
    searched = {version.name: version.digest for version in screening.lists}
    wanted = {} if mark is None else json.loads(mark.lists)
    if any(searched.get(name) != digest for name, digest in wanted.items()):
        raise OtherLists


def _take(
    session: Session,
    desk: Desk,
    case: IssuerCase,
    evidence: VerifiedEvidence,
    digests: list[bytes],
    client_id: str,
    now: int,
) -> None:
    if not evidence.repeats:
        if issuer_records.find_case_by_evidence(session, digests) is not None or due_records.was_shown(session, digests):
            raise SeenBefore
        if not _is_later(session, desk, case, evidence):
            raise SeenBefore
    if evidence.challenge is not None and not spend(session, evidence.challenge, client_id, now):
        raise EvidenceRefused(Refusal.REPLAYED)


def _is_later(session: Session, desk: Desk, case: IssuerCase, evidence: VerifiedEvidence) -> bool:
    """Whether evidence is of after the case's last: its holder answered a challenge, or somebody looked since.

    Where that is not known, or was in the same second, another reference is another look.
    """
    if evidence.challenge is not None:
        return True
    if evidence.verified_at is not None and evidence.verified_at != case.verified_at:
        return evidence.verified_at > case.verified_at
    rows, keeping = due_records.shown(session, case.id), desk.services.keeping
    seen = set(zip((row.vendor for row in rows), shown_references(keeping, rows), strict=True))
    seen.add((case.vendor, vendor_reference(keeping, case)))
    return (evidence.reference.vendor, evidence.reference.id) not in seen


def _settle(
    session: Session,
    desk: Desk,
    case: IssuerCase,
    mark: IssuerDue | None,
    verdict: Verdict,
    screening: Screening,
    assessment: Assessment,
    record: dict[str, Any],
    mark_id: str,
    now: int,
) -> None:
    source, to = CaseState.ISSUED, verdict.state
    if to is not source:
        step(source, to, Actor.RULES)
    changes: dict[str, Any] = {
        "screening": screening.stored(),
        "reasons": " ".join(verdict.reasons),
        "factors": json.dumps([weighed.to_json() for weighed in assessment.factors]),
        "assessed_level": assessment.kyc_level,
        "assessed_tier": assessment.risk_tier,
        "diligence": assessment.table,
        "verified_at": now,
        "decided_by": None,
        "decided_at": now,
        **record,
    }
    if to is CaseState.DECLINED:
        changes |= issuer_records.NO_TERMS
    else:
        tiers = [tier for tier in (case.risk_tier, assessment.risk_tier) if tier is not None]
        changes |= watched(desk.diligence, max(tiers, key=RISK_TIERS.index), now)
    if not issuer_records.move_case(session, case.id, source, to, **changes):
        raise IllegalStep
    what, why = Happening.SHOWN_AGAIN, verdict.reasons
    records.add_step(session, case.id, what, source, to, Actor.RULES, by=None, reasons=why, now=now)
    if to is not CaseState.REVIEW:
        settle(session, desk.revocation, case.id, to, reason=verdict.reasons[0], by=RULES, now=now)
    elif mark is None:
        pending = IssuerDue(
            id=mark_id,
            case_id=case.id,
            cause=Cause.REVIEW.value,
            marked_at=now,
            deadline=now + desk.services.settings.review_notice_days * DAY_SECONDS,
            lists="{}",
            ending=End.OPEN.value,
        )
        due_records.add_mark(session, pending)
