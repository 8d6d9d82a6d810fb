"""Renewal: one proof is checked, the conduct of the pseudonym it shows is read, and what that comes to is signed blindly.

Steps are numbered as in docs/protocol.md. 1 to 6, the proof, and the signing run outside any transaction; one transaction
then spends the session (7), keeps the record and posts its leaf. The same commitment in the same session is answered with
the same bytes; another one finds the session used. A proof that does not hold costs an attempt, of which there are five.
"""

from __future__ import annotations

from functools import partial

from sqlmodel import Session

from credence.circuits.credential import DAY_SECONDS, EPOCH_DAYS, day_of, ladder_bits, text_to_scalar
from credence.circuits.encoding import random_scalar
from credence.circuits.errors import Refused
from credence.circuits.hashing import Label, hmac_labelled
from credence.circuits.issuance import IssuerEntropy
from credence.circuits.leaf import ATTESTATION_LEAF, SALT_LENGTH
from credence.circuits.renewal import RENEWED, ProvenRenewal, RenewalRequest, RenewedStanding, check_renewal
from credence.circuits.wire import IssuedCredential
from credence.service.errors import BadNonce, RenewalRefused, Unavailable
from credence.service.forgetting import RowKind
from credence.service.issuer.desk import PARTY, Desk
from credence.service.issuer.records import IssuerOutbox
from credence.service.issuer.standings import records, sessions
from credence.service.issuer.standings.records import IssuerRenewal, IssuerStanding
from credence.service.issuer.standings.sealing import is_commitment_of, open_answer, point_digest, seal_answer
from credence.service.issuer.voiding import accounted
from credence.service.keys.ordering import Order
from credence.service.keys.ports import PublicIssuerKey
from credence.service.ledger import post
from credence.service.logs import logger
from credence.service.runtime import AttestedStanding
from credence.service.settings import Limit
from credence.service.store import Run

Renewed = tuple[RenewedStanding, bool]


class _Overtaken(Exception):
    """No error: it ends the transaction of a renewal that another one of the session was quicker than."""


def renew(desk: Desk, session_id: str, request: RenewalRequest, run: Run[Renewed] | None = None) -> Renewed:
    """Signs the standing that a session asked for, or answers again what was answered; False for the latter.

    ``run`` runs the transaction that ends it. Raises :class:`BadNonce` for a session that is unknown, expired, closed or
    used for another commitment; :class:`RenewalRefused` for a proof that does not hold;
    :class:`~credence.circuits.errors.CircuitError` for a message that is none, which costs no attempt;
    :class:`~credence.service.errors.RateLimited` for a pseudonym that was renewed too often; and :class:`Unavailable` where
    conduct cannot be read.
    """
    now, run = desk.services.clock(), run or desk.store.run
    with desk.store.reading() as session:
        row = records.find_renewal(session, session_id, now)
        held = records.find_standing(session, session_id)
    if row is None:
        raise BadNonce
    desk.services.limit(Limit.ATTEMPTS, row.id)
    proven = _proven(desk, row, request, now)
    if held is not None:
        return _again(held, proven, run)
    desk.services.limit(Limit.RENEWALS, _counted_by(desk, row.venue, proven.pseudonym))
    said = desk.services.attested(sessions.client_of(desk, row.venue), proven.pseudonym)
    issued, record = _sign(desk, row, proven, said, now)
    try:
        done = accounted(desk, record.leaf, run, partial(_record, desk=desk, record=record, issued=issued, now=now))
    except _Overtaken:
        with desk.store.reading() as session:
            held = records.find_standing(session, session_id)
        if held is None:
            raise Unavailable from None
        return _again(held, proven, run)
    logger().info("standing.issued", party=PARTY)
    return done


