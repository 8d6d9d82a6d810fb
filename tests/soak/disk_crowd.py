"""Clients of a service whose disk fails: whatever is not answered with success is sent again, as it was, until it is."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from threading import Event, Lock
from typing import Final

from credence.sdk import Auditor
from credence.sdk.errors import CredenceError, ServiceFailed, TransportError, Unavailable
from tests.soak.errands import Broken, Errand, Issue, Report, Revoke, Show, Ways, holders, missed

ISSUING: Final = 1
PRESENTING: Final = 3
CLIENTS: Final = ISSUING + PRESENTING + 2

PATIENCE: Final = 60.0
"""Seconds within which a request succeeds, however often it is sent."""
STUCK: Final = 4.0
"""Seconds of failures after which a client asks for another server."""
_PAUSE: Final = 0.03


@dataclass
class Answers:
    """How requests ended that did not succeed, by step; ``faults`` whatever was wrong."""

    unavailable: Counter[str] = field(default_factory=Counter)
    broken_off: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    unannounced: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    lost: int = 0


class Crowd:
    """One client revokes and one reports, the others issue and present. Each errand is one client's alone."""

    def __init__(self, ways: Ways, revoking: str, reporting: str) -> None:
        self.answers = Answers()
        self.notes: list[str] = []
        self.stuck = Event()
        self._pause = Event()
        self._lock = Lock()
        self._auditor: Auditor = ways.auditor()
        self._looked_at = 0
        numbers = count(1)
        self.errands, wallets = holders(ways, numbers, PRESENTING)
        self._makers: list[Callable[[], Errand]] = [
            lambda: Revoke(ways, next(numbers), revoking),
            lambda: Report(ways, reporting),
            *[lambda: Issue(ways, next(numbers))] * ISSUING,
            *[partial(Show, ways, wallet) for wallet in wallets],
        ]

    def begin(self, pool: ThreadPoolExecutor) -> list[Future[None]]:
        """Everybody works until :meth:`rest`."""
        self._pause.clear()
        return [pool.submit(self._work, make) for make in self._makers]

    def rest(self, running: list[Future[None]]) -> None:
        """Returns once everybody has ended what they had begun."""
        self._pause.set()
        for future in running:
            future.result(2 * PATIENCE)

    def stop(self) -> None:
        """Nobody begins anything any more."""
        self._pause.set()

    def look(self) -> None:
        """Whether all that was acknowledged since the last look is so, and in the log, which is given a moment."""
        for errand in self.errands[self._looked_at :]:
            if errand.finished:
                self._look(errand)
        self._looked_at = len(self.errands)
        self._auditor.follow()
        if self._auditor.seen is not None:
            self.notes.append(self._auditor.seen.note)

    def _work(self, make: Callable[[], Errand]) -> None:
        while not self._pause.is_set():
            with self._lock:
                errand = make()
                self.errands.append(errand)
            self._settle(errand)

    def _settle(self, errand: Errand) -> None:
        began = time.monotonic()
        while time.monotonic() < began + PATIENCE:
            try:
                errand.run()
                return
            except ServiceFailed:
                self._count(self.answers.failed, errand.step)
            except Unavailable as error:
                self._count(self.answers.unavailable, errand.step)
                self.answers.unannounced += error.retry_after is None
            except TransportError:
                self._count(self.answers.broken_off, errand.step)
            except (CredenceError, Broken) as error:
                self._count(self.answers.faults, f"{errand.step}: {type(error).__name__} ({error})")
                return
            if time.monotonic() > began + STUCK:
                self.stuck.set()
            time.sleep(_PAUSE)
        self._count(self.answers.faults, f"{errand.step}: never answered")

    def _look(self, errand: Errand) -> None:
        if (error := missed(errand, self._auditor, PATIENCE / 2, Unavailable)) is not None:
            self.answers.lost += 1
            self._count(self.answers.faults, f"after {errand.step}: {type(error).__name__} ({error})")

    def _count(self, counter: Counter[str], what: str) -> None:
        with self._lock:
            counter[what] += 1
