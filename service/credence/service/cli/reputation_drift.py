"""``credence reputation drift``: whether features are still what a model was fitted on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_facts, print_json, print_table


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("drift", epilog=codes("the tables cannot be compared"))(drift)


def drift(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="A table of what the model was fitted on.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="A table of what it reads now.")],
    features: Annotated[list[str], typer.Option("--feature", metavar="COLUMN", help="A column of both; once for each.")],
    as_json: AsJson = False,
) -> None:
    """Compare features then and now. Where one has drifted a refit in shadow is due; nobody is priced by it."""
    from credence.service.reputation.drift.judging import judge_drift, read_features

    names = tuple(dict.fromkeys(features))
    report = judge_drift(read_features(before, names), read_features(after, names))
    if as_json:
        print_json(report.to_json())
        return
    rows = [
        (each.name, f"{each.psi:.3f}", f"{each.ks:.3f}", f"{each.p:.1e}", "drifted" if each.drifted else "")
        for each in report.features
    ]
    print_table(("feature", "PSI", "KS", "p", ""), rows)
    print_facts(
        {
            "rows": f"{report.before} before, {report.after} after",
            "refit": "in shadow, to be compared" if report.refit else "not asked for",
        }
    )
    note(report.limit)
