"""Does a window count what happened of late, tell the truth about the wait, and stay small?"""

from __future__ import annotations

from threading import Thread

from hypothesis import given, settings
from hypothesis import strategies as st

from credence.service.settings import Rate
from credence.service.throttle.windows import SLICES, Windows
from tests.service.conftest import ToldClock

RATES = st.builds(Rate, st.integers(1, 6), st.sampled_from([1, 7, 60, 61, 3_600]))


def test_one_more_than_the_amount_is_refused() -> None:
    windows = Windows(Rate(3, 60), ToldClock())
    assert [windows.spend("a").remaining for _ in range(3)] == [2, 1, 0]
    refused = windows.spend("a")
    assert (refused.passed, refused.remaining, refused.wait) == (False, 0, 60)


def test_others_have_their_own() -> None:
    windows = Windows(Rate(1, 60), ToldClock())
    assert windows.spend("a").passed
    assert windows.spend("b").passed
    assert not windows.spend("a").passed


def test_the_wait_is_until_the_oldest_leaves() -> None:
    clock = ToldClock()
    windows = Windows(Rate(2, 60), clock)
    windows.spend("a")
    clock.forward(20)
    windows.spend("a")
    clock.forward(10)
    assert windows.spend("a").wait == 30
    clock.forward(29)
    assert not windows.spend("a").passed
    clock.forward(1)
    assert windows.spend("a").passed
    assert windows.spend("a").wait == 20


@given(rate=RATES, pauses=st.lists(st.integers(0, 90), min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_whoever_waits_as_told_passes_and_nobody_has_too_many(rate: Rate, pauses: list[int]) -> None:
    clock = ToldClock()
    windows = Windows(rate, clock)
    passed: list[int] = []
    for pause in pauses:
        clock.forward(pause)
        found = windows.spend("a")
        if not found.passed:
            clock.forward(found.wait - 1)
            assert not windows.look("a").passed  # no second earlier
            clock.forward(1)
            found = windows.spend("a")
            assert found.passed
        passed.append(clock())
        assert 0 <= found.remaining < rate.amount
    whole = rate.seconds - max(1, -(-rate.seconds // SLICES)) + 1  # a slice is let go of at once
    for first, after in zip(passed, passed[rate.amount :], strict=False):
        assert after - first >= whole


def test_looking_counts_nothing() -> None:
    windows = Windows(Rate(1, 60), ToldClock())
    assert [windows.look("a") for _ in range(3)] == [windows.look("a")] * 3
    assert (windows.look("a").passed, windows.look("a").wait, windows.remembered) == (True, 0, 0)
    assert windows.spend("a").passed


def test_what_is_refused_is_not_counted() -> None:
    clock = ToldClock()
    windows = Windows(Rate(1, 60), clock)
    windows.spend("a")
    for _ in range(59):
        clock.forward(1)
        assert not windows.spend("a").passed
    clock.forward(1)
    assert windows.spend("a").passed


def test_keys_are_bounded_and_the_quietest_is_forgotten_first() -> None:
    windows = Windows(Rate(1, 60), ToldClock(), keys=3)
    for key in "abc":
        windows.spend(key)
    windows.spend("d")
    assert windows.remembered == 3
    assert not windows.spend("b").passed
    assert windows.spend("a").passed  # forgotten, and begins anew
    for number in range(1_000):
        windows.spend(f"key {number}")
        assert windows.remembered == 3


def test_keys_with_nothing_to_count_are_let_go_of() -> None:
    clock = ToldClock()
    windows = Windows(Rate(5, 60), clock)
    for number in range(100):
        windows.spend(f"key {number}")
    clock.forward(60)
    windows.spend("one")
    assert windows.remembered == 1


def test_what_is_kept_for_a_key_does_not_grow_with_its_limit() -> None:
    clock = ToldClock()
    windows = Windows(Rate(1_000_000, 3_600), clock)
    for _ in range(5_000):
        windows.spend("a")
        clock.forward(1)
    assert len(windows._counted["a"].slices) <= SLICES


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    clock = ToldClock()
    windows = Windows(Rate(1, 60), clock)
    windows.spend("a")
    clock.forward(-3_600)
    assert windows.spend("a").passed
    assert not windows.spend("a").passed


def test_many_threads_get_no_more_than_there_is() -> None:
    windows = Windows(Rate(700, 60), ToldClock())
    passed: list[bool] = []

    def work() -> None:
        passed.extend([windows.spend("a").passed for _ in range(200)])

    threads = [Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(passed), sum(passed)) == (1_600, 700)
