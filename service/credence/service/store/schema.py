"""The schema's versions: Alembic, told its connection and tables, without a configuration file.

Every database carries the whole schema, so that a party can move to its own without another history.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Final

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData
from sqlalchemy.exc import IntegrityError, ProgrammingError

from credence.service.errors import Misconfigured
from credence.service.store.engine import reading
from credence.service.store.faults import translated

_SCRIPTS: Final = Path(__file__).parent / "migrations"

_TURN_SECONDS: Final = 60
"""How long a migration waits for another process', and for whoever uses the tables that it changes."""


class SchemaDrift(Misconfigured):
    """The database is not what the tables say; ``differences`` name each place."""

    def __init__(self, differences: tuple[str, ...]) -> None:
        super().__init__("the database schema differs: " + "; ".join(differences))
        self.differences = differences


def upgrade(engine: Engine, metadata: MetaData, revision: str = "head", *, scripts: Path = _SCRIPTS) -> None:
    """Brings the database to ``revision``, in one transaction. Does nothing where it is there already.

    Several processes may do so at once: one migrates, the others wait and find it done. Raises
    :class:`~credence.service.store.faults.Contended` where that takes longer than a minute.
    """
    with _migrating(engine, metadata, scripts) as config:
        command.upgrade(config, revision)


def upgrade_on(connection: Connection, metadata: MetaData, revision: str) -> None:
    """:func:`upgrade` inside a transaction of PostgreSQL's, after :func:`take_turn`."""
    config = _config(_SCRIPTS)
    config.attributes.update(connection=connection, metadata=metadata)
    command.upgrade(config, revision)


def downgrade(engine: Engine, metadata: MetaData, revision: str = "base", *, scripts: Path = _SCRIPTS) -> None:
    """Takes the database back to ``revision``, by default to nothing, in one transaction. Data is lost."""
    with _migrating(engine, metadata, scripts) as config:
        command.downgrade(config, revision)


def check(engine: Engine, metadata: MetaData, *, scripts: Path = _SCRIPTS) -> None:
    """Returns iff the database is at head and has exactly the tables of ``metadata``. Raises :class:`SchemaDrift`."""
    if not is_at_head(engine, scripts=scripts):
        raise SchemaDrift(("migrations are pending: run credence db upgrade",))
    with reading(engine).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        differences = compare_metadata(context, metadata)
    if differences:
        raise SchemaDrift(tuple(_said(difference) for difference in differences))


def is_at_head(engine: Engine, *, scripts: Path = _SCRIPTS) -> bool:
    """Whether every migration of this version, and none of a later one, was applied."""
    expected = _shipped_heads() if scripts == _SCRIPTS else _heads(scripts)
    with reading(engine).connect() as connection:
        applied = MigrationContext.configure(connection).get_current_heads()
    return frozenset(applied) == expected


def _heads(scripts: Path) -> frozenset[str]:
    return frozenset(ScriptDirectory(str(scripts)).get_heads())


@cache
def _shipped_heads() -> frozenset[str]:
    return _heads(_SCRIPTS)  # read once, since a process asks whenever somebody asks it whether it is ready


def write_revision(engine: Engine, metadata: MetaData, revision: str, message: str, *, scripts: Path = _SCRIPTS) -> Path:
    """Writes the migration that leads from the database, which is at head, to ``metadata``; the file it wrote."""
    with _migrating(engine, metadata, scripts) as config:
        script = command.revision(config, message, autogenerate=True, rev_id=revision)
    if script is None or isinstance(script, list):
        raise Misconfigured("no migration was written")
    return Path(script.path)


@contextmanager
def _migrating(engine: Engine, metadata: MetaData, scripts: Path) -> Iterator[Config]:
    config = _config(scripts)
    with translated(), engine.connect() as connection, _foreign_keys_deferred(connection), connection.begin():
        take_turn(connection)
        config.attributes.update(connection=connection, metadata=metadata)
        yield config
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first() if _sqlite(connection) else None
        if dangling is not None:
            raise Misconfigured("a migration left a row that refers to nothing")


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def take_turn(connection: Connection) -> None:
    """Waits until nobody else migrates, as ``BEGIN IMMEDIATE`` does by itself. Readers of the version are not kept waiting.

    The table of the version is the lock, so it must be there before: in a transaction of its own, because of two that make
    it at once PostgreSQL lets one fail.
    """
    if connection.dialect.name != "postgresql":
        return
    version = MigrationContext.configure(connection)._version
    with suppress(IntegrityError, ProgrammingError), connection.engine.begin() as own:
        version.create(own, checkfirst=True)
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_TURN_SECONDS}s'")
    connection.exec_driver_sql(f"LOCK TABLE {version.name} IN EXCLUSIVE MODE")


@contextmanager
def _foreign_keys_deferred(connection: Connection) -> Iterator[None]:
    """SQLite alters a table by making it anew, and dropping the old one must not take its dependants along."""
    driver = _sqlite(connection)
    if driver is None:
        yield
        return
    driver.execute("PRAGMA foreign_keys = OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys = ON")


def _sqlite(connection: Connection) -> SqliteConnection | None:
    driver = connection.connection.dbapi_connection
    return driver if isinstance(driver, SqliteConnection) else None


def _said(difference: object) -> str:
    """A difference in words: what, and on which table or column."""
    if isinstance(difference, list):  # several changes of one column
        return "; ".join(_said(item) for item in difference)
    if not isinstance(difference, tuple):
        return str(difference)
    words = (getattr(item, "fullname", None) or getattr(item, "name", None) or item for item in difference[:4])
    return " ".join(str(word) for word in words if word is not None)
