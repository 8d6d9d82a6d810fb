"""``credence reputation abuse`` and ``evaluate abuse``: rules that open cases, and what they are worth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_facts, print_json, print_table


def add_to(noun: typer.Typer, evaluate: typer.Typer) -> None:
    """Adds both commands."""
    noun.command("abuse", epilog=codes("no rule can look at the tables"))(abuse)
    evaluate.command("abuse", epilog=codes("nothing can be fitted or measured"))(evaluated)


def abuse(
    trades: Annotated[
        Path, typer.Argument(metavar="FILE", help="at, instrument, price, quantity, buyer, seller, aggressor.")
    ],
    orders: Annotated[
        Path | None,
        typer.Option("--orders", metavar="FILE", help="at, ended_at, account, instrument, side, price, quantity, end."),
    ] = None,
    persons: Annotated[
        Path | None, typer.Option("--persons", metavar="FILE", help="account, person: whose an account is, where known.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Cases that named rules open over your trades and orders: for a person to look at, with no other effect."""
    from credence.service.reputation.abuse.looking import look
    from credence.service.reputation.abuse.tape import read_orders, read_trades
    from credence.service.reputation.evaluation.tables import read_table

    known: dict[str, str] = {}
    if persons is not None:
        table = read_table(persons, ("account", "person"))
        known = dict(zip(table.words("account"), table.words("person"), strict=True))
    report = look(read_trades(trades), () if orders is None else read_orders(orders), known)
    if as_json:
        print_json(report.to_json())
        return
    rows = [
        (case.rule, ", ".join(case.accounts), case.instrument, f"{case.first_at:.0f}-{case.last_at:.0f}", case.words)
        for case in report.cases
    ]
    print_table(("rule", "accounts", "instrument", "seconds", "seen"), rows)
    print_facts({"looked at": f"{report.trades} trades, {report.orders} orders", "cases": str(len(report.cases))})
    note(f"{report.effect}; {report.limit}")


def evaluated(
    data: Annotated[Path, typer.Option("--data", metavar="FILE", help="Labelled accounts: FLAG and what they did.")],
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the halves.")] = 1,
    as_json: AsJson = False,
) -> None:
    """A labelled model beside rules and an unsupervised score, on accounts of which nothing was fitted."""
    from credence.service.reputation.evaluation.abuse import evaluate_abuse

    report = evaluate_abuse(data, seed=seed)
    if as_json:
        print_json(report.to_json())
        return
    rows = [
        (name, str(found.named), "" if found.precision is None else f"{found.precision:.3f}", f"{found.recall:.3f}")
        for name, found in report.rules.items()
    ]
    print_table(("rule", "named", "precision", "recall"), rows)
    forests = ", ".join(f"{value:.3f} ({name})" for name, value in report.unsupervised.items())
    print_facts(
        {
            "labelled model": f"AUC {report.labelled:.3f}",
            "isolation forest": f"AUC {forests}: not used",
            "labelled share": f"{report.base:.3f} of {report.n['measured']} measured",
            "left out": f"{report.n['left_out']} rows that lack columns",
        }
    )
    told = report.to_json()
    note(f"{told['unsupervised']['why']}; {told['limit']}")
