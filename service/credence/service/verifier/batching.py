"""Presentations that come together are read and checked together.

What is left to check of proofs that were read is one sum and one product of pairings, which cost little more for many than
for one. Whoever comes while nobody checks begins at once. Whoever comes meanwhile waits, and when that check is over, the
first of those who wait reads and checks for all of them. A check is put off only where others are known to be on their way,
and by :data:`DEADLINE` at the most.

There is no thread but the callers' own, and so none to stop. Why one thread reads for all, and how large batches become:
docs/decisions/0024-batches.md.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Condition, Event, Lock
from time import monotonic
from typing import Final, Generic, TypeVar

from credence.circuits.encoding import Rng
from credence.circuits.errors import Refused
from credence.circuits.presentation import NOT_ACCEPTED, Accepted, Unchecked, check_presentations
from credence.service.errors import Unavailable
from credence.service.logs import logger

T = TypeVar("T")
V = TypeVar("V")

MOST: Final = 32
"""Presentations in a batch."""

DEADLINE: Final = 0.004
"""Seconds for which a check is put off for those who are on their way."""

BOUND: Final = 10.0
"""Seconds after which nobody relies on another caller any more."""


class _Place(Generic[T, V]):
    """One caller's. ``told`` is set when there is a verdict or an error, or when it is this caller's turn to check."""

    __slots__ = ("error", "leads", "read", "told", "verdict")

    def __init__(self, read: Callable[[], T]) -> None:
        self.read: Final = read
        self.told: Final = Event()
        self.leads = False
        self.verdict: V | None = None
        self.error: Exception | None = None

    def outcome(self) -> V:
        """Raises what was raised for this very caller."""
        if self.error is not None:
            raise self.error
        if self.verdict is None:
            raise Unavailable
        return self.verdict


class Batcher(Generic[T, V]):
    """Has ``check`` answer several callers at once, a verdict for each item in their order. Safe for many threads.

    After a batch in which ``is_wrong`` says that something was, the next one has half the room, and after one in which
    nothing was, twice as much, up to ``most``: whoever sends proofs that do not hold, which have to be found by checking
    again, is soon checked alone. ``seen`` is told how many were checked together.
    """

    def __init__(
        self,
        check: Callable[[Sequence[T]], Sequence[V]],
        *,
        is_wrong: Callable[[V], bool] = lambda _verdict: False,
        seen: Callable[[int], None] = lambda _size: None,
        most: int = MOST,
        deadline: float = DEADLINE,
        bound: float = BOUND,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._check: Final = check
        self._is_wrong: Final = is_wrong
        self._seen: Final = seen
        self._most: Final = most
        self._deadline: Final = deadline
        self._bound: Final = bound
        self._now: Final = now
        self._lock: Final = Lock()
        self._changed: Final = Condition(self._lock)
        """Somebody came, or will not come after all."""
        self._waiting: Final[deque[_Place[T, V]]] = deque()
        self._coming = 0
        self._is_led = False
        self._room = most

    @contextmanager
    def expecting(self) -> Iterator[Callable[[Callable[[], T]], V]]:
        """Counts the caller among those on their way until it calls what it is given, which is :meth:`run`, or leaves."""
        with self._lock:
            self._coming += 1
        still = True

        def run(read: Callable[[], T]) -> V:
            nonlocal still
            came, still = still, False
            return self._run(_Place(read), came=came)

        try:
            yield run
        finally:
            if still:
                with self._lock:
                    self._coming -= 1
                    self._changed.notify()

    def run(self, read: Callable[[], T]) -> V:
        """The verdict on what ``read`` gives. Raises what ``read`` raises, and what the check of that item alone raises.

        ``read`` must not wait for anything: it runs in the thread of whoever checks. Nobody relies on others for more than
        ``bound`` seconds.
        """
        return self._run(_Place(read), came=False)

    def _run(self, place: _Place[T, V], *, came: bool) -> V:
        with self._lock:
            self._coming -= came
            self._waiting.append(place)
            leads = not self._is_led
            self._is_led = True
            self._changed.notify()
        if not leads and not place.told.wait(self._bound) and not self._is_turn(place):
            place = _Place(place.read)
            self._judge(self._read([place]))
        elif leads or place.leads:
            self._lead()
        return place.outcome()

    def _is_turn(self, place: _Place[T, V]) -> bool:
        """Whether it is the caller's turn after all; where it is not, nobody need check for the caller any more."""
        with self._lock:
            if not place.leads and place in self._waiting:
                self._waiting.remove(place)
            return place.leads

    def _lead(self) -> None:
        """Answers those who wait, the first of whom is the caller, and hands on to the next."""
        batch: list[_Place[T, V]] = []
        try:
            self._judge(self._gathered(batch))
        finally:
            with self._lock:
                self._resize(batch)
                self._is_led = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].leads = True
                    self._waiting[0].told.set()
            for place in batch:
                place.told.set()

    def _gathered(self, batch: list[_Place[T, V]]) -> list[tuple[_Place[T, V], T]]:
        """What those who wait have, and those who come while it is read. All of them are in ``batch``."""
        ready: list[tuple[_Place[T, V], T]] = []
        with self._lock:
            self._wait_for_others()
        while taken := self._taken(len(batch)):
            batch += taken
            ready += self._read(taken)
        return ready

    def _wait_for_others(self) -> None:
        end: float | None = None
        while self._coming and len(self._waiting) < self._room:
            now = self._now()
            end = now + self._deadline if end is None else end
            if now >= end:
                return
            self._changed.wait(end - now)

    def _taken(self, already: int) -> list[_Place[T, V]]:
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(self._room - already, len(self._waiting)))]

    def _read(self, places: Sequence[_Place[T, V]]) -> list[tuple[_Place[T, V], T]]:
        """What can be read; the error of each of the others is its own."""
        ready = []
        for place in places:
            try:
                ready.append((place, place.read()))
            except Exception as error:  # noqa: BLE001 - it is raised to the caller whom it concerns, and to no other
                place.error = error
        return ready

    def _judge(self, ready: Sequence[tuple[_Place[T, V], T]]) -> None:
        """Gives each its verdict, or its error. Where all together fail, each is checked alone."""
        if not ready:
            return
        self._seen(len(ready))
        try:
            verdicts = self._check([item for _, item in ready])
            for (place, _), verdict in zip(ready, verdicts, strict=True):
                place.verdict = verdict
        except Exception as error:  # noqa: BLE001 - as above
            if len(ready) == 1:
                place = ready[0][0]
                place.verdict, place.error = None, error
                return
            logger().error("presentation.batch-failed", party="verifier", error=type(error).__name__, size=len(ready))
            for one in ready:
                self._judge([one])

    def _resize(self, batch: Sequence[_Place[T, V]]) -> None:
        wrong = any(place.verdict is not None and self._is_wrong(place.verdict) for place in batch)
        self._room = max(1, len(batch) // 2) if wrong else min(self._most, 2 * self._room)


def presentation_batcher(rng: Rng, seen: Callable[[int], None]) -> Batcher[Unchecked, Accepted | Refused]:
    """The one of a process that verifies. ``rng`` draws the weights of each check, after all of its proofs were read."""
    return Batcher(
        lambda readings: check_presentations(readings, rng),
        is_wrong=lambda verdict: isinstance(verdict, Refused) and verdict.reason == NOT_ACCEPTED,
        seen=seen,
    )
