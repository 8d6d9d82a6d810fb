"""Is everything that a proof is about in its challenge? Each part of a statement and of a proof is changed, one at a time.

The accepted twin of every case is the unchanged statement with the unchanged proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import pytest

from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.encoding import decode_scalar
from credence.circuits.errors import CircuitError, Malformed, Refused, Step
from credence.circuits.sigma.constraints import Constraint, ConstraintSystem, parse_constraints
from credence.circuits.sigma.proof import verify
from credence.circuits.sigma.relation import Equation, Structure, parse_relation
from credence.circuits.sigma.statement import COMMITMENT, Statement
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.sigma.subjects import BOTH, Subject, base, equality, everything, native, seeded, tag_of

Make = Callable[[Curve], Subject]
MAKES: list[Make] = [equality, everything]


def judge(statement: Statement, proof: bytes, encoding: Encoding) -> None:
    verify(statement, proof, tag_of(statement, encoding), encoding, seeded("weights"))


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", MAKES)
def test_the_accepted_twins(make: Make, encoding: Encoding) -> None:
    made = native(make)
    judge(made.statement, made.prove(encoding), encoding)


# --- the proof ---


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", MAKES)
def test_every_byte_of_a_proof_matters(make: Make, encoding: Encoding) -> None:
    made = native(make)
    statement, proof = made.statement, made.prove(encoding)
    for at in range(len(proof)):
        changed = proof[:at] + bytes([proof[at] ^ 1 << at % 8]) + proof[at + 1 :]
        with pytest.raises((Refused, Malformed)):
            judge(statement, changed, encoding)


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", MAKES)
def test_every_scalar_of_a_proof_matters(make: Make, encoding: Encoding) -> None:
    """Canonical scalars, so that it is the equations that refuse."""
    made = native(make)
    statement, proof = made.statement, made.prove(encoding)
    constrained = statement.constraints is not None
    count = statement.relation.structure.num_scalars + constrained + (encoding is Encoding.COMPACT)
    end = len(proof) - 48 * constrained * (encoding is Encoding.COMPACT)
    for at in range(end - 32 * count, end, 32):
        value = decode_scalar(proof[at : at + 32])
        for other in {0, (value + 1) % ORDER, ORDER - value} - {value}:
            with pytest.raises(Refused) as refused:
                judge(statement, proof[:at] + other.to_bytes(32, "big") + proof[at + 32 :], encoding)
            assert refused.value.step is Step.CHALLENGE


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", MAKES)
def test_every_point_of_a_proof_matters(make: Make, encoding: Encoding, curve: Curve) -> None:
    made = native(make)
    statement, proof = made.statement, made.prove(encoding)
    constrained = statement.constraints is not None
    if encoding is Encoding.BATCHABLE:
        offsets = list(range(0, 48 * (statement.relation.structure.num_equations + 2 * constrained), 48))
    else:
        offsets = [len(proof) - 48] * constrained
    for at in offsets:
        point = curve.decompress_g1(proof[at : at + 48])
        for other in (-point, point + curve.BP1, base(curve, "another")):
            with pytest.raises(Refused):
                judge(statement, proof[:at] + other.to_bytes() + proof[at + 48 :], encoding)
    for first, second in pairwise(offsets):
        swapped = proof[:first] + proof[second : second + 48] + proof[first : first + 48] + proof[second + 48 :]
        with pytest.raises(Refused):
            judge(statement, swapped, encoding)


def test_tau_and_the_middle_commitment_cannot_be_moved_together() -> None:
    """τ + x·d with C_1 + d·H0 recomputes the same C_0; C_1 is in the challenge, so the challenge is another."""
    made = native(everything)
    proof, curve = made.prove(Encoding.COMPACT), made.curve
    x, tau = decode_scalar(proof[:32]), decode_scalar(proof[-80:-48])
    C_1 = curve.decompress_g1(proof[-48:])
    assert made.statement.constraints is not None
    moved = C_1 + made.statement.constraints.bases(curve)[-1] * 5
    changed = proof[:-80] + ((tau + 5 * x) % ORDER).to_bytes(32, "big") + moved.to_bytes()
    with pytest.raises(Refused, match="challenge"):
        judge(made.statement, changed, Encoding.COMPACT)


# --- the statement ---


def changed_equations(structure: Structure) -> Iterator[tuple[int, Equation]]:
    """Each coefficient and each index of each equation, changed once; and terms swapped, repeated, left out."""
    for number, eq in enumerate(structure.equations):
        for at, (element, coefficient) in enumerate(eq.image):
            head, tail = eq.image[:at], eq.image[at + 1 :]
            yield number, replace(eq, image=(*head, (element, (coefficient + 1) % ORDER), *tail))
            yield number, replace(eq, image=(*head, ((element + 1) % structure.num_elements, coefficient), *tail))
        for at, (scalar, element, coefficient) in enumerate(eq.terms):
            head_terms, tail_terms = eq.terms[:at], eq.terms[at + 1 :]
            for term in (
                (scalar, element, (coefficient + 1) % ORDER),
                (scalar, element, (-coefficient) % ORDER),
                (scalar, (element + 1) % structure.num_elements, coefficient),
                ((scalar + 1) % structure.num_scalars, element, coefficient),
            ):
                yield number, replace(eq, terms=(*head_terms, term, *tail_terms))
        yield number, replace(eq, terms=(*eq.terms, (*eq.terms[0][:2], 0)))
        yield number, replace(eq, image=(*eq.image, (eq.image[0][0], 0)))
        if len(eq.terms) > 1:
            yield number, replace(eq, terms=(*eq.terms[1:], eq.terms[0]))
            yield number, replace(eq, terms=eq.terms[1:])


def with_structure(statement: Statement, equations: list[Equation]) -> Statement:
    relation = statement.relation
    return replace(statement, relation=replace(relation, structure=Structure(tuple(equations))))


def with_elements(statement: Statement, elements: tuple[G1, ...]) -> Statement:
    return replace(statement, relation=replace(statement.relation, elements=elements))


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", MAKES)
def test_every_coefficient_and_index_matters(make: Make, encoding: Encoding) -> None:
    made = native(make)
    statement, proof, cases = made.statement, made.prove(encoding), 0
    equations = list(statement.relation.structure.equations)
    for number, other in changed_equations(statement.relation.structure):
        if other.serialized == equations[number].serialized:
            continue
        cases += 1
        with pytest.raises(CircuitError) as refused:
            judge(with_structure(statement, [*equations[:number], other, *equations[number + 1 :]]), proof, encoding)
        assert refused.value.step in (Step.INSTANCE, Step.SHAPE, Step.CHALLENGE)
    assert cases >= 10
    for first in range(len(equations) - 1):
        swapped = [*equations[:first], equations[first + 1], equations[first], *equations[first + 2 :]]
        with pytest.raises(CircuitError):
            judge(with_structure(statement, swapped), proof, encoding)
    with pytest.raises(CircuitError):
        judge(with_structure(statement, [*equations, equations[0]]), proof, encoding)


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", MAKES)
def test_every_element_matters(make: Make, encoding: Encoding, curve: Curve) -> None:
    made = native(make)
    statement, proof = made.statement, made.prove(encoding)
    elements = statement.relation.elements
    for slot, point in enumerate(elements):
        for other in (-point, point + curve.BP1, elements[(slot + 1) % len(elements)]):
            with pytest.raises(CircuitError) as refused:
                judge(with_elements(statement, (*elements[:slot], other, *elements[slot + 1 :])), proof, encoding)
            assert refused.value.step in (Step.INSTANCE, Step.CHALLENGE)


@pytest.mark.parametrize("encoding", BOTH)
def test_another_commitment_to_the_variables_matters(encoding: Encoding, curve: Curve) -> None:
    made = native(everything)
    proof = made.prove(encoding)
    other = made.template.bind(curve, {**made.points, COMMITMENT: made.points[COMMITMENT] + curve.BP1})
    with pytest.raises(Refused):
        judge(other, proof, encoding)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", BOTH)
def test_every_byte_of_the_constraints_matters(encoding: Encoding) -> None:
    made = native(everything)
    statement, proof = made.statement, made.prove(encoding)
    assert statement.constraints is not None
    data = statement.constraints.serialized
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        with pytest.raises(CircuitError):
            judge(replace(statement, constraints=parse_constraints(changed)), proof, encoding)


def changed_systems(system: ConstraintSystem) -> Iterator[tuple[Constraint, ...]]:
    """Coefficients and constants changed, constraints swapped, repeated and left out; each over the same variables."""
    every = system.constraints
    for number, each in enumerate(every):
        head, tail = every[:number], every[number + 1 :]
        yield (*head, replace(each, constant=(each.constant + 1) % ORDER), *tail)
        for at, (i, j, value) in enumerate(each.products):
            products = (*each.products[:at], (i, j, value % (ORDER - 1) + 1), *each.products[at + 1 :])
            yield (*head, replace(each, products=products), *tail)
        for at, (i, value) in enumerate(each.linear):
            linear = (*each.linear[:at], (i, value % (ORDER - 1) + 1), *each.linear[at + 1 :])
            yield (*head, replace(each, linear=linear), *tail)
        yield (*head, each, each, *tail)
        yield (*head, *tail)
        yield (*tail, *head, each)


@pytest.mark.parametrize("encoding", BOTH)
def test_every_constraint_matters(encoding: Encoding) -> None:
    made = native(everything)
    statement, proof = made.statement, made.prove(encoding)
    assert statement.constraints is not None
    by_challenge = 0
    for changed in changed_systems(statement.constraints):
        system = ConstraintSystem(changed)
        if system.serialized == statement.constraints.serialized:
            continue
        with pytest.raises(CircuitError) as refused:
            judge(replace(statement, constraints=system), proof, encoding)
        by_challenge += refused.value.step is Step.CHALLENGE
    assert by_challenge >= 20


@pytest.mark.parametrize("encoding", BOTH)
def test_every_byte_of_an_instance_matters(encoding: Encoding) -> None:
    """On the bytes that the transcript absorbs, for the instance without constraints."""
    made = native(equality)
    proof, data = made.prove(encoding), made.statement.serialized
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        with pytest.raises(CircuitError):
            judge(Statement(parse_relation(made.curve, changed)), proof, encoding)


def test_a_proof_is_for_one_statement_and_one_encoding() -> None:
    """Cross-statement and cross-encoding: lengths aside, nothing of one fits the other."""
    proofs = {(make, encoding): native(make).prove(encoding) for make in MAKES for encoding in BOTH}
    for (make, encoding), proof in proofs.items():
        for other in MAKES:
            for another in BOTH:
                if (make, encoding) != (other, another):
                    with pytest.raises(Malformed):
                        judge(native(other).statement, proof, another)


def test_equal_parts_in_other_slots_are_another_statement() -> None:
    """H and D exchanged: the same multiset of points, another relation."""
    made = native(everything)
    statement, encoding = made.statement, Encoding.COMPACT
    elements = list(statement.relation.elements)
    slots = [made.template.elements.index(name) for name in ("H", "D")]
    elements[slots[0]], elements[slots[1]] = elements[slots[1]], elements[slots[0]]
    with pytest.raises(Refused):
        judge(with_elements(statement, tuple(elements)), made.prove(encoding), encoding)
