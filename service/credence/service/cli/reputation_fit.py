"""``credence reputation fit`` and ``model``: a venue's own numbers of beliefs, fitted, tried, promoted and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credence.service.cli.days import day_given
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json, print_line, print_table

if TYPE_CHECKING:
    from credence.service.reputation.fitting.candidate import Candidate

_Client = Annotated[str, typer.Option("--client", metavar="CLIENT", help="The venue whose pseudonyms these are.")]


def add_to(noun: typer.Typer) -> None:
    """Adds both commands."""
    missing = "what --promote asks for is missing"
    noun.command("fit", epilog=codes(missing, "no installation"))(fit)
    noun.command("model", epilog=codes("there is no promoted model", "no installation"))(model)


def fit(
    client_id: _Client,
    split_date: Annotated[
        str, typer.Option("--split-date", metavar="YYYY-MM-DD", help="The first day to be judged on; fitted is before it.")
    ],
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Where the candidate goes, as JSON.")] = None,
    promote: Annotated[
        bool, typer.Option("--promote", help="Let it count for this venue, if it wins out of time and is fair.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fit prior, base rate and memory of risk to a venue's own past, and try them on the days that came later."""
    from credence.service.reputation.desk import open_desk
    from credence.service.reputation.fitting.candidate import fit_candidate
    from credence.service.reputation.fitting.histories import read_history
    from credence.service.reputation.fitting.promoting import promote_model
    from credence.service.reputation.models import document_of
    from credence.service.reputation.promotion import NotPromoted, Promoted

    split = day_given("--split-date", split_date)
    with opened(data_dir) as services:
        desk = open_desk(services)
        found, counts = read_history(desk, client_id)
        with desk.store.reading() as session:
            document = document_of(session, client_id)
        candidate = fit_candidate(found, counts, document, split)
        if out is not None:
            out.write_text(candidate.document, encoding="utf-8")
        refused: NotPromoted | None = None
        if promote:
            try:
                promote_model(desk, client_id, Promoted(candidate, candidate.decision))
            except NotPromoted as error:
                refused = error
    if as_json:
        print_json({**candidate.to_json(), "promoted": promote and refused is None})
    else:
        _show(candidate, counts.version)
    if refused is not None:
        raise Failed(f"the candidate is not promoted: {', '.join(refused.withheld)}")
    if promote and not as_json:
        note(f"{candidate.model.version} counts for {client_id} from now on")


def model(
    client_id: _Client,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take the promoted model back; the one before it counts again.")
    ] = False,
    candidate: Annotated[
        bool, typer.Option("--candidate", help="What was fitted in shadow last, and what it shows by now.")
    ] = False,
    promote: Annotated[
        bool, typer.Option("--promote", help="With --candidate: let it count, if it wins out of time and is fair.")
    ] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the numbers that count for a venue's pseudonyms, as a file; or those that were fitted in shadow."""
    import json

    if (promote and not candidate) or (withdraw and candidate):
        raise BadUsage("--promote goes with --candidate, and --withdraw with neither")
    if candidate:
        _in_shadow(client_id, promote, data_dir, as_json)
        return

    from credence.service.reputation.desk import open_desk
    from credence.service.reputation.fitting import promoting
    from credence.service.reputation.models import document_of, model_of

    with opened(data_dir) as services:
        desk = open_desk(services)
        if withdraw and promoting.withdraw(desk, client_id) is None:
            raise Failed(f"no model was promoted for {client_id}")
        with desk.store.reading() as session:
            version, document = model_of(session, client_id).version, document_of(session, client_id)
    if as_json:
        print_json({"model": version, "document": json.loads(document)})
        return
    print_line(version)
    print_line(document.rstrip("\n"))


def _in_shadow(client_id: str, promote: bool, data_dir: Path | None, as_json: bool) -> None:
    """Shows a refit, judged on every day since its split; it counts through the door that any candidate takes."""
    from credence.service.reputation.desk import open_desk
    from credence.service.reputation.drift.refitting import shadowed
    from credence.service.reputation.fitting.promoting import promote_model
    from credence.service.reputation.models import model_of
    from credence.service.reputation.promotion import NotPromoted, Promoted

    refused: NotPromoted | None = None
    with opened(data_dir) as services:
        desk = open_desk(services)
        found = shadowed(desk, client_id)
        if found is None:
            raise Failed(f"nothing was fitted in shadow for {client_id}")
        row, judged = found
        with desk.store.reading() as session:
            version = model_of(session, client_id).version
        if promote:
            try:
                promote_model(desk, client_id, Promoted(judged, judged.decision))
            except NotPromoted as error:
                refused = error
    if as_json:
        print_json({**judged.to_json(), "fitted_on_day": row.day, "promoted": promote and refused is None})
    else:
        _show(judged, version)
    if refused is not None:
        raise Failed(f"the candidate is not promoted: {', '.join(refused.withheld)}")


def _show(candidate: Candidate, before: str) -> None:
    old, new = candidate.before.to_json(), candidate.fitted.to_json()
    names = {"shape": "prior a", "rate": "events per expected", "half_life": "half-life, days"}
    rows: list[tuple[Any, ...]] = [(words, f"{old[name]:g}", f"{new[name]:g}") for name, words in names.items()]
    rows.append(("log loss a day, out of time", *(f"{loss:.4f}" for loss in candidate.losses)))
    months = candidate.liquidations
    if months is not None:
        rows.append(("liquidation in 30 days, at θ = 1", *(f"{hazard:g}" for hazard in months.hazards)))
        rows.append(("log loss of 30 days, out of time", *(f"{loss:.4f}" for loss in months.losses)))
        rows.append((f"said, where {months.seen:.1%} were seen", *(f"{share:.1%}" for share in months.said)))
    print_table(("", before, candidate.model.version), rows)
    decision = candidate.decision
    missing = ", ".join(decision.withheld)
    trial = "none" if decision.trial is None else f"{decision.trial.gain:.4f} ± {decision.trial.error:.4f} nats an account"
    print_facts(
        {
            "account-days": f"{candidate.days[0]} fitted, {candidate.days[1]} judged, of {candidate.accounts} accounts",
            "gain": trial,
            "fair": "yes" if decision.fairness is not None and decision.fairness.passed else "no, or no groups to compare",
            "candidate": f"may be promoted{'' if not missing else f' once it shows what is missing: {missing}'}",
        }
    )
