"""Issuance: the bearer of an offer shows the same evidence once more, and its commitment is signed.

Nothing was kept that could be signed from, so the evidence has to come back. The same request leads to the same bytes:
handles and epochs are stored, everything else is derived again, and signing is deterministic. The revocation witness beside
it is as new as the log, and nothing is given for what was revoked. A person has one live credential, which is decided by a
unique constraint: the next one, through another case, revokes the one before in its own transaction.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS, EPOCH_DAYS, PERSON_1, day_of
from credence.circuits.encoding import decode_scalar, encode_scalar
from credence.circuits.issuance import commitment_point
from credence.circuits.leaf import ATTESTATION_LEAF, SALT_LENGTH
from credence.circuits.wire import IssuedCredential
from credence.service.errors import Conflict, CredentialSuspended, ServiceError, Unauthorized, Unavailable
from credence.service.forgetting import RowKind, SubjectKey
from credence.service.issuer import records
from credence.service.issuer.attributes import Terms, person_attributes
from credence.service.issuer.cases import Actor, CaseState, IllegalStep, step
from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.documents import last_day
from credence.service.issuer.evidence import EvidenceRefused, Refusal, VerifiedEvidence
from credence.service.issuer.identity import evidence_commitment, is_offer_secret
from credence.service.issuer.intake import is_offer_live, stored_screening
from credence.service.issuer.persons import records as persons
from credence.service.issuer.persons.following import RESET_REASON, Next, ResetToBeReviewed, next_of
from credence.service.issuer.persons.lives import Life
from credence.service.issuer.records import IssuerAttestation, IssuerCase, IssuerOutbox
from credence.service.issuer.review.due.records import attestation_of_case, end_mark, open_mark
from credence.service.issuer.review.monitoring import watched
from credence.service.issuer.review.reasons import End, Happening
from credence.service.issuer.review.records import add_step, lock_case
from credence.service.issuer.revocation.manager import Target
from credence.service.issuer.screening import subject_of
from credence.service.issuer.sealing import KEYS, evidence_salt, key_of_case, open_attestation, seal_attestation
from credence.service.issuer.voiding import accounted
from credence.service.keys import Purpose
from credence.service.keys.ordering import Order
from credence.service.ledger import post
from credence.service.logs import logger
from credence.service.screening.results import Band, Screening
from credence.service.settings import Limit
from credence.service.store import Run

_ATTEMPTS: Final = 4
"""How often a claim begins anew because the case was changed while its credential was signed."""

_NO_OFFER: Final = "A live offer is required."

REPLACED: Final = "replaced"
"""Why a credential is revoked that the person's next one takes the place of."""


class OtherEvidence(Conflict):
    """Evidence that is not what the case was opened with."""

    default = "The case was opened with other evidence."


class Irreproducible(ServiceError):
    """What was signed once does not come out again: a mistake of ours."""


class AlreadyIssued(Conflict):
    """The case's credential was made from another commitment, or the person got one through another case just now."""

    default = "A credential was issued for another commitment."


@dataclass(frozen=True, slots=True, repr=False)
class Claim:
    """What the bearer of an offer sends.

    ``commitment`` is the wallet's, with its proof. The same request is known again by the commitment's point alone: the
    proof beside it is another one each time, and what is signed depends on the point.
    """

    case_id: str
    offer_secret: str
    commitment: bytes
    evidence_type: str
    token: bytes


class _Overtaken(Exception):
    """No error: it ends the transaction of a claim that another was quicker than."""

    def __init__(self, by: IssuerAttestation) -> None:
        super().__init__()
        self.by = by


class _Changed(Exception):
    """No error: it ends the transaction of a claim whose case is not as it was signed any more."""


Issued = tuple[IssuedCredential, bool]


def claim_credential(desk: Desk, claim: Claim, run: Run[Issued] | None = None) -> Issued:
    """Signs, or signs again what was signed before; False for the latter. ``run`` runs the transaction that ends it.

    Raises :class:`Unauthorized` for a case or secret that is unknown or over, and where the case is not approved (any
    more), :class:`OtherEvidence`, :class:`~credence.service.issuer.evidence.EvidenceRefused`,
    :class:`~credence.circuits.errors.CircuitError` for the commitment, :class:`AlreadyIssued`,
    :class:`~credence.service.issuer.revocation.stapling.CredentialRevoked`, :class:`CredentialSuspended`,
    :class:`~credence.service.errors.ResetRefused`.
    """
    now, run = desk.services.clock(), run or desk.store.run
    for _ in range(_ATTEMPTS):
        try:
            return _claimed(desk, claim, now, run)
        except _Changed:
            continue
    raise Unavailable


