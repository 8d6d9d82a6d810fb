"""``credence reputation value``, ``withdrawals`` and ``evaluate churn``: what to expect of accounts, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_facts, print_json, print_table

_FAILED = "nothing can be fitted"

Horizon = Annotated[float, typer.Option("--horizon", metavar="N", help="How far ahead, in the table's unit of time.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the draws that the intervals are made of.")]


def add_to(noun: typer.Typer, evaluate: typer.Typer) -> None:
    """Adds the commands."""
    noun.command("value", epilog=codes(_FAILED))(value)
    noun.command("withdrawals", epilog=codes(_FAILED))(withdrawals)
    evaluate.command("churn", epilog=codes(_FAILED))(churn)


def churn(
    cdnow: Annotated[Path, typer.Option("--cdnow", metavar="FILE", help="frequency, recency and T of each customer.")],
    horizon: Horizon = 39.0,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """Fit BG/NBD to CDNOW's customers, beside the published numbers. Expected transactions, never who is "alive"."""
    from credence.service.reputation.evaluation.churn import PUBLISHED, evaluate_churn

    report = evaluate_churn(cdnow, horizon=horizon, seed=seed).to_json()
    if as_json:
        print_json(report)
        return
    errors = report["standard_errors"]
    rows = [(name, f"{report[name]:.3f}", f"{errors[name]:.3f}", f"{known:.3f}") for name, known in PUBLISHED.items()]
    print_table(("parameter", "fitted", "standard error", "published"), rows)
    each = report["expected_transactions"]["per_account"]
    print_facts(
        {
            "expected": f"{each['mean']:.3f} transactions each within {horizon:g}, {each['low']:.3f} to {each['high']:.3f}",
            "customers": str(report["n"]),
        }
    )
    note(report["limit"])


def value(
    accounts: Annotated[Path, typer.Argument(metavar="FILE", help="frequency, recency, T and value of each account.")],
    horizon: Horizon = 52.0,
    discount: Annotated[float, typer.Option("--discount", metavar="RATE", help="Per unit of time.")] = 0.0015,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """What your accounts will still trade and pay within a horizon, with intervals; of all of them, never of one."""
    from credence.service.reputation.evaluation.churn import read_purchases
    from credence.service.reputation.evaluation.tables import read_table
    from credence.service.reputation.value.bgnbd import expect, fit_bgnbd
    from credence.service.reputation.value.lifetime import lifetime_value

    data, paid = read_purchases(accounts), read_table(accounts, ("value",)).numbers("value")
    fit = fit_bgnbd(data)
    worth = lifetime_value(fit, data, paid, horizon=horizon, discount=discount, seed=seed).to_json()
    expected = expect(fit, data, horizon, seed=seed).to_json()
    if as_json:
        print_json({"fit": fit.to_json(), "expected_transactions": expected, "lifetime_value": worth})
        return
    each = expected["per_account"]
    alike = "undefined" if worth["independence"] is None else f"{worth['independence']:.2f}"
    print_facts(
        {
            "accounts": f"{worth['n']}, of which {worth['paying']} came again",
            "transactions each": f"{each['mean']:.3f}, {each['low']:.3f} to {each['high']:.3f}",
            "lifetime value each": f"{worth['mean']:.2f}, {worth['low']:.2f} to {worth['high']:.2f}",
            "frequency and payment": f"rank correlation {alike}",
        }
    )
    note(worth["limit"])


def withdrawals(
    accounts: Annotated[Path, typer.Argument(metavar="FILE", help="days and withdrew (1, or 0: still there).")],
    at: Annotated[
        list[float] | None, typer.Option("--at", metavar="DAYS", help="Once for each; else 30, 90, 180, 360.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The share of accounts whose capital is still there after so many days, with intervals."""
    from credence.service.reputation.evaluation.tables import read_table
    from credence.service.reputation.value.withdrawal import survival

    table = read_table(accounts, ("days", "withdrew"))
    found = survival(table.numbers("days"), table.numbers("withdrew"), sorted(at or [30.0, 90.0, 180.0, 360.0])).to_json()
    if as_json:
        print_json(found)
        return

    def shown(number: float | None) -> str:
        return "unknown" if number is None else f"{number:.3f}"

    rows = [
        (f"{row['days']:g}", shown(row["share"]), shown(row["low"]), shown(row["high"]), str(row["at_risk"]))
        for row in found["curve"]
    ]
    print_table(("days", "still there", "5 %", "95 %", "accounts seen so long"), rows)
    print_facts(
        {"accounts": f"{found['n']}, of which {found['withdrawn']} withdrew", "median": f"{found['median_days']} days"}
    )
