"""What is kept of a standing: is its leaf in the log, does it name nobody, and does it go?"""

from __future__ import annotations

import json

import pytest

from credence.circuits.credential import DAY_SECONDS, STANDING_1
from credence.circuits.encoding import b64u
from credence.circuits.errors import IllFormed
from credence.circuits.issuance import IssuerEntropy
from credence.service.app.housekeeping import sweep
from credence.service.app.tenure import in_use_until
from credence.service.issuer.claims import claims
from credence.service.keys import Purpose
from credence.service.keys.ordering import Order
from credence.service.ledger import verify_ledger
from tests.service.databases import Database
from tests.service.issuer.standings.conftest import Door
from tests.service.issuer.standings.test_renewing import pseudonym_of


def test_its_leaf_is_in_the_log_and_its_record_opens_it(door: Door) -> None:
    held, services = door.renewed(), door.world.running.services
    services.ledger.sequence()
    assert services.ledger.inclusion(held.leaf).index >= 0
    with door.world.desk.store.reading() as session:
        opened = {claim.leaf: claim.opened for claim in claims(session, services.keeping.keys)}
    assert opened[held.leaf] == held.leaf


def test_no_row_has_the_pseudonym_the_commitment_or_the_score(door: Door, database: Database) -> None:
    proven = door.prove(door.asked())
    pseudonym = pseudonym_of(door, proven)
    held = door.accept(proven, door.send(proven))
    rows = database.rows(door.world.running.services.settings.data_dir)
    signature = held.signature
    for said in (pseudonym, b64u(pseudonym).encode(), signature, b64u(signature).encode(), b'"evidence_milli"'):
        assert not any(said in found for found in rows.values())
    leaf = [name for name, found in rows.items() if held.leaf in found]
    assert leaf, "what is kept is found, where it is kept"


def test_sessions_and_records_go(door: Door) -> None:
    held, services = door.renewed(), door.world.running.services
    door.asked()
    door.world.running.clock.forward(300 + 3_599)
    sweep(services)
    assert (door.world.rows("issuer_renewals"), door.world.rows("issuer_standings")) == (2, 1)
    door.world.running.clock.forward(1)
    sweep(services)
    assert (door.world.rows("issuer_renewals"), door.world.rows("issuer_standings")) == (0, 1)
    door.world.running.clock.now = (held.attributes["expires_on"] + 7) * DAY_SECONDS
    sweep(services)
    assert door.world.rows("issuer_standings") == 0
    services.ledger.sequence()
    with services.store("ledger").reading() as session:
        verify_ledger(session, services.ledger.verifier, services.ledger.outboxes)


def test_the_key_that_signed_a_standing_is_in_use_until_that_ends(door: Door) -> None:
    held, services = door.renewed(), door.world.running.services
    version = services.keyring.current(Purpose.ISSUER_BBS)
    services.keyring.rotate(Purpose.ISSUER_BBS, now=door.world.now, rng=services.rng, curve=services.curve)
    with door.world.desk.store.transaction() as session:
        session.connection().exec_driver_sql("DELETE FROM issuer_attestations")
    until = in_use_until(services, version)
    assert until == (held.attributes["expires_on"] + 1) * DAY_SECONDS


def test_the_issuer_says_that_it_signs_standings(door: Door) -> None:
    assert door.document.schemas == ("credence/person/1", STANDING_1.id)
    assert json.dumps(door.document.to_json()).count("accumulator_id") == 1, "standings end, and are not revoked"


def test_an_order_over_a_point_adds_nothing_to_it(door: Door) -> None:
    held = door.renewed()
    said = ("k", STANDING_1, "issuer", 1, held.expiry_epoch, held.attributes, bytes(48))
    order = Order(*said, IssuerEntropy(0, 0), "a", bytes(32))
    assert Order.parse(order.to_json()) == order
    with pytest.raises(IllFormed, match="nothing is added"):
        Order(*said, IssuerEntropy(1, 0), "a", bytes(32))
