"""The tables of a tariff: frozen rows, and how their factors multiply.

A tariff is made by ``credence.service.verifier.tariff`` alone, which parses strictly and checks every invariant; the
classes here are only its shape. Factors are positive Decimals, fees integer ppm, money whole or decimal currency units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal, localcontext
from typing import Final

from credence.service.verifier.tariff.amounts import EXACT, ONE
from credence.service.verifier.tariff.margin import MarginSchedule, OpenInterestCap

# Closed sets, each from the worst to the best.
STANDING_TIERS: Final = ("RX", "R0", "R1", "R2", "R3", "R4", "R5")
RISK_TIERS: Final = ("enhanced", "standard", "low")
KYC_LEVELS: Final = (0, 1, 2, 3)


class TariffError(Exception):
    """A tariff that must not be used. ``invariant`` is the slug of what it breaks, ``detail`` a sentence on where."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant
        self.detail = detail


@dataclass(frozen=True)
class VolumeTier:
    """One row of the fee ladder: fees in ppm from a 30-day volume on. Negative is a rebate."""

    name: str
    from_usd: Decimal
    maker_ppm: int
    taker_ppm: int


@dataclass(frozen=True)
class RebateStep:
    """A maker fee (ppm, negative) that replaces the ladder's from a share of the venue's maker volume on."""

    share_from: Decimal
    maker_ppm: int


@dataclass(frozen=True)
class MakerShareRebates:
    """Who may have a maker-share rebate, and the steps."""

    standing_from: str
    volume_from: str
    steps: tuple[RebateStep, ...]


@dataclass(frozen=True)
class StandingTier:
    """What a standing tier does. ``im_factor`` None belongs to reduce-only tiers: they pay the top of the range."""

    im_factor: Decimal | None
    mm_factor: Decimal
    taker_factor: Decimal
    reduce_only: bool


@dataclass(frozen=True)
class RiskTier:
    """What a risk_tier does. ``cap_factor`` multiplies the notional cap; a higher monitoring class is closer."""

    im_factor: Decimal
    taker_factor: Decimal
    cap_factor: Decimal
    monitoring_class: int


@dataclass(frozen=True)
class KycLevel:
    """What a kyc_level does. None: no cap. ``risk_tier_unproven`` is what a risk_tier that is not shown counts as."""

    standing_floor: str
    standing_ceiling: str
    risk_tier_unproven: str
    notional_cap_usd: Decimal | None
    leverage_cap: Decimal | None


@dataclass(frozen=True)
class InstrumentClass:
    """Margin of one class of instruments. ``stress_move``: the price move (fraction) of its stress scenario."""

    name: str
    schedule: MarginSchedule
    open_interest_cap: OpenInterestCap | None
    stress_move: Decimal


@dataclass(frozen=True)
class Fallback:
    """The rows that unknown values fall to: the worst of each table (an invariant)."""

    standing_tier: str
    risk_tier: str
    kyc_level: int
    instrument_class: str


@dataclass(frozen=True)
class Factors:
    """The multipliers of one standing tier and one risk_tier, as applied.

    ``im_product`` is the plain product, ``im`` the same held within the tariff's range.
    """

    standing_im: Decimal
    risk_im: Decimal
    standing_taker: Decimal
    risk_taker: Decimal
    im_product: Decimal
    im: Decimal
    mm: Decimal
    taker: Decimal


@dataclass(frozen=True)
class TangentPair:
    """Two lines ``evidence >= alpha + beta·events``, (alpha, beta) in thousandths: who satisfies either has that ``score``.

    ``loss``: points of the score by which the two ask for more at the most, for as many events as the table is about.
    """

    score: int
    lines: tuple[tuple[int, int], tuple[int, int]]
    loss: Decimal


@dataclass(frozen=True)
class PosteriorTable:
    """Lines for bounds over several venues, by score; ``prior`` and ``hazard`` (of 30 days) are those of the belief."""

    prior: Decimal
    hazard: Decimal
    most_events: int
    rows: tuple[TangentPair, ...]

    def lines(self, score: int) -> tuple[tuple[int, int], tuple[int, int]] | None:
        """The lines for a score; None where the table has none."""
        return next((row.lines for row in self.rows if row.score == score), None)


@dataclass(frozen=True)
class Tariff:
    """One version of one fee and margin table. ``digest``: SHA-256 (hex) of ``canonical``, its RFC 8785 bytes."""

    name: str
    version: int
    currency: str
    volume_tiers: tuple[VolumeTier, ...]
    rebates: MakerShareRebates
    standing_tiers: Mapping[str, StandingTier]
    risk_tiers: Mapping[str, RiskTier]
    kyc_levels: Mapping[int, KycLevel]
    im_factor_min: Decimal
    im_factor_max: Decimal
    relief_open_interest_share: Decimal
    priority_class: int
    priority_class_institution: int
    instrument_classes: tuple[InstrumentClass, ...]
    fallback: Fallback
    posterior: PosteriorTable | None
    """None in a tariff of before there were posterior bounds."""
    digest: str
    canonical: bytes = field(repr=False)

    def instrument_class(self, name: str) -> InstrumentClass:
        """The class of that name; an unknown name is the fallback class, which asks the most."""
        by_name = {row.name: row for row in self.instrument_classes}
        return by_name.get(name) or by_name[self.fallback.instrument_class]

    def volume_tier(self, volume_30d_usd: Decimal) -> VolumeTier:
        """The last row of the ladder whose threshold the 30-day volume (USD, not negative) has reached."""
        return [row for row in self.volume_tiers if row.from_usd <= volume_30d_usd][-1]

    def table_im_factor(self, standing_tier: str) -> Decimal:
        """The IM factor of a standing tier; the top of the range where the table has none."""
        factor = self.standing_tiers[standing_tier].im_factor
        return self.im_factor_max if factor is None else factor

    def factors(self, standing_tier: str, risk_tier: str, *, relief: bool) -> Factors:
        """Multiply out. Without relief no single factor counts below 1, so none can pay for another."""
        standing = self.standing_tiers[standing_tier]
        risk = self.risk_tiers[risk_tier]

        def counted(factor: Decimal) -> Decimal:
            return factor if relief else max(ONE, factor)

        standing_im, risk_im = counted(self.table_im_factor(standing_tier)), counted(risk.im_factor)
        standing_taker, risk_taker = counted(standing.taker_factor), counted(risk.taker_factor)
        with localcontext(EXACT):
            product = standing_im * risk_im
            return Factors(
                standing_im=standing_im,
                risk_im=risk_im,
                standing_taker=standing_taker,
                risk_taker=risk_taker,
                im_product=product,
                im=min(self.im_factor_max, max(self.im_factor_min, product)),
                mm=standing.mm_factor,
                taker=standing_taker * risk_taker,
            )


def exact_fee(ppm: int, factor: Decimal) -> Decimal:
    """The fee before rounding, in ppm: multipliers touch positive fees only, so they never deepen a rebate."""
    with localcontext(EXACT):
        return Decimal(ppm) * factor if ppm > 0 else Decimal(ppm)


def round_fee(exact_ppm: Decimal) -> int:
    """Integer ppm: charges up, rebates towards zero. Both are the ceiling."""
    return int(exact_ppm.to_integral_value(ROUND_CEILING))
