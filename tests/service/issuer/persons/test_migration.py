"""Does an installation of before keep its persons, and know which of their credentials is live?"""

from __future__ import annotations

from sqlalchemy import MetaData, Table, insert, select

from credence.service.app import tables
from credence.service.store import Store, schema
from tests.service.databases import Database
from tests.service.issuer.test_records import attestation, case


def test_persons_of_before_are_known(database: Database) -> None:
    store = Store(database.empty())
    schema.upgrade(store.engine, tables(), "0014")
    names = ("issuer_cases", "issuer_attestations", "issuer_accumulators", "issuer_revocations")
    revoked = attestation(id="a" * 32, case_id="case-2", identity_tag=b"u" * 32)
    accumulator = {"accumulator_id": "ab" * 16, "issuer": "issuer.example", "schema_id": "s", "index": 1, "value": b"v" * 48}
    event = {"accumulator_id": "ab" * 16, "index": 1, "handle": b"h" * 32, "value": b"v" * 48, "revoked_at": 1}
    event |= {"attestation_id": revoked.id, "reason": "device-lost", "revoked_by": "revoker.example"}
    rows = [
        *(("issuer_cases", case(id=name, identity_tag=tag, decided_at=at).model_dump()) for name, tag, at in PERSONS),
        *(("issuer_attestations", row.model_dump()) for row in (attestation(id="b" * 32), revoked)),
        ("issuer_accumulators", accumulator),
        ("issuer_revocations", event),
    ]
    with store.engine.begin() as connection:
        before = {name: Table(name, MetaData(), autoload_with=connection) for name in names}
        for name, row in rows:
            values = {column.name: row[column.name] for column in before[name].columns}
            connection.execute(insert(before[name]).values(values))
    schema.upgrade(store.engine, tables(), "0015")
    with store.engine.connect() as connection:
        tags = Table("issuer_person_tags", MetaData(), autoload_with=connection)
        found = connection.execute(select(tags.c.tag, tags.c.tag_version, tags.c.identity_tag).order_by(tags.c.tag)).all()
        after = Table("issuer_attestations", MetaData(), autoload_with=connection)
        lives = connection.execute(select(after.c.serial, after.c.life, after.c.issued_day).order_by(after.c.id)).all()
    assert [tuple(row) for row in found] == [(tag, 1, tag) for _, tag, _ in PERSONS]
    assert [tuple(row) for row in lives] == [(1, "revoked", 739 * 28), (1, "live", 20_717)]
    schema.downgrade(store.engine, tables(), "0014")
    store.close()


PERSONS = (
    ("case-1", b"t" * 32, 20_717 * 86_400),  # a day of its attestation's epoch
    ("case-2", b"u" * 32, 739 * 28 * 86_400 - 1),  # decided before that
    ("case-3", b"w" * 32, 1_790_000_000),
)
