"""``credence reputation evaluate``: beliefs held against outcomes that they were not fitted on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from credence.service.cli.days import day_given
from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_facts, print_json, print_table

if TYPE_CHECKING:
    from credence.service.reputation.evaluation.measures import Measures

evaluate: Final = typer.Typer(help="Measure beliefs on outcomes that they were not fitted on.", no_args_is_help=True)

_FAILED: Final = "nothing can be fitted or measured"


@evaluate.command("uci", epilog=codes(_FAILED))
def uci(
    train: Annotated[Path, typer.Option("--train", metavar="A.csv", help="Accounts that every model is fitted on.")],
    test: Annotated[Path, typer.Option("--test", metavar="B.csv", help="Other accounts, that they are measured on.")],
    as_json: AsJson = False,
) -> None:
    """Predict the last month of card accounts (UCI "Default of credit card clients") from the five months before.

    The challenger is reported beside the belief; the last lines say whether it may take its place, and what is missing.
    """
    from credence.service.reputation.evaluation.uci import evaluate_uci

    report = evaluate_uci(train, test)
    if as_json:
        print_json(report.to_json())
        return
    _show(report.models)
    fair = {
        name: "calibrated in every group" if found.passed else "not calibrated in every group, or no groups to compare"
        for name, found in report.fairness.items()
    }
    missing = ", ".join(report.promotion.withheld)
    print_facts(
        {
            "accounts": f"{report.accounts['train']} fitted, {report.accounts['test']} measured",
            **{f"fairness of {name}": words for name, words in fair.items()},
            "challenger": f"{report.promotion.state}{f' ({missing})' if missing else ''}",
        }
    )


@evaluate.command("hyperliquid", epilog=codes(_FAILED))
def hyperliquid(
    data: Annotated[Path, typer.Option("--data", metavar="FILE", help="Account-days: date, account, daily_pnl.")],
    split_date: Annotated[
        str,
        typer.Option("--split-date", metavar="YYYY-MM-DD", help="The first day to be predicted; fitted is on those before."),
    ],
    as_json: AsJson = False,
) -> None:
    """Predict which days of perpetual-futures accounts win, out of time: from each account's days before alone."""
    from credence.service.reputation.evaluation.hyperliquid import evaluate_hyperliquid

    split = day_given("--split-date", split_date)
    report = evaluate_hyperliquid(data, split)
    if as_json:
        print_json(report.to_json())
        return
    _show(report.models)
    ranked = "undefined" if report.sharpe is None else f"{report.sharpe:.2f}"
    print_facts(
        {
            "days": f"{report.days['train']} fitted, {report.days['test']} measured, of {report.accounts} accounts",
            "best": report.best,
            "half-life": f"{report.priors['forgetting'].short:.1f} days",
            "Sharpe ratio, past against future": f"rank correlation {ranked} of {report.ranked} accounts",
        }
    )
    note("a Sharpe ratio never lowers margin (docs/reputation.md)")


def _show(models: Mapping[str, Measures]) -> None:
    rows = (
        (name, *(f"{value:.4f}" for value in (found.log_loss, found.brier, found.ece)), _area(found.auc))
        for name, found in models.items()
    )
    print_table(("model", "log loss", "Brier", "ECE", "AUC"), rows)


def _area(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"
