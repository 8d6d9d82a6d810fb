"""The expressions: wide rows in, one row for each pseudonym and day out.

They name no engine: DuckDB runs them here, and the same ones compile for ClickHouse. Everything is a whole number at the
end, so that engines, shards and orders agree to the last digit.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import Final

import ibis
import ibis.expr.types as ir

from credence.service.reputation.belief.model import shipped_model
from credence.service.reputation.events.kinds import Kind
from credence.service.reputation.events.measures import MICRO
from credence.service.reputation.events.wide import CODES, SCHEMA, SUMMED
from credence.service.reputation.merging import CENTS, EQUITY_BITS, LEVERAGE_EDGES, LIMIT

_OPEN_ENDED: Final = 1_000_000_000
"""Leverage is counted up to 1,000 ×, in ppm; without equity it is that."""


def events(name: str = "events") -> ir.Table:
    """The table of wide rows, unbound."""
    return ibis.table(dict(SCHEMA), name=name)


def by_event(rows: ir.Table) -> ir.Table:
    """Every daily statistic that is a sum, an OR, a least or a greatest over events: all but the round trips.

    What only few rows can add to is grouped by itself: most columns are such, and most rows are fills.
    """
    common, margin, rare = _common(rows), _margin(rows), _rare(rows)
    joined = common
    for part in (margin, rare):
        joined = joined.left_join(part, reduce(and_, (common[name] == part[name] for name in _KEY)))
    found = {name: common[name] for name in common.columns}
    for part in (margin, rare):
        for name in part.columns:
            if name in _NULLABLE:
                found[name] = part[name]
            elif name not in _KEY:
                found[name] = found[name] | _whole(part[name]) if name in found else _whole(part[name])
    return joined.select(**found)


_KEY: Final = ("pseudonym", "day")
_NULLABLE: Final = ("min_buffer_ppm", "opening", "closing")
_USUAL: Final = (Kind.FILL, Kind.ORDER_CANCEL, Kind.MARGIN_SNAPSHOT)
_OFTEN: Final = (
    "notional",
    "maker_notional",
    "buy_notional",
    "fee",
    "pnl",
    "trades",
    "wins",
    "markout_10s",
    "markout_60s",
    "markout_300s",
    "markout_notional_10s",
    "markout_notional_60s",
    "markout_notional_300s",
)
"""Sums that fills add to; to the others the kinds of :data:`_USUAL` add nothing."""


def _common(rows: ir.Table) -> ir.Table:
    """What most rows may add to."""
    return rows.group_by(_KEY).agg(
        events=rows.count(),
        fills=_times(rows.kind == CODES[Kind.FILL]),
        cancels=_times(rows.kind == CODES[Kind.ORDER_CANCEL]),
        pnl_events=_whole(rows.has_pnl.sum()),
        self_matched=_whole(rows.notional.sum(where=rows.self_match)),
        **{name: _whole(rows[name].sum()) for name in _OFTEN},
    )


def _rare(rows: ir.Table) -> ir.Table:
    """What only rows of the other kinds add to."""
    rows = rows.filter(rows.kind.notin([CODES[kind] for kind in _USUAL]))
    kind, bit = rows.kind, _bit(rows.hour)
    is_call = kind == CODES[Kind.MARGIN_CALL]
    is_liquidation = kind == CODES[Kind.LIQUIDATION]
    return rows.group_by(_KEY).agg(
        votes=_times(kind == CODES[Kind.VOTE]),
        margin_calls=_times(is_call),
        liquidations=_times(is_liquidation),
        option_fills=_times(kind == CODES[Kind.OPTION_FILL]),
        account_days=_times(kind == CODES[Kind.ACCOUNT_DAY]),
        call_hours=_hours(bit, is_call),
        liquidation_hours=_hours(bit, is_liquidation),
        bad_debt_hours=_hours(bit, is_liquidation & (rows.bad_debt > 0)),
        option_delta_ppm=_whole(rows.option_delta.sum()),
        option_gross_ppm=_whole(rows.option_delta.abs().sum()),
        **{name: _whole(rows[name].sum()) for name in SUMMED if name not in (*_OFTEN, "option_delta")},
    )


def _margin(rows: ir.Table) -> ir.Table:
    """What only rows with an equity add to: they are few, and have columns of their own."""
    rows = rows.filter(rows.equity.notnull())
    bit = _bit(rows.hour)
    is_open = rows.exposure > 0  # null, and so never, for what is no snapshot
    least_open, equity_over_open = shipped_model().exposure_floor
    counts = (rows.exposure >= least_open * MICRO) & (rows.exposure * equity_over_open >= rows.equity)
    leverage, seconds = _leverage(rows), rows.seconds
    moment = rows["at"] % 86_400 * (1 << EQUITY_BITS) + _cents(rows.equity)
    bands = zip((0, *LEVERAGE_EDGES), (*LEVERAGE_EDGES, None), strict=True)
    return rows.group_by(_KEY).agg(
        snapshots=_times(rows.kind == CODES[Kind.MARGIN_SNAPSHOT]),
        exposed_hours=_hours(bit, counts),
        near_miss_hours=_hours(bit, is_open & (rows.equity * 2 < rows.maintenance * 3)),
        call_hours=_hours(bit, is_open & (rows.equity * 4 < rows.maintenance * 5)),
        min_buffer_ppm=_buffer(rows).min(),
        snapshot_seconds=_whole(seconds.sum()),
        leverage_ppm_seconds=_whole((leverage * seconds).sum()),
        equity_hours=_whole(_nearest(rows.equity * seconds / 3_600).sum()),
        opening=moment.min(),
        closing=moment.max(),
        **{
            f"leverage_{index}": _whole(seconds.sum(where=_between(leverage, low, high)))
            for index, (low, high) in enumerate(bands)
        },
    )


def cells(rows: ir.Table) -> ir.Table:
    """What was bought and sold at one price of one instrument in one minute, in micro-USD: the cells of round trips."""
    fills = rows.filter((rows.kind == CODES[Kind.FILL]) & ~rows.self_match)
    fills = fills.mutate(minute=(fills["at"] - fills["at"] % 60))
    return fills.group_by(["pseudonym", "day", "instrument", "minute", "price"]).agg(
        bought=_whole(fills.buy_notional.sum()),
        sold=_whole((fills.notional - fills.buy_notional).sum()),
    )


def round_trips(found: ir.Table) -> ir.Table:
    """What came back: twice the smaller side of each cell, which is what was traded to be where one was."""
    both = found.filter((found.bought > 0) & (found.sold > 0))
    return both.group_by(["pseudonym", "day"]).agg(round_trips=_whole(ibis.least(both.bought, both.sold).sum() * 2))


def daily(rows: ir.Table) -> ir.Table:
    """Every daily statistic of ``rows``, the round trips among them."""
    sums, trips = by_event(rows), round_trips(cells(rows))
    joined = sums.left_join(trips, reduce(and_, (sums[name] == trips[name] for name in _KEY)))
    return joined.select(**{name: sums[name] for name in sums.columns}, round_trips=_whole(trips.round_trips))


def _whole(value: ir.Value) -> ir.Value:
    """A sum as a 64-bit integer, 0 of nothing. It stops at ``LIMIT``, as it does where two rows are merged."""
    return ibis.greatest(ibis.least(ibis.coalesce(value, 0), LIMIT), -LIMIT).cast("int64")


def _times(condition: ir.BooleanValue) -> ir.Value:
    return _whole(condition.sum())


def _bit(hour: ir.Value) -> ir.Value:
    """2 to the hour, by a power: a shift is done in a byte where an engine thinks that a 1 is one."""
    return (ibis.literal(2.0) ** hour).cast("int64")


def _hours(bit: ir.Value, condition: ir.BooleanValue) -> ir.Value:
    """A mask with a bit for each hour of the day in which ``condition`` was true."""
    return _whole(ibis.ifelse(condition, bit, 0).bit_or())


def _nearest(value: ir.Value) -> ir.Value:
    """The nearest whole number, half upwards: what engines call rounding is not the same in all of them."""
    return (value + 0.5).floor().cast("int64")


def _cents(micro: ir.Value) -> ir.Value:
    return _nearest(micro / CENTS) + (1 << (EQUITY_BITS - 1))


def _leverage(rows: ir.Table) -> ir.Value:
    """Open notional over equity in ppm; null for what is no snapshot."""
    ratio = rows.exposure / rows.equity.nullif(0) * 1_000_000.0
    capped = ibis.ifelse(ratio > _OPEN_ENDED, _OPEN_ENDED * 1.0, ratio)
    none, most = ibis.null("float64"), ibis.literal(_OPEN_ENDED * 1.0)
    found = ibis.cases(
        (rows.exposure.isnull(), none), (rows.exposure == 0, ibis.literal(0.0)), (rows.equity <= 0, most), else_=capped
    )
    return _nearest(found)


def _buffer(rows: ir.Table) -> ir.Value:
    """Equity over maintenance, less one, in ppm, within ±1,000; null without an open position that needs margin."""
    ratio = (rows.equity / rows.maintenance.nullif(0) - 1) * 1_000_000.0
    most = _OPEN_ENDED * 1.0
    capped = ibis.cases((ratio > most, most), (ratio < -most, -most), else_=ratio)
    return _nearest(ibis.ifelse(rows.exposure > 0, capped, ibis.null("float64")))


def _between(value: ir.Value, low: int, high: int | None) -> ir.BooleanValue:
    above = value >= 0 if low == 0 else value > low
    return above if high is None else above & (value <= high)
