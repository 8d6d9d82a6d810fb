"""Does an attestation survive the migration that takes a column from its table, there and back, with every check?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from credence.circuits.hashing import sha256_labelled
from credence.service.app import tables
from credence.service.store import Store, schema
from tests.service.databases import Database

CASE = {
    "id": "case-1",
    "opened_by": "operator",
    "state": "issued",
    "identity_tag": b"t" * 32,
    "evidence_digest": b"d" * 32,
    "evidence_salt": b"s" * 32,
    "evidence_commitment": b"c" * 32,
    "vendor": "v",
    "vendor_reference": "r",
    "valid_until": 2,
    "kyc_level": 2,
    "risk_tier": "standard",
    "diligence": "x/1",
    "reasons": "",
    "screening": "{}",
    "offer_key_id": "k",
    "created_at": 1,
    "decided_at": 1,
}
ATTESTATION = {
    "id": "a" * 32,
    "case_id": "case-1",
    "identity_tag": b"t" * 32,
    "schema_id": "credence/person/1",
    "key_id": "k",
    "issued_epoch": 739,
    "expiry_epoch": 765,
    "resets": 0,
    "reset_day": 0,
    "revocation_handle": b"h" * 32,
    "subject_handle": b"u" * 16,
    "commitment_point": b"p" * 48,
    "salt": b"s" * 32,
    "digest": b"d" * 32,
    "leaf": b"l" * 32,
}


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    store = Store(database.empty())
    schema.upgrade(store.engine, tables(), "0003")
    insert(store, "issuer_cases", CASE)
    insert(store, "issuer_attestations", ATTESTATION)
    yield store
    store.close()


def insert(store: Store, table: str, values: dict[str, Any]) -> None:
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    with store.transaction() as session:
        session.connection().execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)


def row(store: Store) -> dict[str, Any]:
    with store.reading() as session:
        found = session.connection().execute(text("SELECT * FROM issuer_attestations")).mappings().one()
        return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in found.items()}


def another(**changes: Any) -> dict[str, Any]:
    fresh = {"id": os.urandom(16).hex(), "identity_tag": os.urandom(32), "leaf": os.urandom(32)}
    handles = {"revocation_handle": os.urandom(32), "subject_handle": os.urandom(16)}
    return {**ATTESTATION, **fresh, **handles, **changes}


REFUSED = (
    {"commitment_point": b"p"},
    {"salt": b""},
    {"expiry_epoch": 739},
    {"resets": -1},
    {"case_id": "nowhere"},
    {"leaf": b"l" * 32},
    {"subject_handle": b"u" * 16},
)


def test_every_other_constraint_and_index_is_still_there(store: Store) -> None:
    for changes in REFUSED:
        with pytest.raises(IntegrityError):
            insert(store, "issuer_attestations", another(**changes))
    insert(store, "issuer_attestations", another())
    assert [index["name"] for index in inspect(store.engine).get_indexes("issuer_attestations") if not index["unique"]] == [
        "ix_issuer_attestations_case_id"
    ]


def test_going_back_says_again_which_commitment_it_was(store: Store) -> None:
    schema.downgrade(store.engine, tables(), "0002")
    digest = sha256_labelled(SimpleNamespace(value=b"CREDENCE-V01-COMMITMENT-REQUEST"), b"p" * 48)
    assert row(store) == {**ATTESTATION, "commitment_request": digest}
    assert "idempotency_answers" not in inspect(store.engine).get_table_names()
    for changes in (*REFUSED, {"commitment_request": b"r"}, {"commitment_request": None}):
        with pytest.raises(IntegrityError):
            insert(store, "issuer_attestations", another(**{"commitment_request": digest, **changes}))
    schema.upgrade(store.engine, tables(), "0003")
    assert row(store) == ATTESTATION
