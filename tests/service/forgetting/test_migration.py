"""Are rows of before given a term from their own times, and is a store of keys that is lost not made anew?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from credence.service.app import tables
from credence.service.app.subjects import prepare_subject_keys
from credence.service.errors import Unavailable
from credence.service.settings import Settings
from credence.service.store import Store, schema
from tests.service.databases import Database
from tests.service.idempotency.test_migration import CASE

YEAR, DAY = 365 * 86_400, 86_400
SINCE = {"verified_at": 1, "mode": "open", "factors": "[]", "nationality_place": 0, "decided_at": 7 * DAY}


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    store = Store(database.empty())
    schema.upgrade(store.engine, tables(), "0016")
    for number, mode in enumerate(("open", "obliged")):
        recorded = {"record_keeper": "k", "record_reference": "r", "retention_years": 5}
        row = {**CASE, **SINCE, **recorded, "id": f"case-{number}", "mode": mode, "evidence_digest": bytes([number]) * 32}
        names = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        with store.transaction() as session:
            session.connection().execute(text(f"INSERT INTO issuer_cases ({names}) VALUES ({values})"), row)
    yield store
    store.close()


def test_rows_of_before_have_a_term(store: Store) -> None:
    schema.upgrade(store.engine, tables())
    with store.reading() as session:
        query = "SELECT retain_until, legal_basis, legal_hold, subject_key, erased_at FROM issuer_cases ORDER BY id"
        found = [tuple(row) for row in session.connection().exec_driver_sql(query)]
    assert found == [
        (7 * DAY + YEAR, "legitimate-interest", None, None, None),
        (7 * DAY + 1_827 * DAY, "amlr-77", None, None, None),
    ]


def test_a_store_of_keys_that_is_lost_is_not_made_anew(store: Store, tmp_path: Path) -> None:
    schema.upgrade(store.engine, tables())
    settings = Settings.load(data_dir=tmp_path)
    prepare_subject_keys(settings, [store])
    (tmp_path / "subjects.keys").unlink()
    with store.transaction() as session:
        sealed = "UPDATE issuer_cases SET subject_key = :key, evidence_salt = :salt"
        session.connection().execute(text(sealed), {"key": bytes(16), "salt": bytes(60)})
    with pytest.raises(Unavailable, match="restore it"):
        prepare_subject_keys(settings, [store])
