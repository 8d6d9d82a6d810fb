"""``credence reputation evaluate fairness``: whether what counts for a venue is right within groups of its accounts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.days import day_given
from credence.service.cli.exits import codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json, print_table


def add_to(evaluate: typer.Typer) -> None:
    """Adds the command."""
    evaluate.command("fairness", epilog=codes("there is nothing to judge", "no installation"))(fairness)


def fairness(
    client_id: Annotated[str, typer.Option("--client", metavar="CLIENT", help="The venue whose accounts these are.")],
    split_date: Annotated[
        str, typer.Option("--split-date", metavar="YYYY-MM-DD", help="The first day to be judged; known are those before.")
    ],
    bands: Annotated[
        Path | None,
        typer.Option("--bands", metavar="FILE", help="pseudonym, band: your names of jurisdictions. It is kept nowhere."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Hold chances of a margin event against what happened, by tenure, size and the bands that you name.

    Groups of fewer than 20 accounts are not shown, and neither is what would tell them.
    """
    from credence.service.reputation.desk import open_desk
    from credence.service.reputation.fitting.fairness import judge_venue_fairness, read_bands
    from credence.service.reputation.fitting.histories import read_history

    split = day_given("--split-date", split_date)
    banded = None if bands is None else read_bands(bands)
    with opened(data_dir) as services:
        history, model = read_history(open_desk(services), client_id)
    found = judge_venue_fairness(history, model, split, banded)
    told = found.to_json()
    if as_json:
        print_json(told)
        return
    rows = [
        (
            group["attribute"],
            group["band"],
            str(group["accounts"]),
            str(group["account_days"]),
            f"{group['predicted']:.4f}",
            f"{group['observed']:.4f}",
            f"{group['worst_gap']:+.4f}",
            "unfair" if not group["fair"] else "right" if group["judged"] else "too few to judge",
        )
        for group in found.groups
    ]
    print_table(("by", "band", "accounts", "account-days", "said", "happened", "worst gap", ""), rows)
    print_facts(
        {
            "model": found.model,
            "right in every group": "yes" if found.report.passed else "no, or no two groups to compare",
            "not shown": f"{found.report.withheld} accounts, in groups under {told['least_accounts']} or beside one",
        }
    )
    note(told["limit"])
