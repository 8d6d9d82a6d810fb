"""From names to slots: gadgets return clauses, a list of clauses compiles to a template, a template takes points.

The same name is the same scalar or the same element wherever it stands; that is how equality is stated. Elements and
scalars are numbered by first use, image before terms, in the order written. Compiling is deterministic, so that prover
and verifier each compile their own copy and send no structure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.errors import Unprovable
from credence.circuits.sigma.constraints import (
    Constraint,
    ConstraintSystem,
    blind_base,
    validate_constraints,
    vector_base,
)
from credence.circuits.sigma.relation import Equation, LinearRelation, Structure, ill_formed

GENERATOR: Final = "BP1"
"""The name of element 0, which every clause may use."""

RESERVED: Final = "bind."
"""Names that begin so are the last equation's own."""

COMMITMENT: Final = "bind.B"
"""The element that binds the constraints' variables; the prover makes it with :meth:`Template.commit`."""

BLIND: Final = "bind.beta"
"""Its blinding scalar, uniform and used once."""

_BLIND_BASE: Final = "bind.H0"
_VECTOR_BASE: Final = "bind.G"


@dataclass(frozen=True, eq=False)
class Statement:
    """What is proved: a relation, its constraints or None, and the ``loose`` scalars, which no constraint may use.

    One exists only if ``ValidateInstance`` and ``ValidateQ`` hold. Raises :class:`IllFormed`.
    """

    relation: LinearRelation
    constraints: ConstraintSystem | None = None
    loose: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        if self.constraints is not None:
            validate_constraints(self.constraints, self.relation, self.loose)

    @property
    def serialized(self) -> bytes:
        """``SerializeLinearRelation``, then ``SerializeQ`` where there are constraints."""
        return self.relation.serialized + (self.constraints.serialized if self.constraints is not None else b"")


@dataclass(frozen=True)
class Witness:
    """The secret scalars of a statement, by index, in ``[0, ORDER)``. Raises :class:`Unprovable` for others."""

    scalars: tuple[int, ...] = field(repr=False)

    def __post_init__(self) -> None:
        if not all(type(value) is int and 0 <= value < ORDER for value in self.scalars):
            raise Unprovable("a witness has canonical scalars")


@dataclass(frozen=True)
class Row:
    """``Σ coefficient·element = Σ coefficient·scalar·element``, by name; coefficients are any integers."""

    image: Sequence[tuple[int, str]]
    terms: Sequence[tuple[int, str, str]]


@dataclass(frozen=True)
class Quadratic:
    """``Σ coefficient·scalar·scalar + Σ coefficient·scalar + constant = 0``, by name; coefficients are any integers."""

    products: Sequence[tuple[int, str, str]] = ()
    linear: Sequence[tuple[int, str]] = ()
    constant: int = 0


@dataclass(frozen=True)
class Affine:
    """``constant + Σ coefficient·scalar``: what stands for a scalar that has no response of its own."""

    constant: int
    terms: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class Clause:
    """What a gadget returns. All clauses of a statement hold together.

    ``substitutions``: scalars that are replaced everywhere, one affine form each. ``loose``: scalars that stand on
    points their prover chose, and so may stand in no constraint.
    """

    rows: Sequence[Row] = ()
    constraints: Sequence[Quadratic] = ()
    substitutions: Mapping[str, Affine] = field(default_factory=dict)
    loose: Iterable[str] = ()


@dataclass(frozen=True, eq=False)
class Template:
    """A compiled statement without its points; it may be kept and shared between threads."""

    structure: Structure
    constraints: ConstraintSystem | None
    loose: frozenset[int]
    scalars: tuple[str, ...]
    """Names by scalar index; with constraints the last one is :data:`BLIND`."""
    elements: tuple[str, ...]
    """Names by slot; the first one is :data:`GENERATOR`."""

    @cached_property
    def bound(self) -> tuple[str, ...]:
        """The variables that :data:`COMMITMENT` commits to, in the order of G_1, G_2, …"""
        return () if self.constraints is None else tuple(self.scalars[index] for index in self.constraints.variables)

    @cached_property
    def points(self) -> frozenset[str]:
        """The names that :meth:`bind` asks points for."""
        own = {GENERATOR, *((_BLIND_BASE, *_vector_names(len(self.bound))) if self.constraints is not None else ())}
        return frozenset(self.elements) - own

    def bind(self, curve: Curve, points: Mapping[str, G1]) -> Statement:
        """The statement about these points. Raises :class:`IllFormed` for other names, or what validation refuses."""
        if points.keys() != self.points:
            raise ill_formed("points for other names than the statement has")
        known = {**points, GENERATOR: curve.BP1}
        if self.constraints is not None:
            known[_BLIND_BASE] = blind_base(curve)
            for position, name in enumerate(_vector_names(len(self.bound)), start=1):
                known[name] = vector_base(curve, position)
        relation = LinearRelation(curve, self.structure, tuple([known[name] for name in self.elements]))
        return Statement(relation, self.constraints, self.loose)

    def commit(self, curve: Curve, values: Mapping[str, int]) -> G1:
        """The point :data:`COMMITMENT` of these values, :data:`BLIND` among them. Raises :class:`Unprovable`."""
        bases = [*(vector_base(curve, position + 1) for position in range(len(self.bound))), blind_base(curve)]
        return curve.msm(bases, [_value(values, name) for name in (*self.bound, BLIND)])

    def witness(self, values: Mapping[str, int]) -> Witness:
        """The scalars in order; other names are left aside. Raises :class:`Unprovable` where one is missing."""
        return Witness(tuple(_value(values, name) % ORDER for name in self.scalars))


