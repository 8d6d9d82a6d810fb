"""An event as one row of numbers, which is what features are computed of. Columns that a kind does not have are 0 or null.

Null means "not said" and is left out of minima, firsts and lasts; what is summed is 0 where nothing was said.
"""

from __future__ import annotations

from collections.abc import Iterable
from types import MappingProxyType
from typing import Any, Final

from credence.circuits.encoding import b64u
from credence.service.reputation.events.kinds import (
    AccountDay,
    Borrow,
    Deposit,
    Event,
    Fill,
    Funding,
    Kind,
    Liquidation,
    MarginSnapshot,
    OptionFill,
    Repay,
    What,
    Withdraw,
)

CODES: Final = MappingProxyType({kind: number for number, kind in enumerate(Kind)})
"""The number of a kind in the column ``kind``."""

SUMMED: Final = (
    "notional",
    "maker_notional",
    "buy_notional",
    "fee",
    "pnl",
    "deposit",
    "withdrawal",
    "borrow",
    "repay",
    "funding",
    "trades",
    "wins",
    "liquidated",
    "bad_debt",
    "markout_10s",
    "markout_60s",
    "markout_300s",
    "markout_notional_10s",
    "markout_notional_60s",
    "markout_notional_300s",
    "day_exposed",
    "day_near_misses",
    "day_calls",
    "day_liquidations",
    "day_bad_debts",
    "option_delta",
)
"""Columns that a day adds up as they are. USD amounts are micro-USD, deltas ppm."""

SCHEMA: Final = MappingProxyType(
    {
        "pseudonym": "!string",
        "at": "!int64",
        "day": "!int32",
        "hour": "!int8",
        "kind": "!int8",
        "has_pnl": "!int8",
        "buy": "boolean",
        "self_match": "!boolean",
        "instrument": "string",
        "price": "int64",
        "equity": "int64",
        "maintenance": "int64",
        "exposure": "int64",
        "seconds": "int64",
        **dict.fromkeys(SUMMED, "!int64"),
    }
)
"""Column to type in the words of Ibis; ``!`` before one that is never null."""

_EMPTY: Final[dict[str, Any]] = {name: None if kind[0] != "!" else 0 for name, kind in SCHEMA.items()}


def wide(event: Event) -> dict[str, Any]:
    """The row of an event."""
    row = _EMPTY | {
        "pseudonym": b64u(event.pseudonym),
        "at": event.at,
        "day": event.day,
        "hour": event.at % 86_400 // 3_600,
        "kind": CODES[event.kind],
        "self_match": False,
    }
    row.update(_said(event.what))
    return row


def columns(events: Iterable[Event]) -> dict[str, list[Any]]:
    """The rows of events, by column."""
    rows = [wide(event) for event in events]
    return {name: [row[name] for row in rows] for name in SCHEMA}


def _said(what: What) -> dict[str, Any]:
    match what:
        case Fill():
            return _fill(what)
        case Deposit(amount):
            return {"deposit": amount}
        case Withdraw(amount):
            return {"withdrawal": amount}
        case Borrow(amount):
            return {"borrow": amount}
        case Repay(amount):
            return {"repay": amount}
        case Funding(amount):
            return {"funding": amount}
        case MarginSnapshot():
            return {
                "equity": what.equity,
                "maintenance": what.maintenance,
                "exposure": what.notional,
                "seconds": what.seconds,
            }
        case Liquidation():
            return {"liquidated": what.size, "bad_debt": what.bad_debt, "fee": what.fee}
        case OptionFill():
            signed = what.delta if what.side == "buy" else -what.delta
            return {"notional": what.notional, "fee": what.fee, "option_delta": signed}
        case AccountDay():
            return _account_day(what)
    return {}


def _fill(fill: Fill) -> dict[str, Any]:
    notional = fill.notional
    row: dict[str, Any] = {
        "instrument": fill.instrument,
        "price": fill.price,
        "buy": fill.side == "buy",
        "self_match": fill.self_match,
        "notional": notional,
        "maker_notional": notional if fill.maker else 0,
        "buy_notional": notional if fill.side == "buy" else 0,
        "fee": fill.fee,
        "pnl": fill.closed_pnl or 0,
        "has_pnl": int(fill.closed_pnl is not None),
        "trades": 1,
        "wins": int(fill.closed_pnl is not None and fill.closed_pnl > 0),
    }
    for span, mid in (("10s", fill.mid_10s), ("60s", fill.mid_60s), ("300s", fill.mid_300s)):
        earned = fill.markout(mid)
        if earned is not None:
            row[f"markout_{span}"], row[f"markout_notional_{span}"] = earned, notional
    return row


def _account_day(day: AccountDay) -> dict[str, Any]:
    return {
        "pnl": day.pnl or 0,
        "has_pnl": int(day.pnl is not None),
        "notional": day.notional,
        "maker_notional": day.maker_notional,
        "fee": day.fees,
        "trades": day.trades,
        "wins": day.wins,
        "equity": day.equity,
        "deposit": day.deposits,
        "withdrawal": day.withdrawals,
        "day_exposed": day.exposed_hours,
        "day_near_misses": day.near_misses,
        "day_calls": day.calls,
        "day_liquidations": day.liquidations,
        "day_bad_debts": day.bad_debts,
    }
