"""Quadratic constraints on the scalars of a linear relation, and the commitment that binds them (proofs.md, section 2).

Constraint k says ``Q_k(w) = Σ c·w_i·w_j + Σ c·w_i + c = 0``. With responses ``z = n + x·w`` its homogeneous form
``Q^_k(z, x) = Σ c·z_i·z_j + x·Σ c·z_i + x²·c`` has ``Q_k(w)`` before ``x²``; the two lower coefficients are committed to
before x is known. Every variable of every constraint is bound by the relation's last equation
``B = Σ w_i·G_i + β·H0``, and each constraint has a point K_k of its own.

G_i, K_k and H0 are hashed to the curve; i and k count from 1, by position in that equation and in the list of constraints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, Final

from credence.circuits.curve import G1, ORDER, SCALAR_LENGTH, Curve
from credence.circuits.encoding import Reader, decode_scalar, encode_scalar, lp, u32le
from credence.circuits.errors import Malformed, Step
from credence.circuits.hashing import expand_message_xmd, hash_to_g1
from credence.circuits.sigma.relation import (
    LinearRelation,
    Structure,
    ill_formed,
    is_coefficient,
    is_index,
    signed,
)

GENERATOR_DST: Final = b"CREDENCE-V01-GEN_BLS12381G1_XMD:SHA-256_SSWU_RO_"


class Role(bytes, Enum):
    """What a generator of ours is for."""

    VECTOR = b"vec"
    CONSTRAINT = b"con"
    BLIND = b"blind"
    ESCROW = b"escrow"


@lru_cache(maxsize=4096)
def generator(curve: Curve, role: Role, index: int) -> G1:
    """``GEN(label, i)``: a point nobody knows a relation of. G_i, K_k count from 1; H0 is ``GEN(blind, 0)``."""
    return hash_to_g1(curve, expand_message_xmd, lp(role.value) + u32le(index), GENERATOR_DST)


def vector_base(curve: Curve, position: int) -> G1:
    """G_i, ``position`` from 1."""
    return generator(curve, Role.VECTOR, position)


def constraint_base(curve: Curve, position: int) -> G1:
    """K_k, ``position`` from 1."""
    return generator(curve, Role.CONSTRAINT, position)


def blind_base(curve: Curve) -> G1:
    """H0."""
    return generator(curve, Role.BLIND, 0)


@dataclass(frozen=True, eq=False)
class Constraint:
    """One polynomial of degree at most two in normal form, by scalar index.

    ``products``: (i, j, coefficient) with i <= j, ascending, no pair twice; ``linear``: (i, coefficient), ascending, none
    twice; no coefficient zero, all canonical, at least one variable. Raises :class:`IllFormed` otherwise.
    """

    products: tuple[tuple[int, int, int], ...]
    linear: tuple[tuple[int, int], ...]
    constant: int

    def __post_init__(self) -> None:
        if not self.products and not self.linear:
            raise ill_formed("a constraint without a variable")
        pairs = [(i, j) for i, j, _ in self.products]
        singles = [i for i, _ in self.linear]
        if not all(map(is_index, (*singles, *(index for pair in pairs for index in pair)))):
            raise ill_formed("a constraint's index is out of range")
        if any(i > j for i, j in pairs) or not _ascend(pairs) or not _ascend(singles):
            raise ill_formed("a constraint is not in ascending order")
        coefficients = [product[2] for product in self.products] + [term[1] for term in self.linear]
        if not all(is_coefficient(value) and value for value in coefficients) or not is_coefficient(self.constant):
            raise ill_formed("a constraint's coefficient is not canonical")

    @cached_property
    def serialized(self) -> bytes:
        """This constraint's part of ``SerializeQ``."""
        parts = [u32le(len(self.products))]
        for i, j, coefficient in self.products:
            parts += (u32le(i), u32le(j), encode_scalar(coefficient))
        parts.append(u32le(len(self.linear)))
        for i, coefficient in self.linear:
            parts += (u32le(i), encode_scalar(coefficient))
        return b"".join([*parts, encode_scalar(self.constant)])

    @cached_property
    def _signed(self) -> tuple[list[tuple[int, int, int]], list[tuple[int, int]], int]:
        products = [(i, j, signed(coefficient)) for i, j, coefficient in self.products]
        return products, [(i, signed(coefficient)) for i, coefficient in self.linear], signed(self.constant)

    def homogeneous(self, z: Sequence[int], x: int) -> int:
        """``Q^(z, x)`` modulo the order; ``Q(w)`` is ``homogeneous(w, 1)``."""
        products, linear, constant = self._signed
        squares = sum([c * z[i] * z[j] for i, j, c in products])
        return (squares + x * (sum([c * z[i] for i, c in linear]) + x * constant)) % ORDER

    def lower(self, nonces: Sequence[int], witness: Sequence[int]) -> tuple[int, int]:
        """(q_0, q_1): the coefficients of 1 and x in ``Q^(nonces + x·witness, x)``."""
        products, linear, _ = self._signed
        q0 = sum([c * nonces[i] * nonces[j] for i, j, c in products])
        q1 = sum([c * (nonces[i] * witness[j] + nonces[j] * witness[i]) for i, j, c in products])
        return q0 % ORDER, (q1 + sum([c * nonces[i] for i, c in linear])) % ORDER


