"""What a bench run found. All times are medians in milliseconds; ratios are to ``pairing2_ms``, taken in the same rounds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Unit:
    """What figures of other machines are compared by."""

    g1_mul_ms: float
    """The engine's multiplication of a G1 point by a full-length scalar."""

    pairing2_ms: float | None
    """py_arkworks' check of two pairings over decoded points, on either engine; None where it does not import."""


@dataclass(frozen=True)
class Result:
    """One statement. ``what`` says what its maker and its checker do, where that is not a proof and its verification.

    The compact figures are those of a composite presentation's second encoding; ``bytes`` and ``verify_ms`` are then of the
    batchable one. Each of a batch has its share of the batch's time.
    """

    name: str
    what: str
    bytes: int
    prove_ms: float
    verify_ms: float
    prove_ratio: float | None
    verify_ratio: float | None
    bytes_compact: int | None = None
    verify_compact_ms: float | None = None
    verify_compact_ratio: float | None = None


@dataclass(frozen=True)
class Part:
    """A part of a verification; ``share`` of the whole, between 0 and 1."""

    part: str
    ms: float
    share: float


@dataclass(frozen=True)
class Breakdown:
    """Where the time of the verification ``name`` goes. The parts and the remainder add up to ``verify_ms``."""

    name: str
    verify_ms: float
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class SumResult:
    """A multi-scalar sum by either library; ``ready`` points are held by both, other ones are converted first."""

    points: int
    blst_ms: float
    arkworks_ms: float
    arkworks_ready_ms: float
    chosen: str
    chosen_ready: str


@dataclass(frozen=True)
class ServiceResult:
    """Presentations over HTTP by ``clients`` who wait for each answer; ``bytes`` are those of a proof.

    ``errors`` are requests without the acceptance that they were for. ``batch_mean`` is how many presentations the service
    checked together, ``cpu_ms`` the processor time that it took for each, which a busy machine hardly changes, and
    ``cpu_ratio`` that in checks of two pairings.
    """

    clients: int
    what: str
    bytes: int
    requests: int
    errors: int
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    batch_mean: float | None
    cpu_ms: float
    cpu_ratio: float | None


@dataclass(frozen=True)
class BenchReport:
    """All of it."""

    machine: str
    engine: str
    rounds: int
    unit: Unit
    results: tuple[Result, ...]
    breakdowns: tuple[Breakdown, ...]
    sums: tuple[SumResult, ...]
    service: tuple[ServiceResult, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for ``json.dumps``: times to the microsecond, ratios and shares to the third digit."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return round(value, 3) if isinstance(value, float) else value
