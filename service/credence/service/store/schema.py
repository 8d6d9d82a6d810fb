"""The schema's versions: Alembic, told its connection and tables, without a configuration file.

Every database carries the whole schema, so that a party can move to its own without another history.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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

from credence.service.errors import Misconfigured
from credence.service.store.engine import reading

_SCRIPTS: Final = Path(__file__).parent / "migrations"


class SchemaDrift(Misconfigured):
    """The database is not what the tables say; ``differences`` name each place."""

    def __init__(self, differences: tuple[str, ...]) -> None:
        super().__init__("the database schema differs: " + "; ".join(differences))
        self.differences = differences


def upgrade(engine: Engine, metadata: MetaData, revision: str = "head", *, scripts: Path = _SCRIPTS) -> None:
    """Brings the database to ``revision``, in one transaction. Does nothing where it is there already."""
    with _migrating(engine, metadata, scripts) as config:
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
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    with engine.connect() as connection, _foreign_keys_deferred(connection), connection.begin():
        config.attributes.update(connection=connection, metadata=metadata)
        yield config
        dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").first() if _sqlite(connection) else None
        if dangling is not None:
            raise Misconfigured("a migration left a row that refers to nothing")


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
