"""The accounts of a report, taken in one after the other and kept as arrays: what they did, and where they stood when.

A report of day D knows whole days before D and nothing later, so the same day gives the same report whenever it is made.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from credence.service.reputation.belief.arrays import Days, Floats
from credence.service.reputation.belief.model import BeliefModel
from credence.service.reputation.records import ReputationDay
from credence.service.reputation.risk_report.refusals import ReportRefused
from credence.service.reputation.small import LEAST
from credence.service.reputation.standing import evaluations
from credence.service.reputation.statistics import DayFacts, collateral, history, mean_leverage
from credence.service.reputation.summary import total
from credence.service.reputation.tiers import StandingTable, advance, begin, shipped_table

SPAN: Final = 30
"""Days of a window."""

WINDOWS: Final = 12
"""Windows that are looked back on, one after the other, none over another."""

FRESH: Final = 7
"""Days for which the last margin snapshot counts as an open position."""

_PPM: Final = 1_000_000

FACTS: Final = (
    "near_miss", "call", "liquidation", "bad_debt", "expected", "exposure", "notional", "collateral", "turnover",
)  # fmt: skip
"""Columns of account-days; NaN is "not known"."""


@dataclass(frozen=True)
class Source:
    """Whence the accounts are. ``simulated``: how many of them say that they are simulated. ``words``: for the reader."""

    words: str
    simulated: int = 0


@dataclass(frozen=True)
class Trader:
    """What an account did in the last 30 days, for the map of segments. None is "not known"."""

    volume: float
    trades: float
    leverage: float | None
    maker_share: float
    net_share: float
    tenure: float
    profit: float | None


@dataclass(frozen=True)
class Position:
    """An account's margin as its last snapshot day had it, in USD: size of its positions, equity, maintenance margin."""

    notional: float
    equity: float
    maintenance: float


@dataclass(frozen=True)
class Population:
    """``n`` accounts before the unix day ``as_of``. Rows are account-days: ``owner`` (0 … n − 1), ``day``, :data:`FACTS`.

    ``anchors`` are days, ``as_of`` first and then 30 days earlier each; ``tiers[a][i]`` is where account i stood when day
    ``anchors[a]`` began, None where nothing was reported of it yet. ``began``: first day of each account. ``left_out``:
    accounts that there were more than could be read. ``digest``: SHA-256 of all that the figures are made of.
    """

    as_of: int
    model: BeliefModel
    table: StandingTable
    source: Source
    owner: Days
    day: Days
    facts: Mapping[str, Floats]
    began: Days
    anchors: tuple[int, ...]
    tiers: tuple[tuple[str | None, ...], ...]
    traders: tuple[Trader | None, ...]
    positions: tuple[Position, ...]
    left_out: int
    digest: str

    @property
    def n(self) -> int:
        return len(self.began)


