"""Proving possession of a signature: the parts that a plain proof and a proof with a pseudonym share.

ProofInit, ProofVerifyInit, ProofFinalize and the proof's encoding in draft-irtf-cfrg-bbs-signatures. The prover knows
(A, e) over all messages; it sends Abar, Bbar, D and shows ``Bbar = D·r1 - Abar·e`` (T1) and
``P1 + Q1·domain + Σ_disclosed H_i·msg_i = D·r3 - Σ_hidden H_j·msg_j`` (T2).
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from credence.circuits.bbs.signature import Signature, check_lengths
from credence.circuits.bbs.suite import Interface, decode_public_key, minus_bp2
from credence.circuits.curve import G1, G1_LENGTH, ORDER, SCALAR_LENGTH, Curve
from credence.circuits.encoding import Rng, decode_g1, decode_scalar, encode_scalar, i2osp, random_scalar
from credence.circuits.errors import IllFormed, Malformed, Refused, Step

SHORTEST_PROOF: Final = 3 * G1_LENGTH + 4 * SCALAR_LENGTH
"""Bytes of a proof that hides nothing: Abar, Bbar, D, e^, r1^, r3^, challenge."""

FIXED_SCALARS: Final = 5
"""r1, r2, e~, r1~, r3~: drawn before one scalar for each hidden message."""


@dataclass(frozen=True)
class InitResult:
    """What a challenge is taken over, made by the prover and remade by the verifier."""

    Abar: G1
    Bbar: G1
    D: G1
    T1: G1
    T2: G1
    domain: int

    def octets(self) -> bytes:
        """The five points as the challenge absorbs them."""
        return b"".join([point.to_bytes() for point in (self.Abar, self.Bbar, self.D, self.T1, self.T2)])


@dataclass(frozen=True)
class Proof:
    """A decoded proof: no point is the identity, no scalar is zero. ``responses`` answer for the hidden messages."""

    Abar: G1
    Bbar: G1
    D: G1
    e_hat: int
    r1_hat: int
    r3_hat: int
    responses: tuple[int, ...]
    challenge: int

    def encode(self) -> bytes:
        """``proof_to_octets``: 272 bytes and 32 for each hidden message."""
        points = b"".join([point.to_bytes() for point in (self.Abar, self.Bbar, self.D)])
        scalars = (self.e_hat, self.r1_hat, self.r3_hat, *self.responses, self.challenge)
        return points + b"".join([encode_scalar(scalar) for scalar in scalars])

    @classmethod
    def decode(cls, curve: Curve, data: bytes) -> Proof:
        """``octets_to_proof``. Raises :class:`Malformed`."""
        hidden_count(data)
        points = [decode_g1(curve, data[at : at + G1_LENGTH]) for at in range(0, 3 * G1_LENGTH, G1_LENGTH)]
        scalars = [
            decode_scalar(data[at : at + SCALAR_LENGTH], zero_ok=False)
            for at in range(3 * G1_LENGTH, len(data), SCALAR_LENGTH)
        ]
        e_hat, r1_hat, r3_hat, *responses, challenge = scalars
        return cls(points[0], points[1], points[2], e_hat, r1_hat, r3_hat, tuple(responses), challenge)


def hidden_count(proof: bytes) -> int:
    """How many messages a proof hides, by its length alone. Raises :class:`Malformed` for a length no proof has."""
    if not isinstance(proof, bytes) or len(proof) < SHORTEST_PROOF:
        raise Malformed("a proof has at least 272 bytes", Step.SHAPE)
    count, rest = divmod(len(proof) - SHORTEST_PROOF, SCALAR_LENGTH)
    if rest:
        raise Malformed("a proof has 272 bytes and 32 for each hidden message", Step.SHAPE)
    return count


def check_indexes(indexes: Sequence[int], count: int) -> None:
    """Raises :class:`IllFormed` unless ``indexes`` are integers in ``[0, count)``, strictly ascending."""
    previous = -1
    for index in indexes:
        if type(index) is not int or not previous < index < count:
            raise IllFormed("indexes are not ascending, unique and in range", Step.SHAPE)
        previous = index


def hidden_indexes(disclosed: Sequence[int], count: int) -> list[int]:
    """The positions in ``[0, count)`` that are not disclosed, ascending."""
    shown = set(disclosed)
    return [index for index in range(count) if index not in shown]


def draw_scalars(hidden: int, rng: Rng) -> list[int]:
    """``calculate_random_scalars(5 + U)`` in the draft's order: r1, r2, e~, r1~, r3~, m~_1 … m~_U."""
    return [random_scalar(rng) for _ in range(FIXED_SCALARS + hidden)]


