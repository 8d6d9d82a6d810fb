"""What daily statistics say: margin events, exposure, expected events, returns, turnover. Pure; no engine, no database.

One hour is the unit of a margin event: it counts once, by the worst that happened in it, so that forty partial fills of one
liquidation are one, and a call that the venue also shows by a snapshot is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from credence.service.reputation.events.measures import MICRO
from credence.service.reputation.merging import CENTS, EQUITY_BITS, LEVERAGE_EDGES

WINSOR: Final = 1.0
"""A daily return counts as this at most, on either side."""

DAY: Final = 24
"""Hours."""


class Day(Protocol):
    """A row of daily statistics; :data:`~credence.service.reputation.merging.COLUMNS` says how each of them merges."""

    day: int
    exposed_hours: int
    near_miss_hours: int
    call_hours: int
    liquidation_hours: int
    bad_debt_hours: int
    day_exposed: int
    day_near_misses: int
    day_calls: int
    day_liquidations: int
    day_bad_debts: int
    min_buffer_ppm: int | None
    snapshot_seconds: int
    leverage_ppm_seconds: int
    equity_hours: int
    opening: int | None
    closing: int | None
    notional: int
    maker_notional: int
    self_matched: int
    round_trips: int
    pnl: int
    pnl_events: int
    funding: int
    fee: int
    deposit: int
    withdrawal: int
    trades: int
    fills: int
    cancels: int
    option_fills: int
    events: int


@dataclass(frozen=True)
class MarginEvents:
    """Hours of a day by the worst that happened in them: no hour is counted twice."""

    near_miss: int
    call: int
    liquidation: int
    bad_debt: int

    @property
    def any(self) -> bool:
        """Whether there was one."""
        return self.near_miss + self.call + self.liquidation + self.bad_debt > 0


@dataclass(frozen=True)
class DayFacts:
    """One day as beliefs read it. USD as floats; None is "not known".

    ``expected`` is E of the day; ``flow_return`` is the return on opening equity without deposits and withdrawals, within
    ±1; ``turnover`` is wash-adjusted notional over mean collateral.
    """

    day: int
    margin: MarginEvents
    exposure_days: float
    expected: float
    pnl: float | None
    flow_return: float | None
    notional: float
    maker_notional: float
    wash_notional: float
    collateral: float | None
    turnover: float | None
    trades: int


def margin_events(row: Day) -> MarginEvents:
    """The hours of a day with a margin event; what an ``AccountDay`` says is added, up to 24 hours in all."""
    debt = row.bad_debt_hours
    liquidated = row.liquidation_hours & ~debt
    called = row.call_hours & ~(row.liquidation_hours | debt)
    near = row.near_miss_hours & ~(row.call_hours | row.liquidation_hours | debt)
    left = DAY
    found = []
    for mask, said in (
        (debt, row.day_bad_debts),
        (liquidated, row.day_liquidations),
        (called, row.day_calls),
        (near, row.day_near_misses),
    ):
        hours = min(left, mask.bit_count() + said)
        left -= hours
        found.append(hours)
    bad_debt, liquidation, call, near_miss = found
    return MarginEvents(near_miss, call, liquidation, bad_debt)


def exposed_hours(row: Day) -> int:
    """Hours of the day with an open position that counts (the model's ``exposure_floor``), or with a margin event."""
    mask = row.exposed_hours | row.near_miss_hours | row.call_hours | row.liquidation_hours
    return min(DAY, mask.bit_count() + row.day_exposed)


def equity_at(moment: int | None) -> float | None:
    """The equity (USD) of ``opening`` or ``closing``."""
    if moment is None:
        return None
    cents = (moment & ((1 << EQUITY_BITS) - 1)) - (1 << (EQUITY_BITS - 1))
    return cents * CENTS / MICRO


def flow_return(row: Day) -> float | None:
    """The day's return on opening equity, less deposits, plus withdrawals; None without equity at its beginning.

    The numerator is what the venue reports as realised, or the change of equity where it reports nothing and two
    snapshots show it.
    """
    opening, closing = equity_at(row.opening), equity_at(row.closing)
    if opening is None or opening <= 0:
        return None
    if row.pnl_events:
        earned = (row.pnl + row.funding - row.fee) / MICRO
    elif closing is not None and row.opening != row.closing:
        earned = closing - opening - (row.deposit - row.withdrawal) / MICRO
    else:
        return None
    return max(-WINSOR, min(WINSOR, earned / opening))


def wash_notional(row: Day) -> int:
    """Micro-USD that moved nothing: matched with itself, or bought and sold at one price within a minute."""
    return min(row.notional, row.self_matched + row.round_trips)


def collateral(row: Day) -> float | None:
    """Mean equity of the day in USD, weighted by time; the opening one without snapshots; None where it is not above 0."""
    if row.snapshot_seconds > 0:
        found: float | None = row.equity_hours / (row.snapshot_seconds / 3_600) / MICRO
    else:
        found = equity_at(row.opening)
    return found if found is not None and found > 0 else None


def facts(row: Day, hazards: Mapping[int, int], event_rate: float) -> DayFacts:
    """A day as beliefs read it. ``hazards`` is the market's, by day, in ppm of the calm one; 1 × where it is silent.

    ``event_rate`` is the model's: weighted margin events that are expected of a day of open exposure in a calm market.
    """
    mean = collateral(row)
    net = (row.notional - wash_notional(row)) / MICRO
    exposure = exposed_hours(row) / DAY
    return DayFacts(
        day=row.day,
        margin=margin_events(row),
        exposure_days=exposure,
        expected=exposure * event_rate * hazards.get(row.day, MICRO) / MICRO,
        pnl=row.pnl / MICRO if row.pnl_events else None,
        flow_return=flow_return(row),
        notional=row.notional / MICRO,
        maker_notional=row.maker_notional / MICRO,
        wash_notional=wash_notional(row) / MICRO,
        collateral=mean,
        turnover=net / mean if mean is not None and row.notional else None,
        trades=row.trades,
    )


def history(rows: Iterable[Day], hazards: Mapping[int, int], event_rate: float) -> tuple[DayFacts, ...]:
    """The days that have events, in order."""
    return tuple(sorted((facts(row, hazards, event_rate) for row in rows), key=lambda found: found.day))


def mean_leverage(rows: Iterable[Day]) -> float | None:
    """Leverage weighted by time; None without snapshots."""
    total = seconds = 0
    for row in rows:
        total += row.leverage_ppm_seconds
        seconds += row.snapshot_seconds
    return total / seconds / MICRO if seconds else None


def p95_leverage(bands: Iterable[int]) -> float | None:
    """The upper end of the band in which 95 % of the time is reached; infinite for the last; None without snapshots.

    ``bands`` are seconds in each band of leverage, added up over whatever days.
    """
    seconds = tuple(bands)
    total = sum(seconds)
    if not total:
        return None
    reached = 0
    for spent, edge in zip(seconds, (*LEVERAGE_EDGES, None), strict=True):
        reached += spent
        if reached * 20 >= total * 19:
            return float("inf") if edge is None else edge / MICRO
    return float("inf")
