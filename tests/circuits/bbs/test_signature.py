"""Do signatures verify, does nothing else verify, and do the issuer's scalars stay blinded?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from credence.circuits.bbs import signature, suite
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import encode_scalar
from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused, Step
from tests.circuits.bbs.subjects import HEADER, MESSAGES, key, native_suite, refusal
from tests.circuits.encodings import Case, g1_cases, g2_cases, scalar_cases
from tests.conftest import SeededBytes


@pytest.fixture(scope="module")
def interface() -> suite.Interface:
    return suite.core_interface(native_suite())


@pytest.fixture(scope="module")
def signed(interface: suite.Interface) -> bytes:
    issuer = key(interface.suite)
    made = signature.sign(interface, issuer.secret, issuer.public, HEADER, MESSAGES, SeededBytes("signed"))
    signature.verify(interface, issuer.public, made, HEADER, MESSAGES)
    return made


@pytest.mark.parametrize(
    ("cause", "header", "messages"),
    [
        ("other header", HEADER + b"x", MESSAGES),
        ("no header", b"", MESSAGES),
        ("other message", HEADER, [*MESSAGES[:-1], b"other"]),
        ("messages swapped", HEADER, [MESSAGES[1], MESSAGES[0], *MESSAGES[2:]]),
        ("a message less", HEADER, MESSAGES[:-1]),
        ("a message more", HEADER, [*MESSAGES, b""]),
        ("no message", HEADER, []),
        ("message moved into the header", HEADER + MESSAGES[0], MESSAGES[1:]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_statement_is_refused(
    cause: str, header: bytes, messages: list[bytes], interface: suite.Interface, signed: bytes
) -> None:
    """Accepted twin: the fixture ``signed``."""
    issuer = key(interface.suite)
    found = refusal(lambda: signature.verify(interface, issuer.public, signed, header, messages))
    assert found == (Refused, Step.PAIRING)


def test_other_keys_suites_and_interfaces_are_refused(interface: suite.Interface, signed: bytes, curve: Curve) -> None:
    """Accepted twin: the fixture ``signed``."""
    issuer, other = key(interface.suite), key(interface.suite, "another issuer")
    for used, public_key in [
        (interface, other.public),
        (suite.blind_interface(interface.suite), issuer.public),
        (suite.credence_interface(interface.suite), issuer.public),
        (suite.core_interface(suite.shake256_suite(curve)), issuer.public),
    ]:
        found = refusal(lambda used=used, pk=public_key: signature.verify(used, pk, signed, HEADER, MESSAGES))
        assert found == (Refused, Step.PAIRING)


@pytest.mark.parametrize("case", g1_cases(), ids=lambda case: case.cause)
def test_the_point_is_decoded_strictly(case: Case, interface: suite.Interface, signed: bytes) -> None:
    """Accepted twin: ``case.twin`` decodes; ``signed`` verifies."""
    signature.Signature.decode(interface.curve, case.twin + signed[48:])
    with pytest.raises(Malformed):
        signature.Signature.decode(interface.curve, case.data + signed[48:])


@pytest.mark.parametrize("case", [*scalar_cases(), Case("zero", bytes(32), (1).to_bytes(32, "big"))], ids=lambda c: c.cause)
def test_the_scalar_is_decoded_strictly(case: Case, interface: suite.Interface, signed: bytes) -> None:
    """Accepted twin: ``case.twin`` decodes; ``signed`` verifies."""
    signature.Signature.decode(interface.curve, signed[:48] + case.twin)
    with pytest.raises(Malformed):
        signature.Signature.decode(interface.curve, signed[:48] + case.data)


@pytest.mark.parametrize("case", g2_cases(), ids=lambda case: case.cause)
def test_the_key_is_decoded_strictly(case: Case, interface: suite.Interface, signed: bytes) -> None:
    """Accepted twin: ``case.twin`` is a key, though not the signer's."""
    assert refusal(lambda: signature.verify(interface, case.twin, signed, HEADER, MESSAGES))[0] is Refused
    assert refusal(lambda: signature.verify(interface, case.data, signed, HEADER, MESSAGES))[0] is Malformed


def test_every_flipped_bit_is_refused(interface: suite.Interface, signed: bytes) -> None:
    """Every eighth bit of the signature, each byte once. Accepted twin: the fixture ``signed``."""
    issuer = key(interface.suite)
    for at in range(len(signed)):
        flipped = signed[:at] + bytes([signed[at] ^ 1 << at % 8]) + signed[at + 1 :]
        assert refusal(lambda data=flipped: signature.verify(interface, issuer.public, data, HEADER, MESSAGES))


def test_e_plus_the_order_is_refused(interface: suite.Interface, signed: bytes) -> None:
    """Accepted twin: the fixture ``signed``; its e and e + q are one residue."""
    again = (int.from_bytes(signed[48:], "big") + ORDER).to_bytes(32, "big")
    issuer = key(interface.suite)
    found = refusal(lambda: signature.verify(interface, issuer.public, signed[:48] + again, HEADER, MESSAGES))
    assert found == (Malformed, Step.DECODE)


@pytest.mark.parametrize("scalars", [[1, 2], [1, 2, 3, 4], [1, 2, -1], [1, 2, ORDER], []])
def test_scalars_must_fit_the_generators(scalars: list[int], interface: suite.Interface) -> None:
    """Accepted twin: three scalars in range."""
    issuer, generators, rng = key(interface.suite), interface.generators(4), SeededBytes("fit")
    made = signature.core_sign(interface, issuer.secret, issuer.public, generators, HEADER, [1, 2, 3], rng)
    signature.core_verify(interface, issuer.public, made, generators, HEADER, [1, 2, 3])
    with pytest.raises(IllFormed):
        signature.core_sign(interface, issuer.secret, issuer.public, generators, HEADER, scalars, rng)
    with pytest.raises(IllFormed):
        signature.core_verify(interface, issuer.public, made, generators, HEADER, scalars)


