"""The verifier's side: steps 1 to 6, for one presentation or for many together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType

from credence.circuits.composite.assembly import check_policy
from credence.circuits.composite.checking import Keys, Reading, check_readings, find_wrong, read_message
from credence.circuits.credential import day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError, IllFormed, Refused, Step
from credence.circuits.fields import json_digest
from credence.circuits.policy import CredentialAsk, Demand, Policy, load_policy
from credence.circuits.presentation.accepted import NOT_ACCEPTED, POLICY_NOT_MET, SEAL, Accepted, Sealed, Use
from credence.circuits.presentation.statement import AccumulatorView, PublicCredential, state
from credence.circuits.sigma.transcript import Encoding
from credence.circuits.wire import IssuerDocument, IssuerKey, Presentation, PresentationRequest, ShownCredential

FindAccumulator = Callable[[str, str, int, int, int], AccumulatorView | None]
"""(issuer, schema, index, minute, the policy's ``max_age_s``) to the checkpoint that the verifier's log holds.

None where it holds none, or one that :func:`~credence.circuits.revocation_log.check_age` refuses: what is too old is for
that function alone to say."""


def no_accumulators(_issuer: str, _schema: str, _index: int, _minute: int, _max_age_s: int) -> AccumulatorView | None:
    """Of a verifier that follows no accumulator: a policy that asks for one is never met."""
    return None


@dataclass(frozen=True, eq=False)
class Unchecked:
    """A presentation whose challenge was recomputed; nothing is proven before :func:`check_presentations`."""

    reading: Reading
    policy: Policy
    request: PresentationRequest
    presentation: Presentation
    failing: bool
    expires_on: int


def read_presentation(
    curve: Curve,
    request: PresentationRequest,
    presentation: Presentation,
    documents: Sequence[IssuerDocument],
    audience: str,
    now: int,
    rng: Rng,
    *,
    accumulators: FindAccumulator = no_accumulators,
) -> Unchecked:
    """Steps 1 to 5. Raises as :func:`verify_presentation`, but for what only the last sums decide."""
    # 1. size and shape
    policy = load_policy(request.policy)
    today = day_of(request.requested_at)
    demand = check_policy(policy, today)
    disclosed = _disclosed(demand, presentation)
    shown = {each.slot: each for each in presentation.credentials}
    asked = {ask.slot: ask.max_age_s for ask in policy.not_revoked}
    if list(shown) != list(policy.credentials) or len(shown) != len(presentation.credentials):
        raise IllFormed("the credentials are not the policy's", Step.SHAPE)
    if [each.slot for each in presentation.accumulators] != list(asked):
        raise IllFormed("an accumulator is missing or was not asked for", Step.SHAPE)
    # 2. the context: this session, this audience, in time, issuer keys trusted now, fresh accumulators of the log
    if presentation.session_id != request.session_id or request.audience != audience:
        raise Refused(NOT_ACCEPTED, Step.CONTEXT)
    if not request.requested_at <= now < request.expires_at:
        raise Refused(NOT_ACCEPTED, Step.CONTEXT)
    if policy.message_required and not request.message:
        raise Refused(NOT_ACCEPTED, Step.CONTEXT)
    credentials, keys = {}, {}
    for slot, ask in policy.credentials.items():
        key = _trusted_key(documents, ask, shown[slot], now)
        keys[slot] = key.public_key
        credentials[slot] = PublicCredential(
            ask.schema, key.suite, key.public_key, shown[slot].issuer, shown[slot].expiry_epoch, disclosed[slot]
        )
    views = {}
    for each in presentation.accumulators:
        credential = credentials[each.slot]
        view = accumulators(credential.issuer, credential.schema.id, each.index, each.minute, asked[each.slot])
        if view is None or (view.index, view.minute) != (each.index, each.minute):
            raise Refused(NOT_ACCEPTED, Step.CONTEXT)
        views[each.slot] = view
    # 3. to 5. decoding, instance, challenge
    try:
        stated = state(curve, request, policy, demand, credentials, views)
        reading = read_message(
            curve,
            stated.plan,
            stated.public,
            Keys(keys, {slot: view.key for slot, view in views.items()}),
            Encoding[presentation.encoding.upper()],
            presentation.proof,
            rng,
        )
    except CircuitError as error:
        # whatever the step, outside there is one refusal
        raise Refused(NOT_ACCEPTED, error.step or Step.INSTANCE) from error
    expires_on = min(each.expires_on for each in credentials.values())
    return Unchecked(
        reading=reading,
        policy=policy,
        request=request,
        presentation=presentation,
        failing=expires_on < day_of(now) or _fails(demand, credentials, today),
        expires_on=expires_on,
    )


def check_presentations(readings: Sequence[Unchecked], rng: Rng) -> tuple[Accepted | Refused, ...]:
    """Step 6 for all of them together; a wrong one is found by bisection, and is nobody else's."""
    proofs = [unchecked.reading for unchecked in readings]
    wrong: Mapping[int, CircuitError] = {}
    try:
        check_readings(proofs, rng)
    except CircuitError:
        wrong = find_wrong(proofs, rng)
    return tuple(
        Refused(NOT_ACCEPTED, wrong[position].step or Step.CHALLENGE) if position in wrong else _verdict(unchecked)
        for position, unchecked in enumerate(readings)
    )


def verify_presentation(
    curve: Curve,
    request: PresentationRequest,
    presentation: Presentation,
    documents: Sequence[IssuerDocument],
    audience: str,
    now: int,
    rng: Rng,
    *,
    accumulators: FindAccumulator = no_accumulators,
) -> Accepted:
    """Steps 1 to 6 of verification; the nonce, the use and the receipt (7, 8) belong to the service.

    ``documents`` are the issuers the verifier trusts; ``rng`` draws its weights. Raises :class:`Malformed` or
    :class:`IllFormed` for a message that is none, :class:`Refused` with reason ``not_accepted`` for a proof that does not
    verify, and with ``policy_not_met`` for a valid proof that shows too little.
    """
    unchecked = read_presentation(curve, request, presentation, documents, audience, now, rng, accumulators=accumulators)
    (verdict,) = check_presentations([unchecked], rng)
    if isinstance(verdict, Refused):
        raise verdict
    return verdict


def _disclosed(demand: Demand, presentation: Presentation) -> dict[str, dict[str, int]]:
    """The disclosed values by slot. Raises :class:`IllFormed` for others than the policy's, or outside their domains."""
    names = [f"{slot.name}.{name}" for slot in demand.slots for name in slot.disclosed]
    if set(presentation.disclosed) != set(names):
        raise IllFormed("the disclosed attributes are not the policy's", Step.SHAPE)
    found: dict[str, dict[str, int]] = {}
    for slot in demand.slots:
        attributes = slot.schema.attributes
        values = {name: presentation.disclosed[f"{slot.name}.{name}"] for name in slot.disclosed}
        if not all(attributes[name].admits(value) for name, value in values.items()):
            raise IllFormed("a disclosed attribute is outside its domain", Step.SHAPE)
        slot.schema.check_consistency(values)
        found[slot.name] = values
    return found


def _fails(demand: Demand, credentials: Mapping[str, PublicCredential], today: int) -> bool:
    """Whether what everybody sees falls short of a predicate."""
    for predicate in demand.clear:
        credential = credentials[predicate.slot]
        values = {**credential.disclosed, "expires_on": credential.expires_on}
        if not predicate.holds(values, today):
            return True
    bound = demand.posterior
    return bound is not None and not bound.agree({slot: credentials[slot].disclosed for slot, _ in bound.venues})


def _verdict(unchecked: Unchecked) -> Accepted | Refused:
    """What a proof that holds says."""
    if unchecked.failing:
        return Refused(POLICY_NOT_MET, Step.CONTEXT)
    policy, shown = unchecked.policy, unchecked.reading.shown
    limit, escrow = policy.rate_limit, policy.escrow
    use = sealed = None
    if limit is not None and shown.use_tag is not None:
        use = Use(limit.name, limit.epoch(unchecked.request.requested_at), shown.use_tag.to_bytes())
    if escrow is not None and shown.sealed is not None:
        E1, E2 = shown.sealed
        sealed = Sealed(escrow.trustees, escrow.purpose, E1.to_bytes(), E2.to_bytes())
    return Accepted(
        audience=unchecked.request.audience,
        policy=policy,
        pseudonym=None if shown.pseudonym is None else shown.pseudonym.to_bytes(),
        predicates=tuple(predicate.words() for predicate in policy.predicates),
        disclosed=MappingProxyType(dict(unchecked.presentation.disclosed)),
        expires_on=unchecked.expires_on,
        use=use,
        sealed=sealed,
        presentation_digest=json_digest(unchecked.presentation.to_json()),
        seal=SEAL,
    )


def _trusted_key(documents: Sequence[IssuerDocument], ask: CredentialAsk, shown: ShownCredential, now: int) -> IssuerKey:
    """The key in any of the issuer's documents; a verifier may trust an old one and its successor."""
    for document in documents:
        if document.issuer == shown.issuer and shown.issuer in ask.issuers and ask.schema.id in document.schemas:
            with suppress(Refused):
                return document.key_at(shown.key_id, now)
    raise Refused(NOT_ACCEPTED, Step.CONTEXT)
