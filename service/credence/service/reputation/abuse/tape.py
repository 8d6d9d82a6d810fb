"""What rules look at: trades with both sides, and orders with how they ended; as a venue has them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from credence.service.errors import InvalidRequest
from credence.service.reputation.evaluation.tables import Table, read_table

SIDES: Final = ("buy", "sell")
ENDS: Final = ("cancel", "fill")


class TapeRefused(InvalidRequest):
    """Trades or orders that no rule can look at; ``reason`` names the column."""


@dataclass(frozen=True, slots=True)
class Trade:
    """At a time (unix seconds, fractions allowed), price and quantity > 0. ``aggressor``: the side that came last."""

    at: float
    instrument: str
    price: float
    quantity: float
    buyer: str
    seller: str
    aggressor: str

    @property
    def notional(self) -> float:
        return self.price * self.quantity

    @property
    def taker(self) -> str:
        return self.buyer if self.aggressor == "buy" else self.seller


@dataclass(frozen=True, slots=True)
class Order:
    """One order from when it was placed to when it ended, whole, by a cancel or a fill."""

    at: float
    ended_at: float
    account: str
    instrument: str
    side: str
    price: float
    quantity: float
    end: str


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule saw: whose accounts, where, when, the number it looks at, and from where on that opens a case."""

    rule: str
    accounts: tuple[str, ...]
    instrument: str
    first_at: float
    last_at: float
    found: float
    needed: float
    words: str

    def to_json(self) -> dict[str, Any]:
        told = {name: getattr(self, name) for name in self.__slots__}
        return {**told, "accounts": list(self.accounts), "found": round(self.found, 4)}


def read_trades(path: Path) -> tuple[Trade, ...]:
    """``at, instrument, price, quantity, buyer, seller, aggressor``, in order of time. Raises ``TableRefused``,
    :class:`TapeRefused`."""
    table = read_table(path, ("at", "instrument", "price", "quantity", "buyer", "seller", "aggressor"))
    _among(table, "aggressor", SIDES)
    rows = zip(
        table.numbers("at").tolist(),
        table.words("instrument"),
        _positive(table, "price"),
        _positive(table, "quantity"),
        table.words("buyer"),
        table.words("seller"),
        table.words("aggressor"),
        strict=True,
    )
    return tuple(sorted((Trade(*row) for row in rows), key=lambda trade: trade.at))


def read_orders(path: Path) -> tuple[Order, ...]:
    """``at, ended_at, account, instrument, side, price, quantity, end``, in order of time. Raises ``TableRefused``,
    :class:`TapeRefused`."""
    table = read_table(path, ("at", "ended_at", "account", "instrument", "side", "price", "quantity", "end"))
    _among(table, "side", SIDES)
    _among(table, "end", ENDS)
    if (table.numbers("ended_at") < table.numbers("at")).any():
        raise TapeRefused("an order ends after it was placed")
    rows = zip(
        table.numbers("at").tolist(),
        table.numbers("ended_at").tolist(),
        table.words("account"),
        table.words("instrument"),
        table.words("side"),
        _positive(table, "price"),
        _positive(table, "quantity"),
        table.words("end"),
        strict=True,
    )
    return tuple(sorted((Order(*row) for row in rows), key=lambda order: order.at))


def _positive(table: Table, name: str) -> list[float]:
    found = table.numbers(name)
    if not np.all(found > 0):
        raise TapeRefused(f"a {name} is above 0")
    return [float(each) for each in found]


def _among(table: Table, name: str, words: tuple[str, ...]) -> None:
    if not set(table.words(name)) <= set(words):
        raise TapeRefused(f"{name} is one of {', '.join(words)}")
