"""A clock that stands still: time passes when somebody says so."""

from __future__ import annotations

from threading import Lock
from typing import Final

from credence.service.errors import InvalidRequest


class StillClock:
    """Answers the same unix second until it is moved. Safe for many threads."""

    def __init__(self, now: int, *, latest: int) -> None:
        self._latest: Final = latest
        self._lock: Final = Lock()
        self._now = now

    def __call__(self) -> int:
        """The time in unix seconds."""
        return self._now

    def forward(self, seconds: int) -> int:
        """Moves it, and answers the new time. Raises :class:`InvalidRequest` backwards, or beyond ``latest``."""
        with self._lock:
            if seconds < 0 or self._now + seconds > self._latest:
                raise InvalidRequest("The clock is not moved there.")
            self._now += seconds
            return self._now

    def set(self, now: int) -> None:
        """Puts it to ``now``, whatever it was."""
        with self._lock:
            self._now = now
