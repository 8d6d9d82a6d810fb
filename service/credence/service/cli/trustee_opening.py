"""``credence trustee open`` and ``record``: a share for a warrant, once everything about it was checked; what was done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credence.service.cli.documents import read_as, read_object, write_private
from credence.service.cli.exits import BadUsage, codes
from credence.service.cli.options import AsJson, ServiceUrl
from credence.service.cli.output import note, print_json, print_line
from credence.service.cli.remote import service_at
from credence.service.cli.trustee_options import (
    ExhibitFile,
    Folder,
    IssuerFiles,
    PassphraseFile,
    VerifierFile,
    issuers_of,
    open_trustee,
    verifier_of,
)

if TYPE_CHECKING:
    from credence.sdk import Auditor, Seen, Transport

WarrantFile = Annotated[Path, typer.Argument(metavar="WARRANT", help="A signed warrant as JSON.")]

_SEEN = "seen.json"
_KEY = 32


def add_to(trustee: typer.Typer) -> None:
    """Adds the commands."""
    trustee.command("open", epilog=codes("something does not hold: no share is made", "no service"))(open_)
    trustee.command("record", epilog=codes("the record was changed", "no trustee in the folder"))(record)


def open_(
    warrant: WarrantFile,
    exhibit: ExhibitFile,
    issuer_documents: IssuerFiles,
    verifier_document: VerifierFile,
    authority: Annotated[
        list[str],
        typer.Option("--authority", metavar="NAME=KEY", help="An authority and its key, as it told you itself; repeatable."),
    ],
    folder: Folder,
    url: ServiceUrl = None,
    log_key: Annotated[
        str | None, typer.Option("--log-key", metavar="KEY", help="The log's verifier key, as you know it from elsewhere.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the share here as well, once it is handed in.")
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Check a warrant, its place in the log and the whole presentation; then make a share that the authority alone can read.

    What is refused, and what is opened, is a line in the folder's record.
    """
    from credence.circuits.exhibit import Exhibit
    from credence.sdk.calls import auditor as calls
    from credence.sdk.calls import perform
    from credence.sdk.trustee import Grounds, open_handle
    from credence.service.clock import system_clock

    verifier = verifier_of(verifier_document)
    if log_key is None or log_key != verifier.log_vkey:
        raise BadUsage("--log-key is needed, and is that of the verifier's document: a log is believed by its key alone")
    signed, shown = read_object(warrant, "the warrant"), read_as(exhibit, "the exhibit", Exhibit.parse)
    known = dict(_authority(text) for text in authority)
    made = open_trustee(folder, passphrase_file)
    with service_at(url) as service:
        log = _following(service, log_key, folder)
        grounds = Grounds(known, issuers_of(issuer_documents), verifier, {log_key: log})
        try:
            share = open_handle(made, signed, shown, grounds, now=system_clock())
        finally:
            _remember(log, folder)
        count = perform(service, calls.hand_in(share))
    print_line(f"trustee {share.index} has handed in its share; there are {count}")
    if out is not None:  # never before: a share that nobody handed in is an opening that nobody counts
        write_private(out, json.dumps(share.to_json()) + "\n", "the share")
        note(f"the share is written: {out}")


def record(folder: Folder, passphrase_file: PassphraseFile = None, as_json: AsJson = False) -> None:
    """Show what this trustee was asked and did, each line held against its MAC, the one before and the sealed file."""
    entries = open_trustee(folder, passphrase_file).keeping.entries()
    if as_json:
        print_json({"entries": [dict(entry) for entry in entries]})
        return
    for entry in entries:
        why = f": {entry['reason']}" if "reason" in entry else ""
        print_line(f"{entry['at']}  {entry['outcome']}  {entry['authority']}  {entry['basis']}{why}")


def _authority(text: str) -> tuple[str, bytes]:
    from credence.circuits.encoding import b64u_decode
    from credence.circuits.errors import CircuitError

    name, _, key = text.partition("=")
    try:
        found = b64u_decode(key, max_length=64)
    except CircuitError as error:
        raise BadUsage("--authority is NAME=KEY, the key in base64url") from error
    if not name or len(found) != _KEY:
        raise BadUsage("--authority is NAME=KEY, the key in base64url")
    return name, found


def _following(service: Transport, log_key: str, folder: Path) -> Auditor:
    """The log, from where this trustee saw it last."""
    from credence.sdk import Auditor

    return Auditor(service, log_key, seen=_seen(folder))


def _seen(folder: Path) -> Seen | None:
    from credence.sdk import Seen

    path = folder / _SEEN
    if not path.exists():
        return None
    kept: dict[str, Any] = read_object(path, "what was seen of the log")
    return Seen.parse(kept)


def _remember(log: Auditor, folder: Path) -> None:
    from credence.service.keys.files import write_private as replace_private

    if log.seen is not None:
        replace_private(folder / _SEEN, json.dumps(log.seen.to_json()).encode() + b"\n", replace=True)
