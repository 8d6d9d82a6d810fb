"""Can everything a proof shows be made without the witness?

The simulator picks the challenge and the answers first and computes the commitments; its proof is accepted where the
oracle answers with that challenge. That honest proofs have the same distribution is shown by a bijection: for each
simulated transcript there are nonces, exactly one choice of them, from which the honest prover makes the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.encoding import encode_scalar, random_scalar
from credence.circuits.errors import Refused
from credence.circuits.sigma import constraints, proof
from credence.circuits.sigma.proof import Answers, commitments_of, prove_with_nonces, verify
from credence.circuits.sigma.statement import Statement
from credence.circuits.sigma.transcript import Encoding
from tests.circuits.sigma.subjects import (
    BOTH,
    Subject,
    answers_in,
    base,
    bits,
    equality,
    everything,
    native,
    seeded,
    split,
    tag_of,
)
from tests.conftest import SeededBytes

Oracle = Callable[[Statement, bytes, bytes], int]
LOGARITHMS = {b"vec": 101, b"con": 102, b"blind": 103, b"escrow": 104}


def simulate(statement: Statement, encoding: Encoding, seed: str, C_1: G1 | None = None) -> tuple[bytes, int]:
    """(proof, the challenge its oracle must answer with). No witness goes in."""
    rng = SeededBytes(seed)
    constrained = statement.constraints is not None
    x = random_scalar(rng)
    responses = tuple(random_scalar(rng) for _ in range(statement.relation.structure.num_scalars))
    answers = Answers(responses, random_scalar(rng) if constrained else 0)
    if constrained and C_1 is None:
        C_1 = base(statement.relation.curve, seed)
    points = b"".join([point.to_bytes() for point in commitments_of(statement, x, answers, C_1)])
    encoded = answers.encode(constrained=constrained)
    if encoding is Encoding.BATCHABLE:
        return points + encoded, x
    return encode_scalar(x) + encoded + (points[-96:-48] if constrained else b""), x


def programmed(x: int, commitments: bytes | None = None) -> Oracle:
    """An oracle that answers ``x``, or is asked about other commitments than it was programmed for and fails."""

    def oracle(statement: Statement, tag: bytes, asked: bytes) -> int:
        assert commitments is None or asked == commitments
        return x

    return oracle


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("make", [equality, everything])
def test_a_simulated_proof_is_accepted_by_its_oracle_alone(
    make: Callable[[Curve], Subject], encoding: Encoding, monkeypatch: pytest.MonkeyPatch
) -> None:
    statement = native(make).statement
    tag = tag_of(statement, encoding)
    made, x = simulate(statement, encoding, "simulated")
    with pytest.raises(Refused):
        verify(statement, made, tag, encoding, seeded("weights"))
    expected = made[: -32 * (statement.relation.structure.num_scalars + (statement.constraints is not None))]
    monkeypatch.setattr(proof, "derive_challenge", programmed(x, expected if encoding is Encoding.BATCHABLE else None))
    verify(statement, made, tag, encoding, seeded("weights"))


@pytest.mark.parametrize("encoding", BOTH)
def test_even_a_false_statement_is_simulated(encoding: Encoding, curve: Curve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bit that is 2: nothing in the simulator asks whether there is a witness."""
    statement = bits(curve, [0, 2]).statement
    made, x = simulate(statement, encoding, "false")
    monkeypatch.setattr(proof, "derive_challenge", programmed(x))
    verify(statement, made, tag_of(statement, encoding), encoding, seeded("weights"))


@pytest.mark.parametrize("make", [equality, everything])
def test_commitments_follow_from_challenge_and_answers(make: Callable[[Curve], Subject]) -> None:
    """An honest proof's other parts are a function of (x, z, τ, C_1): those are all that the simulator must hit."""
    made = native(make)
    statement, tag = made.statement, tag_of(made.statement, Encoding.BATCHABLE)
    honest = made.prove(Encoding.BATCHABLE)
    points, *_ = split(statement, honest, Encoding.BATCHABLE)
    x = proof.derive_challenge(statement, tag, b"".join(points))
    C_1 = made.curve.decompress_g1(points[-2]) if statement.constraints is not None else None
    again = commitments_of(statement, x, answers_in(statement, honest, Encoding.BATCHABLE), C_1)
    assert [point.to_bytes() for point in again] == points


