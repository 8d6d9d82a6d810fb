"""Attacks on standing: beginning anew, and being exposed only while nothing happens. Live tables replay each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Final

import numpy as np

from credence.service.reputation.attacks.setting import BPS, MONTH, YEAR, Account, Finding, Setting, Tried, Venue, best
from credence.service.reputation.belief.arrays import Floats
from credence.service.reputation.belief.model import BeliefModel
from credence.service.reputation.simulator.calibration import MarketModel
from credence.service.reputation.simulator.market import draw_market
from credence.service.reputation.standing import evaluations
from credence.service.reputation.statistics import DayFacts, MarginEvents
from credence.service.reputation.tiers import StandingTable, advance, begin

FIRST_DAY: Final = 20_000
LEVEL: Final = 2
CLASS: Final = "btc_eth"
MIX: Final = (0.6, 0.3, 0.1)
"""Assumed shares of near misses, calls and liquidations among margin events."""


@dataclass(frozen=True, eq=False)
class Tables:
    """The live tables of belief and standing. They are alike where their digests are."""

    standing: StandingTable
    model: BeliefModel

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tables) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    @property
    def _key(self) -> tuple[str, str]:
        return self.standing.digest, self.model.version


def hazards(days: int, seed: int) -> Floats:
    """The market's hazard on each day, as a multiple of a calm day's: two regimes, of the simulator's market."""
    market = draw_market(days, np.random.default_rng([seed, 7]))
    model = MarketModel()
    found: Floats = np.where(market.stressed, model.stressed_deviation / model.calm_deviation, 1.0)
    return found


def lived(tables: Tables, exposed: Floats, risk: float, rng: np.random.Generator) -> list[DayFacts]:
    """Days of an account with θ = ``risk`` that is open on days with ``exposed`` > 0, which is the day's hazard.

    Margin events come by the very model that beliefs suppose, so that no attack is won by the model being wrong.
    """
    weights = [tables.model.severity[name] for name in ("near_miss", "call", "liquidation")]
    rate = tables.model.event_rate * exposed
    each = rng.poisson(np.outer(MIX, risk * rate / float(np.dot(MIX, weights))))
    found = []
    for place, expected in enumerate(rate.tolist()):
        near, call, liquidation = (int(number) for number in each[:, place])
        found.append(_day(FIRST_DAY + place, expected, MarginEvents(near, call, liquidation, 0)))
    return found


def _day(day: int, expected: float, margin: MarginEvents) -> DayFacts:
    return DayFacts(
        day=day,
        margin=margin,
        exposure_days=float(expected > 0),
        expected=expected,
        pnl=None,
        flow_return=None,
        notional=0.0,
        maker_notional=0.0,
        wash_notional=0.0,
        collateral=None,
        turnover=None,
        trades=0,
    )


def tiers_of(tables: Tables, history: Sequence[DayFacts], days: int) -> list[str]:
    """The standing tier of each of so many days from :data:`FIRST_DAY` on."""
    standing, found = begin(FIRST_DAY, unique=True), []
    for each in evaluations(history, FIRST_DAY + days - 1, unique=True, model=tables.model):
        standing = advance(tables.standing, standing, each)
        found.append(standing.tier)
    return found


def worth(venue: Venue, setting: Setting, account: Account) -> float:
    """What a day of trading is worth to the person: surplus of its flow, less taker fees and the cost of its margin.

    Under a notional cap flow and position shrink alike; a reduce-only account trades nothing.
    """
    if account.standing == "RX":
        return 0.0
    share = min(1.0, venue.notional_cap(account) / setting.position)
    flow, position = share * setting.flow / MONTH, share * setting.position
    fee = venue.fees(replace(account, volume=share * setting.flow)).taker
    return flow * (setting.surplus_bps * BPS - fee) - setting.carry(venue.margin(account, CLASS, position), 1.0)


def whitewash(venue: Venue, setting: Setting, tables: Tables) -> Finding:
    """Leaving a bad history for a wallet that proves nothing. With a proof there is no leaving: the pseudonym stays."""
    value = cache(lambda tier: worth(venue, setting, Account(LEVEL, tier)))
    bare = worth(venue, setting, Account(0, "R0"))
    tried: Tried = []
    histories = {
        "one liquidation": MarginEvents(0, 0, 1, 0),
        "five": MarginEvents(2, 2, 5, 0),
        "a bad debt": MarginEvents(0, 0, 1, 1),
    }
    for name, events in histories.items():
        clean = lived(tables, np.ones(setting.days), 0.0, np.random.default_rng(0))
        spoilt = [replace(clean[0], margin=events), *clean[1:]]
        stays = sum(value(tier) for tier in tiers_of(tables, spoilt, setting.days))
        gain = (bare * setting.days - stays) / setting.days * MONTH - setting.wallet_usd
        tried.append((gain, f"after {name}"))
    gain, where = best(tried)
    return Finding("whitewash", "leave a bad history and begin anew, proving nothing", gain, where, len(tried))


