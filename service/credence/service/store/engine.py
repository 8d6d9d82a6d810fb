"""Engines, and the rules under which the two databases are used (security.md, section 5).

SQLite: write-ahead log, ``synchronous=FULL`` (without that log ``EXTRA``), foreign keys, a busy timeout, and ``BEGIN
IMMEDIATE`` for what writes: a transaction that reads first and then upgrades can fail with BUSY at once, whatever the
timeout. PostgreSQL: ``READ COMMITTED`` for what writes, since constraints and conditional updates carry every invariant,
``REPEATABLE READ`` for what reads, commits that wait for the disk, and locks that are waited for as long as SQLite's. On
both a reading transaction cannot write.
"""

from __future__ import annotations

import os
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from credence.service.errors import Misconfigured
from credence.service.store.faults import is_broken

BUSY_MS: Final = 5_000
"""How long a statement waits for another process' lock."""

READING: Final = "credence_reading"
"""The execution option of an engine whose transactions may only read."""

_CONNECT_SECONDS: Final = 10

# A commit that is acknowledged is on disk, whatever the server's default; a stronger rule of the operator's stays. A process
# that hangs in a transaction loses it after a minute, and with it the locks that others wait for.
_POSTGRESQL_RULES: Final = f"""
SELECT current_setting('server_encoding'),
       set_config('lock_timeout', '{BUSY_MS}', false),
       set_config('idle_in_transaction_session_timeout', '60000', false),
       set_config('synchronous_commit', coalesce(nullif(current_setting('synchronous_commit'), 'off'), 'on'), false)
"""

_AUTOCHECKPOINT_PAGES: Final = 1_000
_JOURNAL_LIMIT: Final = 64 * 1024 * 1024


def make_engine(url: str, *, checkpoints: bool = True, log: bool = True) -> Engine:
    """The engine of ``url``, for writing. With ``checkpoints`` off, this process leaves SQLite's log to another one.

    Without ``log`` an SQLite file has none but a journal while it is written, so that what is deleted stays nowhere.

    Only one process may move the log's pages into the database: before SQLite 3.51.3 two that do so at once can lose a page.
    Raises :class:`Misconfigured` where there is no driver, and when it connects to a PostgreSQL that is not in UTF-8.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite_engine(url, Path(parsed.database or ""), checkpoints, "WAL" if log else "DELETE")
    try:
        return _postgresql_engine(url)
    except ImportError as error:
        raise Misconfigured("the driver of this database is not installed") from error


def reading(engine: Engine) -> Engine:
    """The same engine and pool, whose transactions see one state and cannot write."""
    options: dict[str, Any] = {READING: True}
    if engine.dialect.name == "postgresql":
        options |= {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
    return engine.execution_options(**options)


def _postgresql_engine(url: str) -> Engine:
    from psycopg.types.array import ListBinaryDumper  # here, since who has SQLite needs no driver

    engine = create_engine(
        url,
        isolation_level="READ COMMITTED",  # said, since a server may be told another default
        pool_size=16,
        max_overflow=16,
        pool_timeout=10,
        pool_pre_ping=True,
    )

    @event.listens_for(engine, "do_connect")
    def introduce(_dialect: object, _entry: object, _arguments: object, options: dict[str, Any]) -> None:
        options.setdefault("connect_timeout", _CONNECT_SECONDS)
        options["application_name"] = "credence"  # by which a restore sees that somebody is there

    @event.listens_for(engine, "connect")
    def set_rules(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # lists go as they are: as text, the driver looks at every byte of them for what it has to quote
        connection.adapters.register_dumper(list, ListBinaryDumper)
        cursor = connection.cursor()
        try:
            cursor.execute(_POSTGRESQL_RULES)
            (encoding, *_) = cursor.fetchone() or ("",)
        finally:
            cursor.close()
        connection.commit()
        if encoding != "UTF8":
            raise Misconfigured("the PostgreSQL database is not in UTF-8: make one with ENCODING 'UTF8'")

    return engine


def _sqlite_engine(url: str, file: Path, checkpoints: bool, journal: str) -> Engine:
    engine = create_engine(url, pool_size=8, max_overflow=40, pool_timeout=10, connect_args={"timeout": BUSY_MS / 1000})

    @event.listens_for(engine, "do_connect")
    def create_private(*_arguments: object) -> None:
        # the log and the shared memory take over the database file's permissions
        if file.parent.is_dir() and not file.exists():
            os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))

    @event.listens_for(engine, "connect")
    def set_rules(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        if connection.execute(f"PRAGMA journal_mode = {journal}").fetchone() != (journal.lower(),):
            raise Misconfigured("this file system does not carry SQLite's write-ahead log")
        # EXTRA makes it durable, too, that a journal is gone, by which a transaction without a log is kept
        connection.execute(f"PRAGMA synchronous = {'FULL' if journal == 'WAL' else 'EXTRA'}")
        connection.execute("PRAGMA secure_delete = ON")  # what is deleted or replaced is overwritten in its page
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_LIMIT}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_AUTOCHECKPOINT_PAGES if checkpoints else 0}")

    @event.listens_for(engine, "handle_error")
    def discard(context: ExceptionContext) -> None:
        """A connection that a fault of the disk met is not used again: SQLite opens a file that it cannot open for writing
        for reading, and that connection would refuse to write for as long as it is kept."""
        writing = context.connection is None or not context.connection.get_execution_options().get(READING)
        if is_broken(context.original_exception, writing=writing):
            context.is_disconnect = True
            context.invalidate_pool_on_disconnect = False  # the others have files of their own

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        only_reading = bool(connection.get_execution_options().get(READING))
        driver = connection.connection.dbapi_connection
        if isinstance(driver, SqliteConnection):
            driver.execute(f"PRAGMA query_only = {'ON' if only_reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if only_reading else "BEGIN IMMEDIATE")

    return engine
