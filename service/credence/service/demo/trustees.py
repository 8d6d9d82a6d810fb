"""Three trustees, who find out together whose a sealed handle is, and alone nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Final, Self

from credence.circuits.curve import G1, Curve
from credence.circuits.encoding import Rng, decode_g1, random_scalar
from credence.sdk import TrustedTrustees

NAME: Final = "trustees.example"
MEMBERS: Final = 3


@dataclass(frozen=True, slots=True)
class Trustees:
    """Each has a share of its own; the key is the sum of the shares' keys, so that all of them are needed."""

    shares: tuple[int, ...] = field(repr=False)
    key: bytes

    @classmethod
    def draw(cls, curve: Curve, rng: Rng) -> Self:
        """Each of three draws a share."""
        shares = tuple(random_scalar(rng) for _ in range(MEMBERS))
        return cls(shares, reduce(add, [curve.BP1 * share for share in shares]).to_bytes())

    @property
    def pin(self) -> TrustedTrustees:
        """Who they are, as a wallet is told to trust them."""
        return TrustedTrustees(NAME, self.key, MEMBERS, MEMBERS)

    def open(self, curve: Curve, sealed: tuple[bytes, bytes], present: Sequence[int]) -> G1:
        """What those of the trustees who are ``present`` take off: what remains is the handle's point if all of them are."""
        E1, E2 = (decode_g1(curve, point) for point in sealed)
        return reduce(lambda left, number: left - E1 * self.shares[number], present, E2)
