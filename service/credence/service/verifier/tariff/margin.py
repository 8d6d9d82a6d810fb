"""Margin brackets: marginal rates over notional, integrated into a continuous requirement.

Brackets are marginal like income tax: the rate of a bracket applies to the part of the position inside it, so the
requirement has no jumps and is convex. It is asked of one person's aggregated position; splitting would pay.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext

from credence.service.verifier.tariff.amounts import EXACT, ONE, ZERO, is_amount


@dataclass(frozen=True)
class Bracket:
    """Rates for the part of a position in (from_usd, to_usd]; ``to_usd`` None is open-ended. im, mm: fractions."""

    from_usd: Decimal
    to_usd: Decimal | None
    im: Decimal
    mm: Decimal


@dataclass(frozen=True)
class OpenInterestCap:
    """A market's own margin add-on: none up to ``lower_usd`` of open interest, full margin from ``upper_usd``."""

    lower_usd: Decimal
    upper_usd: Decimal

    def weight(self, open_interest_usd: Decimal) -> Decimal:
        """How far the initial margin moves towards 100 %: 0 to 1, linear between the two bounds, rounded up."""
        with localcontext(EXACT):
            if open_interest_usd <= self.lower_usd:
                return ZERO
            if open_interest_usd >= self.upper_usd:
                return ONE
            share = (open_interest_usd - self.lower_usd) / (self.upper_usd - self.lower_usd)
            return min(ONE, share.quantize(Decimal("1E-18")))


@dataclass(frozen=True)
class MarginSchedule:
    """Marginal brackets in ascending order, the first from 0, the last open-ended (the tariff's invariants see to it)."""

    brackets: tuple[Bracket, ...]

    def im(self, notional: Decimal) -> Decimal:
        """Initial margin of a position, in the notional's currency. Raises ValueError for a notional that is no amount."""
        return self._integrate(notional, initial=True)

    def mm(self, notional: Decimal) -> Decimal:
        """Maintenance margin of a position, in the notional's currency. Raises ValueError as ``im`` does."""
        return self._integrate(notional, initial=False)

    def rates_at(self, notional: Decimal) -> tuple[Decimal, Decimal]:
        """The marginal (im, mm) that the next unit above ``notional`` pays."""
        reached = [bracket for bracket in self.brackets if bracket.from_usd <= notional]
        bracket = reached[-1] if reached else self.brackets[0]
        return (bracket.im, bracket.mm)

    def scaled(self, im_factor: Decimal, mm_factor: Decimal) -> MarginSchedule:
        """The same brackets with both rates multiplied; an initial margin above 100 % becomes 100 %."""
        with localcontext(EXACT):
            return MarginSchedule(
                tuple(
                    Bracket(bracket.from_usd, bracket.to_usd, min(ONE, bracket.im * im_factor), bracket.mm * mm_factor)
                    for bracket in self.brackets
                )
            )

    def max_leverage(self) -> Decimal:
        """1 / IM of the first bracket, rounded down to two decimals."""
        with localcontext(EXACT):
            return (100 / self.brackets[0].im).to_integral_value(ROUND_FLOOR) / 100

    def _integrate(self, notional: Decimal, *, initial: bool) -> Decimal:
        if not is_amount(notional):
            raise ValueError("a notional is a finite Decimal, not negative, of at most 18 decimals")
        total = ZERO
        with localcontext(EXACT):
            for bracket in self.brackets:
                if notional <= bracket.from_usd:
                    break
                end = notional if bracket.to_usd is None else min(notional, bracket.to_usd)
                total += (end - bracket.from_usd) * (bracket.im if initial else bracket.mm)
        return total
