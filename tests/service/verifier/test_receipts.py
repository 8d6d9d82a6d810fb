"""Can anyone who holds a receipt check it, and does the log hold what was accepted and nothing else?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import IllFormed, Refused
from credence.circuits.merkle import leaf_hash, verify_inclusion
from credence.circuits.note import NoteVerifier, open_checkpoint
from credence.circuits.policy import load_policy
from credence.circuits.receipt import Receipt, decision_digest, open_receipt
from credence.sdk.calls.verifier import VerifierDocument
from credence.sdk.errors import ReceiptInvalid
from credence.service.keys import Purpose
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Venue, policy


def published(venue: Venue) -> dict[str, Any]:
    response = venue.ask("GET", "/document", key=None)
    assert response.status_code == 200
    found: dict[str, Any] = response.json()
    return found


def opened(venue: Venue, decision: dict[str, Any]) -> Receipt:
    key = published(venue)["receipt_keys"][0]["public_key"]
    return open_receipt(decision["receipt"], Ed25519PublicKey.from_public_bytes(b64u_decode(key)))


def denied(venue: Venue) -> dict[str, Any]:
    request = venue.open()
    presentation = venue.prove(request)
    found: dict[str, Any] = venue.answer(request.session_id, replace(presentation, proof=presentation.proof[::-1])).json()
    return found


def test_an_accepted_receipt_opens_under_the_published_key(venue: Venue) -> None:
    decision = venue.admitted()
    receipt = opened(venue, decision)
    assert (receipt.verifier, receipt.audience) == ("verifier.example", "verifier.example/venue-a")
    assert (receipt.session_id, receipt.decided_at) == (decision["session_id"], NOW)
    assert receipt.policy_hash == load_policy(policy()).digest
    assert receipt.pseudonym == b64u_decode(decision["pseudonym"])
    assert receipt.tariff == "perp-default/2"
    assert receipt.decision_digest == decision_digest(decision)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_receipt_signs_the_whole_decision(venue: Venue, accepted: bool) -> None:
    decision = venue.admitted() if accepted else denied(venue)
    signed = opened(venue, decision).decision_digest
    assert signed == decision_digest(decision)
    for name in decision.keys() - {"receipt"}:
        assert signed != decision_digest({**decision, name: "forged"}), name
        assert signed != decision_digest({key: value for key, value in decision.items() if key != name}), name
    assert signed != decision_digest({**decision, "more": None})


def test_a_receipt_that_was_changed_does_not_open(venue: Venue) -> None:
    decision = venue.admitted()
    opened(venue, decision)
    decision["receipt"]["receipt"]["decided_at"] += 1
    with pytest.raises(Refused):
        opened(venue, decision)


def test_an_accepted_receipt_is_in_the_log(venue: Venue) -> None:
    receipt = opened(venue, venue.admitted())
    services = venue.running.services
    services.ledger.sequence()
    checkpoint = open_checkpoint(services.ledger.note(), NoteVerifier.parse(published(venue)["log_vkey"]))
    leaf = receipt.leaf()
    answer = venue.running.client.get("/v1/log/inclusion", params={"leaf": leaf.hex(), "size": checkpoint.size}).json()
    proof = [bytes.fromhex(node) for node in answer["proof"]]
    verify_inclusion(leaf_hash(leaf), answer["index"], checkpoint.size, proof, checkpoint.root)


def test_a_denied_receipt_opens_and_has_no_leaf(venue: Venue) -> None:
    ledger = venue.running.services.ledger
    ledger.sequence()
    before = len(ledger.entries(0, 10))
    receipt = opened(venue, denied(venue))
    assert (receipt.decision, receipt.tariff, receipt.pseudonym) == ("denied", None, None)
    venue.admitted()
    ledger.sequence()
    assert len(ledger.entries(0, 10)) == before + 1
    with pytest.raises(IllFormed):
        receipt.leaf()


def test_salts_and_ids_of_receipts_are_fresh(venue: Venue) -> None:
    receipts = [opened(venue, decision) for decision in (venue.admitted(), venue.admitted(), denied(venue))]
    assert len({receipt.salt for receipt in receipts}) == len({receipt.receipt_id for receipt in receipts}) == 3


def test_an_earlier_key_stays_published_while_it_lives(venue: Venue) -> None:
    before, services = venue.admitted(), venue.running.services
    services.keyring.rotate(Purpose.RECEIPT, now=NOW, rng=services.rng, curve=services.curve)
    after = venue.admitted()
    keys = [Ed25519PublicKey.from_public_bytes(b64u_decode(key["public_key"])) for key in published(venue)["receipt_keys"]]
    assert len(keys) == 2
    open_receipt(after["receipt"], keys[0])
    open_receipt(before["receipt"], keys[1])


def test_a_receipt_outlives_its_key(venue: Venue) -> None:
    """By way of a receipt of each of three keys, the first of which is retired by then."""
    services, clock = venue.running.services, venue.clock
    decisions = []
    for _ in range(3):
        decisions.append(venue.admitted())
        clock.forward(60)
        services.keyring.rotate(Purpose.RECEIPT, now=clock(), rng=services.rng, curve=services.curve)
    document = published(venue)
    assert [key["not_after"] for key in document["receipt_keys"]] == [None, None, NOW + 180, NOW + 120]
    for decision in decisions:
        assert VerifierDocument.parse(document).open(decision["receipt"]).decision == "accepted"
    # a key that is retired before it signs: its receipts are of a later time than it was in use
    early = [key | {"not_after": NOW - 1} if key["not_after"] == NOW + 120 else key for key in document["receipt_keys"]]
    with pytest.raises(ReceiptInvalid, match="later than its key"):
        VerifierDocument.parse(document | {"receipt_keys": early}).open(decisions[0]["receipt"])


def test_the_document_names_a_bounded_number_of_keys(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credence.service.verifier.document.MAX_KEYS", 2)
    services = venue.running.services
    for _ in range(3):
        services.keyring.rotate(Purpose.RECEIPT, now=NOW, rng=services.rng, curve=services.curve)
    newest = [version.key_id for version in services.keyring.live(Purpose.RECEIPT)]
    assert [key["key_id"] for key in published(venue)["receipt_keys"]] == newest


def test_the_document_says_who_it_is(venue: Venue) -> None:
    document, services = published(venue), venue.running.services
    assert (document["type"], document["verifier"]) == ("credence/verifier-document/2", "verifier.example")
    assert [key["key_id"] for key in document["receipt_keys"]] == [services.keyring.current(Purpose.RECEIPT).key_id]
    assert document["log_vkey"] == services.ledger.verifier.vkey
