"""Proofs with a pseudonym: the core operations of draft-irtf-cfrg-bbs-per-verifier-linkability, over scalars.

``pseudonym = OP·Σ nym_i·z^i`` (i from 0): OP and z are hashed from the context, the nym secrets are signed messages that
stay hidden, and one challenge covers the signature's proof and the pseudonym's. The draft signs the nym secrets as the
last messages; here their positions are a parameter (``nym_indexes``), as credentials of ours carry theirs elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from credence.circuits.bbs.possession import (
    FIXED_SCALARS,
    InitResult,
    Proof,
    check_challenge,
    check_indexes,
    check_pairing,
    check_statement,
    disclosure_octets,
    draw_scalars,
    hidden_indexes,
    prefixed,
    proof_finalize,
    proof_init,
    proof_verify_init,
)
from credence.circuits.bbs.signature import Signature
from credence.circuits.bbs.suite import Interface, decode_public_key
from credence.circuits.curve import G1, ORDER
from credence.circuits.encoding import Rng, decode_g1, encode_scalar
from credence.circuits.errors import IllFormed, Step
from credence.circuits.hashing import hash_to_scalar


@dataclass(frozen=True)
class PseudonymInit:
    """The pseudonym and the commitment Ut that the challenge covers."""

    pseudonym: G1
    Ut: G1


def nym_polynomial(interface: Interface, context_id: bytes, coefficients: Sequence[int]) -> int:
    """``Σ coefficient_i·z^i`` modulo the order, z hashed from the context."""
    z = hash_to_scalar(interface.suite.expand, context_id, interface.api_id + b"VECT_NYM_SECRETS")
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * z + coefficient) % ORDER
    return value


def _pseudonym_point(interface: Interface, context_id: bytes, nym_secrets: Sequence[int]) -> G1:
    point = interface.pseudonym_base(context_id) * nym_polynomial(interface, context_id, nym_secrets)
    _check_pseudonym(interface, point)
    return point


def _check_pseudonym(interface: Interface, pseudonym: G1) -> None:
    if pseudonym.is_identity or pseudonym == interface.suite.P1:
        raise IllFormed("no pseudonym: a fixed point", Step.INSTANCE)


def _check_commitment(Ut: G1) -> None:
    if Ut.is_identity:
        raise IllFormed("the pseudonym's commitment is the identity", Step.INSTANCE)


def calculate_pseudonym(interface: Interface, context_id: bytes, nym_secrets: Sequence[int]) -> bytes:
    """The pseudonym of these secrets in a context, 48 bytes. Raises :class:`IllFormed` where it would be the identity."""
    return _pseudonym_point(interface, context_id, nym_secrets).to_bytes()


def _check_nym_indexes(nym_indexes: Sequence[int], disclosed_indexes: Sequence[int], count: int) -> None:
    check_indexes(nym_indexes, count)
    if not nym_indexes:
        raise IllFormed("a pseudonym needs a nym secret", Step.SHAPE)
    if not set(nym_indexes).isdisjoint(disclosed_indexes):
        raise IllFormed("a nym secret is never disclosed", Step.SHAPE)


def pseudonym_challenge(
    interface: Interface,
    init: InitResult,
    pseudonym_init: PseudonymInit,
    disclosed_scalars: Sequence[int],
    disclosed_indexes: Sequence[int],
    presentation_header: bytes,
    context_id: bytes,
) -> int:
    """``ProofWithPseudonymChallengeCalculate``: the proof's parts, pseudonym, Ut, domain, presentation header, context."""
    return interface.hash_to_scalar(
        disclosure_octets(disclosed_scalars, disclosed_indexes)
        + init.octets()
        + pseudonym_init.pseudonym.to_bytes()
        + pseudonym_init.Ut.to_bytes()
        + encode_scalar(init.domain)
        + prefixed(presentation_header)
        + prefixed(context_id)
    )


