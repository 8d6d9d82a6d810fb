"""Which errors of a database are worth another attempt, and which mean that it cannot answer at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from credence.service.errors import Unavailable

# https://sqlite.org/rescode.html, primary codes
_SQLITE_BUSY: Final = frozenset({5, 6})  # BUSY, LOCKED
_SQLITE_DOWN: Final = frozenset({10, 13, 14})  # IOERR, FULL, CANTOPEN
_SQLITE_READONLY: Final = 8

# PostgreSQL's class 40 is a transaction that was rolled back and may be run again
_SQLSTATE_AGAIN: Final = ("40", "55P03")
_SQLSTATE_DOWN: Final = ("08", "53", "57P")


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
        if is_outage(error) or (writing and _sqlite_code(error) == _SQLITE_READONLY):
            raise Unavailable from error
        raise


def is_contention(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed when it is run again."""
    return _sqlite_code(error) in _SQLITE_BUSY or _sqlstate(error).startswith(_SQLSTATE_AGAIN)


def is_outage(error: DBAPIError) -> bool:
    """Whether the database cannot be reached or cannot write, whatever the statement."""
    down = _sqlite_code(error) in _SQLITE_DOWN or _sqlstate(error).startswith(_SQLSTATE_DOWN)
    return down or error.connection_invalidated


def _sqlite_code(error: DBAPIError) -> int | None:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def _sqlstate(error: DBAPIError) -> str:
    state = getattr(error.orig, "sqlstate", None)
    return state if isinstance(state, str) else ""
