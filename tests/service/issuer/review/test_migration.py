"""Does an installation of before keep its cases, with what is known of them?"""

from __future__ import annotations

from typing import Any

from sqlalchemy import MetaData, Table, insert, select

from credence.service.app import tables
from credence.service.store import Store, schema
from tests.service.databases import Database
from tests.service.issuer.test_records import case


def test_cases_of_before_are_kept(database: Database) -> None:
    store = Store(database.empty())
    schema.upgrade(store.engine, tables(), "0009")
    declined = {"state": "declined", "kyc_level": None, "risk_tier": None}
    rows: list[dict[str, Any]] = [case().model_dump(), case(id="case-2", created_at=7, **declined).model_dump()]
    with store.engine.begin() as connection:
        before = Table("issuer_cases", MetaData(), autoload_with=connection)
        for row in rows:
            connection.execute(insert(before).values({column.name: row[column.name] for column in before.columns}))
    schema.upgrade(store.engine, tables())
    with store.engine.connect() as connection:
        after = Table("issuer_cases", MetaData(), autoload_with=connection)
        columns = (after.c.id, after.c.verified_at, after.c.assessed_level, after.c.assessed_tier)
        found = connection.execute(select(*columns).order_by(after.c.id)).all()
    assert [tuple(row) for row in found] == [("case-1", 1_790_000_000, 2, "low"), ("case-2", 7, None, None)]
    schema.downgrade(store.engine, tables(), "0009")
    with store.engine.connect() as connection:
        kept = Table("issuer_cases", MetaData(), autoload_with=connection)
        assert set(kept.columns.keys()) == set(before.columns.keys())
        assert len(connection.execute(select(kept.c.id)).all()) == 2
    store.close()