def _value(values: Mapping[str, int], name: str) -> int:
    if name not in values:
        raise Unprovable("the witness lacks a scalar")
    return values[name]


def _vector_names(count: int) -> list[str]:
    return [f"{_VECTOR_BASE}{position}" for position in range(1, count + 1)]


class _Numbering(dict[str, int]):
    """Names by first use."""

    def number(self, name: str) -> int:
        return self.setdefault(name, len(self))


def compile_clauses(clauses: Iterable[Clause]) -> Template:
    """One template for all clauses; with constraints the last equation is ``B = Σ w_i·G_i + β·H0``.

    Raises :class:`IllFormed` for a scalar substituted twice, by a substituted one, or without standing in an equation (a
    range of it would say nothing), for a reserved name, and for a relation that is no valid instance.
    """
    clauses = list(clauses)
    forms = _substitutions(clauses)
    scalars, elements = _Numbering(), _Numbering({GENERATOR: 0})
    equations = [_equation(row, forms, scalars, elements) for clause in clauses for row in clause.rows]
    written = [_normal(constraint, forms) for clause in clauses for constraint in clause.constraints]
    for products, linear, _ in written:
        for name in _names(products, linear):
            scalars.number(name)
    if any(name.startswith(RESERVED) for name in (*elements, *scalars)):
        raise ill_formed("a clause uses a reserved name")
    marked = {name for clause in clauses for name in clause.loose}
    if not marked <= scalars.keys():
        raise ill_formed("a scalar is marked that no equation has")
    loose = frozenset(scalars[name] for name in marked)
    if not written:
        return Template(Structure(tuple(equations)), None, loose, tuple(scalars), tuple(elements))
    system = ConstraintSystem(tuple(_constraint(*polynomial, scalars) for polynomial in written))
    names = tuple(scalars)
    terms = [
        (1, names[index], base) for index, base in zip(system.variables, _vector_names(len(system.variables)), strict=True)
    ]
    binding = Row([(1, COMMITMENT)], [*terms, (1, BLIND, _BLIND_BASE)])
    equations.append(_equation(binding, {}, scalars, elements))
    return Template(Structure(tuple(equations)), system, loose, tuple(scalars), tuple(elements))


def _substitutions(clauses: Sequence[Clause]) -> dict[str, Affine]:
    forms: dict[str, Affine] = {}
    for clause in clauses:
        for name, form in clause.substitutions.items():
            if name in forms:
                raise ill_formed("a scalar is substituted twice; further relations are constraints")
            forms[name] = form
    if any(name in forms for form in forms.values() for _, name in form.terms):
        raise ill_formed("a scalar is substituted by a substituted one")
    if any(name in forms for clause in clauses for name in clause.loose):
        raise ill_formed("a scalar on prover-chosen points is substituted")
    standing = {scalar for clause in clauses for row in clause.rows for _, scalar, _ in row.terms}
    if not forms.keys() <= standing:
        raise ill_formed("a scalar is substituted that no equation has")
    return forms


def _form(name: str, forms: Mapping[str, Affine]) -> Affine:
    return forms.get(name) or Affine(0, ((1, name),))


def _equation(row: Row, forms: Mapping[str, Affine], scalars: _Numbering, elements: _Numbering) -> Equation:
    """A row by index; what a substitution adds without a scalar crosses to the end of the image, negated."""
    image, terms = list(row.image), []
    for coefficient, scalar, element in row.terms:
        if scalar in forms:
            image.append((-coefficient * forms[scalar].constant, element))
        terms += [(coefficient * factor, name, element) for factor, name in _form(scalar, forms).terms]
    return Equation(
        tuple([(elements.number(name), coefficient % ORDER) for coefficient, name in image]),
        tuple([(scalars.number(scalar), elements.number(element), value % ORDER) for value, scalar, element in terms]),
    )


_Products = dict[tuple[str, str], int]
_Linear = dict[str, int]


def _normal(written: Quadratic, forms: Mapping[str, Affine]) -> tuple[_Products, _Linear, int]:
    """A constraint with substitutions made and equal monomials merged, by name, zeros left out."""
    products: _Products = {}
    linear: _Linear = {}
    constant = written.constant

    def add(factor: int, name: str) -> None:
        linear[name] = linear.get(name, 0) + factor

    for coefficient, first, second in written.products:
        left, right = _form(first, forms), _form(second, forms)
        constant += coefficient * left.constant * right.constant
        for a, name in left.terms:
            add(coefficient * a * right.constant, name)
            for b, other in right.terms:
                pair = (other, name) if (other, name) in products else (name, other)
                products[pair] = products.get(pair, 0) + coefficient * a * b
        for b, other in right.terms:
            add(coefficient * b * left.constant, other)
    for coefficient, name in written.linear:
        form = _form(name, forms)
        constant += coefficient * form.constant
        for factor, part in form.terms:
            add(coefficient * factor, part)
    kept = {pair: value % ORDER for pair, value in products.items() if value % ORDER}
    return kept, {name: value % ORDER for name, value in linear.items() if value % ORDER}, constant % ORDER


def _names(products: _Products, linear: _Linear) -> Iterator[str]:
    for pair in products:
        yield from pair
    yield from linear


def _constraint(products: _Products, linear: _Linear, constant: int, scalars: Mapping[str, int]) -> Constraint:
    pairs = [(*sorted((scalars[a], scalars[b])), value) for (a, b), value in products.items()]
    return Constraint(
        tuple(sorted((i, j, value) for i, j, value in pairs)),
        tuple(sorted((scalars[name], value) for name, value in linear.items())),
        constant,
    )
