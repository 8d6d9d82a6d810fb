"""Are the generators nobody's multiples, is ``SerializeQ`` canonical, does ``ValidateQ`` refuse each thing on its own?

Every refused system differs in one thing from :data:`ACCEPTED` over :func:`structure`, the accepted twin.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.circuits.bbs import suite
from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.errors import CircuitError, IllFormed, Malformed, Step
from credence.circuits.hashing import expand_message_xmd, hash_to_g1
from credence.circuits.sigma.constraints import (
    Constraint,
    ConstraintSystem,
    Role,
    blind_base,
    constraint_base,
    generator,
    parse_constraints,
    vector_base,
)
from credence.circuits.sigma.relation import Equation, LinearRelation, Structure
from credence.circuits.sigma.statement import Statement
from tests.circuits.sigma.subjects import base, everything, native

# --- generators ---


def test_generators_are_hashed_to_the_curve(curve: Curve) -> None:
    for role, index, message in (
        (Role.VECTOR, 1, b"\x03\x00\x00\x00vec\x01\x00\x00\x00"),
        (Role.CONSTRAINT, 258, b"\x03\x00\x00\x00con\x02\x01\x00\x00"),
        (Role.BLIND, 0, b"\x05\x00\x00\x00blind\x00\x00\x00\x00"),
        (Role.ESCROW, 0, b"\x06\x00\x00\x00escrow\x00\x00\x00\x00"),
    ):
        dst = b"CREDENCE-V01-GEN_BLS12381G1_XMD:SHA-256_SSWU_RO_"
        assert generator(curve, role, index) == hash_to_g1(curve, expand_message_xmd, message, dst)


def test_all_generators_differ_from_each_other_and_from_those_of_bbs(curve: Curve) -> None:
    own = [generator(curve, role, index) for role in Role for index in range(12)]
    others = [curve.BP1]
    for make in (suite.sha256_suite, suite.shake256_suite):
        for interface in (suite.credence_interface(make(curve)), suite.core_interface(make(curve))):
            others += [interface.suite.P1, *interface.generators(12), *interface.blind_generators(12)]
    assert len(set(own)) == len(own)
    assert set(own).isdisjoint(others)
    assert set(own).isdisjoint([-point for point in others])


def test_both_engines_agree_on_generators(curve: Curve, reference_curve: Curve) -> None:
    for role in Role:
        assert generator(curve, role, 1).to_bytes() == generator(reference_curve, role, 1).to_bytes()


# --- normal form and bytes ---

PRODUCTS, LINEAR = ((0, 0, 1), (0, 1, 2), (1, 1, ORDER - 1)), ((0, 3), (1, 4))


@pytest.mark.parametrize(
    ("products", "linear", "constant"),
    [
        ((), (), 1),
        (((1, 0, 1),), (), 0),
        (((0, 1, 1), (0, 0, 1)), (), 0),
        (((0, 1, 1), (0, 1, 1)), (), 0),
        (((0, 1, 0),), (), 0),
        (((0, 1, ORDER),), (), 0),
        (((0, 1, -1),), (), 0),
        (((0, 0, 1), (0, 1, 0)), (), 0),
        (((0, 0, 1),), ((0, ORDER),), 0),
        (((0, 0, ORDER),), ((0, 1),), 0),
        (((0, 1 << 32, 1),), (), 0),
        (((-1, 1, 1),), (), 0),
        ((), ((1, 1), (0, 1)), 0),
        ((), ((1, 1), (1, 1)), 0),
        ((), ((1, 0),), 0),
        ((), ((1, ORDER),), 0),
        ((), ((1 << 32, 1),), 0),
        ((), ((True, 1),), 0),
        ((), ((1, 1),), ORDER),
        ((), ((1, 1),), -1),
    ],
)
def test_only_the_normal_form_is_a_constraint(
    products: tuple[tuple[int, int, int], ...], linear: tuple[tuple[int, int], ...], constant: int
) -> None:
    Constraint(PRODUCTS, LINEAR, ORDER - 1)
    with pytest.raises(IllFormed) as refused:
        Constraint(products, linear, constant)
    assert refused.value.step is Step.INSTANCE


def test_the_layout_by_hand() -> None:
    system = ConstraintSystem((Constraint(((0, 0, 1), (0, 1, 2)), ((1, 3),), 4), Constraint((), ((2, 1),), 0)))

    def number(value: int) -> bytes:
        return value.to_bytes(4, "little")

    def scalar(value: int) -> bytes:
        return value.to_bytes(32, "big")

    assert system.serialized == b"".join(
        [
            number(2),
            number(2),
            *(number(0), number(0), scalar(1), number(0), number(1), scalar(2)),
            *(number(1), number(1), scalar(3), scalar(4)),
            *(number(0), number(1), number(2), scalar(1), scalar(0)),
        ]
    )
    assert system.variables == (0, 1, 2)


def test_a_system_comes_back_from_its_bytes() -> None:
    statement = native(everything).statement
    assert statement.constraints is not None
    data = statement.constraints.serialized
    assert parse_constraints(data).serialized == data
    for length in range(len(data)):
        with pytest.raises(CircuitError):
            parse_constraints(data[:length])
    with pytest.raises(Malformed):
        parse_constraints(data + b"\x00")
    with pytest.raises(Malformed, match="count"):
        parse_constraints(b"\x00\x00\x00\x80" + data[4:])
    with pytest.raises(Malformed, match="count"):
        parse_constraints(data[:4] + b"\xff\xff\xff\xff" + data[8:])


def test_long_constraints_come_back_from_their_bytes() -> None:
    many = Constraint(tuple((0, j, 1) for j in range(64)), tuple((i, 1) for i in range(64)), 1)
    system = ConstraintSystem((many,) * 3)
    assert parse_constraints(system.serialized).serialized == system.serialized


def test_no_constraint_is_no_system() -> None:
    """Accepted twin: one constraint."""
    ConstraintSystem((Constraint((), ((0, 1),), 0),))
    with pytest.raises(IllFormed):
        ConstraintSystem(())
    with pytest.raises(IllFormed):
        parse_constraints(bytes(4))


# --- the polynomial in x ---

scalar = st.one_of(st.sampled_from([0, 1, 2, ORDER - 1]), st.integers(0, ORDER - 1))
coefficient = st.one_of(st.sampled_from([1, ORDER - 1]), st.integers(1, ORDER - 1))


@st.composite
def constraints(draw: st.DrawFn, width: int) -> Constraint:
    pairs = [(i, j) for i in range(width) for j in range(i, width)]
    chosen = draw(st.sets(st.sampled_from(pairs)))
    singles = draw(st.sets(st.integers(0, width - 1), min_size=0 if chosen else 1))
    products = tuple((i, j, draw(coefficient)) for i, j in sorted(chosen))
    return Constraint(products, tuple((i, draw(coefficient)) for i in sorted(singles)), draw(scalar))


def test_the_polynomial_by_hand() -> None:
    """``2ab + 3b² + x(5a + 7b) + 11x²`` at a = 13, b = 17, x = 19."""
    constraint = Constraint(((0, 1, 2), (1, 1, 3)), ((0, 5), (1, 7)), 11)
    assert constraint.homogeneous([13, 17], 19) == 442 + 867 + 19 * (65 + 119) + 361 * 11
    assert constraint.homogeneous([ORDER - 13, 17], 0) == 867 - 442


@given(st.data(), st.integers(1, 3), scalar)
def test_the_lower_coefficients_are_what_is_left(data: st.DataObject, width: int, x: int) -> None:
    """``Q^(n + x·w, x) = q_0 + q_1·x + Q(w)·x²``, identically."""
    constraint = data.draw(constraints(width))
    nonces, witness = (data.draw(st.lists(scalar, min_size=width, max_size=width)) for _ in range(2))
    responses = [(nonce + x * secret) % ORDER for nonce, secret in zip(nonces, witness, strict=True)]
    q0, q1 = constraint.lower(nonces, witness)
    assert constraint.homogeneous(responses, x) == (q0 + q1 * x + constraint.homogeneous(witness, 1) * x * x) % ORDER


@given(st.data(), st.integers(1, 3), scalar)
def test_the_form_is_homogeneous(data: st.DataObject, width: int, factor: int) -> None:
    constraint = data.draw(constraints(width))
    values, x = data.draw(st.lists(scalar, min_size=width, max_size=width)), data.draw(scalar)
    scaled = constraint.homogeneous([value * factor % ORDER for value in values], x * factor % ORDER)
    assert scaled == constraint.homogeneous(values, x) * factor * factor % ORDER
    direct = sum(c * values[i] * values[j] for i, j, c in constraint.products)
    direct += sum(c * values[i] for i, c in constraint.linear) + constraint.constant
    assert constraint.homogeneous(values, 1) == direct % ORDER


# --- ValidateQ: scalars 0 and 1 in constraints, 2 loose, 3 the blind; slots 1-5 the statement's, 6 = B, 7, 8 = G, 9 = H0 ---

ACCEPTED = ConstraintSystem((Constraint(((1, 1, 1),), ((0, 1),), 0), Constraint((), ((0, 1), (1, 1)), 7)))
FIRST = Equation(((1, 1),), ((0, 2, 1), (2, 3, 1)))
SECOND = Equation(((4, 1),), ((1, 5, 1),))
BINDING = ((1, 7, 1), (0, 8, 1), (3, 9, 1))


def structure(
    first: Equation = FIRST,
    second: Equation = SECOND,
    image: tuple[tuple[int, int], ...] = ((6, 1),),
    terms: tuple[tuple[int, int, int], ...] = BINDING,
) -> Structure:
    return Structure((first, second, Equation(image, terms)))


def judged(
    curve: Curve,
    given: Structure,
    system: ConstraintSystem = ACCEPTED,
    changed: dict[int, G1] | None = None,
    loose: frozenset[int] = frozenset({2}),
) -> Statement:
    points = [curve.BP1, *(base(curve, f"slot {slot}") for slot in range(1, given.num_elements))]
    points[7:9] = [vector_base(curve, 1), vector_base(curve, 2)]
    points[9 if given.num_elements > 9 else 8] = blind_base(curve)
    for slot, point in (changed or {}).items():
        points[slot] = point
    return Statement(LinearRelation(curve, given, tuple(points)), system, loose)


def test_the_accepted_twin(curve: Curve) -> None:
    assert ACCEPTED.variables == (1, 0)
    judged(curve, structure())


def refusal(curve: Curve, given: Structure, **changes: object) -> str:
    with pytest.raises(IllFormed) as error:
        judged(curve, given, **changes)  # type: ignore[arg-type]
    assert error.value.step is Step.INSTANCE
    return error.value.reason


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        (((1, 7, 1), (0, 8, 1)), "bind"),  # the blind is another equation's, or nobody's
        (((1, 7, 1), (3, 8, 1)), "bind"),  # a variable outside B
        (((0, 7, 1), (1, 8, 1), (3, 9, 1)), "bind"),  # not in first-use order
        (((1, 7, 1), (0, 8, 1), (0, 8, 1), (3, 9, 1)), "bind"),  # twice
        (((1, 7, 1), (0, 8, 1), (2, 5, 1), (3, 9, 1)), "bind"),  # another term
        (((3, 9, 1), (1, 7, 1), (0, 8, 1)), "bind"),  # the blind first
        (((1, 7, 1), (0, 8, 1), (3, 9, 1), (3, 9, 1)), "bind"),  # the blind twice
        (((1, 7, 2), (0, 8, 1), (3, 9, 1)), "coefficient"),
        (((1, 7, 1), (0, 8, ORDER - 1), (3, 9, 1)), "coefficient"),
        (((1, 7, 1), (0, 8, 1), (3, 9, 2)), "coefficient"),
        (((1, 7, 1), (0, 7, 1), (3, 8, 1)), "slot"),  # a shared slot
        (((1, 7, 1), (0, 6, 1), (3, 8, 1)), "slot"),  # on B itself
        (((1, 7, 1), (0, 0, 1), (3, 8, 1)), "slot"),  # on the generator
    ],
)
def test_the_last_equation_binds_and_does_nothing_else(
    curve: Curve, terms: tuple[tuple[int, int, int], ...], why: str
) -> None:
    used = {slot for _, slot, _ in terms}
    first = FIRST if any(scalar == 3 for scalar, _, _ in terms) else Equation(((1, 1),), ((0, 2, 1), (2, 3, 1), (3, 2, 1)))
    spare = tuple((slot, 1) for slot in range(6, max(used)) if slot not in used and slot != 6)
    assert why in refusal(curve, structure(Equation((*first.image, *spare), first.terms), terms=terms))


@pytest.mark.parametrize("image", [((6, 2),), ((6, 1), (1, 1)), ((6, 1), (6, 1))])
def test_the_last_equation_s_image_is_one_point(curve: Curve, image: tuple[tuple[int, int], ...]) -> None:
    assert "coefficient" in refusal(curve, structure(image=image))


def test_the_last_equation_s_image_is_a_point_of_its_own(curve: Curve) -> None:
    taken = structure(Equation(((1, 1), (6, 1)), FIRST.terms))
    assert "outside" in refusal(curve, taken)
    as_base = structure(Equation(((1, 1),), ((0, 6, 1), (2, 3, 1), (0, 2, 1))))
    assert "outside" in refusal(curve, as_base)
    moved = ((1, 6, 1), (0, 7, 1), (3, 8, 1))
    assert "slot" in refusal(curve, structure(image=((0, 1),), terms=moved))


def test_the_blind_stands_nowhere_else(curve: Curve) -> None:
    blinded = structure(Equation(((1, 1),), ((0, 2, 1), (2, 3, 1), (3, 2, 1))))
    assert "outside" in refusal(curve, blinded)
    system = ConstraintSystem((*ACCEPTED.constraints, Constraint((), ((3, 1),), 0)))
    assert "blinding" in refusal(curve, structure(), system=system)


def test_constraints_are_on_scalars_of_the_relation(curve: Curve) -> None:
    system = ConstraintSystem((*ACCEPTED.constraints, Constraint((), ((4, 1),), 0)))
    assert "no equation has" in refusal(curve, structure(), system=system)


def test_loose_scalars_are_in_no_constraint(curve: Curve) -> None:
    """Accepted twin: the same statement where scalar 1 is not marked."""
    assert "prover-chosen" in refusal(curve, structure(), loose=frozenset({1, 2}))


@pytest.mark.parametrize(
    ("slot", "other"),
    [(7, ("vec", 2)), (7, ("con", 1)), (8, ("vec", 1)), (8, ("vec", 3)), (9, ("blind", 1)), (9, ("vec", 3))],
)
def test_variables_are_bound_on_their_own_points(curve: Curve, slot: int, other: tuple[str, int]) -> None:
    point = generator(curve, Role(other[0].encode()), other[1])
    assert "own" in refusal(curve, structure(), changed={slot: point})


def test_a_multiple_of_a_generator_is_no_generator(curve: Curve) -> None:
    for slot in (7, 8, 9):
        for point in (curve.BP1, vector_base(curve, 1) * 2, -blind_base(curve), constraint_base(curve, 1)):
            assert "own" in refusal(curve, structure(), changed={slot: point})
