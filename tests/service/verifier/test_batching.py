"""Do those who come together share a check, does everybody get their own verdict, and is nobody made to wait for nothing?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from typing import Any

import pytest

from credence.service.verifier.batching import MOST, Batcher

SECONDS = 20.0
"""Far longer than anything here takes."""


class Checker:
    """Says twice of a number; ``hold`` keeps every check from ending. A ``str`` breaks the check of all that are with it."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, items: Sequence[Any]) -> list[int]:
        self.batches.append(list(items))
        self.begun.release()
        assert self.go_on.wait(SECONDS)
        return [2 * int(item + 0) for item in items]

    @contextmanager
    def held(self, batcher: Batcher[Any, int], pool: ThreadPoolExecutor) -> Iterator[Future[int]]:
        """While somebody's check of 0 is under way."""
        self.go_on.clear()
        first = pool.submit(batcher.run, lambda: 0)
        assert self.begun.acquire(timeout=SECONDS)
        try:
            yield first
        finally:
            self.go_on.set()


@pytest.fixture
def checker() -> Checker:
    return Checker()


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(64) as made:
        yield made


def reading(item: Any) -> Callable[[], Any]:
    return lambda: item


def no_clock() -> float:
    raise AssertionError("nobody asks for the time who has nothing to wait for")


def waiting(batcher: Batcher[Any, int], many: int) -> None:
    """Returns once so many wait."""
    pause = threading.Event()
    for _ in range(int(SECONDS / 0.005)):
        if len(batcher._waiting) == many:
            return
        pause.wait(0.005)
    raise AssertionError("they did not come")


def test_one_alone_is_checked_at_once(checker: Checker) -> None:
    batcher: Batcher[int, int] = Batcher(checker, now=no_clock)
    with batcher.expecting() as run:
        assert run(lambda: 4) == 8
    assert batcher.run(lambda: 5) == 10
    assert checker.batches == [[4], [5]]


def test_those_who_come_meanwhile_are_checked_together(checker: Checker, pool: ThreadPoolExecutor) -> None:
    sizes: list[int] = []
    batcher: Batcher[int, int] = Batcher(checker, seen=sizes.append)
    with checker.held(batcher, pool):
        others = [pool.submit(batcher.run, reading(item)) for item in range(1, 20)]
        waiting(batcher, 19)
    assert [other.result(SECONDS) for other in others] == [2 * item for item in range(1, 20)]
    assert sizes == [1, 19]
    assert sorted(checker.batches[1]) == list(range(1, 20))


def test_a_batch_has_room_for_so_many(checker: Checker, pool: ThreadPoolExecutor) -> None:
    batcher: Batcher[int, int] = Batcher(checker)
    with checker.held(batcher, pool):
        others = [pool.submit(batcher.run, reading(item)) for item in range(1, MOST + 4)]
        waiting(batcher, MOST + 3)
    assert sum(other.result(SECONDS) for other in others) == (MOST + 3) * (MOST + 4)
    assert [len(batch) for batch in checker.batches] == [1, MOST, 3]


def test_a_check_is_put_off_for_those_on_their_way_and_not_for_long(checker: Checker) -> None:
    """The clock says that the deadline is over as soon as it is asked again."""
    told: list[float] = []
    ticks = count()

    def now() -> float:
        told.append(float(next(ticks)))
        return told[-1]

    batcher: Batcher[int, int] = Batcher(checker, deadline=0.5, now=now)
    with batcher.expecting():
        assert batcher.run(lambda: 1) == 2
    assert len(told) == 2
    assert batcher.run(lambda: 2) == 4
    assert len(told) == 2, "whoever was on the way has left"


def test_who_is_on_the_way_is_waited_for(checker: Checker, pool: ThreadPoolExecutor) -> None:
    batcher: Batcher[int, int] = Batcher(checker, deadline=SECONDS)
    with batcher.expecting() as run:
        first = pool.submit(batcher.run, lambda: 1)
        waiting(batcher, 1)
        assert run(lambda: 2) == 4
    assert first.result(SECONDS) == 2
    assert checker.batches == [[1, 2]]


