"""Events a second through every feature, against one plain grouping of the same file by DuckDB in the same run."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import duckdb
import numpy as np

from credence.service.reputation.belief.evidence import SIGNED, Evidence, columns_of
from credence.service.reputation.belief.model import shipped_model
from credence.service.reputation.belief.risk import expected_of, observed_of, score_all
from credence.service.reputation.bench.making import make
from credence.service.reputation.events.wide import SUMMED
from credence.service.reputation.features.engine import over_file

PSEUDONYMS: Final = 500_000
"""Whose score is computed anew."""

ROUNDS: Final = 2
"""Times that each is measured, in turns; the best counts."""

THREADS: Final = 2
MEMORY_MB: Final = 2_048

BARE: Final = "pseudonym, day, count(*), " + ", ".join(
    f"sum({name})" for name in (*SUMMED, "equity", "maintenance", "exposure", "seconds")
)
"""What the plain grouping answers: the number of rows and the sum of every measure, by pseudonym and day."""


@dataclass(frozen=True)
class Measured:
    """What was found. ``ratio_to_duckdb`` is the plain grouping's time over ours; ``peak_mb`` is of the whole command."""

    events: int
    rows: int
    seconds: float
    duckdb_seconds: float
    events_per_s: int
    ratio_to_duckdb: float
    rescore_500k_s: float
    peak_mb: int

    def to_json(self) -> dict[str, int | float]:
        """Its members by name."""
        return asdict(self)


def measure(events: int, *, seed: int, tell: Callable[[str, int, int], None] = lambda *_: None) -> Measured:
    """Makes a file of ``events``, reduces it, and scores 500,000 pseudonyms."""
    steps = 2 + 2 * ROUNDS
    with TemporaryDirectory(prefix="credence-bench-") as folder:
        path = Path(folder) / "events.parquet"
        make(path, events, seed=seed)
        tell("measuring", 1, steps)
        plain, ours, rows = [], [], 0
        for turn in range(ROUNDS):
            plain.append(_timed(lambda: _bare(path))[0])
            tell("measuring", 2 + 2 * turn, steps)
            seconds, rows = _timed(lambda: over_file(path, threads=THREADS, memory_mb=MEMORY_MB).num_rows)
            ours.append(seconds)
            tell("measuring", 3 + 2 * turn, steps)
    rescore = rescoring(PSEUDONYMS, seed)
    tell("measuring", steps, steps)
    return Measured(
        events=events,
        rows=rows,
        seconds=round(min(ours), 3),
        duckdb_seconds=round(min(plain), 3),
        events_per_s=round(events / min(ours)),
        ratio_to_duckdb=round(min(plain) / min(ours), 3),
        rescore_500k_s=round(rescore, 3),
        peak_mb=_peak_mb(),
    )


def rescoring(pseudonyms: int, seed: int) -> float:
    """Seconds in which the scores of so many pseudonyms are computed from what is remembered of them."""
    drawn, model = np.random.default_rng(seed), shipped_model()
    columns = {name: drawn.gamma(1.0, 1.0, pseudonyms) for name in columns_of(model)}
    columns["event_days"] = columns["winning_days"] = np.zeros(pseudonyms)
    columns |= {name: drawn.normal(0.0, 0.1, pseudonyms) for name in SIGNED}
    evidence = Evidence(20_000, columns, model)
    return min(_timed(lambda: score_all(observed_of(evidence), expected_of(evidence)))[0] for _ in range(ROUNDS))


def _bare(path: Path) -> int:
    with duckdb.connect(config={"threads": THREADS, "memory_limit": f"{MEMORY_MB}MB"}) as connection:
        connection.read_parquet(str(path)).create_view("events")
        found = connection.execute(f"SELECT {BARE} FROM events GROUP BY pseudonym, day")  # noqa: S608 - columns of ours
        return int(found.to_arrow_table().num_rows)


def _timed(work: Callable[[], int | object]) -> tuple[float, int]:
    started = time.perf_counter()
    found = work()
    return time.perf_counter() - started, found if isinstance(found, int) else 0


def _peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1_048_576 if sys.platform == "darwin" else 1_024))
