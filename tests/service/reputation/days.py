"""Days of a pseudonym as beliefs read them, made up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from credence.service.reputation.events.kinds import Event, Liquidation, MarginSnapshot
from credence.service.reputation.merging import COLUMNS
from credence.service.reputation.records import ReputationDay
from credence.service.reputation.statistics import DayFacts, MarginEvents

CALM = MarginEvents(0, 0, 0, 0)


def calm_days(first: int, count: int, *, volume: float = 1_000_000.0) -> list[DayFacts]:
    """Exposed around the clock, at the base rate of a calm market, and nothing happened."""
    return [
        DayFacts(
            day=first + place,
            margin=CALM,
            exposure_days=1.0,
            expected=2 / 30,
            pnl=None,
            flow_return=None,
            notional=volume,
            maker_notional=0.0,
            wash_notional=0.0,
            collateral=None,
            turnover=None,
            trades=1,
        )
        for place in range(count)
    ]


def day_of(found: Mapping[str, Any]) -> ReputationDay:
    """A day as the engine answers it, as it would be kept."""
    values = {name: found[name] for name in COLUMNS if name != "round_trips"}
    return ReputationDay(client_id="venue.example", pseudonym=b"a" * 48, day=found["day"], round_trips=0, **values)


def with_margin(days: list[DayFacts], events: Mapping[int, str]) -> list[DayFacts]:
    """The same days, with one margin event each at these places."""
    return [
        replace(day, margin=replace(CALM, **{events[place]: 1})) if place in events else day
        for place, day in enumerate(days)
    ]


def days_of_events(events: Sequence[Event], hazards: Mapping[int, int]) -> list[DayFacts]:
    """What margin events there were of one pseudonym, by the hour and by the worst of it; everything else is left out."""
    worst: dict[int, int] = {}
    for event in events:
        hour, what = event.at // 3_600, event.what
        if isinstance(what, MarginSnapshot):
            buffer = what.equity / what.maintenance - 1
            level = 2 if buffer < 0.25 else 1 if buffer < 0.5 else 0
        elif isinstance(what, Liquidation):
            level = 4 if what.bad_debt else 3
        else:
            continue
        worst[hour] = max(worst.get(hour, 0), level)
    found: dict[int, list[int]] = {}
    for hour, level in worst.items():
        found.setdefault(hour // 24, [0] * 5)[level] += 1
    (blank,) = calm_days(0, 1)
    return [
        replace(
            blank,
            day=day,
            margin=MarginEvents(*counts[1:]),
            exposure_days=sum(counts) / 24,
            expected=sum(counts) / 24 * 2 / 30 * hazards[day] / 1e6,
        )
        for day, counts in sorted(found.items())
    ]
