"""Do clauses compile to one and the same statement each time, by name alone, and to nothing where they contradict?"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.circuits import curve as curves
from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.errors import IllFormed, Unprovable
from credence.circuits.sigma.constraints import blind_base, vector_base
from credence.circuits.sigma.proof import check_witness
from credence.circuits.sigma.statement import (
    BLIND,
    COMMITMENT,
    GENERATOR,
    Affine,
    Clause,
    Quadratic,
    Row,
    Witness,
    compile_clauses,
)
from tests.circuits.sigma.subjects import base, bit_clauses, bits, boolean, equality, everything, native, subject
from tests.conftest import SeededBytes


def clause(*rows: Row) -> Clause:
    return Clause(rows)


ROW = Row([(1, "X")], [(1, "x", GENERATOR)])


def test_names_are_numbered_by_first_use() -> None:
    first = Row([(1, "Y"), (2, "Z")], [(1, "y", "H"), (3, "x", GENERATOR)])
    template = compile_clauses([clause(first), clause(ROW)])
    assert template.elements == (GENERATOR, "Y", "Z", "H", "X")
    assert template.scalars == ("y", "x")
    equations = template.structure.equations
    assert equations[0].image == ((1, 1), (2, 2))
    assert equations[0].terms == ((0, 3, 1), (1, 0, 3))
    assert equations[1].terms == ((1, 0, 1),)


def test_the_same_name_is_the_same_scalar(curve: Curve) -> None:
    template = compile_clauses([clause(ROW), clause(Row([(1, "Y")], [(1, "x", "H")]))])
    assert template.scalars == ("x",)
    assert template.structure.serialized == equality(curve).template.structure.serialized


def test_the_same_point_under_two_names_has_two_slots(curve: Curve) -> None:
    H = base(curve, "H")
    row = Row([(1, "X")], [(1, "x", "H"), (1, "y", "K")])
    made = subject(curve, [clause(row)], {"x": 1, "y": 2}, {"X": H * 3, "H": H, "K": H}, "same")
    assert made.template.structure.num_elements == 4
    assert made.statement.serialized.count(H.to_bytes()) == 2
    check_witness(made.statement, made.witness, SeededBytes("check"))


def test_compiling_twice_gives_the_same_bytes(curve: Curve) -> None:
    one, two = everything(curve), everything(curve)
    assert one.statement.serialized == two.statement.serialized
    assert (one.template.scalars, one.template.elements) == (two.template.scalars, two.template.elements)


def test_coefficients_of_any_size_become_canonical() -> None:
    template = compile_clauses([clause(Row([(ORDER + 1, "X")], [(-1, "x", "H"), (1 - ORDER, "y", "H")]))])
    assert template.structure.equations[0].image == ((1, 1),)
    assert template.structure.equations[0].terms == ((0, 2, ORDER - 1), (1, 2, 1))


def test_the_last_equation_binds_variables_in_first_use_order(curve: Curve) -> None:
    made = everything(curve)
    assert made.template.bound == ("b0", "b1", "b2", "k", "y", "t")
    assert made.template.scalars[-1] == BLIND
    binding = made.template.structure.equations[-1]
    names = [(made.template.scalars[scalar], made.template.elements[slot]) for scalar, slot, _ in binding.terms]
    assert names == [
        *((name, f"bind.G{number}") for number, name in enumerate(made.template.bound, start=1)),
        (BLIND, "bind.H0"),
    ]
    expected = blind_base(curve) * made.values[BLIND]
    for number, name in enumerate(made.template.bound, start=1):
        expected = expected + vector_base(curve, number) * made.values[name]
    assert made.points[COMMITMENT] == expected


def test_without_constraints_nothing_is_bound(curve: Curve) -> None:
    template = equality(curve).template
    assert template.bound == ()
    assert template.points == {"X", "Y", "H"}
    assert template.constraints is None


# --- substitution ---


def test_a_substituted_scalar_has_no_response(curve: Curve) -> None:
    template = everything(curve).template
    assert "v" not in template.scalars
    first = template.structure.equations[0]
    image = [(template.elements[slot], coefficient) for slot, coefficient in first.image]
    assert image == [("C", 1), ("H", ORDER - 5), (GENERATOR, ORDER - 100)]
    terms = [(template.scalars[s], template.elements[e], c) for s, e, c in first.terms]
    assert terms == [("b0", GENERATOR, 4), ("b1", GENERATOR, 2), ("b2", GENERATOR, 1), ("k", "H", 1)]


scalar = st.integers(-3, 3)


@settings(max_examples=30, deadline=None)
@given(st.data(), scalar, scalar, scalar, scalar)
def test_a_substitution_is_the_same_polynomial(data: st.DataObject, constant: int, factor: int, u: int, v: int) -> None:
    """``u := constant + factor·a``, ``v := v' + u'``: the compiled constraint has the value of the written one."""
    forms = {"u": Affine(constant, [(factor, "a")]), "v": Affine(1, [(1, "a"), (2, "b")])}
    values = {"a": u, "b": v, "c": u + v + 5}
    substituted = {**values, "u": constant + factor * u, "v": 1 + u + 2 * v}
    names = st.sampled_from(["u", "v", "b", "c"])
    products = data.draw(st.lists(st.tuples(scalar, names, names), max_size=4))
    linear = data.draw(st.lists(st.tuples(scalar, names), max_size=4))
    # b² keeps a variable whatever cancels, and the rows keep every name in the relation
    written = Quadratic([*products, (100, "b", "b")], linear, data.draw(scalar))
    rows = [Row([(1, name)], [(1, name, GENERATOR)]) for name in ("a", "b", "c", "u", "v")]
    template = compile_clauses([Clause(rows, [written], forms)])
    assert template.constraints is not None
    witness = [values.get(name, 0) % ORDER for name in template.scalars]
    expected = sum(c * substituted[x] * substituted[y] for c, x, y in written.products)
    expected += sum(c * substituted[x] for c, x in written.linear) + written.constant
    assert template.constraints.constraints[0].homogeneous(witness, 1) == expected % ORDER


def test_a_substitution_by_hand() -> None:
    """``u = 3 + 5a``, ``v = 7 + 2b + 4a`` in ``11uv + 13uc + 17u + 1``."""
    forms = {"u": Affine(3, [(5, "a")]), "v": Affine(7, [(2, "b"), (4, "a")])}
    rows = [Row([(1, name.upper())], [(1, name, GENERATOR)]) for name in ("a", "b", "c", "u", "v")]
    written = Quadratic([(11, "u", "v"), (13, "u", "c")], [(17, "u")], 1)
    template = compile_clauses([Clause(rows, [written], forms)])
    assert template.scalars[:3] == ("a", "b", "c")
    assert template.constraints is not None
    (found,) = template.constraints.constraints
    assert found.products == ((0, 0, 220), (0, 1, 110), (0, 2, 65))
    assert found.linear == ((0, 602), (1, 66), (2, 39))
    assert found.constant == 283


def test_a_constraint_s_coefficients_of_any_size_become_canonical() -> None:
    rows = [Row([(1, name.upper())], [(1, name, GENERATOR)]) for name in ("x", "y")]
    written = Quadratic([(-1, "x", "x"), (ORDER, "x", "y")], [(-2, "x"), (2 * ORDER, "y")], -3)
    template = compile_clauses([Clause(rows, [written])])
    assert template.constraints is not None
    (found,) = template.constraints.constraints
    assert (found.products, found.linear, found.constant) == (((0, 0, ORDER - 1),), ((0, ORDER - 2),), ORDER - 3)
    assert template.bound == ("x",)


def test_what_cancels_is_left_out() -> None:
    rows = [Row([(1, name.upper())], [(1, name, GENERATOR)]) for name in ("x", "y")]
    written = Quadratic([(1, "x", "y"), (-1, "y", "x"), (1, "x", "x")], [(2, "y"), (-2, "y")])
    template = compile_clauses([Clause(rows, [written])])
    assert template.constraints is not None
    assert template.constraints.constraints[0].products == ((0, 0, 1),)
    assert template.constraints.constraints[0].linear == ()
    assert template.bound == ("x",)


def test_the_order_in_which_a_product_is_written_does_not_matter() -> None:
    rows = [Row([(1, name.upper())], [(1, name, GENERATOR)]) for name in ("x", "y")]
    pairs: list[Sequence[tuple[int, str, str]]] = [[(1, "x", "y")], [(1, "y", "x")]]
    one, two = (compile_clauses([Clause(rows, [Quadratic(products)])]) for products in pairs)
    assert one.constraints is not None
    assert two.constraints is not None
    assert one.constraints.serialized == two.constraints.serialized
    assert one.bound == two.bound == ("x", "y")


# --- refusals; each clause list is accepted without its last part ---


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (Clause([Row([(1, "bind.B")], [(1, "x", GENERATOR)])]), "reserved"),
        (Clause([Row([(1, "X")], [(1, "x", "bind.G1")])]), "reserved"),
        (Clause([Row([(1, "X")], [(1, "bind.beta", "H")])]), "reserved"),
        (Clause(constraints=[boolean("bind.beta")]), "reserved"),
        (Clause(substitutions={"v": Affine(0, [(1, "x")])}), "twice"),
        (Clause(substitutions={"w": Affine(0, [(1, "v")])}), "by a substituted"),
        (Clause(loose=["v"]), "substituted"),
        (Clause(substitutions={"unheard": Affine(0, [(1, "b")])}), "substituted that no equation has"),
        (Clause(constraints=[boolean("y")], substitutions={"y": Affine(0, [(1, "b")])}), "that no equation has"),
        (Clause(loose=["unheard"]), "marked"),
        (Clause(loose=["b"]), "prover-chosen"),
        (Clause(constraints=[Quadratic([(1, "b", "b"), (-1, "b", "b")])]), "without a variable"),
        (Clause(constraints=[Quadratic((), (), 1)]), "without a variable"),
        (Clause([Row([(1, "X")], [])]), "check 2"),
        (Clause([Row([], [(1, "x", "H")])]), "check 2"),
    ],
)
def test_clauses_that_contradict_are_refused(wrong: Clause, why: str, curve: Curve) -> None:
    right = [clause(ROW), Clause([Row([(1, "Z")], [(1, "v", GENERATOR)])], [boolean("b")], {"v": Affine(1, [(1, "b")])})]
    template = compile_clauses(right)
    points = {name: base(curve, name) for name in template.points}
    template.bind(curve, points)
    with pytest.raises(IllFormed, match=why):
        compile_clauses([*right, wrong]).bind(curve, points)


def test_no_clause_is_no_statement() -> None:
    """Accepted twin: any other here."""
    with pytest.raises(IllFormed, match="check 1"):
        compile_clauses([])


def test_points_are_given_for_exactly_the_names(curve: Curve) -> None:
    made = native(everything)
    extra: dict[str, G1] = {"more": curve.BP1}
    own: dict[str, G1] = {"bind.H0": curve.BP1}
    for points in ({**made.points, **extra}, {**made.points, **own}, {**made.points, GENERATOR: curve.BP1}):
        with pytest.raises(IllFormed):
            made.template.bind(curve, points)
    for name in made.points:
        with pytest.raises(IllFormed):
            made.template.bind(curve, {key: point for key, point in made.points.items() if key != name})


def test_a_witness_has_every_scalar(curve: Curve) -> None:
    made = native(everything)
    assert made.template.witness({**made.values, "unheard": 3}) == made.witness
    for name in made.template.scalars:
        with pytest.raises(Unprovable):
            made.template.witness({key: value for key, value in made.values.items() if key != name})
    with pytest.raises(Unprovable):
        made.template.commit(curve, {})


@pytest.mark.parametrize("value", [-1, ORDER, True, 1.5])
def test_a_witness_is_canonical(value: int) -> None:
    """Accepted twins: 0 and ORDER - 1."""
    Witness((0, ORDER - 1))
    with pytest.raises(Unprovable):
        Witness((value,))


def test_a_witness_does_not_show_itself() -> None:
    assert "12345" not in repr(Witness((12345,)))


def test_many_bits_compile_in_order() -> None:
    template = compile_clauses(bit_clauses(40))
    assert template.bound == tuple(f"b{number}" for number in range(40))
    made = bits(curves.load("native"), [number & 1 for number in range(40)])
    check_witness(made.statement, made.witness, SeededBytes("check"))
