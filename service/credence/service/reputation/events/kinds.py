"""The closed list of what may be said of a pseudonym. There is no free text in it, and nothing that tells of a person."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Final, Literal

from credence.service.reputation.events.measures import (
    NANO,
    Count,
    Days,
    DayUsd,
    Delta,
    Hours,
    Price,
    Quantity,
    Ratio,
    Seconds,
    SignedDayUsd,
    SignedUsd,
    Usd,
)

PSEUDONYM_LENGTH: Final = 48

Instrument = Annotated[str, "instrument"]
"""A market's name: 1 to 32 of letters, digits and ``._:/@-``."""

Side = Literal["buy", "sell"]


class Source(StrEnum):
    """Which of the venue's systems says so."""

    ENGINE = "engine"
    """The matching engine."""
    RISK = "risk"
    """The margin engine."""
    CHAIN = "chain"
    """A public chain."""
    FILE = "file"
    """A table of the venue's."""


class Kind(StrEnum):
    """The name of a kind on the wire."""

    FILL = "fill"
    ORDER_CANCEL = "order_cancel"
    DEPOSIT = "deposit"
    WITHDRAW = "withdraw"
    MARGIN_SNAPSHOT = "margin_snapshot"
    MARGIN_CALL = "margin_call"
    LIQUIDATION = "liquidation"
    BORROW = "borrow"
    REPAY = "repay"
    FUNDING = "funding"
    VOTE = "vote"
    OPTION_FILL = "option_fill"
    ACCOUNT_DAY = "account_day"


@dataclass(frozen=True)
class Fill:
    """A trade of a perpetual or of spot. ``fee`` below 0 is a rebate; ``closed_pnl`` is what it realised.

    ``self_match`` says that the pseudonym was on both sides. ``mid_…`` is the middle of the book so long after the fill.
    """

    instrument: Instrument
    side: Side
    price: Price
    quantity: Quantity
    fee: SignedUsd = 0
    maker: bool | None = None
    self_match: bool = False
    closed_pnl: SignedUsd | None = None
    mid_10s: Price | None = None
    mid_60s: Price | None = None
    mid_300s: Price | None = None

    @property
    def notional(self) -> int:
        """Micro-USD."""
        return _micro(self.price * self.quantity)

    def markout(self, mid: int | None) -> int | None:
        """What the fill had earned by the time the middle was ``mid``: signed micro-USD, before fees."""
        if mid is None:
            return None
        moved = mid - self.price if self.side == "buy" else self.price - mid
        return _micro(moved * self.quantity)


def _micro(product: int) -> int:
    """A price times a quantity in micro-USD, half away from zero."""
    unit = NANO * NANO // 1_000_000
    return (abs(product) + unit // 2) // unit * (1 if product >= 0 else -1)


@dataclass(frozen=True)
class OrderCancel:
    """An order that was taken back before it was filled."""

    instrument: Instrument


@dataclass(frozen=True)
class Deposit:
    """Collateral that came in."""

    amount: Usd


@dataclass(frozen=True)
class Withdraw:
    """Collateral that went out."""

    amount: Usd


@dataclass(frozen=True)
class MarginSnapshot:
    """The account as it stood for ``seconds``: equity, maintenance and initial margin, and open notional."""

    equity: SignedUsd
    maintenance: Usd
    initial: Usd
    notional: Usd
    seconds: Seconds = 3_600


@dataclass(frozen=True)
class MarginCall:
    """The venue asked for margin."""


@dataclass(frozen=True)
class Liquidation:
    """A position was closed by the venue. ``bad_debt`` is what the account could not pay."""

    size: Usd
    fee: Usd = 0
    bad_debt: Usd = 0


@dataclass(frozen=True)
class Borrow:
    """A loan against collateral."""

    amount: Usd


@dataclass(frozen=True)
class Repay:
    """A loan was paid back."""

    amount: Usd


@dataclass(frozen=True)
class Funding:
    """Funding received, or paid where it is below 0."""

    amount: SignedUsd


@dataclass(frozen=True)
class Vote:
    """A vote in the venue's governance: that there was one, not for what."""


@dataclass(frozen=True)
class OptionFill:
    """A trade of an option. ``moneyness`` is strike over spot, ``iv`` a year's, ``delta`` the option's, ``vega`` USD a
    point.
    """

    side: Side
    notional: Usd
    moneyness: Ratio
    tenor: Days
    iv: Ratio
    delta: Delta
    vega: SignedUsd
    fee: SignedUsd = 0


@dataclass(frozen=True)
class AccountDay:
    """A venue's own sums of one account and UTC day, for what it does not report one by one; a part of a day adds to others.

    The last five are hours of the day: with an open position, and of these the worst that happened in each: a buffer below
    50 %, below 25 % or a margin call, a liquidation, a liquidation that left a debt. They add up to 24 at most.
    """

    pnl: SignedDayUsd | None = None
    notional: DayUsd = 0
    maker_notional: DayUsd = 0
    fees: SignedDayUsd = 0
    trades: Count = 0
    wins: Count = 0
    buys: Count = 0
    equity: SignedUsd | None = None
    deposits: DayUsd = 0
    withdrawals: DayUsd = 0
    exposed_hours: Hours = 0
    near_misses: Hours = 0
    calls: Hours = 0
    liquidations: Hours = 0
    bad_debts: Hours = 0


What = (
    Fill
    | OrderCancel
    | Deposit
    | Withdraw
    | MarginSnapshot
    | MarginCall
    | Liquidation
    | Borrow
    | Repay
    | Funding
    | Vote
    | OptionFill
    | AccountDay
)

KINDS: Final = MappingProxyType(
    {
        Kind.FILL: Fill,
        Kind.ORDER_CANCEL: OrderCancel,
        Kind.DEPOSIT: Deposit,
        Kind.WITHDRAW: Withdraw,
        Kind.MARGIN_SNAPSHOT: MarginSnapshot,
        Kind.MARGIN_CALL: MarginCall,
        Kind.LIQUIDATION: Liquidation,
        Kind.BORROW: Borrow,
        Kind.REPAY: Repay,
        Kind.FUNDING: Funding,
        Kind.VOTE: Vote,
        Kind.OPTION_FILL: OptionFill,
        Kind.ACCOUNT_DAY: AccountDay,
    }
)
"""Every kind, and the class of what it says."""

NAMES: Final = MappingProxyType({shape: kind for kind, shape in KINDS.items()})


@dataclass(frozen=True)
class Event:
    """``event_id`` is the venue's own and names the event for good; ``at`` is unix seconds.

    ``pseudonym`` is one that the verifier's decisions give this venue (48 bytes); it is not shown where an event is printed.
    """

    event_id: str
    pseudonym: bytes = field(repr=False)
    at: int
    source: Source
    what: What

    @property
    def kind(self) -> Kind:
        """The name of what it says."""
        return NAMES[type(self.what)]

    @property
    def day(self) -> int:
        """Its UTC day, counted from 1970-01-01."""
        return self.at // 86_400
