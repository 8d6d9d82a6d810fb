"""At most n uses in an epoch: each use shows a tag of its own, and there are n of them for a holder.

``T = G_e/(use_key + i)`` for an i from 0 to n - 1 that stays hidden (the pseudorandom function of Dodis and Yampolskiy,
PKC 2005, as in compact e-cash). G_e is hashed from who asks, the epoch and the limit's name, so that tags of other
audiences, epochs and limits have nothing in common. A verifier keeps tags and refuses the second use of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from credence.circuits.curve import G1, ORDER, Curve
from credence.circuits.encoding import lp, u64le
from credence.circuits.errors import IllFormed, Step, Unprovable
from credence.circuits.hashing import Label, expand_message_xmd, hash_to_g1
from credence.circuits.predicates.digits import bit_names, bit_values, booleans, weights
from credence.circuits.sigma.statement import Clause, Row

MAX_USES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Limit:
    """``uses`` in one ``epoch`` (a number), for one audience, under a name.

    Raises :class:`IllFormed` for uses outside ``[1, 65536]``.
    """

    audience: str
    name: str
    epoch: int
    uses: int

    def __post_init__(self) -> None:
        if not 1 <= self.uses <= MAX_USES or not 0 <= self.epoch < 1 << 64:
            raise IllFormed("a rate limit allows 1 to 65,536 uses in an epoch", Step.INSTANCE)

    def base(self, curve: Curve) -> G1:
        """G_e: ``LP(audience) || u64 epoch || LP(name)`` hashed to the curve."""
        return _base(curve, lp(self.audience.encode()) + u64le(self.epoch) + lp(self.name.encode()))


@lru_cache(maxsize=1024)
def _base(curve: Curve, message: bytes) -> G1:
    return hash_to_g1(curve, expand_message_xmd, message, Label.USE_TAG.value)


def use_tag(use_key: str, tag: str, base: str, prefix: str, uses: int) -> Clause:
    """``G_e = use_key·T + Σ w_j·i_j·T`` with boolean ``prefix.0 …`` whose weights reach 0 to ``uses - 1`` and no further."""
    if not 1 <= uses <= MAX_USES:
        raise IllFormed("a rate limit allows 1 to 65,536 uses in an epoch", Step.INSTANCE)
    if uses == 1:
        return Clause(rows=(Row(image=[(1, base)], terms=[(1, use_key, tag)]),))
    names = bit_names(prefix, uses - 1)
    bits = [(weight, name, tag) for weight, name in zip(weights(uses - 1), names, strict=True)]
    return Clause(
        rows=(Row(image=[(1, base)], terms=[(1, use_key, tag), *bits]),),
        constraints=booleans(names),
    )


def use_tag_values(index: int, prefix: str, uses: int) -> dict[str, int]:
    """The bits of the use's number, from 0. Raises :class:`Unprovable` from ``uses`` on: the limit is used up."""
    if not 0 <= index < uses:
        raise Unprovable("the limit of this epoch is used up")
    return {} if uses == 1 else bit_values(prefix, index, uses - 1)


def use_tag_point(curve: Curve, limit: Limit, use_key: int, index: int) -> G1:
    """T. Raises :class:`Unprovable` from ``uses`` on, and for ``use_key + i = 0``, where no tag exists."""
    if not 0 <= index < limit.uses:
        raise Unprovable("the limit of this epoch is used up")
    denominator = (use_key + index) % ORDER
    if denominator == 0:
        raise Unprovable("this use has no tag")
    return curve.msm([limit.base(curve)], [pow(denominator, -1, ORDER)])