@pytest.fixture
def known_logarithms(curve: Curve, monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, int], int]:
    """Generators whose logarithms to BP1 the test knows, so that it can solve for σ_1; it returns those logarithms."""

    def logarithm(role: bytes, index: int) -> int:
        return pow(LOGARITHMS[role], index + 1, ORDER)

    def known(_: Curve, role: constraints.Role, index: int) -> G1:
        return curve.BP1 * logarithm(role.value, index)

    monkeypatch.setattr(constraints, "generator", known)
    return logarithm


@settings(max_examples=10, deadline=None)
@given(st.text(max_size=6))
def test_plain_transcripts_are_one_to_one_with_nonces(seed: str) -> None:
    made = native(equality)
    statement, encoding = made.statement, Encoding.BATCHABLE
    simulated, x = simulate(statement, encoding, seed)
    answers = answers_in(statement, simulated, encoding)
    nonces = [(z - x * w) % ORDER for z, w in zip(answers.responses, made.witness.scalars, strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proof, "derive_challenge", programmed(x))
        assert prove_with_nonces(statement, made.witness, tag_of(statement, encoding), encoding, nonces) == simulated


@pytest.mark.parametrize("seed", ["a", "b", "c"])
@pytest.mark.parametrize("encoding", BOTH)
def test_constrained_transcripts_are_one_to_one_with_nonces(
    encoding: Encoding,
    seed: str,
    curve: Curve,
    known_logarithms: Callable[[bytes, int], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = everything(curve)  # after the generators were replaced
    statement, system = made.statement, made.statement.constraints
    assert system is not None
    wanted = random_scalar(SeededBytes(f"C_1 {seed}"))
    simulated, x = simulate(statement, encoding, seed, curve.BP1 * wanted)
    answers = answers_in(statement, simulated, encoding)
    nonces = [(z - x * w) % ORDER for z, w in zip(answers.responses, made.witness.scalars, strict=True)]
    # C_1 = Σ q_{k,1}·K_k + σ_1·H0, and τ = σ_0 + x·σ_1
    middle = sum(
        constraint.lower(nonces, made.witness.scalars)[1] * known_logarithms(b"con", position)
        for position, constraint in enumerate(system.constraints, start=1)
    )
    sigma_1 = (wanted - middle) * pow(known_logarithms(b"blind", 0), -1, ORDER) % ORDER
    nonces += [(answers.tau - x * sigma_1) % ORDER, sigma_1]
    monkeypatch.setattr(proof, "derive_challenge", programmed(x))
    assert prove_with_nonces(statement, made.witness, tag_of(statement, encoding), encoding, nonces) == simulated


def test_two_witnesses_of_one_statement_give_the_same_bytes(
    curve: Curve, known_logarithms: Callable[[bytes, int], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Witness indistinguishability, from the same bijection.

    ``P = s·D - e·E`` has many (s, e) where the logarithm of E to D is known; a proof made with one is one made with
    another, for nonces that are just as likely.
    """
    made = everything(curve)
    delta = 5
    points = {**made.points, "E": made.points["D"] * delta}
    points["P"] = points["D"] * made.values["s"] - points["E"] * made.values["e"]
    statement = made.template.bind(curve, points)
    other_values = {**made.values, "s": made.values["s"] + delta, "e": made.values["e"] + 1}
    one, two = made.witness, made.template.witness(other_values)
    encoding, x = Encoding.BATCHABLE, 987654321
    monkeypatch.setattr(proof, "derive_challenge", programmed(x))
    rng = SeededBytes("nonces")
    nonces = [random_scalar(rng) for _ in range(proof.nonce_count(statement))]
    tag = tag_of(statement, encoding)
    first = prove_with_nonces(statement, one, tag, encoding, nonces)
    shifted = [n + x * (a - b) for n, a, b in zip(nonces, one.scalars, two.scalars, strict=False)] + nonces[-2:]
    assert prove_with_nonces(statement, two, tag, encoding, [nonce % ORDER for nonce in shifted]) == first
