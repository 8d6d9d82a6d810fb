"""Blind BBS signatures (draft-irtf-cfrg-bbs-blind-signatures): the holder commits to messages, the signer signs unseen.

The signed vector is the signer's messages, the holder's blind factor, the committed messages; so its generators are Q1,
H_1 … H_L, Q2, J_1 … J_M, and committed message j is disclosed under index ``L + 1 + j``. Where the text of the draft and
its vectors differ the vectors hold: e is hashed from SK and B without the domain. Without a commitment the blind factor
is zero and M = 0.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from credence.circuits.bbs.possession import check_indexes, hidden_count
from credence.circuits.bbs.proof import core_proof_gen, core_proof_verify
from credence.circuits.bbs.signature import (
    check_lengths,
    check_secret_key,
    core_verify,
    finalize_sign,
    signed_point,
)
from credence.circuits.bbs.suite import Interface
from credence.circuits.curve import G1, G1_LENGTH, ORDER, SCALAR_LENGTH
from credence.circuits.encoding import Rng, decode_g1, decode_scalar, encode_scalar, i2osp, random_scalar
from credence.circuits.errors import IllFormed, Malformed, Refused, Step

SHORTEST_COMMITMENT: Final = G1_LENGTH + 2 * SCALAR_LENGTH
"""Bytes of a commitment with proof to no message: the point, the blind's response, the challenge."""

_NO_ADDENDS: Final[Mapping[int, int]] = MappingProxyType({})


@dataclass(frozen=True)
class Commitment:
    """A commitment whose proof verified: the point C and how many messages it commits to. Made by who checked it alone."""

    C: G1
    count: int


def committed_count(commitment_with_proof: bytes) -> int:
    """How many messages are committed to, by the length alone. Raises :class:`Malformed` for a length none has."""
    if not isinstance(commitment_with_proof, bytes) or len(commitment_with_proof) < SHORTEST_COMMITMENT:
        raise Malformed("a commitment with proof has at least 112 bytes", Step.SHAPE)
    count, rest = divmod(len(commitment_with_proof) - SHORTEST_COMMITMENT, SCALAR_LENGTH)
    if rest:
        raise Malformed("a commitment with proof has 112 bytes and 32 for each message", Step.SHAPE)
    return count


def _blind_challenge(interface: Interface, generators: Sequence[G1], C: G1, Cbar: G1) -> int:
    octets = b"".join([point.to_bytes() for point in (*generators, C, Cbar)])
    return interface.hash_to_scalar(i2osp(len(generators) - 1, 8) + octets)


def core_commit(
    interface: Interface, committed_scalars: Sequence[int], rng: Rng, *, blind: int | None = None
) -> tuple[bytes, int]:
    """``CoreCommit``: (commitment with proof, 112 bytes and 32 for each scalar; the secret blind factor).

    ``blind`` is drawn unless it is given, for a commitment that must come out again; the proof's nonces are always drawn.
    Raises :class:`IllFormed` for values that are no scalars, and for a blind factor of zero.
    """
    generators = interface.blind_generators(len(committed_scalars) + 1)
    check_lengths(generators, committed_scalars)
    if blind is None:
        blind = random_scalar(rng)
    if not 0 < blind < ORDER:
        raise IllFormed("a blind factor is a scalar other than zero")
    s_tilde, *m_tildes = [random_scalar(rng) for _ in range(len(committed_scalars) + 1)]
    C = interface.curve.msm(generators, [blind, *committed_scalars])
    Cbar = interface.curve.msm(generators, [s_tilde, *m_tildes])
    challenge = _blind_challenge(interface, generators, C, Cbar)
    responses = [(s_tilde + blind * challenge) % ORDER]
    for tilde, scalar in zip(m_tildes, committed_scalars, strict=True):
        responses.append((tilde + scalar * challenge) % ORDER)
    return C.to_bytes() + b"".join([encode_scalar(value) for value in (*responses, challenge)]), blind


