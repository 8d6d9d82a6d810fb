"""``credence reputation cases``: rules over what a venue reported, the cases that they open, and what these were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, cast, get_args

import typer

from credence.service.cli.days import day_given
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note as said
from credence.service.cli.output import print_facts, print_json, print_table
from credence.service.cli.reputation_desk import open_reputation

if TYPE_CHECKING:
    from credence.service.reputation.cases.reading import CaseView

cases: Final = typer.Typer(help="Cases that named rules open over a venue's reports.", no_args_is_help=True)

_Client = Annotated[str, typer.Option("--client", metavar="CLIENT", help="The venue whose cases these are.")]
_Case = Annotated[str, typer.Argument(metavar="CASE", help="A case's id.")]
_NO_CASE: Final = "there is no such case"


def add_to(noun: typer.Typer) -> None:
    """Adds the noun."""
    noun.add_typer(cases, name="cases")


@cases.command(epilog=codes("the day cannot be looked over", "no installation"))
def look(
    client_id: _Client,
    day: Annotated[str, typer.Option("--day", metavar="YYYY-MM-DD", help="A day of UTC that is over.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Look over a day of a venue's reports: each finding opens one case, for a person. Looking again opens no second."""
    from credence.service.reputation.cases.looking import MOST, look_over

    number = day_given("--day", day)
    with open_reputation(data_dir) as desk:
        found = look_over(desk.services, client_id, number, most=MOST)
    if as_json:
        print_json({**found.to_json(), "day": day})
        return
    print_facts(
        {
            "cases": f"{found.opened} opened, {found.known} known, {found.left_out} left to the next look",
            "looked at": f"{found.trades} trades, {found.cancels} cancels",
            "not looked at": f"{found.unpaired} of {found.fills} fills, whose other side is not told",
        }
    )
    said("nobody's standing, price or limit follows from a case")


@cases.command("list", epilog=codes(_NO_CASE, "no installation"))
def list_cases(
    client_id: _Client,
    is_open: Annotated[bool, typer.Option("--open", help="Only those that nobody closed.")] = False,
    before: Annotated[str | None, typer.Option("--before", metavar="CASE", help="Only those older than this one.")] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List a venue's cases, newest first, and what each rule was worth so far."""
    from credence.service.reputation.cases import reading

    with open_reputation(data_dir) as desk, desk.store.reading() as session:
        found = reading.listed(session, client_id, state="open" if is_open else None, before=before)
        rules = reading.worth(session, client_id)
    if as_json:
        print_json({"cases": [_told(view) for view in found], "rules": rules})
        return
    print_table(
        ("case", "rule", "instrument", "accounts", "seen", "state"),
        [
            (row.case_id, row.rule, row.instrument, str(len(view.accounts)), row.reason, row.note or "open")
            for view in found
            for row in (view.row,)
        ],
    )
    print_table(
        ("rule", "open", "confirmed", "explained", "mistaken", "precision"),
        [
            (
                rule,
                *(str(worth[name]) for name in ("open", "confirmed", "explained", "mistaken")),
                "not known" if worth["precision"] is None else f"{worth['precision']:.2f}",
            )
            for rule, worth in rules.items()
        ],
    )


@cases.command(epilog=codes(_NO_CASE, "no installation"))
def show(case_id: _Case, client_id: _Client, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show one case: what was seen, when, how much of it, and of whom."""
    from credence.service.reputation.cases import reading

    with open_reputation(data_dir) as desk, desk.store.reading() as session:
        found = reading.view(session, client_id, case_id)
    _show(found, as_json)


@cases.command(epilog=codes("there is no such case, or it was closed with another note", "no installation"))
def close(
    case_id: _Case,
    client_id: _Client,
    note: Annotated[str, typer.Option("--note", metavar="NOTE", help="confirmed, explained, mistaken or duplicate.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what a case was, for good. It counts for what the rule is worth, and for nobody's standing."""
    from functools import partial

    from credence.service.reputation.cases import reading
    from credence.service.reputation.cases.words import Note

    if note not in get_args(Note):
        raise BadUsage(f"--note is one of {', '.join(get_args(Note))}")
    with open_reputation(data_dir) as desk:
        work = partial(reading.close, client_id=client_id, case_id=case_id, note=cast(Note, note), now=desk.services.clock())
        found = desk.store.run(work)
    _show(found, as_json)


def _told(view: CaseView) -> dict[str, Any]:
    from credence.service.reputation.cases.forms import CaseAnswer

    return CaseAnswer.of(view).model_dump(mode="json")


def _show(view: CaseView, as_json: bool) -> None:
    told = _told(view)
    if as_json:
        print_json(told)
        return
    print_facts(
        {
            "case": told["case_id"],
            "rule": f"{told['rule']}, {told['instrument']}, {told['day']}",
            "seen": f"{told['reason']} (a case from {told['needed']:,} on)",
            "seconds": f"{told['first_at']}-{told['last_at']}",
            "accounts": ", ".join(told["pseudonyms"]),
            "state": told["note"] or "open",
        }
    )
