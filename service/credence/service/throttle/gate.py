"""So many at a time, a short queue before them, and for everybody else an answer at once.

A queue is there for bursts. One that has not been empty for as long as anybody is let wait is no burst, and from then on has
a quarter of the room: as many are served, after a quarter of the wait, and the others hear of it at once.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Final

from credence.service.errors import Overloaded
from credence.service.throttle.urgency import Urgency

SPREAD: Final = 3
"""Those who are turned away are told to come again after 1, 2, or 3 seconds, in turn: not all at once."""

STANDING: Final = 4
"""What the room is divided by in a queue that does not empty."""

Waiter = asyncio.Future[None]


class Gate:
    """``slots`` are inside at a time, ``queue`` wait, each for ``patience`` seconds at most. For one event loop.

    Who is more urgent goes first, and takes the place of whoever is less urgent and came last where the queue is full.
    """

    def __init__(self, *, slots: int, queue: int, patience: float, now: Callable[[], float] = monotonic) -> None:
        self._free = slots
        self._room: Final = queue
        self._patience: Final = patience
        self._now: Final = now
        self._emptied = now()
        self._waiting: Final[dict[Urgency, deque[Waiter]]] = {urgency: deque() for urgency in Urgency}
        self._turned_away = 0

    @property
    def queued(self) -> int:
        """How many wait."""
        return sum(map(len, self._waiting.values()))

    def check(self, urgency: Urgency) -> None:
        """Raises :class:`Overloaded` where somebody who came now would be turned away at once."""
        if not self._free and self._is_full() and not self._less_urgent(urgency):
            raise self._overloaded()

    async def enter(self, urgency: Urgency) -> None:
        """Returns inside; whoever is inside must :meth:`leave`.

        Raises :class:`Overloaded` where the queue is full, where the wait is over, and where somebody more urgent came.
        """
        if self._free:
            self._free -= 1
            return
        self.check(urgency)
        if self._is_full() and (others := self._less_urgent(urgency)):
            self._refuse(others.pop())
        loop = asyncio.get_running_loop()
        waiter: Waiter = loop.create_future()
        self._waiting[urgency].append(waiter)
        over = loop.call_later(self._patience, self._give_up, urgency, waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                self.leave()  # it was let in as it went away
            elif waiter in self._waiting[urgency]:
                self._waiting[urgency].remove(waiter)
            raise
        finally:
            over.cancel()

    def leave(self) -> None:
        """Lets the next one in."""
        for urgency in Urgency:
            waiting = self._waiting[urgency]
            while waiting:
                waiter = waiting.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    return
        self._free += 1

    def _is_full(self) -> bool:
        queued = self.queued
        if not queued:
            self._emptied = self._now()
        standing = self._now() - self._emptied > self._patience
        return queued >= (-(-self._room // STANDING) if standing else self._room)

    def _give_up(self, urgency: Urgency, waiter: Waiter) -> None:
        if not waiter.done():
            self._waiting[urgency].remove(waiter)
            self._refuse(waiter)

    def _refuse(self, waiter: Waiter) -> None:
        if not waiter.done():
            waiter.set_exception(self._overloaded())

    def _overloaded(self) -> Overloaded:
        self._turned_away += 1
        return Overloaded(retry_after=1 + self._turned_away % SPREAD)

    def _less_urgent(self, urgency: Urgency) -> deque[Waiter] | None:
        """The queue that somebody of ``urgency`` would take a place in: that of the least urgent, if they are less so."""
        for other in reversed(Urgency):
            if other <= urgency:
                return None
            if self._waiting[other]:
                return self._waiting[other]
        return None
