"""Would the tests notice a verifier that left one thing out? Each dishonest prover here is run twice.

The verifier as it is refuses the forgery; a copy of it, weakened in one place for the length of a test, accepts it. The
accepted twin of every forgery is the honest proof of the same shape in test_proof.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import encode_scalar, random_scalar
from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused, Step
from credence.circuits.sigma import constraints, proof, statement
from credence.circuits.sigma.constraints import Constraint, ConstraintSystem, blind_base, constraint_base, vector_base
from credence.circuits.sigma.proof import Answers, commitments_of, prove, read_batchable, verify
from credence.circuits.sigma.relation import Equation, LinearRelation, Structure
from credence.circuits.sigma.statement import Statement, Witness
from credence.circuits.sigma.transcript import CIPHERSUITE, Encoding, Sponge, derive_session_id
from tests.circuits.sigma.subjects import BOTH, base, bits, equality, native, seeded, split, tag_of
from tests.conftest import SeededBytes


@contextmanager
def weakened(**changes: Any) -> Iterator[None]:
    """The verifier with parts of it replaced: ``module__name=value``."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in changes.items():
            module, attribute = name.split("__")
            patch.setattr({"proof": proof, "constraints": constraints, "statement": statement}[module], attribute, value)
        yield


def unchecked(judged: Statement, witness: Witness, encoding: Encoding, seed: str = "forged") -> bytes:
    """What a prover makes that does not ask whether its constraints hold."""
    with weakened(proof___check_constraints=lambda statement, witness: None):
        tag = tag_of(judged, encoding)
        return prove(judged, witness, tag, encoding, SeededBytes(seed), check=False)


def judge(judged: Statement, forged: bytes, encoding: Encoding) -> None:
    verify(judged, forged, tag_of(judged, encoding), encoding, seeded("weights"))


def refused(judged: Statement, forged: bytes, encoding: Encoding) -> None:
    with pytest.raises(Refused) as error:
        judge(judged, forged, encoding)
    assert error.value.step is Step.CHALLENGE


# --- constraints ---


@pytest.mark.parametrize("encoding", BOTH)
def test_a_bit_that_is_two(encoding: Encoding, curve: Curve) -> None:
    """Weakened: the constraints' own equation is not summed, or its commitments are not compared."""
    made = bits(curve, [1, 2])
    forged = unchecked(made.statement, made.witness, encoding)
    refused(made.statement, forged, encoding)
    if encoding is Encoding.BATCHABLE:
        pending = read_batchable(made.statement, forged, tag_of(made.statement, encoding))
        without = proof.Pending(pending.curve, pending.points, pending.sums[:-1], pending.transcript)
        proof.check_pending([without], seeded("weights"))
    else:
        rows_alone = challenge_without(lambda judged, commitments: (judged.serialized, commitments[:-96]))
        with weakened(proof__derive_challenge=rows_alone):
            judge(made.statement, unchecked(made.statement, made.witness, encoding), encoding)


def challenge_without(part: Callable[[Statement, bytes], tuple[bytes, bytes]]) -> Callable[[Statement, bytes, bytes], int]:
    """``derive_challenge`` over what ``part`` leaves of (statement, commitments)."""

    def derive(judged: Statement, tag: bytes, commitments: bytes) -> int:
        sponge = Sponge(derive_session_id(tag))
        for piece in part(judged, commitments):
            sponge.absorb(piece)
        return int.from_bytes(sponge.squeeze(48), "little") % ORDER

    return derive


