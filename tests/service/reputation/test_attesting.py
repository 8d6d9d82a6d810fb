"""Does a credential say of a standing what is known of it at the end of the last whole day, and nothing better?"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from credence.service.reputation.attesting import attested
from credence.service.reputation.belief.model import shipped_model
from credence.service.reputation.standing import DAY, evaluations, remembered_on, stand
from credence.service.reputation.statistics import DayFacts
from credence.service.runtime import AttestedStanding
from tests.service.reputation.days import calm_days, with_margin

FIRST = 20_000
MODEL = shipped_model()


def at(day: int) -> int:
    return day * DAY + 7


def said(days: list[DayFacts], today: int, *, unique: bool = True, flagged_at: int | None = None) -> AttestedStanding:
    return attested(days, now=at(today), unique=unique, flagged_at=flagged_at)


def test_of_nobody_it_says_nothing_good() -> None:
    zero = AttestedStanding(FIRST - 1, 300, 1, 0, 0, MODEL.version)
    assert said([], FIRST) == zero
    assert said(calm_days(FIRST, 1), FIRST) == zero, "today is not over"
    assert said([], FIRST, unique=False) == replace(zero, rungs=0)


def test_it_says_what_the_state_says_on_the_last_whole_day() -> None:
    days = with_margin(calm_days(FIRST, 120), {10: "call", 40: "liquidation"})
    today = FIRST + 120
    found = said(days, today)
    *_, last = evaluations(days, today - 1, unique=True)
    assert last.score is not None
    assert (found.as_of, found.score) == (today - 1, math.floor(last.score))
    assert found.evidence_milli == math.floor(1_000 * last.evidence)
    known = remembered_on(days, today - 1, MODEL)
    assert known.evidence == pytest.approx(last.evidence)
    assert (found.events_milli - 1) / 1_000 < known.events <= found.events_milli / 1_000
    assert f"R{found.rungs}" == stand(days, as_of_day=today, now=at(today), unique=True).tier


@pytest.mark.parametrize("count", [0, 1, 7, 8, 23, 60, 121, 250])
@pytest.mark.parametrize("event", ["near_miss", "call", "liquidation", "bad_debt"])
def test_an_event_makes_nothing_better_and_a_day_of_calm_nothing_worse(count: int, event: str) -> None:
    days = calm_days(FIRST, count + 1)
    before, after = said(days, FIRST + count + 1), said(with_margin(days, {count // 2: event}), FIRST + count + 1)
    assert after.events_milli > before.events_milli
    assert after.evidence_milli <= before.evidence_milli
    assert after.score <= before.score
    assert after.rungs <= before.rungs
    longer = said(calm_days(FIRST - 1, count + 2), FIRST + count + 1)
    assert longer.evidence_milli >= before.evidence_milli
    assert (longer.score, longer.rungs) >= (before.score, before.rungs)


@pytest.mark.parametrize("count", [5, 40, 130, 300])
def test_it_is_never_better_than_the_state(count: int) -> None:
    days = with_margin(calm_days(FIRST, count), {count // 3: "call", count // 2: "near_miss"})
    for today in range(FIRST + count - 2, FIRST + count + 3):
        found, known = said(days, today), remembered_on(days, today - 1, MODEL)
        assert found.evidence_milli <= 1_000 * known.evidence
        assert found.events_milli >= 1_000 * known.events
        assert found.score <= (300 if known.score is None else known.score)


def test_insufficient_evidence_has_the_worst_score_and_keeps_its_evidence() -> None:
    found = said(calm_days(FIRST, 4), FIRST + 4)
    assert (found.score, found.rungs) == (300, 1)
    assert 0 < found.evidence_milli < 500


def test_a_flag_and_a_debt_of_today_count_at_once() -> None:
    days = calm_days(FIRST, 400)
    today = FIRST + 399
    risen = said(days, today)
    assert risen.rungs == 5
    flagged = said(days, today, flagged_at=at(today))
    assert (flagged.rungs, flagged.score, flagged.evidence_milli) == (0, 300, 0)
    fallen = said(with_margin(days, {399: "bad_debt"}), today)
    assert (fallen.rungs, fallen.as_of, fallen.score, fallen.evidence_milli) == (1, risen.as_of, 300, 0)
    assert fallen.events_milli == risen.events_milli  # of the last whole day
    assert said(with_margin(days, {399: "bad_debt"}), today + 1).score < risen.score, "what is over counts in the score too"


@pytest.mark.parametrize("event", ["liquidation", "bad_debt"])
def test_what_happens_today_counts_at_once_where_no_tier_is_left_to_fall(event: str) -> None:
    """A bad debt of a month ago leaves R1 with a score; one more does not fell it, and is told all the same."""
    days = with_margin(calm_days(FIRST, 100), {70: "bad_debt"})
    today = FIRST + 99
    before, fallen = said(days, today), said(with_margin(days, {99: event}), today)
    assert before.rungs == fallen.rungs == 1
    assert before.score > 300
    assert before.evidence_milli > 0
    assert (fallen.score, fallen.evidence_milli, fallen.events_milli) == (300, 0, before.events_milli)
    mild = said(with_margin(days, {99: "call"}), today)
    assert mild == before, "a call of today counts when the day is over"


@pytest.mark.parametrize("change", [{"risk_prior": 1.0}, {"hazard": 0.01}])
def test_evidence_under_other_numbers_than_the_lines_have_is_not_said(change: dict[str, float]) -> None:
    """A venue whose own model was promoted: its score counts, and its evidence would be worth another score elsewhere."""
    days = with_margin(calm_days(FIRST, 120), {60: "call"})
    now, own = at(FIRST + 120), replace(MODEL, version="own/1/00000000", **change)
    found, state = attested(days, now=now, model=own), remembered_on(days, FIRST + 119, own)
    assert state.score is not None
    assert (found.score, found.evidence_milli, found.model) == (math.floor(state.score), 0, own.version)
    assert found.rungs > 1
    renamed = attested(days, now=now, model=replace(MODEL, version="own/1/00000000"))
    assert renamed.evidence_milli > 0, "the same numbers under another name"


def test_more_events_than_can_be_said_leave_no_evidence() -> None:
    days = calm_days(FIRST, 60)
    days[30] = replace(days[30], margin=replace(days[30].margin, liquidation=100_000))
    found = said(days, FIRST + 60)
    assert (found.events_milli, found.evidence_milli, found.score) == ((1 << 24) - 1, 0, 300)


def test_a_tier_that_is_only_about_to_fall_needs_a_score() -> None:
    days = calm_days(FIRST, 300)
    days[299] = replace(days[299], margin=replace(days[299].margin, liquidation=1_000))
    today = FIRST + 300
    assert stand(days, as_of_day=today, now=at(today), unique=True).standing.tier == "R5", "after two days, not one"
    found = said(days, today)
    assert (found.score, found.rungs) == (300, 1)
