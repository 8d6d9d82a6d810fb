"""The invariants of a tariff, each with a name: what no version may break, whoever wrote it.

The numbers of a tariff live in its file; the walls around them live here. Every check looks at what the engine would
really charge (all standing tiers, risk tiers, with and without relief), not only at the table. docs/terms.md lists them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, localcontext
from itertools import pairwise, product
from types import MappingProxyType
from typing import Final

from credence.service.verifier.tariff.amounts import EXACT, ONE, PPM_PER_BP, ZERO
from credence.service.verifier.tariff.tables import (
    KYC_LEVELS,
    RISK_TIERS,
    STANDING_TIERS,
    Tariff,
    TariffError,
    exact_fee,
    round_fee,
)

MIN_NET_FEE_PPM: Final = PPM_PER_BP
IM_OVER_MM: Final = Decimal("1.2")
IM_FACTOR_FLOOR: Final = Decimal("0.80")
IM_FACTOR_CEILING: Final = Decimal("2.00")
MOST_LOSS: Final = Decimal("2.1")
"""Points of a score that a pair of tangents may ask for beyond it."""

_NO_CAP: Final = Decimal("Infinity")

# A check yields one sentence for each place where its invariant is broken.
Check = Callable[[Tariff], Iterator[str]]


def _ascending(tariff: Tariff) -> Iterator[str]:
    if tariff.volume_tiers[0].from_usd != ZERO:
        yield "the first volume tier starts at 0"
    for lower, upper in pairwise(tariff.volume_tiers):
        if upper.from_usd <= lower.from_usd:
            yield f"volume tier {upper.name} starts above {lower.name}"
    for before, after in pairwise(tariff.rebates.steps):
        if after.share_from <= before.share_from:
            yield "maker shares ascend"
    for row in tariff.instrument_classes:
        for bracket in row.schedule.brackets:
            if bracket.to_usd is not None and bracket.to_usd <= bracket.from_usd:
                yield f"each bracket of {row.name} ends above its start"


def _monotone(tariff: Tariff) -> Iterator[str]:
    for lower, upper in pairwise(tariff.volume_tiers):
        if upper.maker_ppm > lower.maker_ppm or upper.taker_ppm > lower.taker_ppm:
            yield f"fees of {upper.name} are not above {lower.name}"
    makers = [tariff.volume_tiers[-1].maker_ppm, *(step.maker_ppm for step in tariff.rebates.steps)]
    for before, after in pairwise(makers):
        if after > before:
            yield "a larger maker share never pays more, and a rebate is no worse than the fee it replaces"
    for worse, better in pairwise(STANDING_TIERS):
        if tariff.standing_tiers[better].taker_factor > tariff.standing_tiers[worse].taker_factor:
            yield f"the taker factor of {better} is not above {worse}"


def _no_net_rebate(tariff: Tariff) -> Iterator[str]:
    # One person may trade with itself from two accounts, so the best taker meets the best maker of the whole tariff.
    combinations = product(tariff.volume_tiers, STANDING_TIERS, RISK_TIERS)
    taker = min(
        round_fee(exact_fee(row.taker_ppm, tariff.factors(standing, risk, relief=True).taker))
        for row, standing, risk in combinations
    )
    maker = min(*(row.maker_ppm for row in tariff.volume_tiers), *(step.maker_ppm for step in tariff.rebates.steps))
    if taker + maker < MIN_NET_FEE_PPM:
        yield f"the least taker fee ({taker} ppm) and the best maker fee ({maker} ppm) sum below {MIN_NET_FEE_PPM} ppm"


def _rising(tariff: Tariff, *, initial: bool) -> Iterator[str]:
    for row in tariff.instrument_classes:
        rates = [bracket.im if initial else bracket.mm for bracket in row.schedule.brackets]
        if any(upper <= lower for lower, upper in pairwise(rates)):
            yield f"rates of {row.name} rise from bracket to bracket"


def _im_rises(tariff: Tariff) -> Iterator[str]:
    yield from _rising(tariff, initial=True)


def _mm_rises(tariff: Tariff) -> Iterator[str]:
    yield from _rising(tariff, initial=False)


def _im_falls_with_standing(tariff: Tariff) -> Iterator[str]:
    for worse, better in pairwise(STANDING_TIERS):
        # The whole factor may be equal where the range cuts it off; the table's own column says which is better.
        if tariff.table_im_factor(better) > tariff.table_im_factor(worse):
            yield f"the IM factor of {better} is not above {worse}"


def _mm_falls_with_standing(tariff: Tariff) -> Iterator[str]:
    for worse, better in pairwise(STANDING_TIERS):
        if tariff.standing_tiers[better].mm_factor > tariff.standing_tiers[worse].mm_factor:
            yield f"the MM factor of {better} is not above {worse}"


def _im_covers_mm(tariff: Tariff) -> Iterator[str]:
    for standing, risk, relief in product(STANDING_TIERS, RISK_TIERS, (True, False)):
        factors = tariff.factors(standing, risk, relief=relief)
        for row in tariff.instrument_classes:
            with localcontext(EXACT):
                for bracket in row.schedule.scaled(factors.im, factors.mm).brackets:
                    if bracket.im < IM_OVER_MM * bracket.mm:
                        yield f"{row.name} from {bracket.from_usd}: IM is below {IM_OVER_MM} MM for {standing}, {risk}"


def _im_at_most_one(tariff: Tariff) -> Iterator[str]:
    for row in tariff.instrument_classes:
        if any(bracket.im > ONE for bracket in row.schedule.brackets):
            yield f"no bracket of {row.name} asks more than 100 %"


def _continuous(tariff: Tariff) -> Iterator[str]:
    for row in tariff.instrument_classes:
        brackets = row.schedule.brackets
        joined = all(lower.to_usd == upper.from_usd for lower, upper in pairwise(brackets))
        if brackets[0].from_usd != ZERO or brackets[-1].to_usd is not None or not joined:
            yield f"brackets of {row.name} cover every notional once, without gap or overlap"


def _mm_never_below_base(tariff: Tariff) -> Iterator[str]:
    for standing, row in tariff.standing_tiers.items():
        if row.mm_factor < ONE:
            yield f"the MM factor of {standing} is below 1"


def _im_factor_range(tariff: Tariff) -> Iterator[str]:
    if not IM_FACTOR_FLOOR <= tariff.im_factor_min <= ONE <= tariff.im_factor_max <= IM_FACTOR_CEILING:
        yield f"the range of the combined IM factor holds 1 and lies within [{IM_FACTOR_FLOOR}, {IM_FACTOR_CEILING}]"


def _risk_order(tariff: Tariff) -> Iterator[str]:
    for worse, better in pairwise(RISK_TIERS):
        bad, good = tariff.risk_tiers[worse], tariff.risk_tiers[better]
        if (
            good.im_factor > bad.im_factor
            or good.taker_factor > bad.taker_factor
            or good.cap_factor < bad.cap_factor
            or good.monitoring_class > bad.monitoring_class
        ):
            yield f"{better} is no worse than {worse} in any column"


def _or_infinite(cap: Decimal | None) -> Decimal:
    return _NO_CAP if cap is None else cap


def _kyc_order(tariff: Tariff) -> Iterator[str]:
    for lower, upper in pairwise(KYC_LEVELS):
        less, more = tariff.kyc_levels[lower], tariff.kyc_levels[upper]
        # What is not shown at the lowest level may count as standard, so its caps carry the whole weight: a person
        # who would be enhanced must not gain room by showing nothing.
        with localcontext(EXACT):
            least = min(_or_infinite(more.notional_cap_usd) * row.cap_factor for row in tariff.risk_tiers.values())
        unproven = tariff.risk_tiers[less.risk_tier_unproven].cap_factor
        if lower == tariff.fallback.kyc_level and _or_infinite(less.notional_cap_usd) * unproven > least:
            yield f"proving nothing gives no more room than level {upper}"
        if _or_infinite(more.notional_cap_usd) < _or_infinite(less.notional_cap_usd):
            yield f"the notional cap of level {upper} is not below {lower}"
        if _or_infinite(more.leverage_cap) < _or_infinite(less.leverage_cap):
            yield f"the leverage cap of level {upper} is not below {lower}"
        for edge in ("standing_floor", "standing_ceiling"):
            if STANDING_TIERS.index(getattr(more, edge)) < STANDING_TIERS.index(getattr(less, edge)):
                yield f"the {edge} of level {upper} is not below {lower}"
    for level, row in tariff.kyc_levels.items():
        if STANDING_TIERS.index(row.standing_floor) > STANDING_TIERS.index(row.standing_ceiling):
            yield f"the standing floor of level {level} is not above its ceiling"


def _worst_terms(tariff: Tariff) -> Iterator[str]:
    fallback = tariff.fallback
    if fallback.standing_tier != STANDING_TIERS[0] or not tariff.standing_tiers[fallback.standing_tier].reduce_only:
        yield "an unknown standing tier is the worst one, and reduce-only"
    if fallback.risk_tier != RISK_TIERS[0]:
        yield "an unknown risk_tier is the worst one"
    if fallback.kyc_level != KYC_LEVELS[0]:
        yield "an unknown kyc_level is the lowest one"
    for level in KYC_LEVELS[1:]:
        if tariff.kyc_levels[level].risk_tier_unproven != fallback.risk_tier:
            yield f"a risk_tier withheld at level {level} is the worst one"
    worst = tariff.instrument_class(fallback.instrument_class)
    edges = {bracket.from_usd for row in tariff.instrument_classes for bracket in row.schedule.brackets}
    for row in tariff.instrument_classes:
        asks_less = any(
            mine < theirs
            for edge in edges
            for mine, theirs in zip(worst.schedule.rates_at(edge), row.schedule.rates_at(edge), strict=True)
        )
        if asks_less or worst.stress_move < row.stress_move:
            yield f"an unknown instrument class asks at least as much as {row.name}"


def _reduce_only(tariff: Tariff) -> Iterator[str]:
    for standing, row in tariff.standing_tiers.items():
        if row.im_factor is None and not row.reduce_only:
            yield f"{standing} has no IM factor, so it is reduce-only"
    for worse, better in pairwise(STANDING_TIERS):
        if tariff.standing_tiers[better].reduce_only and not tariff.standing_tiers[worse].reduce_only:
            yield f"{better} is not reduce-only where {worse} is not"


def _open_interest_caps(tariff: Tariff) -> Iterator[str]:
    for row in tariff.instrument_classes:
        if row.open_interest_cap is not None and row.open_interest_cap.lower_usd >= row.open_interest_cap.upper_usd:
            yield f"the open-interest cap of {row.name} starts below its end"


def _tangents_ascend(tariff: Tariff) -> Iterator[str]:
    rows = () if tariff.posterior is None else tariff.posterior.rows
    for row in rows:
        (alpha, beta), (higher, flatter) = row.lines
        if higher <= alpha or flatter >= beta:
            yield f"the second tangent of {row.score} starts higher and rises less than the first"
    for lower, upper in pairwise(rows):
        if upper.score <= lower.score:
            yield "scores that have tangents ascend"
        if any(
            more <= less
            for one, other in zip(lower.lines, upper.lines, strict=True)
            for less, more in zip(one, other, strict=True)
        ):
            yield f"the tangents of {upper.score} ask for more than those of {lower.score}"


def _tangents_lose_little(tariff: Tariff) -> Iterator[str]:
    for row in () if tariff.posterior is None else tariff.posterior.rows:
        if row.loss > MOST_LOSS:
            yield f"the tangents of {row.score} lose at most {MOST_LOSS} points"


INVARIANTS: Final[Mapping[str, Check]] = MappingProxyType(
    {
        "continuous": _continuous,
        "ascending": _ascending,
        "monotone": _monotone,
        "no-net-rebate": _no_net_rebate,
        "im-rises-with-notional": _im_rises,
        "mm-rises-with-notional": _mm_rises,
        "im-at-most-one": _im_at_most_one,
        "im-falls-with-standing": _im_falls_with_standing,
        "mm-falls-with-standing": _mm_falls_with_standing,
        "mm-never-below-base": _mm_never_below_base,
        "im-factor-range": _im_factor_range,
        "im-covers-mm": _im_covers_mm,
        "risk-order": _risk_order,
        "kyc-order": _kyc_order,
        "reduce-only": _reduce_only,
        "open-interest-caps": _open_interest_caps,
        "worst-terms": _worst_terms,
        "tangents-ascend": _tangents_ascend,
        "tangents-lose-little": _tangents_lose_little,
    }
)


def violations(tariff: Tariff) -> dict[str, str]:
    """Every broken invariant by name, with the first place it is broken; empty for a tariff that may be used."""
    found = {name: next(check(tariff), None) for name, check in INVARIANTS.items()}
    return {name: detail for name, detail in found.items() if detail is not None}


def check(tariff: Tariff) -> None:
    """Raise TariffError named after the first broken invariant, in the order of the table."""
    for name, detail in violations(tariff).items():
        raise TariffError(name, detail)