def _claimed(desk: Desk, claim: Claim, now: int, run: Run[Issued]) -> Issued:
    """As :func:`claim_credential`. Raises :class:`_Changed` where the case is not as it was read any more."""
    with desk.store.reading() as session:
        case = records.find_case(session, claim.case_id)
        mine = None if case is None else attestation_of_case(session, case.id)
        before = None if case is None else persons.newest(session, case.identity_tag)
        others = [] if case is None else persons.in_life(session, case.identity_tag, Life.SUSPENDED)
        is_banned = case is not None and persons.ban_of(session, case.identity_tag, now) is not None
    case = _authorised(desk, None if is_banned else case, mine, claim, now)
    desk.services.limit(Limit.CLAIMS, case.id)
    keeping = desk.services.keeping
    if not hmac.compare_digest(evidence_commitment(evidence_salt(keeping, case), claim.token), case.evidence_commitment):
        raise OtherEvidence
    evidence = desk.verify(claim.evidence_type, claim.token, now, case.created_at)
    if mine is not None and (mine.life != Life.LIFTED or before is None or before.id != mine.id):
        again = _again(desk, case, mine, evidence, claim)
        return run(lambda _session: (again, False))
    if mine is not None and not hmac.compare_digest(mine.commitment_point, commitment_point(claim.commitment)):
        raise AlreadyIssued  # what was lifted is issued again to the same secrets; whoever shows others moves nothing
    if others:
        raise CredentialSuspended
    follows = _next(desk, case, before, claim, now)
    step(CaseState(case.state), CaseState.ISSUED, Actor.HOLDER)
    desk.require(evidence)
    screening = _screen_again(desk, case, evidence, now)
    drawn = _draw(desk, case, follows, evidence, claim, now)
    issued = _sign(desk, case, drawn, evidence, claim)
    key = key_of_case(keeping, desk.store, case, now)
    record = partial(_record, desk=desk, case=case, key=key, follows=follows, drawn=drawn, issued=issued)
    work = partial(record, screening=screening, now=now)
    try:
        accounted(desk, drawn.leaf, run, work)
    except _Overtaken as overtaken:
        again = _again(desk, case, overtaken.by, evidence, claim)
        return run(lambda _session: (again, False))
    if follows.is_reset:
        logger().info("credential.reset", party=PARTY)
    logger().info("credential.issued", party=PARTY)
    desk.services.metrics.case(CaseState.ISSUED.value)
    return issued, True


def _authorised(desk: Desk, case: IssuerCase | None, held: IssuerAttestation | None, claim: Claim, now: int) -> IssuerCase:
    """The case, to the bearer of its live offer; whatever is wrong, the answer is the same.

    Whoever has the case's credential is not to learn from a repeat that the case is under review.
    """
    keyring = desk.services.keyring
    if case is None or not is_offer_live(keyring, case, now, is_held=held is not None):
        raise Unauthorized(_NO_OFFER)
    key = keyring.secret(Purpose.ISSUER_OFFER, case.offer_key_id)
    if not is_offer_secret(key, case.id, claim.offer_secret):
        raise Unauthorized(_NO_OFFER)
    return case


def _next(desk: Desk, case: IssuerCase, before: IssuerAttestation | None, claim: Claim, now: int) -> Next:
    """What the person gets. Raises as :func:`next_of`; a case whose reset is to be looked at waits for that from now on."""
    point, settings = commitment_point(claim.commitment), desk.services.settings
    try:
        with desk.store.reading() as session:
            return next_of(session, case, before, point, now, settings)
    except ResetToBeReviewed:
        to = step(CaseState.APPROVED, CaseState.REVIEW, Actor.RULES)
        reasons = " ".join(dict.fromkeys([*case.reasons.split(), RESET_REASON]))
        changes = {"reasons": reasons, "decided_by": None, "decided_at": now}
        desk.store.run(partial(_take_back, case=case, to=to, what=Happening.RESET_HELD, changes=changes, now=now))
        logger().info("case.reopened", party=PARTY, status=to.value)
        desk.services.metrics.case(to.value)
        raise


