"""Does what is remembered depend on what happened alone, and not on how, when or where it was reported?"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credence.service.reputation.belief.arrays import BeliefRefused
from credence.service.reputation.belief.evidence import COLUMNS, DAILY, Evidence, daily_evidence, no_evidence
from credence.service.reputation.belief.risk import expected_of, observed_of, score_all

PSEUDONYMS = 3
LAST = 800
few = settings(max_examples=20, deadline=None)

Row = tuple[int, int, dict[str, float]]
"""Whose, on which day, and the sums."""

numbers = st.sampled_from([0.0, 1.0, 2.0, 0.25, 7.5])
rows = st.lists(
    st.tuples(
        st.integers(0, PSEUDONYMS - 1),
        st.integers(0, LAST),
        st.dictionaries(st.sampled_from(DAILY), numbers, max_size=4),
    ),
    max_size=12,
)


def batch(found: Iterable[Row], as_of: int = LAST) -> Evidence:
    """All rows at once."""
    listed = list(found)
    sums = {name: [row[2].get(name, 0.0) for row in listed] for name in DAILY}
    return daily_evidence(PSEUDONYMS, [row[0] for row in listed], [row[1] for row in listed], sums, as_of)


def stream(found: Iterable[Row]) -> Evidence:
    """Row by row: the state stands on the latest day that was heard of, and a late row is added to it."""
    state = no_evidence(PSEUDONYMS, 0)
    for row in found:
        state = state.merge(batch([row], row[1]))
    return state.align(LAST)


def same(left: Evidence, right: Evidence) -> None:
    assert left.as_of == right.as_of
    for name in COLUMNS:
        np.testing.assert_allclose(left[name], right[name], rtol=1e-9, atol=1e-12)
    scores = [score_all(observed_of(state), expected_of(state)).high for state in (left, right)]
    np.testing.assert_allclose(*scores, rtol=1e-9)


@given(rows, st.randoms(use_true_random=False), st.integers(1, 4))
@few
def test_batch_is_stream_is_shards_is_replay(found: list[Row], order: Any, shards: int) -> None:
    whole = batch(found)
    shuffled = list(found)
    order.shuffle(shuffled)
    same(whole, stream(sorted(found, key=lambda row: row[1])))
    same(whole, stream(shuffled))
    parts = [batch(shuffled[number::shards]) for number in range(shards)]
    same(whole, reduce(Evidence.merge, parts))
    same(whole, reduce(Evidence.merge, reversed(parts)))
    delivered = list(enumerate(found)) * 2
    order.shuffle(delivered)
    once = dict(delivered)
    same(whole, stream(once.values()))


@given(rows, rows, rows, st.tuples(*[st.integers(LAST, LAST + 500)] * 3))
@few
def test_merging_is_associative_and_commutative(
    a: list[Row], b: list[Row], c: list[Row], days: tuple[int, int, int]
) -> None:
    x, y, z = (batch(found).align(day) for found, day in zip((a, b, c), days, strict=True))
    same(x.merge(y).merge(z), x.merge(y.merge(z)))
    same(x.merge(y), y.merge(x))
    same(x.merge(no_evidence(PSEUDONYMS, 0)), x)


@given(rows, st.integers(0, 300), st.integers(0, 300))
@few
def test_forgetting_in_two_steps_is_forgetting_in_one(found: list[Row], first: int, second: int) -> None:
    state = batch(found)
    same(state.align(LAST + first).align(LAST + first + second), state.align(LAST + first + second))


@pytest.mark.parametrize("name", sorted(COLUMNS))
def test_each_column_halves_in_its_half_life(name: str) -> None:
    column = COLUMNS[name]
    (source, weight), *_ = column.sources.items()
    state = daily_evidence(1, [0], [0], {source: [3.0]}, 0)
    assert state[name][0] == pytest.approx(3.0 * weight)
    assert state.align(int(column.half_life))[name][0] == pytest.approx(1.5 * weight)


def test_half_lives_are_those_of_the_design() -> None:
    found = {name: COLUMNS[name].half_life for name in ("calls", "liquidations", "bad_debts", "expected", "expected_recent")}
    assert found == {"calls": 90, "liquidations": 360, "bad_debts": 720, "expected": 720, "expected_recent": 90}
    assert COLUMNS["calls"].sources == {"near_miss": 0.25, "call": 0.5}


def test_losses_count_as_returns() -> None:
    state = daily_evidence(
        1, [0, 0], [4, 4], {"return_n": [1, 1], "return_sum": [-0.5, 0.2], "return_sumsq": [0.25, 0.04]}, 4
    )
    assert state["return_sum"][0] == pytest.approx(-0.3)


ACCEPTED: dict[str, Any] = {"pseudonyms": 2, "owner": [1], "day": [5], "sums": {"call": [1.0]}, "as_of": 5}


@pytest.mark.parametrize(
    "changed",
    [
        {"owner": [2]},
        {"owner": [-1]},
        {"owner": [0.5]},
        {"owner": [0, 1]},
        {"owner": [[1]], "day": [[5]]},
        {"day": [6]},
        {"day": [2**40]},
        {"sums": {"nonsense": [1.0]}},
        {"sums": {"call": [-1.0]}},
        {"sums": {"call": [float("nan")]}},
        {"sums": {"call": [1.0, 1.0]}},
    ],
    ids=str,
)
def test_rows_that_say_nothing_are_refused(changed: dict[str, Any]) -> None:
    assert daily_evidence(**ACCEPTED)["calls"].tolist() == [0.0, 0.5]
    with pytest.raises(BeliefRefused):
        daily_evidence(**{**ACCEPTED, **changed})


@pytest.mark.parametrize("change", ["missing", "unknown", "shape", "negative", "nan", "scalar"])
def test_a_state_that_is_none_is_refused(change: str) -> None:
    state = no_evidence(2, 5)
    columns: dict[str, Any] = dict(state.columns)
    if change == "missing":
        del columns["calls"]
    elif change == "scalar":
        columns = {name: np.float64(0) for name in columns}
    else:
        wrong = {"unknown": [0.0, 0.0], "shape": [0.0], "negative": [0.0, -1.0], "nan": [0.0, np.nan]}[change]
        columns["nonsense" if change == "unknown" else "calls"] = np.array(wrong)
    with pytest.raises(BeliefRefused):
        Evidence(5, columns, state.model)
    assert len(Evidence(5, dict(state.columns), state.model)) == 2


def test_what_does_not_fit_does_not_add() -> None:
    state = no_evidence(2, 5)
    with pytest.raises(BeliefRefused):
        state.merge(no_evidence(3, 5))
    with pytest.raises(BeliefRefused):
        state.align(4)
    assert state.merge(no_evidence(2, 4)).as_of == 5
