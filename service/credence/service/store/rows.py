"""The base of every table, and the one way to insert what must be there once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, TypeVar

from sqlalchemy import CursorResult, MetaData
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel, col, select

T = TypeVar("T", bound=SQLModel)

_PAGE: Final = 1_000

# A constraint without a name cannot be altered later, and the databases name them differently.
_NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata: Final = MetaData(naming_convention=_NAMES)
"""Every table of the service, once the rooms that define them are imported."""


class Row(SQLModel):
    """Base of every table class: ``class Thing(Row, table=True)``. Table names begin with the party that owns them.

    Rows are not validated by their class: what comes from outside is validated before.
    """

    metadata: ClassVar[MetaData] = metadata


def insert_once(session: Session, row: SQLModel, *, on: Sequence[str] | None = None) -> bool:
    """Inserts ``row`` unless a unique constraint already holds such a row; True where it was inserted.

    ``on`` names the columns of the one constraint whose conflict means "already there"; a conflict on another one then
    raises :class:`sqlalchemy.exc.IntegrityError`, as a missing value or foreign key does in any case. The row itself is not
    attached to the session. Under PostgreSQL a concurrent insert is waited for, so the answer is final.
    """
    session.flush()
    connection = session.connection()
    table = type(row).__table__  # type: ignore[attr-defined]
    mapper = type(row).__mapper__  # type: ignore[attr-defined]
    values: dict[str, Any] = {
        column.name: getattr(row, mapper.get_property_by_column(column).key) for column in table.columns
    }
    # a key that the database makes is left to the database
    values = {name: value for name, value in values.items() if value is not None or not table.c[name].primary_key}
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(values).on_conflict_do_nothing(index_elements=on)
    # without the option psycopg has forgotten the number by the time it is asked
    result: CursorResult[Any] = connection.execute(statement, execution_options={"preserve_rowcount": True})
    return result.rowcount == 1


def insert_all_once(session: Session, kind: type[SQLModel], rows: Sequence[Mapping[str, Any]]) -> bool:
    """Inserts every one of ``rows`` (values by column), or none where a unique constraint holds one of them already.

    True where they were inserted. One statement prepared once: for thousands of rows a second.
    """
    if not rows:
        return True
    session.flush()
    table = kind.__table__  # type: ignore[attr-defined]
    dialect = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).on_conflict_do_nothing()
    with session.begin_nested() as attempt:
        result: CursorResult[Any] = session.connection().execute(
            statement, list(rows), execution_options={"preserve_rowcount": True}
        )
        if result.rowcount == len(rows):
            return True
        attempt.rollback()
    return False


def in_pages(session: Session, kind: type[T], key: Any, *conditions: Any) -> Iterator[T]:
    """Every row of ``kind`` that fits, in the order of ``key``, a unique column; never all of them in memory at once."""
    query = select(kind).where(*conditions).order_by(col(key)).limit(_PAGE)
    page = session.exec(query).all()
    while page:
        yield from page
        last = getattr(page[-1], key.key)
        page = session.exec(query.where(col(key) > last)).all()