def whitewash_flagged(venue: Venue, setting: Setting) -> Finding:
    """The same, for who was flagged for good: it has nothing to lose."""
    bare = Account(0, "R0")
    gain = worth(venue, setting, bare) * MONTH - setting.wallet_usd
    share = venue.notional_cap(bare) / setting.position
    return Finding(
        "whitewash-flagged",
        "the same, for who is reduce-only for good",
        gain,
        "flagged",
        1,
        bound=share * setting.flow * setting.surplus_bps * BPS,
        reason="who proves nothing has a cap, the worst margin and the dearest fees, and who is flagged has that too. A "
        "venue that lets nobody in unproven has no such gain.",
    )


def calm_hours(venue: Venue, setting: Setting, tables: Tables) -> Finding:
    """Being exposed on calm days alone, against being exposed as often on whatever days come, at the same risk θ ≤ 1."""
    tried = {risk: _calm(venue, setting, tables, risk) for risk in (0.0, 0.25, 0.5, 1.0)}
    risk, (gain, error) = max(tried.items(), key=lambda each: each[1][0])
    what = "be exposed on calm days alone, as often as others on whatever days come"
    return Finding("calm-hours", what, gain, f"risk {risk:g}", len(tried) * len(setting.seeds), error=error)


def calm_hours_risky(venue: Venue, setting: Setting, tables: Tables) -> Finding:
    """The same for who is riskier than the market lets expect, and so is to fall."""
    tried = {risk: _calm(venue, setting, tables, risk) for risk in (2.0, 4.0)}
    risk, (gain, error) = max(tried.items(), key=lambda each: each[1][0])
    return Finding(
        "calm-hours-risky",
        "the same, for an account of twice or four times the market's risk",
        gain,
        f"risk {risk:g}",
        len(tried) * len(setting.seeds),
        bound=worth(venue, setting, Account(LEVEL, "R1")) * MONTH,
        reason="less exposure is less evidence, against an account too: it falls later, from R1, and was in less danger "
        "until then. It gains no tier by it; at most what an account of R1 has over one that is reduce-only.",
        error=error,
    )


def _calm(venue: Venue, setting: Setting, tables: Tables, risk: float) -> tuple[float, float]:
    """The mean gain over seeds, and its standard error."""
    value = cache(lambda tier: worth(venue, setting, Account(LEVEL, tier)))
    gains = []
    for seed in setting.seeds:
        calm, drawn = (sum(value(tier) for tier in path) for path in _exposed(tables, setting.days, seed, risk))
        gains.append((calm - drawn) / setting.days * MONTH)
    return float(np.mean(gains)), float(np.std(gains) / np.sqrt(len(gains)))


@lru_cache(maxsize=256)
def _exposed(tables: Tables, days: int, seed: int, risk: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tiers on exposed days, of who is exposed on calm days alone, and of who is as often on whatever days come. No
    price is in it, so it is replayed once for all tariffs."""
    hazard = hazards(days, seed)
    calm = np.where(hazard <= 1.0, 1.0, 0.0)
    drawn = np.random.default_rng([seed, 8]).permutation(days) < calm.sum()
    found = []
    for exposed in (calm, np.where(drawn, hazard, 0.0)):
        path = tiers_of(tables, lived(tables, exposed, risk, np.random.default_rng([seed, 9])), days)
        found.append(tuple(tier for tier, is_open in zip(path, exposed > 0, strict=True) if is_open))
    return found[0], found[1]


def farming(venue: Venue, setting: Setting, tables: Tables) -> tuple[float, int]:
    """What the best standing takes of who wants it and nothing else: USD and days, with the least position that counts."""
    days = 2 * setting.days
    path = tiers_of(tables, lived(tables, np.ones(days), 0.0, np.random.default_rng(0)), days)
    needed = path.index("R5") + 1 if "R5" in path else days
    least = 100.0
    account = Account(LEVEL, "R1")
    fees = venue.fees(account).taker + setting.half_spread_bps * BPS
    return 2 * least * fees + least * setting.capital_rate * needed / YEAR, needed
