"""``credence reputation``: conduct as it is reported, believed and answered with terms."""

from __future__ import annotations

from typing import Final

import typer

from credence.service.cli import (
    reputation_abuse,
    reputation_attacks,
    reputation_bench,
    reputation_cases,
    reputation_drift,
    reputation_fairness,
    reputation_fit,
    reputation_flag,
    reputation_ingest,
    reputation_links,
    reputation_report,
    reputation_segments,
    reputation_shadow,
    reputation_show,
    reputation_simulate,
    reputation_stress,
    reputation_value,
)
from credence.service.cli.reputation_evaluate import evaluate

reputation: Final = typer.Typer(
    help="Conduct: what is reported, what is believed of it, what follows.", no_args_is_help=True
)


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    reputation_ingest.add_to(reputation)
    reputation_attacks.add_to(evaluate)
    reputation_fairness.add_to(evaluate)
    reputation_abuse.add_to(reputation, evaluate)
    reputation_cases.add_to(reputation)
    reputation_links.add_to(reputation, evaluate)
    reputation_report.add_to(reputation)
    reputation_segments.add_to(reputation)
    reputation_drift.add_to(reputation)
    reputation_stress.add_to(reputation)
    reputation_value.add_to(reputation, evaluate)
    reputation.add_typer(evaluate, name="evaluate")
    reputation_bench.add_to(reputation)
    reputation_shadow.add_to(reputation)
    reputation_show.add_to(reputation)
    reputation_simulate.add_to(reputation)
    reputation_flag.add_to(reputation)
    reputation_fit.add_to(reputation)
    app.add_typer(reputation, name="reputation", rich_help_panel=panel)
