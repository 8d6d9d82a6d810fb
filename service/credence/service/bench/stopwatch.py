"""Medians of actions that run in turn, so that a machine that slows down slows all of them.

A turn first repeats its action until the processor is used to it, and then counts: right after something else, the same
check of two pairings takes a tenth longer, which would flatter every ratio. What counts is the processor time of this
thread, so that a busy machine does not; every library here works on one thread.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Final

Action = Callable[[], object]

TURN_SECONDS: Final = 0.008
"""How long a turn warms up, and then how long it counts; at least one run of each."""

_BY_THREAD: Final = time.get_clock_info("thread_time").resolution <= 1e-6  # not everywhere


def now() -> float:
    """Seconds of this thread's processor time; of the clock on the wall where the system counts that too coarsely."""
    return time.thread_time() if _BY_THREAD else time.perf_counter()


def interleaved(actions: Mapping[str, Action], rounds: int) -> dict[str, float]:
    """Gives every action a turn in each round; returns the median of all its counted runs, in milliseconds.

    Raises :class:`ValueError` for no rounds. Garbage collection waits between rounds, where it falls on nobody.
    """
    if rounds < 1:
        raise ValueError("at least one round is needed")
    counted: dict[str, list[float]] = {name: [] for name in actions}
    collecting = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, action in actions.items():
                _repeat(action)
                counted[name] += _repeat(action)
            gc.collect(0)
    finally:
        if collecting:
            gc.enable()
    return {name: median(runs) * 1000 for name, runs in counted.items()}


def _repeat(action: Action) -> list[float]:
    runs: list[float] = []
    while not runs or sum(runs) < TURN_SECONDS:
        started = now()
        action()
        runs.append(now() - started)
    return runs
