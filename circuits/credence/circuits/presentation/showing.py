"""The wallet's side: can these credentials answer the request, and the answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from credence.circuits.composite.assembly import check_policy
from credence.circuits.composite.proving import Holding, prove_plan
from credence.circuits.credential import day_of
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, decode_g1
from credence.circuits.errors import Unprovable
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import Expiry, Policy, Posterior, WeightedSum, load_policy
from credence.circuits.policy.moments import Moment
from credence.circuits.presentation.statement import AccumulatorView, PublicCredential, state
from credence.circuits.sigma.transcript import Encoding
from credence.circuits.wire import Presentation, PresentationRequest, ShownAccumulator, ShownCredential

SKEW: Final = 60
"""Seconds by which a request may seem to come from the future."""

_TODAY: Final = Moment.parse("today")


def can_satisfy(
    policy: Policy, credentials: Mapping[str, HeldCredential], requested_at: int, now: int | None = None
) -> tuple[str, ...]:
    """What the chosen credentials cannot show, in words; empty where they satisfy the policy.

    A policy means the day of the request; that the credentials have not expired is asked of ``now`` too, where it is later.
    Raises :class:`PolicyError` for a policy that nobody can satisfy on that day.
    """
    today = day_of(requested_at)
    check_policy(policy, today)
    failing: list[str] = []
    for slot, ask in policy.credentials.items():
        held = credentials.get(slot)
        if held is None or held.schema.id != ask.schema.id or held.issuer not in ask.issuers:
            failing.append(f"{slot}: a credential of type {ask.schema.id} issued by {' or '.join(ask.issuers)}")
    if failing:
        return tuple(failing)
    if len({held.secrets for held in (credentials[slot] for slot in policy.credentials)}) > 1:
        failing.append("all credentials belong to one holder")
    for predicate in policy.predicates:
        if isinstance(predicate, WeightedSum):
            total = sum(times * credentials[slot].attributes[name] for times, slot, name in predicate.summands)
            holds = total >= predicate.at_least
        elif isinstance(predicate, Posterior):
            holds = predicate.holds_for({slot: credentials[slot].attributes for slot, _ in predicate.venues})
        else:
            holds = predicate.holds(credentials[predicate.slot].attributes, today)
        if not holds:
            failing.append(predicate.words())
    latest = max(today, today if now is None else day_of(now))
    for slot in policy.credentials:
        unexpired = Expiry(slot, _TODAY)  # also where the policy does not say so
        if not unexpired.holds(credentials[slot].attributes, latest) and unexpired.words() not in failing:
            failing.append(unexpired.words())
    return tuple(failing)


def present(
    curve: Curve,
    request: PresentationRequest,
    credentials: Mapping[str, HeldCredential],
    now: int,
    rng: Rng,
    *,
    accumulators: Mapping[str, AccumulatorView] | None = None,
    witnesses: Mapping[str, bytes] | None = None,
    use: int = 0,
    encoding: Encoding = Encoding.BATCHABLE,
) -> Presentation:
    """Prove what the request's policy asks. The caller has checked the audience, the escrow's trustees and that every
    accumulator value is in the log; ``witnesses`` (48 bytes each) are up to those values, and ``use`` was never used
    before in its epoch.

    Raises :class:`PolicyError` for a policy that does not load, :class:`Unprovable` naming the predicates that fail or for
    a request outside its time; nothing leaves the wallet then.
    """
    policy = load_policy(request.policy)
    check_policy(policy, day_of(request.requested_at))
    if not request.requested_at <= now + SKEW or now >= request.expires_at:
        raise Unprovable("the request is outside its time")
    failing = can_satisfy(policy, credentials, request.requested_at, now)
    if failing:
        raise Unprovable("cannot show: " + ", ".join(failing))
    if policy.message_required and not request.message:
        raise Unprovable("the policy requires a bound message")
    return show(
        curve,
        request,
        credentials,
        rng,
        accumulators=accumulators,
        witnesses=witnesses,
        use=use,
        encoding=encoding,
    )


def show(
    curve: Curve,
    request: PresentationRequest,
    credentials: Mapping[str, HeldCredential],
    rng: Rng,
    *,
    accumulators: Mapping[str, AccumulatorView] | None = None,
    witnesses: Mapping[str, bytes] | None = None,
    use: int = 0,
    encoding: Encoding = Encoding.BATCHABLE,
) -> Presentation:
    """A true proof of what the credentials have: of a rung that is not set, too, which no verifier takes.

    Raises :class:`Unprovable` for a hidden value that does not satisfy the policy, and as :func:`check_policy`.
    """
    policy = load_policy(request.policy)
    demand = check_policy(policy, day_of(request.requested_at))
    shown = {
        asked.name: _public(
            credentials[asked.name], {name: credentials[asked.name].attributes[name] for name in asked.disclosed}
        )
        for asked in demand.slots
    }
    views = accumulators or {}
    stated = state(curve, request, policy, demand, shown, views)
    points = {slot: decode_g1(curve, witness) for slot, witness in (witnesses or {}).items()}
    holdings = {
        slot: Holding(held.signature, held.message_scalars(), points.get(slot))
        for slot, held in ((slot, credentials[slot]) for slot in policy.credentials)
    }
    proof = prove_plan(curve, stated.plan, stated.public, holdings, encoding, rng, use=use)
    return Presentation(
        session_id=request.session_id,
        credentials=tuple(
            ShownCredential(slot, credentials[slot].issuer, credentials[slot].key_id, credentials[slot].expiry_epoch)
            for slot in policy.credentials
        ),
        accumulators=tuple(ShownAccumulator(slot, view.index, view.minute) for slot, view in sorted(views.items())),
        disclosed=MappingProxyType(
            {f"{slot}.{name}": value for slot, public in shown.items() for name, value in public.disclosed.items()}
        ),
        encoding=encoding.name.lower(),
        proof=proof,
    )


def _public(held: HeldCredential, disclosed: Mapping[str, int]) -> PublicCredential:
    return PublicCredential(held.schema, held.suite, held.public_key, held.issuer, held.expiry_epoch, disclosed)
