"""Issuance: the bearer of an offer shows the same evidence once more, and its commitment is signed.

Nothing was kept that could be signed from, so the evidence has to come back. The same request leads to the same bytes:
handles and epochs are stored, everything else is derived again, and signing is deterministic. The revocation witness beside
it is as new as the log, and nothing is given for what was revoked. A person gets one credential, and who gets it is decided
by a unique constraint.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlmodel import Session

from credence.circuits.credential import EPOCH_DAYS, PERSON_1, day_of
from credence.circuits.encoding import b64u, decode_scalar, encode_scalar
from credence.circuits.fields import canonical_json
from credence.circuits.hashing import Label, expand_message_xmd, sha256_labelled
from credence.circuits.issuance import commitment_point
from credence.circuits.leaf import ATTESTATION_LEAF, SALT_LENGTH, salted_leaf
from credence.circuits.wire import IssuedCredential
from credence.service.errors import Conflict, ServiceError, Unauthorized, Unavailable
from credence.service.issuer import records
from credence.service.issuer.attributes import Terms, person_attributes
from credence.service.issuer.cases import Actor, CaseState, IllegalStep, step
from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.documents import last_day
from credence.service.issuer.evidence import EvidenceRefused, Refusal, VerifiedEvidence
from credence.service.issuer.identity import evidence_commitment, is_offer_secret, issuer_entropy
from credence.service.issuer.intake import is_offer_live, stored_screening
from credence.service.issuer.records import IssuerAttestation, IssuerCase, IssuerOutbox
from credence.service.issuer.review.monitoring import watched
from credence.service.issuer.review.reasons import Happening
from credence.service.issuer.review.records import add_step, lock_case
from credence.service.issuer.screening import subject_of
from credence.service.keys import Purpose
from credence.service.ledger import post
from credence.service.logs import logger
from credence.service.screening.results import Band, Screening
from credence.service.settings import Limit
from credence.service.store import Run

_ATTEMPTS: Final = 4
"""How often a claim begins anew because the case was changed while its credential was signed."""

_NO_OFFER: Final = "A live offer is required."


class OtherEvidence(Conflict):
    """Evidence that is not what the case was opened with."""

    default = "The case was opened with other evidence."


class Irreproducible(ServiceError):
    """What was signed once does not come out again: a mistake of ours."""


class AlreadyIssued(Conflict):
    """The person holds a credential that was made from another commitment, or through another case."""

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
    :class:`~credence.service.issuer.revocation.stapling.CredentialRevoked`.
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
        held = None if case is None else records.find_attestation_of(session, case.identity_tag)
    case = _authorised(desk, case, held, claim, now)
    desk.services.limit(Limit.CLAIMS, case.id)
    if not hmac.compare_digest(evidence_commitment(case.evidence_salt, claim.token), case.evidence_commitment):
        raise OtherEvidence
    evidence = desk.verify(claim.evidence_type, claim.token, now, case.created_at)
    if held is not None:
        again = _again(desk, case, held, evidence, claim)
        return run(lambda _session: (again, False))
    step(CaseState(case.state), CaseState.ISSUED, Actor.HOLDER)
    desk.require(evidence)
    screening = _screen_again(desk, case, evidence, now)
    drawn = _draw(desk, case, evidence, claim, now)
    issued = _sign(desk, case, drawn, evidence, claim)
    try:
        run(partial(_record, desk=desk, case=case, drawn=drawn, issued=issued, screening=screening, now=now))
    except _Overtaken as overtaken:
        again = _again(desk, case, overtaken.by, evidence, claim)
        return run(lambda _session: (again, False))
    logger().info("credential.issued", party=PARTY)
    desk.services.metrics.case(CaseState.ISSUED.value)
    return issued, True


def _authorised(desk: Desk, case: IssuerCase | None, held: IssuerAttestation | None, claim: Claim, now: int) -> IssuerCase:
    """The case, to the bearer of its live offer; whatever is wrong, the answer is the same.

    Whoever has the case's credential is not to learn from a repeat that the case is under review.
    """
    keyring = desk.services.keyring
    if case is None or not is_offer_live(keyring, case, now, is_held=held is not None and held.case_id == case.id):
        raise Unauthorized(_NO_OFFER)
    key = keyring.secret(Purpose.ISSUER_OFFER, case.offer_key_id)
    if not is_offer_secret(key, case.id, claim.offer_secret):
        raise Unauthorized(_NO_OFFER)
    return case


def _screen_again(desk: Desk, case: IssuerCase, evidence: VerifiedEvidence, now: int) -> Screening:
    """Screens the name once more, because lists change. An entry that nobody has judged yet takes the approval back.

    The bearer is told what every case is told that is not approved: a suspicion is not to be hinted at.
    """
    screening = desk.index.search(subject_of(evidence))
    fresh = screening.beyond(stored_screening(case))
    if not fresh:
        return screening
    hit = any(match.band is Band.HIT for match in fresh)
    to = step(CaseState.APPROVED, CaseState.DECLINED if hit else CaseState.REVIEW, Actor.RULES)
    changes = {
        "screening": screening.stored(),
        "reasons": "sanctions-hit" if hit else "sanctions-review",
        "decided_by": None,
        "decided_at": now,
        **(records.NO_TERMS if hit else {}),
    }

    def taken_back(session: Session) -> None:
        if records.move_case(session, case.id, CaseState.APPROVED, to, **changes):
            what, why = Happening.SCREENED_AGAIN, (str(changes["reasons"]),)
            add_step(session, case.id, what, CaseState.APPROVED, to, Actor.RULES, by=None, reasons=why, now=now)

    desk.store.run(taken_back)
    logger().info("case.reopened", party=PARTY, status=to.value)
    desk.services.metrics.case(to.value)
    raise Unauthorized(_NO_OFFER)


def _draw(desk: Desk, case: IssuerCase, evidence: VerifiedEvidence, claim: Claim, now: int) -> IssuerAttestation:
    """A new attestation with fresh handles; its digest and leaf follow once it is signed."""
    rng, today, key = desk.services.rng, day_of(now), desk.keys.current()
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
        schema_id=PERSON_1.id,
        key_id=key.version.key_id,
        issued_epoch=today // EPOCH_DAYS,
        expiry_epoch=expiry,
        resets=0,
        reset_day=0,
        revocation_handle=encode_scalar(desk.revocation.keys.draw(PERSON_1.id)),
        subject_handle=rng(16),
        commitment_point=commitment_point(claim.commitment),
        salt=rng(SALT_LENGTH),
        digest=b"",
        leaf=b"",
    )


def _sign(
    desk: Desk, case: IssuerCase, attestation: IssuerAttestation, evidence: VerifiedEvidence, claim: Claim
) -> IssuedCredential:
    """The credential of an attestation, whose digest and leaf it sets, with a witness that it is not revoked."""
    handle = decode_scalar(attestation.revocation_handle, zero_ok=False)
    witness, checkpoint = desk.stapler.grant(attestation.schema_id, handle)
    keyring, issuer_id = desk.services.keyring, desk.services.settings.issuer_id
    attributes = person_attributes(evidence, _terms(case, attestation))
    entropy_key = keyring.secret(Purpose.ISSUER_ENTROPY)
    entropy = issuer_entropy(entropy_key, expand_message_xmd, case.identity_tag, attestation.resets)
    signature = desk.keys.sign(
        attestation.key_id, PERSON_1, issuer_id, attestation.expiry_epoch, attributes, claim.commitment, entropy
    )
    attestation.digest = _digest(issuer_id, attestation, signature)
    attestation.leaf = salted_leaf(ATTESTATION_LEAF, attestation.salt, attestation.digest)
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
    drawn: IssuerAttestation,
    issued: IssuedCredential,
    screening: Screening,
    now: int,
) -> Issued:
    """Stores the attestation, the case's last step and the leaf, all or nothing.

    Raises :class:`_Overtaken`, and :class:`_Changed` where the case says something else than what was signed.
    """
    locked = lock_case(session, case.id)
    if not records.add_attestation(session, drawn):
        earlier = records.find_attestation_of(session, case.identity_tag)
        if earlier is None:
            raise Unavailable
        session.expunge(earlier)  # it outlives the transaction, which is rolled back
        raise _Overtaken(earlier)
    if locked is None or _signed_of(locked) != _signed_of(case):
        raise _Changed
    found = {"screening": screening.stored(), "verified_at": now}
    found |= watched(desk.diligence, _judged(case)[1], now)
    if not records.move_case(session, case.id, CaseState.APPROVED, CaseState.ISSUED, **found):
        raise _Changed
    what, source, target = Happening.ISSUED, CaseState.APPROVED, CaseState.ISSUED
    add_step(session, case.id, what, source, target, Actor.HOLDER, by=None, reasons=(), now=now)
    post(session, IssuerOutbox, kind=ATTESTATION_LEAF, leaf=drawn.leaf, now=now, rng=desk.services.rng)
    return issued, True


def _again(
    desk: Desk, case: IssuerCase, held: IssuerAttestation, evidence: VerifiedEvidence, claim: Claim
) -> IssuedCredential:
    if held.case_id != case.id or not hmac.compare_digest(held.commitment_point, commitment_point(claim.commitment)):
        raise AlreadyIssued
    if held.key_id not in {key.version.key_id for key in desk.keys.live()}:
        raise AlreadyIssued("The key that signed the credential is retired.")
    leaf = held.leaf
    issued = _sign(desk, case, held, evidence, claim)
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


def _digest(issuer_id: str, attestation: IssuerAttestation, signature: bytes) -> bytes:
    """What the attestation's leaf commits to: the record and the signature, 32 bytes."""
    record = {
        "attestation_id": attestation.id,
        "issuer": issuer_id,
        "schema": attestation.schema_id,
        "key_id": attestation.key_id,
        "issued_epoch": attestation.issued_epoch,
        "expiry_epoch": attestation.expiry_epoch,
        "commitment": b64u(attestation.commitment_point),
    }
    return sha256_labelled(Label.ATTESTATION, canonical_json(record), signature)
