"""``credence ledger``: the transparency log, held to what it signed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli import comparing, reconcile
from credence.service.cli.documents import read_object, read_text
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir, LogKey, Url
from credence.service.cli.output import note, print_facts, print_json, print_line
from credence.service.cli.remote import service_at

if TYPE_CHECKING:
    from credence.circuits.note import Checkpoint, NoteVerifier
    from credence.service.ledger import LedgerReport

ledger: Final = typer.Typer(help="Check the whole log, prove what is in it, keep its checkpoints.", no_args_is_help=True)

_LEAF_DIGITS: Final = 64


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    reconcile.register(ledger)
    comparing.register(ledger)
    app.add_typer(ledger, name="ledger", rich_help_panel=panel)


@ledger.command(epilog=codes("the log was tampered with, or contradicts a checkpoint", "no installation"))
def verify(
    seen: Annotated[
        list[Path] | None,
        typer.Option("--seen", metavar="FILE", help="A checkpoint that was kept elsewhere earlier; repeatable."),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Recompute the log from its rows: finds every entry that was tampered with, dropped or moved.

    Rows are held against each other, the parties' outboxes and every signed checkpoint. A log that was rewritten as a
    whole, checkpoints too, is found out by a checkpoint that somebody else kept: give it by --seen.
    """
    from credence.circuits.errors import Malformed
    from credence.service.ledger import LedgerDamaged

    notes = [read_text(path, "the checkpoint") for path in seen or ()]
    with opened(data_dir) as services:
        try:
            report = services.ledger.verify(notes)
        except LedgerDamaged as damage:
            findings = [{"fault": f.fault.value, "index": f.index, "detail": f.detail} for f in damage.findings]
            if as_json:
                print_json({"ok": False, "findings": findings})
            else:
                for finding in damage.findings:
                    print_line(str(finding))
            raise Failed(f"the log contradicts itself in {len(findings)} places") from damage
        except Malformed as error:
            raise BadUsage(f"--seen names a file that holds no checkpoint: {error.reason}") from error
    if as_json:
        print_json(_report_json(report))
    else:
        _show_report(report)


@ledger.command(epilog=codes("the log does not prove that it holds the leaf", "no installation, or no service"))
def prove(
    leaf: Annotated[str | None, typer.Argument(metavar="[LEAF]", help="The leaf, 64 hexadecimal digits.")] = None,
    receipt: Annotated[
        Path | None,
        typer.Option("--receipt", metavar="FILE", help="A signed receipt, or one of a registration; its leaf is computed."),
    ] = None,
    url: Url = None,
    log_key: LogKey = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Prove that a leaf is in the log: its index, the hashes, and the signed checkpoint they lead to."""
    wanted = _leaf(leaf, receipt)
    found = _asked_for(wanted, url, log_key) if url is not None else _looked_up(wanted, data_dir)
    if as_json:
        print_json(found)
        return
    print_facts({"leaf": found["leaf"], "index": str(found["index"]), "size": str(found["size"]), "root": found["root"]})
    for digest in found["proof"]:
        print_line(digest)


@ledger.command(epilog=codes("the log has no checkpoint yet, or it is not the log's own", "no installation, or no service"))
def checkpoint(url: Url = None, log_key: LogKey = None, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Print the newest signed checkpoint. Keep it where the operator cannot change it: ledger verify --seen takes it."""
    from credence.circuits.note import open_checkpoint
    from credence.sdk.calls import log, perform

    if url is not None:
        key = _key(log_key)
        with service_at(url) as service:
            text = perform(service, log.checkpoint())
    else:
        with opened(data_dir) as services:
            text, key = services.ledger.note(), services.ledger.verifier
    found = open_checkpoint(text, key)
    if as_json:
        print_json({"origin": found.origin, "size": found.size, "root": found.root.hex(), "note": text})
    else:
        typer.echo(text, nl=False)


def _leaf(leaf: str | None, receipt: Path | None) -> bytes:
    from credence.circuits.errors import CircuitError
    from credence.circuits.receipt import Receipt
    from credence.service.auth import REGISTRATION_TYPE, registration_leaf

    if (leaf is None) == (receipt is None):
        raise BadUsage("name a leaf, or a receipt by --receipt")
    if receipt is not None:
        signed = read_object(receipt, "the receipt")
        try:
            if signed.get("type") == REGISTRATION_TYPE:
                return registration_leaf(signed)
            found = Receipt.parse(signed.get("receipt"))
        except CircuitError as error:
            raise BadUsage(f"the receipt cannot be read: {error.reason}") from error
        if found.decision != "accepted":
            raise Failed("a denied receipt has no leaf of its own")
        return found.leaf()
    try:
        if len(str(leaf)) == _LEAF_DIGITS:
            return bytes.fromhex(str(leaf))
    except ValueError:
        pass
    raise BadUsage("a leaf is 64 hexadecimal digits")


def _looked_up(leaf: bytes, data_dir: Path | None) -> dict[str, Any]:
    with opened(data_dir) as services:
        text = services.ledger.note()
        from credence.circuits.note import open_checkpoint

        published = open_checkpoint(text, services.ledger.verifier)
        proof = services.ledger.inclusion(leaf, published.size)
    return _proven(leaf, proof.index, proof.proof, published, text)


def _asked_for(leaf: bytes, url: str, log_key: str | None) -> dict[str, Any]:
    from credence.circuits.note import open_checkpoint
    from credence.sdk.calls import log, perform

    key = _key(log_key)
    with service_at(url) as service:
        text = perform(service, log.checkpoint())
        published = open_checkpoint(text, key)
        proof = perform(service, log.inclusion(leaf, published.size))
    return _proven(leaf, proof.index, proof.hashes, published, text)


def _proven(leaf: bytes, index: int, proof: tuple[bytes, ...], published: Checkpoint, text: str) -> dict[str, Any]:
    """The proof, checked here before it is shown."""
    from credence.circuits.errors import CircuitError
    from credence.circuits.merkle import leaf_hash, verify_inclusion

    try:
        verify_inclusion(leaf_hash(leaf), index, published.size, proof, published.root)
    except CircuitError as error:
        raise Failed(f"the log's proof does not lead to its checkpoint: {error.reason}") from error
    return {
        "leaf": leaf.hex(),
        "index": index,
        "size": published.size,
        "root": published.root.hex(),
        "proof": [digest.hex() for digest in proof],
        "checkpoint": text,
    }


def _key(log_key: str | None) -> NoteVerifier:
    from credence.circuits.errors import Malformed
    from credence.circuits.note import NoteVerifier

    if log_key is None:
        raise BadUsage("--log-key is needed with --url: a log is believed by its key alone")
    try:
        return NoteVerifier.parse(log_key)
    except Malformed as error:
        raise BadUsage(f"--log-key: {error.reason}") from error


def _report_json(report: LedgerReport) -> dict[str, Any]:
    return {
        "ok": True,
        "entries": report.entries,
        "root": report.root.hex(),
        "checkpoints": report.checkpoints,
        "seen": report.seen,
        "unpublished": report.unpublished,
        "waiting": report.waiting,
        "unattributed": report.unattributed,
        "findings": [],
    }


def _show_report(report: LedgerReport) -> None:
    facts = {name: str(value) for name, value in _report_json(report).items() if name not in ("ok", "findings")}
    print_facts(facts)
    if not report.seen:
        note("no earlier checkpoint was given: a log that was rewritten as a whole would not be found out (--seen)")
    note("the log is in order")
