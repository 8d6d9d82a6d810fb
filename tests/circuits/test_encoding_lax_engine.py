"""Does decoding refuse what an engine would let through?

Both engines check most of it themselves, so that no byte string tells whether our own checks are there. These engines accept
everything, and say of a point what they are told to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from credence.circuits import encoding
from credence.circuits.encoding import decode_g1, decode_g2
from credence.circuits.errors import IllFormed, Malformed, Step


@dataclass(frozen=True)
class LaxPoint:
    data: bytes
    is_identity: bool = False

    def to_bytes(self) -> bytes:
        return self.data


@dataclass(frozen=True)
class LaxEngine:
    """Every byte string is a point, and encodes to itself or to ``canonical``."""

    canonical: bytes | None = None
    identity: bool = False

    def decompress_g1(self, data: bytes) -> LaxPoint:
        return LaxPoint(self.canonical or data, self.identity)

    decompress_g2 = decompress_g1


Decode = Callable[[Any, Any], Any]
DOORS = pytest.mark.parametrize(("decode", "length"), [(decode_g1, 48), (decode_g2, 96)], ids=["g1", "g2"])


def refused(decode: Decode, engine: LaxEngine, data: Any) -> None:
    with pytest.raises(Malformed) as caught:
        decode(engine, data)
    assert caught.value.step is Step.DECODE


@DOORS
def test_flags_are_looked_at_first(decode: Decode, length: int) -> None:
    rest = bytes(length - 1)
    for accepted in (b"\x80", b"\xa0", b"\x81", b"\xbf"):
        assert decode(LaxEngine(), accepted + rest).to_bytes() == accepted + rest
    for uncompressed in (b"\x00", b"\x01", b"\x20", b"\x3f"):
        refused(decode, LaxEngine(), uncompressed + rest)
    for infinite in (b"\xc0", b"\xc1", b"\xe0", b"\xff"):
        refused(decode, LaxEngine(), infinite + rest)


@DOORS
def test_the_identity_is_refused_however_it_was_written(decode: Decode, length: int) -> None:
    data = b"\x80" + bytes(length - 1)
    assert decode(LaxEngine(), data)
    refused(decode, LaxEngine(identity=True), data)


@DOORS
def test_a_point_has_one_encoding(decode: Decode, length: int) -> None:
    data = b"\x80" + bytes(length - 1)
    assert decode(LaxEngine(canonical=data), data)
    refused(decode, LaxEngine(canonical=b"\x80" + bytes(length - 2) + b"\x01"), data)


@DOORS
def test_an_engine_is_never_asked_about_another_length_or_type(decode: Decode, length: int) -> None:
    data = b"\x80" + bytes(length - 1)
    assert decode(LaxEngine(), data)
    for wrong in (data[:-1], data + b"\x00", b"", bytearray(data)):
        refused(decode, LaxEngine(), wrong)


def test_i2osp_has_room_for_exactly_so_much() -> None:
    assert encoding.i2osp(255, 1) == b"\xff"
    assert encoding.i2osp((1 << 64) - 1, 8) == b"\xff" * 8
    for value, length in ((256, 1), (1 << 64, 8), (-1, 8), (-256, 1)):
        with pytest.raises(IllFormed):
            encoding.i2osp(value, length)
