"""Files of a simulation: its events, or their account days, and its market. Every line of them says that it is simulated."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from credence.circuits.days import write_day
from credence.circuits.encoding import b64u
from credence.service.reputation.events.kinds import Deposit, Event, MarginSnapshot
from credence.service.reputation.events.measures import MICRO, write_decimal
from credence.service.reputation.events.reading import write_event
from credence.service.reputation.merging import COLUMNS
from credence.service.reputation.records import ReputationDay
from credence.service.reputation.simulator import SIMULATED
from credence.service.reputation.simulator.accounts import Simulation
from credence.service.reputation.simulator.market import HOURS
from credence.service.reputation.statistics import equity_at, exposed_hours, margin_events

DAYS: Final = (
    "label", "date", "account", "habit", "pnl", "notional", "fees", "trades", "equity", "deposits", "exposed_hours",
    "near_misses", "calls", "liquidations", "bad_debts",
)  # fmt: skip
"""Columns of account days; the mapping ``simulated-account-days`` takes them in."""

MARKET: Final = ("label", "time", "price", "regime", "hazard")

_DAY: Final = 86_400
_HOUR: Final = 3_600

Tell = Callable[[str, int, int], None]


def write_events(simulation: Simulation, path: Path, tell: Tell) -> int:
    """Every event, a line each, as it goes over the wire, and ``label`` beside it. How many there were."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for _, events in _days(simulation, tell):
            for event in events:
                print(json.dumps({"label": SIMULATED, **write_event(event)}, separators=(",", ":")), file=file)
                count += 1
    return count


def write_account_days(simulation: Simulation, path: Path, tell: Tell) -> int:
    """What each account's day comes to, by the features that reports are reduced to. How many there were."""
    from credence.service.reputation.features.engine import Engine  # which whoever writes events needs not load

    engine, count = Engine(), 0
    habits = {b64u(simulation.pseudonym(number)): (number, habit) for number, habit in enumerate(simulation.habit)}
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, DAYS, lineterminator="\n")
            table.writeheader()
            for day, events in _days(simulation, tell):
                (found, _), later = engine.over(events), _later_deposits(events)
                for row in sorted(found, key=lambda row: habits[row["pseudonym"]]):
                    number, habit = habits[row["pseudonym"]]
                    common = {"label": SIMULATED, "date": write_day(day), "account": f"{SIMULATED}-{number}", "habit": habit}
                    table.writerow(common | _said(row, later[row["pseudonym"]]))
                    count += 1
    finally:
        engine.close()
    return count


def write_market(simulation: Simulation, path: Path) -> int:
    """The price at the end of every hour, and the regime of its day. How many there were."""
    market, start = simulation.market, simulation.first_day * _DAY
    hazards = market.hazards(simulation.first_day)
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(MARKET)
        for hour, price in enumerate(market.price.tolist()):
            day = min(max(hour - 1, 0) // HOURS, len(market.stressed) - 1)
            regime = "stressed" if market.stressed[day] else "calm"
            at = datetime.fromtimestamp(start + hour * _HOUR, UTC).isoformat()
            hazard = write_decimal(hazards[simulation.first_day + day], MICRO)
            table.writerow((SIMULATED, at, f"{price:.6f}", regime, hazard))
    return len(market.price)


def _days(simulation: Simulation, tell: Tell) -> Iterator[tuple[int, list[Event]]]:
    total = len(simulation.market.stressed)
    for day, events in groupby(simulation.events(), key=lambda event: event.day):
        tell("simulating", min(day - simulation.first_day + 1, total), total)
        yield day, list(events)


def _later_deposits(events: Sequence[Event]) -> Mapping[str, int]:
    """What each account paid in after its first snapshot of the day, in micro-USD: the first equity does not have it yet."""
    seen: set[bytes] = set()
    later: Counter[str] = Counter()
    for event in events:
        if isinstance(event.what, MarginSnapshot):
            seen.add(event.pseudonym)
        elif isinstance(event.what, Deposit) and event.pseudonym in seen:
            later[b64u(event.pseudonym)] += event.what.amount
    return later


def _said(found: dict[str, Any], later: int) -> dict[str, Any]:
    values = {name: found[name] for name in COLUMNS if name != "round_trips"}
    row = ReputationDay(client_id=SIMULATED, pseudonym=b"", day=found["day"], round_trips=0, **values)
    margin, equity, last = margin_events(row), equity_at(row.opening), equity_at(row.closing)
    return {
        "pnl": "" if equity is None or last is None else f"{last - equity - later / MICRO:.2f}",
        "notional": write_decimal(row.notional, MICRO),
        "fees": write_decimal(row.fee, MICRO),
        "trades": row.trades,
        "equity": "" if equity is None else f"{equity:.2f}",
        "deposits": write_decimal(row.deposit, MICRO),
        "exposed_hours": exposed_hours(row),
        "near_misses": margin.near_miss,
        "calls": margin.call,
        "liquidations": margin.liquidation,
        "bad_debts": margin.bad_debt,
    }
