"""Is a pseudonym the same for one venue, another for each, and only the signed secret's?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.bbs import blind, nym_proof, possession, proof, pseudonym, signature, suite
from credence.circuits.curve import ORDER
from credence.circuits.encoding import random_scalar
from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused, Step
from tests.circuits.bbs.subjects import (
    COMMITTED,
    CONTEXT,
    ENTROPY,
    HEADER,
    MESSAGES,
    NYMS,
    PRESENTATION_HEADER,
    ShownNym,
    blocks,
    held_with_nym,
    key,
    native_suite,
    refusal,
    show_with_nym,
)
from tests.circuits.encodings import Case, g1_cases
from tests.conftest import SeededBytes

CHALLENGE = (Refused, Step.CHALLENGE)
SHAPE = (IllFormed, Step.SHAPE)


@pytest.fixture(scope="module")
def shown() -> ShownNym:
    accepted = show_with_nym()
    accepted.verify()
    return accepted


def test_one_pseudonym_for_a_context_and_another_for_each(shown: ShownNym) -> None:
    again, elsewhere = show_with_nym(seed="again"), show_with_nym(b"other venue", seed="elsewhere")
    again.verify()
    elsewhere.verify()
    assert again.pseudonym == shown.pseudonym
    assert elsewhere.pseudonym != shown.pseudonym
    assert again.proof != shown.proof
    assert not blocks(shown.proof) & blocks(elsewhere.proof)
    assert not blocks(shown.proof) & blocks(again.proof)


def test_a_new_signature_with_the_same_secrets_keeps_the_pseudonym(shown: ShownNym, rng: SeededBytes) -> None:
    holder = held_with_nym()
    assert nym_proof.calculate_pseudonym(holder.interface, CONTEXT, holder.nyms) == shown.pseudonym
    assert nym_proof.calculate_pseudonym(holder.interface, CONTEXT, NYMS) != shown.pseudonym


def test_the_pseudonym_is_the_polynomial_at_the_context(shown: ShownNym) -> None:
    holder = held_with_nym()
    z = nym_proof.nym_polynomial(holder.interface, CONTEXT, [0, 1])
    value = nym_proof.nym_polynomial(holder.interface, CONTEXT, holder.nyms)
    assert value == (holder.nyms[0] + holder.nyms[1] * z) % ORDER
    assert (holder.interface.pseudonym_base(CONTEXT) * value).to_bytes() == shown.pseudonym
    assert nym_proof.nym_polynomial(holder.interface, CONTEXT, [7]) == 7


@pytest.mark.parametrize(
    ("cause", "changes", "expected"),
    [
        ("other context", {"context_id": b"other venue"}, CHALLENGE),
        ("no context", {"context_id": b""}, CHALLENGE),
        ("long context", {"context_id": CONTEXT * 1000}, CHALLENGE),
        ("other header", {"header": HEADER + b"x"}, CHALLENGE),
        ("other presentation header", {"presentation_header": b""}, CHALLENGE),
        (
            "presentation header and context swapped",
            {"presentation_header": CONTEXT, "context_id": PRESENTATION_HEADER},
            CHALLENGE,
        ),
        ("one nym secret", {"nym_count": 1}, CHALLENGE),
        ("three nym secrets", {"nym_count": 3}, SHAPE),
        ("no nym secret", {"nym_count": 0}, SHAPE),
        ("2^31 nym secrets", {"nym_count": 1 << 31}, SHAPE),
        ("negative nym secrets", {"nym_count": -1}, SHAPE),
        ("other number of signer messages", {"signer_count": 4}, CHALLENGE),
        ("2^31 signer messages", {"signer_count": 1 << 31}, SHAPE),
        ("committed index of a nym secret", {"committed_indexes": (2,)}, SHAPE),
        ("committed index repeated", {"committed_indexes": (1, 1), "committed": [COMMITTED[1]] * 2}, SHAPE),
        ("other committed index", {"committed_indexes": (0,)}, CHALLENGE),
        ("index of the blind factor", {"indexes": (5,)}, SHAPE),
        ("other message", {"messages": [b"other"]}, CHALLENGE),
        ("a message for no index", {"messages": []}, SHAPE),
        ("other committed message", {"committed": [b"other"]}, CHALLENGE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_statement_is_refused(cause: str, changes: Any, expected: object, shown: ShownNym) -> None:
    """Accepted twin: the fixture ``shown``."""
    assert refusal(shown.but(**changes).verify) == expected


def test_another_holder_s_pseudonym_is_refused(shown: ShownNym) -> None:
    """Accepted twin: the holder's own."""
    other = nym_proof.calculate_pseudonym(shown.interface, CONTEXT, (1, 2))
    assert refusal(shown.but(pseudonym=other).verify) == CHALLENGE
    elsewhere = show_with_nym(b"other venue")
    assert refusal(shown.but(pseudonym=elsewhere.pseudonym).verify) == CHALLENGE


