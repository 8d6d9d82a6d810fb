"""Provers without scruples, and a verifier with parts taken out: what the tests of this room attack with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from credence.circuits import ratelimit
from credence.circuits.composite import checking, message, proving, public, statement
from credence.circuits.composite.checking import PairingClaim
from credence.circuits.composite.message import encode
from credence.circuits.composite.proving import presentation_tag
from credence.circuits.composite.statement import Compiled, compile_afresh
from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.encoding import Rng, random_scalar
from credence.circuits.errors import CircuitError, Refused, Step
from credence.circuits.predicates import membership, range
from credence.circuits.sigma import constraints, proof, relation
from credence.circuits.sigma import statement as sigma
from credence.circuits.sigma.proof import Answers
from credence.circuits.sigma.statement import COMMITMENT, Statement, Witness
from credence.circuits.sigma.transcript import Encoding, Sponge, derive_session_id
from tests.circuits.composite.subjects import LISTED, Subject, one
from tests.conftest import SeededBytes

_MODULES: Mapping[str, Any] = {
    "checking": checking,
    "constraints": constraints,
    "membership": membership,
    "message": message,
    "proof": proof,
    "proving": proving,
    "public": public,
    "range": range,
    "ratelimit": ratelimit,
    "relation": relation,
    "sigma": sigma,
    "statement": statement,
}

Derive = Callable[[Statement, bytes, bytes], int]


@contextmanager
def weakened(**changes: Any) -> Iterator[None]:
    """Prover and verifier with parts replaced, ``module__name=value``; plans are compiled anew, by what is then in place."""
    afresh = compile_afresh
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"proving__compile_plan": afresh, "checking__compile_plan": afresh, **changes}.items():
            module, attribute = name.split("__", 1)
            patch.setattr(_MODULES[module], attribute, value)
        yield


def refused(subject: Subject, forged: bytes, step: Step, encoding: Encoding = Encoding.BATCHABLE) -> None:
    """The verifier as it is says no, at ``step``."""
    with pytest.raises(CircuitError) as caught:
        subject.verify(forged, encoding)
    assert caught.value.step is step


UNCHECKED: Mapping[str, Any] = {"proof___check_constraints": lambda statement, witness: None}
"""For a prover who does not ask whether constraints hold."""


def claims_checked(
    weights: Callable[[Sequence[PairingClaim], Rng], Sequence[int]], *, identities: bool = False
) -> Callable[[Curve, Sequence[PairingClaim], Rng], None]:
    """A copy of ``check_claims``, one product without grouping by key, with other weights, or letting identities pass."""

    def check(curve: Curve, claims: Sequence[PairingClaim], rng: Rng) -> None:
        deltas = weights(claims, rng)
        pairs = [(claim.A * delta, claim.key) for claim, delta in zip(claims, deltas, strict=True)]
        total = curve.msm([claim.B for claim in claims], deltas)
        if not identities:
            assert not any(claim.A.is_identity for claim in claims)
        if not curve.pairing_check([*pairs, (-total, curve.BP2)]):
            raise Refused("a pairing", Step.PAIRING)

    return check


def fresh_weights(claims: Sequence[PairingClaim], rng: Rng) -> list[int]:
    """As the verifier draws them."""
    return [1, *(int.from_bytes(rng(16), "little") for _ in claims[1:])]


@dataclass(frozen=True, eq=False)
class Parts:
    """What :func:`prove_plan` has in hand before it proves: every point of the statement, every scalar, by name."""

    subject: Subject
    compiled: Compiled
    points: Mapping[str, G1]
    values: Mapping[str, int]

    @property
    def statement(self) -> Statement:
        """Made again from the points, by whatever validation is in place."""
        return self.compiled.bind(self.subject.curve, self.points)

    @property
    def witness(self) -> Witness:
        return self.compiled.template.witness(self.values)

    def tag(self, encoding: Encoding = Encoding.BATCHABLE) -> bytes:
        constrained = self.compiled.template.constraints is not None
        return presentation_tag(self.subject.public, encoding, constrained=constrained)

    def but(self, points: Mapping[str, G1] | None = None, values: Mapping[str, int] | None = None) -> Parts:
        """With other points and values; the variables are committed to again."""
        changed = {**self.values, **(values or {})}
        moved = {**self.points, **(points or {})}
        if self.compiled.template.constraints is not None and COMMITMENT not in (points or {}):
            moved[COMMITMENT] = self.compiled.template.commit(self.subject.curve, changed)
        return Parts(self.subject, self.compiled, moved, changed)

    def message(self, encoding: Encoding = Encoding.BATCHABLE) -> bytes:
        """A message of these parts by the honest algorithm, whether or not anything holds."""
        with weakened(**UNCHECKED):
            tag, rng = self.tag(encoding), SeededBytes("forged")
            made = proof.prove(self.statement, self.witness, tag, encoding, rng, check=False)
        return encode(self.compiled, self.points, made)


def parts(subject: Subject, seed: str = "parts") -> Parts:
    """Those of an honest prover, who stops before the proof."""
    found: dict[str, Any] = {}

    def stop(judged: Statement, witness: Witness, *_: Any, **__: Any) -> bytes:
        found["witness"] = witness
        return b""

    def keep(compiled: Compiled, points: Mapping[str, G1], _: bytes) -> bytes:
        found.update(compiled=compiled, points=points)
        return b""

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proving, "prove", stop)
        patch.setattr(proving, "encode", keep)
        subject.prove(seed=seed)
    compiled: Compiled = found["compiled"]
    scalars = dict(zip(compiled.template.scalars, found["witness"].scalars, strict=True))
    return Parts(subject, compiled, found["points"], scalars)


class Moves:
    """A prover's first move piece by piece, to be bent before it is sent, and answers that are given last.

    ``rows`` are T_1 … T_m; ``lower`` the (q_0, q_1) of each constraint.
    """

    def __init__(self, made: Parts, seed: str = "moves") -> None:
        rng = SeededBytes(seed)
        self.made = made
        judged = made.statement
        self.system = judged.constraints
        self.nonces = [random_scalar(rng) for _ in made.witness.scalars]
        self.sigma = (random_scalar(rng), random_scalar(rng))
        self.rows = [judged.relation.secret_sum(row.combine(self.nonces)) for row in judged.relation.structure.equations]
        scalars = made.witness.scalars
        self.lower = [each.lower(self.nonces, scalars) for each in self.system.constraints] if self.system else []

    def row_of(self, element: str) -> int:
        """The first equation whose image has the element."""
        slot = self.made.compiled.template.elements.index(element)
        structure = self.made.compiled.template.structure
        return next(at for at, row in enumerate(structure.equations) if any(each == slot for each, _ in row.image))

    def commitments(self) -> bytes:
        """T_1 … T_m, C_1, C_0."""
        points = list(self.rows)
        if self.system is not None:
            curve = self.made.subject.curve
            bases = self.system.bases(curve)
            points += [curve.msm(bases, [*(pair[at] for pair in self.lower), self.sigma[at]]) for at in (1, 0)]
        return b"".join(point.to_bytes() for point in points)

    def responses(self, x: int) -> dict[str, int]:
        """``z = n + x·w`` by name."""
        scalars = zip(self.nonces, self.made.witness.scalars, strict=True)
        return dict(zip(self.made.compiled.template.scalars, [(n + x * w) % ORDER for n, w in scalars], strict=True))

    def message(self, x: int, responses: Mapping[str, int] | None = None, points: Mapping[str, G1] | None = None) -> bytes:
        """The batchable message for challenge ``x``, with other answers and points where they are given."""
        z = {**self.responses(x), **(responses or {})}
        tau = (self.sigma[0] + x * self.sigma[1]) % ORDER
        answers = Answers(tuple(z.values()), tau).encode(constrained=self.system is not None)
        return encode(self.made.compiled, {**self.made.points, **(points or {})}, self.commitments() + answers)


class Listed(Moves):
    """A holder whose nationality is listed: all scalars are right, but for the inverse that does not exist.

    It is 0 in the witness; its constraint's lower coefficients are any two numbers, and :meth:`inverse` is the answer that
    fits them, which only who knows x can give.
    """

    INVERSE = "c.person.out.nationality.y.0"
    VALUE = LISTED[1]

    @staticmethod
    def subject(curve: Curve) -> Subject:
        return one(curve, (("nationality", Listed.VALUE),), outside=(("nationality", LISTED),))

    @classmethod
    def parts(cls, curve: Curve) -> Parts:
        prefix = "c.person.out.nationality"
        answers = {f"{prefix}.m2": cls.VALUE**2, cls.INVERSE: 0}
        for at in (1, 2, 3, 4):  # pairs of roots; the first pair has the value in it
            product = (cls.VALUE - LISTED[2 * at]) * (cls.VALUE - LISTED[2 * at + 1])
            answers[f"{prefix}.y.{at}"] = pow(product, -1, ORDER)
        with weakened(proving__not_in_set_values=lambda *_: answers):
            return parts(cls.subject(curve))

    def __init__(self, made: Parts) -> None:
        super().__init__(made)
        assert self.system is not None
        each = enumerate(self.system.constraints)
        (self.false,) = [at for at, constraint in each if constraint.homogeneous(made.witness.scalars, 1)]
        self.lower[self.false] = (5, 7)

    def inverse(self, x: int) -> int:
        assert self.system is not None
        constraint, (q_0, q_1), z = self.system.constraints[self.false], self.lower[self.false], self.responses(x)
        none, unit = (constraint.homogeneous(tuple({**z, self.INVERSE: y}.values()), x) for y in (0, 1))
        return (q_0 + q_1 * x - none) * pow(unit - none, -1, ORDER) % ORDER


def challenge_over(part: Callable[[Statement], bytes]) -> Derive:
    """``derive_challenge`` over what ``part`` makes of the statement."""

    def derive(judged: Statement, tag: bytes, commitments: bytes) -> int:
        sponge = Sponge(derive_session_id(tag))
        sponge.absorb(part(judged))
        sponge.absorb(commitments)
        return int.from_bytes(sponge.squeeze(48), "little") % ORDER

    return derive


def without_elements(compiled: Compiled, *names: str) -> Derive:
    """A challenge that leaves points out."""
    left_out = {compiled.template.elements.index(name) for name in names}

    def part(judged: Statement) -> bytes:
        points = [p.to_bytes() for at, p in enumerate(judged.relation.elements) if at and at not in left_out]
        system = b"" if judged.constraints is None else judged.constraints.serialized
        return judged.relation.structure.serialized + b"".join(points) + system

    return challenge_over(part)


def without_coefficients(judged: Statement) -> bytes:
    """A statement's bytes but for the coefficients of its equations."""
    parts = []
    for row in judged.relation.structure.equations:
        parts += [repr([element for element, _ in row.image]), repr([term[:2] for term in row.terms])]
    points = b"".join(point.to_bytes() for point in judged.relation.elements[1:])
    return "".join(parts).encode() + points + (judged.constraints.serialized if judged.constraints else b"")
