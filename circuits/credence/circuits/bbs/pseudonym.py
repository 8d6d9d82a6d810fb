"""BBS with per-verifier pseudonyms (draft-irtf-cfrg-bbs-per-verifier-linkability), its interface over octet strings.

The nym secrets are the last N committed messages. The signed header is ``header || I2OSP(N, 8)``, and the signer adds its
entropy to the last nym secret, so that neither side chooses it alone. The core operations are those of :mod:`nym_proof`.
"""

from __future__ import annotations

from collections.abc import Sequence

from credence.circuits.bbs.blind import (
    blind_parameters,
    check_lengths_agree,
    committed_count,
    core_blind_sign,
    core_commit,
    joined_indexes,
    signed_vector,
)
from credence.circuits.bbs.nym_proof import (
    calculate_pseudonym,
    core_proof_gen_with_nym,
    core_proof_verify_with_nym,
)
from credence.circuits.bbs.possession import hidden_count
from credence.circuits.bbs.signature import core_verify
from credence.circuits.bbs.suite import Interface
from credence.circuits.curve import ORDER
from credence.circuits.encoding import Rng, i2osp
from credence.circuits.errors import IllFormed, Step

__all__ = [
    "blind_sign_with_nym",
    "calculate_pseudonym",
    "commit_with_nym",
    "core_proof_gen_with_nym",
    "core_proof_verify_with_nym",
    "finalized_nyms",
    "nym_header",
    "proof_gen_with_nym",
    "proof_verify_with_nym",
    "verify_finalize_with_nym",
]


def nym_header(header: bytes, nym_count: int) -> bytes:
    """The header that is signed: N is bound, so that a vector cannot be read as one with another number of nyms."""
    return header + i2osp(nym_count, 8)


def finalized_nyms(prover_nyms: Sequence[int], signer_nym_entropy: int) -> tuple[int, ...]:
    """The signed nym secrets: the holder's, with the signer's entropy added to the last one.

    Raises :class:`IllFormed` for no nyms or values that are no scalars.
    """
    if not prover_nyms:
        raise IllFormed("a pseudonym needs a nym secret", Step.SHAPE)
    if not all(0 <= scalar < ORDER for scalar in (*prover_nyms, signer_nym_entropy)):
        raise IllFormed("a nym secret is no scalar", Step.SHAPE)
    return (*prover_nyms[:-1], (prover_nyms[-1] + signer_nym_entropy) % ORDER)


def commit_with_nym(
    interface: Interface, committed_messages: Sequence[bytes], prover_nyms: Sequence[int], rng: Rng
) -> tuple[bytes, int]:
    """``CommitWithNym``: (commitment with proof, secret blind factor), committing to the messages and then the nyms."""
    if not prover_nyms:
        raise IllFormed("a pseudonym needs a nym secret", Step.SHAPE)
    return core_commit(interface, [*interface.messages_to_scalars(committed_messages), *prover_nyms], rng)


def blind_sign_with_nym(
    interface: Interface,
    secret_key: int,
    public_key: bytes,
    commitment_with_proof: bytes,
    nym_count: int,
    signer_nym_entropy: int,
    header: bytes,
    messages: Sequence[bytes],
    rng: Rng,
) -> bytes:
    """``BlindSignWithNym``: 80 bytes over the signer's messages and a commitment whose last ``nym_count`` are nyms.

    Raises as ``core_blind_sign``, and :class:`IllFormed` for a commitment to fewer messages than nyms.
    """
    committed = committed_count(commitment_with_proof)
    if not 0 < nym_count <= committed:
        raise IllFormed("the commitment holds fewer messages than nyms", Step.SHAPE)
    return core_blind_sign(
        interface,
        secret_key,
        public_key,
        commitment_with_proof,
        nym_header(header, nym_count),
        interface.messages_to_scalars(messages),
        rng=rng,
        addends={committed - 1: signer_nym_entropy},
    )


def verify_finalize_with_nym(
    interface: Interface,
    public_key: bytes,
    signature: bytes,
    header: bytes,
    messages: Sequence[bytes],
    committed_messages: Sequence[bytes],
    prover_nyms: Sequence[int],
    signer_nym_entropy: int,
    blind: int,
) -> tuple[int, ...]:
    """``VerifyFinalizeWithNym``: the holder's check; returns the nym secrets that were signed. Raises as ``core_verify``."""
    nym_secrets = finalized_nyms(prover_nyms, signer_nym_entropy)
    core_verify(
        interface,
        public_key,
        signature,
        blind_parameters(interface, len(messages), len(committed_messages) + len(nym_secrets)),
        nym_header(header, len(nym_secrets)),
        [*signed_vector(interface, messages, blind, committed_messages), *nym_secrets],
    )
    return nym_secrets


def proof_gen_with_nym(
    interface: Interface,
    public_key: bytes,
    signature: bytes,
    header: bytes,
    presentation_header: bytes,
    context_id: bytes,
    nym_secrets: Sequence[int],
    messages: Sequence[bytes],
    committed_messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
    disclosed_committed_indexes: Sequence[int],
    blind: int,
    rng: Rng,
) -> tuple[bytes, bytes]:
    """``ProofGenWithNym``: (proof, pseudonym). ``header`` is the signer's, without N. Raises as the core operation."""
    count, committed, nyms = len(messages), len(committed_messages), len(nym_secrets)
    total = count + 1 + committed + nyms
    return core_proof_gen_with_nym(
        interface,
        public_key,
        signature,
        blind_parameters(interface, count, committed + nyms),
        nym_header(header, nyms),
        presentation_header,
        [*signed_vector(interface, messages, blind, committed_messages), *nym_secrets],
        joined_indexes(disclosed_indexes, count, disclosed_committed_indexes, committed),
        context_id,
        range(total - nyms, total),
        rng,
    )


def proof_verify_with_nym(
    interface: Interface,
    public_key: bytes,
    proof: bytes,
    header: bytes,
    presentation_header: bytes,
    pseudonym: bytes,
    context_id: bytes,
    nym_count: int,
    signer_count: int,
    disclosed_messages: Sequence[bytes],
    disclosed_committed_messages: Sequence[bytes],
    disclosed_indexes: Sequence[int],
    disclosed_committed_indexes: Sequence[int],
) -> None:
    """``ProofVerifyWithNym``: ``nym_count`` is N, ``signer_count`` is L. Raises as the core operation."""
    check_lengths_agree(disclosed_messages, disclosed_indexes)
    check_lengths_agree(disclosed_committed_messages, disclosed_committed_indexes)
    total = hidden_count(proof) + len(disclosed_indexes) + len(disclosed_committed_indexes)
    committed = total - signer_count - 1 - nym_count
    if nym_count < 1 or committed < 0:
        raise IllFormed("the proof is for another number of messages", Step.SHAPE)
    core_proof_verify_with_nym(
        interface,
        public_key,
        proof,
        blind_parameters(interface, signer_count, committed + nym_count),
        nym_header(header, nym_count),
        presentation_header,
        interface.messages_to_scalars([*disclosed_messages, *disclosed_committed_messages]),
        joined_indexes(disclosed_indexes, signer_count, disclosed_committed_indexes, committed),
        pseudonym,
        context_id,
        range(total - nym_count, total),
    )
