"""A deletion-only accumulator: who is not revoked can show it, and nothing else, over public data.

The manager holds alpha and publishes ``alpha·BP2``. A handle y that was not revoked has the witness ``C = V/(alpha + y)``.
Revoking y sets ``V' = V/(alpha + y)``, which is y's own last witness: so no handle is ever revoked twice, and none comes
back. Adding a credential changes nothing for anyone (proofs.md, section 3; the pairing-based accumulator of Nguyen, CT-RSA
2005, restricted to deletions; proof by the randomisation of Camenisch, Kohlweiss and Soriente, PKC 2009).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from credence.circuits.bbs.signature import multiply_blinded
from credence.circuits.curve import G1, G2, G2_LENGTH, ORDER, Curve
from credence.circuits.encoding import Rng, decode_g2, random_scalar
from credence.circuits.errors import IllFormed, Malformed, Refused, Step, Unprovable
from credence.circuits.sigma.statement import Clause, Row

MAX_STEPS: Final = 1 << 17
"""Revocations that one call of :func:`catch_up` takes: more are read in parts."""


@dataclass(frozen=True, slots=True)
class Revocation:
    """One event of an accumulator's log: ``handle`` was revoked, and the value became ``value``."""

    handle: int
    value: G1


@lru_cache(maxsize=64)
def decode_accumulator_key(curve: Curve, public_key: bytes) -> G2:
    """``alpha·BP2`` from 96 bytes, decoded once per key. Raises :class:`Malformed`, for the identity too."""
    if len(public_key) != G2_LENGTH:
        raise Malformed("an accumulator's key has 96 bytes", Step.DECODE)
    return decode_g2(curve, public_key)


def check_handle(handle: int) -> None:
    """Raises :class:`IllFormed` outside ``[1, ORDER)``."""
    if type(handle) is not int or not 0 < handle < ORDER:
        raise IllFormed("a revocation handle is a scalar other than zero", Step.INSTANCE)


def accumulator_public_key(curve: Curve, alpha: int, rng: Rng) -> bytes:
    """``alpha·BP2``, 96 bytes; ``rng`` only blinds. Raises :class:`IllFormed` outside ``[1, ORDER)``."""
    check_handle(alpha)
    return multiply_blinded(curve.BP2, alpha, rng).to_bytes()


def first_value(curve: Curve, rng: Rng) -> G1:
    """V_0: a uniform point, so that two accumulators have nothing in common."""
    return curve.BP1 * random_scalar(rng)


def divide(value: G1, alpha: int, handle: int, rng: Rng) -> G1:
    """``V/(alpha + y)``: the witness of y while V holds, and the value once y is revoked. ``rng`` only blinds.

    Which of the two is made is the manager's to decide, once for each handle. Raises :class:`IllFormed` for a handle that
    is none, and for ``-alpha``, which has no witness.
    """
    check_handle(handle)
    denominator = (alpha + handle) % ORDER
    if denominator == 0:
        raise IllFormed("no witness exists for this handle", Step.INSTANCE)
    mask = random_scalar(rng)
    return multiply_blinded(value, mask * pow(mask * denominator % ORDER, -1, ORDER) % ORDER, rng)


def check_witness(curve: Curve, public_key: bytes, value: G1, witness: G1, handle: int) -> None:
    """``e(C, alpha·BP2 + y·BP2) = e(V, BP2)``. Raises :class:`Refused` (step PAIRING), :class:`IllFormed` for a handle."""
    check_handle(handle)
    key = decode_accumulator_key(curve, public_key)
    if witness.is_identity or not curve.pairing_check([(witness, key), (witness * handle - value, curve.BP2)]):
        raise Refused("the witness is not of this accumulator's value", Step.PAIRING)


def catch_up(curve: Curve, witness: G1, handle: int, revoked: Sequence[Revocation]) -> G1:
    """The witness after ``revoked``, in log order, by one multi-scalar multiplication of ``len(revoked) + 1`` points.

    One step is ``C' = (C - V')/(y_d - y)``. What comes out is worth a :func:`check_witness`: values that are not the
    accumulator's lead to a witness of nothing. Raises :class:`Unprovable` where the handle itself was revoked,
    :class:`IllFormed` for more than ``MAX_STEPS``.
    """
    check_handle(handle)
    if len(revoked) > MAX_STEPS:
        raise IllFormed("too many revocations for one step")
    differences = [(event.handle - handle) % ORDER for event in revoked]
    if 0 in differences:
        raise Unprovable("the credential is revoked")
    scalars, product = [], 1
    for inverse in reversed(_inverses(differences)):
        product = product * inverse % ORDER
        scalars.append(-product % ORDER)
    return curve.msm([witness, *(event.value for event in reversed(revoked))], [product, *scalars])


def _inverses(values: Sequence[int]) -> list[int]:
    """All inverses by one inversion (Montgomery)."""
    prefixes, product = [], 1
    for value in values:
        prefixes.append(product)
        product = product * value % ORDER
    inverse = pow(product, -1, ORDER)
    inverses = []
    for value, prefix in zip(reversed(values), reversed(prefixes), strict=True):
        inverses.append(inverse * prefix % ORDER)
        inverse = inverse * value % ORDER
    return inverses[::-1]


def not_revoked(slot: str, handle: str) -> Clause:
    """``Abar' = r·V - y·A'``, for ``A' = r·C``; y is the named hidden attribute.

    The verifier checks ``e(A', alpha·BP2) = e(Abar', BP2)`` besides, with A' other than the identity.
    """
    A, Abar, V, r = accumulator_names(slot)
    return Clause(rows=(Row(image=[(1, Abar)], terms=[(1, r, V), (-1, handle, A)]),), loose=(r,))


def accumulator_names(slot: str) -> tuple[str, str, str, str]:
    """The names of A', Abar', V and r."""
    return f"{slot}.acc.A", f"{slot}.acc.Abar", f"{slot}.acc.V", f"{slot}.acc.r"


@dataclass(frozen=True, slots=True)
class RandomisedWitness:
    """A witness made unrecognisable: points to send, and the scalar :func:`not_revoked` names."""

    points: Mapping[str, G1]
    values: Mapping[str, int] = field(repr=False)


def randomise_witness(curve: Curve, slot: str, value: G1, witness: G1, handle: int, rng: Rng) -> RandomisedWitness:
    """``A' = r·C`` and ``Abar' = r·V - y·A'``, r uniform."""
    check_handle(handle)
    A, Abar, _, name = accumulator_names(slot)
    r = random_scalar(rng)
    hidden = curve.msm([witness], [r])
    return RandomisedWitness({A: hidden, Abar: curve.msm([value, hidden], [r, -handle % ORDER])}, {name: r})
