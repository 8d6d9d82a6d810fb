"""Who gets in, in which order, and how soon does everybody else know?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from credence.service.errors import Overloaded
from credence.service.throttle.gate import SPREAD, Gate
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
        self.said = "waits"
        self.task = asyncio.create_task(self._come(urgency))

    async def _come(self, urgency: Urgency) -> None:
        try:
            await self._gate.enter(urgency)
        except Overloaded:
            self.said = "refused"
        else:
            self.said = "inside"


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
        gate.leave()
        await settle()
        assert visitors[2].said == "inside"
        gate.leave()
        gate.leave()
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
        (_, *waiting) = await come(gate, USUAL, LAST, USUAL, FIRST, USUAL, FIRST, LAST)
        order = []
        for _ in waiting:
            gate.leave()
            await settle()
            order += [index for index, visitor in enumerate(waiting) if visitor.said == "inside" and index not in order]
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


def test_a_check_says_what_coming_would() -> None:
    async def work() -> None:
        gate = Gate(slots=1, queue=1, patience=60)
        gate.check(LAST)
        await come(gate, USUAL)
        gate.check(LAST)
        await come(gate, USUAL)
        for urgency in (USUAL, LAST):
            with pytest.raises(Overloaded):
                gate.check(urgency)
        gate.check(FIRST)  # it would take a place

    run(work)


def test_nobody_waits_longer_than_the_patience() -> None:
    async def work() -> None:
        gate = Gate(slots=1, queue=2, patience=0.03)
        (_, waiting) = await come(gate, USUAL, USUAL)
        began = asyncio.get_running_loop().time()
        await waiting.task
        assert waiting.said == "refused"
        assert 0.02 < asyncio.get_running_loop().time() - began < 1
        assert gate.queued == 0
        gate.leave()
        assert said(await come(gate, USUAL)) == ["inside"]  # the place was not lost

    run(work)


def test_who_goes_away_leaves_its_place() -> None:
    async def work() -> None:
        gate = Gate(slots=1, queue=2, patience=60)
        (_, waiting, next_one) = await come(gate, USUAL, USUAL, USUAL)
        waiting.task.cancel()
        await settle()
        assert gate.queued == 1
        gate.leave()
        next_one.task.cancel()  # let in, and gone before it noticed
        await settle()
        assert said(await come(gate, USUAL)) == ["inside"]

    run(work)


def test_a_queue_that_does_not_empty_is_cut_to_a_quarter() -> None:
    async def work() -> None:
        now = 0.0
        gate = Gate(slots=1, queue=8, patience=60, now=lambda: now)
        waiting = await come(gate, *[USUAL] * 9)
        assert gate.queued == 8  # a burst has the whole room
        now = 61.0
        for _ in range(6):
            gate.leave()
        await settle()
        assert said(waiting).count("waits") == 2
        assert said(await come(gate, USUAL)) == ["refused"]
        for _ in range(2):
            gate.leave()
        await settle()
        assert gate.queued == 0
        assert said(await come(gate, *[USUAL] * 9)) == [*["waits"] * 8, "refused"]

    run(work)


def test_those_who_are_turned_away_do_not_all_come_back_at_once() -> None:
    async def work() -> None:
        gate = Gate(slots=1, queue=0, patience=60)
        await come(gate, USUAL)
        told = []
        for _ in range(3 * SPREAD):
            with pytest.raises(Overloaded) as caught:
                gate.check(USUAL)
            told.append(caught.value.retry_after)
        assert {told.count(seconds) for seconds in range(1, SPREAD + 1)} == {3}

    run(work)
