"""BLS12-381 behind one interface, with two engines.

``reference`` runs on py-ecc: slow, legible, the oracle. ``native`` runs on py_arkworks_bls12381 and pyblst. Both are
differential-tested on every primitive. The curve is a value that a suite carries, never a global.

Nothing outside this package names a curve library, and nothing outside :mod:`credence.circuits.encoding` turns untrusted
bytes into points.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol, Self

ORDER: Final = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""q, the prime order of G1, G2 and GT; scalars are integers in ``[0, ORDER)``."""

FIELD: Final = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB
"""p, the prime of the base field."""

G1_LENGTH: Final = 48
G2_LENGTH: Final = 96
SCALAR_LENGTH: Final = 32


class _Point(Protocol):
    """A point of a prime-order subgroup, written additively. Immutable and hashable."""

    def __add__(self, other: Self, /) -> Self: ...
    def __sub__(self, other: Self, /) -> Self: ...
    def __neg__(self) -> Self: ...
    def __mul__(self, scalar: int, /) -> Self:
        """Multiply by ``scalar`` modulo :data:`ORDER`; any integer is accepted."""
        ...

    def __eq__(self, other: object, /) -> bool: ...
    def __hash__(self) -> int: ...
    def to_bytes(self) -> bytes:
        """The canonical compressed encoding (ZCash format), 48 bytes in G1 and 96 in G2."""
        ...

    @property
    def is_identity(self) -> bool: ...


class G1(_Point, Protocol):
    """A point of G1."""


class G2(_Point, Protocol):
    """A point of G2."""


class Curve(Protocol):
    """One engine. Points of different engines must not be mixed."""

    def __hash__(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def BP1(self) -> G1: ...  # noqa: N802 - the drafts' name
    @property
    def BP2(self) -> G2: ...  # noqa: N802 - the drafts' name
    @property
    def identity_g1(self) -> G1: ...
    @property
    def identity_g2(self) -> G2: ...

    def decompress_g1(self, data: bytes) -> G1:
        """A point of the subgroup, the identity included. Raises :class:`Malformed`; laxer than ``encoding.decode_g1``."""
        ...

    def decompress_g2(self, data: bytes) -> G2:
        """As :meth:`decompress_g1`, for 96 bytes."""
        ...

    def map_to_g1(self, u: int) -> G1:
        """RFC 9380 simplified SWU of ``u`` in ``[0, FIELD)``, through the isogeny, cofactor cleared."""
        ...

    def msm(self, points: Sequence[G1], scalars: Sequence[int]) -> G1:
        """``sum(scalar * point)`` without table look-ups indexed by a scalar's digits; the identity for no points.

        Raises :class:`IllFormed` where the lengths differ.
        """
        ...

    def msm_public(self, points: Sequence[G1], scalars: Sequence[int]) -> G1:
        """As :meth:`msm`, for **public** scalars: uses the tables of points given to :meth:`precompute`."""
        ...

    def precompute(self, points: Sequence[G1]) -> None:
        """Mark points as fixed bases of :meth:`msm_public` (a verifier's generators). Idempotent; may do nothing."""
        ...

    def pairing_check(self, pairs: Sequence[tuple[G1, G2]]) -> bool:
        """Whether the product of ``e(P, Q)`` is one. Raises :class:`IllFormed` for no pairs, which would prove nothing."""
        ...


ENGINES: Final = ("native", "reference")

_LOADING: Final = threading.Lock()  # one engine a process: generators and tables are cached per engine


@lru_cache(maxsize=len(ENGINES))
def _engine(name: str) -> Curve:
    if name == "native":
        from credence.circuits.curve.native import NativeCurve

        return NativeCurve()
    from credence.circuits.curve.reference import ReferenceCurve

    return ReferenceCurve()


def load(name: str | None = None) -> Curve:
    """The engine called ``name``; by default the one ``CREDENCE_CURVE`` names, else native where its wheels import.

    Raises :class:`ValueError` for an unknown name, :class:`ImportError` where ``native`` was asked for and is missing.
    """
    wanted = name or os.environ.get("CREDENCE_CURVE") or None
    if wanted is not None and wanted not in ENGINES:
        raise ValueError(f"unknown curve engine; choose one of {', '.join(ENGINES)}")
    with _LOADING:
        if wanted is not None:
            return _engine(wanted)
        try:
            return _engine("native")
        except ImportError:
            return _engine("reference")
