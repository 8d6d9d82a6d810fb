"""``credence demo``: the whole journey on this machine, from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.exits import Failed, codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import console, print_json


def register(app: typer.Typer, panel: str) -> None:
    """Adds the command."""
    app.command("demo", rich_help_panel=panel, epilog=codes("a step failed"))(demo)


def demo(
    as_json: AsJson = False,
    ofac: Annotated[
        Path | None,
        typer.Option("--ofac", metavar="CSV", exists=True, dir_okay=False, help="Screen against the real list, sdn.csv."),
    ] = None,
    un: Annotated[
        Path | None,
        typer.Option("--un", metavar="XML", exists=True, dir_okay=False, help="And against the UN's consolidated list."),
    ] = None,
    days: Annotated[
        Path | None,
        typer.Option("--days", metavar="CSV", exists=True, dir_okay=False, help="Price real accounts (account_days.csv)."),
    ] = None,
) -> None:
    """Run the journey over HTTP on a fresh service: two persons, two venues, terms side by side, and what is refused."""
    from credence.service.demo import run_demo

    report = run_demo(None if as_json else console(), ofac=ofac, un=un, days=days)
    if as_json:
        print_json(report.to_json())
    if not report.ok:
        raise Failed(f"the demo failed: {report.failure}")
