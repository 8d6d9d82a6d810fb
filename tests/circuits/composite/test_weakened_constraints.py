"""As test_weakened.py, for constraints: a minor passes for an adult, a stranger for a resident, a listed one for none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.composite.plan import Plan
from credence.circuits.composite.statement import Compiled, compile_afresh
from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import IllFormed, Step, Unprovable
from credence.circuits.predicates.digits import bit_names, weights
from credence.circuits.predicates.membership import grid, selectors
from credence.circuits.predicates.range import Interval
from credence.circuits.sigma.constraints import constraint_base
from credence.circuits.sigma.proof import Answers, derive_challenge
from credence.circuits.sigma.relation import Equation, Structure
from credence.circuits.sigma.statement import Quadratic
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.composite.dishonest import UNCHECKED, Listed, Moves, Parts, parts, refused, weakened
from tests.circuits.composite.subjects import BOTH, EU27, Subject, one
from tests.circuits.sigma.test_weakened import challenge_without, square_root

ADULT = Interval(0, 14_203)
BORN = 19_000
"""A day in 2022."""
BIRTH, PREFIX = "birth_date", "c.person.range.birth_date"


def minor(curve: Curve) -> Subject:
    """A child whose credential says so, and a policy for adults."""
    return one(curve, (("birth_date", BORN),), ranges=((BIRTH, ADULT),))


def bent(first: int = 0, second: int = 1) -> dict[str, int]:
    """Numbers for the bits that add up to the child's birth date; ``first`` makes up for all others, which are bits."""
    names, weighed = bit_names(PREFIX, ADULT.width), weights(ADULT.width)
    values = dict.fromkeys(names, 1)
    rest = BORN - sum(weighed) + weighed[first]
    return {**values, names[first]: rest * pow(weighed[first], -1, ORDER) % ORDER, names[second]: 1}


def cancelling() -> dict[str, int]:
    """As :func:`bent`, with two numbers b and c that are no bits and ``b(b-1) + c(c-1) = 0``."""
    names, weighed = bit_names(PREFIX, ADULT.width), weights(ADULT.width)
    for first in range(len(names)):
        for second in range(first + 1, len(names)):
            u, v = weighed[first], weighed[second]
            rest = BORN - sum(weighed) + u + v  # u·b + v·c = rest
            half = (v * v + 2 * rest * u - u * v) % ORDER
            root = square_root((half * half - 4 * (u * u + v * v) * (rest * rest - v * rest)) % ORDER)
            if root is not None:
                b = (half + root) * pow(2 * (u * u + v * v), -1, ORDER) % ORDER
                c = (rest - u * b) * pow(v, -1, ORDER) % ORDER
                assert (b * (b - 1) + c * (c - 1)) % ORDER == 0
                assert (u * b + v * c - rest) % ORDER == 0
                return {**dict.fromkeys(names, 1), names[first]: b, names[second]: c}
    raise AssertionError("no pair has a root")


def lying(**answers: Mapping[str, int]) -> dict[str, Any]:
    """A prover whose gadgets answer what they are told, and who looks at no constraint."""
    told = {f"proving__{name}": lambda *_, answer=answer: dict(answer) for name, answer in answers.items()}
    return {**UNCHECKED, **told}


@pytest.mark.parametrize("encoding", BOTH)
def test_a_bit_that_is_no_bit(encoding: Encoding, curve: Curve) -> None:
    """Weakened: the digits of a range are not shown to be boolean."""
    subject = minor(curve)
    with pytest.raises(Unprovable, match="interval"):
        subject.prove(encoding)
    with weakened(**lying(range_values=bent())):
        refused(subject, subject.prove(encoding), Step.CHALLENGE, encoding)
        with weakened(range__booleans=lambda names: (), **lying(range_values=bent())):
            forged = subject.prove(encoding)
            subject.verify(forged, encoding)
    refused(subject, forged, Step.SHAPE, encoding)


def test_two_hot_bits(curve: Curve) -> None:
    """Weakened: the selectors are boolean, but their sum is not looked at. Two rows at once select what is in no row."""
    rows, columns = grid(len(EU27))
    cells = [*EU27, EU27[-1]]
    by_row = [cells[at * columns : (at + 1) * columns] for at in range(rows)]
    column = 0
    resident = by_row[0][column] + by_row[1][column] - by_row[-1][column]  # f_0 = f_1 = 1, so the last one is -1
    assert resident % ORDER not in EU27
    subject = one(curve, (("residence", resident % ORDER),), inside=(("residence", EU27),))
    f, g = (selectors(f"c.person.in.residence.{axis}", count) for axis, count in (("f", rows), ("g", columns)))
    hot = {**dict.fromkeys((*f, *g), 0), f[0]: 1, f[1]: 1, g[column]: 1}
    with pytest.raises(Unprovable, match="not in its set"):
        subject.prove()
    with weakened(**lying(in_set_values=hot)):
        forged = subject.prove()
    refused(subject, forged, Step.CHALLENGE)

    def boolean_again(names: tuple[str, ...]) -> Quadratic:
        return Quadratic(products=((1, names[0], names[0]),), linear=((-1, names[0]),))

    with weakened(membership___zero_or_one=boolean_again, **lying(in_set_values=hot)):
        subject.verify(subject.prove())


