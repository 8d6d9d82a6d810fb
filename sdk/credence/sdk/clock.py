"""The default clock. Whatever asks the time takes a clock as an argument."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""The time in unix seconds."""


def system_clock() -> int:
    """The machine's time."""
    return int(time.time())
