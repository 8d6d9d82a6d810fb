"""A sealed handle: enough trustees together can open whose presentation it was, and nobody else learns anything.

ElGamal in the exponent: ``E1 = rho·BP1``, ``E2 = rho·Y + id·G_id``. Opened, it gives ``id·G_id``, which whoever assigned the
handles can look up. What it was sealed for stands in the proof's context, and the proof is what trustees check before they
open anything (:mod:`~credence.circuits.escrow.opening`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from credence.circuits.curve import G1, G1_LENGTH, Curve
from credence.circuits.encoding import Rng, decode_g1, random_scalar
from credence.circuits.errors import Malformed, Step
from credence.circuits.sigma.constraints import Role, generator
from credence.circuits.sigma.statement import GENERATOR, Clause, Row


@lru_cache(maxsize=64)
def decode_escrow_key(curve: Curve, key: bytes) -> G1:
    """Y from 48 bytes, decoded once per key. Raises :class:`Malformed`: it is in the subgroup and not the identity."""
    if len(key) != G1_LENGTH:
        raise Malformed("an escrow key has 48 bytes", Step.DECODE)
    return decode_g1(curve, key)


def handle_base(curve: Curve) -> G1:
    """G_id: ``GEN(escrow, 0)``."""
    return generator(curve, Role.ESCROW, 0)


def escrow_names(slot: str) -> tuple[str, str, str, str, str]:
    """The names of E1, E2, Y, G_id and rho."""
    return f"{slot}.E1", f"{slot}.E2", f"{slot}.Y", f"{slot}.Gid", f"{slot}.rho"


def sealed(slot: str, handle: str) -> Clause:
    """``E1 = rho·BP1`` and ``E2 = rho·Y + id·G_id``; id is the named hidden attribute."""
    E1, E2, Y, G_id, rho = escrow_names(slot)
    return Clause(
        rows=(
            Row(image=[(1, E1)], terms=[(1, rho, GENERATOR)]),
            Row(image=[(1, E2)], terms=[(1, rho, Y), (1, handle, G_id)]),
        )
    )


@dataclass(frozen=True, slots=True)
class Sealing:
    """A handle sealed: points to send, and the scalar :func:`sealed` names."""

    points: Mapping[str, G1]
    values: Mapping[str, int] = field(repr=False)


def seal(curve: Curve, slot: str, key: G1, handle: int, rng: Rng) -> Sealing:
    """``E1`` and ``E2`` with rho uniform."""
    E1, E2, _, _, name = escrow_names(slot)
    rho = random_scalar(rng)
    points = {E1: curve.msm([curve.BP1], [rho]), E2: curve.msm([key, handle_base(curve)], [rho, handle])}
    return Sealing(points, {name: rho})