def test_fixed_points_are_no_pseudonyms(shown: ShownNym) -> None:
    """Accepted twin: the fixture ``shown``."""
    used = shown.interface
    assert refusal(shown.but(pseudonym=used.suite.P1.to_bytes()).verify) == (IllFormed, Step.INSTANCE)
    assert refusal(lambda: nym_proof.calculate_pseudonym(used, CONTEXT, (0, 0))) == (IllFormed, Step.INSTANCE)
    z = nym_proof.nym_polynomial(used, CONTEXT, [0, 1])
    cancels = (ORDER - z, 1)
    assert refusal(lambda: nym_proof.calculate_pseudonym(used, CONTEXT, cancels)) == (IllFormed, Step.INSTANCE)


@pytest.mark.parametrize("case", g1_cases(), ids=lambda case: case.cause)
def test_pseudonyms_are_decoded_strictly(case: Case, shown: ShownNym) -> None:
    """Accepted twin: ``shown``; ``case.twin`` is decoded and refused for what it is."""
    assert refusal(shown.but(pseudonym=case.twin).verify) == CHALLENGE
    assert refusal(shown.but(pseudonym=case.data).verify) == (Malformed, Step.DECODE)


def test_flipped_bits_are_refused(shown: ShownNym) -> None:
    """All bits of the pseudonym, and one bit of every byte of the proof. Accepted twin: ``shown``."""
    number = int.from_bytes(shown.pseudonym, "big")
    for bit in range(384):
        with pytest.raises(CircuitError):
            shown.but(pseudonym=(number ^ 1 << bit).to_bytes(48, "big")).verify()
    for at in range(len(shown.proof)):
        changed = shown.proof[:at] + bytes([shown.proof[at] ^ 1 << at % 8]) + shown.proof[at + 1 :]
        with pytest.raises(CircuitError):
            shown.but(proof=changed).verify()


def test_the_two_kinds_of_proof_do_not_stand_for_each_other(shown: ShownNym) -> None:
    """A proof with a pseudonym is no plain proof of the same statement, nor the other way round."""
    holder = held_with_nym()
    interface, public_key = holder.interface, holder.issuer.public
    generators = blind.blind_parameters(interface, len(MESSAGES), len(COMMITTED) + len(NYMS))
    header = pseudonym.nym_header(HEADER, len(NYMS))
    vector = [*blind.signed_vector(interface, MESSAGES, holder.blind, COMMITTED), *holder.nyms]
    plain = proof.core_proof_gen(
        interface, public_key, holder.signature, generators, header, PRESENTATION_HEADER, vector, (0, 7), SeededBytes("p")
    )
    disclosed = [vector[0], vector[7]]

    def verify(data: bytes) -> None:
        proof.core_proof_verify(interface, public_key, data, generators, header, PRESENTATION_HEADER, disclosed, (0, 7))

    verify(plain)
    assert refusal(lambda: verify(shown.proof)) == CHALLENGE
    assert refusal(shown.but(proof=plain).verify) == CHALLENGE


# --- dishonest provers ---


