"""``credence keys split``, ``signer`` and ``tagger``: keys in processes of their own."""

from __future__ import annotations

import os
import secrets
import signal
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Final

import typer

from credence.service.cli import signer_audit
from credence.service.cli.exits import BadUsage, Failed, NotReady, codes
from credence.service.cli.opening import opened
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json

if TYPE_CHECKING:
    from credence.service.keys.keeper import Duty
    from credence.service.runtime import Services

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The keeper's folder, which is its own user's alone.")]

SOCKETS: Final = {"signer": "signer.sock", "tagger": "tagger.sock"}
_PER_DAY: Final = 100
"""How many full minutes a day has, unless told otherwise."""


def register(keys: typer.Typer) -> None:
    """Adds the verbs."""
    signer_audit.register(keys)
    keys.command("split", epilog=codes("the keyring does not have the keys, or leaves wait", "no installation"))(split)
    keys.command("signer", epilog=codes("the folder is not a signer's", "the folder, or another signer"))(signer)
    keys.command("tagger", epilog=codes("the folder is not a tagger's", "the folder, or another tagger"))(tagger)


def split(
    duty: Annotated[str, typer.Argument(metavar="DUTY", help="signer (the issuing key) or tagger (identity tags).")],
    folder: Folder,
    uid: Annotated[
        list[int] | None, typer.Option("--uid", help="Who may ask, by user id; repeatable. Default: this user.", min=0)
    ] = None,
    group: Annotated[
        int | None,
        typer.Option("--group", help="A group id that may reach the socket too.", min=0),
    ] = None,
    socket: Annotated[Path | None, typer.Option("--socket", help="The socket; default: in FOLDER/run.")] = None,
    per_minute: Annotated[int, typer.Option("--per-minute", help="How often at most.", min=1, max=100_000)] = 120,
    per_day: Annotated[int | None, typer.Option("--per-day", help="Default: a hundred minutes' worth.", min=1)] = None,
    max_age: Annotated[int, typer.Option("--max-age", help="Seconds that the ledger may be old.", min=70, max=3600)] = 180,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(
            "--passphrase-file", help="A passphrase of the keeper's own, mode 0600; default: a key file in FOLDER."
        ),
    ] = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Move the keys of a duty out of the keyring, into a folder of a process of its own. Stop the service first.

    Copies of the keyring from before still have the keys: destroy them, or rotate the issuing key afterwards.
    """
    from credence.service.clock import system_clock
    from credence.service.keys.keeper import Keeping
    from credence.service.keys.keeper import split as moved
    from credence.service.keys.master import PassphraseMaster
    from credence.service.keys.tally import Cap

    wanted = _duty(duty)
    path = (socket or folder / "run" / SOCKETS[wanted.value]).absolute()
    with opened(data_dir) as services:
        keeping = Keeping(
            duty=wanted,
            socket=path,
            uids=frozenset(uid or [os.getuid()]),
            cap=Cap(per_minute, per_day or per_minute * _PER_DAY),
            group=group,
            log_vkey=services.ledger.verifier.vkey,
            max_age=max_age,
            since=_settled(services),
        )
        words = None if passphrase_file is None else PassphraseMaster.of_file(passphrase_file).passphrase
        now, rng = system_clock(), secrets.token_bytes
        moved(services.keyring, folder, keeping, now=now, rng=rng, passphrase=words)
    facts = {"duty": wanted.value, "folder": str(folder), "socket": str(path)}
    if as_json:
        print_json(facts)
        return
    print_facts(facts)
    note(f"Next: run credence keys {wanted.value} {folder}, and serve with CREDENCE_{wanted.value.upper()}_SOCKET={path}")


def signer(folder: Folder) -> None:
    """Sign credentials for the issuer, at a socket, until stopped. No web framework and no database is in this process."""
    _keep("signer", folder)


def tagger(folder: Folder) -> None:
    """Turn persons into tags for the issuer, at a socket, until stopped."""
    _keep("tagger", folder)


def _keep(duty: str, folder: Path) -> None:
    from credence.circuits import curve as curves
    from credence.service import logs
    from credence.service.clock import system_clock
    from credence.service.keys.door import Door
    from credence.service.keys.keeper import keeping_of, master_of, open_keeper, seclude

    keeping = keeping_of(folder)
    if keeping.duty is not _duty(duty):
        raise Failed(f"this folder is a {keeping.duty.value}'s")
    seclude()
    logs.configure()
    master = master_of(folder, os.environ)
    answer, close = open_keeper(folder, keeping, master, curve=curves.load(), rng=secrets.token_bytes, clock=system_clock)
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    try:
        door = Door(keeping.socket, answer, uids=keeping.uids, group=keeping.group)
        logs.logger().info("keeper.started", purpose=keeping.duty.value)
        note(f"{keeping.duty.value} listens at {keeping.socket}")
        door.serve(stop)
    finally:
        close()
    logs.logger().info("keeper.stopped", purpose=keeping.duty.value)


def _duty(word: str) -> Duty:
    from credence.service.keys.keeper import Duty

    try:
        return Duty(word)
    except ValueError as error:
        raise BadUsage("a keeper is a signer or a tagger") from error


def _settled(services: Services) -> int:
    """The ledger's size, once nothing waits for it."""
    from credence.service.issuer.records import IssuerOutbox
    from credence.service.ledger import records

    with services.store("issuer").reading() as session:
        if records.count_pending(session, IssuerOutbox):
            raise NotReady("leaves of the issuer wait for the ledger: let the service take them, and stop it then")
    with services.store("ledger").reading() as session:
        return records.count_entries(session)
