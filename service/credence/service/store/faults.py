"""Which errors of a database are worth another attempt, and which mean that it cannot answer at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from credence.service.errors import Unavailable

# https://sqlite.org/rescode.html, primary codes
_SQLITE_BUSY: Final = frozenset({5, 6})  # BUSY, LOCKED
_SQLITE_DOWN: Final = frozenset({10, 13, 14})  # IOERR, FULL, CANTOPEN
_SQLITE_READONLY: Final = 8
_SQLITE_BROKEN: Final = frozenset({10, 14})  # IOERR, CANTOPEN

# https://www.postgresql.org/docs/18/errcodes-appendix.html: a transaction that was rolled back and may be run again (a
# deadlock, a conflict), a lock that was not had in time, a transaction that hung for too long
_SQLSTATE_LOCKED: Final = "55P03"
_SQLSTATE_AGAIN: Final = ("40", _SQLSTATE_LOCKED, "25P03")
# no connection, or none for this user or of this name; no resources; a server that stops, starts or recovers
_SQLSTATE_DOWN: Final = ("08", "28", "3D", "53", "57P")
_SQLSTATE_READONLY: Final = "25006"


class Contended(Unavailable):
    """Another transaction was in the way. Running this one again may succeed."""

    default = "The service is busy."


@contextmanager
def translated(*, writing: bool = True) -> Iterator[None]:
    """Turns an error of the database that is nobody's mistake into :class:`Contended` or :class:`Unavailable`.

    Where nobody was ``writing``, a refusal to write is a mistake and passes.
    """
    try:
        yield
    except PoolTimeout as error:
        raise Contended from error
    except DBAPIError as error:
        if is_contention(error):
            raise Contended from error
        if is_outage(error) or (writing and _is_readonly(error)):
            raise Unavailable from error
        raise


def is_contention(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when it is run again."""
    return _sqlite_code(error) in _SQLITE_BUSY or _sqlstate(error).startswith(_SQLSTATE_AGAIN)


def is_lock_timeout(error: DBAPIError) -> bool:
    """Whether another transaction holds, for longer than it was waited for, just what the statement needs."""
    return _sqlstate(error) == _SQLSTATE_LOCKED


def is_outage(error: DBAPIError) -> bool:
    """Whether the database cannot be reached or cannot write, whatever the statement."""
    down = _sqlite_code(error) in _SQLITE_DOWN or _sqlstate(error).startswith(_SQLSTATE_DOWN)
    return down or error.connection_invalidated or _never_connected(error)


def is_broken(error: BaseException, *, writing: bool) -> bool:
    """Whether SQLite's driver raised what a connection may not recover from; while nobody is ``writing``, one that only
    reads may refuse to write."""
    code = _code(error)
    return code in _SQLITE_BROKEN or (writing and code == _SQLITE_READONLY)


def _never_connected(error: DBAPIError) -> bool:
    """An error of operation to which no database gave a number: its server was not reached."""
    return isinstance(error, OperationalError) and not _sqlstate(error) and _sqlite_code(error) is None


def _is_readonly(error: DBAPIError) -> bool:
    """A file that may not be written, or a server that became another one's standby."""
    return _sqlite_code(error) == _SQLITE_READONLY or _sqlstate(error) == _SQLSTATE_READONLY


def _sqlite_code(error: DBAPIError) -> int | None:
    return _code(error.orig)


def _code(error: BaseException | None) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def _sqlstate(error: DBAPIError) -> str:
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else ""
