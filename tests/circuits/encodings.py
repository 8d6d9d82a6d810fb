"""Byte strings that look like points or scalars and are none, each with the accepted twin it differs from in one thing.

Made with py-ecc, so that no engine under test had a hand in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import py_ecc.optimized_bls12_381 as ecc
from py_ecc.bls.point_compression import compress_G1, compress_G2, modular_squareroot_in_FQ2

from credence.circuits.curve import FIELD, ORDER

SIGN = 0x20
INFINITY = 0x40
COMPRESSED = 0x80
G1_EXPONENT = 0xD201000000010001  # 1 - x: what the cofactor (1 - x)^2/3 does to the points outside, it does alone


@dataclass(frozen=True)
class Case:
    """``data`` must be refused because of ``cause`` alone; ``twin`` is accepted."""

    cause: str
    data: bytes
    twin: bytes


def g1_bytes(raw: Any) -> bytes:
    """The compressed encoding of a py-ecc point."""
    return int(compress_G1(raw)).to_bytes(48, "big")


def g2_bytes(raw: Any) -> bytes:
    """The compressed encoding of a py-ecc point."""
    first, second = compress_G2(raw)
    return int(first).to_bytes(48, "big") + int(second).to_bytes(48, "big")


def with_flags(data: bytes, *, on: int = 0, off: int = 0) -> bytes:
    """``data`` with bits of its first byte set and cleared."""
    return bytes([(data[0] | on) & ~off]) + data[1:]


def g1_on_curve(x: int) -> Any | None:
    """The point with this x and the smaller y, in the subgroup or not, if there is one."""
    square = (x**3 + 4) % FIELD
    y = pow(square, (FIELD + 1) // 4, FIELD)
    if y * y % FIELD != square:
        return None
    return ecc.FQ(x), ecc.FQ(min(y, FIELD - y)), ecc.FQ.one()


def g2_on_curve(x: int) -> Any | None:
    """A point of the twist with real part ``x`` and imaginary part one, if there is one."""
    at = ecc.FQ2([x, 1])
    y = modular_squareroot_in_FQ2(at**3 + ecc.b2)
    return None if y is None else (at, y, ecc.FQ2.one())


def first(candidates: Iterator[Any | None]) -> Any:
    """The first one that is a point outside the subgroup."""
    return next(point for point in candidates if point is not None and not ecc.is_inf(ecc.multiply(point, ORDER)))


G1_OUTSIDE = first(g1_on_curve(x) for x in range(1, 100))
G2_OUTSIDE = first(g2_on_curve(x) for x in range(100))
# 3 and 11 divide the cofactor: a check that sums points with random weights would let these through now and then
G1_ORDER_3 = (ecc.FQ.zero(), ecc.FQ(2), ecc.FQ.one())
G1_ORDER_11 = ecc.multiply(G1_OUTSIDE, ORDER * G1_EXPONENT // 11)

G1_TWIN = g1_bytes(ecc.multiply(ecc.G1, 7))
G2_TWIN = g2_bytes(ecc.multiply(ecc.G2, 7))
NO_X = next(x for x in range(1, 100) if g1_on_curve(x) is None).to_bytes(48, "big")


def _small_x() -> bytes:
    """A point whose x has a second 381-bit representative, x + p."""
    point = ecc.G1
    while int(ecc.normalize(point)[0]) + FIELD >= 1 << 381:
        point = ecc.add(point, ecc.G1)
    return g1_bytes(point)


def _small_x2(part: int) -> bytes:
    """A point of G2 whose real (0) or imaginary (1) part of x has a second 381-bit representative."""
    point = ecc.G2
    while int(ecc.normalize(point)[0].coeffs[part]) + FIELD >= 1 << 381:
        point = ecc.add(point, ecc.G2)
    return g2_bytes(point)


def _plus_p(half: bytes) -> bytes:
    flags = half[0] & 0xE0
    x = int.from_bytes(with_flags(half, off=0xE0), "big") + FIELD
    return with_flags(x.to_bytes(48, "big"), on=flags)


def g1_cases() -> list[Case]:
    """What is refused where a G1 point is read."""
    small = _small_x()
    mixed = g1_bytes(ecc.add(ecc.multiply(ecc.G1, 7), G1_ORDER_3))
    return [
        Case("47 bytes", G1_TWIN[:-1], G1_TWIN),
        Case("49 bytes", G1_TWIN + b"\x00", G1_TWIN),
        Case("no bytes", b"", G1_TWIN),
        Case("a leading byte", b"\x00" + G1_TWIN, G1_TWIN),
        Case("uncompressed length", G1_TWIN + bytes(48), G1_TWIN),
        Case("compression bit missing", with_flags(G1_TWIN, off=COMPRESSED), G1_TWIN),
        Case("infinity", b"\xc0" + bytes(47), G1_TWIN),
        Case("infinity with a sign", b"\xe0" + bytes(47), G1_TWIN),
        Case("infinity with a coordinate", b"\xc0" + bytes(46) + b"\x01", G1_TWIN),
        Case("infinity without compression", b"\x40" + bytes(47), G1_TWIN),
        Case("infinity bit on a point", with_flags(G1_TWIN, on=INFINITY), G1_TWIN),
        Case("all zero", bytes(48), G1_TWIN),
        Case("x not reduced", _plus_p(small), small),
        Case("x = p", with_flags(FIELD.to_bytes(48, "big"), on=COMPRESSED), G1_TWIN),
        Case("all ones", b"\x9f" + b"\xff" * 47, G1_TWIN),
        Case("x not on the curve", with_flags(NO_X, on=COMPRESSED), G1_TWIN),
        Case("outside the subgroup", g1_bytes(G1_OUTSIDE), G1_TWIN),
        Case("order 3", g1_bytes(G1_ORDER_3), G1_TWIN),
        Case("order 11", g1_bytes(G1_ORDER_11), G1_TWIN),
        Case("subgroup point plus one of order 3", mixed, G1_TWIN),
    ]


def g2_cases() -> list[Case]:
    """What is refused where a G2 point is read."""
    small_re, small_im = _small_x2(0), _small_x2(1)
    second = G2_TWIN[48:]
    return [
        Case("95 bytes", G2_TWIN[:-1], G2_TWIN),
        Case("97 bytes", G2_TWIN + b"\x00", G2_TWIN),
        Case("a point of G1", G1_TWIN, G2_TWIN),
        Case("compression bit missing", with_flags(G2_TWIN, off=COMPRESSED), G2_TWIN),
        Case("infinity", b"\xc0" + bytes(95), G2_TWIN),
        Case("infinity with a sign", b"\xe0" + bytes(95), G2_TWIN),
        Case("infinity with a coordinate", b"\xc0" + bytes(94) + b"\x01", G2_TWIN),
        Case("infinity without compression", b"\x40" + bytes(95), G2_TWIN),
        Case("infinity bit on a point", with_flags(G2_TWIN, on=INFINITY), G2_TWIN),
        Case("real part not reduced", small_re[:48] + _plus_p(small_re[48:]), small_re),
        Case("imaginary part not reduced", _plus_p(small_im[:48]) + small_im[48:], small_im),
        Case("compression bit on the second half", G2_TWIN[:48] + with_flags(second, on=COMPRESSED), G2_TWIN),
        Case("infinity bit on the second half", G2_TWIN[:48] + with_flags(second, on=INFINITY), G2_TWIN),
        Case("sign bit on the second half", G2_TWIN[:48] + with_flags(second, on=SIGN), G2_TWIN),
        Case("halves swapped", with_flags(second, on=COMPRESSED) + with_flags(G2_TWIN[:48], off=0xE0), G2_TWIN),
        Case("outside the subgroup", g2_bytes(G2_OUTSIDE), G2_TWIN),
    ]


def scalar_cases() -> list[Case]:
    """What is refused where a scalar is read."""
    value = 0x0123456789ABCDEF
    twin = value.to_bytes(32, "big")
    return [
        Case("q", ORDER.to_bytes(32, "big"), (ORDER - 1).to_bytes(32, "big")),
        Case("q + z", (ORDER + value).to_bytes(32, "big"), twin),
        Case("2^256 - 1", b"\xff" * 32, twin),
        Case("2^255", b"\x80" + bytes(31), twin),
        Case("31 bytes", twin[1:], twin),
        Case("33 bytes", b"\x00" + twin, twin),
        Case("a trailing byte", twin + b"\x00", twin),
        Case("no bytes", b"", twin),
    ]


NOT_BYTES: list[Any] = [None, 7, "00" * 48, bytearray(G1_TWIN), memoryview(G1_TWIN), list(G1_TWIN)]
