"""Does no attack on a tariff that is shipped gain more than it may, and would it be seen if one did?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credence.service.app.attack_venue import TariffVenue
from credence.service.reputation.attacks.conduct import Tables, calm_hours, farming, whitewash
from credence.service.reputation.attacks.positions import farm_then_rob, pool, split, split_unproven
from credence.service.reputation.attacks.running import run_attacks
from credence.service.reputation.attacks.setting import Account, Fees, Finding, Setting, Venue
from credence.service.reputation.attacks.volume import wash, wash_unseen
from credence.service.reputation.belief.model import shipped_model
from credence.service.reputation.belief.risk import score_all
from credence.service.reputation.tiers import shipped_table
from credence.service.verifier.tariff import load_tariffs

QUICK = Setting(seeds=(1, 2), days=180)
LISTED = {"wash-unseen", "split-unproven", "pool-fees", "whitewash-flagged", "rob", "calm-hours-risky"}


@pytest.mark.parametrize("name", sorted(load_tariffs(None)))
def test_no_attack_on_a_shipped_tariff_gains_more_than_it_may(name: str) -> None:
    report = run_attacks(TariffVenue(load_tariffs(None)[name]), setting=QUICK)
    told = report.to_json()
    assert [found.name for found in report.findings if not found.holds] == []
    assert set(told["listed"]) == LISTED
    assert {"wash", "split", "pool", "whitewash", "farm-then-rob", "calm-hours"} <= set(told["gains"]) - LISTED
    assert all(found.gain <= 2 * found.error for found in report.findings if not found.listed)
    assert all(found.reason for found in report.findings if found.listed)
    assert told["tables"]["tariff"].startswith(name)


@given(
    expected=st.floats(1.0, 60.0),
    parts=st.integers(2, 20),
)
def test_splitting_a_clean_history_lowers_the_score(expected: float, parts: int) -> None:
    found = score_all([0.0, 0.0], [expected, expected / parts])
    whole, part = found.score.tolist()
    assert part < whole or part != part, "or there is no score at all"


@dataclass(frozen=True)
class Flawed:
    """A venue of one class whose tables can be bent: each bend is what one attack is there to find."""

    rebate: bool = False
    concave: bool = False
    generous: bool = False
    cheap_standing: bool = False

    name: str = "flawed"

    @property
    def classes(self) -> Sequence[str]:
        return ("btc_eth",)

    @property
    def thresholds(self) -> Sequence[float]:
        return (1_000_000.0, 5_000_000.0)

    @property
    def maker_shares(self) -> Sequence[float]:
        return (0.01,)

    def ends(self, instrument_class: str) -> Sequence[float]:
        return (1_000_000.0,)

    def stress_move(self, instrument_class: str) -> float:
        return 0.24

    def notional_cap(self, account: Account) -> float:
        return 1e12 if self.generous or account.level > 2 else 10_000.0 if account.level == 0 else 25e6

    def fees(self, account: Account) -> Fees:
        maker = -0.0006 if self.rebate and account.maker_share else 0.0001
        return Fees(maker, 0.0005 if account.volume < 1_000_000 else 0.0004)

    def margin(self, account: Account, instrument_class: str, notional: float, insured: float | None = None) -> float:
        steep = 0.1 if account.level or self.generous else 0.2
        if self.cheap_standing and account.standing == "R5":
            return 0.0
        if self.concave:
            return steep * 1_000 * notional**0.5
        return steep * notional


def found_by(attack: str, venue: Venue) -> Finding:
    tables = Tables(shipped_table(), shipped_model())
    if attack == "farm-then-rob":
        return farm_then_rob(venue, QUICK, 1.0, 30)
    if attack == "whitewash":
        return whitewash(venue, QUICK, tables)
    return {"wash": wash, "pool": pool, "split": split}[attack](venue, QUICK)


@pytest.mark.parametrize(
    ("attack", "bend"),
    [
        ("wash", {"rebate": True}),
        ("pool", {"concave": True}),
        ("whitewash", {"generous": True}),
        ("farm-then-rob", {"cheap_standing": True}),
    ],
)
def test_a_table_that_can_be_attacked_is_found_out(attack: str, bend: dict[str, bool]) -> None:
    straight = found_by(attack, Flawed())
    assert straight.holds, straight
    bent = found_by(attack, Flawed(**bend))
    assert bent.gain > 0
    assert not bent.holds


def test_brackets_reward_splitting_where_nobody_aggregates() -> None:
    venue = TariffVenue(load_tariffs(None)["perp-default"])
    assert split(venue, QUICK).gain <= 0
    apart = split(venue, QUICK, aggregated=False)
    assert apart.gain > 1_000
    assert not apart.holds


def test_a_gain_above_its_bound_does_not_hold() -> None:
    listed = Finding("x", "what", 5.0, "here", 1, bound=5.0, reason="because")
    assert listed.holds
    assert not replace(listed, gain=5.01).holds
    assert not replace(listed, bound=None).holds
    assert replace(listed, bound=None, error=2.5).holds


def test_what_is_not_seen_is_told_with_its_bound() -> None:
    venue = Flawed()
    near = wash_unseen(venue, QUICK)
    assert 0 < near.gain <= (near.bound or 0)
    unproven = split_unproven(venue, QUICK)
    assert (unproven.gain, unproven.best) == (0.0, "nothing"), "an unproven wallet is asked more here"


def test_no_standing_is_farmed_in_a_day() -> None:
    usd, days = farming(Flawed(), QUICK, Tables(shipped_table(), shipped_model()))
    assert days >= shipped_table().rows["R5"].tenure_days
    assert 0 < usd < 10, "farming itself costs little: what limits it is time"


def test_the_same_seeds_give_the_same_gains() -> None:
    tables, few = Tables(shipped_table(), shipped_model()), replace(QUICK, seeds=(4, 5), days=120)
    assert calm_hours(Flawed(), few, tables) == calm_hours(Flawed(), few, tables)
