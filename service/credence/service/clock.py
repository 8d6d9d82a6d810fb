"""The one place that asks the machine for the time. Everything else is told."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Answers the present time in unix seconds."""


def steady_clock() -> float:
    """Seconds since any moment, in a clock that nobody can set."""
    return time.monotonic()


def system_clock() -> int:
    """The machine's time in unix seconds."""
    return int(time.time())
