"""Accounts on that market: what each holds, owes and does by the hour, and the events that a venue would report of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from credence.service.reputation.events.kinds import (
    Deposit,
    Event,
    Fill,
    Liquidation,
    MarginCall,
    MarginSnapshot,
    Source,
    What,
)
from credence.service.reputation.events.measures import MICRO, NANO
from credence.service.reputation.simulator import SIMULATED
from credence.service.reputation.simulator.calibration import HABITS, ActivityModel, MarketModel, VenueModel
from credence.service.reputation.simulator.market import HOURS, Market, draw_market

Real = npt.NDArray[np.float64]

INSTRUMENT: Final = "ETH-SIM"
CALL: Final = 0.25

_DAY: Final = 86_400
_HOUR: Final = 3_600
_DUST: Final = 1.0
_RESTORED: Final = 1.0


@dataclass(frozen=True)
class Simulation:
    """A market and accounts, made of a seed alone. ``habit`` of each account is what is true and nobody reports."""

    seed: int
    first_day: int
    market: Market
    habit: tuple[str, ...]
    activity: ActivityModel
    venue: VenueModel
    label: str = SIMULATED
    _draws: _Draws = field(repr=False, kw_only=True)

    def pseudonym(self, account: int) -> bytes:
        """48 bytes that no holder has."""
        return hashlib.sha384(f"{SIMULATED}/{self.seed}/{account}".encode()).digest()

    def events(self) -> Iterator[Event]:
        """Everything that the venue would report, in the order of time; the same each time it is asked."""
        return _Venue(self).run()


@dataclass(frozen=True)
class _Draws:
    """What each account is, drawn once."""

    leverage: Real
    tops_up: Real
    active: Real
    capital: Real


def simulate(
    accounts: int,
    days: int,
    *,
    seed: int,
    first_day: int,
    activity: ActivityModel | None = None,
    venue: VenueModel | None = None,
    model: MarketModel | None = None,
) -> Simulation:
    """So many accounts (at least 1) over so many days from the unix day ``first_day`` on; ``model`` is the market's."""
    activity, venue = activity or ActivityModel(), venue or VenueModel()
    rng = np.random.default_rng([seed, 1])
    habit = rng.choice(len(HABITS), size=accounts, p=[each.share for each in HABITS])
    spread = np.array([each.spread for each in HABITS])[habit]
    median = np.array([each.leverage for each in HABITS])[habit]
    draws = _Draws(
        leverage=np.minimum(median * np.exp(spread * rng.standard_normal(accounts)), 0.9 * venue.most_leverage),
        tops_up=np.array([each.tops_up for each in HABITS])[habit],
        active=np.quantile(activity.active_shares, rng.random(accounts)),
        capital=np.exp(venue.log_capital + venue.log_capital_deviation * rng.standard_normal(accounts)),
    )
    market = draw_market(days, np.random.default_rng([seed, 0]), model)
    habits = tuple(HABITS[each].name for each in habit)
    return Simulation(seed, first_day, market, habits, activity, venue, _draws=draws)


class _Venue:
    """One run of a simulation. All accounts take the same step at once; an hour's events come account by account."""

    def __init__(self, simulation: Simulation) -> None:
        self.of = simulation
        self.venue = simulation.venue
        self.rng = np.random.default_rng([simulation.seed, 2])
        self.draws = simulation._draws
        self.equity = np.zeros(len(simulation.habit))
        self.held = np.zeros(len(simulation.habit))
        self.called = np.zeros(len(simulation.habit), dtype=np.bool_)
        self.gone = np.zeros(len(simulation.habit), dtype=np.bool_)
        self.count = 0

    def run(self) -> Iterator[Event]:
        price = self.of.market.price
        for day, stressed in enumerate(self.of.market.stressed.tolist()):
            start = (self.of.first_day + day) * _DAY
            yield from self._trade(float(price[day * HOURS]), start)
            for hour in range(HOURS):
                place = day * HOURS + hour
                self.equity += self.held * (price[place + 1] - price[place])
                yield from self._margin(float(price[place + 1]), start + hour * _HOUR, stressed)

    def _trade(self, price: float, at: int) -> Iterator[Event]:
        """At the start of a day: who is active comes with capital where it has none, and takes the position it likes."""
        size = len(self.equity)
        active = self.rng.random(size) < self.draws.active
        back, side = self.rng.random(size) < self.venue.comes_back, np.where(self.rng.random(size) < 0.5, -1.0, 1.0)
        for account in np.flatnonzero(active).tolist():
            if self.equity[account] < _DUST:
                if self.gone[account] and not back[account]:
                    continue
                self.equity[account] = self.draws.capital[account]
                yield self._event(account, at, Source.CHAIN, Deposit(_usd(self.equity[account])))
            wanted = side[account] * self.draws.leverage[account] * self.equity[account] / price
            change = wanted - self.held[account]
            fee = abs(change) * price * self.venue.taker_fee
            self.equity[account] -= fee
            self.held[account] = wanted
            bought = "buy" if change > 0 else "sell"
            fill = Fill(INSTRUMENT, bought, _nano(price), max(1, _nano(abs(change))), _usd(fee))  # type: ignore[arg-type]
            yield self._event(account, at + 1, Source.ENGINE, fill)

    def _margin(self, price: float, at: int, stressed: bool) -> Iterator[Event]:
        """At the end of an hour: snapshots of all that is open, calls, what answers them, and liquidations."""
        notional = np.abs(self.held) * price
        maintenance = self.venue.maintenance * notional
        answered = self.rng.random(len(notional)) < self.draws.tops_up
        for account in np.flatnonzero(notional > _DUST).tolist():
            yield self._event(account, at + 1, Source.RISK, self._snapshot(account, notional[account]))
            if self.equity[account] <= maintenance[account]:
                yield self._event(account, at + 2, Source.RISK, self._liquidated(account, notional[account], stressed))
                continue
            buffer = self.equity[account] / maintenance[account] - 1
            if buffer < CALL and not self.called[account]:
                yield self._event(account, at + 2, Source.RISK, MarginCall())
            self.called[account] = buffer < CALL
            if buffer < CALL and answered[account]:
                paid = (1 + _RESTORED) * maintenance[account] - self.equity[account]
                self.equity[account] += paid
                yield self._event(account, at + 3, Source.CHAIN, Deposit(_usd(paid)))

    def _snapshot(self, account: int, notional: float) -> MarginSnapshot:
        return MarginSnapshot(
            equity=_usd(self.equity[account]),
            maintenance=_usd(self.venue.maintenance * notional),
            initial=_usd(self.venue.initial * notional),
            notional=_usd(notional),
        )

    def _liquidated(self, account: int, notional: float, stressed: bool) -> Liquidation:
        fee = self.venue.liquidation_fee * notional
        left = self.equity[account] - fee - (self.venue.slippage * notional if stressed else 0.0)
        self.equity[account], self.held[account] = max(left, 0.0), 0.0
        self.called[account], self.gone[account] = False, left <= _DUST
        return Liquidation(_usd(notional), _usd(fee), _usd(max(-left, 0.0)))

    def _event(self, account: int, at: int, source: Source, what: What) -> Event:
        self.count += 1
        return Event(f"{SIMULATED}-{self.of.seed}-{self.count}", self.of.pseudonym(account), at, source, what)


def _usd(amount: Any) -> int:
    return round(float(amount) * MICRO)


def _nano(amount: Any) -> int:
    return round(float(amount) * NANO)
