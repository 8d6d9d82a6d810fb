"""Is there one encoding of every value, and is everything else refused, by both engines alike?"""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.circuits import curve as curves
from credence.circuits import encoding
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import Reader, decode_g1, decode_g2, decode_scalar
from credence.circuits.errors import IllFormed, Malformed, Step
from tests.circuits.encodings import G1_TWIN, G2_TWIN, NOT_BYTES, SIGN, Case, g1_cases, g2_cases, scalar_cases, with_flags
from tests.conftest import SeededBytes

BOTH = pytest.mark.parametrize("engine", ["native", "reference"])


@pytest.fixture
def any_curve(engine: str) -> Curve:
    return curves.load(engine)


def cause(case: Case) -> str:
    return case.cause


@BOTH
@pytest.mark.parametrize("case", g1_cases(), ids=cause)
def test_g1_is_decoded_only_from_its_one_encoding(any_curve: Curve, case: Case) -> None:
    assert decode_g1(any_curve, case.twin).to_bytes() == case.twin
    with pytest.raises(Malformed) as caught:
        decode_g1(any_curve, case.data)
    assert caught.value.step is Step.DECODE


@BOTH
@pytest.mark.parametrize("case", g2_cases(), ids=cause)
def test_g2_is_decoded_only_from_its_one_encoding(any_curve: Curve, case: Case) -> None:
    assert decode_g2(any_curve, case.twin).to_bytes() == case.twin
    with pytest.raises(Malformed) as caught:
        decode_g2(any_curve, case.data)
    assert caught.value.step is Step.DECODE


@BOTH
def test_the_other_sign_is_the_negated_point(any_curve: Curve) -> None:
    g1, g2 = decode_g1(any_curve, G1_TWIN), decode_g2(any_curve, G2_TWIN)
    flipped1 = decode_g1(any_curve, with_flags(G1_TWIN, on=SIGN & ~G1_TWIN[0], off=SIGN & G1_TWIN[0]))
    flipped2 = decode_g2(any_curve, with_flags(G2_TWIN, on=SIGN & ~G2_TWIN[0], off=SIGN & G2_TWIN[0]))
    assert flipped1 == -g1 != g1
    assert flipped2 == -g2 != g2


@BOTH
@pytest.mark.parametrize("value", NOT_BYTES, ids=lambda value: type(value).__name__)
def test_only_bytes_are_decoded(any_curve: Curve, value: Any) -> None:
    for decode in (lambda: decode_g1(any_curve, value), lambda: decode_g2(any_curve, value), lambda: decode_scalar(value)):
        with pytest.raises(Malformed):
            decode()


@pytest.mark.parametrize("bit", range(3, 384, 5))
def test_engines_agree_on_every_flipped_bit(curve: Curve, reference_curve: Curve, bit: int) -> None:
    data = (int.from_bytes(G1_TWIN, "big") ^ 1 << bit).to_bytes(48, "big")
    outcomes: list[object] = []
    for engine in (curve, reference_curve):
        try:
            outcomes.append(decode_g1(engine, data).to_bytes())
        except Malformed as refusal:
            outcomes.append(refusal.step)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("case", scalar_cases(), ids=cause)
def test_scalars_are_decoded_only_from_their_one_encoding(case: Case) -> None:
    assert encoding.encode_scalar(decode_scalar(case.twin)) == case.twin
    with pytest.raises(Malformed) as caught:
        decode_scalar(case.data)
    assert caught.value.step is Step.DECODE


def test_zero_is_a_scalar_only_where_it_may_be() -> None:
    assert decode_scalar(bytes(32)) == 0
    assert decode_scalar(bytes(31) + b"\x01", zero_ok=False) == 1
    with pytest.raises(Malformed):
        decode_scalar(bytes(32), zero_ok=False)


@given(st.integers(0, ORDER - 1))
def test_scalars_round_trip(value: int) -> None:
    assert decode_scalar(encoding.encode_scalar(value)) == value


@pytest.mark.parametrize("value", [-1, ORDER, 1 << 256])
def test_only_reduced_scalars_are_encoded(value: int) -> None:
    assert encoding.encode_scalar(value % ORDER)
    with pytest.raises(IllFormed):
        encoding.encode_scalar(value)


def test_random_scalars_take_48_bytes_and_are_never_zero(rng: SeededBytes) -> None:
    wanted = SeededBytes(rng.seed)
    assert encoding.random_scalar(rng) == int.from_bytes(wanted(48), "big") % ORDER
    draws = iter([bytes(48), ORDER.to_bytes(48, "big"), bytes(47) + b"\x05"])
    assert encoding.random_scalar(lambda count: next(draws)) == 5