def core_commit_verify(interface: Interface, commitment_with_proof: bytes) -> Commitment:
    """``CoreCommitVerify``: the commitment, if its maker knows what is in it.

    Raises :class:`Malformed` for bytes that encode none, :class:`Refused` (step CHALLENGE) for a proof that fails.
    """
    count = committed_count(commitment_with_proof)
    generators = interface.blind_generators(count + 1)
    C = decode_g1(interface.curve, commitment_with_proof[:G1_LENGTH])
    *responses, challenge = [
        decode_scalar(commitment_with_proof[at : at + SCALAR_LENGTH], zero_ok=False)
        for at in range(G1_LENGTH, len(commitment_with_proof), SCALAR_LENGTH)
    ]
    Cbar = interface.curve.msm_public([*generators, C], [*responses, -challenge])
    expected = _blind_challenge(interface, generators, C, Cbar)
    if not hmac.compare_digest(encode_scalar(challenge), encode_scalar(expected)):
        raise Refused("the commitment's proof does not verify", Step.CHALLENGE)
    return Commitment(C, count)


def commit(interface: Interface, committed_messages: Sequence[bytes], rng: Rng) -> tuple[bytes, int]:
    """``Commit``: :func:`core_commit` to messages hashed to scalars."""
    return core_commit(interface, interface.messages_to_scalars(committed_messages), rng)


def core_blind_sign(
    interface: Interface,
    secret_key: int,
    public_key: bytes,
    commitment_with_proof: bytes,
    header: bytes,
    scalars: Sequence[int],
    *,
    rng: Rng,
    addends: Mapping[int, int] = _NO_ADDENDS,
) -> bytes:
    """A blind signature over the signer's scalars and the committed ones, 80 bytes; empty bytes stand for no commitment.

    ``addends`` maps positions among the committed messages to scalars that the signer adds to what is committed there
    (the signer's half of a pseudonym secret). Deterministic; ``rng`` only blinds. Raises :class:`Malformed` or
    :class:`Refused` for the commitment, :class:`IllFormed` for scalars or positions out of range.
    """
    check_secret_key(secret_key)
    generators = interface.generators(len(scalars) + 1)
    check_lengths(generators, scalars)
    count = committed_count(commitment_with_proof) if commitment_with_proof else 0
    if not all(0 <= at < count and 0 <= addend < ORDER for at, addend in addends.items()):
        raise IllFormed("an addend is for no committed message", Step.SHAPE)
    blind_generators = interface.blind_generators(count + 1)
    added = interface.curve.msm([blind_generators[at + 1] for at in addends], list(addends.values()))
    if commitment_with_proof:
        added = core_commit_verify(interface, commitment_with_proof).C + added
    return sign_over_point(interface, secret_key, public_key, Commitment(added, count), header, scalars, rng=rng)


def sign_over_point(
    interface: Interface,
    secret_key: int,
    public_key: bytes,
    commitment: Commitment,
    header: bytes,
    scalars: Sequence[int],
    *,
    rng: Rng,
) -> bytes:
    """As :func:`core_blind_sign`, over a point whose maker has proven what is in it, elsewhere. The caller vouches for that.

    Who signs over a point that nobody has opened signs what its maker has not said, and may not know.
    """
    check_secret_key(secret_key)
    generators = interface.generators(len(scalars) + 1)
    check_lengths(generators, scalars)
    domain = interface.domain(public_key, (*generators, *interface.blind_generators(commitment.count + 1)), header)
    B = signed_point(interface, domain, generators, scalars) + commitment.C
    e = interface.hash_to_scalar(encode_scalar(secret_key) + B.to_bytes())
    return finalize_sign(secret_key, B, e, rng)


def blind_sign(
    interface: Interface,
    secret_key: int,
    public_key: bytes,
    commitment_with_proof: bytes,
    header: bytes,
    messages: Sequence[bytes],
    rng: Rng,
) -> bytes:
    """``BlindSign``: :func:`core_blind_sign` over messages hashed to scalars."""
    scalars = interface.messages_to_scalars(messages)
    return core_blind_sign(interface, secret_key, public_key, commitment_with_proof, header, scalars, rng=rng)


