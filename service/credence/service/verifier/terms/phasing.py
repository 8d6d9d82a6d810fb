"""Margin on positions that were open when a fall of the standing tier was told: it rises linearly, and is stated as such.

Each fall is a ramp from the factor of the tier before to that of the tier after, from its notice to its end; ramps that
overlap add up. What is opened meanwhile is margined by the tier as it is. A factor that falls counts at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import Final

from credence.service.verifier.tariff.amounts import EXACT, ZERO, plain

_PLACES: Final = Decimal("1E-18")


@dataclass(frozen=True, slots=True)
class Ramp:
    """One raise: the IM and MM factors before and after, and the unix seconds between which it is linear."""

    from_tier: str
    to_tier: str
    notice_at: int
    ends_at: int
    im_before: Decimal
    im_after: Decimal
    mm_before: Decimal
    mm_after: Decimal

    def to_json(self) -> dict[str, object]:
        """The wire form."""
        return {
            "from_tier": self.from_tier,
            "to_tier": self.to_tier,
            "notice_at": str(self.notice_at),
            "ends_at": str(self.ends_at),
            "im_factor": {"from": plain(self.im_before), "to": plain(self.im_after)},
            "mm_factor": {"from": plain(self.mm_before), "to": plain(self.mm_after)},
        }


def im_at(factor: Decimal, ramps: Sequence[Ramp], at: int) -> Decimal:
    """The IM factor on open positions at ``at``, which comes to ``factor`` when the last ramp ends. Rounded up."""
    return _at(factor, [(ramp, ramp.im_before, ramp.im_after) for ramp in ramps], at)


def mm_at(factor: Decimal, ramps: Sequence[Ramp], at: int) -> Decimal:
    """The MM factor, as :func:`im_at`."""
    return _at(factor, [(ramp, ramp.mm_before, ramp.mm_after) for ramp in ramps], at)


def _at(factor: Decimal, ramps: Sequence[tuple[Ramp, Decimal, Decimal]], at: int) -> Decimal:
    with localcontext(EXACT):
        left = ZERO
        for ramp, before, after in ramps:
            length = ramp.ends_at - ramp.notice_at
            passed = min(max(at - ramp.notice_at, 0), length)
            left += max(after - before, ZERO) * (length - passed) / length
        return (factor - left).quantize(_PLACES, ROUND_CEILING).normalize() if left else factor
