"""The one strict door between bytes and values.

Points are decoded here and nowhere else: compression bit set, not infinity, coordinate below p, on the curve, in the
subgroup, and the re-encoding equals the input. Scalars are 32 bytes big-endian below q (IETF BBS, section "Serialization").
``LP(x)`` is a 4-byte little-endian length and then ``x``.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Final

from credence.circuits.curve import G1, G1_LENGTH, G2, G2_LENGTH, ORDER, SCALAR_LENGTH, Curve
from credence.circuits.errors import IllFormed, Malformed, Step

_NOT_BYTES: Final = "not a byte string"

Rng = Callable[[int], bytes]
"""Given a number of bytes, returns that many uniform random bytes. Bound to the operating system at the edges only."""


def decode_g1(curve: Curve, data: bytes) -> G1:
    """A point of G1 other than the identity, from 48 canonical bytes. Raises :class:`Malformed`."""
    _check_form(data, G1_LENGTH, "G1")
    point = curve.decompress_g1(data)
    if point.is_identity or point.to_bytes() != data:
        raise Malformed("not the canonical encoding of a G1 point", Step.DECODE)
    return point


def decode_g2(curve: Curve, data: bytes) -> G2:
    """A point of G2 other than the identity, from 96 canonical bytes. Raises :class:`Malformed`."""
    _check_form(data, G2_LENGTH, "G2")
    point = curve.decompress_g2(data)
    if point.is_identity or point.to_bytes() != data:
        raise Malformed("not the canonical encoding of a G2 point", Step.DECODE)
    return point


def _check_form(data: bytes, length: int, group: str) -> None:
    if not isinstance(data, bytes):
        raise Malformed(_NOT_BYTES, Step.DECODE)
    if len(data) != length:
        raise Malformed(f"a {group} point has {length} bytes", Step.DECODE)
    if not data[0] & 0x80:
        raise Malformed("the compression bit is not set", Step.DECODE)
    if data[0] & 0x40:
        raise Malformed("the identity is no accepted point", Step.DECODE)


def decode_scalar(data: bytes, *, zero_ok: bool = True) -> int:
    """An integer in ``[0, ORDER)`` from 32 big-endian bytes. Raises :class:`Malformed`, also for zero unless ``zero_ok``."""
    if not isinstance(data, bytes):
        raise Malformed(_NOT_BYTES, Step.DECODE)
    if len(data) != SCALAR_LENGTH:
        raise Malformed("a scalar has 32 bytes", Step.DECODE)
    value = int.from_bytes(data, "big")
    if value >= ORDER:
        raise Malformed("scalar not below the group order", Step.DECODE)
    if value == 0 and not zero_ok:
        raise Malformed("scalar is zero", Step.DECODE)
    return value


def encode_scalar(value: int) -> bytes:
    """32 bytes big-endian. Raises :class:`IllFormed` outside ``[0, ORDER)``: a scalar is reduced by who computes it."""
    if not 0 <= value < ORDER:
        raise IllFormed("scalar out of range")
    return value.to_bytes(SCALAR_LENGTH, "big")


def random_scalar(rng: Rng) -> int:
    """A uniform scalar other than zero: 48 random bytes reduced modulo q (bias below 2^-128)."""
    while True:
        value = int.from_bytes(rng(48), "big") % ORDER
        if value:
            return value


def i2osp(value: int, length: int) -> bytes:
    """RFC 8017 I2OSP: ``value`` in ``length`` big-endian bytes. Raises :class:`IllFormed` where it does not fit."""
    if value < 0 or value >> (8 * length):
        raise IllFormed("integer too large for its field")
    return value.to_bytes(length, "big")


def u32le(value: int) -> bytes:
    """4 bytes little-endian. Raises :class:`IllFormed` outside ``[0, 2^32)``."""
    if not 0 <= value < 1 << 32:
        raise IllFormed("integer too large for its field")
    return value.to_bytes(4, "little")


def u64le(value: int) -> bytes:
    """8 bytes little-endian. Raises :class:`IllFormed` outside ``[0, 2^64)``."""
    if not 0 <= value < 1 << 64:
        raise IllFormed("integer too large for its field")
    return value.to_bytes(8, "little")


def lp(data: bytes) -> bytes:
    """``LP(x)``: the length as 4 bytes little-endian, then the bytes."""
    return u32le(len(data)) + data


def b64u(data: bytes) -> str:
    """Unpadded base64url (RFC 4648, section 5)."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def b64u_decode(text: str, *, max_length: int = 1 << 20) -> bytes:
    """The bytes of unpadded, canonical base64url; ``max_length`` bounds the text. Raises :class:`Malformed`."""
    if not isinstance(text, str) or len(text) > max_length:
        raise Malformed("not base64url text of an accepted size", Step.SHAPE)
    try:
        raw = text.encode("ascii")
        data = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    except ValueError as error:  # UnicodeEncodeError and binascii.Error are of its kind
        raise Malformed("not base64url", Step.SHAPE) from error
    if b64u(data) != text:
        raise Malformed("not canonical base64url", Step.SHAPE)
    return data


class Reader:
    """Reads a byte string from the front; every method raises :class:`Malformed` past the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next ``count`` bytes."""
        if count < 0 or count > len(self._data) - self._at:
            raise Malformed("ends too early", Step.SHAPE)
        piece = self._data[self._at : self._at + count]
        self._at += count
        return piece

    def take_u32(self) -> int:
        """The next 4 bytes, little-endian."""
        return int.from_bytes(self.take(4), "little")

    def take_u64(self) -> int:
        """The next 8 bytes, little-endian."""
        return int.from_bytes(self.take(8), "little")

    def take_lp(self) -> bytes:
        """The next length-prefixed string."""
        return self.take(self.take_u32())

    @property
    def remaining(self) -> int:
        """How many bytes are left."""
        return len(self._data) - self._at

    def done(self) -> None:
        """Raises :class:`Malformed` unless everything was read."""
        if self.remaining:
            raise Malformed("trailing bytes", Step.SHAPE)
