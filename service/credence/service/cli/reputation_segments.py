"""``credence reputation segments``: what kinds of accounts a venue has, and what each kind earns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_facts, print_json, print_table


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("segments", epilog=codes("the accounts are not told apart"))(segments)


def segments(
    accounts: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="account, profit, volume, trades, leverage, maker_share, net_share, tenure of each."
        ),
    ],
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the fit and the resamples.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Kinds of accounts, how stable they are, and profit and loss of each. Nothing under 20 accounts is shown."""
    from credence.service.reputation.segments.features import read_accounts
    from credence.service.reputation.segments.mixture import find_segments

    report = find_segments(read_accounts(accounts), seed=seed)
    if as_json:
        print_json(report.to_json())
        return
    rows = [
        (
            each.name,
            f"{each.accounts:.0f}",
            f"{each.centre['volume']:,.0f}",
            f"{each.centre['maker_share']:.2f}",
            f"{each.centre['net_share']:.2f}",
            f"{each.centre['leverage']:.1f}",
            f"{each.centre['tenure']:.0f}",
            f"{each.profit:,.0f} ({each.profit_low:,.0f} to {each.profit_high:,.0f})",
        )
        for each in report.segments
    ]
    print_table(("segment", "accounts", "volume", "maker", "net", "leverage", "tenure", "profit each, 5-95 %"), rows)
    print_facts(
        {
            "accounts": f"{report.n}, of which {report.withheld:.0f} in segments too small to show",
            "stability": f"Rand index {report.ari[0]:.2f}, 5 % at {report.ari[1]:.2f}, over {report.resamples} resamples",
        }
    )
    if not report.stable:
        note("segments change from resample to resample: rely on none of them")
    note(report.limit)
