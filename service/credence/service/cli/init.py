"""``credence init``: an installation is made, once."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import typer

from credence.service.cli.exits import Failed, codes
from credence.service.cli.opening import database_files, opened, server_databases, settings_of
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_facts, print_json

if TYPE_CHECKING:
    from credence.service.settings import Settings


def register(app: typer.Typer, panel: str) -> None:
    """Adds the command."""
    app.command("init", rich_help_panel=panel, epilog=codes("there is an installation already; nothing was changed"))(init)


def init(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Make the data folder with its master key, sealed keyring and migrated database. Never overwrites anything."""
    from credence.service.app import initialise
    from credence.service.clock import system_clock

    settings = settings_of(data_dir)
    refuse_second(settings)
    initialise(settings, clock=system_clock, rng=secrets.token_bytes)
    with opened(data_dir) as services:
        facts = {
            "data_dir": str(settings.data_dir),
            "keyring": str(settings.keyring_path),
            "master_key": "passphrase" if settings.master_passphrase is not None else str(settings.master_key_path),
            "database": ", ".join(map(str, database_files(settings))) or "server",
            "issuer_id": settings.issuer_id,
            "verifier_id": settings.verifier_id,
            "log_vkey": services.ledger.verifier.vkey,
        }
    if as_json:
        print_json(facts)
    else:
        print_facts({name.replace("_", " "): value for name, value in facts.items()})
        _say_what_is_next(settings)


def refuse_second(settings: Settings) -> None:
    """A keyring must not be lost, and a new one must not meet a database that another one filled, or a sandbox."""
    from credence.service.app.sandboxed import sandbox_mark

    if mark := sandbox_mark(settings):
        raise Failed(f"this is a sandbox's, by {mark}; nothing was changed")
    there = [path for path in (settings.keyring_path, *database_files(settings)) if path.exists()]
    if there:
        raise Failed(f"there is an installation already: {', '.join(map(str, there))}; nothing was changed")
    if any(_is_used(url) for url in server_databases(settings)):
        raise Failed("a database on the server belongs to an installation already: bring its keyring; nothing was changed")


def _is_used(url: str) -> bool:
    """Whether there is a row of ours in a database."""
    from sqlalchemy import inspect, select

    from credence.service.app import tables
    from credence.service.store import Store

    store = Store(url)
    try:
        with store.reading() as session:
            there = set(inspect(session.connection()).get_table_names())
            named = [table for table in tables().sorted_tables if table.name in there]
            return any(session.connection().execute(select(table).limit(1)).first() is not None for table in named)
    finally:
        store.close()


def _say_what_is_next(settings: Settings) -> None:
    note("")
    note("Next:")
    note(f"  export CREDENCE_DATA_DIR={settings.data_dir.absolute()}")
    note("  credence doctor                                  see that all is well")
    note("  credence client register venue.example --role venue")
    note("  credence client key venue.example --scope verifier:policies --scope verifier:sessions")
    note("  credence serve                                   answer for issuer, verifier and log")
    note("Keep a copy of the master key and the keyring, apart from each other: without both, every key is lost.")
    if not settings.vendor_keys:
        note("Name an identity vendor in CREDENCE_VENDOR_KEYS: until then no evidence is believed.")
    if not settings.screening_lists:
        note("Import a sanctions list (credence issuer lists import): until then every case waits for a person.")
