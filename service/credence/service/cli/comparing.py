"""``credence ledger compare-documents``: do two documents of an issuer tell one story?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credence.service.cli.documents import read_as
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.options import AsJson
from credence.service.cli.output import note, print_facts, print_json

if TYPE_CHECKING:
    from credence.circuits.issuer_document import IssuerDocument


def register(ledger: typer.Typer) -> None:
    """Adds the verb."""
    ledger.command("compare-documents", epilog=codes("the documents are a fork"))(compare_documents)


def compare_documents(
    one: Annotated[Path, typer.Argument(metavar="ONE", help="A document as the issuer showed it to somebody.")],
    other: Annotated[
        Path, typer.Argument(metavar="OTHER", help="One as it showed it to somebody else, or at another time.")
    ],
    as_json: AsJson = False,
) -> None:
    """Say whether one of two documents of an issuer continues the other. If neither does, it is a fork.

    Both leaves in the issuer's log prove who made it: `credence ledger prove LEAF --url URL --log-key KEY`.
    """
    from credence.circuits.succession import are_forked

    shown = _document(one), _document(other)
    if shown[0].issuer != shown[1].issuer:
        raise BadUsage("the documents are of two issuers")
    forked = are_forked(*shown)
    digests, leaves = [each.digest().hex() for each in shown], [each.leaf().hex() for each in shown]
    if as_json:
        print_json({"ok": not forked, "issuer": shown[0].issuer, "digests": digests, "leaves": leaves})
    else:
        print_facts({"issuer": shown[0].issuer, "digests": " ".join(digests), "leaves": " ".join(leaves)})
    if forked:
        raise Failed("the documents are a fork: neither continues the other")
    if not as_json:
        note("the documents are the same, or one continues the other")


def _document(path: Path) -> IssuerDocument:
    from credence.circuits.issuer_document import IssuerDocument

    return read_as(path, "the issuer's document", IssuerDocument.parse)