def test_a_pseudonym_of_a_secret_that_was_not_signed_is_refused(rng: SeededBytes) -> None:
    """The prover answers for the signed secret, and makes the pseudonym from another one."""
    holder = held_with_nym()
    interface, public_key = holder.interface, holder.issuer.public
    generators = blind.blind_parameters(interface, len(MESSAGES), len(COMMITTED) + len(NYMS))
    header = pseudonym.nym_header(HEADER, len(NYMS))
    vector = [*blind.signed_vector(interface, MESSAGES, holder.blind, COMMITTED), *holder.nyms]
    decoded = signature.Signature.decode(interface.curve, holder.signature)

    def show(pseudonym_of: tuple[int, ...]) -> ShownNym:
        random_scalars = possession.draw_scalars(len(vector), rng)
        init = possession.proof_init(interface, public_key, decoded, generators, random_scalars, header, vector, ())
        nym_init = nym_proof.pseudonym_proof_init(interface, CONTEXT, pseudonym_of, random_scalars[-2:])
        challenge = nym_proof.pseudonym_challenge(interface, init, nym_init, (), (), PRESENTATION_HEADER, CONTEXT)
        made = possession.proof_finalize(init, challenge, decoded.e, random_scalars, vector)
        return ShownNym(
            interface,
            public_key,
            made.encode(),
            nym_init.pseudonym.to_bytes(),
            messages=[],
            committed=[],
            indexes=(),
            committed_indexes=(),
        )

    show(holder.nyms).verify()
    assert refusal(show((holder.nyms[0], 99)).verify) == CHALLENGE
    assert refusal(show((99, holder.nyms[1])).verify) == CHALLENGE


def test_without_a_signature_there_is_no_pseudonym(rng: SeededBytes) -> None:
    """Accepted twin: the same call with the signature."""
    holder = held_with_nym()

    def show(signed: bytes) -> ShownNym:
        made, nym = pseudonym.proof_gen_with_nym(
            holder.interface,
            holder.issuer.public,
            signed,
            HEADER,
            PRESENTATION_HEADER,
            CONTEXT,
            holder.nyms,
            MESSAGES,
            COMMITTED,
            (0,),
            (1,),
            holder.blind,
            rng,
        )
        return ShownNym(holder.interface, holder.issuer.public, made, nym)

    show(holder.signature).verify()
    forged = signature.Signature(holder.interface.curve.BP1 * random_scalar(rng), random_scalar(rng)).encode()
    assert refusal(show(forged).verify) == (Refused, Step.PAIRING)


# --- issuing ---


def finalize(**changes: Any) -> tuple[int, ...]:
    holder = held_with_nym()
    given = {"committed_messages": COMMITTED, "prover_nyms": NYMS, "signer_nym_entropy": ENTROPY, **changes}
    return pseudonym.verify_finalize_with_nym(
        holder.interface,
        holder.issuer.public,
        holder.signature,
        HEADER,
        MESSAGES,
        given["committed_messages"],
        given["prover_nyms"],
        given["signer_nym_entropy"],
        holder.blind,
    )


def test_the_signer_s_entropy_goes_to_the_last_secret() -> None:
    assert finalize() == (NYMS[0], NYMS[1] + ENTROPY)
    assert pseudonym.finalized_nyms((5, ORDER - 1), 3) == (5, 2)


