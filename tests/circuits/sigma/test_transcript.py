"""Is the sponge the draft's, are its codecs strict, and does a tag keep what it separates apart?"""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.circuits.curve import ORDER
from credence.circuits.errors import IllFormed, Malformed, Step
from credence.circuits.sigma.transcript import (
    CIPHERSUITE,
    RATE,
    Encoding,
    Operation,
    Sponge,
    check_tag,
    decode_field,
    decode_uint,
    derive_session_id,
    deserialize_field,
    deserialize_uint,
    deserialize_varlen_string,
    serialize_field,
    serialize_uint,
    serialize_varlen_string,
    session_tag,
    uint_length,
)

SESSION = bytes(range(32))
octets = st.binary(max_size=400)


@given(octets, octets, st.integers(0, 400), st.integers(0, 400))
def test_the_sponge_is_one_hash_of_all_it_absorbed(first: bytes, second: bytes, drawn: int, more: int) -> None:
    sponge = Sponge(SESSION)
    sponge.absorb(first)
    assert sponge.squeeze(drawn) == hashlib.shake_128(SESSION + bytes(RATE - 32) + first).digest(drawn)
    sponge.absorb(second)
    both = hashlib.shake_128(SESSION + bytes(RATE - 32) + first + second)
    expected = both.digest(drawn + more)[drawn:] if not second else both.digest(more)
    assert sponge.squeeze(more) == expected


@given(octets, octets, st.integers(0, 400), st.integers(0, 400))
def test_absorbing_and_squeezing_are_associative(first: bytes, second: bytes, drawn: int, more: int) -> None:
    one, two = Sponge(SESSION), Sponge(SESSION)
    one.absorb(first)
    one.absorb(second)
    two.absorb(first + second)
    assert one.squeeze(drawn) + one.squeeze(more) == two.squeeze(drawn + more)


def test_squeezing_goes_on_until_something_is_absorbed() -> None:
    """The same by example; the first bytes are the first also where nothing was absorbed before."""
    begun = SESSION + bytes(RATE - 32)
    sponge = Sponge(SESSION)
    assert sponge.squeeze(5) + sponge.squeeze(7) == hashlib.shake_128(begun).digest(12)
    sponge.absorb(b"")
    assert sponge.squeeze(3) == hashlib.shake_128(begun).digest(15)[12:]
    sponge.absorb(b"more")
    assert sponge.squeeze(9) == hashlib.shake_128(begun + b"more").digest(9)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_session_identifier_has_32_bytes(length: int) -> None:
    """Accepted twin: 32 bytes, everywhere else in this file."""
    with pytest.raises(IllFormed):
        Sponge(bytes(length))


def test_sessions_of_different_tags_differ() -> None:
    assert derive_session_id(b"a") != derive_session_id(b"b") != derive_session_id(b"")


@pytest.mark.parametrize(
    ("modulus", "length"), [(2, 1), (256, 1), (257, 2), (1 << 32, 4), ((1 << 32) + 1, 5), (ORDER, 32), (0x7FFFFFFF, 4)]
)
def test_an_integer_has_the_least_length_that_holds_its_modulus(modulus: int, length: int) -> None:
    assert uint_length(modulus) == length


@pytest.mark.parametrize("modulus", [1, 0, -1])
def test_no_integer_is_below_such_a_modulus(modulus: int) -> None:
    """Accepted twin: a modulus of 2, above."""
    with pytest.raises(IllFormed):
        uint_length(modulus)


@given(st.integers(0, ORDER - 1), octets, st.sampled_from(["little", "big"]))
def test_integers_come_back(value: int, rest: bytes, order: str) -> None:
    data = serialize_uint(value, ORDER, order)  # type: ignore[arg-type]
    assert len(data) == 32
    assert deserialize_uint(data + rest, ORDER, order) == (value, rest)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [-1, ORDER, ORDER + 1])
def test_an_integer_outside_its_range_is_not_written(value: int) -> None:
    """Accepted twin: ORDER - 1 in the next test."""
    with pytest.raises(IllFormed):
        serialize_uint(value, ORDER)


def test_an_integer_outside_its_range_is_not_read() -> None:
    assert deserialize_uint((ORDER - 1).to_bytes(32, "little"), ORDER) == (ORDER - 1, b"")
    for value in (ORDER, ORDER + 1, (1 << 256) - 1):
        with pytest.raises(Malformed) as refused:
            deserialize_uint(value.to_bytes(32, "little"), ORDER)
        assert refused.value.step is Step.DECODE
    with pytest.raises(Malformed):
        deserialize_uint(bytes(31), ORDER)


