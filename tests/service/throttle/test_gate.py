"""Who gets in, in which order, and how soon does everybody else know?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from credence.service.errors import Overloaded
from credence.service.throttle.gate import MARGIN, SPREAD, WEIGHT, Gate, Visit
from credence.service.throttle.urgency import Urgency

FIRST, USUAL, LAST = Urgency


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(5):
            await work()

    asyncio.run(bounded())


class Visitor:
    """Somebody at a gate; ``said`` is "waits", "inside" or "refused"."""

    def __init__(self, gate: Gate, urgency: Urgency = USUAL) -> None:
        self._gate = gate
        self._visit: Visit | None = None
        self.said = "waits"
        self.told = 0
        self.task = asyncio.create_task(self._come(urgency))

    async def _come(self, urgency: Urgency) -> None:
        try:
            self._visit = await self._gate.enter(urgency)
        except Overloaded as error:
            self.said, self.told = "refused", error.retry_after
        else:
            self.said = "inside"

    async def leave(self) -> None:
        assert self._visit is not None
        self._gate.leave(self._visit)
        self.said = "gone"
        await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def come(gate: Gate, *urgencies: Urgency) -> list[Visitor]:
    visitors = [Visitor(gate, urgency) for urgency in urgencies]
    await settle()
    return visitors


def said(visitors: list[Visitor]) -> list[str]:
    return [visitor.said for visitor in visitors]


def test_as_many_as_there_is_room_for() -> None:
    async def work() -> None:
        gate = Gate(slots=2, queue=1, patience=60)
        visitors = await come(gate, USUAL, USUAL, USUAL, USUAL)
        assert said(visitors) == ["inside", "inside", "waits", "refused"]
        await visitors[0].leave()
        assert visitors[2].said == "inside"
        await visitors[1].leave()
        await visitors[2].leave()
        assert said(await come(gate, USUAL, USUAL)) == ["inside", "inside"]

    run(work)


def test_without_a_queue_nobody_waits() -> None:
    async def work() -> None:
        gate = Gate(slots=1, queue=0, patience=60)
        assert said(await come(gate, USUAL, FIRST)) == ["inside", "refused"]

    run(work)


def test_first_come_is_first_served_among_equals_and_the_urgent_go_before() -> None:
    async def work() -> None:
        gate = Gate(slots=1, queue=9, patience=60)
        (inside, *waiting) = await come(gate, USUAL, LAST, USUAL, FIRST, USUAL, FIRST, LAST)
        order = []
        for _ in waiting:
            await inside.leave()
            inside = next(visitor for visitor in waiting if visitor.said == "inside")
            order.append(waiting.index(inside))
        assert order == [2, 4, 1, 3, 0, 5]

    run(work)


def test_the_urgent_take_the_place_of_the_least_urgent_who_came_last() -> None:
    async def work() -> None:
        gate = Gate(slots=1, queue=3, patience=60)
        (_, *waiting) = await come(gate, USUAL, LAST, USUAL, LAST)
        assert said(await come(gate, FIRST)) == ["waits"]
        assert said(waiting) == ["waits", "waits", "refused"]
        assert said(await come(gate, USUAL)) == ["waits"]
        assert said(waiting) == ["refused", "waits", "refused"]
        assert said(await come(gate, USUAL, LAST)) == ["refused", "refused"]
        assert said(await come(gate, FIRST)) == ["waits"]
        assert gate.queued == 3

    run(work)


def test_it_is_known_beforehand_who_would_be_turned_away() -> None:
    async def work() -> None:
        gate = Gate(slots=1, queue=1, patience=60)
        assert gate.refusal(LAST) is None
        await come(gate, USUAL)
        assert gate.refusal(LAST) is None
        await come(gate, USUAL)
        assert gate.refusal(USUAL)
        assert gate.refusal(LAST)
        assert gate.refusal(FIRST) is None  # it would take a place

    run(work)


def test_nobody_waits_longer_than_the_patience() -> None:
    async def work() -> None:
        gate = Gate(slots=1, queue=2, patience=0.03)
        (inside, waiting) = await come(gate, USUAL, USUAL)
        began = asyncio.get_running_loop().time()
        await waiting.task
        assert waiting.said == "refused"
        assert 0.02 < asyncio.get_running_loop().time() - began < 1
        assert gate.queued == 0
        await inside.leave()
        assert said(await come(gate, USUAL)) == ["inside"]  # the place was not lost

    run(work)


def test_who_goes_away_leaves_its_place() -> None:
    async def work() -> None:
        gate = Gate(slots=1, queue=2, patience=60)
        (inside, waiting, next_one) = await come(gate, USUAL, USUAL, USUAL)
        waiting.task.cancel()
        await settle()
        assert gate.queued == 1
        leaving = asyncio.create_task(inside.leave())
        await asyncio.sleep(0)
        next_one.task.cancel()  # let in, and gone before it noticed
        await leaving
        assert said(await come(gate, USUAL)) == ["inside"]

    run(work)


# --- a queue is as long as the wait in it ---


class Told:
    """A clock for a gate."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def served(gate: Gate, clock: Told, *urgencies: Urgency, seconds: float) -> None:
    """One after the other, each of them inside for so long."""
    for urgency in urgencies:
        visit = await gate.enter(urgency)
        clock.now += seconds
        gate.leave(visit)


