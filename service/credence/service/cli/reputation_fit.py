"""``credence reputation fit`` and ``model``: a venue's own numbers of beliefs, fitted, tried, promoted and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credence.circuits.days import write_day
from credence.service.cli.days import day_given
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.model_preview import show_preview
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json, print_line, print_table

if TYPE_CHECKING:
    from credence.service.app.previewing import Preview
    from credence.service.reputation.desk import Desk
    from credence.service.reputation.fitting.candidate import Candidate

_Client = Annotated[str, typer.Option("--client", metavar="CLIENT", help="The venue whose pseudonyms these are.")]
_Level = Annotated[
    int | None,
    typer.Option("--kyc-level", min=0, max=3, metavar="0-3", help="What a preview assumes of who answered no session."),
]
_Despite = Annotated[
    bool,
    typer.Option("--despite-falls", help="Promote it although more than 5 % of who has a score would fall to RX."),
]


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
    despite_falls: _Despite = False,
    kyc_level: _Level = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Fit prior, base rate and memory of risk to a venue's own past, and try them on the days that came later.

    Says too who would stand elsewhere today if the candidate counted. Of fewer than 20 pseudonyms nothing is shown.
    """
    from credence.service.app.previewing import preview
    from credence.service.reputation.desk import open_desk
    from credence.service.reputation.fitting.candidate import fit_candidate
    from credence.service.reputation.fitting.histories import read_history
    from credence.service.reputation.models import document_of

    if despite_falls and not promote:
        raise BadUsage("--despite-falls goes with --promote")
    split = day_given("--split-date", split_date)
    with opened(data_dir) as services:
        desk = open_desk(services)
        found, counts = read_history(desk, client_id)
        with desk.store.reading() as session:
            document = document_of(session, client_id)
        candidate = fit_candidate(found, counts, document, split)
        if out is not None:
            out.write_text(candidate.document, encoding="utf-8")
        seen = preview(services, client_id, candidate.model, kyc_level=kyc_level)
        refused = _promoted(desk, client_id, candidate, seen, despite=despite_falls) if promote else None
    if as_json:
        print_json({**candidate.to_json(), "preview": seen.to_json(), "promoted": promote and refused is None})
    else:
        _show(candidate, counts.version)
        show_preview(seen)
    if refused is not None:
        raise Failed(refused)
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
    despite_falls: _Despite = False,
    kyc_level: _Level = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show the numbers that count for a venue's pseudonyms, as a file; or those that were fitted in shadow."""
    import json

    if (promote and not candidate) or (withdraw and candidate) or (despite_falls and not promote):
        raise BadUsage("--promote goes with --candidate, --despite-falls with --promote, and --withdraw with none of them")
    if candidate:
        _in_shadow(client_id, promote, despite_falls, kyc_level, data_dir, as_json)
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


def _in_shadow(
    client_id: str, promote: bool, despite_falls: bool, kyc_level: int | None, data_dir: Path | None, as_json: bool
) -> None:
    """Shows a refit, judged on every day since its split; it counts through the door that any candidate takes."""
    from credence.service.app.previewing import preview
    from credence.service.reputation.desk import open_desk
    from credence.service.reputation.drift.refitting import shadowed
    from credence.service.reputation.models import model_of

    with opened(data_dir) as services:
        desk = open_desk(services)
        found = shadowed(desk, client_id)
        if found is None:
            raise Failed(f"nothing was fitted in shadow for {client_id}")
        row, judged = found
        with desk.store.reading() as session:
            version = model_of(session, client_id).version
        seen = preview(services, client_id, judged.model, kyc_level=kyc_level)
        refused = _promoted(desk, client_id, judged, seen, despite=despite_falls) if promote else None
    if as_json:
        more = {"preview": seen.to_json(), "fitted_on_day": row.day, "promoted": promote and refused is None}
        print_json({**judged.to_json(), **more})
    else:
        _show(judged, version)
        show_preview(seen)
    if refused is not None:
        raise Failed(refused)


def _promoted(desk: Desk, client_id: str, candidate: Candidate, seen: Preview, *, despite: bool) -> str | None:
    """Lets a candidate count, and None; or why it may not."""
    from credence.service.reputation.fitting.promoting import ManyFall, promote_model, refuse_falls
    from credence.service.reputation.promotion import NotPromoted, Promoted

    try:
        promoted = Promoted(candidate, candidate.decision)
        refuse_falls(seen.moves, despite=despite)
    except NotPromoted as error:
        return f"the candidate is not promoted: {', '.join(error.withheld)}"
    except ManyFall as error:
        return f"the candidate is not promoted: {error.reason} (--despite-falls promotes it all the same)"
    promote_model(desk, client_id, promoted)
    return None


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
    later = "" if candidate.judged_from is None else f"; of 30 days it is judged from {write_day(candidate.judged_from)} on"
    missing = ", ".join(decision.withheld)
    trial = "none" if decision.trial is None else f"{decision.trial.gain:.4f} ± {decision.trial.error:.4f} nats an account"
    print_facts(
        {
            "account-days": f"{candidate.days[0]} fitted, {candidate.days[1]} judged, of {candidate.accounts} accounts",
            "gain": trial,
            "fair": "yes" if decision.fairness is not None and decision.fairness.passed else "no, or no groups to compare",
            "candidate": f"may be promoted{'' if not missing else f' once it shows what is missing: {missing}'}{later}",
        }
    )
