"""How many leaves a second become part of a signed log, on a disk?

An append is counted when all of this is durable: the entry, the outbox row's mark, the checkpoint that covers it, and the
witness beside the database. It begins with an outbox row that its party has committed already. Three measurements each:

- *together*: a backlog of rows is drained as the service does it, in batches, with a checkpoint at the end of each run. This
  is the figure that is held against the target: each run is given as many rows as a busy quarter of a second brings.
- *alone*: the same with one row a run, so that nothing shares a commit.
- *flow*: threads commit one row a transaction, as requests do, as fast as they can, beside a sequencer that runs every
  quarter of a second; from a row's commit to its checkpoint takes p50 and p99.
"""

from __future__ import annotations

import secrets
import statistics
import time
from bisect import bisect_right
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Event
from typing import Final

from credence.service.issuer.records import IssuerOutbox
from credence.service.ledger import LedgerService, post
from credence.service.store import Store
from tests.soak.disk import in_memory, sync_ms
from tests.soak.figure import Options, Result, Value
from tests.soak.installations import KINDS, POSTGRESQL, install, servers

TARGET: Final = "ledger: at least 1,000 durable appends a second with group commit"
LIMIT: Final = 120

LEAST: Final = 1_000
INTERVAL: Final = 0.25
"""Seconds between two runs: the service's default."""

WRITERS: Final = 4


def run(options: Options) -> Result:
    """Both databases, each on a disk that is waited for."""
    figures: dict[str, dict[str, Value]] = {}
    faults: list[str] = []
    with servers(durable=True) as server:
        assert server is not None
        for kind in options.sized(KINDS, POSTGRESQL):
            installation = install(kind, options.room / kind, server)
            with installation.opened(checkpoints=True) as office:
                store, ledger = office.services.store("issuer"), office.services.ledger
                faults += [f"{kind}: {fault}" for fault in _undurable(store)]
                ledger.sequence()  # what the installation itself has posted
                figures[kind] = _measured(store, ledger, options)
                report = ledger.verify()
                if report.waiting or report.unpublished:
                    faults.append(f"{kind}: {report.waiting} waiting, {report.unpublished} unpublished")
            if (figures[kind]["together_per_second"] or 0) < LEAST and not options.quick:
                faults.append(f"{kind}: fewer than {LEAST}")
        for kind in figures:
            folder = options.room if kind == "sqlite" else server.data
            figures[kind]["fsync_ms"] = sync_ms(options.room)
            if in_memory(folder):
                faults.append(f"{kind}: lies in memory, where nothing is durable")
    return {"ok": not faults, "figures": figures, "note": "; ".join(faults)}


def _undurable(store: Store) -> list[str]:
    """Settings under which a commit would not wait for the disk."""
    with store.reading() as session:
        ask = session.connection().exec_driver_sql
        if store.engine.dialect.name == "sqlite":
            asked = {"PRAGMA synchronous": {2, 3}, "PRAGMA journal_mode": {"wal"}}
        else:
            on = {"on", "remote_apply", "remote_write", "local"}
            asked = {"SHOW fsync": {"on"}, "SHOW full_page_writes": {"on"}, "SHOW synchronous_commit": on}
        return [f"{what} is {found}" for what, good in asked.items() if (found := ask(what).scalar_one()) not in good]


def _measured(store: Store, ledger: LedgerService, options: Options) -> dict[str, Value]:
    rows, burst = options.sized(10_000, 1_000), 500
    together = [_drained(store, ledger, burst) for _ in range(rows // burst)]
    alone = [_drained(store, ledger, 1) for _ in range(options.sized(150, 30))]
    flow = _flow(store, ledger, options.sized(8.0, 1.0))
    return {
        "together_per_second": rows / sum(together),
        "slowest_burst_per_second": burst / max(together),
        "alone_per_second": len(alone) / sum(alone),
        "rows": rows,
        "flow_per_second": flow.rate,
        "flow_batch_median": statistics.median(flow.batches),
        "flow_batch_largest": max(flow.batches),
        "flow_p50_ms": flow.percentile(50),
        "flow_p99_ms": flow.percentile(99),
    }


def _post(store: Store, count: int) -> list[str]:
    """Commits rows in one transaction, and returns their ids."""
    now = int(time.time())
    with store.transaction() as session:
        return [
            post(session, IssuerOutbox, kind="attestation", leaf=secrets.token_bytes(32), now=now, rng=secrets.token_bytes)
            for _ in range(count)
        ]


def _drained(store: Store, ledger: LedgerService, count: int) -> float:
    """Seconds from ``count`` committed rows to the checkpoint that covers them."""
    _post(store, count)
    began = time.perf_counter()
    sequenced = ledger.sequence()
    seconds = time.perf_counter() - began
    assert sequenced.taken == count
    assert sequenced.checkpoint is not None
    return seconds


@dataclass(frozen=True)
class _Flow:
    rate: float
    batches: list[int]
    waits: list[float]

    def percentile(self, wanted: int) -> float:
        return 1000 * statistics.quantiles(self.waits, n=100)[wanted - 1]


def _flow(store: Store, ledger: LedgerService, seconds: float) -> _Flow:
    """Writers and the sequencer beside one another, in one process, as in the service."""
    enough = Event()
    sizes, times, batches = [ledger.checkpoint().size], [time.perf_counter()], []

    def write(_: int) -> dict[str, float]:
        committed = {}
        while not enough.is_set():
            (row_id,) = _post(store, 1)
            committed[row_id] = time.perf_counter()
        return committed

    def publish() -> None:
        sequenced = ledger.sequence()
        if sequenced.checkpoint is not None:
            sizes.append(sequenced.checkpoint.size)
            times.append(time.perf_counter())

    with ThreadPoolExecutor(WRITERS) as pool:
        working = [pool.submit(write, number) for number in range(WRITERS)]
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            time.sleep(INTERVAL)
            publish()
        enough.set()
        committed = {row_id: at for work in working for row_id, at in work.result().items()}
    publish()
    batches = [after - before for before, after in pairwise(sizes)]
    with store.reading() as session:
        places = {str(row[0]): int(row[1]) for row in session.connection().exec_driver_sql(_PLACES)}
    # a checkpoint of a size covers every index below it
    waits = [times[bisect_right(sizes, places[row_id])] - at for row_id, at in committed.items()]
    return _Flow(len(waits) / (times[-1] - times[0]), batches, waits)


_PLACES: Final = "SELECT id, entry_index FROM issuer_outbox WHERE entry_index IS NOT NULL"
