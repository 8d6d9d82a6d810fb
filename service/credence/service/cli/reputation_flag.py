"""``credence reputation flag``: a venue's hard flag on one of its pseudonyms, or its end."""

from __future__ import annotations

from typing import Annotated

import typer

from credence.service.cli.exits import codes
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import print_json, print_line
from credence.service.cli.reputation_desk import Pseudonym, Venue, bytes_of, open_reputation


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("flag", epilog=codes("nothing was reported of the pseudonym", "no installation"))(flag)


def flag(
    pseudonym: Pseudonym,
    client_id: Venue,
    lift: Annotated[bool, typer.Option("--lift", help="End the flag; it then was never there.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Set a hard flag: the pseudonym stands at RX, may only reduce, and no credential from elsewhere lifts that."""
    raw = bytes_of(pseudonym)
    with open_reputation(data_dir) as desk:
        state = desk.flag(client_id, raw, lifted=lift)
    if as_json:
        print_json({**state.to_json(), "words": state.words()})
        return
    for line in state.words()["plain"]:
        print_line(line)
