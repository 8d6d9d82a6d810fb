"""Two pseudonyms and their conduct: one rises on a real account's days, another falls on the day it leaves a debt.

Real are the days on which two accounts traded, what they traded and what they made of it. Nothing public says how near an
account came to liquidation. So two things are ``simulated``, and said to be: a day with trades counts as 24 hours at risk
without a margin event, and the second account leaves a debt on the day after its last one. A table of days and profits has
no equity, no margin call and no liquidation, so nothing that stands in it can lower a standing: replayed day by day, none of
the 23 accounts with 15 days or more ever falls. That is why the fall is simulated and the rise is not.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any, Final

from credence.circuits.encoding import b64u
from credence.circuits.fields import Json
from credence.service.demo.cast import NORTH, Holder
from credence.service.demo.expect import expect
from credence.service.demo.report import Journal, Moved, StepFailed
from credence.service.demo.steps import accepted
from credence.service.demo.world import World
from credence.service.verifier.tariff.tables import STANDING_TIERS
from credence.service.verifier.terms.answer import Reason
from credence.service.verifier.terms.words import said

LEAST_DAYS: Final = 60
"""Days of trading that an account needs to come to a tier that differs from a stranger's."""

MAX_DAYS: Final = 1_000

_EXPOSURE: Final = "24 hours at risk on every day with trades"
_DEBT: Final = "a debt"

_BATCH: Final = 150
"""Events of a report: a body may have 64 KiB."""

_DAY: Final = 86_400
_NOON: Final = 43_200
_MICRO: Final = Decimal("0.000001")
_CHANGED: Final = ("own_standing", "standing_tier", "phased_raise", "volume_30d_usd")


@dataclass(frozen=True, slots=True)
class AccountDays:
    """A real account and the rows of its days, oldest first."""

    account: str
    days: Sequence[dict[str, str]]


def move_standings(world: World, journal: Journal) -> None:
    """One holder's pseudonym rises on the days of the account with most of them, another's falls; terms before and after."""
    found = _busiest(world.days)
    holders = list(world.holders.values())[:2]
    if len(found) < len(holders):
        journal.say(f"too few accounts with {LEAST_DAYS} days of trading: no standing is moved")
        return
    journal.say(f"simulated: {_EXPOSURE}, and {_DEBT}; real: days, volumes, results")
    journal.say("the table has no equity and no liquidation: nothing in it can lower a standing, so the debt is made up")
    riser, faller = holders
    before = _visit(world, journal, riser)
    _report(world, riser, found[0])
    after = _visit(world, journal, riser)
    _tell(journal, riser, found[0], "before its days were reported", before, after, (_EXPOSURE,))
    expect(_rank(after) > _rank(before), "the standing did not rise")

    _report(world, faller, found[1])
    before = _visit(world, journal, faller)
    _owe(world, faller)
    after = _visit(world, journal, faller)
    _tell(journal, faller, found[1], "before its debt", before, after, (_EXPOSURE, _DEBT))
    expect(_rank(after) < _rank(before), "the standing did not fall")


def _busiest(path: Path | None) -> list[AccountDays]:
    """The two accounts with most days, where they have enough."""
    if path is None:
        raise StepFailed("no account days were given")
    by_account: dict[str, dict[str, dict[str, str]]] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            by_account.setdefault(row["account"], {})[row["date"]] = row
    ordered = sorted(by_account.items(), key=lambda item: (-len(item[1]), item[0]))
    enough = [(account, days) for account, days in ordered if len(days) >= LEAST_DAYS]
    return [AccountDays(account, [days[day] for day in sorted(days)][-MAX_DAYS:]) for account, days in enough[:2]]


def _report(world: World, holder: Holder, found: AccountDays) -> None:
    """The account's days as the pseudonym's own, moved so that the last of them was yesterday."""
    last = date.fromisoformat(found.days[-1]["date"])
    yesterday = world.clock() // _DAY - 1
    lines = [
        _line(
            holder,
            "account_day",
            f"day-{number}",
            (yesterday - (last - date.fromisoformat(row["date"])).days) * _DAY + _NOON,
        )
        | {
            "pnl": _usd(row.get("daily_pnl")),
            "notional": _usd(row["total_volume"]),
            "trades": int(float(row.get("trade_count") or 0)),
            "exposed_hours": 24,
        }
        for number, row in enumerate(found.days)
    ]
    _send(world, lines)


def _owe(world: World, holder: Holder) -> None:
    debt = {"size": "50000", "fee": "250", "bad_debt": "1200"}
    _send(world, [_line(holder, "liquidation", "simulated-debt", world.clock() - 60) | debt])


def _line(holder: Holder, kind: str, name: str, at: int) -> dict[str, Any]:
    pseudonym = b64u(holder.pseudonyms[NORTH])
    return {"id": f"{pseudonym[:16]}-{name}", "kind": kind, "pseudonym": pseudonym, "at": at, "source": "file"}


def _send(world: World, lines: Sequence[dict[str, Any]]) -> None:
    verifier, outcomes = world.venues[NORTH].verifier, set[str]()
    for start in range(0, len(lines), _BATCH):
        outcomes |= {line.outcome for line in verifier.report_events(lines[start : start + _BATCH])}
    expect(outcomes == {"accepted"}, "an event was not accepted")


def _visit(world: World, journal: Journal, holder: Holder) -> Json:
    venue = world.venues[NORTH]
    opened = venue.verifier.open_session(venue.policy_name)
    decision = holder.wallet.answer(opened.session_id, audience=venue.audience)
    accepted(world, journal, holder, venue, decision)
    return decision.terms or {}


def _tell(
    journal: Journal, holder: Holder, found: AccountDays, when: str, before: Json, after: Json, simulated: tuple[str, ...]
) -> None:
    journal.moved(Moved(holder.name, NORTH, found.account, len(found.days), simulated, before, after))
    journal.say(f"{holder.name}, on {len(found.days)} days of the account {found.account}")
    for name, terms in ((when, before), ("now", after)):
        fees = terms["fees"]
        journal.say(
            f"  {name}: standing {terms['standing_tier']}, {fees['volume_tier']}, maker {fees['maker_bps']} bps,"
            f" taker {fees['taker_bps']} bps, leverage {terms['max_leverage']}"
        )
    for reason in after["reasons"]:
        if reason["factor"] in _CHANGED:
            journal.say(f"  {said(Reason(reason['factor'], reason['value'], tuple(reason['effect'].items())), 'plain')}")


def _rank(terms: Json) -> int:
    return STANDING_TIERS.index(terms["standing_tier"])


def _usd(text: str | None) -> str:
    return format(Decimal(text or "0").quantize(_MICRO, ROUND_HALF_EVEN), "f")
