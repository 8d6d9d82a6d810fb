"""What the curve libraries themselves do, for ``credence bench``: the unit of every ratio, and the choice inside a sum.

Nothing here takes a clock; each function returns actions that the bench measures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from credence.circuits.curve import ORDER

Action = Callable[[], object]


def pairing2() -> Action | None:
    """py_arkworks' check of two pairings over decoded points, ``e(P·a, Q) = e(P, Q·a)``; None where it does not import.

    The unit that proofs are measured in, whatever engine runs them.
    """
    try:
        import py_arkworks_bls12381 as arkworks
    except ImportError:
        return None
    factor = arkworks.Scalar(_scalar(0))
    left, right = arkworks.G1Point() * factor, arkworks.G2Point() * factor
    g1 = [arkworks.G1Point.from_compressed_bytes(bytes(p.to_compressed_bytes())) for p in (left, -arkworks.G1Point())]
    g2 = [arkworks.G2Point.from_compressed_bytes(bytes(q.to_compressed_bytes())) for q in (arkworks.G2Point(), right)]
    return lambda: arkworks.GT.pairing_check(g1, g2)


@dataclass(frozen=True)
class Sum:
    """The ways to a sum of ``points`` multiples. The native engine takes arkworks where it would be faster."""

    points: int
    blst: Action
    arkworks: Action
    """Of points that blst holds alone, such as fresh ones: each is converted first."""
    arkworks_ready: Action
    """Of points that both hold, such as generators."""
    chosen: str
    """What the engine takes for points that blst holds alone."""
    chosen_ready: str
    """What the engine takes for points that both hold."""


def sums(count: int) -> Sum | None:
    """The ways to a sum of ``count`` multiples, encoding of the result included; None where native does not import."""
    try:
        from credence.circuits.curve import native
    except ImportError:
        return None
    curve = native.NativeCurve()
    scalars = [_scalar(index) for index in range(count)]
    ready = [curve.BP1 * scalar for scalar in scalars]
    held = [point.blst for point in ready]
    native.ark_sum(ready, scalars)  # from here on both libraries hold them

    def fresh() -> list[native.NativeG1]:
        return [native.NativeG1(blst) for blst in held]

    def choice(points: list[native.NativeG1]) -> str:
        return "arkworks" if native.prefers_ark(points) else "blst"

    return Sum(
        points=count,
        blst=lambda: native.blst_sum(fresh(), scalars).to_bytes(),
        arkworks=lambda: native.ark_sum(fresh(), scalars).to_bytes(),
        arkworks_ready=lambda: native.ark_sum(ready, scalars).to_bytes(),
        chosen=choice(fresh()),
        chosen_ready=choice(ready),
    )


def _scalar(index: int) -> int:
    """One of full length and without a pattern: arkworks' time follows both."""
    return int.from_bytes(hashlib.sha512(index.to_bytes(4, "big")).digest(), "big") % ORDER
