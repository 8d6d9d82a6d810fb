"""The wallet's side: credentials, witnesses and a use's number become one proof."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from credence.circuits.bbs.relation import committed_point, pseudonym_point, randomise
from credence.circuits.composite.message import encode
from credence.circuits.composite.plan import HANDLE, NYM, SUBJECT, USE_KEY, Plan, Slot
from credence.circuits.composite.public import Public, nym_interface
from credence.circuits.composite.statement import (
    HOLDER_BLIND,
    HOLDER_POINT,
    NYM_POINT,
    POSTERIOR,
    TAG_BITS,
    TAG_POINT,
    compile_plan,
    generator_points,
    scalar_names,
)
from credence.circuits.credential import HOLDER_SECRETS
from credence.circuits.curve import G1, Curve
from credence.circuits.encoding import Rng, encode_scalar, random_scalar
from credence.circuits.errors import Unprovable
from credence.circuits.escrow import seal
from credence.circuits.hedging import hedged
from credence.circuits.issuance import issuing_interface
from credence.circuits.predicates.inequality import at_least_values
from credence.circuits.predicates.membership import in_set_values, not_in_set_values
from credence.circuits.predicates.posterior import either_values
from credence.circuits.predicates.range import range_values
from credence.circuits.ratelimit import use_tag_point, use_tag_values
from credence.circuits.revocation import randomise_witness
from credence.circuits.sigma.proof import prove
from credence.circuits.sigma.statement import BLIND, COMMITMENT
from credence.circuits.sigma.transcript import Encoding, session_tag


@dataclass(frozen=True, slots=True)
class Holding:
    """What a wallet has for one slot: the signature, its whole signed vector, and the accumulator witness where asked."""

    signature: bytes = field(repr=False)
    scalars: tuple[int, ...] = field(repr=False)
    witness: G1 | None = field(default=None, repr=False)


def prove_plan(
    curve: Curve,
    plan: Plan,
    public: Public,
    holdings: Mapping[str, Holding],
    encoding: Encoding,
    rng: Rng,
    *,
    use: int = 0,
    blind: int = 0,
) -> bytes:
    """The message that shows the plan; ``use`` is the number of this use in its epoch, from 0, never used before, and
    ``blind`` the blind factor of the commitment to the holder's secrets.

    Raises :class:`Unprovable` where the holdings do not satisfy the plan or belong to two holders, and :class:`IllFormed`
    for what the plan is not about.
    """
    compiled = compile_plan(plan)
    values = _attribute_values(plan, holdings)
    secrets = b"".join([encode_scalar(values[name]) for name in sorted(values)])
    secrets += b"".join([holding.signature for _, holding in sorted(holdings.items())])
    nonces = hedged(rng, secrets, public.context)
    points = public.points(curve, plan)
    for slot in plan.slots:
        holding = holdings[slot.name]
        interface = issuing_interface(curve, slot.api)
        _, *generators = generator_points(curve, slot.api, slot.schema).values()
        shown = randomise(interface, slot.label, holding.signature, generators, slot.domain, holding.scalars, nonces)
        points |= shown.points
        values |= shown.values
    for name in plan.not_revoked:
        witness = holdings[name].witness
        if witness is None:
            raise Unprovable("a revocation witness is missing")
        slot, value = plan.slot(name), public.accumulators[name]
        hidden = randomise_witness(curve, slot.label, value, witness, values[slot.scalar(HANDLE)], nonces)
        points |= hidden.points
        values |= hidden.values
    if public.scope is not None:
        points[NYM_POINT] = pseudonym_point(nym_interface(curve), public.scope, values[NYM])
    if public.limit is not None:
        points[TAG_POINT] = use_tag_point(curve, public.limit, values[USE_KEY], use)
        values |= use_tag_values(use, TAG_BITS, plan.uses)
    if public.escrow is not None and plan.escrow is not None:
        slot = plan.slot(plan.escrow)
        sealing = seal(curve, slot.label, public.escrow, values[slot.scalar(SUBJECT)], nonces)
        points |= sealing.points
        values |= sealing.values
    if plan.committed is not None:
        values[HOLDER_BLIND] = blind
        secrets_held = [values[secret.name] for secret in HOLDER_SECRETS]
        points[HOLDER_POINT] = committed_point(issuing_interface(curve, plan.committed), blind, secrets_held)
    values |= _predicate_values(plan, values)
    if compiled.template.constraints is not None:
        values[BLIND] = random_scalar(nonces)
        points[COMMITMENT] = compiled.template.commit(curve, values)
    statement, witness_scalars = compiled.bind(curve, points), compiled.template.witness(values)
    tag = presentation_tag(public, encoding, constrained=compiled.template.constraints is not None)
    # the points were made from these very values: what could be wrong is a signature, which a wallet checked on receipt
    proof = prove(statement, witness_scalars, tag, encoding, nonces, check=False)
    return encode(compiled, points, proof)


def presentation_tag(public: Public, encoding: Encoding, *, constrained: bool) -> bytes:
    """The sigma session's tag: operation, encoding and the SHA-256 of the context."""
    digest = hashlib.sha256(public.context).digest()
    return session_tag(public.operation, encoding, digest, constrained=constrained)


def _attribute_values(plan: Plan, holdings: Mapping[str, Holding]) -> dict[str, int]:
    """Every signed scalar by name. Raises :class:`Unprovable` where two credentials differ in a secret they share."""
    values: dict[str, int] = {}
    for slot in plan.slots:
        if slot.name not in holdings:
            raise Unprovable("a credential is missing")
        scalars = holdings[slot.name].scalars
        names = scalar_names(slot)
        if len(scalars) != len(names):
            raise Unprovable("a credential is of another schema")
        _check_disclosed(slot, scalars)
        for name, scalar in zip(names, scalars, strict=True):
            if values.setdefault(name, scalar) != scalar:
                raise Unprovable("the credentials are not of one holder")
    return values


def _check_disclosed(slot: Slot, scalars: tuple[int, ...]) -> None:
    for attribute, scalar in slot.disclosed:
        if scalars[slot.schema.index(attribute)] != scalar:
            raise Unprovable("the credential does not have a disclosed value")


def _predicate_values(plan: Plan, values: Mapping[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for slot in plan.slots:
        for attribute, members in slot.inside:
            found |= in_set_values(values[slot.scalar(attribute)], f"{slot.label}.in.{attribute}", members)
        for attribute, members in slot.outside:
            found |= not_in_set_values(values[slot.scalar(attribute)], f"{slot.label}.out.{attribute}", members)
        for attribute, interval in slot.ranges:
            found |= range_values(values[slot.scalar(attribute)], f"{slot.label}.range.{attribute}", interval)
    for number, inequality in enumerate(plan.inequalities):
        found |= at_least_values(values, f"sum.{number}", inequality)
    if plan.posterior is not None:
        found |= either_values(values, POSTERIOR, plan.posterior)
    return found
