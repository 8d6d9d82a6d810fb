"""Do the tables themselves refuse what must not be?"""

from __future__ import annotations

import os
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from credence.service.issuer.cases import CaseState
from credence.service.issuer.records import (
    IssuerAttestation,
    IssuerCase,
    add_attestation,
    add_case,
    cases,
    find_attestation,
    find_case,
    find_case_by_evidence,
    move_case,
)
from credence.service.store import Store
from tests.service.issuer.conftest import World


@pytest.fixture
def store(world: World) -> Store:
    return world.running.services.store("issuer")


def case(**changes: Any) -> IssuerCase:
    values: dict[str, Any] = {
        "id": "case-1",
        "opened_by": "operator.example",
        "state": "approved",
        "identity_tag": b"t" * 32,
        "evidence_digest": os.urandom(32),
        "evidence_salt": b"s" * 32,
        "evidence_commitment": b"c" * 32,
        "vendor": "vendor.example",
        "vendor_reference": "check-1",
        "valid_until": 2_000_000_000,
        "kyc_level": 2,
        "risk_tier": "low",
        "diligence": "1",
        "reasons": "residence-low",
        "screening": "{}",
        "offer_key_id": "k",
        "created_at": 1_790_000_000,
        "decided_at": 1_790_000_000,
        "verified_at": 1_790_000_000,
        "retain_until": 1_821_536_000,
        "legal_basis": "legitimate-interest",
    }
    return IssuerCase(**{**values, **changes})


def attestation(**changes: Any) -> IssuerAttestation:
    values: dict[str, Any] = {
        "id": os.urandom(16).hex(),
        "case_id": "case-1",
        "identity_tag": b"t" * 32,
        "schema_id": "credence/person/1",
        "key_id": "k",
        "issued_epoch": 739,
        "expiry_epoch": 765,
        "resets": 0,
        "reset_day": 0,
        "issued_day": 20_692,
        "revocation_handle": os.urandom(32),
        "subject_handle": os.urandom(16),
        "commitment_point": b"p" * 48,
        "salt": b"s" * 32,
        "digest": b"d" * 32,
        "leaf": os.urandom(32),
        "retain_until": 1_882_224_000,
        "legal_basis": "legitimate-interest",
    }
    return IssuerAttestation(**{**values, **changes})


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"state": "open"},
        {"state": "Approved"},
        {"identity_tag": b"t" * 31},
        {"evidence_digest": b""},
        {"evidence_salt": b"s" * 33},
        {"evidence_commitment": b"c"},
        {"kyc_level": 0},
        {"kyc_level": 4},
        {"risk_tier": "none"},
        {"kyc_level": None},
        {"risk_tier": None},
        {"state": "issued", "risk_tier": None},
        {"state": "review", "kyc_level": None},
        {"assessed_level": 2},
        {"assessed_tier": "low"},
        {"assessed_level": 4, "assessed_tier": "low"},
        {"assessed_level": 1, "assessed_tier": "none"},
        {"verified_at": None},
    ],
)
def test_a_case_that_cannot_be(store: Store, changes: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), store.transaction() as session:
        add_case(session, case(**changes))
    with store.transaction() as session:
        assert add_case(session, case())
        assert add_case(session, case(id="case-2", state="declined", kyc_level=None, risk_tier=None))


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"identity_tag": b""},
        {"commitment_point": b"p" * 47},
        {"serial": 0},
        {"life": "dead"},
        {"revocation_handle": b"h"},
        {"subject_handle": b"h" * 17},
        {"salt": b""},
        {"digest": b""},
        {"leaf": b""},
        {"issued_epoch": 765},
        {"resets": -1},
        {"case_id": "case-9"},
    ],
)
def test_an_attestation_that_cannot_be(store: Store, changes: dict[str, Any]) -> None:
    with store.transaction() as session:
        add_case(session, case())
    with pytest.raises(IntegrityError), store.transaction() as session:
        add_attestation(session, attestation(**changes))
    with store.transaction() as session:
        assert add_attestation(session, attestation())


def test_one_case_for_evidence_and_one_attestation_for_a_person(store: Store) -> None:
    first = case()
    with store.transaction() as session:
        assert add_case(session, first)
        assert not add_case(session, case(id="case-2", evidence_digest=first.evidence_digest))
        assert add_case(session, case(id="case-3"))
        assert add_attestation(session, attestation())
        assert not add_attestation(session, attestation(case_id="case-3"))
        assert not add_attestation(session, attestation(case_id="case-3", serial=2)), "one live"
        assert not add_attestation(session, attestation(case_id="case-3", life="revoked")), "one of a serial"
        assert add_attestation(session, attestation(case_id="case-3", serial=2, life="revoked"))
        assert add_attestation(session, attestation(case_id="case-3", identity_tag=b"u" * 32))
        found = find_case_by_evidence(session, [b"x" * 32, first.evidence_digest])
        assert found is not None
        assert found.id == "case-1"
        assert find_case_by_evidence(session, [b"x" * 32]) is None


def test_a_case_moves_only_from_where_it_is(store: Store) -> None:
    with store.transaction() as session:
        add_case(session, case())
        assert not move_case(session, "case-1", CaseState.REVIEW, CaseState.APPROVED)
        assert move_case(session, "case-1", CaseState.APPROVED, CaseState.ISSUED, decided_by="x.example")
        assert not move_case(session, "case-1", CaseState.APPROVED, CaseState.ISSUED)
        assert not move_case(session, "case-2", CaseState.APPROVED, CaseState.ISSUED)
    with store.reading() as session:
        found = find_case(session, "case-1")
        assert found is not None
        assert (found.state, found.decided_by) == ("issued", "x.example")


def test_cases_are_listed_newest_first(store: Store) -> None:
    with store.transaction() as session:
        for number, state in enumerate(["approved", "review", "approved"]):
            add_case(session, case(id=f"case-{number}", state=state, created_at=1_790_000_000 + number))
    with store.reading() as session:
        assert [found.id for found in cases(session, limit=9)] == ["case-2", "case-1", "case-0"]
        assert [found.id for found in cases(session, CaseState.APPROVED, limit=1)] == ["case-2"]
        assert [found.id for found in cases(session, CaseState.REVIEW, limit=9)] == ["case-1"]
        assert not cases(session, CaseState.ISSUED, limit=9)


def test_an_attestation_is_public_with_its_leaf_in_the_outbox(store: Store) -> None:
    row = attestation()
    with store.transaction() as session:
        add_case(session, case())
        add_attestation(session, row)
        assert find_attestation(session, row.id) is None, "never without a leaf on its way into the log"
