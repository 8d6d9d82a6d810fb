"""Opening a sealed handle: each trustee's part with a proof, and what enough parts come to.

``D_i = s_i·E1`` with a proof that ``s_i`` is the trustee's share of the key (Chaum and Pedersen 1992); ``t`` parts of
different trustees give ``E2 - Σ λ_i·D_i = id·G_id`` (threshold ElGamal: Desmedt and Frankel 1989). The proof is bound to the
warrant, the presentation and what the handle was sealed for: a part for one warrant is none for another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from credence.circuits.curve import G1, G1_LENGTH, ORDER, Curve
from credence.circuits.encoding import Rng, b64u, decode_g1, u64le
from credence.circuits.errors import CircuitError, IllFormed, Refused, Step
from credence.circuits.escrow.equality import PROOF_LENGTH, check_equal, context, prove_equal
from credence.circuits.escrow.generation import TrusteeSet, check_share
from credence.circuits.escrow.messages import DIGEST_LENGTH, MAX_MEMBERS, TrusteeRefused
from credence.circuits.fields import Fields
from credence.circuits.hashing import Label


@dataclass(frozen=True, slots=True)
class Opening:
    """What is opened, and why: the digests (32 bytes) of warrant and presentation, the label that stood in the
    presentation's context, and the two sealed points (48 bytes each).
    """

    trustees: TrusteeSet
    warrant: bytes
    presentation: bytes
    purpose: str
    E1: bytes
    E2: bytes

    def __post_init__(self) -> None:
        if len(self.warrant) != DIGEST_LENGTH or len(self.presentation) != DIGEST_LENGTH:
            raise IllFormed("a digest has 32 bytes", Step.CONTEXT)

    def context(self, index: int) -> bytes:
        """What a trustee's proof is bound to."""
        trustees = self.trustees
        return context(
            Label.OPENING,
            trustees.id.encode(),
            trustees.key,
            u64le(trustees.threshold),
            u64le(trustees.members),
            u64le(index),
            self.warrant,
            self.presentation,
            self.purpose.encode(),
            self.E1,
            self.E2,
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One trustee's part: its number, ``s_i·E1`` (48 bytes), the proof (64)."""

    index: int
    point: bytes
    proof: bytes

    @classmethod
    def parse(cls, value: object) -> Self:
        """Read a part. Raises :class:`Malformed`, also for the number 0."""
        fields = Fields(value, "part of an opening")
        fields.choice("type", "credence/opening-part/1")
        part = cls(
            fields.integer("index", minimum=1, maximum=MAX_MEMBERS),
            fields.binary("point", length=G1_LENGTH),
            fields.binary("proof", length=PROOF_LENGTH),
        )
        fields.done()
        return part

    def to_json(self) -> dict[str, Any]:
        """The accepted form."""
        return {
            "type": "credence/opening-part/1",
            "index": self.index,
            "point": b64u(self.point),
            "proof": b64u(self.proof),
        }


def open_part(curve: Curve, opening: Opening, index: int, share: int, rng: Rng) -> Part:
    """A trustee's part, once it has seen for itself that it may make one.

    Raises :class:`Refused` for a share that is not this trustee's, :class:`Malformed` for an E1 that is no point.
    """
    check_share(curve, opening.trustees, index, share)
    base = decode_g1(curve, opening.E1)
    proof = prove_equal(curve, share, base, opening.context(index), rng)
    return Part(index, curve.msm([base], [share]).to_bytes(), proof)


def check_part(curve: Curve, opening: Opening, part: Part, rng: Rng) -> G1:
    """The part's point, proven. Raises :class:`TrusteeRefused`, which names the trustee, and :class:`Malformed` for a
    number that no trustee of the set has.
    """
    public = decode_g1(curve, opening.trustees.share_of(part.index))
    base = decode_g1(curve, opening.E1)
    try:
        point = decode_g1(curve, part.point)
        check_equal(curve, public, base, point, part.proof, opening.context(part.index), rng)
    except CircuitError as error:
        raise TrusteeRefused(part.index, "a part that its share does not make") from error
    return point


def combine(curve: Curve, opening: Opening, parts: Sequence[Part], rng: Rng) -> G1:
    """``id·G_id``, from the parts of as many trustees as the set needs; all of them are checked, the first ``t`` count.

    Raises as :func:`check_part`, :class:`Refused` for two parts of one trustee, for too few, and where nothing is sealed.
    """
    if len({part.index for part in parts}) != len(parts):
        raise Refused("two parts of one trustee", Step.INSTANCE)
    points = {part.index: check_part(curve, opening, part, rng) for part in parts}
    needed = opening.trustees.threshold
    if len(points) < needed:
        raise Refused("fewer parts than the trustees' threshold", Step.INSTANCE)
    chosen = sorted(points)[:needed]
    taken = curve.msm([points[index] for index in chosen], [lagrange(index, chosen) for index in chosen])
    found = decode_g1(curve, opening.E2) - taken
    if found.is_identity:
        raise Refused("the seal has no handle in it", Step.INSTANCE)
    return found


def lagrange(index: int, chosen: Sequence[int]) -> int:
    """The weight of member ``index`` among the ``chosen``, at zero."""
    numerator = denominator = 1
    for other in chosen:
        if other != index:
            numerator = numerator * other % ORDER
            denominator = denominator * (other - index) % ORDER
    return numerator * pow(denominator, -1, ORDER) % ORDER
