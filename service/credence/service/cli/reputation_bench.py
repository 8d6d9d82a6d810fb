"""``credence reputation bench``: events a second through every feature, and how long a score for everybody takes."""

from __future__ import annotations

from typing import Annotated

import typer

from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_facts, print_json
from credence.service.cli.progress import progress


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("bench", epilog=codes("a measurement failed"))(bench)


def bench(
    events: Annotated[int, typer.Option("--events", metavar="N", min=1_000, max=100_000_000)] = 1_000_000,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the invented events.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Reduce a file of invented events to daily statistics, beside a plain grouping of the same file by DuckDB."""
    from credence.service.reputation.bench.measuring import measure

    if not as_json:
        note("measuring; ten million events take a minute or two, and about 3 GB of memory and disk")
    with progress() as tell:
        found = measure(events, seed=seed, tell=tell)
    if as_json:
        print_json(found.to_json())
        return
    print_facts(
        {
            "events": f"{found.events:,}, reduced to {found.rows:,} days",
            "events a second": f"{found.events_per_s:,}",
            "against DuckDB": f"{found.ratio_to_duckdb} of a plain grouping's speed ({found.duckdb_seconds} s)",
            "500,000 scores": f"{found.rescore_500k_s} s",
            "memory": f"{found.peak_mb} MB at most",
        }
    )
