"""Does a case of before the modes come through the migration, there and back, with every check it had and has now?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from credence.service.app import tables
from credence.service.store import Store, schema
from tests.service.databases import Database
from tests.service.idempotency.test_migration import CASE, insert

NEW = {
    "mode": "open",
    "factors": "[]",
    "monitoring": None,
    "review_by": None,
    "nationality_place": 0,
    "record_keeper": None,
    "record_reference": None,
    "retention_years": None,
}


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    store = Store(database.empty())
    schema.upgrade(store.engine, tables(), "0008")
    insert(store, "issuer_cases", CASE)
    yield store
    store.close()


def row(store: Store) -> dict[str, Any]:
    with store.reading() as session:
        found = session.connection().execute(text("SELECT * FROM issuer_cases")).mappings().one()
        return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in found.items()}


def change(store: Store, column: str, value: object) -> None:
    with store.transaction() as session:
        session.connection().execute(text(f"UPDATE issuer_cases SET {column} = :value"), {"value": value})


def test_a_case_of_before_is_of_an_open_issuer(store: Store) -> None:
    before = row(store)
    schema.upgrade(store.engine, tables(), "0009")
    assert row(store) == {**before, **NEW}
    schema.downgrade(store.engine, tables(), "0008")
    assert row(store) == before


REFUSED = [("mode", "closed"), ("mode", "obliged"), ("monitoring", "seldom"), ("retention_years", 101), ("kyc_level", 4)]


def test_every_check_is_there_afterwards(store: Store) -> None:
    """Those of before among them, since SQLite makes the table anew."""
    schema.upgrade(store.engine, tables())
    for column, value in REFUSED:
        with pytest.raises(IntegrityError):
            change(store, column, value)
    for name, kept in (("record_keeper", "k"), ("record_reference", "r"), ("retention_years", 5), ("monitoring", "close")):
        change(store, name, kept)
    change(store, "mode", "obliged")
    assert row(store)["mode"] == "obliged"