def test_who_leaves_on_the_way_is_not_waited_for(checker: Checker, pool: ThreadPoolExecutor) -> None:
    batcher: Batcher[int, int] = Batcher(checker, deadline=SECONDS)

    def leave() -> Future[int]:
        with batcher.expecting():
            first = pool.submit(batcher.run, lambda: 1)
            waiting(batcher, 1)
            raise LookupError(first)

    with pytest.raises(LookupError) as left:
        leave()
    assert left.value.args[0].result(SECONDS / 2) == 2
    assert checker.batches == [[1]]


def test_an_error_of_one_is_nobody_elses(checker: Checker, pool: ThreadPoolExecutor) -> None:
    """One cannot be read, and of one the check itself breaks: the others have their verdicts."""
    batcher: Batcher[Any, int] = Batcher(checker)

    def unreadable() -> int:
        raise ZeroDivisionError

    with checker.held(batcher, pool):
        good = [pool.submit(batcher.run, reading(item)) for item in (1, 2)]
        bad, broken = pool.submit(batcher.run, unreadable), pool.submit(batcher.run, lambda: "x")
        waiting(batcher, 4)
    assert [one.result(SECONDS) for one in good] == [2, 4]
    with pytest.raises(ZeroDivisionError):
        bad.result(SECONDS)
    with pytest.raises(TypeError):
        broken.result(SECONDS)
    assert batcher.run(lambda: 3) == 6


def test_verdicts_that_are_not_one_each_are_not_believed(pool: ThreadPoolExecutor) -> None:
    """A check that says less than it was asked is asked of each alone."""
    batcher: Batcher[int, int] = Batcher(lambda items: [7] * min(len(items), 1), deadline=SECONDS)
    with batcher.expecting() as run:
        first = pool.submit(batcher.run, lambda: 1)
        waiting(batcher, 1)
        assert run(lambda: 2) == 7
    assert first.result(SECONDS) == 7


def test_wrong_ones_make_batches_smaller_and_right_ones_larger_again(checker: Checker, pool: ThreadPoolExecutor) -> None:
    batcher: Batcher[int, int] = Batcher(checker, is_wrong=lambda verdict: verdict == 2 * 13)
    with checker.held(batcher, pool):
        others = [pool.submit(batcher.run, reading(13)) for _ in range(15)]
        waiting(batcher, 15)
    assert [other.result(SECONDS) for other in others] == [26] * 15
    assert [len(batch) for batch in checker.batches] == [1, 15]
    with checker.held(batcher, pool):
        others = [pool.submit(batcher.run, reading(13)) for _ in range(15)]
        waiting(batcher, 15)
    assert [other.result(SECONDS) for other in others] == [26] * 15
    sizes = [len(batch) for batch in checker.batches[3:]]
    assert sizes == [14, 1], "after one right one there is room for twice seven"
    with checker.held(batcher, pool):
        others = [pool.submit(batcher.run, reading(1)) for _ in range(7)]
        waiting(batcher, 7)
    assert [other.result(SECONDS) for other in others] == [2] * 7
    assert [len(batch) for batch in checker.batches[6:]] == [2, 4, 1]


def test_whoever_waits_too_long_checks_alone(checker: Checker, pool: ThreadPoolExecutor) -> None:
    """Somebody's check hangs: the next one relies on it for no longer than that."""
    batcher: Batcher[int, int] = Batcher(checker, bound=0.01)
    with checker.held(batcher, pool) as first:
        second = pool.submit(batcher.run, lambda: 1)
        assert checker.begun.acquire(timeout=SECONDS), "it is checked although the first check has not ended"
    assert (first.result(SECONDS), second.result(SECONDS)) == (0, 2)
    assert checker.batches == [[0], [1]]
    assert batcher.run(lambda: 2) == 4


def test_nothing_runs_on_when_the_last_one_was_answered(checker: Checker, pool: ThreadPoolExecutor) -> None:
    """What stops a server waits for the requests alone, and that is enough."""
    batcher: Batcher[int, int] = Batcher(checker)
    assert list(pool.map(lambda item: batcher.run(reading(item)), range(200))) == [2 * item for item in range(200)]
    assert not [thread for thread in threading.enumerate() if "batch" in thread.name.lower()]
    assert (batcher._is_led, batcher._coming, len(batcher._waiting)) == (False, 0, 0)