def blind_parameters(interface: Interface, signer_count: int, committed: int) -> tuple[G1, ...]:
    """The generators of a signed vector of ``signer_count`` messages, the blind factor and ``committed`` messages."""
    if signer_count < 0 or committed < 0:
        raise IllFormed("a number of messages is negative", Step.SHAPE)
    return (*interface.generators(signer_count + 1), *interface.blind_generators(committed + 1))


def signed_vector(
    interface: Interface, messages: Sequence[bytes], blind: int, committed_messages: Sequence[bytes]
) -> list[int]:
    """The signed scalars in order."""
    return [
        *interface.messages_to_scalars(messages),
        blind,
        *interface.messages_to_scalars(committed_messages),
    ]


def joined_indexes(
    disclosed_indexes: Sequence[int], signer_count: int, disclosed_committed_indexes: Sequence[int], committed: int
) -> list[int]:
    """Positions in the signed vector. Raises :class:`IllFormed` unless both lists are ascending, unique and in range."""
    check_indexes(disclosed_indexes, signer_count)
    check_indexes(disclosed_committed_indexes, committed)
    return [*disclosed_indexes, *(index + signer_count + 1 for index in disclosed_committed_indexes)]


def verify_blind_sign(
    interface: Interface,
    public_key: bytes,
    signature: bytes,
    header: bytes,
    messages: Sequence[bytes],
    committed_messages: Sequence[bytes] = (),
    blind: int = 0,
) -> None:
    """``VerifyBlindSign``: the holder's check. Raises as :func:`core_verify`."""
    generators = blind_parameters(interface, len(messages), len(committed_messages))
    vector = signed_vector(interface, messages, blind, committed_messages)
    core_verify(interface, public_key, signature, generators, header, vector)


def blind_proof_gen(
    interface: Interface,
    public_key: bytes,
    signature: bytes,
    header: bytes,
    presentation_header: bytes,
    messages: Sequence[bytes],
    committed_messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
    disclosed_committed_indexes: Sequence[int],
    blind: int,
    rng: Rng,
) -> bytes:
    """``BlindProofGen``: a proof over both kinds of messages; the blind factor is always hidden."""
    count, committed = len(messages), len(committed_messages)
    return core_proof_gen(
        interface,
        public_key,
        signature,
        blind_parameters(interface, count, committed),
        header,
        presentation_header,
        signed_vector(interface, messages, blind, committed_messages),
        joined_indexes(disclosed_indexes, count, disclosed_committed_indexes, committed),
        rng,
    )


def blind_proof_verify(
    interface: Interface,
    public_key: bytes,
    proof: bytes,
    header: bytes,
    presentation_header: bytes,
    signer_count: int,
    disclosed_messages: Sequence[bytes],
    disclosed_committed_messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
    disclosed_committed_indexes: Sequence[int],
) -> None:
    """``BlindProofVerify``: ``signer_count`` is L, the number of the signer's messages. Raises as ``core_proof_verify``."""
    total = hidden_count(proof) + len(disclosed_indexes) + len(disclosed_committed_indexes)
    committed = total - signer_count - 1
    generators = blind_parameters(interface, signer_count, committed)
    check_lengths_agree(disclosed_messages, disclosed_indexes)
    check_lengths_agree(disclosed_committed_messages, disclosed_committed_indexes)
    scalars = interface.messages_to_scalars([*disclosed_messages, *disclosed_committed_messages])
    indexes = joined_indexes(disclosed_indexes, signer_count, disclosed_committed_indexes, committed)
    core_proof_verify(interface, public_key, proof, generators, header, presentation_header, scalars, indexes)


def check_lengths_agree(messages: Sequence[bytes], indexes: Sequence[int]) -> None:
    """Raises :class:`IllFormed` unless there is a message for each index."""
    if len(messages) != len(indexes):
        raise IllFormed("a message for each disclosed index is needed", Step.SHAPE)
