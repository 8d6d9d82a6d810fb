"""BBS proofs (draft-irtf-cfrg-bbs-signatures, ProofGen, ProofVerify and their core operations)."""

from __future__ import annotations

from collections.abc import Sequence

from credence.circuits.bbs.possession import (
    InitResult,
    Proof,
    check_challenge,
    check_indexes,
    check_pairing,
    check_statement,
    disclosure_octets,
    draw_scalars,
    hidden_count,
    hidden_indexes,
    prefixed,
    proof_finalize,
    proof_init,
    proof_verify_init,
)
from credence.circuits.bbs.signature import Signature
from credence.circuits.bbs.suite import Interface, decode_public_key
from credence.circuits.curve import G1
from credence.circuits.encoding import Rng, encode_scalar


def proof_challenge(
    interface: Interface,
    init: InitResult,
    disclosed_scalars: Sequence[int],
    disclosed_indexes: Sequence[int],
    presentation_header: bytes,
) -> int:
    """``ProofChallengeCalculate``: (R, i1, msg_i1, …, Abar, Bbar, D, T1, T2, domain), then the presentation header."""
    return interface.hash_to_scalar(
        disclosure_octets(disclosed_scalars, disclosed_indexes)
        + init.octets()
        + encode_scalar(init.domain)
        + prefixed(presentation_header)
    )


def core_proof_gen(
    interface: Interface,
    public_key: bytes,
    signature: bytes,
    generators: Sequence[G1],
    header: bytes,
    presentation_header: bytes,
    scalars: Sequence[int],
    disclosed_indexes: Sequence[int],
    rng: Rng,
) -> bytes:
    """``CoreProofGen``: a proof that hides all scalars but the disclosed ones; 272 bytes and 32 for each hidden one.

    ``rng`` is asked for 48 bytes per random scalar, in the draft's order. Raises :class:`IllFormed` for lengths or indexes
    that do not fit, :class:`Malformed` for the signature. Whether the signature verifies is not checked here.
    """
    check_indexes(disclosed_indexes, len(scalars))
    decoded = Signature.decode(interface.curve, signature)
    hidden = hidden_indexes(disclosed_indexes, len(scalars))
    random_scalars = draw_scalars(len(hidden), rng)
    init = proof_init(interface, public_key, decoded, generators, random_scalars, header, scalars, disclosed_indexes)
    disclosed = [scalars[index] for index in disclosed_indexes]
    challenge = proof_challenge(interface, init, disclosed, disclosed_indexes, presentation_header)
    return proof_finalize(init, challenge, decoded.e, random_scalars, [scalars[j] for j in hidden]).encode()


def core_proof_verify(
    interface: Interface,
    public_key: bytes,
    proof: bytes,
    generators: Sequence[G1],
    header: bytes,
    presentation_header: bytes,
    disclosed_scalars: Sequence[int],
    disclosed_indexes: Sequence[int],
) -> None:
    """``CoreProofVerify``: returns if the prover holds the key's signature over header, the disclosed and hidden scalars.

    Raises :class:`IllFormed` for counts or indexes that do not fit, :class:`Malformed` for a key or proof that encodes
    nothing (identity points included), :class:`Refused` with step CHALLENGE or PAIRING.
    """
    check_statement(proof, generators, disclosed_scalars, disclosed_indexes)
    decode_public_key(interface.curve, public_key)
    decoded = Proof.decode(interface.curve, proof)
    init = proof_verify_init(interface, public_key, decoded, generators, header, disclosed_scalars, disclosed_indexes)
    challenge = proof_challenge(interface, init, disclosed_scalars, disclosed_indexes, presentation_header)
    check_challenge(decoded, challenge)
    check_pairing(interface, public_key, decoded)


def proof_gen(
    interface: Interface,
    public_key: bytes,
    signature: bytes,
    header: bytes,
    presentation_header: bytes,
    messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
    rng: Rng,
) -> bytes:
    """``ProofGen``: :func:`core_proof_gen` over messages hashed to scalars."""
    return core_proof_gen(
        interface,
        public_key,
        signature,
        interface.generators(len(messages) + 1),
        header,
        presentation_header,
        interface.messages_to_scalars(messages),
        disclosed_indexes,
        rng,
    )


def proof_verify(
    interface: Interface,
    public_key: bytes,
    proof: bytes,
    header: bytes,
    presentation_header: bytes,
    disclosed_messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
) -> None:
    """``ProofVerify``: :func:`core_proof_verify`; the number of messages follows from the proof's length."""
    count = hidden_count(proof) + len(disclosed_indexes)
    core_proof_verify(
        interface,
        public_key,
        proof,
        interface.generators(count + 1),
        header,
        presentation_header,
        interface.messages_to_scalars(disclosed_messages),
        disclosed_indexes,
    )
