"""The verifier's side: one message or many, one multi-scalar multiplication, one product of pairings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from credence.circuits.bbs.relation import check_pseudonym_point
from credence.circuits.bbs.suite import decode_public_key, minus_bp2
from credence.circuits.composite.message import decode
from credence.circuits.composite.plan import Plan
from credence.circuits.composite.proving import presentation_tag
from credence.circuits.composite.public import Public, nym_interface
from credence.circuits.composite.statement import HOLDER_POINT, NYM_POINT, TAG_POINT, compile_plan
from credence.circuits.curve import G1, G2, Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError, IllFormed, Refused, Step
from credence.circuits.escrow import escrow_names
from credence.circuits.revocation import accumulator_names, decode_accumulator_key
from credence.circuits.sigma.proof import Pending, check_pending, draw_weights, read_batchable, verify
from credence.circuits.sigma.transcript import Encoding


@dataclass(frozen=True, slots=True)
class Keys:
    """By slot: the issuer's public key W, 96 bytes, and the accumulator's where revocation is asked."""

    issuers: Mapping[str, bytes]
    accumulators: Mapping[str, bytes]


@dataclass(frozen=True, eq=False, slots=True)
class PairingClaim:
    """``e(A, key) = e(B, BP2)``."""

    A: G1
    key: G2
    B: G1


@dataclass(frozen=True, slots=True)
class Shown:
    """The points of a message that mean something afterwards: pseudonym, tag, both halves of a sealed handle, and the
    commitment to the holder's secrets."""

    pseudonym: G1 | None
    use_tag: G1 | None
    sealed: tuple[G1, G1] | None
    commitment: G1 | None = None


@dataclass(frozen=True, eq=False)
class Reading:
    """A message whose challenge was recomputed; nothing holds before :func:`check_readings`."""

    curve: Curve
    pending: Pending | None
    """None for a compact proof, whose equations were already checked."""
    claims: tuple[PairingClaim, ...]
    shown: Shown


def read_message(curve: Curve, plan: Plan, public: Public, keys: Keys, encoding: Encoding, data: bytes, rng: Rng) -> Reading:
    """Steps 3 to 5: decode, compile, validate the instance, recompute the challenge.

    Raises :class:`Malformed` for bytes that are no message of the plan, :class:`IllFormed` for an instance that may not be
    judged, :class:`Refused` (CHALLENGE) for a compact proof that does not hold.
    """
    compiled = compile_plan(plan)
    message = decode(curve, compiled, encoding, data)
    points = {**public.points(curve, plan), **message.points}
    shown = _shown(curve, plan, points)
    statement = compiled.bind(curve, points)
    tag = presentation_tag(public, encoding, constrained=statement.constraints is not None)
    pending = None
    if encoding is Encoding.BATCHABLE:
        pending = read_batchable(statement, message.proof, tag)
    else:
        verify(statement, message.proof, tag, encoding, rng)
    return Reading(curve, pending, _claims(curve, plan, keys, points), shown)


def _shown(curve: Curve, plan: Plan, points: Mapping[str, G1]) -> Shown:
    pseudonym = points.get(NYM_POINT)
    if pseudonym is not None:
        check_pseudonym_point(nym_interface(curve), pseudonym)
    sealed = None
    if plan.escrow is not None:
        E1, E2, *_ = escrow_names(plan.slot(plan.escrow).label)
        sealed = (points[E1], points[E2])
    return Shown(pseudonym, points.get(TAG_POINT), sealed, points.get(HOLDER_POINT))


def _claims(curve: Curve, plan: Plan, keys: Keys, points: Mapping[str, G1]) -> tuple[PairingClaim, ...]:
    claims = []
    for slot in plan.slots:
        W = decode_public_key(curve, keys.issuers[slot.name])
        claims.append(PairingClaim(points[f"{slot.label}.Abar"], W, points[f"{slot.label}.Bbar"]))
    for name in plan.not_revoked:
        A, Abar, _, _ = accumulator_names(plan.slot(name).label)
        key = decode_accumulator_key(curve, keys.accumulators[name])
        claims.append(PairingClaim(points[A], key, points[Abar]))
    return tuple(claims)


def check_readings(readings: Sequence[Reading], rng: Rng) -> None:
    """Step 6, for one message or many: returns iff every one holds; weights are drawn now, after all was read.

    Raises :class:`Refused` (CHALLENGE or PAIRING) without saying which message is wrong, :class:`IllFormed` for none.
    """
    if not readings:
        raise IllFormed("a batch of nothing proves nothing")
    pending = [reading.pending for reading in readings if reading.pending is not None]
    if pending:
        check_pending(pending, rng)
    check_claims(readings[0].curve, [claim for reading in readings for claim in reading.claims], rng)


def check_claims(curve: Curve, claims: Sequence[PairingClaim], rng: Rng) -> None:
    """``Π_key e(Σ δ_j·A_j, key) · e(-Σ δ_j·B_j, BP2) = 1`` with δ_0 = 1 and weights of :func:`draw_weights`.

    One Miller loop for each key, and one. Raises :class:`Refused` (PAIRING), :class:`IllFormed` for an A that is the
    identity: an equation of identities holds for every key.
    """
    if any(claim.A.is_identity for claim in claims):
        raise IllFormed("a signature that is the identity", Step.INSTANCE)
    judged = [claim.A.to_bytes() + claim.B.to_bytes() + claim.key.to_bytes() for claim in claims]
    deltas = [1, *draw_weights(rng, judged, len(claims) - 1)]
    grouped: dict[G2, tuple[list[G1], list[int]]] = {}
    for claim, delta in zip(claims, deltas, strict=True):
        points, scalars = grouped.setdefault(claim.key, ([], []))
        points.append(claim.A)
        scalars.append(delta)
    pairs = [(curve.msm_public(points, scalars), key) for key, (points, scalars) in grouped.items()]
    pairs.append((curve.msm_public([claim.B for claim in claims], deltas), minus_bp2(curve)))
    if not curve.pairing_check(pairs):
        raise Refused("no signature of this key, or no witness of this value", Step.PAIRING)


def find_wrong(readings: Sequence[Reading], rng: Rng) -> dict[int, CircuitError]:
    """The positions of the messages that do not hold, with why, by bisection: one costs about ``2·log2(n)`` checks."""
    wrong: dict[int, CircuitError] = {}
    parts = [(0, len(readings))] if readings else []
    while parts:
        first, last = parts.pop()
        try:
            check_readings(readings[first:last], rng)
        except CircuitError as error:
            if last - first == 1:
                wrong[first] = error
            else:
                middle = (first + last) // 2
                parts += [(first, middle), (middle, last)]
    return wrong
