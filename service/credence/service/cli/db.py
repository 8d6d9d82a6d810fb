"""``credence db``: the databases, and their schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from credence.service.cli import backup
from credence.service.cli.exits import BadUsage, Failed, codes
from credence.service.cli.opening import database_files, opened, require_databases, settings_of
from credence.service.cli.options import AsJson, DataDir
from credence.service.cli.output import note, print_json, print_line
from credence.service.cli.passphrase import confirm
from credence.service.cli.sole import sole

if TYPE_CHECKING:
    from pathlib import Path

    from credence.service.store import Store

db: Final = typer.Typer(help="Upgrade the databases, see that they are whole, back them up.", no_args_is_help=True)

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def register(app: typer.Typer, panel: str) -> None:
    """Adds the noun."""
    backup.register(db)
    app.add_typer(db, name="db", rich_help_panel=panel)


@db.command(epilog=codes("the migration is refused", "no database, or a service runs on it"))
def upgrade(
    revision: Annotated[str, typer.Argument(help="Where to.")] = "head",
    data_dir: DataDir = None,
) -> None:
    """Bring every database to this version's schema. Stop the service first."""
    from credence.service.app import tables
    from credence.service.app.subjects import prepare_subject_keys
    from credence.service.store import schema

    with _databases(data_dir, changing=True) as databases:
        prepare_subject_keys(settings_of(data_dir), [store for store, _ in databases])
        for store, _ in databases:
            _migrated(partial(schema.upgrade, store.engine, tables(), revision))
    note("every database is upgraded" if revision == "head" else f"every database is at {revision} or later")


@db.command(epilog=codes("it was not confirmed", "no database, or a service runs on it"))
def downgrade(
    revision: Annotated[str, typer.Argument(help="Where to; base is the empty database.")],
    data_dir: DataDir = None,
    yes: Yes = False,
) -> None:
    """Take every database back to an earlier schema. Data is lost. Stop the service first."""
    from credence.service.app import tables
    from credence.service.store import schema

    with _databases(data_dir, changing=True) as databases:
        confirm(f"What {revision} has no place for is lost. Go on?", yes=yes)
        for store, _ in databases:
            _migrated(partial(schema.downgrade, store.engine, tables(), revision))
    note(f"every database is back at {revision}")


@db.command(epilog=codes("a database is not at this version's schema, or differs from it", "no database"))
def check(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Compare every database with the tables of this version."""
    from credence.service.app import tables
    from credence.service.store import schema
    from credence.service.store.schema import SchemaDrift

    found: list[dict[str, Any]] = []
    with _databases(data_dir) as databases:
        for store, owners in databases:
            differences: tuple[str, ...] = ()
            try:
                schema.check(store.engine, tables())
            except SchemaDrift as drift:
                differences = drift.differences
            kind = store.engine.dialect.name
            found.append({"kind": kind, "owners": owners, "ok": not differences, "differences": list(differences)})
    ok = all(database["ok"] for database in found)
    if as_json:
        print_json({"ok": ok, "databases": found})
    else:
        for database in found:
            state = "as it should be" if database["ok"] else f"differs: {'; '.join(database['differences'])}"
            print_line(f"{database['kind']} of {', '.join(database['owners'])}: {state}")
    if not ok:
        raise Failed("a database is not what this version needs")


@db.command(epilog=codes("a database cannot be written", "no installation"))
def purge(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Delete what has expired and is nobody's record, as a running service does by itself. Beside a service too."""
    from credence.service.app.housekeeping import sweep

    with opened(data_dir) as services:
        done = sweep(services)
    if as_json:
        print_json({"deleted": done})
        return
    for name, count in done.items():
        print_line(f"{name}: {count} deleted")


@contextmanager
def _databases(data_dir: Path | None, *, changing: bool = False) -> Iterator[list[tuple[Store, list[str]]]]:
    """Every database with those whose tables it holds; with ``changing``, nobody serves it meanwhile."""
    from credence.service.app import stores_of

    settings = settings_of(data_dir)
    require_databases(settings)
    with sole(database_files(settings) if changing else ()):
        stores = stores_of(settings, checkpoints=changing)
        found: dict[Store, list[str]] = {}
        for owner, store in stores.items():
            found.setdefault(store, []).append(owner)
        try:
            for store in found:
                store.ping()
            yield list(found.items())
        finally:
            for store in found:
                store.close()


def _migrated(work: Callable[[], None]) -> None:
    """Runs a migration. Raises :class:`BadUsage` where there is no such revision."""
    from alembic.util import CommandError

    try:
        work()
    except CommandError as error:
        raise BadUsage("there is no such revision, or none in that direction") from error