@dataclass
class Gathering:
    """Takes accounts in, in a fixed order, and forgets their rows. ``hazards`` is the market's, by day."""

    as_of: int
    model: BeliefModel
    hazards: Mapping[int, int]
    table: StandingTable = field(default_factory=shipped_table)
    left_out: int = 0
    _columns: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in FACTS})
    _owner: list[int] = field(default_factory=list)
    _day: list[int] = field(default_factory=list)
    _began: list[int] = field(default_factory=list)
    _tiers: list[list[str | None]] = field(default_factory=list)
    _traders: list[Trader | None] = field(default_factory=list)
    _positions: list[Position] = field(default_factory=list)

    @property
    def anchors(self) -> tuple[int, ...]:
        return tuple(self.as_of - SPAN * place for place in range(WINDOWS + 1))

    @property
    def account_days(self) -> int:
        """Rows that were taken in so far."""
        return len(self._day)

    def add(self, rows: Sequence[ReputationDay], *, unique: bool, flagged_at: int | None) -> bool:
        """Takes an account in by its days, in order; False where none of them is before the report's day."""
        known = [row for row in rows if row.day < self.as_of]
        if not known:
            return False
        facts = history(known, self.hazards, self.model.event_rate)
        number = len(self._began)
        self._began.append(facts[0].day)
        for each in facts:
            self._owner.append(number)
            self._day.append(each.day)
            for name, value in _facts_of(each).items():
                self._columns[name].append(value)
        self._tiers.append(self._stood(facts, unique=unique, flagged_at=flagged_at))
        self._traders.append(_trader(known, facts, self.as_of))
        if (position := _position(known, self.as_of)) is not None:
            self._positions.append(position)
        return True

    def whole(self, source: Source) -> Population:
        """All that was taken in. Raises :class:`ReportRefused` for fewer than :data:`LEAST` accounts."""
        if len(self._began) < LEAST:
            raise ReportRefused(f"{LEAST} accounts are the fewest that anything is said of")
        facts = {name: np.array(values, dtype=np.float64) for name, values in self._columns.items()}
        owner, day = (np.array(values, dtype=np.int64) for values in (self._owner, self._day))
        digest = hashlib.sha256(f"{self.as_of} {self.model.version} {self.table.digest}".encode())
        for array in (owner, day, *facts.values()):
            digest.update(np.ascontiguousarray(array).tobytes())
        digest.update(repr((self._tiers, self._traders, self._positions)).encode())
        return Population(
            as_of=self.as_of,
            model=self.model,
            table=self.table,
            source=source,
            owner=owner,
            day=day,
            facts=facts,
            began=np.array(self._began, dtype=np.int64),
            anchors=self.anchors,
            tiers=tuple(zip(*self._tiers, strict=True)),
            traders=tuple(self._traders),
            positions=tuple(self._positions),
            left_out=self.left_out,
            digest=digest.hexdigest(),
        )

    def _stood(self, facts: Sequence[DayFacts], *, unique: bool, flagged_at: int | None) -> list[str | None]:
        """The tier at the beginning of each anchor: that of the whole days before it."""
        wanted = {anchor - 1: place for place, anchor in enumerate(self.anchors)}
        found: list[str | None] = [None] * len(self.anchors)
        standing = None
        for each in evaluations(facts, self.as_of - 1, unique=unique, flagged_at=flagged_at, model=self.model):
            standing = advance(self.table, standing or begin(each.day, unique=unique), each)
            if each.day in wanted:
                found[wanted[each.day]] = standing.tier
        return found


def _facts_of(day: DayFacts) -> dict[str, float]:
    return {
        "near_miss": float(day.margin.near_miss),
        "call": float(day.margin.call),
        "liquidation": float(day.margin.liquidation),
        "bad_debt": float(day.margin.bad_debt),
        "expected": day.expected,
        "exposure": day.exposure_days,
        "notional": day.notional,
        "collateral": float("nan") if day.collateral is None else day.collateral,
        "turnover": float("nan") if day.turnover is None else day.turnover,
    }


def _trader(rows: Sequence[ReputationDay], facts: Sequence[DayFacts], as_of: int) -> Trader | None:
    """None for an account that traded nothing in the last 30 days."""
    recent = [row for row in rows if row.day >= as_of - SPAN]
    sums = total(recent)
    if not sums["notional"]:
        return None
    gross = sums["option_gross_ppm"]
    net = (
        abs(sums["option_delta_ppm"]) / gross
        if gross
        else abs(2 * sums["buy_notional"] - sums["notional"]) / sums["notional"]
    )
    exposed = next((day.day for day in facts if day.exposure_days > 0), as_of)
    return Trader(
        volume=sums["notional"] / _PPM,
        trades=float(sums["trades"] or sums["fills"]),
        leverage=mean_leverage(recent),
        maker_share=min(1.0, sums["maker_notional"] / sums["notional"]),
        net_share=min(1.0, net),
        tenure=float(as_of - exposed),
        profit=(sums["pnl"] + sums["funding"] - sums["fee"]) / _PPM if sums["pnl_events"] else None,
    )


def _position(rows: Sequence[ReputationDay], as_of: int) -> Position | None:
    """Of the last day with margin snapshots, if that is no more than :data:`FRESH` days ago."""
    held = [row for row in rows if row.snapshot_seconds > 0 and row.day >= as_of - FRESH]
    if not held:
        return None
    leverage, equity, buffer = mean_leverage(held[-1:]), collateral(held[-1]), held[-1].min_buffer_ppm
    if not leverage or equity is None or buffer is None or buffer <= -_PPM:
        return None
    return Position(leverage * equity, equity, equity / (1 + buffer / _PPM))
