"""Does a standing follow from the days alone, whenever they were learned of, and as the beliefs say?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.service.reputation.belief.evidence import daily_evidence
from credence.service.reputation.belief.risk import risk_belief
from credence.service.reputation.believing import daily_sums
from credence.service.reputation.events import read_event
from credence.service.reputation.standing import DAY, State, ceiling, evaluations, stand
from credence.service.reputation.statistics import DayFacts, history
from tests.service.reputation.days import calm_days, day_of, with_margin
from tests.service.reputation.engines import engine
from tests.service.reputation.saying import MORNING, line

FIRST = 20_000
NOW = (FIRST + 400) * 86_400 + 7


def standing(days: list[DayFacts], as_of: int, **more: Any) -> State:
    return stand(days, as_of_day=as_of, now=as_of * 86_400 + 7, unique=True, **more)


def test_every_day_is_evaluated_as_the_belief_of_that_day() -> None:
    days = with_margin(calm_days(FIRST, 120), {10: "call", 40: "liquidation", 90: "bad_debt"})
    del days[50:70]
    found = list(evaluations(days, FIRST + 150, unique=True))
    assert [each.day for each in found] == list(range(FIRST, FIRST + 151))
    for each in found[::10]:
        known = [day for day in days if day.day <= each.day]
        evidence = daily_evidence(1, [0] * len(known), [day.day for day in known], daily_sums(known), each.day)
        belief = risk_belief(evidence, 0)
        assert each.evidence == pytest.approx(belief.evidence, rel=1e-9)
        assert each.score == (None if belief.score is None else pytest.approx(belief.score, abs=1e-6))
    assert [each.liquidation_free_days for each in found[38:42]] == [None, None, 0, 1]
    assert [each.bad_debt_free_days for each in found[88:92]] == [None, None, 0, 1]
    assert found[100].liquidation_free_days == 10


def test_a_calm_account_rises_and_a_bad_debt_fells_it_at_once() -> None:
    days = calm_days(FIRST, 400)
    risen = standing(days, FIRST + 399)
    assert risen.tier == "R5"
    assert standing(days[:20], FIRST + 19).tier == "R1"
    assert standing(days[:40], FIRST + 40).tier == "R2"
    fallen = standing(with_margin(days, {399: "bad_debt"}), FIRST + 399, previous=risen)
    assert fallen.tier == "R1"
    assert fallen.standing.tier == "R5"
    assert [(each.from_tier, each.to_tier) for each in fallen.raises] == [("R5", "R1")]
    assert fallen.since_day == FIRST + 399


def test_a_day_that_is_learned_of_late_changes_what_it_would_have_changed_in_time() -> None:
    days = with_margin(calm_days(FIRST, 200), {150: "bad_debt"})
    late = [day for day in days if day.day != FIRST + 150]
    assert standing(late, FIRST + 199).tier != standing(days, FIRST + 199).tier
    assert standing(sorted([*late, days[150]], key=lambda day: day.day), FIRST + 199) == standing(days, FIRST + 199)


def test_tenure_begins_with_the_first_exposure_and_not_with_a_vote() -> None:
    vote = replace(calm_days(FIRST, 1)[0], exposure_days=0.0, expected=0.0)
    days = calm_days(FIRST + 300, 100)
    late = standing([vote, *days], FIRST + 399)
    assert (late.evaluation.tenure_days, late.tier) == (99, standing(days, FIRST + 399).tier)
    assert standing([*calm_days(FIRST, 1), *days], FIRST + 399).evaluation.tenure_days == 399
    assert standing([vote], FIRST + 399).evaluation.tenure_days == 0


@pytest.mark.parametrize(("notional", "reached"), [("0.01", "R1"), ("10000", "R5")])
def test_a_cent_left_open_for_a_year_earns_nothing(notional: str, reached: str) -> None:
    said = {"equity": "1000", "maintenance": "0", "initial": "0", "notional": notional}
    hours = [line("margin_snapshot", hour, at=MORNING + hour * 3_600, **said) for hour in range(24)]
    ((found,), _) = engine().over(read_event(each, now=MORNING + DAY) for each in hours)
    (first,) = history([day_of(found)], {}, 2 / 30)
    assert standing([replace(first, day=FIRST + place) for place in range(400)], FIRST + 399).tier == reached


def test_what_is_kept_is_read_back() -> None:
    risen = standing(calm_days(FIRST, 400), FIRST + 399)
    fallen = standing(calm_days(FIRST, 400), FIRST + 399, previous=risen, flagged_at=(FIRST + 399) * 86_400)
    assert fallen.tier == "RX"
    again = State.from_json(fallen.to_json())
    assert again.to_json() == fallen.to_json()
    assert again.raises == fallen.raises
    assert standing(calm_days(FIRST, 400), FIRST + 399, previous=again).raises == ()  # lifted: R5 again, at once


def test_nothing_reported_is_no_score() -> None:
    found = stand([], as_of_day=FIRST, now=NOW)
    assert (found.tier, found.evaluation.score) == ("R0", None)
    assert stand([], as_of_day=FIRST, now=NOW, unique=True).tier == "R1"
    ahead = calm_days(FIRST + 10, 3)
    assert stand(ahead, as_of_day=FIRST, now=NOW, unique=True).evaluation.evidence == 0


def test_who_was_always_here_is_evaluated_for_ten_years() -> None:
    days = calm_days(FIRST, 2)
    found = list(evaluations(days, FIRST + 5_000, unique=True))
    assert len(found) == 3_660
    assert found[-1].tenure_days == 5_000
    straight = list(evaluations(days, FIRST + 3_000, unique=True))
    assert found[3_000 - 1_341].evidence == pytest.approx(straight[-1].evidence, rel=1e-9)
    assert replace(found[3_000 - 1_341], score=None, evidence=0.0) == replace(straight[-1], score=None, evidence=0.0)


@pytest.mark.parametrize(
    ("count", "events", "best"),
    [
        (0, {}, "R5"),
        (1, {}, "R5"),
        (300, {}, "R5"),
        (3, {2: "near_miss"}, "R5"),
        (1, {0: "liquidation"}, "R3"),  # R5 asks 360 days, and R4 would have it with 3 %
        (300, {2: "liquidation"}, "R4"),
        (500, {2: "liquidation"}, "R5"),
        (3, {2: "bad_debt"}, "R1"),
        (300, {290: "bad_debt"}, "R1"),
        (300, {150: "bad_debt"}, "R3"),
    ],
)
def test_what_happened_contradicts_a_tier_only_where_it_is_unlikely_under_it(
    count: int, events: dict[int, str], best: str
) -> None:
    assert ceiling(with_margin(calm_days(FIRST, count), events), FIRST + max(0, count - 1)) == best
