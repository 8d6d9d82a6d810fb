"""Does a prover who answers several challenges know a witness? The extractor of docs/proofs.md, run.

From two transcripts it takes a witness of the equations. From three it takes one of the constraints too, or a relation
between generators that nobody knows; a prover who was given such a relation is one who can cheat, and is found out by it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.encoding import random_scalar
from credence.circuits.sigma import constraints, proof
from credence.circuits.sigma.constraints import blind_base, constraint_base, vector_base
from credence.circuits.sigma.proof import Answers, commitments_of, prove_with_nonces
from credence.circuits.sigma.statement import GENERATOR, Clause, Quadratic, Row, Statement, Witness
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.sigma.subjects import (
    Subject,
    answers_in,
    bits,
    equality,
    everything,
    native,
    split,
    subject,
    tag_of,
)
from tests.conftest import SeededBytes

CHALLENGES = (3, 2**200 + 1, ORDER - 5)


@dataclass(frozen=True)
class Transcript:
    """One accepting run: the challenge, what answered it, and the commitments both are about."""

    x: int
    answers: Answers
    commitments: tuple[bytes, ...]


def accepting(statement: Statement, transcript: Transcript, curve: Curve) -> bool:
    C_1 = curve.decompress_g1(transcript.commitments[-2]) if statement.constraints is not None else None
    made = commitments_of(statement, transcript.x, transcript.answers, C_1)
    return [point.to_bytes() for point in made] == list(transcript.commitments)


def rewound(made: Subject, challenges: Sequence[int] = CHALLENGES) -> list[Transcript]:
    """The honest prover, run again and again with the same nonces and other challenges."""
    statement, encoding = made.statement, Encoding.BATCHABLE
    rng = SeededBytes("rewound")
    nonces = [random_scalar(rng) for _ in range(proof.nonce_count(statement))]
    found = []
    for x in challenges:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(proof, "derive_challenge", lambda statement, tag, asked, x=x: x)
            run = prove_with_nonces(statement, made.witness, tag_of(statement, encoding), encoding, nonces)
        points, *_ = split(statement, run, encoding)
        found.append(Transcript(x, answers_in(statement, run, encoding), tuple(points)))
    assert len({transcript.commitments for transcript in found}) == 1
    assert all(accepting(statement, transcript, made.curve) for transcript in found)
    return found


@dataclass(frozen=True)
class Relation:
    """A combination of generators that is the identity, not all coefficients zero."""

    points: tuple[G1, ...]
    coefficients: tuple[int, ...]


def linear_witness(one: Transcript, two: Transcript) -> tuple[int, ...]:
    """From two transcripts: what satisfies every equation, whatever the prover is."""
    inverse = pow(one.x - two.x, -1, ORDER)
    pairs = zip(one.answers.responses, two.answers.responses, strict=True)
    return tuple((a - b) * inverse % ORDER for a, b in pairs)


def extract(statement: Statement, one: Transcript, two: Transcript, three: Transcript) -> Witness | Relation:
    """The extractor of docs/proofs.md: a witness, or a relation between the generators."""
    curve, system = statement.relation.curve, statement.constraints
    assert system is not None
    witness = linear_witness(one, two)
    bound = [*system.variables, statement.relation.structure.num_scalars - 1]
    off_line = []
    for scalar in bound:
        nonce = one.answers.responses[scalar] - one.x * witness[scalar]
        off_line.append((three.answers.responses[scalar] - nonce - three.x * witness[scalar]) % ORDER)
    if any(off_line):
        bases = [*(vector_base(curve, position) for position in range(1, len(bound))), blind_base(curve)]
        return Relation(tuple(bases), tuple(off_line))
    values = [constraint.homogeneous(witness, 1) for constraint in system.constraints]
    if any(values):
        xs = (one.x, two.x, three.x)
        taus = (one.answers.tau, two.answers.tau, three.answers.tau)
        blind = sum(tau * weight for tau, weight in zip(taus, second_difference(xs), strict=True))
        return Relation(tuple(system.bases(curve)), (*values, blind % ORDER))
    return Witness(witness)


def second_difference(xs: tuple[int, int, int]) -> list[int]:
    """λ with Σ λ = Σ λ·x = 0 and Σ λ·x² = 1."""
    weights = []
    for at, x in enumerate(xs):
        first, second = (other for position, other in enumerate(xs) if position != at)
        weights.append(pow((x - first) * (x - second), -1, ORDER))
    return weights


def holds(relation: Relation, curve: Curve) -> bool:
    total = curve.msm(relation.points, relation.coefficients)
    return total.is_identity and any(coefficient % ORDER for coefficient in relation.coefficients)


def test_second_differences_take_the_square_out() -> None:
    for power, expected in enumerate((0, 0, 1)):
        weighted = zip(second_difference(CHALLENGES), CHALLENGES, strict=True)
        assert sum(weight * pow(x, power, ORDER) for weight, x in weighted) % ORDER == expected


@pytest.mark.parametrize("make", [equality, everything])
def test_two_transcripts_give_the_witness_of_the_equations(make: Callable[[Curve], Subject]) -> None:
    made = native(make)
    one, two, *_ = rewound(made)
    assert linear_witness(one, two) == made.witness.scalars


def test_two_transcripts_satisfy_the_equations_whatever_the_prover_is() -> None:
    """Answers that the honest prover would never give, to commitments made for them: still a witness of each row."""
    made = native(equality)
    statement, relation = made.statement, made.statement.relation
    one, two, *_ = rewound(made)
    rows = relation.structure.equations
    witness = linear_witness(one, two)
    assert all(relation.secret_sum(row.combine(witness, 1)).is_identity for row in rows)
    assert not all(relation.secret_sum(row.combine((8,), 1)).is_identity for row in rows)
    assert accepting(statement, one, made.curve)


def test_three_transcripts_give_the_whole_witness() -> None:
    made = native(everything)
    assert extract(made.statement, *rewound(made)) == made.witness


# --- provers who know what nobody knows ---

VECTOR, CONSTRAINT, BLIND = 1009, 2003, 3001


@pytest.fixture
def trapdoors(curve: Curve, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, int], int]:
    """Generators with known logarithms: what the setup must never have."""

    def logarithm(role: bytes, index: int) -> int:
        return {b"vec": VECTOR, b"con": CONSTRAINT, b"blind": BLIND}[role] ** (index + 1) % ORDER

    monkeypatch.setattr(constraints, "generator", lambda _, role, index: curve.BP1 * logarithm(role.value, index))
    return logarithm


def test_who_breaks_a_constraint_knows_a_relation(
    trapdoors: Callable[[bytes, int], int], curve: Curve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """b = 5 for a bit: the term in x² is moved into τ, which needs the logarithm of K_1 to H0."""
    made = bits(curve, [1, 5])
    statement, system = made.statement, made.statement.constraints
    assert system is not None
    with monkeypatch.context() as patch:
        patch.setattr(proof, "_check_constraints", lambda statement, witness: None)
        honest = rewound_unchecked(made)
    broken = system.constraints[1].homogeneous(made.witness.scalars, 1)
    sigma_2 = -broken * trapdoors(b"con", 2) * pow(trapdoors(b"blind", 0), -1, ORDER)
    runs = [
        Transcript(
            run.x, Answers(run.answers.responses, (run.answers.tau + run.x * run.x * sigma_2) % ORDER), run.commitments
        )
        for run in honest
    ]
    assert not any(accepting(statement, run, curve) for run in honest)
    assert all(accepting(statement, run, curve) for run in runs)
    found = extract(statement, *runs)
    assert isinstance(found, Relation)
    assert holds(found, curve)
    assert found.coefficients == (0, broken, sigma_2 % ORDER)


def rewound_unchecked(made: Subject) -> list[Transcript]:
    """As :func:`rewound`, for a witness that breaks a constraint: the runs are not accepted as they are."""
    statement, encoding, found = made.statement, Encoding.BATCHABLE, []
    nonces = [random_scalar(SeededBytes(str(number))) for number in range(proof.nonce_count(statement))]
    for x in CHALLENGES:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(proof, "derive_challenge", lambda statement, tag, asked, x=x: x)
            run = prove_with_nonces(statement, made.witness, tag_of(statement, encoding), encoding, nonces)
        points, *_ = split(statement, run, encoding)
        found.append(Transcript(x, answers_in(statement, run, encoding), tuple(points)))
    return found


def test_who_opens_the_binding_in_two_ways_knows_a_relation(trapdoors: Callable[[bytes, int], int], curve: Curve) -> None:
    """With the logarithm of G_1 to H0 the blind makes up for any response: the third run is off the line of the others."""
    made = inverse(curve)
    statement, system = made.statement, made.statement.constraints
    assert system is not None
    one, two, three = rewound(made)
    free = made.template.scalars.index("y")
    position = made.template.bound.index("y") + 1
    shift = 77
    responses = list(three.answers.responses)
    responses[free] = (responses[free] + shift) % ORDER
    ratio = trapdoors(b"vec", position) * pow(trapdoors(b"blind", 0), -1, ORDER)
    responses[-1] = (responses[-1] - shift * ratio) % ORDER
    # the constraint's value changes too; τ makes up for it with the logarithm of K_1
    before = system.constraints[0].homogeneous(three.answers.responses, three.x)
    change = system.constraints[0].homogeneous(responses, three.x) - before
    tau = three.answers.tau - change * trapdoors(b"con", 1) * pow(trapdoors(b"blind", 0), -1, ORDER)
    forged = Transcript(three.x, Answers(tuple(responses), tau % ORDER), three.commitments)
    assert accepting(statement, forged, curve)
    found = extract(statement, one, two, forged)
    assert isinstance(found, Relation)
    assert holds(found, curve)


def inverse(curve: Curve) -> Subject:
    """``X = k·BP1`` and ``k·y = 1``: y stands in B alone."""
    clause = Clause([Row([(1, "X")], [(1, "k", GENERATOR)])], [Quadratic([(1, "k", "y")], (), -1)])
    return subject(curve, [clause], {"k": 9, "y": pow(9, -1, ORDER)}, {"X": curve.BP1 * 9}, "inverse")


def test_without_trapdoors_the_extractor_has_its_relation_or_its_witness(curve: Curve) -> None:
    """The points of a found relation are our generators, each once: exactly what nobody can relate."""
    made = native(everything)
    system = made.statement.constraints
    assert system is not None
    count = len(system.constraints)
    assert system.bases(curve) == [*(constraint_base(curve, k) for k in range(1, count + 1)), blind_base(curve)]
    assert len(set(system.bases(curve))) == count + 1


# --- unique responses ---


def test_tau_is_unique_once_the_responses_are() -> None:
    """Same commitments, same challenge, same z: another τ is never accepted, unconditionally."""
    made = native(everything)
    run, *_ = rewound(made)
    for tau in (run.answers.tau + 1, run.answers.tau - 1, 0, -run.answers.tau):
        other = Transcript(run.x, Answers(run.answers.responses, tau % ORDER), run.commitments)
        assert not accepting(made.statement, other, made.curve)


def test_no_single_response_moves_alone() -> None:
    made = native(everything)
    run, *_ = rewound(made)
    for at in range(len(run.answers.responses)):
        responses = list(run.answers.responses)
        responses[at] = (responses[at] + 1) % ORDER
        other = Transcript(run.x, Answers(tuple(responses), run.answers.tau), run.commitments)
        assert not accepting(made.statement, other, made.curve)
