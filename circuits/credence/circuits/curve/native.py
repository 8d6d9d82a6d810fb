"""The native engine: pyblst for pairings, decoding and single multiplications, py_arkworks_bls12381 for larger sums.

A G1 point keeps up to two representations, one per library, and makes the other when it is first needed: from arkworks to
blst costs a decoding (0.06 ms), back costs less (0.03 ms), so results of a large sum that are only hashed never pay, and
generators hashed to the curve come with both.

Neither library is constant time. Secret scalars go through :meth:`NativeCurve.msm` and ``*``, which use no table indexed
by their digits; the issuer blinds its scalars besides (``bbs.signature``). Fixed-base tables serve :meth:`msm_public` only.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from itertools import chain
from operator import getitem
from typing import Any, Final, Self

import py_arkworks_bls12381 as arkworks
import pyblst

from credence.circuits import curve as interface
from credence.circuits.curve import FIELD, G1, G1_LENGTH, G2, G2_LENGTH, ORDER, SCALAR_LENGTH
from credence.circuits.errors import IllFormed, Malformed, Step

_IDENTITY_G1: Final = b"\xc0" + bytes(G1_LENGTH - 1)
_IDENTITY_G2: Final = b"\xc0" + bytes(G2_LENGTH - 1)

_ARKWORKS_FROM: Final = 24
"""From this many points on, one arkworks sum beats as many blst multiplications, conversions of points and result included
(bench ``msm``, where the result is only encoded)."""

_READY: Final = 3
"""A point that arkworks already holds weighs as much as this many: without conversions eight are enough."""

_WINDOWS: Final = SCALAR_LENGTH  # one table row per byte of a scalar
_ROW: Final = 256

_Table = tuple[tuple[Any, ...], ...]


class NativeG1:
    """A point of G1. At least one of ``_blst`` and ``_ark`` is present."""

    __slots__ = ("_ark", "_blst", "_bytes", "table")

    def __init__(self, blst: Any = None, ark: Any = None) -> None:
        self._blst = blst
        self._ark = ark
        self._bytes: bytes | None = None
        self.table: _Table | None = None

    @property
    def blst(self) -> Any:
        """The point as pyblst holds it."""
        if self._blst is None:
            self._blst = pyblst.BlstP1Element.uncompress(self.to_bytes())
        return self._blst

    @property
    def ark(self) -> Any:
        """The point as arkworks holds it; unchecked, since a ``NativeG1`` is always in the subgroup."""
        if self._ark is None:
            self._ark = arkworks.G1Point.from_compressed_bytes_unchecked(self.to_bytes())
        return self._ark

    @property
    def needs_ark(self) -> bool:
        """Whether :attr:`ark` would have to decode the point first."""
        return self._ark is None

    def __add__(self, other: Self) -> NativeG1:
        if self._blst is None and other._blst is None:
            return NativeG1(ark=self._ark + other._ark)  # two cleared maps of hash-to-curve, without decoding either
        return NativeG1(self.blst + other.blst)

    def __neg__(self) -> NativeG1:
        return NativeG1(-self.blst)

    def __sub__(self, other: Self) -> NativeG1:
        return NativeG1(self.blst + (-other.blst))

    def __mul__(self, scalar: int) -> NativeG1:
        return NativeG1(self.blst.scalar_mul(scalar % ORDER))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NativeG1) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    @property
    def is_identity(self) -> bool:
        """Whether this is the point at infinity."""
        return self.to_bytes() == _IDENTITY_G1

    def to_bytes(self) -> bytes:
        """The compressed encoding."""
        if self._bytes is None:
            source = self._blst.compress() if self._blst is not None else self._ark.to_compressed_bytes()
            self._bytes = bytes(source)
        return self._bytes


class NativeG2:
    """A point of G2, as pyblst holds it."""

    __slots__ = ("_bytes", "blst")

    def __init__(self, blst: Any) -> None:
        self.blst = blst
        self._bytes: bytes | None = None

    def __add__(self, other: Self) -> NativeG2:
        return NativeG2(self.blst + other.blst)

    def __neg__(self) -> NativeG2:
        return NativeG2(-self.blst)

    def __sub__(self, other: Self) -> NativeG2:
        return NativeG2(self.blst + (-other.blst))

    def __mul__(self, scalar: int) -> NativeG2:
        return NativeG2(self.blst.scalar_mul(scalar % ORDER))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NativeG2) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    @property
    def is_identity(self) -> bool:
        """Whether this is the point at infinity."""
        return self.to_bytes() == _IDENTITY_G2

    def to_bytes(self) -> bytes:
        """The compressed encoding."""
        if self._bytes is None:
            self._bytes = bytes(self.blst.compress())
        return self._bytes


class NativeCurve:
    """Implements :class:`credence.circuits.curve.Curve`."""

    name: Final = "native"

    def __init__(self) -> None:
        self.BP1 = NativeG1(ark=arkworks.G1Point())
        self.BP2 = NativeG2(pyblst.BlstP2Element.uncompress(bytes(arkworks.G2Point().to_compressed_bytes())))
        self.identity_g1 = NativeG1(pyblst.BlstP1Element())
        self.identity_g2 = NativeG2(pyblst.BlstP2Element())
        self._tables: dict[bytes, _Table] = {}
        self._tables_lock = threading.Lock()

    def decompress_g1(self, data: bytes) -> NativeG1:
        """See the interface; blst checks the curve and the subgroup."""
        try:
            return NativeG1(pyblst.BlstP1Element.uncompress(data))
        except ValueError as error:
            raise Malformed("not a point of G1", Step.DECODE) from error

    def decompress_g2(self, data: bytes) -> NativeG2:
        """See the interface."""
        try:
            return NativeG2(pyblst.BlstP2Element.uncompress(data))
        except ValueError as error:
            raise Malformed("not a point of G2", Step.DECODE) from error

    def map_to_g1(self, u: int) -> NativeG1:
        """See the interface."""
        if not 0 <= u < FIELD:
            raise IllFormed("field element out of range")
        return NativeG1(ark=arkworks.G1Point.map_from_fp_be(u.to_bytes(G1_LENGTH, "big")))

    def msm(self, points: Sequence[G1], scalars: Sequence[int]) -> NativeG1:
        """See the interface."""
        return _sum(_natives(points, scalars), scalars)

    def msm_public(self, points: Sequence[G1], scalars: Sequence[int]) -> NativeG1:
        """See the interface: 32 additions for a precomputed point, the rest as in :meth:`msm`."""
        rest: list[NativeG1] = []
        rest_scalars: list[int] = []
        multiples = []
        for point, scalar in zip(_natives(points, scalars), scalars, strict=True):
            if point.table is None:
                rest.append(point)
                rest_scalars.append(scalar)
            else:
                multiples.append(map(getitem, point.table, (scalar % ORDER).to_bytes(SCALAR_LENGTH, "little")))
        total = NativeG1(sum(chain.from_iterable(multiples), pyblst.BlstP1Element()))
        return total + _sum(rest, rest_scalars) if rest else total

    def precompute(self, points: Sequence[G1]) -> None:
        """See the interface: one table of 32 x 255 points (about 1.4 MiB, 8 ms) per distinct point, for the process."""
        for point in _natives(points, [0] * len(points)):
            if point.table is None:
                with self._tables_lock:
                    key = point.to_bytes()
                    if key not in self._tables:
                        self._tables[key] = _fixed_base_table(point.blst)
                    point.table = self._tables[key]

    def pairing_check(self, pairs: Sequence[tuple[G1, G2]]) -> bool:
        """See the interface: one Miller loop a pair, one final exponentiation."""
        if not pairs:
            raise IllFormed("a pairing product over nothing proves nothing")
        loops = []
        for left, right in pairs:
            if not isinstance(left, NativeG1) or not isinstance(right, NativeG2):
                raise IllFormed("points of another engine")
            if not left.is_identity and not right.is_identity:
                loops.append((left, right))
        if not loops:
            return True
        product = None
        for left, right in loops[:-1]:
            loop = pyblst.miller_loop(left.blst, right.blst)
            product = loop if product is None else product * loop
        last, last_right = loops[-1]
        if product is None:
            return False  # a single pair of non-identity points never gives one
        # e(a)...e(y) * e(z) = 1 is asked as e(a)...e(y) = e(-z)
        return bool(pyblst.final_verify(product, pyblst.miller_loop(-last.blst, last_right.blst)))


def _natives(points: Sequence[G1], scalars: Sequence[int]) -> list[NativeG1]:
    if len(points) != len(scalars):
        raise IllFormed("as many scalars as points are needed")
    natives = [point for point in points if isinstance(point, NativeG1)]
    if len(natives) != len(points):
        raise IllFormed("points of another engine")
    return natives


def _sum(points: Sequence[NativeG1], scalars: Sequence[int]) -> NativeG1:
    return ark_sum(points, scalars) if prefers_ark(points) else blst_sum(points, scalars)


def prefers_ark(points: Sequence[NativeG1]) -> bool:
    """Whether arkworks is the faster one for a sum over these points, conversions included."""
    return sum(1 if point.needs_ark else _READY for point in points) >= _ARKWORKS_FROM


def blst_sum(points: Sequence[NativeG1], scalars: Sequence[int]) -> NativeG1:
    """One multiplication a point. The lengths are equal: :class:`NativeCurve` has compared them."""
    total = pyblst.BlstP1Element()
    for point, scalar in zip(points, scalars, strict=True):
        total = total + point.blst.scalar_mul(scalar % ORDER)
    return NativeG1(total)


def ark_sum(points: Sequence[NativeG1], scalars: Sequence[int]) -> NativeG1:
    """All points at once. ``multiexp_unchecked`` would truncate unequal lengths without a word."""
    if len(points) != len(scalars):
        raise IllFormed("as many scalars as points are needed")
    reduced = [arkworks.Scalar.from_be_bytes((scalar % ORDER).to_bytes(SCALAR_LENGTH, "big")) for scalar in scalars]
    return NativeG1(ark=arkworks.G1Point.multiexp_unchecked([point.ark for point in points], reduced))


def _fixed_base_table(base: Any) -> _Table:
    rows = []
    for _ in range(_WINDOWS):
        row = [pyblst.BlstP1Element()]
        for _ in range(_ROW - 1):
            row.append(row[-1] + base)
        rows.append(tuple(row))
        base = row[-1] + base
    return tuple(rows)


_: type[interface.Curve] = NativeCurve
