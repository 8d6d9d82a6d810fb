"""Two replicas behind nginx on PostgreSQL, one of them killed under load and started again, in turns.

Eight clients use the SDK through nginx, with the retries that the SDK has by itself: persons come for credentials, wallets
present. Nothing that was acknowledged may be lost, nothing be there twice, and no client may ever be told of a failure.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import count
from threading import Event, Lock
from typing import Final

from credence.sdk.errors import CredenceError
from tests.soak.edge import ABSENT, edge, find_nginx
from tests.soak.errands import Broken, Errand, Issue, Show, Ways, holders
from tests.soak.figure import Options, Result
from tests.soak.installations import install, servers
from tests.soak.reckoning import reckon
from tests.soak.serving import Server, free_port

TARGET: Final = "two replicas behind nginx, one killed under load: 0 acknowledged lost, 0 requests failed"
LIMIT: Final = 300
ORDER: Final = 30

ISSUING: Final = 2
PRESENTING: Final = 6
KILLS: Final = (12, 1)

_BEFORE, _DOWN = 6.0, 1.0
"""Seconds of load before each kill, and before a new replica is started in its place. nginx forgets after five that one was
away (``fail_timeout``); a kill before that would take both from it."""


def run(options: Options) -> Result:
    """Load from the first moment to the last, and kills in turns."""
    if find_nginx() is None:
        return {"ok": False, "figures": {}, "note": ABSENT}
    ports, kills = (free_port(), free_port()), options.sized(*KILLS)
    with ExitStack() as exits:
        installation = install("postgresql", options.room / "service", exits.enter_context(servers(["postgresql"])))
        log = options.room / "server.log"
        replicas = [Server(installation, log, port=port) for port in ports]
        exits.callback(_stop, replicas)
        front = exits.enter_context(edge(options.room, ports))
        connections = ISSUING + PRESENTING
        ways = exits.enter_context(Ways.to(front.url, installation, options.room, connections=connections))
        crowd = _Crowd(ways)
        with ThreadPoolExecutor(connections) as pool:
            running = [pool.submit(crowd.work, make) for make in crowd.makers]
            for number in range(kills):
                time.sleep(_BEFORE)
                replicas[number % 2].kill()
                time.sleep(_DOWN)
                replicas[number % 2] = Server(installation, log, port=ports[number % 2])
            time.sleep(_BEFORE)
            crowd.over.set()
            for future in running:
                future.result()
        statuses, twice = front.answers(), front.asked_twice()
        note = ways.auditor()
        note.follow()
        seen = [note.seen.note] if note.seen is not None else []
        _stop(replicas)
        kept = reckon(installation, crowd.errands, seen)
    failed = crowd.failures.total()
    return {
        "ok": not (kept.lost or kept.duplicated or failed or kept.faults),
        "figures": {
            "kills": kills,
            "lost": kept.lost,
            "duplicated": kept.duplicated,
            "failed": failed,
            "credentials": kept.credentials,
            "decisions": kept.decisions,
            "answers of nginx": {str(status): number for status, number in sorted(statuses.items())},
            "requests that nginx sent to both": twice,
            **({"FAILURES": dict(crowd.failures + kept.faults)} if failed or kept.faults else {}),
        },
    }


def _stop(replicas: list[Server]) -> None:
    for replica in replicas:
        replica.stop()


class _Crowd:
    """Clients that go on until it is over; each errand is one client's alone."""

    def __init__(self, ways: Ways) -> None:
        self.over = Event()
        self.failures: Counter[str] = Counter()
        self._lock = Lock()
        numbers = count(1)
        self.errands, wallets = holders(ways, numbers, PRESENTING)
        self.makers: list[Callable[[], Errand]] = [lambda: Issue(ways, next(numbers))] * ISSUING
        self.makers += [partial(Show, ways, wallet) for wallet in wallets]

    def work(self, make: Callable[[], Errand]) -> None:
        """One client."""
        while not self.over.is_set():
            with self._lock:
                errand = make()
                self.errands.append(errand)
            try:
                errand.run()
            except (CredenceError, Broken) as error:
                with self._lock:
                    self.failures[f"{errand.step}: {type(error).__name__} ({error})"] += 1