def test_lengths_are_looked_at_before_anything_is_computed(interface: suite.Interface) -> None:
    generators = interface.generators(4)
    signature.check_lengths(generators, [0, 1, ORDER - 1])
    for scalars in ([1, 2], [1, 2, 3, 4], [], [1, 2, ORDER], [1, 2, -1]):
        assert refusal(lambda scalars=scalars: signature.check_lengths(generators, scalars)) == (IllFormed, Step.SHAPE)


@pytest.mark.parametrize(
    "change",
    [lambda data: data[:-1], lambda data: data + b"\x00", lambda data: data[:48], lambda data: b"", bytearray, memoryview],
    ids=["a byte less", "a byte more", "the point alone", "nothing", "bytearray", "memoryview"],
)
def test_a_signature_has_80_bytes(change: Callable[[bytes], Any], interface: suite.Interface, signed: bytes) -> None:
    """Accepted twin: the fixture ``signed``."""
    decode = signature.Signature.decode
    assert decode(interface.curve, signed).encode() == signed
    assert refusal(lambda: decode(interface.curve, change(signed))) == (Malformed, Step.SHAPE)


def test_a_header_alone_is_signed(interface: suite.Interface, rng: SeededBytes) -> None:
    issuer = key(interface.suite)
    made = signature.sign(interface, issuer.secret, issuer.public, HEADER, [], rng)
    signature.verify(interface, issuer.public, made, HEADER, [])


@pytest.mark.parametrize("secret", [0, ORDER, -1, ORDER + 5, 1 << 256])
def test_no_secret_key_outside_its_range(secret: int, interface: suite.Interface, rng: SeededBytes) -> None:
    """Accepted twins: 1 and q - 1."""
    for accepted in (1, ORDER - 1):
        public = signature.sk_to_pk(interface.curve, accepted, rng)
        made = signature.sign(interface, accepted, public, HEADER, MESSAGES, rng)
        signature.verify(interface, public, made, HEADER, MESSAGES)
    for act in (
        lambda: signature.sk_to_pk(interface.curve, secret, rng),
        lambda: signature.sign(interface, secret, public, HEADER, MESSAGES, rng),
    ):
        with pytest.raises(IllFormed):
            act()


@pytest.mark.parametrize(
    ("material", "info"),
    [(bytes(31), b""), (b"", b""), (bytes(32), bytes(65_536))],
    ids=["31 bytes", "nothing", "long info"],
)
def test_key_generation_refuses(material: bytes, info: bytes) -> None:
    """Accepted twins: 32 bytes, and 65535 bytes of info."""
    assert signature.key_gen(native_suite(), bytes(32)) != signature.key_gen(native_suite(), bytes(32), bytes(65_535))
    with pytest.raises(IllFormed):
        signature.key_gen(native_suite(), material, info)


# --- blinding ---


def test_the_result_does_not_depend_on_the_blinding(interface: suite.Interface) -> None:
    issuer = key(interface.suite)
    made = {
        signature.sign(interface, issuer.secret, issuer.public, HEADER, MESSAGES, SeededBytes(f"blinding {number}"))
        for number in range(4)
    }
    public = {signature.sk_to_pk(interface.curve, issuer.secret, SeededBytes(f"b {number}")) for number in range(4)}
    assert len(made) == len(public) == 1


class Recorded:
    """Stands for a point; remembers what it was multiplied by."""

    def __init__(self) -> None:
        self.multipliers: list[int] = []

    def __mul__(self, scalar: int) -> Recorded:
        self.multipliers.append(scalar)
        return self

    def __add__(self, other: Recorded) -> Recorded:
        return self


def test_no_point_is_multiplied_by_the_secret_itself(rng: SeededBytes) -> None:
    secret, seen = 123456789, []
    for _ in range(10):
        recorded: Any = Recorded()
        signature.multiply_blinded(recorded, secret, rng)
        assert sum(recorded.multipliers) % ORDER == secret
        assert secret not in recorded.multipliers
        assert min(recorded.multipliers).bit_length() > 200
        seen += recorded.multipliers
    assert len(set(seen)) == len(seen) == 20


def test_both_kinds_of_blinding_draw_randomness(interface: suite.Interface) -> None:
    drawn: list[int] = []

    def counted(wanted: int) -> bytes:
        drawn.append(wanted)
        return bytes([len(drawn)]) * wanted

    issuer = key(interface.suite)
    signature.sign(interface, issuer.secret, issuer.public, HEADER, MESSAGES, counted)
    assert drawn == [48, 48]  # the mask of the inverse, the share of the multiplication
    signature.sk_to_pk(interface.curve, issuer.secret, counted)
    assert drawn == [48, 48, 48]


def test_no_signature_under_a_key_that_cancels(interface: suite.Interface, rng: SeededBytes) -> None:
    """SK + e = 0 has no inverse. Accepted twin: e + 1."""
    B = interface.generators(1)[0]
    issuer = key(interface.suite)
    refuses: Callable[[int], tuple[type[CircuitError], Step | None]] = lambda e: refusal(  # noqa: E731
        lambda: signature.finalize_sign(issuer.secret, B, e, rng)
    )
    made = signature.finalize_sign(issuer.secret, B, ORDER - issuer.secret + 1, rng)
    assert made[48:] == encode_scalar(ORDER - issuer.secret + 1)
    assert refuses(ORDER - issuer.secret)[0] is IllFormed
    assert refuses(0)[0] is IllFormed
    assert refusal(lambda: signature.finalize_sign(issuer.secret, interface.curve.identity_g1, 5, rng))[0] is IllFormed
