"""Copies of a PostgreSQL database: our own tables, each as ``COPY`` writes it, in one archive.

Not ``pg_dump``: that is a program of the server's version that an operator's machine need not have, and the tables are made
by our migrations anyway. ``COPY``'s text form is the same in every version.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import psycopg
from alembic.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Connection, Engine, MetaData, Table, func, inspect, select, text
from sqlalchemy import column as bare_column
from sqlalchemy import table as bare_table

from credence.service.store import schema
from credence.service.store.engine import reading

_COLUMNS: Final = "columns.json"
_VERSIONS: Final = "alembic_version"
_BATCH: Final = 500
_PIECE: Final = 1 << 16


class Unfit(Exception):
    """A copy that does not fit into the database; the message says why."""


def save(engine: Engine, path: Path, metadata: MetaData) -> tuple[str | None, Mapping[str, int]]:
    """Copies one state of the tables of ``metadata`` into a new file of mode 0600; its revision, and rows by table."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    rows: dict[str, int] = {}
    columns: dict[str, list[str]] = {}
    with os.fdopen(descriptor, "w+b") as file, reading(engine).connect() as connection:
        revision = MigrationContext.configure(connection).get_current_revision()
        looked = inspect(connection)
        there = set(looked.get_table_names())
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for table in metadata.sorted_tables:
                if table.name not in there:
                    continue
                columns[table.name] = [column["name"] for column in looked.get_columns(table.name)]
                rows[table.name] = _count(connection, table.name)
                statement = _copying("COPY {} ({}) TO STDOUT", table.name, columns[table.name])
                with (
                    archive.open(table.name, "w", force_zip64=True) as member,
                    _driver(connection).cursor() as cursor,
                    cursor.copy(statement) as data,
                ):
                    for piece in data:
                        member.write(piece)
            archive.writestr(_COLUMNS, json.dumps(columns))
        file.flush()
        os.fsync(file.fileno())
    return revision, rows


def load(engine: Engine, path: Path, metadata: MetaData, revision: str, rows: Mapping[str, int], *, overwrite: bool) -> None:
    """Makes the schema of ``revision`` and fills it from a copy, in one transaction: all of it or nothing.

    The copy is an archive of :func:`save` or an SQLite file of that revision. ``rows`` is how many each table must have in
    the end. Raises :class:`Unfit`.
    """
    engine.dispose()  # so that of this process there is one connection
    with engine.connect() as connection, connection.begin():
        _refuse_company(connection)
        schema.take_turn(connection)
        _clear(connection, metadata, overwrite)
        schema.upgrade_on(connection, metadata, revision)
        fill = _fill_from_archive if zipfile.is_zipfile(path) else _fill_from_file
        fill(connection, path, metadata)
        there = set(inspect(connection).get_table_names())
        for table in metadata.sorted_tables:
            if table.name in there:
                _count_on(connection, table)
                if _count(connection, table.name) != rows.get(table.name, 0):
                    raise Unfit(f"the copy of {table.name} is not whole")


def _refuse_company(connection: Connection) -> None:
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'credence' AND pid <> pg_backend_pid()"
    )
    if connection.exec_driver_sql(query).scalar_one():
        raise Unfit("a service or command is connected to the database: stop it first")


def _clear(connection: Connection, metadata: MetaData, overwrite: bool) -> None:
    there = set(inspect(connection).get_table_names()) - {_VERSIONS}
    strange = there - metadata.tables.keys()
    if strange:
        raise Unfit(f"the database holds tables that are not Credence's: {', '.join(sorted(strange))}")
    if there and not overwrite:
        raise Unfit("the database holds tables already")
    metadata.drop_all(connection, tables=[metadata.tables[name] for name in there])
    connection.execute(text(f"DELETE FROM {_VERSIONS}"))  # noqa: S608 - a name of ours


def _fill_from_archive(connection: Connection, path: Path, metadata: MetaData) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            columns: dict[str, list[str]] = json.loads(archive.read(_COLUMNS))
            for table in metadata.sorted_tables:
                if table.name not in columns:
                    continue
                statement = _copying("COPY {} ({}) FROM STDIN", table.name, columns[table.name])
                with (
                    archive.open(table.name) as member,
                    _driver(connection).cursor() as cursor,
                    cursor.copy(statement) as data,
                ):
                    while piece := member.read(_PIECE):
                        data.write(piece)
    except (zipfile.BadZipFile, KeyError, ValueError, psycopg.DataError, psycopg.ProgrammingError) as error:
        raise Unfit(f"the copy cannot be read ({type(error).__name__})") from error


def _fill_from_file(connection: Connection, path: Path, metadata: MetaData) -> None:
    there = inspect(connection)
    with closing(sqlite3.connect(f"file:{path.absolute()}?mode=ro&immutable=1", uri=True)) as copy:
        names = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        for table in metadata.sorted_tables:
            if table.name not in names:
                continue
            columns = [column["name"] for column in there.get_columns(table.name)]
            own = bare_table(table.name, *map(bare_column, columns)).insert()
            for rows in _batches(copy, table, columns):
                connection.execute(own, rows)


def _batches(copy: sqlite3.Connection, table: Table, columns: list[str]) -> Iterator[list[dict[str, Any]]]:
    listed = ", ".join(f'"{name}"' for name in columns)
    found = copy.execute(f'SELECT {listed} FROM "{table.name}"')  # noqa: S608 - our own names
    while page := found.fetchmany(_BATCH):
        yield [dict(zip(columns, row, strict=True)) for row in page]


def _count_on(connection: Connection, table: Table) -> None:
    """A key that the database counts goes on after the rows that were filled in."""
    column = table.autoincrement_column
    if column is not None:
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        connection.execute(select(func.setval(sequence, func.max(column))).where(column.is_not(None)))


def _count(connection: Connection, name: str) -> int:
    return int(connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one())  # noqa: S608 - our own names


def _copying(statement: str, table: str, columns: list[str]) -> sql.Composed:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL(statement).format(sql.Identifier(table), listed)


def _driver(connection: Connection) -> psycopg.Connection[Any]:
    driver = connection.connection.dbapi_connection
    if not isinstance(driver, psycopg.Connection):
        raise Unfit("not a PostgreSQL database")
    return driver
