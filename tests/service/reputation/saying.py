"""What a venue says, for tests: lines of every kind, and accounts that did something."""

from __future__ import annotations

from typing import Any, Final

from credence.circuits.encoding import b64u
from tests.service.conftest import NOW

NUMBER: Final = {"alice": b"a" * 48, "bob": b"b" * 48}
ALICE: Final = b64u(NUMBER["alice"])
BOB: Final = b64u(NUMBER["bob"])

MORNING: Final = NOW // 86_400 * 86_400
"""Midnight of the day that the tests' clock stands in."""

SAID: Final[dict[str, dict[str, Any]]] = {
    "fill": {"instrument": "BTC-PERP", "side": "buy", "price": "64000.5", "quantity": "0.25"},
    "order_cancel": {"instrument": "BTC-PERP"},
    "deposit": {"amount": "1000"},
    "withdraw": {"amount": "250.5"},
    "margin_snapshot": {"equity": "1000", "maintenance": "500", "initial": "800", "notional": "10000"},
    "margin_call": {},
    "liquidation": {"size": "5000", "fee": "25", "bad_debt": "0"},
    "borrow": {"amount": "10"},
    "repay": {"amount": "4"},
    "funding": {"amount": "-1.25"},
    "vote": {},
    "option_fill": {
        "side": "sell",
        "notional": "100",
        "moneyness": "1.1",
        "tenor": 30,
        "iv": "0.6",
        "delta": "0.25",
        "vega": "-3",
    },
    "account_day": {"pnl": "12.5", "notional": "1000", "trades": 3, "wins": 2, "exposed_hours": 24, "calls": 1},
}
"""What each kind has to say at least, or a little more."""


def line(kind: str, number: int = 1, /, *, who: str = ALICE, at: Any = NOW - 60, **said: Any) -> dict[str, Any]:
    """A line that is accepted, unless ``said`` makes it another; a value of None leaves the field out."""
    common = {"id": f"{kind}-{number}", "kind": kind, "pseudonym": who, "at": at, "source": "engine"}
    return {name: value for name, value in (common | SAID[kind] | said).items() if value is not None}
