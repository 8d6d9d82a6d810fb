"""Overload: ten times what the server can carry is offered, and it goes on carrying what it can.

Capacity is what it serves to callers who wait for each answer. Then they come at ten times that rate whether they were
answered or not, each with a patience of two seconds, and whoever was refused comes again. The two take turns, so that
whatever else the machine does meanwhile concerns both. Served is a request with the very answer it was for, within its
patience: a signed acceptance of a real proof, or a session. Everything that is neither that nor a 429 or 503 with
``Retry-After`` is wrong. ``both`` offers sessions and presentations, each at five times its capacity: wallets go first.

``open`` offers nothing but new sessions, the cheapest work there is, at some thousands a second: what the HTTP server takes
to read a request that is refused weighs the most there.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, quantiles
from typing import Final

from tests.soak.arrivals import CONNECTIONS, Crowd, Job, Tally
from tests.soak.figure import Options, Result, Value
from tests.soak.installations import KINDS, POLICY, SQLITE, Installation, Kind, install, servers
from tests.soak.serving import Server, serving

TARGET: Final = "ten times the load that can be carried: at least 80 % of it served, the rest 429 or 503"
LIMIT: Final = 300
ORDER: Final = 60

TIMES: Final = 10
SHARE: Final = 0.8
PATIENCE: Final = 2.0
CALLERS: Final = 8
"""At once, while capacity is measured: twice as many as a process works on."""

PRESENT: Final = "present"
OPEN: Final = "open"
PROBES: Final = 4.0
"""Probes of each kind a second."""

PROOFS: Final = (3_000, 600)
ROUNDS: Final = (4, 1)
SECONDS: Final = ((1.0, 2.5), (0.5, 0.7))
"""Of a turn at capacity, and of one at ten times that."""


def run(options: Options) -> Result:
    """Presentations, sessions, and both, on either database."""
    figures: dict[str, dict[str, Value]] = {}
    ok = True
    with servers() as postgres:
        for kind in options.sized(KINDS, SQLITE):
            installation = install(kind, options.room / kind, postgres)
            found, kind_ok = _measured(kind, installation, options)
            figures |= found
            ok &= kind_ok
    return {"ok": ok, "figures": figures}


def _measured(kind: Kind, installation: Installation, options: Options) -> tuple[dict[str, dict[str, Value]], bool]:
    jobs = _prepared(installation, options.sized(*PROOFS))
    with serving(installation, options.room / kind / "server.log", log_level="info") as server:
        return asyncio.run(_phases(kind, server, jobs, options))


def _prepared(installation: Installation, count: int) -> dict[str, deque[Job]]:
    """Sessions that are open already, each with a proof that answers it, and requests for new ones."""
    with installation.opened(checkpoints=True) as office:
        held = office.holder(0)
        asked = [office.asked() for _ in range(count)]
        proven = [office.proven(request, held).to_json() for request in asked]
    opening = _post("/v1/verifier/sessions", {"policy": POLICY}, f"authorization: Bearer {installation.venue_key}\r\n")
    return {
        PRESENT: deque(
            Job(PRESENT, _post(f"/v1/verifier/sessions/{request.session_id}/presentation", body), b'"accepted"', single=True)
            for request, body in zip(asked, proven, strict=True)
        ),
        OPEN: deque(Job(OPEN, opening, b'"nonce"') for _ in range(CONNECTIONS)),
    }


def _post(path: str, body: object, more: str = "") -> bytes:
    data = json.dumps(body, separators=(",", ":")).encode()
    head = f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{more}content-length: {len(data)}\r\n\r\n"
    return head.encode() + data


async def _phases(
    kind: Kind, server: Server, jobs: dict[str, deque[Job]], options: Options
) -> tuple[dict[str, dict[str, Value]], bool]:
    crowd = await Crowd(server.url, jobs, patience=PATIENCE).connected(64)
    figures: dict[str, dict[str, Value]] = {}
    ok = True
    try:
        for what in (PRESENT, OPEN):  # nobody's first request is measured
            await crowd.closed_loop(what, lines=CALLERS, seconds=0.3)
        for name, kinds in ((PRESENT, (PRESENT,)), (OPEN, (OPEN,)), ("both", (PRESENT, OPEN))):
            spare = len(jobs[PRESENT]) // 2 if name == PRESENT else 0  # a proof is served once, and "both" needs some
            turns: list[Turns] = []
            for _ in range(options.sized(*ROUNDS)):
                before = len(jobs[PRESENT])
                turns.append(await _turns(crowd, server.url, kinds, options))
                if len(jobs[PRESENT]) - spare < 2 * (before - len(jobs[PRESENT])):
                    break
            found, share = _said(turns, kinds)
            figures[f"{kind} {name}"] = found
            wrong = [what for what in str(found["wrong"]).split(", ") if what != "none"]
            if options.quick:  # on a machine that is busy with other things a short turn says little, and some are late
                ok &= not [what for what in wrong if not what.startswith("late ")] and not found["unhealthy"]
            else:
                ok &= share >= SHARE and not wrong and not found["unhealthy"]
    finally:
        crowd.close()
    return figures, ok


@dataclass(frozen=True)
class Turns:
    """What was served in a second at capacity, by kind, and what became of ten times that."""

    capacity: dict[str, float]
    flood: Tally
    probes: Tally

    def share(self, what: str) -> float:
        """Of what can be served, the part that was."""
        return self.flood.count(what) / self.flood.seconds / self.capacity[what]


async def _turns(crowd: Crowd, url: str, kinds: Sequence[str], options: Options) -> Turns:
    steady, flooded = options.sized(*SECONDS)
    capacity = {}
    for what in kinds:
        tally = await crowd.closed_loop(what, lines=CALLERS, seconds=steady)
        capacity[what] = tally.count() / tally.seconds
    probing = asyncio.create_task(_probes(url, flooded))
    flood = await crowd.open_loop({what: TIMES * rate / len(kinds) for what, rate in capacity.items()}, seconds=flooded)
    return Turns(capacity, flood, await probing)


async def _probes(url: str, seconds: float) -> Tally:
    """What a load balancer sees meanwhile."""
    count = int(PROBES * seconds) + 1
    jobs = {
        path: deque(Job(path, f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode(), mark) for _ in range(count))
        for path, mark in (("/healthz", b'"ok"'), ("/readyz", b'"ready"'))
    }
    crowd = await Crowd(url, jobs, patience=PATIENCE).connected(4)
    try:
        return await crowd.open_loop(dict.fromkeys(jobs, PROBES), seconds=seconds)
    finally:
        crowd.close()


def _said(turns: Sequence[Turns], kinds: Sequence[str]) -> tuple[dict[str, Value], float]:
    """What is told, and the share of capacity that was served."""
    # of a mixture the parts are added up: half of one and half of the other is a whole
    share = mean(sum(turn.share(what) for what in kinds) for turn in turns)
    floods, probes = [turn.flood for turn in turns], [turn.probes for turn in turns]
    statuses = sum((flood.statuses for flood in floods), Counter[int]())
    wrong = sum((flood.wrong for flood in floods), Counter[str]())
    found: dict[str, Value] = {
        "turns": len(turns),
        "share_of_capacity_percent": 100 * share,
        "least_percent": 100 * min(sum(turn.share(what) for what in kinds) for turn in turns),
        "capacity_per_s": ", ".join(f"{mean(turn.capacity[what] for turn in turns):.0f}" for what in kinds),
        "offered_per_s": sum(flood.sent for flood in floods) / sum(flood.seconds for flood in floods),
        "served_per_s": ", ".join(f"{mean(flood.count(what) / flood.seconds for flood in floods):.0f}" for what in kinds),
        **{f"status_{status}": count for status, count in sorted(statuses.items())},
        "wrong": ", ".join(f"{what} {count}" for what, count in wrong.items()) or "none",
        **_quantiles("served", [time for flood in floods for times in flood.served.values() for time in times]),
        **_quantiles("refused", [time for flood in floods for time in flood.refused]),
        **_quantiles("probe", [time for probe in probes for times in probe.served.values() for time in times]),
        "unhealthy": sum(probe.sent - probe.count() for probe in probes),
    }
    return found, share


def _quantiles(name: str, seconds: list[float]) -> dict[str, Value]:
    if len(seconds) < 2:
        return {}
    cuts = quantiles(seconds, n=100)
    return {f"{name}_p{number}_ms": 1000 * cuts[number - 1] for number in (50, 95, 99)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="credence-overload-") as folder:
        result = run(Options(Path(folder), quick="--quick" in sys.argv))
    print(json.dumps(result, indent=1))
    sys.exit(0 if result["ok"] else 1)
