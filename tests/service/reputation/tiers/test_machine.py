"""Does a standing move when it should, by one step up, at once or after two days down, and never back and forth?"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.service.reputation.tiers import (
    TIERS,
    Evaluation,
    Standing,
    StandingError,
    advance,
    begin,
    conditions,
    hard_fall,
    held,
    meets,
    rank,
    replay,
    shipped_table,
)

TABLE = shipped_table()
BEST = Evaluation(day=1000, score=820.0, evidence=40.0, tenure_days=900)


def days(first: int, count: int, like: Evaluation = BEST) -> list[Evaluation]:
    return [replace(like, day=first + offset) for offset in range(count)]


def at(tier: str, **counts: int) -> Standing:
    return Standing(tier, since_day=0, evaluated_day=999, **counts)


def after(standing: Standing, evaluations: list[Evaluation]) -> list[str]:
    tiers = []
    for found in evaluations:
        standing = advance(TABLE, standing, found)
        tiers.append(standing.tier)
    return tiers


@pytest.mark.parametrize(
    ("score", "evidence", "tenure", "reached"),
    [
        (None, 0.3, 500, "R1"),
        (636.0, 1.0, 15, "R1"),  # a spotless account after 15 days: 636 < 640
        (640.0, 1.0, 14, "R2"),
        (640.0, 1.0, 13, "R1"),
        (640.0, 0.99, 14, "R1"),
        (686.0, 4.0, 60, "R3"),
        (684.9, 4.0, 60, "R2"),
        (723.0, 8.0, 120, "R4"),
        (766.0, 16.0, 240, "R5"),
        (766.0, 16.0, 239, "R4"),
        (580.0, 3.0, 90, "R1"),  # held from 575 on, though it would not be entered
        (574.9, 3.0, 90, "RX"),
    ],
)
def test_where_a_constant_account_comes_to_rest(score: float | None, evidence: float, tenure: int, reached: str) -> None:
    found = replay(TABLE, days(1000, 60, Evaluation(1000, score, evidence, tenure)))
    assert found is not None
    assert found.tier == reached


def test_one_step_up_takes_seven_days_in_a_row() -> None:
    tiers = after(begin(1000, unique=True), days(1000, 28))
    assert [tiers.index(tier) for tier in ("R2", "R3", "R4", "R5")] == [6, 13, 20, 27]


def test_a_day_that_does_not_meet_the_next_tier_begins_the_count_anew() -> None:
    weak = replace(BEST, day=1005, score=639.0)
    tiers = after(begin(1000, unique=True), [*days(1000, 5), weak, *days(1006, 7)])
    assert tiers[-2:] == ["R1", "R2"]


def test_a_day_without_evaluation_begins_both_counts_anew() -> None:
    assert after(begin(1000, unique=True), [*days(1000, 6), *days(1007, 6)])[-1] == "R1"
    low = replace(BEST, score=650.0)
    assert after(at("R3"), [replace(low, day=1000), replace(low, day=1002)]) == ["R3", "R3"]
    assert after(at("R3"), days(1000, 2, low)) == ["R3", "R2"]


def test_a_fall_is_to_the_best_tier_that_each_of_the_days_denied() -> None:
    first, second = replace(BEST, day=1000, score=625.0), replace(BEST, day=1001, score=700.0)
    assert after(at("R5"), [first, second]) == ["R5", "R4"]
    assert after(at("R5"), [replace(second, day=1000), replace(first, day=1001)]) == ["R5", "R4"]
    assert after(at("R5"), days(1000, 2, first)) == ["R5", "R2"]
    assert after(at("R5"), days(1000, 2, replace(BEST, score=500.0))) == ["R5", "RX"]


def test_a_day_in_between_that_holds_the_tier_forgives() -> None:
    low = replace(BEST, score=650.0)
    assert after(at("R3"), [replace(low, day=1000), replace(BEST, day=1001), replace(low, day=1002)]) == ["R3"] * 3


def test_a_liquidation_costs_the_best_tier_for_a_year() -> None:
    liquidated = replace(BEST, liquidation_free_days=3)
    assert after(at("R5"), days(1000, 2, liquidated)) == ["R5", "R4"]
    assert after(at("R4"), days(1000, 30, replace(BEST, liquidation_free_days=359)))[-1] == "R4"
    assert after(at("R4"), days(1000, 7, replace(BEST, liquidation_free_days=360)))[-1] == "R5"


@pytest.mark.parametrize(("score", "left"), [(820.0, "R1"), (610.0, "R1"), (574.0, "RX"), (None, "RX")])
def test_a_bad_debt_falls_at_once(score: float | None, left: str) -> None:
    found = replace(BEST, score=score, bad_debt_free_days=0)
    assert after(at("R5"), [found]) == [left]
    assert hard_fall(TABLE, "R5", found) == left


def test_a_bad_debt_bars_the_way_up_for_a_time() -> None:
    assert after(at("R1"), days(1000, 20, replace(BEST, bad_debt_free_days=89)))[-1] == "R1"
    assert after(at("R1"), days(1000, 7, replace(BEST, bad_debt_free_days=90)))[-1] == "R2"
    assert after(at("RX"), days(1000, 20, replace(BEST, bad_debt_free_days=29)))[-1] == "RX"
    assert after(at("RX"), days(1000, 7, replace(BEST, bad_debt_free_days=30)))[-1] == "R1"


def test_a_flag_is_the_worst_at_once_and_as_long_as_it_stands() -> None:
    flagged = replace(BEST, flagged=True)
    assert after(at("R5"), days(1000, 20, flagged)) == ["RX"] * 20
    assert after(at("RX"), days(1000, 7))[-1] == "R1"
    assert hard_fall(TABLE, "R3", flagged) == "RX"
    assert hard_fall(TABLE, "RX", flagged) is None
    assert hard_fall(TABLE, "R3", replace(BEST, score=400.0)) is None


def test_a_proof_of_uniqueness_lifts_at_once_and_its_lack_falls_after_two_days() -> None:
    unproven = replace(BEST, unique=False)
    assert after(begin(1000, unique=False), days(1000, 30, unproven)) == ["R0"] * 30
    assert after(at("R0"), [BEST]) == ["R1"]
    assert after(at("R4"), days(1000, 2, unproven)) == ["R4", "R0"]
    assert after(at("RX"), days(1000, 7, unproven))[-1] == "R0"


def test_insufficient_evidence_holds_r1_and_nothing_better() -> None:
    unknown = replace(BEST, score=None, evidence=0.4)
    assert after(at("R4"), days(1000, 2, unknown)) == ["R4", "R1"]
    assert after(at("R1"), days(1000, 30, unknown))[-1] == "R1"


def test_a_day_is_evaluated_once() -> None:
    with pytest.raises(StandingError):
        advance(TABLE, at("R2"), replace(BEST, day=999))
    with pytest.raises(StandingError):
        replay(TABLE, [BEST, BEST])
    assert replay(TABLE, []) is None


@pytest.mark.parametrize(
    "change",
    [{"score": 299.0}, {"score": 851.0}, {"evidence": -0.1}, {"evidence": float("nan")}, {"tenure_days": -1}, {"day": -1}],
)
def test_what_is_no_evaluation(change: dict[str, float]) -> None:
    with pytest.raises(StandingError):
        replace(BEST, **change)  # type: ignore[arg-type]


def test_what_is_missing_for_the_next_tier_is_said() -> None:
    found = replace(BEST, score=700.0, tenure_days=100, liquidation_free_days=5)
    missing = [(each.name, each.value, each.needed) for each in conditions(TABLE, "R4", found) if not each.met]
    assert missing == [("score", 700.0, 720), ("tenure_days", 100, 120)]
    assert not meets(TABLE, "R4", found)
    assert meets(TABLE, "R4", replace(found, score=720.0, tenure_days=120))


# --- properties ---

SCORES = st.one_of(st.none(), st.floats(300, 850))
FREE = st.one_of(st.none(), st.integers(0, 500))
EVALUATIONS = st.builds(
    Evaluation,
    day=st.just(1000),
    score=SCORES,
    evidence=st.floats(0, 40),
    tenure_days=st.integers(0, 400),
    liquidation_free_days=FREE,
    bad_debt_free_days=st.one_of(st.none(), st.none(), FREE),
    flagged=st.sampled_from([False] * 9 + [True]),
    unique=st.sampled_from([True] * 4 + [False]),
)
HISTORIES = st.lists(EVALUATIONS, min_size=1, max_size=40).map(
    lambda rows: [replace(row, day=1000 + place) for place, row in enumerate(rows)]
)


@given(HISTORIES, st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_in_which_days_are_told_is_nothing(history: list[Evaluation], shuffler: random.Random) -> None:
    standing = begin(1000, unique=history[0].unique)
    for found in history:
        standing = advance(TABLE, standing, found)
    told = list(history)
    shuffler.shuffle(told)
    assert replay(TABLE, told) == standing


@given(EVALUATIONS, st.sampled_from(TIERS), st.floats(0, 200), st.integers(0, 100), st.integers(0, 100))
@settings(max_examples=200, deadline=None)
def test_better_conduct_never_holds_or_meets_less(
    found: Evaluation, tier: str, points: float, evidence: int, tenure: int
) -> None:
    better = replace(
        found,
        score=None if found.score is None else min(850.0, found.score + points),
        evidence=found.evidence + evidence,
        tenure_days=found.tenure_days + tenure,
        liquidation_free_days=None,
        bad_debt_free_days=None,
        flagged=False,
    )
    assert rank(held(TABLE, tier, better)) >= rank(held(TABLE, tier, found))
    assert meets(TABLE, tier, better) or not meets(TABLE, tier, found)


@given(st.lists(st.floats(665, 684.9), min_size=30, max_size=60))
@settings(max_examples=40, deadline=None)
def test_inside_the_band_nothing_moves(scores: list[float]) -> None:
    evaluations = [replace(BEST, day=1000 + place, score=score) for place, score in enumerate(scores)]
    assert set(after(at("R2"), evaluations)) == {"R2"}
    assert set(after(at("R3"), evaluations)) == {"R3"}


@given(HISTORIES)
@settings(max_examples=60, deadline=None)
def test_up_is_one_step_and_at_most_once_in_seven_days_but_for_a_proof(history: list[Evaluation]) -> None:
    standing, risen = begin(1000, unique=history[0].unique), 999
    for found in history:
        moved = advance(TABLE, standing, found)
        if rank(moved.tier) > rank(standing.tier) and standing.tier != "R0":
            assert rank(moved.tier) - rank(standing.tier) == 1 or standing.tier == "RX"
            assert found.day - risen >= TABLE.up_days
            assert found.day - standing.since_day >= TABLE.up_days - 1
        if rank(moved.tier) != rank(standing.tier):
            risen = found.day
            assert moved.since_day == found.day
        standing = moved
