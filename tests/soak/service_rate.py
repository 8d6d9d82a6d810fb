"""Verification over HTTP: requests a second, and how long one takes, for one client and for 32.

A request is a presentation with a real proof, made before, for a session of its own; the server is ``credence serve``, and
both databases wait for the disk. Limits by client are off; everything else is as ``credence init`` leaves it, the queue too:
32 callers who are always there are all to be served within the time that one may wait. What the service does when it has
too much to do is another figure. Callers keep their connections, wait for each answer, and share the machine with the
server; they cost it a few tens of microseconds a request.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from statistics import quantiles
from typing import Final

from tests.soak.arrivals import Crowd, Job, Tally
from tests.soak.figure import Options, Result, Value
from tests.soak.installations import KINDS, SQLITE, Installation, install, servers
from tests.soak.serving import serving

TARGET: Final = "verification over HTTP by 1 and 32 clients, settings as they come: 0 errors, p99 within the queue's time"
LIMIT: Final = 360
ORDER: Final = 40

CLIENTS: Final = {1: (400, 20), 32: (1_600, 64)}
"""Clients, and how many presentations they send together, at full size and quick."""

SETTINGS: Final = {"ledger_interval_ms": "250"}
"""The default: installations to measure have another one."""

WARM: Final = 20
PATIENCE: Final = 30.0
_PRESENT: Final = "present"


def run(options: Options) -> Result:
    """Both databases, one after the other."""
    figures: dict[str, dict[str, Value]] = {}
    ok = True
    with servers(durable=True) as server:
        for kind in options.sized(KINDS, SQLITE):
            room = options.room / kind
            installation = install(kind, room, server, **SETTINGS)
            jobs = _prepared(installation, WARM + sum(options.sized(*counts) for counts in CLIENTS.values()))
            with serving(installation, room / "server.log", log_level="info") as running:
                tallies = asyncio.run(_measured(running.url, jobs, options))
            for clients, tally in tallies.items():
                found = figures[f"{kind}, {clients} client{'s' if clients > 1 else ''}"] = _said(tally)
                ok &= tally.count() == options.sized(*CLIENTS[clients])
                if not options.quick:  # on a machine that is busy with other things somebody may have to come again
                    ok &= tally.count() == tally.sent and float(found["p99 ms"] or 0) <= installation.settings.queue_ms
    return {"ok": ok, "figures": figures}


def _prepared(installation: Installation, count: int) -> deque[Job]:
    """Sessions that are open, each with a presentation as it goes over the wire."""
    jobs: deque[Job] = deque()
    with installation.opened(checkpoints=True) as office:
        held = office.holder(0)
        for _ in range(count):
            request = office.asked()
            body = json.dumps(office.proven(request, held).to_json(), separators=(",", ":")).encode()
            head = f"POST /v1/verifier/sessions/{request.session_id}/presentation HTTP/1.1\r\nhost: x\r\n"
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            jobs.append(Job(_PRESENT, head.encode() + body, b'"accepted"', single=True))
    return jobs


async def _measured(url: str, jobs: deque[Job], options: Options) -> dict[int, Tally]:
    """The jobs divided among the rounds; the first few are nobody's."""
    tallies: dict[int, Tally] = {}
    for clients, count in {0: WARM, **{clients: options.sized(*counts) for clients, counts in CLIENTS.items()}}.items():
        share = deque(jobs.popleft() for _ in range(count))
        crowd = await Crowd(url, {_PRESENT: share}, patience=PATIENCE).connected(max(clients, 1))
        try:
            tallies[clients] = await crowd.closed_loop(_PRESENT, lines=max(clients, 1), seconds=LIMIT / 6)
        finally:
            crowd.close()
    tallies.pop(0)
    return tallies


def _said(tally: Tally) -> dict[str, Value]:
    times = sorted(tally.served.get(_PRESENT, []))
    at = quantiles(times, n=100, method="inclusive") if len(times) > 1 else [0.0] * 99
    return {
        "requests/s": tally.count() / tally.seconds,
        "p50 ms": 1000 * at[49],
        "p95 ms": 1000 * at[94],
        "p99 ms": 1000 * at[98],
        "requests": tally.sent,
        "errors": tally.sent - tally.count(),
    }
