"""``credence reputation simulate``: a market and accounts that do not exist, labelled as such in every line."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from credence.service.cli.days import day_given
from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_facts, print_json
from credence.service.cli.progress import progress


class Form(StrEnum):
    """What is written."""

    EVENTS = "events"
    ACCOUNT_DAYS = "account-days"


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("simulate", epilog=codes("a file could not be written"))(simulate)


def simulate(
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the accounts go: NDJSON events, or CSV days.")],
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="The same seed gives the same files.")] = 1,
    accounts: Annotated[int, typer.Option("--accounts", metavar="N", min=1, max=10_000)] = 200,
    days: Annotated[int, typer.Option("--days", metavar="N", min=1, max=1_000)] = 90,
    first_day: Annotated[str, typer.Option("--first-day", metavar="YYYY-MM-DD")] = "2025-01-01",
    form: Annotated[Form, typer.Option("--form", help="Single events, or what each account's day comes to.")] = Form.EVENTS,
    market: Annotated[
        Path | None, typer.Option("--market", metavar="FILE", help="Where the prices by the hour go, as CSV.")
    ] = None,
    calibrate: Annotated[
        list[Path] | None,
        typer.Option("--calibrate", metavar="FILE", help="CSV with date and price, or date and account; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate what no public data has: equity, margin calls and liquidations of accounts. It says nothing of any market."""
    from dataclasses import asdict

    from credence.service.reputation.simulator import SIMULATED, writing
    from credence.service.reputation.simulator.accounts import simulate as simulated
    from credence.service.reputation.simulator.measuring import calibrate as measured

    first = day_given("--first-day", first_day)
    found = measured(calibrate or ())
    made = simulated(accounts, days, seed=seed, first_day=first, activity=found.activity, model=found.market)
    write = writing.write_events if form is Form.EVENTS else writing.write_account_days
    with progress() as tell:
        count = write(made, out, tell)
    hours = None if market is None else writing.write_market(made, market)
    told = {
        "label": SIMULATED,
        "seed": seed,
        "accounts": accounts,
        "days": days,
        form.value.replace("-", "_"): count,
        "hours": hours,
        "market": asdict(made.market.model) | {"measured_on_returns": found.returns or None},
        "activity": {"active_shares": list(made.activity.active_shares), "measured_on_accounts": found.accounts or None},
    }
    if as_json:
        print_json(told)
        return
    facts = {name: str(value) for name, value in told.items() if value is not None and not isinstance(value, dict)}
    model = made.market.model
    facts["market"] = f"deviation {model.calm_deviation:.4f} calm, {model.stressed_deviation:.4f} stressed"
    facts["market"] += f"; measured on {found.returns} returns" if found.returns else "; as it comes with the package"
    facts["activity"] = f"measured on {found.accounts} accounts" if found.accounts else "as it comes with the package"
    print_facts(facts)
    note("simulated: it says how the machinery behaves, and nothing of any market or person")
