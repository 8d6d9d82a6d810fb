"""The reference engine on py-ecc: slow, legible, the oracle the native engine is tested against."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final, Self

# py-ecc raises the limit to 100,000 for the whole process, and then nested JSON from a stranger overflows the C stack
_RECURSION_LIMIT: Final = sys.getrecursionlimit()

import py_ecc.optimized_bls12_381 as bls  # noqa: E402
from py_ecc.bls.hash_to_curve import clear_cofactor_G1, map_to_curve_G1  # noqa: E402
from py_ecc.bls.point_compression import compress_G1, compress_G2, decompress_G1, decompress_G2  # noqa: E402

from credence.circuits import curve as interface  # noqa: E402
from credence.circuits.curve import FIELD, G1, G1_LENGTH, G2, G2_LENGTH, ORDER  # noqa: E402
from credence.circuits.errors import IllFormed, Malformed, Step  # noqa: E402

sys.setrecursionlimit(_RECURSION_LIMIT)


class ReferencePoint:
    """A projective point of py-ecc, normalised to its compressed bytes for comparison and hashing."""

    __slots__ = ("_bytes", "_raw")

    def __init__(self, raw: Any) -> None:
        self._raw = raw
        self._bytes: bytes | None = None

    @property
    def raw(self) -> Any:
        """py-ecc's own projective triple."""
        return self._raw

    def __add__(self, other: Self) -> Self:
        return type(self)(bls.add(self._raw, other._raw))

    def __neg__(self) -> Self:
        return type(self)(bls.neg(self._raw))

    def __sub__(self, other: Self) -> Self:
        return self + (-other)

    def __mul__(self, scalar: int) -> Self:
        return type(self)(bls.multiply(self._raw, scalar % ORDER))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and self.to_bytes() == other.to_bytes()

    def __hash__(self) -> int:
        return hash(self.to_bytes())

    @property
    def is_identity(self) -> bool:
        """Whether this is the point at infinity."""
        return bool(bls.is_inf(self._raw))

    def to_bytes(self) -> bytes:
        """The compressed encoding."""
        if self._bytes is None:
            self._bytes = self._compress()
        return self._bytes

    def _compress(self) -> bytes:
        raise TypeError("a point belongs to G1 or G2")


class ReferenceG1(ReferencePoint):
    """A point of G1."""

    __slots__ = ()

    def _compress(self) -> bytes:
        return int(compress_G1(self._raw)).to_bytes(G1_LENGTH, "big")


class ReferenceG2(ReferencePoint):
    """A point of G2."""

    __slots__ = ()

    def _compress(self) -> bytes:
        first, second = compress_G2(self._raw)
        return int(first).to_bytes(G1_LENGTH, "big") + int(second).to_bytes(G1_LENGTH, "big")


class ReferenceCurve:
    """Implements :class:`credence.circuits.curve.Curve`."""

    name: Final = "reference"

    def __init__(self) -> None:
        self.BP1 = ReferenceG1(bls.G1)
        self.BP2 = ReferenceG2(bls.G2)
        self.identity_g1 = ReferenceG1(bls.Z1)
        self.identity_g2 = ReferenceG2(bls.Z2)

    def decompress_g1(self, data: bytes) -> ReferenceG1:
        """See the interface. py-ecc does not look at the subgroup, so this does."""
        if len(data) != G1_LENGTH:
            raise Malformed("a G1 point has 48 bytes", Step.DECODE)
        try:
            raw = decompress_G1(int.from_bytes(data, "big"))  # type: ignore[arg-type]
        except ValueError as error:
            raise Malformed("not a point of G1", Step.DECODE) from error
        self._check_subgroup(raw)
        return ReferenceG1(raw)

    def decompress_g2(self, data: bytes) -> ReferenceG2:
        """See the interface."""
        if len(data) != G2_LENGTH:
            raise Malformed("a G2 point has 96 bytes", Step.DECODE)
        halves = (int.from_bytes(data[:G1_LENGTH], "big"), int.from_bytes(data[G1_LENGTH:], "big"))
        try:
            raw = decompress_G2(halves)  # type: ignore[arg-type]
        except ValueError as error:
            raise Malformed("not a point of G2", Step.DECODE) from error
        self._check_subgroup(raw)
        return ReferenceG2(raw)

    @staticmethod
    def _check_subgroup(raw: Any) -> None:
        if not bls.is_inf(bls.multiply(raw, ORDER)):
            raise Malformed("point outside the prime-order subgroup", Step.DECODE)

    def map_to_g1(self, u: int) -> ReferenceG1:
        """See the interface."""
        if not 0 <= u < FIELD:
            raise IllFormed("field element out of range")
        return ReferenceG1(clear_cofactor_G1(map_to_curve_G1(bls.FQ(u))))

    def msm(self, points: Sequence[G1], scalars: Sequence[int]) -> ReferenceG1:
        """See the interface: the sum, term by term."""
        if len(points) != len(scalars):
            raise IllFormed("as many scalars as points are needed")
        total = self.identity_g1
        for point, scalar in zip(points, scalars, strict=True):
            total = total + _reference_g1(point) * scalar
        return total

    def msm_public(self, points: Sequence[G1], scalars: Sequence[int]) -> ReferenceG1:
        """See the interface: the same as :meth:`msm` here."""
        return self.msm(points, scalars)

    def precompute(self, points: Sequence[G1]) -> None:
        """See the interface: nothing is stored here."""

    def pairing_check(self, pairs: Sequence[tuple[G1, G2]]) -> bool:
        """See the interface."""
        if not pairs:
            raise IllFormed("a pairing product over nothing proves nothing")
        product = bls.FQ12.one()
        for left, right in pairs:
            if not isinstance(right, ReferenceG2):
                raise IllFormed("points of another engine")
            product = product * bls.pairing(right.raw, _reference_g1(left).raw, final_exponentiate=False)
        return bool(bls.final_exponentiate(product) == bls.FQ12.one())


def _reference_g1(point: G1) -> ReferenceG1:
    if not isinstance(point, ReferenceG1):
        raise IllFormed("points of another engine")
    return point


_: type[interface.Curve] = ReferenceCurve
