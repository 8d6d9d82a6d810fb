"""The base of every table, and how all of its rows are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final, TypeVar

from sqlalchemy import MetaData
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


def in_pages(session: Session, kind: type[T], key: Any, *conditions: Any) -> Iterator[T]:
    """Every row of ``kind`` that fits, in the order of ``key``, a unique column; never all of them in memory at once."""
    query = select(kind).where(*conditions).order_by(col(key)).limit(_PAGE)
    page = session.exec(query).all()
    while page:
        yield from page
        last = getattr(page[-1], key.key)
        page = session.exec(query.where(col(key) > last)).all()
