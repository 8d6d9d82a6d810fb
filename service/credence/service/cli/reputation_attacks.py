"""``credence reputation evaluate attacks``: what a person gains by each attack on the live tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.exits import Failed, codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_json, print_table
from credence.service.cli.tariff_file import tariff_or_shipped


def add_to(evaluate: typer.Typer) -> None:
    """Adds the command."""
    evaluate.command("attacks", epilog=codes("an attack gains more than it may"))(attacks)


def attacks(
    tariff: Annotated[
        Path | None, typer.Option("--tariff", metavar="FILE", help="A tariff as JSON; else the one that is shipped.")
    ] = None,
    insured: Annotated[
        float, typer.Option("--insured", metavar="USD", min=0, help="The insurance fund's share for one person.")
    ] = 10_000.0,
    as_json: AsJson = False,
) -> None:
    """Wash, split, pool, whitewash, farm-then-rob, calm-hours: gain of each over honest behaviour, in USD in 30 days.

    Run it on every version of a tariff before it is announced. A gain above 0 is listed with its bound and the reason why it
    is let be; one that is not, or above its bound, ends the command with exit code 1.
    """
    from credence.service.app.attack_venue import attacks_on
    from credence.service.reputation.attacks.setting import Setting

    report = attacks_on(tariff_or_shipped(tariff), Setting(insured=insured))
    if as_json:
        print_json(report.to_json())
    else:
        rows = [
            (
                found.name,
                f"{found.gain:,.2f}",
                "0" if found.bound is None else f"{found.bound:,.2f}",
                "" if found.holds else "more than it may",
                found.best,
            )
            for found in report.findings
        ]
        print_table(("attack", "gain", "may be", "", "best variant"), rows)
        for found in report.findings:
            if found.reason is not None:
                note(f"{found.name}: {found.reason}")
        note(report.limit)
    if not report.holds:
        names = ", ".join(found.name for found in report.findings if not found.holds)
        raise Failed(f"an attack gains more than it may: {names}")