def square_root(value: int) -> int | None:
    """A root modulo q, by Tonelli and Shanks; None where there is none."""
    if pow(value, ORDER >> 1, ORDER) != 1:
        return None
    odd, twos = ORDER - 1, 0
    while not odd & 1:
        odd, twos = odd >> 1, twos + 1
    c, t, root = pow(5, odd, ORDER), pow(value, odd, ORDER), pow(value, (odd + 1) // 2, ORDER)
    while t != 1:
        steps, power = 0, t
        while power != 1:
            power, steps = power * power % ORDER, steps + 1
        factor = pow(c, 1 << (twos - steps - 1), ORDER)
        root, twos, c = root * factor % ORDER, steps, factor * factor % ORDER
        t = t * c % ORDER
    return root


@pytest.mark.parametrize("encoding", BOTH)
def test_one_point_shared_between_constraints(encoding: Encoding, curve: Curve) -> None:
    """Weakened: K_1 for every constraint. Two wrong bits whose errors add up to zero: b(b-1) = -c(c-1)."""
    b = 2
    while (root := square_root((1 - 4 * b * (b - 1)) % ORDER)) is None:
        b += 1
    c = (1 + root) * pow(2, -1, ORDER) % ORDER
    assert (b * (b - 1) + c * (c - 1)) % ORDER == 0
    made = bits(curve, [b, c])
    refused(made.statement, unchecked(made.statement, made.witness, encoding), encoding)
    shared = constraint_base(curve, 1)
    with weakened(constraints__constraint_base=lambda curve, position: shared):
        judge(made.statement, unchecked(made.statement, made.witness, encoding), encoding)


@pytest.mark.parametrize("encoding", BOTH)
def test_the_middle_commitment_outside_the_challenge(encoding: Encoding, curve: Curve) -> None:
    """Weakened: C_1 is not hashed, so it is chosen last, as whatever makes C_0 right for a bit that is 2."""
    made = bits(curve, [1, 2])
    judged, system = made.statement, made.statement.constraints
    assert system is not None
    tag, rng = tag_of(judged, encoding), SeededBytes("C_1")
    nonces = [random_scalar(rng) for _ in made.witness.scalars]
    rows = [judged.relation.secret_sum(eq.combine(nonces)) for eq in judged.relation.structure.equations]
    C_0, tau = base(curve, "any C_0"), 5
    derive = challenge_without(lambda judged, all_points: (judged.serialized, all_points[:-96] + all_points[-48:]))
    points = b"".join(point.to_bytes() for point in (*rows, C_0, C_0))
    x = derive(judged, tag, points)
    z = tuple((n + x * w) % ORDER for n, w in zip(nonces, made.witness.scalars, strict=True))
    values = [constraint.homogeneous(z, x) for constraint in system.constraints]
    C_1 = (curve.msm(system.bases(curve), [*values, tau]) - C_0) * pow(x, -1, ORDER)
    answers = Answers(z, tau).encode(constrained=True)
    if encoding is Encoding.BATCHABLE:
        forged = points[:-96] + C_1.to_bytes() + C_0.to_bytes() + answers
    else:
        forged = encode_scalar(x) + answers + C_1.to_bytes()
    refused(judged, forged, encoding)
    with weakened(proof__derive_challenge=derive):
        judge(judged, forged, encoding)


@pytest.mark.parametrize("encoding", BOTH)
def test_a_constraint_chosen_after_the_challenge(encoding: Encoding, curve: Curve) -> None:
    """Weakened: ``SerializeQ`` is not hashed, so a constant is chosen last: x² stands before it, and any x will do."""
    made = bits(curve, [1, 2])
    judged, system, tag = made.statement, made.statement.constraints, tag_of(made.statement, encoding)
    assert system is not None
    derive = challenge_without(lambda judged, all_points: (judged.relation.serialized, all_points))
    with weakened(proof__derive_challenge=derive):
        forged = unchecked(judged, made.witness, encoding)
    first, second = system.constraints
    fitting = Constraint(second.products, second.linear, -second.homogeneous(made.witness.scalars, 1) % ORDER)
    other = Statement(judged.relation, ConstraintSystem((first, fitting)), judged.loose)
    with pytest.raises(Refused):
        verify(other, forged, tag, encoding, seeded("weights"))
    with weakened(proof__derive_challenge=derive):
        verify(other, forged, tag, encoding, seeded("weights"))


def unbound(curve: Curve, m: int, s: int, logarithms: dict[str, int]) -> Statement:
    """``M = m·BP1``; ``P = y·D + u·E`` on prover-chosen points; ``m·y - s·y = 1``; and B over m alone."""
    rows = (
        Equation(((1, 1),), ((0, 0, 1),)),
        Equation(((2, 1),), ((1, 3, 1), (2, 4, 1))),
        Equation(((5, 1),), ((0, 6, 1), (3, 7, 1))),
    )
    system = ConstraintSystem((Constraint(((0, 1, 1),), ((1, -s % ORDER),), ORDER - 1),))
    points = [curve.BP1 * m, *(curve.BP1 * logarithms[name] for name in ("P", "D", "E"))]
    B = vector_base(curve, 1) * m + blind_base(curve) * logarithms["beta"]
    elements = (curve.BP1, *points, B, vector_base(curve, 1), blind_base(curve))
    return Statement(LinearRelation(curve, Structure(rows), elements), system, frozenset({1, 2}))


@pytest.mark.parametrize("encoding", BOTH)
def test_a_constrained_variable_outside_the_binding(encoding: Encoding, curve: Curve) -> None:
    """Weakened: ``ValidateQ`` is left out. y stands on the prover's own points alone, so that it is chosen last.

    The statement says m ≠ s and is false. ``Q^ = z_y·(z_m - x·s) - x²``, and z_m - x·s = n_m is not zero.
    """
    m = s = 42
    known = {"P": 3, "D": 5, "E": 7, "beta": 11}
    with pytest.raises(IllFormed, match="prover-chosen"):
        unbound(curve, m, s, known)
    with weakened(statement__validate_constraints=lambda system, relation, loose: None):
        judged = unbound(curve, m, s, known)
    assert judged.constraints is not None
    n_m, n_beta, t, q_0, q_1, sigma_0, sigma_1 = 101, 103, 107, 109, 113, 127, 131
    K, H0 = judged.constraints.bases(curve)
    C_1, C_0 = K * q_1 + H0 * sigma_1, K * q_0 + H0 * sigma_0
    rows = [curve.BP1 * n_m, curve.BP1 * t, vector_base(curve, 1) * n_m + H0 * n_beta]
    points = b"".join(point.to_bytes() for point in (*rows, C_1, C_0))
    x = proof.derive_challenge(judged, tag_of(judged, encoding), points)
    z_m = (n_m + x * m) % ORDER
    z_y = (x * x + q_0 + q_1 * x) * pow(z_m - x * s, -1, ORDER) % ORDER
    z_u = (t + x * known["P"] - z_y * known["D"]) * pow(known["E"], -1, ORDER) % ORDER
    answers = Answers((z_m, z_y, z_u, (n_beta + x * known["beta"]) % ORDER), (sigma_0 + x * sigma_1) % ORDER)
    assert [p.to_bytes() for p in commitments_of(judged, x, answers, C_1)] == [
        points[at : at + 48] for at in range(0, 240, 48)
    ]
    encoded = answers.encode(constrained=True)
    forged = points + encoded if encoding is Encoding.BATCHABLE else encode_scalar(x) + encoded + C_1.to_bytes()
    judge(judged, forged, encoding)  # only ValidateQ stands between this and a false statement


def sharing(curve: Curve, m: int, s: int) -> Statement:
    """``M = m·BP1``; ``m·y - s·y = 1`` and ``u = v``, all four of them bound on G_1."""
    G, H0 = vector_base(curve, 1), blind_base(curve)
    binding = Equation(((2, 1),), ((0, 3, 1), (1, 4, 1), (2, 5, 1), (3, 6, 1), (4, 7, 1)))
    structure = Structure((Equation(((1, 1),), ((0, 0, 1),)), binding))
    system = ConstraintSystem(
        (
            Constraint(((0, 1, 1),), ((1, -s % ORDER),), ORDER - 1),
            Constraint((), ((2, 1), (3, ORDER - 1)), 0),
        )
    )
    B = G * 1000 + H0 * 11  # m + y + u + v = 1000, whatever they are
    return Statement(LinearRelation(curve, structure, (curve.BP1, curve.BP1 * m, B, G, G, G, G, H0)), system)


@pytest.mark.parametrize("encoding", BOTH)
def test_one_point_shared_between_variables(encoding: Encoding, curve: Curve) -> None:
    """Weakened: G_1 for every variable, so that only their sum is bound. m = s, yet m is shown to differ from s."""
    m = s = 42
    with pytest.raises(IllFormed, match="own"):
        sharing(curve, m, s)
    G, H0 = vector_base(curve, 1), blind_base(curve)
    with weakened(constraints__vector_base=lambda curve, position: G):
        judged = sharing(curve, m, s)
    assert judged.constraints is not None
    n_m, n_sum, n_beta, q_0, q_1 = 101, 102, 103, 109, 113
    K_1 = judged.constraints.bases(curve)[0]
    C_1, C_0 = K_1 * q_1 + H0, K_1 * q_0 + H0
    points = [curve.BP1 * n_m, G * n_sum + H0 * n_beta, C_1, C_0]
    octets = b"".join(point.to_bytes() for point in points)
    x = proof.derive_challenge(judged, tag_of(judged, encoding), octets)
    z_m = (n_m + x * m) % ORDER
    z_y = (x * x + q_0 + q_1 * x) * pow(z_m - x * s, -1, ORDER) % ORDER
    half = (n_sum + x * 1000 - z_m - z_y) * pow(2, -1, ORDER) % ORDER
    encoded = Answers((z_m, z_y, half, half, (n_beta + x * 11) % ORDER), (1 + x) % ORDER).encode(constrained=True)
    forged = octets + encoded if encoding is Encoding.BATCHABLE else encode_scalar(x) + encoded + C_1.to_bytes()
    judge(judged, forged, encoding)  # only that G_i is i's own stands between this and a false statement


# --- the transcript ---


@pytest.mark.parametrize("encoding", BOTH)
def test_the_statement_outside_the_challenge(encoding: Encoding, curve: Curve) -> None:
    """Weakened: the instance is not hashed. X is chosen last, and nobody knows its logarithm (Frozen Heart)."""
    structure = Structure((Equation(((1, 1),), ((0, 0, 1),)),))
    T, z = base(curve, "nobody's"), 12345
    derive = challenge_without(lambda judged, all_points: (b"", all_points))
    probe = Statement(LinearRelation(curve, structure, (curve.BP1, T)))
    tag = tag_of(probe, encoding)
    x = derive(probe, tag, T.to_bytes())
    judged = Statement(LinearRelation(curve, structure, (curve.BP1, (curve.BP1 * z - T) * pow(x, -1, ORDER))))
    forged = (T.to_bytes() if encoding is Encoding.BATCHABLE else encode_scalar(x)) + encode_scalar(z)
    refused(judged, forged, encoding)
    with weakened(proof__derive_challenge=derive):
        judge(judged, forged, encoding)


def re_encoded(judged: Statement, given: bytes, tag: bytes, encoding: Encoding, curve: Curve) -> bytes:
    """The transcript of a proof, written in the other encoding."""
    points, responses, tau, tail = split(judged, given, encoding)
    constrained = judged.constraints is not None
    answers = Answers(tuple(responses), tau)
    encoded = answers.encode(constrained=constrained)
    if encoding is Encoding.BATCHABLE:
        x = proof.derive_challenge(judged, tag, b"".join(points))
        return encode_scalar(x) + encoded + (points[-2] if constrained else b"")
    x = int.from_bytes(tail[:32], "big")
    C_1 = curve.decompress_g1(tail[32:]) if constrained else None
    return b"".join(point.to_bytes() for point in commitments_of(judged, x, answers, C_1)) + encoded


@pytest.mark.parametrize("encoding", BOTH)
@pytest.mark.parametrize("constrained", [False, True])
def test_one_encoding_written_as_the_other(encoding: Encoding, constrained: bool, curve: Curve) -> None:
    """Weakened: one tag for both encodings."""
    made = bits(curve, [0, 1]) if constrained else native(equality)
    judged = made.statement
    other = next(each for each in Encoding if each is not encoding)
    honest = made.prove(encoding)
    refused(judged, re_encoded(judged, honest, tag_of(judged, encoding), encoding, curve), other)
    with weakened(proof__check_tag=lambda tag, encoding, constrained: None):
        tag = b"one tag for both"
        honest = prove(judged, made.witness, tag, encoding, seeded("one tag"))
        verify(judged, re_encoded(judged, honest, tag, encoding, curve), tag, other, seeded("weights"))


@pytest.mark.parametrize("encoding", BOTH)
def test_a_proof_without_constraints_for_a_statement_with_them(encoding: Encoding, curve: Curve) -> None:
    """Weakened: the message says whether there are constraints, and the tag does not. Then a bit may be 2."""
    made = bits(curve, [1, 2])
    judged = made.statement
    bare = Statement(judged.relation)
    replay = prove(bare, made.witness, tag_of(bare, encoding), encoding, seeded("replay"))
    with pytest.raises(Malformed):
        judge(judged, replay, encoding)

    def lenient(given: bytes, tag: bytes) -> None:
        """Structure by length, one tag: the option that a malicious message leaves out."""
        asked = judged if len(given) == proof.proof_length(judged, encoding) else bare
        with weakened(proof__check_tag=lambda tag, encoding, constrained: None):
            verify(asked, given, tag, encoding, seeded("weights"))

    with weakened(proof__check_tag=lambda tag, encoding, constrained: None):
        tag = b"no word about constraints"
        replay = prove(bare, made.witness, tag, encoding, seeded("replay"))
    lenient(replay, tag)
    for wrong in (tag_of(judged, encoding), tag_of(bare, encoding)):
        with pytest.raises(CircuitError):
            lenient(replay, wrong)


def test_absorption_has_no_frame_so_the_tag_is_needed(curve: Curve) -> None:
    """``SerializeQ`` in front of the commitments is absorbed like a longer commitment, and only the tag differs."""
    made = bits(curve, [1, 0])
    judged = made.statement
    assert judged.constraints is not None
    one, two = Sponge(derive_session_id(b"t")), Sponge(derive_session_id(b"t"))
    one.absorb(judged.serialized)
    one.absorb(b"commitments")
    two.absorb(judged.relation.serialized)
    two.absorb(judged.constraints.serialized + b"commitments")
    assert one.squeeze(48) == two.squeeze(48)
    for marked, constrained in ((b"+Q1:", False), (b":", True)):
        tag = b"CREDENCE-V01-PRES-DSFS-with-" + CIPHERSUITE + marked
        with pytest.raises(IllFormed):
            prove(judged if constrained else Statement(judged.relation), made.witness, tag, Encoding.BATCHABLE, seeded("x"))
