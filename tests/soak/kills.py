"""SIGKILL to a server in the middle of issuing and presenting, again and again, on both databases at once.

In each cycle six clients use the SDK over HTTP (two persons at a time come for credentials, four wallets present), the
server dies at a random moment, another one starts over the same database, and every request that was not answered is sent
again as it was. Then everything that was ever acknowledged must be there, in the log too, and nothing twice. The log must
extend every checkpoint that was seen, and agree with its witness. The process dies, not the machine: what disks forget is
not tried here.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from typing import Final

from tests.soak.figure import Options, Result
from tests.soak.installations import KINDS, SQLITE, install, servers
from tests.soak.lane import Tally, live

TARGET: Final = "300 kills in the middle of issue and present, each database: 0 acknowledged lost, 0 duplicated"
LIMIT: Final = 900
ORDER: Final = 20

CYCLES: Final = (300, 3)
SHARE: Final = (0.8, 0.3)
"""Of the kills, how many must have met a request that was not answered; of three, one is enough."""


def run(options: Options) -> Result:
    """A lane for each database, beside each other."""
    cycles, kinds = options.sized(*CYCLES), options.sized(KINDS, SQLITE)
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.soak.lane"])
    with servers() as server, ProcessPoolExecutor(len(kinds), context) as pool:
        rooms = {kind: options.room / kind for kind in kinds}
        installed = {kind: install(kind, room, server) for kind, room in rooms.items()}
        running = {kind: pool.submit(live, installed[kind], rooms[kind], cycles, seed) for seed, kind in enumerate(kinds)}
        tallies = {kind: future.result() for kind, future in running.items()}
    return {
        "ok": all(_met(tally, cycles, options.sized(*SHARE)) for tally in tallies.values()),
        "figures": {what: value for kind, tally in tallies.items() for what, value in _figures(kind, tally).items()},
    }


def _met(tally: Tally, cycles: int, share: float) -> bool:
    kept = tally.lost == tally.duplicated == 0 and not tally.faults
    return kept and tally.cycles >= cycles and tally.kills_in_flight >= share * cycles


def _figures(kind: str, tally: Tally) -> dict[str, dict[str, int | float]]:
    said: dict[str, dict[str, int | float]] = {
        kind: {
            "cycles": tally.cycles,
            "kills that met a request": tally.kills_in_flight,
            "lost": tally.lost,
            "duplicated": tally.duplicated,
            "credentials": tally.credentials,
            "decisions": tally.decisions,
            "checkpoints": tally.checkpoints,
            "seconds a cycle": tally.seconds / max(tally.cycles, 1),
        },
        f"{kind} requests not answered": dict(tally.in_flight),
        f"{kind} of these done": dict(tally.done),
    }
    return said | ({f"{kind} FAULTS": dict(tally.faults)} if tally.faults else {})
