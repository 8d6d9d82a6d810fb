"""Does blind signing sign what was committed and shown, and nothing else?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from credence.circuits.bbs import blind, signature, suite
from credence.circuits.curve import ORDER
from credence.circuits.encoding import encode_scalar
from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused, Step
from tests.circuits.bbs.subjects import (
    COMMITTED,
    HEADER,
    MESSAGES,
    PRESENTATION_HEADER,
    Held,
    held,
    key,
    native_suite,
    refusal,
)
from tests.circuits.encodings import Case, g1_cases, scalar_cases
from tests.conftest import SeededBytes

PAIRING = (Refused, Step.PAIRING)
CHALLENGE = (Refused, Step.CHALLENGE)
SHAPE = (IllFormed, Step.SHAPE)


@pytest.fixture(scope="module")
def holder() -> Held:
    accepted = held()
    verify(accepted)
    return accepted


@pytest.fixture(scope="module")
def commitment() -> bytes:
    interface = suite.blind_interface(native_suite())
    made, _ = blind.commit(interface, COMMITTED, SeededBytes("commitment"))
    assert blind.core_commit_verify(interface, made).count == 2
    return made


def verify(
    holder: Held,
    header: bytes = HEADER,
    messages: Sequence[bytes] = MESSAGES,
    committed: Sequence[bytes] = COMMITTED,
    factor: int | None = None,
) -> None:
    used = holder.blind if factor is None else factor
    blind.verify_blind_sign(holder.interface, holder.issuer.public, holder.signature, header, messages, committed, used)


@pytest.mark.parametrize(
    ("cause", "changes"),
    [
        ("other header", {"header": b"other"}),
        ("other message", {"messages": [b"other", *MESSAGES[1:]]}),
        ("other committed message", {"committed": [COMMITTED[0], b"other"]}),
        ("committed messages swapped", {"committed": COMMITTED[::-1]}),
        ("a committed message less", {"committed": COMMITTED[:1]}),
        ("a committed message given as the signer's", {"messages": [*MESSAGES, COMMITTED[0]], "committed": COMMITTED[1:]}),
        ("a signer's message given as committed", {"messages": MESSAGES[:-1], "committed": [MESSAGES[-1], *COMMITTED]}),
        ("no blind factor", {"factor": 0}),
        ("other blind factor", {"factor": 5}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_statement_is_refused(cause: str, changes: Any, holder: Held) -> None:
    """Accepted twin: the fixture ``holder``."""
    assert refusal(lambda: verify(holder, **changes)) == PAIRING


@pytest.mark.parametrize("factor", [-1, ORDER])
def test_a_blind_factor_is_a_scalar(factor: int, holder: Held) -> None:
    """Accepted twin: the fixture ``holder``."""
    assert refusal(lambda: verify(holder, factor=factor)) == SHAPE


def test_the_committed_messages_are_hidden(rng: SeededBytes) -> None:
    interface = suite.blind_interface(native_suite())
    first, _ = blind.commit(interface, COMMITTED, rng)
    second, _ = blind.commit(interface, COMMITTED, rng)
    assert first[:48] != second[:48]


def test_without_a_commitment_the_blind_factor_is_zero(rng: SeededBytes) -> None:
    interface, issuer = suite.blind_interface(native_suite()), key(native_suite())
    made = blind.blind_sign(interface, issuer.secret, issuer.public, b"", HEADER, MESSAGES, rng)
    blind.verify_blind_sign(interface, issuer.public, made, HEADER, MESSAGES)
    assert refusal(lambda: blind.verify_blind_sign(interface, issuer.public, made, HEADER, MESSAGES, [], 1)) == PAIRING


# --- the commitment's proof ---


@pytest.mark.parametrize(
    ("cause", "change", "expected"),
    [
        ("a trailing byte", lambda data: data + b"\x00", (Malformed, Step.SHAPE)),
        ("a missing byte", lambda data: data[:-1], (Malformed, Step.SHAPE)),
        ("too short", lambda data: data[:80], (Malformed, Step.SHAPE)),
        ("nothing", lambda data: b"", (Malformed, Step.SHAPE)),
        ("not bytes", lambda data: data.hex(), (Malformed, Step.SHAPE)),
        ("an answer less", lambda data: data[:80] + data[112:], CHALLENGE),
        ("an answer more", lambda data: data[:112] + data[80:], CHALLENGE),
        ("answers swapped", lambda data: data[:80] + data[112:144] + data[80:112] + data[144:], CHALLENGE),
        ("identity", lambda data: b"\xc0" + bytes(47) + data[48:], (Malformed, Step.DECODE)),
        ("all zero answers", lambda data: data[:48] + bytes(len(data) - 48), (Malformed, Step.DECODE)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_commitment_is_refused(cause: str, change: Any, expected: object, commitment: bytes) -> None:
    """Accepted twin: the fixture ``commitment``."""
    interface = suite.blind_interface(native_suite())
    assert refusal(lambda: blind.core_commit_verify(interface, change(commitment))) == expected


@pytest.mark.parametrize("case", [case for case in g1_cases() if len(case.data) == 48], ids=lambda case: case.cause)
def test_its_point_is_decoded_strictly(case: Case, commitment: bytes) -> None:
    """Accepted twin: ``commitment``; ``case.twin`` in its place is decoded and refused for what it is."""
    interface = suite.blind_interface(native_suite())
    assert refusal(lambda: blind.core_commit_verify(interface, case.twin + commitment[48:])) == CHALLENGE
    found = refusal(lambda: blind.core_commit_verify(interface, case.data + commitment[48:]))
    assert found == (Malformed, Step.DECODE)


@pytest.mark.parametrize("at", [48, 80, 112, 144])
@pytest.mark.parametrize("case", [case for case in scalar_cases() if len(case.data) == 32], ids=lambda case: case.cause)
def test_its_scalars_are_decoded_strictly(case: Case, at: int, commitment: bytes) -> None:
    """Accepted twin: ``commitment``."""
    interface = suite.blind_interface(native_suite())
    changed = commitment[:at] + case.data + commitment[at + 32 :]
    assert refusal(lambda: blind.core_commit_verify(interface, changed)) == (Malformed, Step.DECODE)


def test_flipped_bits_of_a_commitment_are_refused(commitment: bytes) -> None:
    """Every byte, a bit of each. Accepted twin: ``commitment``."""
    interface = suite.blind_interface(native_suite())
    for at in range(len(commitment)):
        changed = commitment[:at] + bytes([commitment[at] ^ 1 << at % 8]) + commitment[at + 1 :]
        with pytest.raises(CircuitError):
            blind.core_commit_verify(interface, changed)


def test_a_commitment_is_of_one_interface(commitment: bytes, rng: SeededBytes) -> None:
    """Its challenge is hashed under the api_id, over generators of the api_id. Accepted twin: ``commitment``."""
    issuer = key(native_suite())
    for interface in (suite.pseudonym_interface(native_suite()), suite.credence_interface(native_suite())):
        assert refusal(lambda used=interface: blind.core_commit_verify(used, commitment)) == CHALLENGE
        assert (
            refusal(
                lambda used=interface: blind.blind_sign(
                    used, issuer.secret, issuer.public, commitment, HEADER, MESSAGES, rng
                )
            )
            == CHALLENGE
        )


@pytest.mark.parametrize("scalars", [[ORDER], [-1], [1, ORDER + 1]])
def test_only_scalars_are_committed_to(scalars: list[int], rng: SeededBytes) -> None:
    """Accepted twin: q - 1."""
    interface = suite.blind_interface(native_suite())
    blind.core_commit(interface, [ORDER - 1], rng)
    assert refusal(lambda: blind.core_commit(interface, scalars, rng)) == SHAPE


# --- what the signer adds ---


def test_addends_are_added_where_they_are_meant(rng: SeededBytes) -> None:
    interface, issuer = suite.credence_interface(native_suite()), key(native_suite())
    made, factor = blind.core_commit(interface, [10, 20, 30], rng)
    signed = blind.core_blind_sign(
        interface, issuer.secret, issuer.public, made, HEADER, [1, 2], rng=rng, addends={1: 5, 2: ORDER - 1}
    )
    generators = blind.blind_parameters(interface, 2, 3)
    signature.core_verify(interface, issuer.public, signed, generators, HEADER, [1, 2, factor, 10, 25, 29])
    for other in ([10, 20, 30], [15, 20, 29], [10, 25, 30]):
        assert (
            refusal(
                lambda scalars=other: signature.core_verify(
                    interface, issuer.public, signed, generators, HEADER, [1, 2, factor, *scalars]
                )
            )
            == PAIRING
        )


@pytest.mark.parametrize("addends", [{2: 1}, {-1: 1}, {0: ORDER}, {0: -1}, {1 << 31: 1}])
def test_addends_have_a_place(addends: dict[int, int], commitment: bytes, rng: SeededBytes) -> None:
    """Accepted twin: the last committed message."""
    interface, issuer = suite.blind_interface(native_suite()), key(native_suite())

    def sign(added: dict[int, int], made: bytes = commitment) -> bytes:
        return blind.core_blind_sign(interface, issuer.secret, issuer.public, made, HEADER, [1], rng=rng, addends=added)

    sign({1: 1})
    assert refusal(lambda: sign(addends)) == SHAPE
    assert refusal(lambda: sign({0: 1}, b"")) == SHAPE


def test_signing_is_deterministic(commitment: bytes) -> None:
    interface, issuer = suite.blind_interface(native_suite()), key(native_suite())
    made = {
        blind.blind_sign(interface, issuer.secret, issuer.public, commitment, HEADER, MESSAGES, SeededBytes(f"{number}"))
        for number in range(3)
    }
    assert len(made) == 1


# --- proofs ---


def prove(holder: Held, indexes: Any = (0, 4), committed_indexes: Any = (1,), seed: str = "proof") -> bytes:
    return blind.blind_proof_gen(
        holder.interface,
        holder.issuer.public,
        holder.signature,
        HEADER,
        PRESENTATION_HEADER,
        MESSAGES,
        COMMITTED,
        indexes,
        committed_indexes,
        holder.blind,
        SeededBytes(seed),
    )


def check(holder: Held, data: bytes, **changes: Any) -> None:
    given = {
        "header": HEADER,
        "presentation_header": PRESENTATION_HEADER,
        "signer_count": len(MESSAGES),
        "disclosed_messages": [MESSAGES[0], MESSAGES[4]],
        "disclosed_committed_messages": [COMMITTED[1]],
        "disclosed_indexes": (0, 4),
        "disclosed_committed_indexes": (1,),
        **changes,
    }
    blind.blind_proof_verify(holder.interface, holder.issuer.public, data, **given)


@pytest.mark.parametrize(
    ("cause", "changes", "expected"),
    [
        ("other header", {"header": b""}, CHALLENGE),
        ("other presentation header", {"presentation_header": b""}, CHALLENGE),
        ("one signer message more", {"signer_count": 6}, SHAPE),
        ("no signer messages", {"signer_count": 0}, SHAPE),
        ("negative number of signer messages", {"signer_count": -1}, SHAPE),
        ("2^31 signer messages", {"signer_count": 1 << 31}, SHAPE),
        ("all messages are the signer's", {"signer_count": 8}, SHAPE),
        ("indexes swapped", {"disclosed_indexes": (4, 0)}, SHAPE),
        ("index repeated", {"disclosed_indexes": (0, 0)}, SHAPE),
        ("index of the blind factor", {"disclosed_indexes": (0, 5)}, SHAPE),
        ("committed index out of range", {"disclosed_committed_indexes": (2,)}, SHAPE),
        ("committed index negative", {"disclosed_committed_indexes": (-1,)}, SHAPE),
        ("other committed index", {"disclosed_committed_indexes": (0,)}, CHALLENGE),
        ("other committed message", {"disclosed_committed_messages": [COMMITTED[0]]}, CHALLENGE),
        ("a message less than indexes", {"disclosed_messages": [MESSAGES[0]]}, SHAPE),
        (
            "a message moved to the committed ones",
            {"disclosed_messages": [MESSAGES[0]], "disclosed_committed_messages": [MESSAGES[4], COMMITTED[1]]},
            SHAPE,
        ),
        ("other message", {"disclosed_messages": [MESSAGES[0], b""]}, CHALLENGE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_proof_of_another_statement_is_refused(cause: str, changes: Any, expected: object, holder: Held) -> None:
    """Accepted twin: the proof as it is."""
    made = prove(holder)
    check(holder, made)
    assert refusal(lambda: check(holder, made, **changes)) == expected


def test_committed_messages_come_after_the_blind_factor(holder: Held) -> None:
    """Committed message j is message L + 1 + j of the whole vector, and index L, the blind factor, is never shown."""
    assert blind.joined_indexes((0, 4), 5, (0, 1), 2) == [0, 4, 6, 7]
    made = prove(holder, (), (0, 1))
    vector = blind.signed_vector(holder.interface, MESSAGES, holder.blind, COMMITTED)
    assert vector[5] == holder.blind
    assert encode_scalar(holder.blind) not in made


@pytest.mark.parametrize(("indexes", "committed_indexes"), [((4, 0), ()), ((5,), ()), ((), (2,)), ((), (1, 1))])
def test_a_prover_refuses_such_indexes_too(indexes: Any, committed_indexes: Any, holder: Held) -> None:
    """Accepted twin: ``prove(holder)``."""
    assert refusal(lambda: prove(holder, indexes, committed_indexes)) == SHAPE
