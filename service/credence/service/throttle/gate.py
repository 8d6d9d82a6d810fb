"""So many at a time, a queue before them for as long as it moves, and for everybody else an answer at once.

A queue is as long as the wait in it. How long a request is worked on is measured, so that somebody who comes can be told
whether they would be let in within the patience of the gate; who would not hears of it now, and not when it is over.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from time import monotonic
from typing import Final

from credence.service.errors import Overloaded
from credence.service.throttle.urgency import Urgency

SPREAD: Final = 3
"""Those who are turned away are told to come again after the wait, or a second or two later, in turn: not all at once."""

MARGIN: Final = 0.75
"""Of the patience, what a wait may be expected to take. Who was let wait for nothing was told late."""

WEIGHT: Final = 0.1
"""Of the newest time inside in the smoothed one: what was twenty requests ago is nearly forgotten."""

Waiter = asyncio.Future[float]
"""Is told when it was let in."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody inside, since when. For whoever let them in, to :meth:`Gate.leave` with."""

    urgency: Urgency
    since: float


class Gate:
    """``slots`` are inside at a time, ``queue`` wait at most, each for ``patience`` seconds at most. For one event loop.

    Who is more urgent goes first. Whoever is less urgent and came last gives way where the queue is full, or where too many
    have gone before them.
    ``now`` tells seconds from any beginning.
    """

    def __init__(self, *, slots: int, queue: int, patience: float, now: Callable[[], float] = monotonic) -> None:
        self._slots: Final = slots
        self._free = slots
        self._room: Final = queue
        self._patience: Final = patience
        self._furthest: Final = MARGIN * patience
        self._now: Final = now
        self._inside: Final = dict.fromkeys(Urgency, 0.0)  # seconds that one of these is inside, smoothed
        self._waiting: Final[dict[Urgency, deque[Waiter]]] = {urgency: deque() for urgency in Urgency}
        self._turned_away = 0

    @property
    def queued(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    def wait(self, urgency: Urgency) -> float:
        """Seconds that somebody who came now would wait: for those who go before them, and for a place inside.

        Nothing, as long as nothing was measured.
        """
        return 0.0 if self._free else self._before(urgency) + self._inside[urgency] / self._slots

    def refusal(self, urgency: Urgency) -> int | None:
        """The seconds after which to come again where somebody who came now would be turned away at once; else None."""
        if self._free:
            return None
        if self.wait(urgency) <= self._furthest and (self.queued < self._room or self._less_urgent(urgency)):
            return None
        return self._later(urgency)

    async def enter(self, urgency: Urgency) -> Visit:
        """Returns inside; whoever is inside must :meth:`leave`.

        Raises :class:`Overloaded` where the queue is full or too slow, where the wait is over, and where somebody more
        urgent came.
        """
        if self._free:
            self._free -= 1
            return Visit(urgency, self._now())
        seconds = self.refusal(urgency)
        if seconds is not None:
            raise Overloaded(retry_after=seconds)
        if self.queued >= self._room and (other := self._less_urgent(urgency)):
            self._refuse(other, self._waiting[other].pop())
        loop = asyncio.get_running_loop()
        waiter: Waiter = loop.create_future()
        self._waiting[urgency].append(waiter)
        while (other := self._less_urgent(urgency)) and self._before(other) > self._furthest:
            self._refuse(other, self._waiting[other].pop())
        over = loop.call_later(self._patience, self._give_up, urgency, waiter)
        try:
            return Visit(urgency, await waiter)
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self._let_in()  # it was let in as it went away
            elif waiter in self._waiting[urgency]:
                self._waiting[urgency].remove(waiter)
            raise
        finally:
            over.cancel()

    def leave(self, visit: Visit) -> None:
        """Lets the next one in."""
        self._inside[visit.urgency] = _smoothed(self._inside[visit.urgency], self._now() - visit.since)
        self._let_in()

    def _before(self, urgency: Urgency) -> float:
        """Seconds until all are inside who wait and go before somebody who came now."""
        ahead = ((len(waiting), other) for other, waiting in self._waiting.items() if waiting and other <= urgency)
        return sum(count * self._inside[other] for count, other in ahead) / self._slots

    def _let_in(self) -> None:
        for waiting in self._waiting.values():
            while waiting:
                waiter = waiting.popleft()
                if not waiter.done():
                    waiter.set_result(self._now())
                    return
        self._free += 1

    def _give_up(self, urgency: Urgency, waiter: Waiter) -> None:
        if not waiter.done():
            self._waiting[urgency].remove(waiter)
            self._refuse(urgency, waiter)

    def _refuse(self, urgency: Urgency, waiter: Waiter) -> None:
        if not waiter.done():
            waiter.set_exception(Overloaded(retry_after=self._later(urgency)))

    def _later(self, urgency: Urgency) -> int:
        self._turned_away += 1
        return max(1, ceil(min(self.wait(urgency), self._patience))) + self._turned_away % SPREAD

    def _less_urgent(self, urgency: Urgency) -> Urgency | None:
        """Whose place somebody of ``urgency`` would take: that of the least urgent, if they are less so."""
        for other in reversed(Urgency):
            if other <= urgency:
                return None
            if self._waiting[other]:
                return other
        return None


def _smoothed(before: float, newest: float) -> float:
    return before + WEIGHT * (newest - before) if before else newest
