"""A lane: one installation whose server is killed in every cycle, under load, and has to have kept its word."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Final

from credence.sdk import Auditor
from credence.sdk.errors import CredenceError, TransportError
from credence.sdk.retries import Retries
from tests.soak.errands import Broken, Errand, Issue, Show, Ways, holders, missed
from tests.soak.installations import Installation
from tests.soak.reckoning import reckon
from tests.soak.serving import Nursery

ISSUING: Final = 2
PRESENTING: Final = 4

ONCE: Final = Retries(attempts=1)
"""A client that sends nothing again by itself, so that what was not answered is known."""

_SOONEST, _LATEST = 0.03, 0.35
_PATIENCE: Final = 15.0


@dataclass
class Tally:
    """What was seen in a lane. ``in_flight`` and ``done`` count requests by their step, ``faults`` whatever was wrong."""

    cycles: int = 0
    kills_in_flight: int = 0
    credentials: int = 0
    decisions: int = 0
    lost: int = 0
    duplicated: int = 0
    in_flight: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    checkpoints: int = 0
    seconds: float = 0.0


def live(installation: Installation, folder: Path, cycles: int, seed: int) -> Tally:
    """``cycles`` times: start, load, SIGKILL, start, everything again that was not answered, look whether all is there."""
    began = time.monotonic()
    with ExitStack() as exits:
        nursery = exits.enter_context(Nursery(installation, folder / "server.log"))
        nursery.start()
        clients = ISSUING + PRESENTING
        ways = exits.enter_context(Ways.to(nursery.url, installation, folder, connections=clients, retries=ONCE))
        lane = _Lane(ways, nursery, random.Random(seed))
        pool = exits.enter_context(ThreadPoolExecutor(clients))
        for _ in range(cycles):
            lane.cycle(pool)
        nursery.kill()
    lane.settle(installation)
    lane.tally.seconds = time.monotonic() - began
    return lane.tally


class _Lane:
    def __init__(self, ways: Ways, nursery: Nursery, rng: random.Random) -> None:
        self.tally = Tally()
        self._ways, self._nursery, self._rng = ways, nursery, rng
        self._auditor: Auditor = ways.auditor()
        self._numbers, self._lock = count(1), Lock()
        self._notes: list[str] = []
        self._errands, self._wallets = holders(ways, self._numbers, PRESENTING)

    def cycle(self, pool: ThreadPoolExecutor) -> None:
        """One life of the server, from its load to the next start."""
        makers: list[Callable[[], Errand]] = [lambda: Issue(self._ways, self._number())] * ISSUING
        makers += [partial(Show, self._ways, wallet) for wallet in self._wallets]
        running = [pool.submit(self._work, make) for make in makers]
        time.sleep(self._rng.uniform(_SOONEST, _LATEST))
        killed_at = time.monotonic()
        self._nursery.kill()
        errands = list(self._gathered(running))
        hit = [errand for errand in errands if not errand.finished and 0 < errand.began < killed_at]
        self.tally.cycles += 1
        self.tally.kills_in_flight += bool(hit)
        self.tally.in_flight.update(errand.step for errand in hit)
        self._nursery.start()
        for errand in hit:
            self._again(errand)
        self._errands += errands
        for errand in errands:
            if errand.finished:
                self._look(errand)
        note = self._auditor.seen
        if note is not None:
            self._notes.append(note.note)

    def _number(self) -> int:
        with self._lock:
            return next(self._numbers)

    def _work(self, make: Callable[[], Errand]) -> list[Errand]:
        """One client, until the server is gone."""
        errands: list[Errand] = []
        while True:
            errands.append(make())
            try:
                errands[-1].run()
            except TransportError:
                return errands
            except (CredenceError, Broken) as error:
                self._fault("before a kill", error)
                return errands

    def _gathered(self, running: list[Future[list[Errand]]]) -> Iterator[Errand]:
        for future in running:
            yield from future.result(_PATIENCE * 4)

    def _again(self, errand: Errand) -> None:
        """The same request once more, to the server that came after."""
        try:
            if errand.was_done():
                self.tally.done[errand.step] += 1
            errand.run()
        except (CredenceError, Broken) as error:
            self._fault(f"{errand.step} again", error)

    def _look(self, errand: Errand) -> None:
        """Whether what was acknowledged is so; the log is given a moment."""
        if (error := missed(errand, self._auditor, _PATIENCE)) is not None:
            self.tally.lost += 1
            self._fault(f"after {errand.step}", error)

    def _fault(self, when: str, error: Exception) -> None:
        with self._lock:
            self.tally.faults[f"{when}: {type(error).__name__} ({error})"] += 1

    def settle(self, installation: Installation) -> None:
        """At the end, with the server dead."""
        kept = reckon(installation, self._errands, self._notes)
        self.tally.credentials, self.tally.decisions = kept.credentials, kept.decisions
        self.tally.lost += kept.lost
        self.tally.duplicated, self.tally.checkpoints = kept.duplicated, kept.checkpoints
        self.tally.faults += kept.faults
