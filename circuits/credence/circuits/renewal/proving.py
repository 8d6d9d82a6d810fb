"""The wallet's side: one proof, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from credence.circuits.composite.proving import Holding, prove_plan
from credence.circuits.credential import LADDERS, PERSON_1, day_of, text_to_scalar
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import Rng, decode_g1
from credence.circuits.errors import IllFormed, Refused, Step, Unprovable
from credence.circuits.issuance import HeldCredential, accept_credential
from credence.circuits.issuer_document import IssuerDocument
from credence.circuits.presentation.statement import AccumulatorView, PublicCredential
from credence.circuits.renewal.messages import PERSON, RENEWED, RenewalAsk, RenewalRequest, RenewedStanding
from credence.circuits.renewal.statement import state_renewal
from credence.circuits.sigma.transcript import Encoding
from credence.circuits.wire import ShownAccumulator, ShownCredential

SKEW: Final = 60
"""Seconds by which the issuer's clock may differ from the wallet's."""

LIFE_DAYS: Final = 1
"""Days from the one of issuing to the last one on which a standing counts: it lives for 24 to 48 hours, as everybody's."""

LEAST_SCORE: Final = RENEWED.attributes["score"].minimum


@dataclass(frozen=True, slots=True)
class Renewing:
    """A request that is ready to be sent, and the ``blind`` factor that its standing will have."""

    ask: RenewalAsk
    request: RenewalRequest
    blind: int = field(repr=False)


def request_renewal(
    curve: Curve,
    ask: RenewalAsk,
    document: IssuerDocument,
    person: HeldCredential,
    view: AccumulatorView,
    witness: bytes,
    blind: int,
    now: int,
    rng: Rng,
    *,
    encoding: Encoding = Encoding.BATCHABLE,
) -> Renewing:
    """Prove what the ask asks. The caller has seen that its user named the venue, that ``document`` is the issuer's, and
    that ``view`` is in the log; ``witness`` (48 bytes) is up to it.

    With the same ``blind`` the same commitment comes out, by which a repeated request is known. It must be another one for
    every session: two venues' standings over one commitment are one holder's to whoever issued them.

    Raises :class:`Unprovable` for an ask of another issuer or outside its time, and for a credential that is no person's or
    has expired, :class:`Refused` for a key that is not the document's now, :class:`IllFormed` for a blind factor of zero.
    """
    if not 0 < blind < ORDER:
        raise IllFormed("a blind factor is a scalar other than zero")
    if ask.issuer != person.issuer or person.schema != PERSON_1 or document.issuer != ask.issuer:
        raise Unprovable("the ask is not of this credential's issuer")
    if not ask.requested_at <= now + SKEW or now >= ask.expires_at:
        raise Unprovable("the ask is outside its time")
    if person.schema.last_day(person.expiry_epoch) < max(day_of(ask.requested_at), day_of(now)):
        raise Unprovable("the credential has expired")
    if RENEWED.id not in document.schemas:
        raise Unprovable("the issuer issues no standings")
    shown = PublicCredential(person.schema, person.suite, person.public_key, person.issuer, person.expiry_epoch, {})
    stated = state_renewal(curve, ask, document.key_at(ask.key_id, now), shown, view)
    holding = Holding(person.signature, person.message_scalars(), decode_g1(curve, witness))
    proof = prove_plan(curve, stated.plan, stated.public, {PERSON: holding}, encoding, rng, blind=blind)
    request = RenewalRequest(
        session_id=ask.session_id,
        credential=ShownCredential(PERSON, person.issuer, person.key_id, person.expiry_epoch),
        accumulator=ShownAccumulator(PERSON, view.index, view.minute),
        encoding=encoding.name.lower(),
        proof=proof,
    )
    return Renewing(ask, request, blind)


def accept_standing(
    curve: Curve, document: IssuerDocument, renewing: Renewing, renewed: RenewedStanding, person: HeldCredential, now: int
) -> HeldCredential:
    """Check a standing against the ask, the clock and the issuer's document, and finish it.

    Raises :class:`Refused` for a standing that is not what was asked for, or not signed under the key that was named;
    :class:`IllFormed` for values that are not the schema's or contradict each other. A wallet keeps nothing that it could
    not later show, or that would set its holder apart.
    """
    ask, issued = renewing.ask, renewed.credential
    if (renewed.session_id, issued.issuer, issued.schema) != (ask.session_id, ask.issuer, RENEWED.id):
        raise Refused("the standing is not the one that was asked for", Step.CONTEXT)
    if issued.key_id != ask.key_id:
        raise Refused("the standing is signed under another key", Step.CONTEXT)
    if (issued.nym_entropy, issued.use_entropy) != (0, 0):
        raise Refused("the issuer added something to the secrets", Step.CONTEXT)
    if issued.attributes.get("venue") != text_to_scalar(ask.venue):
        raise Refused("the standing is of another venue", Step.CONTEXT)
    _check_days(issued.attributes, now)
    held = accept_credential(curve, document, issued, person.secrets, renewing.blind, now)
    _check_values(held.attributes)
    return held


def _check_days(attributes: Mapping[str, int], now: int) -> None:
    """Everybody's standing of a day has the same two dates: another one's would be a name. Around midnight two pairs are."""
    dates = attributes.get("as_of", 0), attributes.get("expires_on", 0)
    if dates not in {(day_of(at) - 1, standing_end(at)) for at in (now - SKEW, now + SKEW)}:
        raise Refused("the standing is not dated like everybody's of this day", Step.CONTEXT)


def _check_values(attributes: Mapping[str, int]) -> None:
    """What no conduct leads to: a tier that needs a score, without one. A score without evidence is one of a venue whose own
    model no lines of bounds are made for."""
    if attributes[LADDERS["standing_tier"][1]] and attributes["score"] <= LEAST_SCORE:
        raise IllFormed("a tier that is better than its score", Step.SHAPE)


def standing_end(now: int) -> int:
    """The ``expires_on`` of every standing that is issued on the day of ``now``, whatever the hour and whoever issues it."""
    return day_of(now) + LIFE_DAYS
