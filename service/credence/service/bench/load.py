"""The service under load: presentations over HTTP, by one client and by 32, with proofs that were made before.

The server is ``credence serve`` in a process of its own, over SQLite that waits for the disk. Nobody is limited, and the
queue is long and patient enough for callers who are always there. They share the machine with it.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.request import ProxyHandler, build_opener

from credence.circuits.curve import Curve
from credence.service.bench.callers import Call, Tally, call_all, post
from credence.service.bench.premises import Asked, furnish
from credence.service.bench.report import ServiceResult
from credence.service.settings import PREFIX

SERVICE: Final = "service"
"""The name under which it is measured."""

WHAT: Final = (
    "2 credentials, 2 ranges (one of 20 bits), rung, in 27, not in 10, not revoked, pseudonym, 16 a day, escrow;"
    " one process over SQLite, which shares the machine with its callers"
)

COUNTS: Final[Mapping[int, tuple[int, int]]] = {1: (120, 8), 32: (640, 64)}
"""Clients, and how many presentations they make together, in full and quick."""

WARM: Final = 32
PATIENCE: Final = 60.0
_START: Final = 60.0
_STOP: Final = 20.0
_POLL: Final = 0.02
_HOST: Final = "127.0.0.1"
_SERVE: Final = ("-c", "from credence.service.cli import main; main()", "serve", "--host", _HOST, "--port", "0")
_READY: Final = re.compile(r"serving .+ at http://[0-9.]+:(\d+);")
_NUMBERS: Final = re.compile(
    rb"^(?:credence_presentation_batch|process_cpu_seconds)_(count|sum|total) ([0-9.e+-]+)$", re.MULTILINE
)


class NotMeasured(Exception):
    """The service did not start. ``reason`` is what it said last."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What the service has counted since it started."""

    batches: float
    checked: float
    cpu_seconds: float

    @classmethod
    def read(cls, port: int) -> _Numbers:
        opener = build_opener(ProxyHandler({}))  # loopback, whatever the environment says
        with opener.open(f"http://{_HOST}:{port}/metrics", timeout=_START) as answer:
            found = {name: float(value) for name, value in _NUMBERS.findall(answer.read())}
        return cls(found.get(b"count", 0.0), found.get(b"sum", 0.0), found.get(b"total", 0.0))


def measure(curve: Curve, yard: float | None, *, quick: bool = False) -> tuple[ServiceResult, ...]:
    """A row for each number of clients; ``yard`` are the milliseconds of a check of two pairings.

    Nothing of it stays. Raises :class:`NotMeasured`.
    """
    counts = {clients: sizes[quick] for clients, sizes in COUNTS.items()}
    with tempfile.TemporaryDirectory(prefix="credence-bench-") as name:
        premises = furnish(Path(name), curve, WARM + sum(counts.values()))
        calls = deque(_call(asked) for asked in premises.asked)
        proof = premises.asked[0].proof_length
        with _serving(premises.environment, Path(name) / "service.log") as (port, metrics):
            _round(port, calls, WARM, max(counts))
            rows = []
            for clients, count in counts.items():
                before = _Numbers.read(metrics)
                tally = _round(port, calls, count, clients)
                rows.append(_row(clients, tally, before, _Numbers.read(metrics), proof, yard))
    return tuple(rows)


def _call(asked: Asked) -> Call:
    return post(f"/v1/verifier/sessions/{asked.session_id}/presentation", asked.body, b'"decision": "accepted"')


def _round(port: int, calls: deque[Call], count: int, clients: int) -> Tally:
    return call_all(_HOST, port, [calls.popleft() for _ in range(count)], clients=clients, patience=PATIENCE)


def _row(clients: int, tally: Tally, before: _Numbers, after: _Numbers, proof: int, yard: float | None) -> ServiceResult:
    batches = after.batches - before.batches
    cpu = 1000 * (after.cpu_seconds - before.cpu_seconds) / max(1, tally.sent)
    return ServiceResult(
        clients=clients,
        what=WHAT,
        bytes=proof,
        requests=tally.sent,
        errors=tally.errors,
        per_second=tally.per_second,
        p50_ms=tally.percentile_ms(50),
        p95_ms=tally.percentile_ms(95),
        p99_ms=tally.percentile_ms(99),
        batch_mean=(after.checked - before.checked) / batches if batches else None,
        cpu_ms=cpu,
        cpu_ratio=cpu / yard if yard else None,
    )


@contextmanager
def _serving(environment: Mapping[str, str], log: Path) -> Iterator[tuple[int, int]]:
    """``credence serve`` in a process of its own, as long as the block runs: its port, and that of its metrics."""
    with socket.create_server((_HOST, 0)) as free:
        numbers = free.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    told = {**clean, **environment, f"{PREFIX}METRICS_PORT": str(numbers)}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, *_SERVE], env=told, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            yield _port(process, log), numbers
        finally:
            process.terminate()
            try:
                process.wait(_STOP)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    end, said = time.monotonic() + _START, ""
    while time.monotonic() < end:
        said = log.read_text(encoding="utf-8", errors="replace")
        if found := _READY.search(said):
            return int(found[1])
        if process.poll() is not None:
            break
        time.sleep(_POLL)
    raise NotMeasured(f"the service did not start: {said[-300:]}")