def core_proof_gen_with_nym(
    interface: Interface,
    public_key: bytes,
    signature: bytes,
    generators: Sequence[G1],
    header: bytes,
    presentation_header: bytes,
    scalars: Sequence[int],
    disclosed_indexes: Sequence[int],
    context_id: bytes,
    nym_indexes: Sequence[int],
    rng: Rng,
) -> tuple[bytes, bytes]:
    """``CoreProofGenWithNym``: (proof, pseudonym). ``header`` is the signed one, complete.

    Raises :class:`IllFormed` for lengths or indexes that do not fit or a disclosed nym, :class:`Malformed` for the
    signature.
    """
    check_indexes(disclosed_indexes, len(scalars))
    _check_nym_indexes(nym_indexes, disclosed_indexes, len(scalars))
    decoded = Signature.decode(interface.curve, signature)
    hidden = hidden_indexes(disclosed_indexes, len(scalars))
    random_scalars = draw_scalars(len(hidden), rng)
    init = proof_init(interface, public_key, decoded, generators, random_scalars, header, scalars, disclosed_indexes)
    pseudonym_init = pseudonym_proof_init(
        interface,
        context_id,
        [scalars[index] for index in nym_indexes],
        [random_scalars[FIXED_SCALARS + hidden.index(index)] for index in nym_indexes],
    )
    disclosed = [scalars[index] for index in disclosed_indexes]
    challenge = pseudonym_challenge(
        interface, init, pseudonym_init, disclosed, disclosed_indexes, presentation_header, context_id
    )
    proof = proof_finalize(init, challenge, decoded.e, random_scalars, [scalars[j] for j in hidden])
    return proof.encode(), pseudonym_init.pseudonym.to_bytes()


def pseudonym_proof_init(
    interface: Interface, context_id: bytes, nym_secrets: Sequence[int], nym_tildes: Sequence[int]
) -> PseudonymInit:
    """``PseudonymProofInit``: the random scalars are those of the nym secrets in the signature's proof.

    Raises :class:`IllFormed` where the pseudonym or its commitment would be the identity.
    """
    pseudonym = _pseudonym_point(interface, context_id, nym_secrets)
    Ut = interface.pseudonym_base(context_id) * nym_polynomial(interface, context_id, nym_tildes)
    _check_commitment(Ut)
    return PseudonymInit(pseudonym, Ut)


def core_proof_verify_with_nym(
    interface: Interface,
    public_key: bytes,
    proof: bytes,
    generators: Sequence[G1],
    header: bytes,
    presentation_header: bytes,
    disclosed_scalars: Sequence[int],
    disclosed_indexes: Sequence[int],
    pseudonym: bytes,
    context_id: bytes,
    nym_indexes: Sequence[int],
) -> None:
    """``CoreProofVerifyWithNym``: as ``core_proof_verify``, and the pseudonym is that of the signed nym secrets here.

    Raises :class:`IllFormed` for counts or indexes that do not fit, a pseudonym that is a fixed point or
    a commitment that is the identity, :class:`Malformed` for what encodes nothing, :class:`Refused` with step CHALLENGE or
    PAIRING.
    """
    check_statement(proof, generators, disclosed_scalars, disclosed_indexes)
    _check_nym_indexes(nym_indexes, disclosed_indexes, len(generators) - 1)
    decode_public_key(interface.curve, public_key)
    point = decode_g1(interface.curve, pseudonym)
    _check_pseudonym(interface, point)
    decoded = Proof.decode(interface.curve, proof)
    init = proof_verify_init(interface, public_key, decoded, generators, header, disclosed_scalars, disclosed_indexes)
    hidden = hidden_indexes(disclosed_indexes, len(generators) - 1)
    answer = nym_polynomial(interface, context_id, [decoded.responses[hidden.index(index)] for index in nym_indexes])
    Ut = interface.curve.msm_public([interface.pseudonym_base(context_id), point], [answer, -decoded.challenge])
    _check_commitment(Ut)
    challenge = pseudonym_challenge(
        interface,
        init,
        PseudonymInit(point, Ut),
        disclosed_scalars,
        disclosed_indexes,
        presentation_header,
        context_id,
    )
    check_challenge(decoded, challenge)
    check_pairing(interface, public_key, decoded)