def _screen_again(desk: Desk, case: IssuerCase, evidence: VerifiedEvidence, now: int) -> Screening:
    """Screens the name once more, because lists change. An entry that nobody has judged yet takes the approval back.

    The bearer is told what every case is told that is not approved: a suspicion is not to be hinted at.
    """
    screening = desk.index.search(subject_of(evidence))
    fresh = screening.beyond(stored_screening(case))
    if not fresh:
        return screening
    hit = any(match.band is Band.HIT for match in fresh)
    to = step(CaseState(case.state), CaseState.DECLINED if hit else CaseState.REVIEW, Actor.RULES)
    changes = {
        "screening": screening.stored(),
        "reasons": "sanctions-hit" if hit else "sanctions-review",
        "decided_by": None,
        "decided_at": now,
        **(records.NO_TERMS if hit else {}),
    }
    desk.store.run(partial(_take_back, case=case, to=to, what=Happening.SCREENED_AGAIN, changes=changes, now=now))
    logger().info("case.reopened", party=PARTY, status=to.value)
    desk.services.metrics.case(to.value)
    raise Unauthorized(_NO_OFFER)


def _take_back(
    session: Session, case: IssuerCase, to: CaseState, what: Happening, changes: Mapping[str, Any], now: int
) -> None:
    """Takes an approval back, unless somebody was quicker."""
    source = CaseState(case.state)
    if records.move_case(session, case.id, source, to, **changes):
        why = str(changes["reasons"]).split()[-1:]
        add_step(session, case.id, what, source, to, Actor.RULES, by=None, reasons=why, now=now)


