"""A team: processes of many threads that begin each round at the same moment, all after the same thing."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from multiprocessing.synchronize import Barrier as SharedBarrier
from threading import Barrier, BrokenBarrierError
from typing import Final, TypeVar

from tests.soak.installations import Installation, Office

PROCESSES: Final = 4
THREADS: Final = 16
WORKERS: Final = PROCESSES * THREADS

_PATIENCE: Final = 120.0

Start = Callable[[], None]
"""Returns once every worker of the team has called it; at once when it is called again."""

Attempt = Callable[[Start], str]
"""One worker's attempt, which waits for the start where it is decisive; answers how it ended, ``won`` once for a thing."""

Race = Callable[[Office, Sequence[object], int], Callable[[int], Sequence[Attempt]]]
"""Given the rounds' things and the process' number: what makes the attempts of this process' threads for a round.

A module's function, since it is handed to other processes by its name.
"""

T = TypeVar("T")

_together: SharedBarrier


@dataclass(frozen=True)
class Raced:
    """How many attempts there were, how they ended, and how often a thing was won more than once, or never."""

    attempts: int
    endings: Counter[str]
    doubles: int
    unwon: int


def race(installation: Installation, kind: Race, things: Sequence[object]) -> Raced:
    """One round for each of ``things``: ``WORKERS`` attempts at it, from one moment."""
    context = multiprocessing.get_context("forkserver")  # which imports all this once, and has no threads
    context.set_forkserver_preload([kind.__module__])
    together = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, context, initializer=_join, initargs=(together,)) as pool:
        running = [pool.submit(_run, installation, kind, things, number) for number in range(PROCESSES)]
        errors = [error for error in (one.exception() for one in running) if error is not None]
        if errors:
            raise min(errors, key=lambda error: isinstance(error, BrokenBarrierError))
        shares = [one.result() for one in running]
    rounds = [list(chain.from_iterable(of_one)) for of_one in zip(*shares, strict=True)]
    wins = [endings.count("won") for endings in rounds]
    return Raced(
        attempts=sum(map(len, rounds)),
        endings=Counter(chain.from_iterable(rounds)),
        doubles=sum(count - 1 for count in wins if count > 1),
        unwon=wins.count(0),
    )


def at_once(attempts: Sequence[Callable[[], T]]) -> list[T]:
    """Runs each in a thread of its own, all from one moment."""
    gate = Barrier(len(attempts))

    def run(attempt: Callable[[], T]) -> T:
        gate.wait(_PATIENCE)
        return attempt()

    with ThreadPoolExecutor(len(attempts)) as pool:
        return list(pool.map(run, attempts))


def _join(together: SharedBarrier) -> None:
    global _together
    _together = together


def _wait() -> None:
    _together.wait(_PATIENCE)


def _run(installation: Installation, kind: Race, things: Sequence[object], number: int) -> list[list[str]]:
    """One process: the endings of its threads, round by round. The first process looks after SQLite's log."""
    with installation.opened(checkpoints=number == 0) as office, ThreadPoolExecutor(THREADS) as pool:
        prepare = kind(office, things, number)
        # the last thread of a process to arrive waits for the other processes
        gate = Barrier(THREADS, action=_wait)

        def run(attempt: Attempt) -> str:
            arrived = False

            def start() -> None:
                nonlocal arrived
                if not arrived:
                    arrived = True
                    gate.wait(_PATIENCE)

            try:
                return attempt(start)
            finally:
                start()  # nobody waits for one who was refused before

        try:
            return [list(pool.map(run, prepare(index))) for index in range(len(things))]
        except BaseException:
            _together.abort()  # nor for a process that has failed
            raise
