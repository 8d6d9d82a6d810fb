"""``credence db backup`` and ``credence db restore``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credence.service.cli.exits import codes
from credence.service.cli.opening import database_files, opened, require_databases, settings_of
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_json, print_line
from credence.service.cli.passphrase import confirm
from credence.service.cli.sole import sole

if TYPE_CHECKING:
    from credence.service.settings import Settings
    from credence.service.store import Store
    from credence.service.store.backup import Backup

Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="The backup's own folder.")]
KeysFile = Annotated[Path, typer.Argument(metavar="FILE", help="The copy of the keys, and nothing else.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(db: typer.Typer) -> None:
    """Adds the commands to the noun."""
    db.command(epilog=codes("the folder is not empty", "no database"))(backup)
    refused = "the backup is not whole, does not fit, or was not confirmed"
    db.command(epilog=codes(refused, "no database server, or a service runs on the database"))(restore)
    db.command("backup-keys", epilog=codes("the file exists", "no installation"))(backup_keys)
    refused = "the copy is not whole, too old, or was not confirmed"
    db.command("restore-keys", epilog=codes(refused, "no installation"))(restore_keys)


def backup(folder: Folder, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Copy every database into a new folder; the service may go on. Keys are not copied, and those of persons have a command
    of their own, backup-keys: keep them apart."""
    from credence.service.app import tables
    from credence.service.clock import system_clock
    from credence.service.store.backup import back_up

    settings = settings_of(data_dir)
    require_databases(settings)
    with _databases(settings, checkpoints=False) as databases:
        made = back_up(databases, folder, tables(), now=system_clock())
    _show(made, "copied", as_json=as_json)


def restore(folder: Folder, data_dir: DataDir = None, yes: Yes = False, as_json: AsJson = False) -> None:
    """Put a backup in the place of the databases. Stop the service first.

    A backup that was made on SQLite may be restored into PostgreSQL. A log that is older than what its witness saw is not
    signed until credence ledger reconcile.
    """
    from credence.service.app import tables
    from credence.service.store.backup import read_backup
    from credence.service.store.backup import restore as put_back

    settings = settings_of(data_dir)
    found = read_backup(folder)
    confirm(f"Everything in the databases that is newer than {_when(found)} is lost. Go on?", yes=yes)
    for file in database_files(settings):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with sole(database_files(settings)), _databases(settings, checkpoints=True) as databases:
        put_back(found, databases, tables(), overwrite=True)
    _show(found, "restored", as_json=as_json)
    _say_what_is_next(settings, data_dir)


def backup_keys(file: KeysFile, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Copy the keys of persons and pseudonyms, which no other backup has, into a new file. Keep it for days, not for years.

    Whoever is erased comes back with an older copy: overwrite or destroy them in time (docs/retention.md).
    """
    from credence.service.app.subjects import copy_keys
    from credence.service.clock import system_clock

    with opened(data_dir) as services:
        count, days = copy_keys(services.keeping.keys, file, now=system_clock()), services.keeping.table.key_backup_days
    if as_json:
        print_json({"file": str(file), "keys": count, "keep_days": days})
        return
    print_line(f"{count} keys copied, sealed under the keyring: destroy the file within {days} days")


def restore_keys(
    file: KeysFile,
    old: Annotated[bool, typer.Option("--old", help="Take a copy that is older than the table allows.")] = False,
    data_dir: DataDir = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Put the keys of a copy back that are missing, and destroy again those that were destroyed since it was made."""
    from credence.service.app.installation import open_keyring
    from credence.service.app.subjects import make_subject_keys, put_back, read_copy
    from credence.service.clock import system_clock
    from credence.service.forgetting import load_retention
    from credence.service.forgetting.terms import SHIPPED
    from credence.service.issuer.retention import erasing as persons
    from credence.service.verifier.retention import erasing as pseudonyms

    settings = settings_of(data_dir)
    open_keyring(settings)
    days = load_retention(settings.retention_file or SHIPPED).key_backup_days
    rows = read_copy(file, now=system_clock(), max_age_days=None if old else days)
    confirm("Whoever was erased since the copy was made is erased again only as far as the databases know. Go on?", yes=yes)
    make_subject_keys(settings)
    with opened(data_dir) as services:
        keys = services.keeping
        there = put_back(keys.keys, rows)
        gone = persons.finish(services.store("issuer"), keys) + pseudonyms.finish(services.store("verifier"), keys)
    if as_json:
        print_json({"keys": there - gone, "destroyed_again": gone})
        return
    print_line(f"{there - gone} keys are there; {gone} that were erased since were destroyed again")


@contextmanager
def _databases(settings: Settings, *, checkpoints: bool) -> Iterator[list[tuple[Store, list[str]]]]:
    from credence.service.app import stores_of

    found: dict[Store, list[str]] = {}
    for owner, store in stores_of(settings, checkpoints=checkpoints).items():
        found.setdefault(store, []).append(owner)
    try:
        yield list(found.items())
    finally:
        for store in found:
            store.close()


def _when(found: Backup) -> str:
    return datetime.fromtimestamp(found.made_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _show(found: Backup, done: str, *, as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = {"folder": str(found.folder), **found.to_json()}
        print_json(document)
        return
    for copy in found.copies:
        rows = sum(copy.rows.values())
        print_line(f"{copy.kind} of {', '.join(copy.owners)}: {rows} rows in {len(copy.rows)} tables {done}")
    print_line(f"as of {_when(found)}")


def _say_what_is_next(settings: Settings, data_dir: Path | None) -> None:
    """Whether the log may be signed as it is now."""
    from credence.service.errors import Unavailable

    if not settings.keyring_path.exists():
        note("There is no keyring here yet: without the one that this backup belongs to, nothing of it can be used.")
        return
    try:
        with opened(data_dir) as services:
            finding = services.ledger.disagreement()
    except Unavailable as error:
        note(f"Before it is served: {error.reason}")
        return
    if finding is not None:
        note(f"The log is not the one that its witness saw: {finding}.")
        note("It will not be signed until credence ledger reconcile; look for a newer backup first.")
