"""Does a proof show exactly what it says, and is everything refused that differs in one thing?

The accepted twin of every refusal is ``shown()``, verified first by the fixture of that name.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.bbs import possession, proof, signature, suite
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import random_scalar
from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused, Step
from tests.circuits.bbs import subjects
from tests.circuits.bbs.subjects import HEADER, MESSAGES, PRESENTATION_HEADER, Shown, blocks, key, refusal
from tests.circuits.encodings import Case, g1_cases, scalar_cases
from tests.conftest import SeededBytes

POINTS = {"Abar": 0, "Bbar": 48, "D": 96}
SCALARS = {"e^": 144, "r1^": 176, "r3^": 208, "first m^": 240, "last m^": 304, "challenge": 336}
CHALLENGE = (Refused, Step.CHALLENGE)
SHAPE = (IllFormed, Step.SHAPE)


@pytest.fixture
def shown() -> Shown:
    accepted = subjects.shown()
    accepted.verify()
    return accepted


def spliced(data: bytes, at: int, piece: bytes) -> bytes:
    return data[:at] + piece + data[at + len(piece) :]


def test_the_layout_is_the_draft_s(shown: Shown) -> None:
    decoded = possession.Proof.decode(shown.interface.curve, shown.proof)
    assert decoded.encode() == shown.proof
    assert len(shown.proof) == 272 + 32 * 3
    assert decoded.challenge == int.from_bytes(shown.proof[-32:], "big")


@pytest.mark.parametrize(
    ("cause", "changes", "expected"),
    [
        ("swapped", {"indexes": (3, 1)}, SHAPE),
        ("swapped with their messages", {"indexes": (3, 1), "messages": [MESSAGES[3], MESSAGES[1]]}, SHAPE),
        ("repeated", {"indexes": (1, 1)}, SHAPE),
        ("past the end", {"indexes": (1, 5)}, SHAPE),
        ("negative", {"indexes": (-1, 3)}, SHAPE),
        ("2^31", {"indexes": (1, 1 << 31)}, SHAPE),
        ("true for 1", {"indexes": (True, 3)}, SHAPE),
        ("a float", {"indexes": (1.0, 3)}, SHAPE),
        ("no index for a message", {"indexes": (1,)}, SHAPE),
        ("an index without a message", {"indexes": (1, 2, 3)}, SHAPE),
        ("other positions", {"indexes": (0, 3)}, CHALLENGE),
        ("messages swapped", {"messages": [MESSAGES[3], MESSAGES[1]]}, CHALLENGE),
        ("other message", {"messages": [MESSAGES[1], b"other"]}, CHALLENGE),
        ("nothing disclosed", {"indexes": (), "messages": []}, CHALLENGE),
        ("other header", {"header": HEADER + b"x"}, CHALLENGE),
        ("no header", {"header": b""}, CHALLENGE),
        ("other presentation header", {"presentation_header": PRESENTATION_HEADER[:-1]}, CHALLENGE),
        ("no presentation header", {"presentation_header": b""}, CHALLENGE),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_statement_is_refused(cause: str, changes: Any, expected: object, shown: Shown) -> None:
    assert refusal(shown.but(**changes).verify) == expected


def test_another_key_is_refused(shown: Shown) -> None:
    other = key(subjects.native_suite(), "another issuer")
    assert refusal(shown.but(public_key=other.public).verify) == CHALLENGE


@pytest.mark.parametrize("public_key", [b"\xc0" + bytes(95), b"\xe0" + bytes(95), bytes(96), b"", bytes(95)])
def test_no_key_is_refused(public_key: bytes, shown: Shown) -> None:
    assert refusal(shown.but(public_key=public_key).verify) == (Malformed, Step.DECODE)


def test_a_proof_is_of_one_suite_and_interface(shown: Shown, curve: Curve) -> None:
    used = subjects.native_suite()
    for other in (
        suite.blind_interface(used),
        suite.pseudonym_interface(used),
        suite.credence_interface(used),
        suite.core_interface(suite.shake256_suite(curve)),
    ):
        assert refusal(shown.but(interface=other).verify) == CHALLENGE


@pytest.mark.parametrize("slot", POINTS)
@pytest.mark.parametrize("case", [case for case in g1_cases() if len(case.data) == 48], ids=lambda case: case.cause)
def test_points_are_decoded_strictly(case: Case, slot: str, shown: Shown) -> None:
    """The other twin: ``case.twin`` in the slot is decoded, and refused for what it is."""
    assert refusal(shown.but(proof=spliced(shown.proof, POINTS[slot], case.twin)).verify) == CHALLENGE
    assert refusal(shown.but(proof=spliced(shown.proof, POINTS[slot], case.data)).verify) == (Malformed, Step.DECODE)


@pytest.mark.parametrize("slot", SCALARS)
@pytest.mark.parametrize("case", [case for case in scalar_cases() if len(case.data) == 32], ids=lambda case: case.cause)
def test_scalars_are_decoded_strictly(case: Case, slot: str, shown: Shown) -> None:
    """The other twin: ``case.twin`` in the slot is decoded, and refused for what it is."""
    assert refusal(shown.but(proof=spliced(shown.proof, SCALARS[slot], case.twin)).verify) == CHALLENGE
    assert refusal(shown.but(proof=spliced(shown.proof, SCALARS[slot], case.data)).verify) == (Malformed, Step.DECODE)


@pytest.mark.parametrize("slot", SCALARS)
def test_a_scalar_plus_the_order_is_refused(slot: str, shown: Shown) -> None:
    at = SCALARS[slot]
    again = int.from_bytes(shown.proof[at : at + 32], "big") + ORDER
    changed = spliced(shown.proof, at, again.to_bytes(32, "big"))
    assert refusal(shown.but(proof=changed).verify) == (Malformed, Step.DECODE)


@pytest.mark.parametrize("slot", SCALARS)
def test_a_zero_scalar_is_refused(slot: str, shown: Shown) -> None:
    changed = spliced(shown.proof, SCALARS[slot], bytes(32))
    assert refusal(shown.but(proof=changed).verify) == (Malformed, Step.DECODE)


@pytest.mark.parametrize("chosen", [("Abar",), ("Bbar",), ("D",), ("Abar", "Bbar"), ("Abar", "Bbar", "D")])
@pytest.mark.parametrize("scalars_too", [False, True])
def test_infinity_satisfies_nothing(chosen: tuple[str, ...], scalars_too: bool, shown: Shown) -> None:
    """Identity points make pairing and equations hold by themselves, with zero answers more so."""
    data = shown.proof
    for slot in chosen:
        data = spliced(data, POINTS[slot], b"\xc0" + bytes(47))
    if scalars_too:
        data = data[:144] + bytes(len(data) - 144)
    assert refusal(shown.but(proof=data).verify) == (Malformed, Step.DECODE)


@pytest.mark.parametrize(
    ("cause", "change", "expected"),
    [
        ("a trailing byte", lambda data: data + b"\x00", (Malformed, Step.SHAPE)),
        ("a missing byte", lambda data: data[:-1], (Malformed, Step.SHAPE)),
        ("a leading byte", lambda data: b"\x00" + data, (Malformed, Step.SHAPE)),
        ("nothing", lambda data: b"", (Malformed, Step.SHAPE)),
        ("only points", lambda data: data[:144], (Malformed, Step.SHAPE)),
        ("an answer less", lambda data: data[:240] + data[272:], CHALLENGE),
        ("an answer more", lambda data: data[:240] + data[240:272] + data[240:], CHALLENGE),
        ("answers swapped", lambda data: data[:240] + data[272:304] + data[240:272] + data[304:], CHALLENGE),
        ("points swapped", lambda data: data[48:96] + data[:48] + data[96:], CHALLENGE),
        ("not bytes", lambda data: bytearray(data), (Malformed, Step.SHAPE)),
        ("hex", lambda data: data.hex(), (Malformed, Step.SHAPE)),
        ("none", lambda data: None, (Malformed, Step.SHAPE)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_shape_is_refused(cause: str, change: Any, expected: object, shown: Shown) -> None:
    assert refusal(shown.but(proof=change(shown.proof)).verify) == expected


def test_more_messages_than_there_are_generators_are_refused(shown: Shown) -> None:
    long = shown.proof[:240] + shown.proof[240:272] * (suite.MAX_GENERATORS + 1) + shown.proof[-32:]
    assert refusal(shown.but(proof=long).verify) == SHAPE


def test_every_flipped_bit_is_refused() -> None:
    """All 2,944 bits of a proof. Accepted twin: the proof as it is."""
    accepted = subjects.shown()
    accepted.verify()
    number = int.from_bytes(accepted.proof, "big")
    for bit in range(8 * len(accepted.proof)):
        changed = accepted.but(proof=(number ^ 1 << bit).to_bytes(len(accepted.proof), "big"))
        with pytest.raises(CircuitError):
            changed.verify()


def test_a_signature_that_nobody_made_is_refused(shown: Shown, rng: SeededBytes) -> None:
    """A prover without a signature can meet both equations and the challenge, not the pairing."""
    interface = shown.interface
    forged = signature.Signature(interface.curve.BP1 * random_scalar(rng), random_scalar(rng)).encode()
    made = proof.proof_gen(interface, shown.public_key, forged, HEADER, PRESENTATION_HEADER, MESSAGES, shown.indexes, rng)
    assert refusal(shown.but(proof=made).verify) == (Refused, Step.PAIRING)


def test_a_signature_of_another_key_is_refused(shown: Shown, rng: SeededBytes) -> None:
    """The other key's signature over this key's domain: all but the pairing fits."""
    interface, other = shown.interface, key(subjects.native_suite(), "another issuer")
    signed = signature.sign(interface, other.secret, shown.public_key, HEADER, MESSAGES, rng)
    made = proof.proof_gen(interface, shown.public_key, signed, HEADER, PRESENTATION_HEADER, MESSAGES, shown.indexes, rng)
    assert refusal(shown.but(proof=made).verify) == (Refused, Step.PAIRING)


@pytest.mark.parametrize("scalars", [[1], [1, 2, 3], [1, ORDER], [-1, 2], []])
def test_disclosed_scalars_must_fit_their_indexes(scalars: list[int], shown: Shown) -> None:
    """Accepted twin: the scalars of the two messages."""
    interface = shown.interface
    generators = interface.generators(len(MESSAGES) + 1)

    def verify(values: list[int]) -> None:
        proof.core_proof_verify(
            interface, shown.public_key, shown.proof, generators, HEADER, PRESENTATION_HEADER, values, (1, 3)
        )

    verify(interface.messages_to_scalars([MESSAGES[1], MESSAGES[3]]))
    assert refusal(lambda: verify(scalars)) == SHAPE


@pytest.mark.parametrize("count", [0, 1, len(MESSAGES), len(MESSAGES) + 2])
def test_generators_must_fit_the_proof(count: int, shown: Shown) -> None:
    """Accepted twin: one generator more than messages."""
    scalars = shown.interface.messages_to_scalars(shown.messages)
    found = refusal(
        lambda: proof.core_proof_verify(
            shown.interface,
            shown.public_key,
            shown.proof,
            shown.interface.generators(count),
            HEADER,
            PRESENTATION_HEADER,
            scalars,
            shown.indexes,
        )
    )
    assert found == SHAPE


@pytest.mark.parametrize("indexes", [(3, 1), (1, 1), (5,), (-1,), range(6)])
def test_a_prover_refuses_such_indexes_too(indexes: Any, shown: Shown, rng: SeededBytes) -> None:
    """Accepted twin: the indexes of ``shown``."""
    signed = bytes(80)
    found = refusal(
        lambda: proof.proof_gen(
            shown.interface, shown.public_key, signed, HEADER, PRESENTATION_HEADER, MESSAGES, indexes, rng
        )
    )
    assert found == SHAPE


def test_two_shows_share_nothing(shown: Shown) -> None:
    """Of one signature, over one statement: no 16 bytes are alike."""
    used = subjects.native_suite()
    issuer, interface = key(used), shown.interface
    signed = signature.sign(interface, issuer.secret, issuer.public, HEADER, MESSAGES, SeededBytes("s"))
    shows = [
        proof.proof_gen(interface, issuer.public, signed, HEADER, b"", MESSAGES, (1, 3), SeededBytes(f"show {number}"))
        for number in range(3)
    ]
    assert not blocks(shows[0]) & blocks(shows[1])
    assert not blocks(shows[0]) & blocks(shows[2])
    assert not any(blocks(made) & blocks(signed) for made in shows)


def test_a_commitment_that_is_the_identity_is_refused(shown: Shown) -> None:
    """With all three points equal, answers can be chosen so that T1 vanishes; one step beside, the challenge decides."""
    data = shown.proof
    for slot in ("Bbar", "D"):
        data = spliced(data, POINTS[slot], data[:48])
    challenge = int.from_bytes(data[-32:], "big")
    vanishing = spliced(spliced(data, 144, (ORDER - challenge - 7).to_bytes(32, "big")), 176, (7).to_bytes(32, "big"))
    assert refusal(shown.but(proof=vanishing).verify) == (IllFormed, Step.INSTANCE)
    assert refusal(shown.but(proof=spliced(vanishing, 176, (8).to_bytes(32, "big"))).verify) == CHALLENGE


def test_the_second_commitment_too(shown: Shown) -> None:
    """D is what cancels everything else in T2 where its answer is one; with two, the challenge decides."""
    interface, made = shown.interface, possession.Proof.decode(shown.interface.curve, shown.proof)
    generators = interface.generators(len(MESSAGES) + 1)
    Q1, *H = generators
    domain, c = interface.domain(shown.public_key, generators, HEADER), made.challenge
    others = interface.suite.P1 * c + Q1 * (domain * c % ORDER)
    for at, scalar in zip(shown.indexes, interface.messages_to_scalars(shown.messages), strict=True):
        others = others + H[at] * (scalar * c % ORDER)
    for at, answer in zip((0, 2, 4), made.responses, strict=True):
        others = others + H[at] * answer
    vanishing = replace(made, D=-others, r3_hat=1)
    assert refusal(shown.but(proof=vanishing.encode()).verify) == (IllFormed, Step.INSTANCE)
    assert refusal(shown.but(proof=replace(vanishing, r3_hat=2).encode()).verify) == CHALLENGE


@pytest.mark.parametrize("cut", [slice(0, 144), slice(0, 240), slice(0, 271), slice(0, -1), slice(0, 0)])
def test_what_is_decoded_has_a_length_that_a_proof_has(cut: slice, shown: Shown) -> None:
    """Whoever decodes has not to have asked before."""
    curve = shown.interface.curve
    assert possession.Proof.decode(curve, shown.proof[:272]).responses == ()
    assert refusal(lambda: possession.Proof.decode(curve, shown.proof[cut])) == (Malformed, Step.SHAPE)


def test_a_disclosed_scalar_may_be_zero(shown: Shown, rng: SeededBytes) -> None:
    """A rung that is not reached is one."""
    interface, issuer = shown.interface, key(subjects.native_suite())
    generators, scalars = interface.generators(4), [0, 5, ORDER - 1]
    signed = signature.core_sign(interface, issuer.secret, issuer.public, generators, HEADER, scalars, rng)
    made = proof.core_proof_gen(interface, issuer.public, signed, generators, HEADER, b"", scalars, (0, 2), rng)
    proof.core_proof_verify(interface, issuer.public, made, generators, HEADER, b"", [0, ORDER - 1], (0, 2))
    other = [1, ORDER - 1]
    judge = lambda: proof.core_proof_verify(interface, issuer.public, made, generators, HEADER, b"", other, (0, 2))  # noqa: E731
    assert refusal(judge) == CHALLENGE
