"""Does the figure notice who is let in too late, or again? Each wrong history has one answer that the good one has not."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.soak.refused_everywhere import BOUNDS, OFFLINE, Seen, judged

pytestmark = pytest.mark.slow

YES, NO = True, False
GOOD = [(1.0, YES), (30.0, YES), (59.5, YES), (59.8, NO), (70.0, NO), (130.0, NO)]


def history(**changed: list[tuple[float, bool]]) -> Seen:
    answers = {name: list(GOOD) for name in BOUNDS}
    return Seen(before=Counter(list(BOUNDS)), answers={**answers, **changed})


def test_a_good_history_meets_the_target() -> None:
    found = judged([history(), history()], quick=False)
    assert found["ok"], found
    venue = found["figures"]["venue"]
    assert isinstance(venue, dict)
    assert (venue["slowest s"], venue["last accepted after"], venue["accepted again"]) == (59.8, 59.5, 0)


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([*GOOD, (131.0, YES), (132.0, NO)], "accepted again, or too late"),
        ([(1.0, NO), *GOOD], "accepted again, or too late"),
        ([(1.0, YES), (60.1, YES), (60.2, NO)], "accepted again, or too late"),
        ([(1.0, YES), (59.0, YES), (61.0, NO)], "p99 over 60 s"),
        ([(1.0, YES), (59.0, YES)], "somebody was never refused"),
    ],
)
def test_one_holder_too_many_is_a_miss(answers: list[tuple[float, bool]], fault: str) -> None:
    found = judged([history(), history(elsewhere=answers)], quick=False)
    assert not found["ok"]
    assert f"elsewhere: {fault}" in found["note"]


def test_who_was_never_accepted_shows_nothing() -> None:
    stranger = replace(history(), before=Counter(set(BOUNDS) - {"sdk"}))
    assert "sdk: somebody was refused before" in judged([history(), stranger], quick=True)["note"]


def test_a_request_that_was_kept_has_twice_as_long() -> None:
    late = [(1.0, YES), (119.0, YES), (119.5, NO)]
    assert judged([history(), history(**{OFFLINE: late})], quick=False)["ok"]
    later = [(1.0, YES), (120.1, YES), (121.0, NO)]
    assert not judged([history(), history(**{OFFLINE: later})], quick=False)["ok"]


def test_who_has_refused_twice_is_asked_more_rarely_and_on() -> None:
    seen = history()
    assert seen.due(4) == list(BOUNDS)
    assert seen.due(5) == []
    assert history(venue=GOOD[:4]).due(5) == ["venue"]
