"""``credence ledger reconcile``: going on with a log that its witness does not know."""

from __future__ import annotations

import secrets
from typing import Annotated

import typer

from credence.service.cli.exits import codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json
from credence.service.cli.passphrase import confirm


def register(ledger: typer.Typer) -> None:
    """Adds the command to the noun."""
    ledger.command(epilog=codes("it was not confirmed, or the log contradicts itself", "no installation"))(reconcile)


def reconcile(
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why, for the journal; one line.")],
    data_dir: DataDir = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take the log as the database has it, although its witness saw another one. Recorded beside the witness and in the log.

    A log that was restored from a backup lacks what was published after it, and whoever kept a later checkpoint can prove
    that. Restore the newest backup there is before you decide, and tell those who follow the log.
    """
    with opened(data_dir) as services:
        finding = services.ledger.disagreement()
        if finding is None:
            if as_json:
                print_json({"reconciled": False, "finding": None})
            else:
                note("the log extends what its witness saw: there is nothing to reconcile")
            return
        note(f"The log is not the one that its witness saw: {finding}.")
        confirm("What was published and is not in this database stays lost. Go on with the database as it is?", yes=yes)
        found = services.ledger.reconcile(reason, secrets.token_bytes)
    if found is None:  # somebody else was quicker
        note("the log extends what its witness saw: there is nothing to reconcile")
        return
    facts = {
        "finding": str(found.finding),
        "index": found.index,
        "leaf": found.leaf.hex(),
        "size": found.checkpoint.size,
        "journal": str(found.journal),
    }
    if as_json:
        print_json({"reconciled": True, **facts})
    else:
        print_facts({name: str(value) for name, value in facts.items()})
        note("the log goes on; keep the journal, and tell those who follow the log")
