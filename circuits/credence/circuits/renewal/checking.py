"""The issuer's side: steps 1 to 6 of verification (docs/protocol.md), of one renewal."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import InitVar, dataclass, field
from typing import Final

from credence.circuits.composite.checking import Keys, Reading, check_readings, read_message
from credence.circuits.credential import PERSON_1, day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError, IllFormed, Refused, Step
from credence.circuits.issuer_document import IssuerDocument, IssuerKey
from credence.circuits.presentation import NOT_ACCEPTED, FindAccumulator
from credence.circuits.presentation.statement import PublicCredential
from credence.circuits.renewal.messages import PERSON, RENEWED, RenewalAsk, RenewalRequest
from credence.circuits.renewal.statement import state_renewal
from credence.circuits.sigma.transcript import Encoding

_SEAL: Final = object()


@dataclass(frozen=True, slots=True)
class ProvenRenewal:
    """What one renewal proved. Built by :func:`check_renewal` alone.

    ``pseudonym`` is the holder's at ``venue`` with ``suffix``, ``commitment`` the point to be signed over, 48 bytes each.
    """

    session_id: str = field(repr=False)
    venue: str
    suffix: str
    key_id: str
    pseudonym: bytes = field(repr=False)
    commitment: bytes = field(repr=False)
    seal: InitVar[object]  # no field: what is not kept, dataclasses.replace cannot hand on

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("a ProvenRenewal is the result of checking one")


def check_renewal(
    curve: Curve,
    ask: RenewalAsk,
    request: RenewalRequest,
    documents: Sequence[IssuerDocument],
    issuer: str,
    now: int,
    rng: Rng,
    *,
    accumulators: FindAccumulator,
) -> ProvenRenewal:
    """Steps 1 to 6; that a session serves one commitment (7), and what is issued, belong to the service.

    ``ask`` is the session as ``issuer`` opened it, ``documents`` are the issuer's own, and ``rng`` draws weights. Raises
    :class:`IllFormed` for an ask that nobody can answer, :class:`Refused` with reason ``not_accepted`` for anything else.
    """
    # 1. size and shape: what the messages' own reading did not see
    if (request.credential.slot, request.accumulator.slot) != (PERSON, PERSON):
        raise IllFormed("a renewal shows the credential of a person", Step.SHAPE)
    # 2. the context: this session, this issuer, in time, keys trusted now, not expired, a fresh accumulator of the log
    if request.session_id != ask.session_id or ask.issuer != issuer or request.credential.issuer != issuer:
        raise Refused(NOT_ACCEPTED, Step.CONTEXT)
    if not ask.requested_at <= now < ask.expires_at:
        raise Refused(NOT_ACCEPTED, Step.CONTEXT)
    signing = _key(documents, issuer, RENEWED.id, ask.key_id, now)
    key = _key(documents, issuer, PERSON_1.id, request.credential.key_id, now)
    person = PublicCredential(PERSON_1, key.suite, key.public_key, issuer, request.credential.expiry_epoch, {})
    if person.expires_on < day_of(now):
        raise Refused(NOT_ACCEPTED, Step.CONTEXT)
    shown = request.accumulator
    view = accumulators(issuer, PERSON_1.id, shown.index, shown.minute, ask.max_age_s)
    if view is None or (view.index, view.minute) != (shown.index, shown.minute):
        raise Refused(NOT_ACCEPTED, Step.CONTEXT)
    stated = state_renewal(curve, ask, signing, person, view)
    # 3. to 6. decoding, instance, challenge, pairings
    keys, encoding = Keys({PERSON: key.public_key}, {PERSON: view.key}), Encoding[request.encoding.upper()]
    try:
        reading = read_message(curve, stated.plan, stated.public, keys, encoding, request.proof, rng)
        check_readings([reading], rng)
    except CircuitError as error:
        # whatever the step, outside there is one refusal
        raise Refused(NOT_ACCEPTED, error.step or Step.INSTANCE) from error
    return _proven(ask, reading)


def _proven(ask: RenewalAsk, reading: Reading) -> ProvenRenewal:
    pseudonym, commitment = reading.shown.pseudonym, reading.shown.commitment
    if pseudonym is None or commitment is None:
        raise IllFormed("a renewal shows a pseudonym and commits to its secrets", Step.INSTANCE)
    return ProvenRenewal(
        session_id=ask.session_id,
        venue=ask.venue,
        suffix=ask.suffix,
        key_id=ask.key_id,
        pseudonym=pseudonym.to_bytes(),
        commitment=commitment.to_bytes(),
        seal=_SEAL,
    )


def _key(documents: Sequence[IssuerDocument], issuer: str, schema: str, key_id: str, now: int) -> IssuerKey:
    for document in documents:
        if document.issuer == issuer and schema in document.schemas:
            with suppress(Refused):
                return document.key_at(key_id, now)
    raise Refused(NOT_ACCEPTED, Step.CONTEXT)