@pytest.mark.parametrize(
    ("cause", "changes", "expected"),
    [
        ("other entropy", {"signer_nym_entropy": ENTROPY + 1}, (Refused, Step.PAIRING)),
        ("no entropy", {"signer_nym_entropy": 0}, (Refused, Step.PAIRING)),
        ("other secret", {"prover_nyms": (NYMS[0], 1)}, (Refused, Step.PAIRING)),
        ("secrets swapped", {"prover_nyms": NYMS[::-1]}, (Refused, Step.PAIRING)),
        ("a secret less", {"prover_nyms": NYMS[:1]}, (Refused, Step.PAIRING)),
        ("no secret", {"prover_nyms": ()}, SHAPE),
        ("a secret that is no scalar", {"prover_nyms": (NYMS[0], ORDER)}, SHAPE),
        ("entropy that is no scalar", {"signer_nym_entropy": ORDER}, SHAPE),
        ("a committed message less", {"committed_messages": COMMITTED[:1]}, (Refused, Step.PAIRING)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_holder_refuses_another_signature(cause: str, changes: Any, expected: object) -> None:
    """Accepted twin: ``finalize()``."""
    assert refusal(lambda: finalize(**changes)) == expected


def test_the_number_of_nyms_is_signed(rng: SeededBytes) -> None:
    """A vector of two nyms is not one committed message and one nym. Accepted twin: N = 2."""
    holder = held_with_nym()
    first = holder.interface
    found = refusal(
        lambda: signature.core_verify(
            first,
            holder.issuer.public,
            holder.signature,
            blind.blind_parameters(first, len(MESSAGES), len(COMMITTED) + len(NYMS)),
            pseudonym.nym_header(HEADER, 1),
            [*blind.signed_vector(first, MESSAGES, holder.blind, COMMITTED), *holder.nyms],
        )
    )
    assert found == (Refused, Step.PAIRING)


@pytest.mark.parametrize("nym_count", [0, -1, 5, 1 << 31])
def test_a_commitment_holds_the_nyms_it_is_said_to_hold(nym_count: int, rng: SeededBytes) -> None:
    """Accepted twin: two of four."""
    interface, issuer = suite.pseudonym_interface(native_suite()), key(native_suite())
    made, _ = pseudonym.commit_with_nym(interface, COMMITTED, NYMS, rng)

    def sign(count: int) -> bytes:
        return pseudonym.blind_sign_with_nym(
            interface, issuer.secret, issuer.public, made, count, ENTROPY, HEADER, MESSAGES, rng
        )

    sign(2)
    assert refusal(lambda: sign(nym_count)) == SHAPE
    assert refusal(lambda: pseudonym.commit_with_nym(interface, COMMITTED, (), rng)) == SHAPE


# --- nyms at other positions, as in credentials of ours ---


def test_a_nym_may_stand_anywhere_and_is_never_disclosed(rng: SeededBytes) -> None:
    interface, issuer = suite.credence_interface(native_suite()), key(native_suite())
    made, factor = blind.core_commit(interface, [10, 20, 30], rng)
    signed = blind.core_blind_sign(
        interface, issuer.secret, issuer.public, made, HEADER, [1, 2], rng=rng, addends={1: 5, 2: 7}
    )
    generators, vector = blind.blind_parameters(interface, 2, 3), [1, 2, factor, 10, 25, 37]
    prefix = (interface, issuer.public)

    def prove(indexes: Any, nym_indexes: Any) -> tuple[bytes, bytes]:
        return nym_proof.core_proof_gen_with_nym(
            *prefix, signed, generators, HEADER, b"", vector, indexes, CONTEXT, nym_indexes, rng
        )

    def verify(data: bytes, nym: bytes, indexes: Any, nym_indexes: Any) -> None:
        scalars = [vector[index] for index in indexes]
        nym_proof.core_proof_verify_with_nym(
            *prefix, data, generators, HEADER, b"", scalars, indexes, nym, CONTEXT, nym_indexes
        )

    data, nym = prove((0,), (4,))
    verify(data, nym, (0,), (4,))
    assert nym == nym_proof.calculate_pseudonym(interface, CONTEXT, [25])
    assert refusal(lambda: verify(data, nym, (0,), (5,))) == CHALLENGE
    for nym_indexes in ((), (0,), (4, 4), (5, 4), (6,), (-1,)):
        assert refusal(lambda wanted=nym_indexes: verify(data, nym, (0,), wanted)) == SHAPE
        assert refusal(lambda wanted=nym_indexes: prove((0,), wanted)) == SHAPE


def test_a_pseudonym_s_commitment_is_never_the_identity(shown: ShownNym) -> None:
    """A pseudonym can be chosen so that Ut vanishes, which an honest prover never draws."""
    interface = shown.interface
    with pytest.raises(IllFormed) as caught:
        nym_proof.pseudonym_proof_init(interface, CONTEXT, NYMS, (0, 0))
    assert caught.value.step == Step.INSTANCE
    nym_proof.pseudonym_proof_init(interface, CONTEXT, NYMS, (0, 1))
    challenge = int.from_bytes(shown.proof[-32:], "big")
    base = interface.pseudonym_base(CONTEXT)
    answers = [int.from_bytes(shown.proof[at : at + 32], "big") for at in (-96, -64)]
    answer = nym_proof.nym_polynomial(interface, CONTEXT, answers)
    vanishing = (base * (answer * pow(challenge, -1, ORDER))).to_bytes()
    assert refusal(shown.but(pseudonym=vanishing).verify) == (IllFormed, Step.INSTANCE)
    beside = (base * (answer * pow(challenge, -1, ORDER) + 1)).to_bytes()
    assert refusal(shown.but(pseudonym=beside).verify) == (Refused, Step.CHALLENGE)