def test_as_many_wait_as_can_be_let_in_within_the_patience() -> None:
    async def work() -> None:
        clock = Told()
        gate = Gate(slots=4, queue=64, patience=1.0, now=clock)
        await served(gate, clock, USUAL, seconds=0.0999)
        visitors = await come(gate, *[USUAL] * 60)
        # thirty times not quite a tenth of a second, four at a time, is not quite three quarters of a second
        assert (said(visitors).count("inside"), said(visitors).count("waits")) == (4, 30)
        assert said(visitors)[34:] == ["refused"] * 26

    run(work)


@pytest.mark.parametrize(("callers", "seconds"), [(32, 0.05), (32, 0.1), (4, 5.0)])
def test_steady_callers_whose_turn_comes_in_time_are_all_served(callers: int, seconds: float) -> None:
    """As many as are always there, with the settings of a new installation, for two hundred turns each."""

    async def work() -> None:
        clock = Told()
        gate = Gate(slots=4, queue=64, patience=1.0, now=clock)
        came = dict.fromkeys(range(callers), 0.0)
        waits: list[float] = []
        visitors = dict(zip(came, await come(gate, *[FIRST] * callers), strict=True))
        for _ in range(50 * callers):
            clock.now += seconds
            leaving = [number for number, visitor in visitors.items() if visitor.said == "inside"]
            assert len(leaving) == 4
            for number in leaving:
                waits.append(clock.now - came[number])
                await visitors[number].leave()
                came[number] = clock.now
                (visitors[number],) = await come(gate, FIRST)
            assert "refused" not in said(list(visitors.values()))
        assert max(waits) == pytest.approx(callers / 4 * seconds)

    run(work)


def test_a_queue_that_does_not_move_is_noticed_while_it_stands() -> None:
    async def work() -> None:
        clock = Told()
        gate = Gate(slots=1, queue=64, patience=1.0, now=clock)
        (inside, *waiting) = await come(gate, *[USUAL] * 9)
        assert said(waiting) == ["waits"] * 8  # nothing was measured yet
        clock.now = 0.5
        await inside.leave()
        assert said(await come(gate, USUAL)) == ["refused"]  # seven of half a second each are before it
        assert gate.wait(USUAL) == pytest.approx(4.0)

    run(work)


def test_what_is_measured_is_forgotten_again() -> None:
    async def work() -> None:
        clock = Told()
        gate = Gate(slots=1, queue=64, patience=1.0, now=clock)
        await served(gate, clock, USUAL, seconds=10.0)
        (inside,) = await come(gate, USUAL)
        assert gate.refusal(USUAL)
        await inside.leave()
        await served(gate, clock, *[USUAL] * 60, seconds=0.01)
        await come(gate, USUAL)
        assert gate.refusal(USUAL) is None
        assert gate.wait(USUAL) == pytest.approx(0.01 + 9.99 * (1 - WEIGHT) ** 61, rel=0.15)

    run(work)


def test_each_waits_for_those_who_go_before_it_alone() -> None:
    async def work() -> None:
        clock = Told()
        gate = Gate(slots=1, queue=64, patience=1.05 / MARGIN, now=clock)
        await served(gate, clock, LAST, seconds=0.3)
        await served(gate, clock, FIRST, seconds=0.1)
        visitors = await come(gate, FIRST, LAST, LAST, LAST, LAST)
        assert said(visitors) == ["inside", *["waits"] * 3, "refused"]
        assert gate.wait(FIRST) == pytest.approx(0.1)
        assert said(await come(gate, *[FIRST] * 11)) == [*["waits"] * 10, "refused"]

    run(work)


def test_whoever_too_many_have_gone_before_hears_of_it_at_once() -> None:
    async def work() -> None:
        clock = Told()
        gate = Gate(slots=1, queue=64, patience=1.05 / MARGIN, now=clock)
        await served(gate, clock, LAST, FIRST, seconds=0.3)
        (_, *waiting) = await come(gate, FIRST, LAST, LAST)
        assert said(waiting) == ["waits", "waits"]
        await come(gate, FIRST)
        assert said(waiting) == ["waits", "waits"]  # three of them take 0.9 seconds
        await come(gate, FIRST)
        assert said(waiting) == ["waits", "refused"]
        await come(gate, FIRST)
        assert said(waiting) == ["refused", "refused"]
        assert said(await come(gate, LAST)) == ["refused"]

    run(work)


# --- when to come again ---


def test_those_who_are_turned_away_do_not_all_come_back_at_once() -> None:
    async def work() -> None:
        gate = Gate(slots=1, queue=0, patience=60)
        await come(gate, USUAL)
        told = [gate.refusal(USUAL) for _ in range(3 * SPREAD)]
        assert {told.count(seconds) for seconds in range(1, SPREAD + 1)} == {3}

    run(work)


def test_who_is_turned_away_comes_back_after_the_wait_and_never_later_than_the_patience() -> None:
    async def work() -> None:
        clock = Told()
        gate = Gate(slots=1, queue=3, patience=20.0, now=clock)
        await served(gate, clock, USUAL, seconds=2.0)
        visitors = await come(gate, *[USUAL] * 7)
        told = [visitor.told for visitor in visitors if visitor.said == "refused"]
        assert sorted(told) == [8, 9, 10]  # three wait, and one is inside
        slow = Gate(slots=1, queue=3, patience=20.0, now=clock)
        await served(slow, clock, USUAL, seconds=900.0)
        await come(slow, USUAL)
        assert {slow.refusal(USUAL) for _ in range(SPREAD)} == {20, 21, 22}

    run(work)
