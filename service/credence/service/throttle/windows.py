"""Counting what happened of late, by key, in memory that no caller can make grow."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from credence.service.clock import Clock
from credence.service.settings import Rate

KEYS: Final = 5_000
"""Keys that are remembered. Beyond them the one that was quiet for longest is forgotten, and begins anew."""

SLICES: Final = 60
"""A window moves in as many steps, none shorter than a second: what is kept for a key does not grow with its limit."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a key stands: whether one more was let pass, how many would be now, and in how many seconds there is one more.

    ``wait`` is 0 where nothing is counted. Whoever was refused passes after ``wait`` seconds, unless others of the same key
    came in between.
    """

    passed: bool
    remaining: int
    wait: int


@dataclass(slots=True)
class _Counted:
    """Pairs of slice and count, oldest first, and the sum of the counts."""

    slices: deque[list[int]] = field(default_factory=deque)
    total: int = 0


class Windows:
    """A moving window for each key: at most ``rate.amount`` in ``rate.seconds``. Safe for many threads.

    ``clock`` tells whole seconds; where it was set back, a key begins anew.
    """

    def __init__(self, rate: Rate, clock: Clock, *, keys: int = KEYS) -> None:
        self.rate: Final = rate
        self._clock: Final = clock
        self._keys: Final = keys
        self._length: Final = -(-rate.seconds // SLICES)
        self._slices: Final = -(-rate.seconds // self._length)
        self._counted: Final[OrderedDict[str, _Counted]] = OrderedDict()
        self._lock: Final = Lock()

    @property
    def remembered(self) -> int:
        """How many keys."""
        return len(self._counted)

    def spend(self, key: str) -> Standing:
        """Counts one, unless the key has none left."""
        with self._lock:
            now = self._clock()
            found = self._known(key, now)
            if found.total >= self.rate.amount:
                return self._standing(found, now, passed=False)
            here = now // self._length
            if found.slices and found.slices[-1][0] == here:
                found.slices[-1][1] += 1
            else:
                found.slices.append([here, 1])
            found.total += 1
            self._counted[key] = found
            self._counted.move_to_end(key)
            self._forget(now)
            return self._standing(found, now, passed=True)

    def look(self, key: str) -> Standing:
        """How the key stands; counts nothing."""
        with self._lock:
            now = self._clock()
            found = self._known(key, now)
            return self._standing(found, now, passed=found.total < self.rate.amount)

    def _known(self, key: str, now: int) -> _Counted:
        found = self._counted.get(key)
        if found is None:
            return _Counted()
        here = now // self._length
        if found.slices[-1][0] > here:
            return _Counted()
        while found.slices and found.slices[0][0] <= here - self._slices:
            found.total -= found.slices.popleft()[1]
        if not found.slices:
            del self._counted[key]
        return found

    def _standing(self, found: _Counted, now: int, *, passed: bool) -> Standing:
        wait = (found.slices[0][0] + self._slices) * self._length - now if found.slices else 0
        return Standing(passed, self.rate.amount - found.total, wait)

    def _forget(self, now: int) -> None:
        """Lets go of keys over the bound, and of those with nothing left to count. Who was quiet for longest comes first."""
        past = now // self._length - self._slices
        while self._counted:
            key, oldest = next(iter(self._counted.items()))
            if len(self._counted) <= self._keys and oldest.slices[-1][0] > past:
                return
            del self._counted[key]
