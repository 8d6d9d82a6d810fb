"""Does an audit miss what the issuer's records speak of and the log never had?"""

from __future__ import annotations

import pytest
from sqlalchemy import text

from credence.service.issuer.claims import claims
from credence.service.ledger import Claim, Fault, LedgerDamaged
from tests.service.issuer.conftest import World

KINDS = ("issuer-document", "attestation", "accumulator-checkpoint")


@pytest.fixture
def issued(world: World) -> World:
    """A credential, and the document, both in the log."""
    token = world.token()
    world.claim(world.offer(token), world.request().commitment, token)
    world.running.services.ledger.sequence()
    return world


def faults(world: World, statement: str, **values: object) -> list[tuple[Fault, int]]:
    with world.desk.store.transaction() as session:
        assert session.connection().execute(text(statement), values).rowcount == 1
    with pytest.raises(LedgerDamaged) as damaged:
        world.running.services.ledger.verify()
    return [(finding.fault, finding.index) for finding in damaged.value.findings]


def place_of_the_attestation(world: World) -> int:
    with world.desk.store.reading() as session:
        query = "SELECT entry_index FROM issuer_outbox WHERE kind = 'attestation'"
        return int(session.connection().exec_driver_sql(query).scalar_one())


def test_every_record_is_in_the_log(issued: World) -> None:
    ledger = issued.running.services.ledger
    assert ledger.verify().waiting == 0
    assert [issued.rows(f"issuer_outbox WHERE kind = '{kind}'") for kind in KINDS] == [1, 1, 1]
    assert len(list(claims_of(issued))) == issued.rows("issuer_outbox") == 3


def claims_of(world: World) -> list[Claim]:
    with world.desk.store.reading() as session:
        return list(claims(session, world.running.services.keeping.keys))


def test_an_attestation_that_was_never_handed_in_is_missed(world: World) -> None:
    """The accepted twin is the log of ``issued``: here the row goes before the log has seen it."""
    token, services = world.token(), world.running.services
    world.running.app.state.sequencing.stop()
    services.ledger.sequence()
    world.claim(world.offer(token), world.request().commitment, token)
    assert services.ledger.verify().waiting == 1
    entries = services.ledger.verify().entries
    assert faults(world, "DELETE FROM issuer_outbox WHERE entry_index IS NULL") == [(Fault.UNLOGGED, entries)]


@pytest.mark.parametrize("column", ["salt", "digest"])
def test_a_record_that_no_longer_opens_its_leaf_is_found(issued: World, column: str) -> None:
    zeros = bytes(60 if column == "salt" else 32)  # a salt is sealed
    found = faults(issued, f"UPDATE issuer_attestations SET {column} = :zeros", zeros=zeros)
    assert found == [(Fault.UNOPENED, place_of_the_attestation(issued))]


@pytest.mark.parametrize("change", ["minute = minute + 1", '"index" = 7', "value = :other"])
def test_a_checkpoint_that_no_longer_leads_to_its_leaf_is_found(issued: World, change: str) -> None:
    values = {"other": bytes(48)} if ":other" in change else {}
    ((fault, _),) = faults(issued, f"UPDATE issuer_checkpoints SET {change}", **values)
    assert fault is Fault.UNOPENED


@pytest.mark.parametrize("document", ["{}", "no JSON"])
def test_a_document_that_was_changed_is_found(issued: World, document: str) -> None:
    entries = issued.running.services.ledger.verify().entries
    found = faults(issued, "UPDATE issuer_documents SET document = :document", document=document)
    assert found == [(Fault.UNLOGGED, entries)]
