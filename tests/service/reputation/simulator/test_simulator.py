"""Does the simulated market move as the measured one did, and do its accounts keep their books?"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache

import numpy as np
import pytest

from credence.service.reputation.events.kinds import Deposit, Event, Fill, Liquidation, MarginCall, MarginSnapshot
from credence.service.reputation.events.reading import read_event, write_event
from credence.service.reputation.simulator import SIMULATED
from credence.service.reputation.simulator.accounts import Simulation, simulate
from credence.service.reputation.simulator.calibration import MarketModel
from credence.service.reputation.simulator.market import draw_market

FIRST = 20_000


@cache
def run(seed: int = 7) -> tuple[Simulation, tuple[Event, ...]]:
    made = simulate(30, 40, seed=seed, first_day=FIRST)
    return made, tuple(made.events())


def test_it_follows_from_its_seed_alone() -> None:
    made, again, other = (simulate(8, 6, seed=seed, first_day=FIRST) for seed in (7, 7, 8))
    events = tuple(made.events())
    assert tuple(made.events()) == tuple(again.events()) == events
    assert tuple(other.events()) != events


def test_everything_of_it_is_labelled() -> None:
    made, events = run()
    assert made.label == SIMULATED
    assert all(event.event_id.startswith(f"{SIMULATED}-") for event in events)
    assert len({event.event_id for event in events}) == len(events)


def test_every_event_is_one_of_the_closed_list_as_it_goes_over_the_wire() -> None:
    _, events = run()
    for event in events[:400]:
        assert read_event(write_event(event), now=(FIRST + 50) * 86_400) == event
    assert {type(event.what) for event in events} == {Deposit, Fill, Liquidation, MarginCall, MarginSnapshot}
    assert [event.at // 3600 for event in events] == sorted(event.at // 3600 for event in events)


def test_the_market_has_the_volatility_that_was_measured() -> None:
    market = draw_market(4_000, np.random.default_rng(3))
    daily = np.diff(np.log(market.price[::24]))
    assert daily.std() == pytest.approx(0.0330, rel=0.1)
    assert market.stressed.mean() == pytest.approx(0.40, abs=0.04)
    model = MarketModel()
    assert daily[market.stressed].std() == pytest.approx(model.stressed_deviation, rel=0.06)
    assert daily[~market.stressed].std() == pytest.approx(model.calm_deviation, rel=0.06)
    assert set(market.hazards(FIRST).values()) == {1_000_000, round(1e6 * 0.0480 / 0.0164)}


def test_books_are_kept() -> None:
    """Of each account: who is liquidated was below its margin, who was called was near it, and nothing comes of nothing."""
    made, events = run()
    last: dict[bytes, MarginSnapshot] = {}
    paid_in: Counter[bytes] = Counter()
    for event in events:
        what = event.what
        if isinstance(what, MarginSnapshot):
            last[event.pseudonym] = what
            assert what.maintenance == pytest.approx(what.notional / 100, abs=2)
        elif isinstance(what, Liquidation):
            assert last[event.pseudonym].equity <= last[event.pseudonym].maintenance + 1
            assert what.size == last[event.pseudonym].notional
            assert what.bad_debt == 0 or what.fee > last[event.pseudonym].equity - what.size * 0.004 - 2
        elif isinstance(what, MarginCall):
            snapshot = last[event.pseudonym]
            assert 0 < snapshot.equity / snapshot.maintenance - 1 < 0.25
        elif isinstance(what, Deposit):
            paid_in[event.pseudonym] += what.amount
    assert set(last) <= set(paid_in) <= {made.pseudonym(account) for account in range(30)}


def test_the_reckless_are_liquidated_and_the_careful_are_not() -> None:
    made, events = run()
    habit = {made.pseudonym(account): name for account, name in enumerate(made.habit)}
    hours: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for event in events:
        hours[habit[event.pseudonym]] += isinstance(event.what, MarginSnapshot)
        lost[habit[event.pseudonym]] += isinstance(event.what, Liquidation)
    rate = {name: lost[name] / hours[name] for name in hours}
    assert rate["careful"] < rate["ordinary"] < rate["reckless"]


def test_standings_tell_the_careful_from_the_reckless() -> None:
    """What the simulator knows and nobody reports comes out of what is reported."""
    from credence.service.reputation.standing import stand
    from tests.service.reputation.days import days_of_events

    made, events = run()
    by_pseudonym: dict[bytes, list[Event]] = defaultdict(list)
    for event in events:
        by_pseudonym[event.pseudonym].append(event)
    hazards = made.market.hazards(FIRST)
    scores: dict[str, list[float]] = defaultdict(list)
    for account, name in enumerate(made.habit):
        days = days_of_events(by_pseudonym[made.pseudonym(account)], hazards)
        state = stand(days, as_of_day=FIRST + 40, now=0, unique=True)
        if state.evaluation.score is not None:
            scores[name].append(state.evaluation.score)
    assert np.mean(scores["careful"]) > np.mean(scores["ordinary"]) > np.mean(scores["reckless"])
