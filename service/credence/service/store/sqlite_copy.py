"""Copies of an SQLite file, by its online backup."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from sqlalchemy import Engine, MetaData

from credence.service.store import durable
from credence.service.store.engine import reading
from credence.service.store.postgresql_copy import Unfit


def save(engine: Engine, path: Path, metadata: MetaData) -> tuple[str | None, Mapping[str, int]]:
    """Copies one state of the database into a new file of mode 0600; its revision, and rows by table of ``metadata``."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with reading(engine).connect() as connection, closing(sqlite3.connect(path, isolation_level=None)) as copy:
        source = connection.connection.dbapi_connection
        if not isinstance(source, sqlite3.Connection):
            raise Unfit("not an SQLite database")
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, with no log beside it
        there = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        found = copy.execute("SELECT version_num FROM alembic_version").fetchone() if "alembic_version" in there else None
        rows = {
            table.name: int(copy.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0])  # noqa: S608 - our own names
            for table in metadata.sorted_tables
            if table.name in there
        }
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return found[0] if found else None, rows


def load(engine: Engine, path: Path, *, overwrite: bool) -> None:
    """Puts a copy in the place of the database's file, or makes that. Raises :class:`Unfit`."""
    file = Path(engine.url.database or "")
    if file.exists() and not overwrite:
        raise Unfit(f"there is a database already: {file}")
    with closing(sqlite3.connect(f"file:{path.absolute()}?mode=ro&immutable=1", uri=True)) as copy:
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise Unfit("the copy is not a sound SQLite file")
    engine.dispose()
    with durable.replacing(file) as target:
        with path.open("rb") as source:
            shutil.copyfileobj(source, target)
        for log in ("-wal", "-shm"):  # the old file's: the new one must never meet them
            file.with_name(file.name + log).unlink(missing_ok=True)
