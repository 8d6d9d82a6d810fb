"""``credence reputation drift``: whether features are still what a model was fitted on, and a refit in shadow if not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credence.circuits.days import write_day
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.model_preview import show_preview
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json, print_table

if TYPE_CHECKING:
    from credence.service.reputation.drift.judging import DriftReport
    from credence.service.reputation.drift.refitting import Shadow


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("drift", epilog=codes("there is too little to compare", "no installation"))(drift)


def drift(
    before: Annotated[
        Path | None, typer.Argument(metavar="[BEFORE", help="A table of what the model was fitted on.", show_default=False)
    ] = None,
    after: Annotated[
        Path | None, typer.Argument(metavar="AFTER]", help="A table of what it reads now.", show_default=False)
    ] = None,
    features: Annotated[
        list[str] | None, typer.Option("--feature", metavar="COLUMN", help="A column of both tables; once for each.")
    ] = None,
    client_id: Annotated[
        str | None, typer.Option("--client", metavar="CLIENT", help="Compare what this venue reported, without tables.")
    ] = None,
    window: Annotated[int, typer.Option("--window", metavar="DAYS", help="Of either side, for --client: 9 to 365.")] = 60,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Compare features then and now. Nobody is priced by what follows.

    Of two tables, or with --client of the accounts of a venue, in the days before today and in as many before them. Where
    one of these has drifted, the venue's model is fitted anew in shadow and kept (credence reputation model --candidate).
    """
    if client_id is None:
        _tables(before, after, features, as_json)
        return
    if before is not None or after is not None or features:
        raise BadUsage("--client compares what the venue reported, and takes no tables")
    from credence.service.app.previewing import preview
    from credence.service.reputation.desk import open_desk
    from credence.service.reputation.drift.refitting import refit_in_shadow

    with opened(data_dir) as services:
        found = refit_in_shadow(open_desk(services), client_id, window)
        seen = None if found.candidate is None else preview(services, client_id, found.candidate.model)
    if as_json:
        print_json({**found.to_json(), "preview": None if seen is None else seen.to_json()})
        return
    _show(found.drift, "accounts", _words(found))
    if seen is not None:
        show_preview(seen)


def _tables(before: Path | None, after: Path | None, features: list[str] | None, as_json: bool) -> None:
    from credence.service.reputation.drift.judging import judge_drift, read_features

    if before is None or after is None or not features:
        raise BadUsage("give two tables and one --feature at least, or --client")
    names = tuple(dict.fromkeys(features))
    report = judge_drift(read_features(before, names), read_features(after, names))
    if as_json:
        print_json(report.to_json())
        return
    _show(report, "rows", "in shadow, to be compared" if report.refit else "not asked for")


def _words(found: Shadow) -> str:
    if found.why_not is not None:
        return f"asked for; but {found.why_not}"
    if found.candidate is None:
        return "not asked for"
    missing = ", ".join(found.candidate.decision.withheld)
    state = f"would be promoted once it shows what is missing: {missing}" if missing else "may be promoted"
    kept = "in shadow" if found.is_new or found.fitted_on is None else f"in shadow since {write_day(found.fitted_on)}"
    from_ = found.candidate.judged_from
    later = "" if from_ is None else f"; of 30 days it is judged from {write_day(from_)} on, and none is fitted before"
    return f"{found.candidate.model.version}, {kept}; {state}{later}"


def _show(report: DriftReport, of: str, refit: str) -> None:
    rows = [
        (each.name, f"{each.psi:.3f}", f"{each.ks:.3f}", f"{each.p:.1e}", "drifted" if each.drifted else "")
        for each in report.features
    ]
    print_table(("feature", "PSI", "KS", "p", ""), rows)
    print_facts({of: f"{report.before} before, {report.after} after", "refit": refit})
    note(report.limit)
