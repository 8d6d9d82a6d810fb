"""Conduct over HTTP: while a venue reports 2,000 events a second, how long until a debt is a worse standing tier?

A real ``credence serve``, limits off, and both databases wait for the disk. The load is reports of 250 events (mostly fills,
of 500 pseudonyms over three days) that come at a rate, whatever became of those before; then as fast as two callers can.
Beside them another caller uses the SDK: it reports a liquidation with a bad debt of a pseudonym at R3, and reads its
standing until that is R1. A pseudonym is somebody's: a proof of it was accepted, and 80 days of its conduct were reported
before. Each falls once. The callers share the machine with the server.
"""

from __future__ import annotations

import asyncio
import json
import random
import secrets
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import quantiles
from threading import Event
from typing import Any, Final, TypeVar

from credence.circuits.encoding import b64u, b64u_decode
from credence.sdk import HttpTransport
from credence.sdk.calls import Call, perform, reputation
from credence.sdk.errors import Unavailable
from credence.service.auth import Scope
from credence.service.sandbox.clients import new_key
from credence.service.verifier.admission import judge
from tests.soak.arrivals import Crowd, Job, Tally
from tests.soak.figure import Options, Result, Value
from tests.soak.installations import KINDS, POSTGRESQL, VENUE, Installation, install, servers
from tests.soak.serving import serving

TARGET: Final = "2,000 reported events a second and more: a bad debt is a worse tier in under a second, p99"
LIMIT: Final = 420
ORDER: Final = 45

RATE: Final = 2_000
"""Events a second that are promised; a little more are sent."""

BATCH: Final = 250
OFFERED: Final = 8.4
"""Reports a second."""

SECONDS: Final = (40.0, 3.0)
FLAT_OUT: Final = (8.0, 1.0)
FALLS: Final = (60, 4)
"""Pseudonyms that fall, one after the other, over the seconds at the rate."""

CONDUCT: Final = 80
"""Days of each, which earn R3."""

PATIENCE: Final = 20.0
MOST: Final = 1.0
"""Seconds until a fall is seen, of 99 in 100."""

T = TypeVar("T")

_REPORT: Final = "report"
_DAY: Final = 86_400


@dataclass
class Probe:
    """What the other caller saw: seconds of each fall, and how often a standing was read before it had fallen."""

    first: float = 0.0
    times: list[float] = field(default_factory=list)
    stale: int = 0
    wrong: int = 0


def run(options: Options) -> Result:
    """Both databases, one after the other."""
    figures: dict[str, dict[str, Value]] = {}
    ok = True
    with servers(durable=True) as server:
        for kind in options.sized(KINDS, POSTGRESQL):
            room = options.room / kind
            installation = install(kind, room, server)
            key, known = _prepared(installation, options.sized(*FALLS))
            with serving(installation, room / "server.log", log_level="info") as running:
                probe, paced, flat_out = _measured(running.url, key, known, options)
            found = figures[kind] = _said(probe, paced, flat_out)
            ok &= len(probe.times) == len(known) and probe.wrong == 0 and not paced.wrong and not flat_out.wrong
            if not options.quick:  # on a machine that is busy with other things it may be slower
                ok &= float(found["p99 s"] or 0) < MOST and float(found["events/s"] or 0) >= RATE
    return {"ok": ok, "figures": figures}


def _prepared(installation: Installation, count: int) -> tuple[str, list[bytes]]:
    """A key that may report, and pseudonyms that the venue's sessions accepted, each of somebody else."""
    with installation.opened(checkpoints=True) as office:
        known = []
        for number in range(count):
            request = office.asked()
            judged = judge(office.verifier, request.session_id, office.proven(request, office.holder(number)))
            assert judged.reason == "accepted"
            known.append(b64u_decode(json.loads(judged.answer)["pseudonym"]))
        return new_key(office.services, VENUE, [Scope.REPUTATION_EVENTS]).key, known


def _measured(url: str, key: str, known: list[bytes], options: Options) -> tuple[Probe, Tally, Tally]:
    seconds, flat_out = options.sized(*SECONDS), options.sized(*FLAT_OUT)
    now, probe, over = int(time.time()), Probe(), Event()
    with HttpTransport(url) as way, ThreadPoolExecutor(1) as pool:
        _behave(way, key, known, now, probe)
        jobs = {_REPORT: _reports(key, now, round(OFFERED * seconds + 60 * flat_out))}
        falling = pool.submit(_fall, way, key, known, seconds, probe, over)
        try:
            tallies = asyncio.run(_loaded(url, jobs, seconds, flat_out))
        finally:
            over.set()
        falling.result()
    return probe, *tallies


async def _loaded(url: str, jobs: dict[str, deque[Job]], seconds: float, flat_out: float) -> tuple[Tally, Tally]:
    crowd = await Crowd(url, jobs, patience=PATIENCE).connected(4)
    try:
        paced = await crowd.open_loop({_REPORT: OFFERED}, seconds=seconds)
        return paced, await crowd.closed_loop(_REPORT, lines=2, seconds=flat_out)
    finally:
        crowd.close()


