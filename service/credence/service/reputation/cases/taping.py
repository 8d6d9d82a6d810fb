"""From what a venue reported of single pseudonyms to trades with both sides, and orders with how they ended.

A fill names one side. Two fills of one second, instrument, price and quantity are the two sides of a trade where that can
be told: where all that bought is one pseudonym's and all that sold is one's, as often. What cannot be told is left out and
counted, never guessed.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from credence.circuits.encoding import b64u
from credence.service.reputation.abuse.tape import Order, Trade
from credence.service.reputation.cases.words import KINDS


@dataclass(frozen=True)
class Tape:
    """Trades in the order of time; ``sided`` are those of which it is known who came last. ``unpaired``: fills of which
    the other side is not known."""

    trades: tuple[Trade, ...]
    sided: tuple[Trade, ...]
    orders: tuple[Order, ...]
    fills: int
    cancels: int
    unpaired: int


def tape_of(said: Iterable[tuple[bytes, str]]) -> Tape:
    """The tape of a day's events: pseudonym and canonical JSON of each, in any order."""
    groups: dict[tuple[Any, ...], list[tuple[str, Mapping[str, Any]]]] = defaultdict(list)
    orders: list[Order] = []
    count: Counter[str] = Counter()
    for pseudonym, text in said:
        event = json.loads(text)
        if event["kind"] not in KINDS:
            continue
        who = b64u(pseudonym)
        count[event["kind"]] += 1
        if event["kind"] == "order_cancel":
            orders.append(_ended(event, who, "cancel"))
            continue
        orders.append(_ended(event, who, "fill"))
        groups[event["at"], event["instrument"], event["price"], event["quantity"]].append((who, event))
    trades: list[tuple[Trade, bool]] = []
    paired = 0
    for key in sorted(groups):
        found, used = _paired(key, groups[key])
        trades += found
        paired += used
    orders.sort(key=lambda order: (order.at, order.account))
    return Tape(
        tuple(trade for trade, _ in trades),
        tuple(trade for trade, is_sided in trades if is_sided),
        tuple(orders),
        count["fill"],
        count["order_cancel"],
        count["fill"] - paired,
    )


def _paired(key: tuple[Any, ...], fills: list[tuple[str, Mapping[str, Any]]]) -> tuple[list[tuple[Trade, bool]], int]:
    """The trades of fills that are alike but for the side, whether each has a taker, and how many fills are in them."""
    own: dict[str, Counter[str]] = defaultdict(Counter)
    others: dict[str, list[tuple[str, Mapping[str, Any]]]] = {"buy": [], "sell": []}
    for who, event in fills:
        if event.get("self_match"):
            own[who][event["side"]] += 1
        else:
            others[event["side"]].append((who, event))
    found, used = [], 0
    for who, sides in sorted(own.items()):
        found += [(_trade(key, who, who, None), False)] * max(sides.values())
        used += sides.total()
    bought, sold = others["buy"], others["sell"]
    if bought and len(bought) == len(sold) and len({who for who, _ in bought}) == len({who for who, _ in sold}) == 1:
        taker = _taker(bought, sold)
        found += [(_trade(key, bought[0][0], sold[0][0], taker), taker is not None)] * len(bought)
        used += 2 * len(bought)
    return found, used


def _taker(bought: list[tuple[str, Mapping[str, Any]]], sold: list[tuple[str, Mapping[str, Any]]]) -> str | None:
    """The side that came last, where every fill says so that says anything, and one does."""
    said = {("sell" if event["maker"] else "buy") for _, event in bought if event.get("maker") is not None}
    said |= {("buy" if event["maker"] else "sell") for _, event in sold if event.get("maker") is not None}
    return said.pop() if len(said) == 1 else None


def _trade(key: tuple[Any, ...], buyer: str, seller: str, taker: str | None) -> Trade:
    at, instrument, price, quantity = key
    # who came last is read by one rule alone, which is not shown trades of which that is not known
    return Trade(float(at), instrument, float(price), float(quantity), buyer, seller, taker or "buy")


def _ended(event: Mapping[str, Any], who: str, end: str) -> Order:
    """An order as far as its end tells: a cancel says neither price nor side, which the rule for bursts does not read."""
    at = float(event["at"])
    return Order(at, at, who, event["instrument"], "buy", 1.0, 1.0, end)