def _draw(
    desk: Desk, case: IssuerCase, follows: Next, evidence: VerifiedEvidence, claim: Claim, now: int
) -> IssuerAttestation:
    """A new attestation with fresh handles; its digest and leaf follow once it is signed."""
    rng, today, key = desk.services.rng, day_of(now), desk.publication.signing_key()
    expiry = desk.diligence.expiry_epoch(_judged(case)[1], today, evidence.document_until)
    if expiry <= today // EPOCH_DAYS:  # since the case was opened, an epoch began in which the document ends
        raise EvidenceRefused(Refusal.STALE)
    expiry = min(expiry, last_day(key) // EPOCH_DAYS)
    if expiry <= today // EPOCH_DAYS:
        raise Unavailable("The issuing key ends too soon.")
    return IssuerAttestation(
        id=rng(16).hex(),
        case_id=case.id,
        identity_tag=case.identity_tag,
        serial=follows.serial,
        schema_id=PERSON_1.id,
        key_id=key.version.key_id,
        issued_epoch=today // EPOCH_DAYS,
        expiry_epoch=expiry,
        resets=follows.resets,
        reset_day=follows.reset_day,
        issued_day=today,
        revocation_handle=encode_scalar(desk.revocation.keys.draw(PERSON_1.id)),
        subject_handle=rng(16),
        commitment_point=commitment_point(claim.commitment),
        salt=rng(SALT_LENGTH),
        digest=b"",
        leaf=b"",
        **desk.services.keeping.until(RowKind.ATTESTATION, expiry * EPOCH_DAYS * DAY_SECONDS),
    )


def _end(attestation: IssuerAttestation) -> int:
    """From when on a credential is not accepted any more, in unix seconds."""
    return attestation.expiry_epoch * EPOCH_DAYS * DAY_SECONDS


def _sign(
    desk: Desk, case: IssuerCase, attestation: IssuerAttestation, evidence: VerifiedEvidence, claim: Claim
) -> IssuedCredential:
    """The credential of an attestation, whose digest and leaf it sets, with a witness that it is not revoked."""
    handle = decode_scalar(attestation.revocation_handle, zero_ok=False)
    witness, checkpoint = desk.stapler.grant(attestation.schema_id, handle)
    issuer_id = desk.services.settings.issuer_id
    attributes = person_attributes(evidence, _terms(case, attestation))
    entropy = desk.tags.entropy(case.identity_tag, attestation.resets)
    epochs, known = (attestation.issued_epoch, attestation.expiry_epoch), (attestation.id, attestation.salt)
    order = Order(attestation.key_id, PERSON_1, issuer_id, *epochs, attributes, claim.commitment, entropy, *known)
    signature = desk.keys.sign(order)
    attestation.digest, attestation.leaf = order.digest(signature), order.leaf(signature)
    return IssuedCredential(
        issuer=issuer_id,
        schema=PERSON_1.id,
        key_id=attestation.key_id,
        expiry_epoch=attestation.expiry_epoch,
        attributes=attributes,
        nym_entropy=entropy.nym,
        use_entropy=entropy.use,
        signature=signature,
        attestation_id=attestation.id,
        leaf=attestation.leaf,
        witness=witness,
        checkpoint=checkpoint,
    )


def _record(
    session: Session,
    desk: Desk,
    case: IssuerCase,
    key: SubjectKey,
    follows: Next,
    drawn: IssuerAttestation,
    issued: IssuedCredential,
    screening: Screening,
    now: int,
) -> Issued:
    """Stores the attestation, the case's last step and the leaf, and revokes the one before, all or nothing.

    Raises :class:`_Overtaken`, and :class:`_Changed` where the case or the person is not as it was when this was signed.
    """
    persons.lock_person(session, case.identity_tag)
    replaced = persons.in_life(session, case.identity_tag, Life.LIVE)
    cases = sorted({case.id, *(one.case_id for one in replaced)})
    locked = {name: lock_case(session, name) for name in cases}[case.id]
    newest = persons.newest(session, case.identity_tag)
    if newest is not None and (follows.before is None or newest.id != follows.before.id):
        session.expunge(newest)  # it outlives the transaction, which is rolled back
        raise _Overtaken(newest)
    if (newest and newest.life) != (follows.before and follows.before.life):
        raise _Changed
    if persons.ban_of(session, case.identity_tag, now) or persons.in_life(session, case.identity_tag, Life.SUSPENDED):
        raise _Changed
    for one in replaced:
        _replace(session, desk, one, now)
    KEYS.claim(session, key.key_id)
    if not records.add_attestation(session, seal_attestation(drawn, key)):
        raise Unavailable
    if locked is None or locked.erased_at is not None or _signed_of(locked) != _signed_of(case):
        raise _Changed
    found = {"screening": screening.stored(), "verified_at": now, **desk.services.keeping.until(RowKind.CASE, _end(drawn))}
    found |= watched(desk.diligence, _judged(case)[1], now)
    source, target = CaseState(case.state), CaseState.ISSUED
    if not records.move_case(session, case.id, source, target, **found):
        raise _Changed
    why = (RESET_REASON,) if follows.is_reset else ()
    add_step(session, case.id, Happening.ISSUED, source, target, Actor.HOLDER, by=None, reasons=why, now=now)
    post(session, IssuerOutbox, kind=ATTESTATION_LEAF, leaf=drawn.leaf, now=now, rng=desk.services.rng)
    return issued, True


def _replace(session: Session, desk: Desk, before: IssuerAttestation, now: int) -> None:
    """Revokes what a person held, with its case's step and the end of its due mark."""
    target, by = Target(attestation_id=before.id), Actor.RULES.value
    desk.revocation.revoke_in(session, target, reason=REPLACED, by=by, now=now, life=Life.REPLACED)
    case = records.find_case(session, before.case_id)
    if case is not None:
        state, what = CaseState(case.state), Happening.REPLACED
        add_step(session, case.id, what, state, state, Actor.RULES, by=None, reasons=(REPLACED,), now=now)
    mark = open_mark(session, before.case_id)
    if mark is not None:
        end_mark(session, mark.id, End.LIFTED, now)


def _again(
    desk: Desk, case: IssuerCase, held: IssuerAttestation, evidence: VerifiedEvidence, claim: Claim
) -> IssuedCredential:
    if held.case_id != case.id or not hmac.compare_digest(held.commitment_point, commitment_point(claim.commitment)):
        raise AlreadyIssued
    if held.life == Life.SUSPENDED:
        raise CredentialSuspended
    if held.key_id not in {key.version.key_id for key in desk.keys.live()}:
        raise AlreadyIssued("The key that signed the credential is retired.")
    leaf = held.leaf
    issued = _sign(desk, case, open_attestation(desk.services.keeping, held), evidence, claim)
    if issued.leaf != leaf:
        raise Irreproducible
    return issued


def _terms(case: IssuerCase, attestation: IssuerAttestation) -> Terms:
    kyc_level, risk_tier = _judged(case)
    return Terms(
        kyc_level=kyc_level,
        risk_tier=risk_tier,
        issued_epoch=attestation.issued_epoch,
        expiry_epoch=attestation.expiry_epoch,
        revocation_handle=int.from_bytes(attestation.revocation_handle, "big"),
        subject_handle=int.from_bytes(attestation.subject_handle, "big"),
        resets=attestation.resets,
        reset_day=attestation.reset_day,
        nationality_place=case.nationality_place,
    )


def _signed_of(case: IssuerCase) -> tuple[str, int | None, str | None, int]:
    """The state that a case is claimed in, and all of it that people or rules may change and a credential says."""
    return case.state, case.kyc_level, case.risk_tier, case.nationality_place


def _judged(case: IssuerCase) -> tuple[int, str]:
    """Level and tier, which every case has that is neither undecided nor declined."""
    if case.kyc_level is None or case.risk_tier is None:
        raise IllegalStep
    return case.kyc_level, case.risk_tier
