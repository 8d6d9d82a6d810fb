"""Are denials of before counted too, once the database is brought up to date?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from credence.service.app import tables
from credence.service.store import Store, schema
from tests.service.databases import Database

DECISIONS = [("s-1", 1, "denied", 600), ("s-1", 2, "denied", 659), ("s-1", 3, "accepted", 659), ("s-2", 1, "denied", 660)]


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    store = Store(database.empty())
    schema.upgrade(store.engine, tables(), "0024")
    yield store
    store.close()


def test_each_is_counted_in_its_minute(store: Store) -> None:
    with store.transaction() as session:
        run = session.connection().execute
        run(
            text("INSERT INTO verifier_policies VALUES ('v', 'p', 1, '{}', :hash, 1)"),
            {"hash": bytes(32)},
        )
        for name in ("s-1", "s-2"):
            run(
                text(
                    "INSERT INTO verifier_sessions (id, venue, policy_name, policy_version, nonce, channel, message, "
                    "requested_at, expires_at, attempts, state) "
                    "VALUES (:id, 'v', 'p', 1, :nonce, :none, :none, 1, 2, 0, 'open')"
                ),
                {"id": name, "nonce": name.encode().ljust(32), "none": b""},
            )
        for session_id, attempt, decision, at in DECISIONS:
            reason = "accepted" if decision == "accepted" else "not_accepted"
            run(
                text(
                    "INSERT INTO verifier_decisions (session_id, attempt, decision, reason, answer, decided_at, "
                    "retain_until, legal_basis) VALUES (:id, :attempt, :decision, :reason, '{}', :at, 9999, 'contract')"
                ),
                {"id": session_id, "attempt": attempt, "decision": decision, "reason": reason, "at": at},
            )
    schema.upgrade(store.engine, tables())
    with store.reading() as session:
        found = session.connection().exec_driver_sql(
            "SELECT minute, denied, erased, leaf FROM verifier_denials ORDER BY minute"
        )
        assert [tuple(row) for row in found] == [(10, 2, 0, None), (11, 1, 0, None)]
    schema.downgrade(store.engine, tables(), "0024")
    schema.upgrade(store.engine, tables())
