"""Daily statistics of a while as a venue reads them: decimal strings, and null for what nobody can know from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from credence.service.reputation.events.measures import MICRO, write_decimal
from credence.service.reputation.merging import COLUMNS, LEVERAGE_EDGES, Merge, merged
from credence.service.reputation.records import ReputationDay
from credence.service.reputation.statistics import facts, mean_leverage, p95_leverage, wash_notional

SPAN: Final = 30
"""Days that a summary is of."""

_BPS: Final = 10_000
_PLACES: Final = 6


@dataclass(frozen=True)
class Summary:
    """Sums of the last :data:`SPAN` days. USD, ratios and bps are decimal strings; ``expected`` is E without forgetting."""

    days: int
    events: int
    fills: int
    cancels: int
    trades: int
    wins: int
    votes: int
    option_fills: int
    notional_usd: str
    wash_notional_usd: str
    maker_share: str | None
    fees_usd: str
    pnl_usd: str | None
    deposits_usd: str
    withdrawals_usd: str
    exposure_days: str
    expected: str
    near_misses: int
    calls: int
    liquidations: int
    bad_debts: int
    least_buffer: str | None
    mean_leverage: str | None
    p95_leverage: str | None
    mean_return: str | None
    turnover: str | None
    markout_10s_bps: str | None
    markout_60s_bps: str | None
    markout_300s_bps: str | None

    def to_json(self) -> dict[str, int | str | None]:
        """Its members by name."""
        return asdict(self)


def total(rows: Iterable[ReputationDay]) -> dict[str, int]:
    """The sums over days; only columns that add."""
    found = {name: 0 for name, way in COLUMNS.items() if way is Merge.SUM}
    for row in rows:
        for name, value in found.items():
            found[name] = merged(value, getattr(row, name), Merge.SUM) or 0
    return found


def summed(rows: Sequence[ReputationDay], hazards: Mapping[int, int], event_rate: float) -> Summary:
    """The summary of days."""
    sums, found = total(rows), [facts(row, hazards, event_rate) for row in rows]
    wash = sum(wash_notional(row) for row in rows)
    buffers = [row.min_buffer_ppm for row in rows if row.min_buffer_ppm is not None]
    returns = [day.flow_return for day in found if day.flow_return is not None]
    held = [day.collateral for day in found if day.collateral is not None]
    net = (sums["notional"] - wash) / MICRO
    return Summary(
        days=len(rows),
        events=sums["events"],
        fills=sums["fills"],
        cancels=sums["cancels"],
        trades=sums["trades"],
        wins=sums["wins"],
        votes=sums["votes"],
        option_fills=sums["option_fills"],
        notional_usd=_usd(sums["notional"]),
        wash_notional_usd=_usd(wash),
        maker_share=_ratio(sums["maker_notional"], sums["notional"]),
        fees_usd=_usd(sums["fee"]),
        pnl_usd=_usd(sums["pnl"]) if sums["pnl_events"] else None,
        deposits_usd=_usd(sums["deposit"]),
        withdrawals_usd=_usd(sums["withdrawal"]),
        exposure_days=_number(sum(day.exposure_days for day in found)),
        expected=_number(sum(day.expected for day in found)),
        near_misses=sum(day.margin.near_miss for day in found),
        calls=sum(day.margin.call for day in found),
        liquidations=sum(day.margin.liquidation for day in found),
        bad_debts=sum(day.margin.bad_debt for day in found),
        least_buffer=write_decimal(min(buffers), MICRO) if buffers else None,
        mean_leverage=_maybe(mean_leverage(rows)),
        p95_leverage=_maybe(p95_leverage(sums[f"leverage_{band}"] for band in range(len(LEVERAGE_EDGES) + 1))),
        mean_return=_maybe(sum(returns) / len(returns) if returns else None),
        turnover=_maybe(net / len(held) / (sum(held) / len(held)) if held else None),
        markout_10s_bps=_markout(sums, "10s"),
        markout_60s_bps=_markout(sums, "60s"),
        markout_300s_bps=_markout(sums, "300s"),
    )


def _markout(sums: Mapping[str, int], span: str) -> str | None:
    return _ratio(sums[f"markout_{span}"] * _BPS, sums[f"markout_notional_{span}"])


def _usd(micro: int) -> str:
    return write_decimal(micro, MICRO)


def _ratio(part: int, whole: int) -> str | None:
    return _number(part / whole) if whole else None


def _maybe(value: float | None) -> str | None:
    return None if value is None else _number(value)


def _number(value: float) -> str:
    """At most six decimals; ``inf`` for a band that has no end."""
    if value in (float("inf"), float("-inf")):
        return "inf"
    text = f"{value:.{_PLACES}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