def _reports(key: str, now: int, count: int) -> deque[Job]:
    """Reports as they go over the wire; every event has an id of its own."""
    drawn = random.Random(7)
    who = [b64u(drawn.randbytes(48)) for _ in range(500)]
    head = "POST /v1/reputation/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    head += f"authorization: Bearer {key}\r\n"
    jobs: deque[Job] = deque()
    for start in range(0, count * BATCH, BATCH):
        events = [_drawn(drawn, start + number, who, now) for number in range(BATCH)]
        body = json.dumps({"events": events}, separators=(",", ":")).encode()
        data = f"{head}content-length: {len(body)}\r\n\r\n".encode() + body
        jobs.append(Job(_REPORT, data, b'"accepted":%d' % BATCH, single=True))
    return jobs


def _drawn(drawn: random.Random, number: int, who: list[str], now: int) -> dict[str, Any]:
    at, place = now - drawn.randrange(3 * _DAY), drawn.random()
    common = {"id": f"e{number}", "pseudonym": drawn.choice(who), "at": at, "source": "engine"}
    if place < 0.7:
        price, side = f"{drawn.randrange(50_000, 51_000)}", drawn.choice(("buy", "sell"))
        return common | {
            "kind": "fill",
            "instrument": "BTC-PERP",
            "side": side,
            "price": price,
            "quantity": "0.1",
            "fee": "2",
        }
    if place < 0.9:
        margin = {"equity": "5000", "maintenance": "100", "initial": "200", "notional": f"{drawn.randrange(9_000, 11_000)}"}
        return common | {"kind": "margin_snapshot", **margin}
    return common | {"kind": "deposit", "amount": f"{drawn.randrange(1, 1_000)}"}


def _behave(way: HttpTransport, key: str, known: list[bytes], now: int, probe: Probe) -> None:
    """Everybody's days, and how long the first report after the start took. Then everybody stands at R3."""
    lines = [
        {"id": f"{secrets.token_hex(8)}-{day}", "kind": "account_day", "pseudonym": b64u(pseudonym), "source": "engine"}
        | {"at": now - (day + 1) * _DAY, "exposed_hours": 24}
        for pseudonym in known
        for day in range(CONDUCT)
    ]
    for start in range(0, len(lines), BATCH):
        began = time.perf_counter()
        told = _asked(way, reputation.report_events(lines[start : start + BATCH], key))
        probe.first = probe.first or time.perf_counter() - began
        assert {line.outcome for line in told} == {"accepted"}
    assert {_tier(way, key, pseudonym) for pseudonym in known} == {"R3"}


def _fall(way: HttpTransport, key: str, known: list[bytes], seconds: float, probe: Probe, over: Event) -> None:
    """One pseudonym after the other leaves a debt; each is watched until it has fallen."""
    began = time.perf_counter()
    for number, pseudonym in enumerate(known):
        over.wait(max(0.0, began + (number + 0.5) * seconds / len(known) - time.perf_counter()))
        said = {"id": f"debt-{number}", "kind": "liquidation", "pseudonym": b64u(pseudonym), "source": "risk"}
        at = time.perf_counter()
        debt = said | {"at": int(time.time()), "size": "50000", "bad_debt": "1200"}
        (line,) = _asked(way, reputation.report_events([debt], key))
        probe.wrong += line.outcome != "accepted"
        while (tier := _tier(way, key, pseudonym)) == "R3" and time.perf_counter() - at < PATIENCE:
            probe.stale += 1
        probe.wrong += tier != "R1"
        probe.times.append(time.perf_counter() - at)


def _tier(way: HttpTransport, key: str, pseudonym: bytes) -> str:
    return str(_asked(way, reputation.conduct(pseudonym, key)).standing["tier"])


def _asked(way: HttpTransport, call: Call[T]) -> T:
    """The answer; whoever is told to come again does so, and that counts into the time."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return perform(way, call)
        except Unavailable:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def _said(probe: Probe, paced: Tally, flat_out: Tally) -> dict[str, Value]:
    at = quantiles(sorted(probe.times), n=100, method="inclusive")
    reports = sorted(paced.served.get(_REPORT, [0.0]))
    return {
        "events/s": BATCH * paced.count() / paced.seconds,
        "p50 s": round(at[49], 3),
        "p99 s": round(at[98], 3),
        "slowest s": round(max(probe.times), 3),
        "falls": len(probe.times),
        "read before they fell": probe.stale,
        "slowest report s": round(reports[-1], 3),
        "events/s flat out": BATCH * flat_out.count() / flat_out.seconds,
        "first report after a start s": round(probe.first, 3),
        "wrong": probe.wrong + sum(paced.wrong.values()) + sum(flat_out.wrong.values()),
    }
