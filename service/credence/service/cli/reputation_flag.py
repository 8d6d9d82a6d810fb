"""``credence reputation flag``: a venue's hard flag on one of its pseudonyms, or its end."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import print_json, print_line


def add_to(noun: typer.Typer) -> None:
    """Adds the command."""
    noun.command("flag", epilog=codes("nothing was reported of the pseudonym", "no installation"))(flag)


def flag(
    pseudonym: Annotated[str, typer.Argument(metavar="PSEUDONYM", help="As the venue's decisions name it, base64url.")],
    client_id: Annotated[str, typer.Option("--client", metavar="CLIENT", help="The venue whose pseudonym it is.")],
    lift: Annotated[bool, typer.Option("--lift", help="End the flag; it then was never there.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Set a hard flag: the pseudonym stands at RX, may only reduce, and no credential from elsewhere lifts that."""
    from credence.circuits.encoding import b64u_decode
    from credence.circuits.errors import CircuitError
    from credence.service.app.standings import acceptances_of
    from credence.service.reputation.desk import open_desk

    try:
        raw = b64u_decode(pseudonym, max_length=128)
    except CircuitError as error:
        raise BadUsage("a pseudonym is written in base64url") from error
    with opened(data_dir) as services:
        desk = open_desk(replace(services, accepted=acceptances_of(services)))
        state = desk.flag(client_id, raw, lifted=lift)
    if as_json:
        print_json({**state.to_json(), "words": state.words()})
        return
    for line in state.words()["plain"]:
        print_line(line)
