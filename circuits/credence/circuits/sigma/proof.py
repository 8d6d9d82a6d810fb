"""One prover, one verifier: non-interactive proofs of statements, in two encodings.

``batchable``: T_1 … T_m, then C_1, C_0 where there are constraints, then the responses, then τ where there are constraints.
``compact``: the challenge, the responses, then τ and C_1 where there are constraints. Points have 48 bytes, scalars 32.
Without constraints both are the NARG strings of draft-irtf-cfrg-sigma-protocols.

Both verifiers come to sums of points that must vanish, or must be what was hashed (:func:`residuals`). The batchable one
leaves them in :class:`Pending`, so that the equations of many proofs are checked by one multi-scalar multiplication.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from credence.circuits.curve import G1, G1_LENGTH, ORDER, SCALAR_LENGTH, Curve
from credence.circuits.encoding import Reader, Rng, decode_g1, decode_scalar, encode_scalar, lp
from credence.circuits.errors import IllFormed, Malformed, Refused, Step, Unprovable
from credence.circuits.hashing import Label
from credence.circuits.sigma.relation import Combination
from credence.circuits.sigma.statement import Statement, Witness
from credence.circuits.sigma.transcript import (
    SLACK,
    Encoding,
    Sponge,
    check_tag,
    decode_field,
    decode_uint,
    derive_session_id,
)

_NONCE_SEED: Final = 64
_WEIGHT_SEED: Final = 32
_WEIGHT: Final = 16
_SHORT_WEIGHT: Final = 4


def proof_length(statement: Statement, encoding: Encoding) -> int:
    """The exact number of bytes of a proof."""
    structure, points, scalars = statement.relation.structure, 0, statement.relation.structure.num_scalars
    if statement.constraints is not None:
        points, scalars = points + 1, scalars + 1
    if encoding is Encoding.COMPACT:
        scalars += 1
    else:
        points += structure.num_equations + (statement.constraints is not None)
    return points * G1_LENGTH + scalars * SCALAR_LENGTH


@dataclass(frozen=True)
class Answers:
    """The last move: responses z by scalar index, and τ (0 without constraints)."""

    responses: tuple[int, ...]
    tau: int = 0

    def encode(self, *, constrained: bool) -> bytes:
        """z, then τ where there are constraints."""
        return b"".join([encode_scalar(value) for value in (*self.responses, *([self.tau] if constrained else ()))])


def derive_challenge(statement: Statement, tag: bytes, commitments: bytes) -> int:
    """x: squeezed after the statement and the commitments ``T_1 … T_m (‖ C_1 ‖ C_0)``."""
    sponge = Sponge(derive_session_id(tag))
    sponge.absorb(statement.serialized)
    sponge.absorb(commitments)
    return decode_uint(sponge.squeeze(SCALAR_LENGTH + SLACK), ORDER)


def _encode_points(points: Sequence[G1], refusal: type[Unprovable | Refused]) -> bytes:
    if any(point.is_identity for point in points):
        raise refusal("a commitment is the identity", Step.CHALLENGE)
    return b"".join([point.to_bytes() for point in points])


# --- the prover ---


def check_witness(statement: Statement, witness: Witness, rng: Rng) -> None:
    """Raises :class:`Unprovable` for a witness that does not satisfy the statement, but for a chance of 2^-32.

    It guards against mistakes of one's own; weights are short so that the sum is.
    """
    _check_constraints(statement, witness)
    total: Combination = {}
    for equation in statement.relation.structure.equations:
        weight = int.from_bytes(rng(_SHORT_WEIGHT), "big")
        for slot, coefficient in equation.combine(witness.scalars, 1).items():
            total[slot] = total.get(slot, 0) + weight * coefficient
    if not statement.relation.secret_sum(total).is_identity:
        raise Unprovable("the witness does not satisfy an equation")


def _check_constraints(statement: Statement, witness: Witness) -> None:
    if len(witness.scalars) != statement.relation.structure.num_scalars:
        raise Unprovable("the witness is for another statement")
    if statement.constraints is not None:
        for constraint in statement.constraints.constraints:
            if constraint.homogeneous(witness.scalars, 1):
                raise Unprovable("the witness does not satisfy a constraint")


def nonce_count(statement: Statement) -> int:
    """One nonce a scalar, and σ_0, σ_1 where there are constraints."""
    return statement.relation.structure.num_scalars + (2 if statement.constraints is not None else 0)


def hedged_nonces(statement: Statement, witness: Witness, tag: bytes, rng: Rng) -> list[int]:
    """Uniform scalars from 64 bytes of ``rng`` hashed with the witness, the tag and the statement.

    Should ``rng`` repeat itself, nonces repeat for the same proof only, which shows nothing new.
    """
    sponge = Sponge(derive_session_id(Label.NONCES.value))
    secrets = b"".join([encode_scalar(value) for value in witness.scalars])
    for part in (rng(_NONCE_SEED), secrets, tag, statement.serialized):
        sponge.absorb(lp(part))
    count = nonce_count(statement)
    return list(decode_field(sponge.squeeze(count * (SCALAR_LENGTH + SLACK)), ORDER, count))


def prove(statement: Statement, witness: Witness, tag: bytes, encoding: Encoding, rng: Rng, *, check: bool = True) -> bytes:
    """A proof that its maker knows a witness of ``statement``.

    Without ``check`` the equations are taken to hold, as they do for a prover who made the statement's points from this
    witness; the constraints are always looked at. Raises :class:`Unprovable` for a witness that does not satisfy the
    statement, :class:`IllFormed` for a tag that does not fit.
    """
    if check:
        check_witness(statement, witness, rng)
    return prove_with_nonces(statement, witness, tag, encoding, hedged_nonces(statement, witness, tag, rng))


def prove_with_nonces(
    statement: Statement, witness: Witness, tag: bytes, encoding: Encoding, nonces: Sequence[int]
) -> bytes:
    """As :func:`prove`, with :func:`nonce_count` uniform scalars that were never used before; σ_0, σ_1 are the last two."""
    relation, system = statement.relation, statement.constraints
    check_tag(tag, encoding, constrained=system is not None)
    _check_constraints(statement, witness)
    if len(nonces) != nonce_count(statement):
        raise Unprovable("another number of nonces is needed")
    commitments = [relation.secret_sum(eq.combine(nonces)) for eq in relation.structure.equations]
    sigma_0 = sigma_1 = 0
    if system is not None:
        *_, sigma_0, sigma_1 = nonces
        lower = [constraint.lower(nonces, witness.scalars) for constraint in system.constraints]
        bases = system.bases(relation.curve)
        C_0 = relation.curve.msm(bases, [*(q0 for q0, _ in lower), sigma_0])
        C_1 = relation.curve.msm(bases, [*(q1 for _, q1 in lower), sigma_1])
        commitments += [C_1, C_0]
    encoded = _encode_points(commitments, Unprovable)
    x = derive_challenge(statement, tag, encoded)
    answers = Answers(
        tuple([(nonce + x * secret) % ORDER for nonce, secret in zip(nonces, witness.scalars, strict=False)]),
        (sigma_0 + x * sigma_1) % ORDER,
    ).encode(constrained=system is not None)
    if encoding is Encoding.BATCHABLE:
        return encoded + answers
    return encode_scalar(x) + answers + (encoded[-2 * G1_LENGTH : -G1_LENGTH] if system is not None else b"")


# --- the verifier ---


def residuals(statement: Statement, x: int, answers: Answers) -> list[Combination]:
    """For each equation the combination of slots that is T_i in an accepted proof: ``map_i(z) - x·image_i``."""
    return [equation.combine(answers.responses, x) for equation in statement.relation.structure.equations]


def constraint_residual(statement: Statement, x: int, answers: Answers) -> list[int]:
    """The coefficients of K_1 … K_K, H0, C_1 in C_0: ``Q^_k(z, x)``, τ and -x. Empty without constraints."""
    if statement.constraints is None:
        return []
    values = [constraint.homogeneous(answers.responses, x) for constraint in statement.constraints.constraints]
    return [*values, answers.tau, -x]


def commitments_of(statement: Statement, x: int, answers: Answers, C_1: G1 | None) -> list[G1]:
    """``SimulateCommitment``: T_1 … T_m, then C_1 and C_0 where there are constraints, for any challenge and answers."""
    relation, system = statement.relation, statement.constraints
    commitments = [relation.public_sum(combination) for combination in residuals(statement, x, answers)]
    if system is None:
        return commitments
    if C_1 is None:
        raise IllFormed("a statement with constraints needs C_1")
    bases = [*system.bases(relation.curve), C_1]
    return [*commitments, C_1, relation.curve.msm_public(bases, constraint_residual(statement, x, answers))]


@dataclass(frozen=True, eq=False)
class Pending:
    """A batchable proof whose challenge was recomputed: each of ``sums``, over ``points`` by position, must vanish.

    ``transcript`` stands for the whole proof: nobody finds another one with the same bytes here.
    """

    curve: Curve
    points: tuple[G1, ...]
    sums: tuple[Combination, ...]
    transcript: bytes


def _read(statement: Statement, proof: bytes, encoding: Encoding, tag: bytes) -> Reader:
    check_tag(tag, encoding, constrained=statement.constraints is not None)
    if not isinstance(proof, bytes) or len(proof) != proof_length(statement, encoding):
        raise Malformed("a proof of this statement has another length", Step.SHAPE)
    return Reader(proof)


def _read_answers(statement: Statement, reader: Reader) -> Answers:
    count = statement.relation.structure.num_scalars
    responses = tuple([decode_scalar(reader.take(SCALAR_LENGTH)) for _ in range(count)])
    return Answers(responses, decode_scalar(reader.take(SCALAR_LENGTH)) if statement.constraints is not None else 0)


def read_batchable(statement: Statement, proof: bytes, tag: bytes) -> Pending:
    """What a batchable proof leaves to check; nothing is proved before :func:`check_pending`.

    Raises :class:`Malformed` for bytes that encode no proof of the statement, :class:`IllFormed` for the tag.
    """
    relation, system, curve = statement.relation, statement.constraints, statement.relation.curve
    reader = _read(statement, proof, Encoding.BATCHABLE, tag)
    count = relation.structure.num_equations + (2 if system is not None else 0)
    commitments = [decode_g1(curve, reader.take(G1_LENGTH)) for _ in range(count)]
    answers = _read_answers(statement, reader)
    x = derive_challenge(statement, tag, proof[: count * G1_LENGTH])
    bases = system.bases(curve) if system is not None else []
    points = (*relation.elements, *bases, *commitments)
    first = len(points) - count
    sums = residuals(statement, x, answers)
    for position, total in enumerate(sums):
        total[first + position] = -1
    if system is not None:
        *coefficients, minus_x = constraint_residual(statement, x, answers)
        last = dict(enumerate(coefficients, start=len(relation.elements)))
        sums.append({**last, len(points) - 2: minus_x, len(points) - 1: -1})
    return Pending(curve, points, tuple(sums), encode_scalar(x) + proof[count * G1_LENGTH :])


def draw_weights(rng: Rng, judged: Iterable[bytes], count: int) -> list[int]:
    """``count`` weights of 128 bits, hashed from 32 bytes of ``rng`` and all that is ``judged``.

    So they are unknown before everything is there, also to who could foresee the generator.
    """
    sponge = Sponge(derive_session_id(Label.WEIGHTS.value))
    for part in (rng(_WEIGHT_SEED), *judged):
        sponge.absorb(lp(part))
    drawn = Reader(sponge.squeeze(_WEIGHT * count))
    return [int.from_bytes(drawn.take(_WEIGHT), "little") for _ in range(count)]


def check_pending(pending: Sequence[Pending], rng: Rng) -> None:
    """All sums of all proofs by one multi-scalar multiplication, each with a weight of its own, equal points merged.

    Weights are 128 bits, hashed from 32 bytes of ``rng`` and every proof. Raises :class:`Refused` (step CHALLENGE) if any
    proof is wrong, without saying which, and :class:`IllFormed` for no proof at all.
    """
    if not pending:
        raise IllFormed("a batch of nothing proves nothing")
    weights = iter(draw_weights(rng, [each.transcript for each in pending], sum([len(each.sums) for each in pending])))
    scalars: dict[G1, int] = {}
    for each in pending:
        totals = [0] * len(each.points)
        for total in each.sums:
            weight = next(weights)
            for position, coefficient in total.items():
                totals[position] += weight * coefficient
        for point, scalar in zip(each.points, totals, strict=True):
            if scalar:
                scalars[point] = scalars.get(point, 0) + scalar
    if not pending[0].curve.msm_public(list(scalars), list(scalars.values())).is_identity:
        raise Refused("an equation does not hold", Step.CHALLENGE)


def verify(statement: Statement, proof: bytes, tag: bytes, encoding: Encoding, rng: Rng) -> None:
    """Returns if the proof's maker knows a witness of ``statement``, for this tag; ``rng`` draws a verifier's weights.

    Raises :class:`Malformed` (SHAPE, DECODE) for bytes that encode no proof of the statement, :class:`IllFormed` for the
    tag, :class:`Refused` (CHALLENGE) otherwise.
    """
    if encoding is Encoding.BATCHABLE:
        check_pending([read_batchable(statement, proof, tag)], rng)
        return
    reader = _read(statement, proof, encoding, tag)
    x = decode_scalar(reader.take(SCALAR_LENGTH))
    answers = _read_answers(statement, reader)
    C_1 = decode_g1(statement.relation.curve, reader.take(G1_LENGTH)) if statement.constraints is not None else None
    commitments = _encode_points(commitments_of(statement, x, answers, C_1), Refused)
    if not hmac.compare_digest(encode_scalar(x), encode_scalar(derive_challenge(statement, tag, commitments))):
        raise Refused("the challenge is another one", Step.CHALLENGE)
