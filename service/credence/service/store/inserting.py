"""Inserts in the words of both databases: of what must be there once, and of many rows at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import CursorResult, Table, bindparam, column, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel


def inserting(session: Session, kind: type[SQLModel] | Table) -> Any:
    """An insert that can say what a conflict means (``on_conflict_do_nothing``, ``on_conflict_do_update``).

    What the session still has to write is written before, so that rows may refer to it.
    """
    session.flush()
    return _dialect(session).insert(_table(kind))


def inserting_all(session: Session, kind: type[SQLModel] | Table, rows: Sequence[Mapping[str, Any]]) -> tuple[Any, Any]:
    """The same of rows (values by column, the same columns in each, at least one row), in their order, and what to run it
    with. The statement for the same columns is the same object, so that what is made of it can be kept.

    Under PostgreSQL the values are an array for each column: its driver reads a statement of thousands of values anew each
    time, and one row after the other it is slower still.
    """
    session.flush()
    dialect, names = session.connection().dialect.name, tuple(rows[0])
    if dialect != "postgresql":
        return _inserting_rows(_table(kind)), list(rows)
    return _inserting_arrays(_table(kind), names), {name: [row[name] for row in rows] for name in names}


def insert_once(session: Session, row: SQLModel, *, on: Sequence[str] | None = None) -> bool:
    """Inserts ``row`` unless a unique constraint already holds such a row; True where it was inserted.

    ``on`` names the columns of the one constraint whose conflict means "already there"; a conflict on another one then
    raises :class:`sqlalchemy.exc.IntegrityError`, as a missing value or foreign key does in any case. The row itself is not
    attached to the session. Under PostgreSQL a concurrent insert is waited for, so the answer is final.
    """
    table = _table(type(row))
    mapper = type(row).__mapper__  # type: ignore[attr-defined]
    values: dict[str, Any] = {each.name: getattr(row, mapper.get_property_by_column(each).key) for each in table.columns}
    # a key that the database makes is left to the database
    values = {name: value for name, value in values.items() if value is not None or not table.c[name].primary_key}
    statement = inserting(session, table).values(values).on_conflict_do_nothing(index_elements=on)
    return _run(session, statement) == 1


def insert_all_once(session: Session, kind: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Inserts every one of ``rows`` (as of :func:`inserting_all`), or none where a unique constraint holds one of them
    already. True where they were inserted: for thousands of rows a second.
    """
    if not rows:
        return True
    statement, values = inserting_all(session, kind, rows)
    with session.begin_nested() as attempt:
        if _run(session, statement.on_conflict_do_nothing(), values) == len(rows):
            return True
        attempt.rollback()
    return False


def _run(session: Session, statement: Any, values: Any = None) -> int:
    """How many rows were inserted. Without the option psycopg has forgotten it by the time it is asked."""
    options = {"preserve_rowcount": True}
    result: CursorResult[Any] = session.connection().execute(statement, values, execution_options=options)
    return result.rowcount


def _dialect(session: Session) -> Any:
    return postgresql if session.connection().dialect.name == "postgresql" else sqlite


def _table(kind: type[SQLModel] | Table) -> Table:
    table: Table = kind if isinstance(kind, Table) else kind.__table__  # type: ignore[attr-defined]
    return table


@cache
def _inserting_rows(table: Table) -> Any:
    return sqlite.insert(table)


@cache
def _inserting_arrays(table: Table, names: tuple[str, ...]) -> Any:
    columns = [table.c[name] for name in names]
    arrays = [bindparam(each.name, type_=postgresql.ARRAY(each.type)) for each in columns]
    given = func.unnest(*arrays).table_valued(*(column(each.name, each.type) for each in columns), name="given")
    return postgresql.insert(table).from_select(names, select(*given.render_derived().c))
