"""What the tests of the engine prove: small statements with everything in them, and their pieces to forge with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from credence.circuits import curve as curves
from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.encoding import Rng, random_scalar
from credence.circuits.hashing import expand_message_xmd, hash_to_g1
from credence.circuits.sigma.proof import Answers, proof_length, prove
from credence.circuits.sigma.statement import (
    BLIND,
    COMMITMENT,
    GENERATOR,
    Affine,
    Clause,
    Quadratic,
    Row,
    Statement,
    Template,
    Witness,
    compile_clauses,
)
from credence.circuits.sigma.transcript import Encoding, Operation, session_tag
from tests.conftest import SeededBytes

BOTH = tuple(Encoding)
CONTEXT = bytes(range(32))


def base(curve: Curve, name: str) -> G1:
    """A point whose logarithm nobody here knows."""
    return hash_to_g1(curve, expand_message_xmd, name.encode(), b"CREDENCE-TESTS-BASE")


def tag_of(statement: Statement, encoding: Encoding, context: bytes = CONTEXT) -> bytes:
    return session_tag(Operation.PRESENT, encoding, context, constrained=statement.constraints is not None)


@dataclass(frozen=True, eq=False)
class Subject:
    """A statement with a witness that satisfies it."""

    curve: Curve
    template: Template
    points: dict[str, G1]
    values: dict[str, int]

    @property
    def statement(self) -> Statement:
        return self.template.bind(self.curve, self.points)

    @property
    def witness(self) -> Witness:
        return self.template.witness(self.values)

    def prove(self, encoding: Encoding, seed: str = "proof") -> bytes:
        statement = self.statement
        return prove(statement, self.witness, tag_of(statement, encoding), encoding, SeededBytes(seed))


def subject(curve: Curve, clauses: list[Clause], values: dict[str, int], points: dict[str, G1], seed: str) -> Subject:
    """Compile, draw the blind and commit where there are constraints."""
    template = compile_clauses(clauses)
    if template.constraints is not None:
        values = {**values, BLIND: random_scalar(SeededBytes(seed))}
        points = {**points, COMMITMENT: template.commit(curve, values)}
    return Subject(curve, template, points, values)


def boolean(name: str) -> Quadratic:
    return Quadratic([(1, name, name)], [(-1, name)])


def equality(curve: Curve, x: int = 7) -> Subject:
    """``X = x·BP1``, ``Y = x·H``: two equations, no constraint."""
    H = base(curve, "H")
    rows = [Row([(1, "X")], [(1, "x", GENERATOR)]), Row([(1, "Y")], [(1, "x", "H")])]
    return subject(curve, [Clause(rows)], {"x": x}, {"X": curve.BP1 * x, "Y": H * x, "H": H}, "equality")


def bit_clauses(count: int) -> list[Clause]:
    """``X = Σ b_i·H_i``, every b_i boolean."""
    names = [f"b{i}" for i in range(count)]
    rows = [Row([(1, "X")], [(1, name, f"H{i}") for i, name in enumerate(names)])]
    return [Clause(rows, [boolean(name) for name in names])]


def bits(curve: Curve, values: list[int]) -> Subject:
    """The subject of :func:`bit_clauses`, whatever the values are."""
    bases = {f"H{i}": base(curve, f"H{i}") for i in range(len(values))}
    image = curve.msm(list(bases.values()), values)
    named = {f"b{i}": value for i, value in enumerate(values)}
    return subject(curve, bit_clauses(len(values)), named, {**bases, "X": image}, "bits")


def everything(curve: Curve, v: int = 105) -> Subject:
    """A range by substitution, an inverse, a product, a sum, points of the prover's own, a constant in an image.

    ``C - 5·H = v·BP1 + k·H`` with v = 100 + 4·b0 + 2·b1 + b2; ``P = s·D - e·E`` on prover-chosen points;
    ``k·y = 1``, ``k·b0 = t``, ``t + b2 - k = c`` for a constant c.
    """
    b0, b1, b2 = (v - 100) >> 2 & 1, (v - 100) >> 1 & 1, (v - 100) & 1
    k, s, e = 11, 13, 17
    H, D, E = base(curve, "H"), base(curve, "D"), base(curve, "E")
    clauses = [
        Clause([Row([(1, "C"), (-5, "H")], [(1, "v", GENERATOR), (1, "k", "H")])]),
        Clause([Row([(1, "P")], [(1, "s", "D"), (-1, "e", "E")])], loose=["s", "e"]),
        Clause(
            constraints=[boolean(name) for name in ("b0", "b1", "b2")],
            substitutions={"v": Affine(100, [(4, "b0"), (2, "b1"), (1, "b2")])},
        ),
        Clause(
            constraints=[
                Quadratic([(1, "k", "y")], (), -1),
                Quadratic([(1, "k", "b0")], [(-1, "t")]),
                Quadratic((), [(1, "t"), (1, "b2"), (-1, "k")], k - k * b0 - b2),
            ]
        ),
    ]
    values = {"b0": b0, "b1": b1, "b2": b2, "k": k, "s": s, "e": e, "y": pow(k, -1, ORDER), "t": k * b0}
    points = {"C": curve.BP1 * v + H * (k + 5), "H": H, "D": D, "E": E, "P": D * s - E * e}
    return subject(curve, clauses, values, points, "everything")


@cache
def native(make: Callable[[Curve], Subject]) -> Subject:
    """One per process: the statement is public and immutable."""
    return make(curves.load("native"))


def split(statement: Statement, proof: bytes, encoding: Encoding) -> tuple[list[bytes], list[int], int, bytes]:
    """(T_1 … and C_1, C_0 of a batchable proof; responses; τ or 0; what else there is: x, C_1 of a compact one)."""
    assert len(proof) == proof_length(statement, encoding)
    scalars, constrained = statement.relation.structure.num_scalars, statement.constraints is not None
    count = scalars + constrained
    if encoding is Encoding.BATCHABLE:
        head, body, tail = proof[: -32 * count], proof[-32 * count :], b""
    else:
        head, body, tail = b"", proof[32 : 32 * (count + 1)], proof[:32] + proof[32 * (count + 1) :]
    numbers = [int.from_bytes(body[at : at + 32], "big") for at in range(0, len(body), 32)]
    points = [head[at : at + 48] for at in range(0, len(head), 48)]
    return points, numbers[:scalars], numbers[scalars] if constrained else 0, tail


def answers_in(statement: Statement, proof: bytes, encoding: Encoding) -> Answers:
    _, responses, tau, _ = split(statement, proof, encoding)
    return Answers(tuple(responses), tau)


def seeded(seed: str) -> Rng:
    return SeededBytes(seed)
