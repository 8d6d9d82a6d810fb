"""``credence reputation stress``: what open positions come to when prices, collateral, the oracle or the issuer fail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_facts, print_json, print_table


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("stress", epilog=codes("the positions are not stressed"))(stress)


def stress(
    positions: Annotated[
        Path, typer.Argument(metavar="FILE", help="account, instrument, notional (signed), maintenance, equity.")
    ],
    depth: Annotated[float, typer.Option("--depth", metavar="USD", help="What moves a price by 1 %, once closed.")],
    insurance: Annotated[float, typer.Option("--insurance", metavar="USD", help="The insurance fund.")],
    as_json: AsJson = False,
) -> None:
    """Liquidations, bad debt and cascades of every scenario, over all accounts together."""
    from credence.service.reputation.stress.cascade import read_book, run_stress

    report = run_stress(read_book(positions), depth=depth, insurance=insurance)
    if as_json:
        print_json(report.to_json())
        return
    rows = [
        (
            each.scenario.name,
            str(each.liquidated),
            f"{each.closed:,.0f}",
            f"{each.bad_debt:,.0f}",
            "" if each.cover is None else f"{each.cover:.1%}",
            f"{min(each.move.values()):+.1%} to {max(each.move.values()):+.1%}",
        )
        for each in report.outcomes
    ]
    print_table(("scenario", "liquidated", "closed USD", "bad debt USD", "of the fund", "prices"), rows)
    print_facts({"accounts": f"{report.n}, {report.positions} positions"})
    note(report.limit)
