"""``credence bench``: what proofs cost on this machine, and how many of them the service verifies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from credence.service.cli.engines import load_engine
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.options import AsJson, Engine
from credence.service.cli.output import note, print_json, print_line, print_table

if TYPE_CHECKING:
    from credence.service.bench import BenchReport, ServiceResult, SumResult

SERVICE_COLUMNS: Final = ("presentations/s", "p50 ms", "p95 ms", "p99 ms", "errors", "together", "CPU ms", "CPU ×")


def register(app: typer.Typer, panel: str) -> None:
    """Adds the command."""
    app.command("bench", rich_help_panel=panel, epilog=codes("a measurement failed"))(bench)


def bench(
    as_json: AsJson = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="NAME,...", help="Measure these alone, such as bbs10,bbs30 or service."),
    ] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", metavar="N", min=1, help="How often each is measured.")] = None,
    engine: Engine = None,
) -> None:
    """Measure proofs and print medians, as times and as ratios to one check of two pairings.

    The service is measured where it is named: over HTTP on loopback, on a temporary installation, for about a minute.
    """
    from credence.service.bench import NAMES, rounds_for, run

    names = {name for item in only or () for name in item.split(",") if name}
    unknown = sorted(names - set(NAMES))
    if unknown or (only is not None and not names):
        raise BadUsage(f"--only takes names among {', '.join(NAMES)}")
    curve = load_engine(engine)
    if not as_json:
        note(f"measuring on engine {curve.name}; this takes a moment")
    report = run(curve, only=names or None, rounds=rounds or rounds_for(curve))
    if as_json:
        print_json(report.to_json())
    else:
        _show(report)


def _show(report: BenchReport) -> None:
    pairing2 = "not available" if report.unit.pairing2_ms is None else f"{report.unit.pairing2_ms:.3f} ms"
    print_line(f"{report.machine}; engine {report.engine}, medians of {report.rounds} rounds")
    print_line(f"unit: one G1 multiplication {report.unit.g1_mul_ms:.3f} ms, a check of two pairings {pairing2}")
    rows = [
        (
            found.name,
            str(found.bytes),
            f"{found.prove_ms:.2f}",
            f"{found.verify_ms:.2f}",
            _ratio(found.prove_ratio),
            _ratio(found.verify_ratio),
            "" if found.bytes_compact is None else str(found.bytes_compact),
            _ratio(found.verify_compact_ratio),
            found.what,
        )
        for found in report.results
    ]
    if rows:
        print_table(("name", "bytes", "prove ms", "verify ms", "prove ×", "verify ×", "compact", "verify ×", "what"), rows)
    for breakdown in report.breakdowns:
        print_line(f"\n{breakdown.name}: where {breakdown.verify_ms:.2f} ms of a verification go")
        print_table(("ms", "share", "part"), _parts([(p.ms, p.share, p.part) for p in breakdown.parts]))
    for each in report.service:
        print_line(f"\nservice, {each.clients} {'client' if each.clients == 1 else 'clients'}: {each.what}")
        print_table(SERVICE_COLUMNS, [_service_row(each)])
    if report.sums:
        print_line("\nmulti-scalar sums, ms")
        columns = ("points", "blst", "arkworks", "arkworks, ready", "chosen", "chosen, ready")
        print_table(columns, map(_sum_row, report.sums))


def _sum_row(found: SumResult) -> tuple[str, ...]:
    times = (found.blst_ms, found.arkworks_ms, found.arkworks_ready_ms)
    return (str(found.points), *(f"{ms:.3f}" for ms in times), found.chosen, found.chosen_ready)


def _service_row(found: ServiceResult) -> tuple[str, ...]:
    times = (found.per_second, found.p50_ms, found.p95_ms, found.p99_ms)
    together = "" if found.batch_mean is None else f"{found.batch_mean:.1f}"
    return (
        *(f"{value:.1f}" for value in times),
        str(found.errors),
        together,
        f"{found.cpu_ms:.1f}",
        _ratio(found.cpu_ratio),
    )


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _parts(parts: Sequence[tuple[float, float, str]]) -> list[tuple[str, str, str]]:
    return [(f"{ms:.3f}", f"{share:.0%}", part) for ms, share, part in parts]