@pytest.mark.parametrize("encoding", BOTH)
def test_one_point_for_all_constraints(encoding: Encoding, curve: Curve) -> None:
    """Weakened: K_1 for every constraint. Two numbers that are no bits, and whose errors cancel, make the child grow up."""
    subject, shared = minor(curve), constraint_base(curve, 1)
    with weakened(**lying(range_values=cancelling())):
        forged = subject.prove(encoding)
        refused(subject, forged, Step.CHALLENGE, encoding)
        with weakened(constraints__constraint_base=lambda curve, position: shared, **lying(range_values=cancelling())):
            subject.verify(subject.prove(encoding), encoding)


def middle_last(made: Parts) -> bytes:
    """C_1 is whatever makes the constraints' equation true, chosen when x is known."""
    moves, curve = Moves(made), made.subject.curve
    assert moves.system is not None
    rows, first = moves.commitments()[:-96], moves.commitments()[-48:]
    x = C_1_LEFT_OUT(made.statement, made.tag(), rows + first + first)
    z = moves.responses(x)
    values = [each.homogeneous(tuple(z.values()), x) for each in moves.system.constraints]
    tau = (moves.sigma[0] + x * moves.sigma[1]) % ORDER
    C_1 = (curve.msm(moves.system.bases(curve), [*values, tau]) - curve.decompress_g1(first)) * pow(x, -1, ORDER)
    points = b"".join(made.points[name].to_bytes() for name in made.compiled.sent)
    return points + rows + C_1.to_bytes() + first + Answers(tuple(z.values()), tau).encode(constrained=True)


C_1_LEFT_OUT = challenge_without(lambda judged, points: (judged.serialized, points[:-96] + points[-48:]))


def test_the_middle_commitment_outside_the_challenge(curve: Curve) -> None:
    """Weakened: C_1 is not hashed."""
    subject = minor(curve)
    with weakened(**lying(range_values=bent())):
        made = parts(subject)
    forged = middle_last(made)
    refused(subject, forged, Step.CHALLENGE)
    with weakened(proof__derive_challenge=C_1_LEFT_OUT):
        subject.verify(forged)


class TestBinding:
    """Weakened: the inverse that shows a value to be in no set is left out of B, "it stands in its constraint"."""

    LEFT_OUT: Mapping[str, Any] = {
        "sigma__validate_constraints": lambda system, relation, loose: None,
        "relation__validate_elements": lambda relation: None,
    }

    def careless(self, plan: Plan) -> Compiled:
        """The plan's statement with a zero before the inverse in the last equation."""
        compiled = compile_afresh(plan)
        template = compiled.template
        *rows, last = template.structure.equations
        free = template.scalars.index(Listed.INVERSE)
        terms = tuple((scalar, element, 0 if scalar == free else value) for scalar, element, value in last.terms)
        structure = Structure((*rows, Equation(last.image, terms)))
        return replace(compiled, template=replace(template, structure=structure))

    def forged(self, subject: Subject) -> bytes:
        with weakened(**self.LEFT_OUT):
            made = replace(Listed.parts(subject.curve), compiled=self.careless(subject.plan))
            moves = Listed(made)
            x = derive_challenge(made.statement, made.tag(), moves.commitments())
            return moves.message(x, {Listed.INVERSE: moves.inverse(x)})

    def test_a_variable_outside(self, curve: Curve) -> None:
        subject = Listed.subject(curve)
        with pytest.raises(Unprovable, match="excludes it"):
            subject.prove()
        forged = self.forged(subject)
        refused(subject, forged, Step.CHALLENGE)
        with weakened(**self.LEFT_OUT, checking__compile_plan=self.careless):
            subject.verify(forged)

    @pytest.mark.parametrize(
        ("still", "reason"),
        [
            ("sigma__validate_constraints", "coefficient other than one"),
            ("relation__validate_elements", "check 10"),
        ],
    )
    def test_each_validation_alone_refuses_the_statement(self, still: str, reason: str, curve: Curve) -> None:
        subject = Listed.subject(curve)
        forged = self.forged(subject)
        left_out = {name: value for name, value in self.LEFT_OUT.items() if name != still}
        with weakened(**left_out, checking__compile_plan=self.careless), pytest.raises(IllFormed, match=reason):
            subject.verify(forged)