@pytest.mark.parametrize(("value", "length"), [(-1, 1), (256, 1), (1 << 64, 8), (1, 0)])
def test_i2osp_refuses_what_does_not_fit(value: int, length: int) -> None:
    assert encoding.i2osp(258, 2) == b"\x01\x02"
    assert encoding.i2osp(0, 0) == b""
    with pytest.raises(IllFormed):
        encoding.i2osp(value, length)


def test_little_endian_integers_and_their_ends() -> None:
    assert encoding.u32le(258) == b"\x02\x01\x00\x00"
    assert encoding.u64le((1 << 64) - 1) == b"\xff" * 8
    for pack, end in ((encoding.u32le, 1 << 32), (encoding.u64le, 1 << 64)):
        assert pack(end - 1)
        for value in (end, -1):
            with pytest.raises(IllFormed):
                pack(value)


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_length_prefixed_strings_read_back(parts: list[bytes]) -> None:
    reader = Reader(b"".join(encoding.lp(part) for part in parts))
    assert [reader.take_lp() for _ in parts] == parts
    assert reader.remaining == 0
    reader.done()


def test_the_reader_reads_in_order() -> None:
    reader = Reader(b"\x01\x00\x00\x00" + b"\x02" + bytes(7) + b"ab")
    assert (reader.take_u32(), reader.take_u64(), reader.take(0), reader.remaining) == (1, 2, b"", 2)
    with pytest.raises(Malformed):
        reader.done()
    assert reader.take(2) == b"ab"
    reader.done()


@pytest.mark.parametrize("data", [b"", b"\x03\x00\x00", b"\x04\x00\x00\x00abc", b"\x00\x00\x00\x80abc", b"\xff\xff\xff\xff"])
def test_the_reader_refuses_to_read_past_the_end(data: bytes) -> None:
    """A missing length, a cut one, one too long, 2^31 and 2^32 - 1; the accepted twin has the length it says."""
    assert Reader(b"\x03\x00\x00\x00abc").take_lp() == b"abc"
    with pytest.raises(Malformed):
        Reader(data).take_lp()


def test_the_reader_takes_no_negative_count() -> None:
    with pytest.raises(Malformed):
        Reader(b"abc").take(-1)


@given(st.binary(max_size=100))
def test_base64url_round_trips(data: bytes) -> None:
    text = encoding.b64u(data)
    assert encoding.b64u_decode(text) == data
    assert text == base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    ("text", "twin"),
    [
        ("-_8=", "-_8"),
        ("+/8", "-_8"),
        ("-_9", "-_8"),
        ("-_8\n", "-_8"),
        (" -_8", "-_8"),
        ("-_ 8", "-_8"),
        ("-", "-_"[:0]),
        ("-\x00_8", "-_8"),
        ("-_é", "-_8"),
        ("-_８", "-_8"),
        ("====", ""),
    ],
)
def test_base64url_has_one_text_for_each_value(text: str, twin: str) -> None:
    assert encoding.b64u(encoding.b64u_decode(twin)) == twin
    with pytest.raises(Malformed) as caught:
        encoding.b64u_decode(text)
    assert caught.value.step is Step.SHAPE


@pytest.mark.parametrize("value", [None, 7, b"AAAA", ["AAAA"]])
def test_base64url_is_text(value: Any) -> None:
    assert encoding.b64u_decode("AAAA") == bytes(3)
    with pytest.raises(Malformed):
        encoding.b64u_decode(value)


def test_base64url_is_bounded_before_it_is_read() -> None:
    assert encoding.b64u_decode("A" * 8, max_length=8) == bytes(6)
    with pytest.raises(Malformed):
        encoding.b64u_decode("A" * 12, max_length=8)
    assert encoding.b64u_decode("A" * (1 << 20)) == bytes(3 << 18)
    with pytest.raises(Malformed):
        encoding.b64u_decode("A" * ((1 << 20) + 4))


def test_refusals_carry_none_of_the_input() -> None:
    for refuse in (
        lambda: decode_scalar(b"\xff" * 32),
        lambda: encoding.b64u_decode("secret="),
        lambda: Reader(b"x").take(9),
    ):
        with pytest.raises(Malformed) as caught:
            refuse()
        assert "secret" not in caught.value.reason
        assert "ff" * 8 not in caught.value.reason
