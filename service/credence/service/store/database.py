"""One database and its transactions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import Error as SqliteError
from threading import Lock
from typing import Final, Literal, TypeVar
from weakref import WeakValueDictionary

from sqlalchemy import Engine, text
from sqlmodel import Session

from credence.service.errors import Unavailable
from credence.service.store.engine import BUSY_MS, make_engine, reading
from credence.service.store.faults import Contended, translated

T = TypeVar("T")

Run = Callable[[Callable[[Session], T]], T]
"""Runs a work in a transaction, as :meth:`Store.run` does."""

Timed = Callable[[Literal["store.transaction", "store.reading"]], AbstractContextManager[None]]
"""Is entered around a transaction, to time it."""

ATTEMPTS: Final = 4
"""How often :meth:`Store.run` tries."""

_PAUSE_SECONDS: Final = 0.02


class _Turn:
    """The turn to write a file: threads of one process queue here, instead of polling for SQLite's lock.

    It also keeps two threads from moving the log's pages at once, because SQLite does so inside a commit.
    """

    def __init__(self) -> None:
        self._lock = Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        if not self._lock.acquire(timeout=BUSY_MS / 1000):
            raise Contended
        try:
            yield
        finally:
            self._lock.release()


_TURNS: Final[WeakValueDictionary[str, _Turn]] = WeakValueDictionary()
_TURNS_LOCK: Final = Lock()


def _turn_of(file: str) -> _Turn:
    """One turn for each file, whichever stores of this process share it."""
    with _TURNS_LOCK:
        return _TURNS.setdefault(str(Path(file).resolve()), _Turn())


class Store:
    """One database. Safe for many threads; a session is for one.

    ``url`` is a SQLAlchemy URL (SQLite file or PostgreSQL). ``checkpoints`` is for SQLite and off in every process but one
    (see :func:`credence.service.store.engine.make_engine`, as for ``log``). ``pause`` waits for seconds between attempts,
    ``retried`` is told of every attempt after the first. ``timed`` is entered around each transaction.
    """

    def __init__(
        self,
        url: str,
        *,
        checkpoints: bool = True,
        log: bool = True,
        pause: Callable[[float], None] = time.sleep,
        retried: Callable[[], None] = lambda: None,
        timed: Timed = lambda _name: nullcontext(),
    ) -> None:
        self.engine: Final[Engine] = make_engine(url, checkpoints=checkpoints, log=log)
        self._reading: Final = reading(self.engine)
        self._checkpoints = checkpoints
        self._pause = pause
        self._retried = retried
        self._timed = timed
        self._turn = _turn_of(self.engine.url.database or "") if self.engine.dialect.name == "sqlite" else None

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that may write; committed at the end, rolled back on any exception.

        Raises :class:`Contended` where another writer did not finish in time, :class:`Unavailable` where the database cannot
        be reached or written. Not to be nested, and nothing may be awaited inside.
        """
        turn: AbstractContextManager[None] = self._turn.taken() if self._turn else nullcontext()
        timed = self._timed("store.transaction")
        with timed, turn, translated(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            session.connection()  # the lock is taken now, before anything is read
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the database and cannot write. Raises as :meth:`transaction`."""
        timed = self._timed("store.reading")
        with timed, translated(writing=False), Session(self._reading, expire_on_commit=False) as session, session.begin():
            yield session

    def run(self, work: Callable[[Session], T]) -> T:
        """``work`` in a transaction, run again after :class:`Contended`, at most ``ATTEMPTS`` times.

        ``work`` must do nothing but use its session, since what it did is rolled back before it is run again.
        """
        attempt = 1
        while True:
            try:
                with self.transaction() as session:
                    return work(session)
            except Contended:
                if attempt == ATTEMPTS:
                    raise
                self._pause(_PAUSE_SECONDS * 2**attempt)
                attempt += 1
                self._retried()

    def ping(self) -> None:
        """Returns iff the database answers. Raises :class:`Unavailable`."""
        with self.reading() as session:
            session.connection().execute(text("SELECT 1"))

    def settle(self) -> None:
        """Writes what SQLite's log holds into the database, durably, where this store may; for a process that begins.

        Another one may have ended after a sync of the log that failed. What it had written is whole for who reads it, since
        the machine has it in memory, and no later sync would make it durable. Raises :class:`Unavailable` where it cannot.
        """
        if self._turn is None or not self._checkpoints:
            return
        with self._turn.taken(), translated(), self.engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            try:
                if isinstance(driver, SqliteConnection):
                    driver.execute("PRAGMA wal_checkpoint(PASSIVE)")  # waits for nobody
            except SqliteError as error:
                raise Unavailable from error

    def close(self) -> None:
        """Closes every connection that is not in use."""
        self.engine.dispose()
