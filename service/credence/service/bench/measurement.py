"""One run of the bench: make everything, measure in turn, report."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final

from credence.circuits.bbs.suite import sha256_suite
from credence.circuits.curve import ORDER, Curve, yardstick
from credence.service.bench import load, machine
from credence.service.bench.breakdown import breakdown
from credence.service.bench.policies import PRESENTATIONS
from credence.service.bench.report import BenchReport, Result, SumResult, Unit
from credence.service.bench.rows import ROWS, Row
from credence.service.bench.stopwatch import Action, interleaved

SUMS: Final = "msm"
"""The name under which the sums of both libraries are measured."""

GROUPS: Final[Mapping[str, frozenset[str]]] = {"presentation": frozenset(PRESENTATIONS)}
"""Names that stand for several."""

_STATEMENTS: Final = {**ROWS, **PRESENTATIONS}

NAMES: Final = (*_STATEMENTS, SUMS, *GROUPS, load.SERVICE)
"""All names that ``only`` may hold. The service is measured only where it is named: it takes a while, and both cores."""

BROKEN_DOWN: Final = {"bbs10": 10, "bbs30": 30}

SUM_SIZES: Final = (2, 4, 8, 12, 16, 20, 24, 28, 32, 64)

_ROUNDS: Final = {"native": (25, 3), "reference": (3, 1)}


def rounds_for(curve: Curve, *, quick: bool = False) -> int:
    """How many rounds give a steady median in reasonable time: seconds on native, and a minute on reference."""
    return _ROUNDS[curve.name][quick]


def run(curve: Curve, *, only: Set[str] | None = None, rounds: int, quick: bool = False) -> BenchReport:
    """Measure on ``curve`` what ``only`` names (by default everything but the service), ``rounds`` times, report medians.

    ``quick`` has the service answer fewer requests. Raises :class:`ValueError` for an unknown name or no rounds, and
    :class:`~credence.service.bench.load.NotMeasured` for a service that does not start.
    """
    named = set(NAMES) - {load.SERVICE} if only is None else set(only)
    if not named <= set(NAMES):
        raise ValueError(f"unknown measurement; choose from {', '.join(NAMES)}")
    wanted = named.union(*(GROUPS[name] for name in named & GROUPS.keys()))
    suite = sha256_suite(curve)
    rows = [make(suite) for name, make in _STATEMENTS.items() if name in wanted]
    scalar = ORDER - 2
    unit: dict[str, Action] = {"g1_mul": lambda: curve.BP1 * scalar}
    pairing2 = yardstick.pairing2()
    if pairing2 is not None:
        unit["pairing2"] = pairing2
    actions = dict(unit)
    for row in rows:
        actions[f"{row.name} prove"] = row.prove
        actions[f"{row.name} verify"] = row.verify
        if row.verify_compact is not None:
            actions[f"{row.name} compact"] = row.verify_compact
    medians = interleaved(actions, rounds)
    yard = medians.get("pairing2")
    return BenchReport(
        machine=machine.describe(),
        engine=curve.name,
        rounds=rounds,
        unit=Unit(medians["g1_mul"], yard),
        results=tuple(_result(row, medians, yard) for row in rows),
        breakdowns=tuple(breakdown(suite, BROKEN_DOWN[row.name], rounds) for row in rows if row.name in BROKEN_DOWN),
        sums=_sums(rounds) if SUMS in wanted and curve.name == "native" else (),
        service=load.measure(curve, yard, quick=quick) if load.SERVICE in wanted else (),
    )


def _result(row: Row, medians: dict[str, float], yard: float | None) -> Result:
    prove, verify = medians[f"{row.name} prove"], medians[f"{row.name} verify"] / row.each
    compact = medians.get(f"{row.name} compact")
    return Result(
        name=row.name,
        what=row.what,
        bytes=row.bytes,
        prove_ms=prove,
        verify_ms=verify,
        prove_ratio=prove / yard if yard else None,
        verify_ratio=verify / yard if yard else None,
        bytes_compact=row.bytes_compact,
        verify_compact_ms=compact,
        verify_compact_ratio=compact / yard if compact and yard else None,
    )


def _sums(rounds: int) -> tuple[SumResult, ...]:
    found = []
    for size in SUM_SIZES:
        ways = yardstick.sums(size)
        if ways is None:
            return ()
        actions = {"blst": ways.blst, "arkworks": ways.arkworks, "ready": ways.arkworks_ready}
        medians = interleaved(actions, rounds)
        found.append(
            SumResult(
                points=ways.points,
                blst_ms=medians["blst"],
                arkworks_ms=medians["arkworks"],
                arkworks_ready_ms=medians["ready"],
                chosen=ways.chosen,
                chosen_ready=ways.chosen_ready,
            )
        )
    return tuple(found)
