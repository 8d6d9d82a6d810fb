"""The table of subjects' keys and every statement over it. It is in no metadata but its own: it has its own database.

A row is deleted and never changed. ``subject`` is keyed, so that nobody reads out of this table who has a key in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    CursorResult,
    Engine,
    LargeBinary,
    MetaData,
    Table,
    delete,
    func,
    inspect,
    select,
)
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlmodel import Session

from credence.service.store import inserting

KEY_ID_LENGTH: Final = 16

_CHUNK: Final = 400

_TABLE: Final = Table(
    "subject_keys",
    MetaData(),
    Column("key_id", LargeBinary, primary_key=True),
    Column("subject", LargeBinary, nullable=False, unique=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    CheckConstraint(f"length(key_id) = {KEY_ID_LENGTH}", name="ck_subject_keys_id_length"),
    CheckConstraint("length(subject) = 32", name="ck_subject_keys_subject_length"),
)


def make(engine: Engine) -> None:
    """Makes the table unless it is there."""
    with engine.begin() as connection:
        _TABLE.metadata.create_all(connection)


def is_made(session: Session) -> bool:
    """Whether the table is there."""
    return bool(inspect(session.connection()).has_table(_TABLE.name))


def add(session: Session, values: dict[str, Any]) -> None:
    """Stores a key unless the subject has one."""
    session.connection().execute(inserting(session, _TABLE).values(values).on_conflict_do_nothing())


def of_subject(session: Session, subject: bytes) -> tuple[bytes, bytes, bytes] | None:
    """``(key id, subject, sealed key)`` of a subject."""
    return _first(session, _TABLE.c.subject == subject)


def by_id(session: Session, key_id: bytes) -> tuple[bytes, bytes, bytes] | None:
    """``(key id, subject, sealed key)`` by the key's id."""
    return _first(session, _TABLE.c.key_id == key_id)


def by_ids(session: Session, key_ids: Collection[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The same of those that are there."""
    for part in _parts(key_ids):
        for row in session.connection().execute(_QUERY.where(_TABLE.c.key_id.in_(part))):
            yield row[0], row[1], row[2]


def destroy(session: Session, key_ids: Collection[bytes]) -> int:
    """Deletes keys, and says how many were there."""
    gone = 0
    for part in _parts(key_ids):
        statement = delete(_TABLE).where(_TABLE.c.key_id.in_(part))
        done: CursorResult[Any] = session.connection().execute(statement)
        gone += done.rowcount
    return gone


def count(session: Session) -> int:
    """How many keys there are."""
    return int(session.connection().execute(select(func.count()).select_from(_TABLE)).scalar_one())


def every(session: Session) -> Iterator[dict[str, Any]]:
    """Every row, for a copy of the store."""
    for row in session.connection().execute(select(_TABLE).order_by(_TABLE.c.made_at, _TABLE.c.key_id)).mappings():
        yield dict(row)


_QUERY: Final = select(_TABLE.c.key_id, _TABLE.c.subject, _TABLE.c.sealed)


def _first(session: Session, condition: Any) -> tuple[bytes, bytes, bytes] | None:
    row = session.connection().execute(_QUERY.where(condition)).first()
    return None if row is None else (row[0], row[1], row[2])


def _parts(key_ids: Collection[bytes]) -> Iterator[list[bytes]]:
    ordered = sorted(key_ids)
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))


def is_sealed_with(session: Session) -> bool:
    """Whether a row of the databases, whose session this is, names a subject's key."""
    there = inspect(session.connection())
    for name in there.get_table_names():
        if "subject_key" in {column["name"] for column in there.get_columns(name)}:
            table = sql_table(name, sql_column("subject_key"))
            if session.connection().execute(select(table).where(table.c.subject_key.is_not(None)).limit(1)).first():
                return True
    return False
