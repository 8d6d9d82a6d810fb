"""What a version of a tariff changes against another: for whom it is dearer, asks more margin, or leaves less room.

Every place where the two could differ for anybody is looked at: fees at each threshold of either ladder for every standing
and risk tier, margins at each bracket end of either table (they are linear in between), every cap and limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from itertools import product
from typing import Final, Literal

from credence.service.verifier.tariff.amounts import EXACT, MAX_AMOUNT, ZERO, plain
from credence.service.verifier.tariff.margin import MarginSchedule
from credence.service.verifier.tariff.tables import (
    KYC_LEVELS,
    RISK_TIERS,
    STANDING_TIERS,
    Factors,
    InstrumentClass,
    Tariff,
    exact_fee,
    round_fee,
)

Direction = Literal["cheaper", "dearer", "less margin", "more margin", "wider", "narrower"]

WORSE: Final = frozenset({"dearer", "more margin", "narrower"})
"""What a holder would want to be told of before it counts."""

_UNBOUNDED: Final = Decimal("Infinity")

_Found = tuple[str, Direction, str, str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """What changes in one direction in one part of the tariff: how many places, and the first of them."""

    part: str
    direction: Direction
    places: int
    where: str
    before: str
    after: str

    @property
    def is_worse(self) -> bool:
        """Whether somebody gets less than before."""
        return self.direction in WORSE

    def text(self) -> str:
        """On one line."""
        more = f" (and {self.places - 1} more)" if self.places > 1 else ""
        return f"{self.part} {self.direction}: {self.where}: {self.before} -> {self.after}{more}"

    def to_json(self) -> dict[str, object]:
        """The wire form."""
        return {
            "part": self.part,
            "direction": self.direction,
            "places": self.places,
            "where": self.where,
            "before": self.before,
            "after": self.after,
        }


def changes(old: Tariff, new: Tariff) -> tuple[Change, ...]:
    """Every part that changes, by direction; empty for two tariffs that price everybody alike."""
    grouped: dict[tuple[str, Direction], list[_Found]] = {}
    for found in (*_fees(old, new), *_margins(old, new), *_limits(old, new), *_posterior(old, new)):
        grouped.setdefault(found[:2], []).append(found)
    return tuple(Change(part, direction, len(rows), *rows[0][2:]) for (part, direction), rows in grouped.items())


def only_cheaper(found: tuple[Change, ...]) -> bool:
    """Whether nobody pays more, margin is what it was, and nobody may hold more or less."""
    return all(change.direction == "cheaper" for change in found)


def _ordered(
    part: str, where: str, before: Decimal | int, after: Decimal | int, down: Direction, up: Direction
) -> Iterator[_Found]:
    if before != after:
        yield part, (up if after > before else down), where, _shown(before), _shown(after)


def _shown(value: Decimal | int) -> str:
    if isinstance(value, int):
        return str(value)
    return plain(value) if value.is_finite() else "none"


def _fees(old: Tariff, new: Tariff) -> Iterator[_Found]:
    volumes = sorted({row.from_usd for tariff in (old, new) for row in tariff.volume_tiers})
    shares = sorted({ZERO, *(step.share_from for tariff in (old, new) for step in tariff.rebates.steps)})
    for volume, standing in product(volumes, STANDING_TIERS):
        where = f"{standing}, from {plain(volume)} USD"
        for risk, relief in product(RISK_TIERS, (True, False)):
            before, after = (_taker(tariff, volume, standing, risk, relief) for tariff in (old, new))
            yield from _ordered("taker fee (ppm)", f"{where}, {risk}", before, after, "cheaper", "dearer")
        for share in shares:
            before, after = (_maker(tariff, volume, standing, share) for tariff in (old, new))
            yield from _ordered("maker fee (ppm)", f"{where}, share {plain(share)}", before, after, "cheaper", "dearer")
    for name in ("priority_class", "priority_class_institution"):
        yield from _ordered(name.replace("_", " "), "all", getattr(old, name), getattr(new, name), "dearer", "cheaper")


def _taker(tariff: Tariff, volume: Decimal, standing: str, risk: str, relief: bool) -> int:
    factor = tariff.factors(standing, risk, relief=relief).taker
    return round_fee(exact_fee(tariff.volume_tier(volume).taker_ppm, factor))


def _maker(tariff: Tariff, volume: Decimal, standing: str, share: Decimal) -> int:
    row, rebates = tariff.volume_tier(volume), tariff.rebates
    names = [tier.name for tier in tariff.volume_tiers]
    reached = [step.maker_ppm for step in rebates.steps if step.share_from <= share]
    by_standing = STANDING_TIERS.index(standing) >= STANDING_TIERS.index(rebates.standing_from)
    if reached and by_standing and names.index(row.name) >= names.index(rebates.volume_from):
        return reached[-1]
    return row.maker_ppm


def _margins(old: Tariff, new: Tariff) -> Iterator[_Found]:
    names = dict.fromkeys(row.name for tariff in (old, new) for row in tariff.instrument_classes)
    seen: set[tuple[str, Decimal, Decimal, Decimal, Decimal]] = set()
    for standing, risk, relief in product(STANDING_TIERS, RISK_TIERS, (True, False)):
        before, after = (tariff.factors(standing, risk, relief=relief) for tariff in (old, new))
        for name in names:
            key = (name, before.im, before.mm, after.im, after.mm)
            if key not in seen:
                seen.add(key)
                yield from _one_margin(f"{name}, {standing}, {risk}", old, before, new, after, name)


def _one_margin(where: str, old: Tariff, before: Factors, new: Tariff, after: Factors, name: str) -> Iterator[_Found]:
    lower, upper = (
        tariff.instrument_class(name).schedule.scaled(factors.im, factors.mm)
        for tariff, factors in ((old, before), (new, after))
    )
    for notional in _ends(lower, upper):
        place = f"{where}, {plain(notional)} USD"
        yield from _ordered("initial margin", place, lower.im(notional), upper.im(notional), "less margin", "more margin")
        yield from _ordered(
            "maintenance margin", place, lower.mm(notional), upper.mm(notional), "less margin", "more margin"
        )


def _ends(*schedules: MarginSchedule) -> list[Decimal]:
    found = {bracket.to_usd for schedule in schedules for bracket in schedule.brackets}
    return sorted({MAX_AMOUNT, *(end for end in found if end is not None)})


def _limits(old: Tariff, new: Tariff) -> Iterator[_Found]:
    rank = STANDING_TIERS.index
    for level in KYC_LEVELS:
        less, more = old.kyc_levels[level], new.kyc_levels[level]
        for risk in RISK_TIERS:
            with localcontext(EXACT):
                before = _or(less.notional_cap_usd) * old.risk_tiers[risk].cap_factor
                after = _or(more.notional_cap_usd) * new.risk_tiers[risk].cap_factor
            yield from _ordered("notional cap (USD)", f"level {level}, {risk}", before, after, "narrower", "wider")
        caps = _or(less.leverage_cap), _or(more.leverage_cap)
        yield from _ordered("leverage cap", f"level {level}", *caps, "narrower", "wider")
        for edge in ("standing_floor", "standing_ceiling"):
            ranks = rank(getattr(less, edge)), rank(getattr(more, edge))
            yield from _ordered(edge.replace("_", " "), f"level {level}", *ranks, "narrower", "wider")
        unproven = RISK_TIERS.index(less.risk_tier_unproven), RISK_TIERS.index(more.risk_tier_unproven)
        yield from _ordered("risk tier where unproven", f"level {level}", *unproven, "narrower", "wider")
    for risk in RISK_TIERS:
        classes = old.risk_tiers[risk].monitoring_class, new.risk_tiers[risk].monitoring_class
        yield from _ordered("monitoring class", risk, *classes, "wider", "narrower")
    for tier in STANDING_TIERS:
        shut = int(old.standing_tiers[tier].reduce_only), int(new.standing_tiers[tier].reduce_only)
        yield from _ordered("reduce only", tier, *shut, "wider", "narrower")
    least = old.im_factor_min, new.im_factor_min  # the less margin is counted on, the sooner a stress move takes the relief
    yield from _ordered("least initial-margin factor", "all", *least, "narrower", "wider")
    shares = old.relief_open_interest_share, new.relief_open_interest_share
    yield from _ordered("open-interest share with relief", "all", *shares, "narrower", "wider")
    for name in dict.fromkeys(row.name for tariff in (old, new) for row in tariff.instrument_classes):
        before_class, after_class = old.instrument_class(name), new.instrument_class(name)
        yield from _ordered("stress move", name, before_class.stress_move, after_class.stress_move, "wider", "narrower")
        for end in ("lower_usd", "upper_usd"):
            ends = _open_interest(before_class, end), _open_interest(after_class, end)
            yield from _ordered("open-interest cap (USD)", f"{name}, {end}", *ends, "narrower", "wider")


def _posterior(old: Tariff, new: Tariff) -> Iterator[_Found]:
    """What either line asks for without events and with fifty, which is the whole line."""
    scores = sorted({row.score for tariff in (old, new) if tariff.posterior is not None for row in tariff.posterior.rows})
    for score, line, events in product(scores, (0, 1), (0, 50)):
        before, after = (_asked_evidence(tariff, score, line, events) for tariff in (old, new))
        where = f"score {score}, line {line + 1}, {events} events"
        yield from _ordered("evidence for a posterior bound", where, before, after, "wider", "narrower")


def _asked_evidence(tariff: Tariff, score: int, line: int, events: int) -> Decimal:
    lines = None if tariff.posterior is None else tariff.posterior.lines(score)
    if lines is None:
        return _UNBOUNDED
    alpha, beta = lines[line]
    return Decimal(alpha + beta * events) / 1000


def _or(cap: Decimal | None) -> Decimal:
    return _UNBOUNDED if cap is None else cap


def _open_interest(row: InstrumentClass, end: str) -> Decimal:
    cap = row.open_interest_cap
    return _UNBOUNDED if cap is None else getattr(cap, end)