def proof_init(
    interface: Interface,
    public_key: bytes,
    signature: Signature,
    generators: Sequence[G1],
    random_scalars: Sequence[int],
    header: bytes,
    scalars: Sequence[int],
    disclosed_indexes: Sequence[int],
) -> InitResult:
    """``ProofInit``. Raises :class:`IllFormed` for lengths or indexes that do not fit.

    Domain and disclosed messages are public, so their products may use tables; nothing else does.
    """
    check_lengths(generators, scalars)
    check_indexes(disclosed_indexes, len(scalars))
    hidden = hidden_indexes(disclosed_indexes, len(scalars))
    if len(random_scalars) != FIXED_SCALARS + len(hidden):
        raise IllFormed("a random scalar for each hidden message is needed")
    r1, r2, e_tilde, r1_tilde, r3_tilde, *m_tildes = random_scalars
    curve = interface.curve
    Q1, *H = generators
    domain = interface.domain(public_key, generators, header)
    public = curve.msm_public([Q1, *(H[i] for i in disclosed_indexes)], [domain, *(scalars[i] for i in disclosed_indexes)])
    hidden_bases = [H[j] for j in hidden]
    B = interface.suite.P1 + public + curve.msm(hidden_bases, [scalars[j] for j in hidden])
    D = B * r2
    Abar = signature.A * (r1 * r2 % ORDER)
    return InitResult(
        Abar=Abar,
        Bbar=curve.msm([D, Abar], [r1, -signature.e]),
        D=D,
        T1=curve.msm([Abar, D], [e_tilde, r1_tilde]),
        T2=curve.msm([D, *hidden_bases], [r3_tilde, *m_tildes]),
        domain=domain,
    )


def proof_finalize(
    init: InitResult, challenge: int, e: int, random_scalars: Sequence[int], hidden_scalars: Sequence[int]
) -> Proof:
    """``ProofFinalize``."""
    r1, r2, e_tilde, r1_tilde, r3_tilde, *m_tildes = random_scalars
    r3 = pow(r2, -1, ORDER)
    return Proof(
        init.Abar,
        init.Bbar,
        init.D,
        (e_tilde + e * challenge) % ORDER,
        (r1_tilde - r1 * challenge) % ORDER,
        (r3_tilde - r3 * challenge) % ORDER,
        tuple((tilde + scalar * challenge) % ORDER for tilde, scalar in zip(m_tildes, hidden_scalars, strict=True)),
        challenge,
    )


def proof_verify_init(
    interface: Interface,
    public_key: bytes,
    proof: Proof,
    generators: Sequence[G1],
    header: bytes,
    disclosed_scalars: Sequence[int],
    disclosed_indexes: Sequence[int],
) -> InitResult:
    """``ProofVerifyInit``: T1 and T2 as one public multi-scalar multiplication each. The caller has checked the counts.

    Raises :class:`IllFormed` where one of them is the identity, which no honest prover draws.
    """
    curve, c = interface.curve, proof.challenge
    Q1, *H = generators
    domain = interface.domain(public_key, generators, header)
    hidden = hidden_indexes(disclosed_indexes, len(H))
    T1 = curve.msm_public([proof.Bbar, proof.Abar, proof.D], [c, proof.e_hat, proof.r1_hat])
    T2 = curve.msm_public(
        [interface.suite.P1, Q1, *(H[i] for i in disclosed_indexes), proof.D, *(H[j] for j in hidden)],
        [c, domain * c, *(scalar * c for scalar in disclosed_scalars), proof.r3_hat, *proof.responses],
    )
    if T1.is_identity or T2.is_identity:
        raise IllFormed("a commitment of the proof is the identity", Step.INSTANCE)
    return InitResult(proof.Abar, proof.Bbar, proof.D, T1, T2, domain)


def check_statement(
    proof: bytes, generators: Sequence[G1], disclosed_scalars: Sequence[int], disclosed_indexes: Sequence[int]
) -> None:
    """All sizes and counts of a proof's statement, before anything is decoded.

    Raises :class:`Malformed` for the proof's length, :class:`IllFormed` for counts or indexes that do not fit.
    """
    hidden = hidden_count(proof)
    if len(generators) != hidden + len(disclosed_indexes) + 1:
        raise IllFormed("the proof is for another number of messages", Step.SHAPE)
    if len(disclosed_scalars) != len(disclosed_indexes):
        raise IllFormed("a message for each disclosed index is needed", Step.SHAPE)
    if not all(0 <= scalar < ORDER for scalar in disclosed_scalars):
        raise IllFormed("a disclosed message is no scalar", Step.SHAPE)
    check_indexes(disclosed_indexes, len(generators) - 1)


def disclosure_octets(disclosed_scalars: Sequence[int], disclosed_indexes: Sequence[int]) -> bytes:
    """The challenge's first part: R, then each index with its message."""
    pairs = zip(disclosed_indexes, disclosed_scalars, strict=True)
    return i2osp(len(disclosed_indexes), 8) + b"".join([i2osp(index, 8) + encode_scalar(scalar) for index, scalar in pairs])


def prefixed(octets: bytes) -> bytes:
    """``I2OSP(length, 8) || octets``."""
    return i2osp(len(octets), 8) + octets


def check_challenge(proof: Proof, challenge: int) -> None:
    """Constant-time comparison. Raises :class:`Refused` (step CHALLENGE)."""
    if not hmac.compare_digest(encode_scalar(proof.challenge), encode_scalar(challenge)):
        raise Refused("the challenge is another one", Step.CHALLENGE)


def check_pairing(interface: Interface, public_key: bytes, proof: Proof) -> None:
    """``e(Abar, W) = e(Bbar, BP2)``. Raises :class:`Refused` (step PAIRING)."""
    curve = interface.curve
    W = decode_public_key(curve, public_key)
    if not curve.pairing_check([(proof.Abar, W), (proof.Bbar, minus_bp2(curve))]):
        raise Refused("no signature of this key", Step.PAIRING)