def _proven(desk: Desk, row: IssuerRenewal, request: RenewalRequest, now: int) -> ProvenRenewal:
    """1. to 6. A refusal is counted. Raises as :func:`renew`."""
    services, ask = desk.services, sessions.ask_of(desk, row)
    find = sessions.accumulators(desk, now)
    documents, issuer = [desk.document()], services.settings.issuer_id
    try:
        with services.spans.step("verify.proof"):
            return check_renewal(services.curve, ask, request, documents, issuer, now, services.rng, accumulators=find)
    except Refused as refusal:
        if not desk.store.run(partial(records.count_refused, session_id=row.id)):
            raise BadNonce from refusal
        logger().warning("standing.refused", party=PARTY, step="none" if refusal.step is None else refusal.step.name.lower())
        services.metrics.standing("refused")
        raise RenewalRefused from refusal


def _counted_by(desk: Desk, venue: str, pseudonym: bytes) -> str:
    return hmac_labelled(desk.pseudonym_key, Label.ATTESTATION, b"renewals", venue.encode(), pseudonym).hex()


def _again(held: IssuerStanding, proven: ProvenRenewal, run: Run[Renewed]) -> Renewed:
    if not is_commitment_of(held, proven.commitment):
        raise BadNonce
    found = RenewedStanding(held.session_id, open_answer(held, proven.commitment))
    return run(lambda _session: (found, False))


def _sign(
    desk: Desk, row: IssuerRenewal, proven: ProvenRenewal, said: AttestedStanding, now: int
) -> tuple[IssuedCredential, IssuerStanding]:
    """The credential over the commitment, to which nothing is added, and the record of it."""
    rng, issuer_id = desk.services.rng, desk.services.settings.issuer_id
    ends = sessions.end_of(_key(desk, row.key_id), now)
    attributes = _attributes(row.venue, said, ends, random_scalar(rng))
    order = Order(
        key_id=row.key_id,
        layout=RENEWED,
        issuer_id=issuer_id,
        issued_epoch=day_of(now) // EPOCH_DAYS,
        expiry_epoch=ends // RENEWED.grain,
        attributes=attributes,
        commitment=proven.commitment,
        entropy=IssuerEntropy(0, 0),
        attestation_id=rng(16).hex(),
        salt=rng(SALT_LENGTH),
    )
    signature = desk.keys.sign(order)
    issued = IssuedCredential(
        issuer=issuer_id,
        schema=RENEWED.id,
        key_id=row.key_id,
        expiry_epoch=order.expiry_epoch,
        attributes=attributes,
        nym_entropy=0,
        use_entropy=0,
        signature=signature,
        attestation_id=order.attestation_id,
        leaf=order.leaf(signature),
    )
    record = IssuerStanding(
        session_id=row.id,
        attestation_id=order.attestation_id,
        key_id=row.key_id,
        expires_on=ends,
        point=point_digest(row.id, proven.commitment),
        answer=seal_answer(row.id, proven.commitment, issued, rng),
        salt=order.salt,
        digest=order.digest(signature),
        leaf=issued.leaf,
        **desk.services.keeping.until(RowKind.STANDING, ends * DAY_SECONDS),
    )
    return issued, record


def _attributes(venue: str, said: AttestedStanding, ends: int, handle: int) -> dict[str, int]:
    """The issuer's attributes of ``credence/standing/1``. The handle is drawn, and no accumulator has it: standings end."""
    return {
        "expires_on": ends,
        "as_of": said.as_of,
        "venue": text_to_scalar(venue),
        "score": said.score,
        **ladder_bits("standing_tier", said.rungs),
        "evidence_milli": said.evidence_milli,
        "events_milli": said.events_milli,
        "model": text_to_scalar(said.model),
        "revocation_handle": handle,
    }


def _record(session: Session, desk: Desk, record: IssuerStanding, issued: IssuedCredential, now: int) -> Renewed:
    """7. Spends the session, with the record and its leaf. Raises :class:`_Overtaken`."""
    if not records.add_standing(session, record):
        raise _Overtaken
    post(session, IssuerOutbox, kind=ATTESTATION_LEAF, leaf=record.leaf, now=now, rng=desk.services.rng)
    return RenewedStanding(record.session_id, issued), True


def _key(desk: Desk, key_id: str) -> PublicIssuerKey:
    """The live key that the session named. Raises :class:`BadNonce` where it was retired since."""
    for key in desk.keys.live():
        if key.version.key_id == key_id:
            return key
    raise BadNonce