def _ascend(items: Sequence[Any]) -> bool:
    return all(a < b for a, b in pairwise(items))


@dataclass(frozen=True, eq=False)
class ConstraintSystem:
    """All constraints of a statement, in their order. Raises :class:`IllFormed` for none."""

    constraints: tuple[Constraint, ...]

    def __post_init__(self) -> None:
        if not self.constraints:
            raise ill_formed("a constraint system without a constraint")

    @cached_property
    def serialized(self) -> bytes:
        """``SerializeQ``: their number, then each one."""
        return u32le(len(self.constraints)) + b"".join([each.serialized for each in self.constraints])

    @cached_property
    def variables(self) -> tuple[int, ...]:
        """The scalars that occur, in the order in which they first do: products before linear terms, as serialised."""
        found: dict[int, None] = {}
        for constraint in self.constraints:
            for i, j, _ in constraint.products:
                found[i] = found[j] = None
            for i, _ in constraint.linear:
                found[i] = None
        return tuple(found)

    def bases(self, curve: Curve) -> list[G1]:
        """K_1 … K_K, H0."""
        count = len(self.constraints)
        return [*(constraint_base(curve, position) for position in range(1, count + 1)), blind_base(curve)]


def parse_constraints(data: bytes) -> ConstraintSystem:
    """The inverse of ``SerializeQ``, for vectors. Raises :class:`Malformed` or :class:`IllFormed`."""
    reader = Reader(data)

    def count(least: int) -> int:
        value = reader.take_u32()
        if value > reader.remaining // least:
            raise Malformed("a count beyond the end", Step.SHAPE)
        return value

    def scalar() -> int:
        return decode_scalar(reader.take(SCALAR_LENGTH))

    found = []
    for _ in range(count(8 + SCALAR_LENGTH)):
        products = tuple((reader.take_u32(), reader.take_u32(), scalar()) for _ in range(count(8 + SCALAR_LENGTH)))
        linear = tuple((reader.take_u32(), scalar()) for _ in range(count(4 + SCALAR_LENGTH)))
        found.append(Constraint(products, linear, scalar()))
    reader.done()
    return ConstraintSystem(tuple(found))


@lru_cache(maxsize=256)
def validate_binding(system: ConstraintSystem, structure: Structure, loose: frozenset[int]) -> None:
    """The part of ``ValidateQ`` that needs no points, kept per policy.

    The last equation is ``B = Σ w_i·G_i + β·H0``: one image term with coefficient 1 on a slot used nowhere else; then each
    variable of the constraints exactly once, in first-use order, coefficient 1, on a slot of its own; then the last
    scalar β, coefficient 1, on another; nothing more. β occurs in no other equation and no constraint. ``loose`` scalars,
    which stand on points that a prover chose, occur in no constraint. Raises :class:`IllFormed`.
    """
    *others, binding = structure.equations
    blind = structure.num_scalars - 1
    if any(scalar >= structure.num_scalars for scalar in system.variables):
        raise ill_formed("a constraint on a scalar that no equation has")
    if blind in system.variables:
        raise ill_formed("a constraint on the blinding scalar")
    if not loose.isdisjoint(system.variables):
        raise ill_formed("a constraint on a scalar that stands on prover-chosen points")
    if [scalar for scalar, _, _ in binding.terms] != [*system.variables, blind]:
        raise ill_formed("the last equation does not bind the constraints' variables and the blind, once each and in order")
    if any(coefficient != 1 for _, _, coefficient in binding.terms) or [c for _, c in binding.image] != [1]:
        raise ill_formed("the last equation has a coefficient other than one")
    commitment = binding.image[0][0]
    bound = {element for _, element, _ in binding.terms}
    if len(bound) != len(binding.terms) or 0 in bound or commitment in bound or commitment == 0:
        raise ill_formed("the last equation uses a slot twice")
    for eq in others:
        if any(scalar == blind for scalar, _, _ in eq.terms):
            raise ill_formed("the blinding scalar occurs outside the last equation")
        used = {element for element, _ in eq.image} | {element for _, element, _ in eq.terms}
        if commitment in used:
            raise ill_formed("the commitment to the variables occurs outside the last equation")


def validate_constraints(system: ConstraintSystem, relation: LinearRelation, loose: frozenset[int]) -> None:
    """``ValidateQ``: :func:`validate_binding`, and the last equation's points are G_1, G_2, … and H0."""
    validate_binding(system, relation.structure, loose)
    *vector, (_, blind_slot, _) = relation.structure.equations[-1].terms
    for position, (_, slot, _) in enumerate(vector, start=1):
        if relation.elements[slot] != vector_base(relation.curve, position):
            raise ill_formed("a variable is bound on another point than its own")
    if relation.elements[blind_slot] != blind_base(relation.curve):
        raise ill_formed("the blinding scalar is bound on another point than its own")
