"""Where the simulator's numbers come from: measured where there is data, assumed where there is none, and which is which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class MarketModel:
    """Daily log returns: normal with one of two standard deviations, by a regime that stays or leaves from day to day.

    Measured: maximum likelihood (EM, 500 steps) of a two-state hidden Markov model over the 999 daily returns of ETH in USD
    from 2023-01-20 to 2025-10-15 (``defi_lending/eth_daily_price.csv`` of the shared data, mean .0009, deviation .0330).
    """

    calm_deviation: float = 0.0164
    stressed_deviation: float = 0.0480
    leave_calm: float = 0.244
    leave_stress: float = 0.360
    drift: float = 0.0009
    first_price: float = 1658.52


@dataclass(frozen=True)
class ActivityModel:
    """How often accounts trade.

    Measured on the 1,629 account days of 32 accounts of a perpetual exchange (``hyperliquid/account_days.csv`` of the shared
    data): the share of days with trades between an account's first and last day has the deciles .068, .285 and .837 (the
    first, the fifth and the ninth; ``credence reputation simulate --calibrate`` measures them).
    """

    active_shares: tuple[float, ...] = (0.068, 0.285, 0.837)


@dataclass(frozen=True)
class Habit:
    """A kind of account; every number of it is assumed.

    ``share`` of the accounts; ``leverage`` is the median of a lognormal of deviation ``spread``; ``tops_up`` is the
    probability of an hour in which a call is answered by a deposit.
    """

    name: str
    share: float
    leverage: float
    spread: float
    tops_up: float


HABITS: Final = (
    Habit("careful", 0.3, 3.0, 0.4, 0.5),
    Habit("ordinary", 0.5, 8.0, 0.5, 0.2),
    Habit("reckless", 0.2, 35.0, 0.3, 0.02),
)


@dataclass(frozen=True)
class VenueModel:
    """The venue; assumed, after the first bracket for BTC and ETH of the shipped tariff: margins 2 % and 1 %, leverage 50.

    A liquidation costs ``liquidation_fee`` of its size; ``slippage`` is what closing loses besides, under stress.
    """

    initial: float = 0.02
    maintenance: float = 0.01
    most_leverage: float = 50.0
    taker_fee: float = 0.0005
    liquidation_fee: float = 0.005
    slippage: float = 0.004
    comes_back: float = 0.3
    log_capital: float = 9.2
    log_capital_deviation: float = 1.0
