"""``credence reputation show``: what is known of a venue's pseudonym, and why it stands where it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import print_facts, print_json, print_line, print_table
from credence.service.cli.reputation_desk import Pseudonym, Venue, bytes_of, open_reputation

if TYPE_CHECKING:
    from credence.service.reputation.forms import ConductAnswer


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("show", epilog=codes("nothing was reported of the pseudonym", "no installation"))(show)


def show(
    pseudonym: Pseudonym,
    client_id: Venue,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Show standing, beliefs and the last 30 days, as the venue reads them. A fall that is found is told by this."""
    from credence.service.reputation.answering import conduct_answer

    raw = bytes_of(pseudonym)
    with open_reputation(data_dir) as desk:
        found = conduct_answer(desk, desk.conduct(client_id, raw))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _tell(found)


def _tell(found: ConductAnswer) -> None:
    for line in found.standing["words"]["plain"]:
        print_line(line)
    beliefs = {"risk": found.belief, **found.beliefs}
    columns = ("belief", "mean", "5 %", "95 %", "effective days", "unit", "largest reasons")
    print_table(columns, [_row(name, belief) for name, belief in beliefs.items()])
    print_facts(
        {
            "score": str(found.belief["score"]),
            "days with events": f"{found.days}, from {found.first_day} to {found.last_day}",
            "model": str(found.belief["model"]),
        }
    )


def _row(name: str, belief: dict[str, Any]) -> tuple[str, ...]:
    low, high = belief["interval"]
    reasons = ", ".join(f"{reason['code']} {reason['effect']:+.3g}" for reason in belief["reasons"])
    numbers = (f"{value:.4g}" for value in (belief["mean"], low, high, belief["effective_n"]))
    return (name.replace("_", " "), *numbers, str(belief["unit"]), reasons)
