"""All rules over one venue's tape: the cases they open, and of how much they looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from credence.service.reputation.abuse.quoting import cancel_bursts, layering
from credence.service.reputation.abuse.tape import Case, Order, Trade
from credence.service.reputation.abuse.trading import before_large, loop_volume, ping_pong, self_match

RULES: Final = (
    "self-match",
    "loop-volume",
    "ping-pong",
    "cancel-burst",
    "layering",
    "trade-before-large-order",
)
EFFECT: Final = "a case for a person to look at; nothing is refused, priced or closed by it"
LIMIT: Final = (
    "thresholds are proposals: no labelled tape of a venue was found, so the precision of these rules is not known"
)


@dataclass(frozen=True)
class AbuseReport:
    """Cases by rule and time, and how many trades and orders were looked at."""

    cases: tuple[Case, ...]
    trades: int
    orders: int
    effect: str = EFFECT
    limit: str = LIMIT

    def to_json(self) -> dict[str, Any]:
        return {
            "cases": [case.to_json() for case in self.cases],
            "by_rule": {rule: sum(case.rule == rule for case in self.cases) for rule in RULES},
            "n": {"trades": self.trades, "orders": self.orders},
            "effect": self.effect,
            "limit": self.limit,
        }


def look(trades: Sequence[Trade], orders: Sequence[Order] = (), persons: Mapping[str, str] | None = None) -> AbuseReport:
    """Every rule. ``persons``: whose an account is, where that is known; else an account is its own person."""
    known = persons or {}

    def person(account: str) -> str:
        return known.get(account, account)

    tape = sorted(trades, key=lambda trade: trade.at)
    found = [
        *self_match(tape, person),
        *loop_volume(tape),
        *ping_pong(tape),
        *cancel_bursts(orders),
        *layering(orders),
        *before_large(tape, person),
    ]
    found.sort(key=lambda case: (RULES.index(case.rule), case.first_at, case.accounts))
    return AbuseReport(tuple(found), len(tape), len(orders))