@given(octets, octets)
def test_strings_come_back(value: bytes, rest: bytes) -> None:
    assert deserialize_varlen_string(serialize_varlen_string(value) + rest) == (value, rest)


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x00", b"\x01\x00\x00\x00", b"\xff\xff\xff\xff" + bytes(99)])
def test_a_string_that_ends_early_is_refused(data: bytes) -> None:
    """Accepted twin: four zero bytes, the empty string."""
    assert deserialize_varlen_string(bytes(4)) == (b"", b"")
    with pytest.raises(Malformed):
        deserialize_varlen_string(data)


def test_every_coordinate_of_a_field_element_is_looked_at() -> None:
    data = serialize_field([3, 4], 251)
    assert deserialize_field(data, 251, 2) == ((3, 4), b"")
    for position in range(2):
        wrong = data[:position] + b"\xfb" + data[position + 1 :]
        with pytest.raises(Malformed):
            deserialize_field(wrong, 251, 2)


@given(st.binary(min_size=96, max_size=96))
def test_decoding_reduces_the_whole_string_little_endian(data: bytes) -> None:
    first, second = decode_field(data, ORDER, 2)
    assert first == decode_uint(data[:48], ORDER) == int.from_bytes(data[:48], "little") % ORDER
    assert second == decode_uint(data[48:], ORDER)


@pytest.mark.parametrize("length", [47, 49, 96])
def test_decoding_takes_exactly_its_bytes(length: int) -> None:
    """Accepted twin: 48 bytes, above."""
    with pytest.raises(IllFormed):
        decode_uint(bytes(length), ORDER)
    with pytest.raises(IllFormed):
        decode_field(bytes(length), ORDER)


# --- tags ---


def test_tags_are_as_written_in_the_design() -> None:
    tag = session_tag(Operation.PRESENT, Encoding.COMPACT, bytes(31) + b"\xab", constrained=True)
    assert tag == b"CREDENCE-V01-PRES-CMPT-with-sigma-proofs_Shake128_BLS12381+Q1:" + b"00" * 31 + b"ab"
    tag = session_tag(Operation.ISSUE, Encoding.BATCHABLE, bytes(32), constrained=False)
    assert tag == b"CREDENCE-V01-ISSUE-DSFS-with-sigma-proofs_Shake128_BLS12381:" + b"00" * 32


def test_no_two_tags_are_equal() -> None:
    assert [operation.value for operation in Operation] == [b"PRES", b"ISSUE", b"FOLD", b"OPEN"]
    tags = {
        session_tag(operation, encoding, context, constrained=constrained)
        for operation in Operation
        for encoding in Encoding
        for context in (bytes(32), SESSION)
        for constrained in (False, True)
    }
    assert len(tags) == len(Operation) * 2 * 2 * 2


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_tag_carries_a_whole_hash(length: int) -> None:
    """Accepted twin: 32 bytes, above."""
    with pytest.raises(IllFormed):
        session_tag(Operation.OPEN, Encoding.COMPACT, bytes(length), constrained=True)


@pytest.mark.parametrize(
    ("tag", "encoding", "constrained"),
    [
        (b"x-CMPT-with-" + CIPHERSUITE, Encoding.BATCHABLE, False),
        (b"x-DSFS-with-" + CIPHERSUITE, Encoding.COMPACT, False),
        (b"x-DSFS-CMPT-with-" + CIPHERSUITE, Encoding.BATCHABLE, False),
        (b"x-with-" + CIPHERSUITE, Encoding.BATCHABLE, False),
        (b"x-DSFS-with-sigma-proofs_Shake128_P256", Encoding.BATCHABLE, False),
        (b"x-DSFS-with-" + CIPHERSUITE + b"+Q1:", Encoding.BATCHABLE, False),
        (b"x-DSFS-with-" + CIPHERSUITE, Encoding.BATCHABLE, True),
        (b"x+Q1:-DSFS-with-" + CIPHERSUITE, Encoding.BATCHABLE, True),
    ],
)
def test_a_tag_that_separates_too_little_is_refused(tag: bytes, encoding: Encoding, constrained: bool) -> None:
    """Accepted twins: the two well-formed tags."""
    check_tag(b"x-DSFS-with-" + CIPHERSUITE, Encoding.BATCHABLE, constrained=False)
    check_tag(b"x-CMPT-with-" + CIPHERSUITE + b"+Q1:00", Encoding.COMPACT, constrained=True)
    with pytest.raises(IllFormed) as refused:
        check_tag(tag, encoding, constrained=constrained)
    assert refused.value.step is Step.CONTEXT
