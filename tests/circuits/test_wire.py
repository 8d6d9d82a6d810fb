"""Do documents survive the wire unchanged, and is every field of every one strictly read?"""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.encoding import b64u
from credence.circuits.errors import IllFormed, Malformed, Refused
from credence.circuits.hashing import Label, sha256_labelled
from credence.circuits.leaf import salted_leaf
from credence.circuits.receipt import Receipt, decision_digest, open_receipt, sign_receipt
from credence.circuits.wire import (
    IssuedCredential,
    IssuerDocument,
    IssuerKey,
    Offer,
    Presentation,
    PresentationRequest,
    ShownAccumulator,
    ShownCredential,
)

SHOWN = (ShownCredential("person", "issuer.example", "k1", 740),)
KEY = IssuerKey("k1", "bls12-381-sha-256", b"\x01" * 96, 10, 20)
RECEIPT = Receipt(
    receipt_id="r1",
    verifier="verifier.example",
    audience="venue-a",
    session_id="s1",
    policy_hash=bytes(32),
    decision="accepted",
    reason="accepted",
    pseudonym=b"\x02" * 48,
    presentation_digest=bytes(32),
    decision_digest=bytes(32),
    tariff="perp-default@1",
    decided_at=7,
    salt=bytes(32),
)
DOCUMENTS: list[Any] = [
    KEY,
    IssuerDocument("issuer.example", ("credence/person/1",), (KEY,), "log+00000000+AA"),
    Offer("issuer.example", "credence/person/1", "c1", "secret", 99),
    IssuedCredential("issuer.example", "credence/person/1", "k1", 740, {"kind": 1}, 5, 1 << 200, bytes(80), "a1", bytes(32)),
    PresentationRequest("s1", "venue-a", {"name": "p"}, bytes(16), b"", b"0xabc", 1, 2),
    *SHOWN,
    ShownAccumulator("person", 3, 29_833_333),
    Presentation("s1", SHOWN, (ShownAccumulator("person", 0, 0),), {"person.kyc_ge_2": 1}, "batchable", b"proof"),
    Presentation("s1", SHOWN, (), {}, "compact", b"proof"),
    RECEIPT,
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: type(document).__name__)
def test_every_document_round_trips(document: Any) -> None:
    assert type(document).parse(document.to_json()) == document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: type(document).__name__)
def test_every_field_is_required_typed_and_no_other_is_taken(document: Any) -> None:
    accepted = document.to_json()
    for key in accepted:
        if accepted[key] is not None and key not in ("pseudonym", "tariff"):
            with pytest.raises(Malformed):
                type(document).parse({name: value for name, value in accepted.items() if name != key})
        with pytest.raises(Malformed):
            type(document).parse({**copy.deepcopy(accepted), key: 1.5})
    with pytest.raises(Malformed):
        type(document).parse({**accepted, "unknown": 1})


def test_a_key_id_stands_once() -> None:
    other = dataclasses.replace(KEY, public_key=b"\x02" * 96)
    two = {**DOCUMENTS[1].to_json(), "keys": [KEY.to_json(), dataclasses.replace(other, key_id="k2").to_json()]}
    assert len(IssuerDocument.parse(two).keys) == 2
    with pytest.raises(Malformed, match="key id"):
        IssuerDocument.parse({**two, "keys": [KEY.to_json(), other.to_json()]})


@pytest.mark.parametrize("suite", ["bls12-381-sha-256", "bls12-381-shake-256"])
def test_a_public_key_has_one_id(suite: str) -> None:
    twin = dataclasses.replace(KEY, key_id="k2", suite=suite)
    two = {**DOCUMENTS[1].to_json(), "keys": [KEY.to_json(), dataclasses.replace(twin, public_key=b"\x02" * 96).to_json()]}
    assert len(IssuerDocument.parse(two).keys) == 2
    with pytest.raises(Malformed, match="public key"):
        IssuerDocument.parse({**two, "keys": [KEY.to_json(), twin.to_json()]})


@pytest.mark.parametrize("name", ["requested_at", "expires_at"])
def test_a_request_is_of_a_day_that_credentials_know(name: str) -> None:
    request = DOCUMENTS[4].to_json()
    last = 65_536 * 86_400 - 1  # 2149-06-06
    assert PresentationRequest.parse({**request, name: last}).to_json()[name] == last
    for later in (last + 1, 1 << 40, (1 << 53) - 1):
        with pytest.raises(Malformed):
            PresentationRequest.parse({**request, name: later})


def test_a_document_digest_depends_on_every_key() -> None:
    other = IssuerDocument("issuer.example", ("credence/person/1",), (), "log+00000000+AA")
    assert other.digest() != DOCUMENTS[1].digest()


def test_a_receipt_opens_under_its_key_only() -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signed = sign_receipt(RECEIPT, key)
    assert open_receipt(signed, key.public_key()) == RECEIPT
    with pytest.raises(Refused):
        open_receipt(signed, Ed25519PrivateKey.from_private_bytes(b"\x01" * 32).public_key())


@pytest.mark.parametrize(
    "change",
    [
        {"audience": "venue-b"},
        {"decided_at": 8},
        {"pseudonym": b64u(b"\x03" * 48)},
        {"policy_hash": b64u(b"\x01" * 32)},
        {"salt": b64u(b"\x01" * 32)},
        {"decision_digest": b64u(b"\x01" * 32)},
    ],
)
def test_a_changed_receipt_is_refused(change: dict[str, Any]) -> None:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    signed = sign_receipt(RECEIPT, key)
    signed["receipt"].update(change)
    with pytest.raises(Refused):
        open_receipt(signed, key.public_key())


def test_decision_and_reason_agree() -> None:
    with pytest.raises(Malformed):
        Receipt.parse({**RECEIPT.to_json(), "decision": "denied"})


def test_leaves_of_receipts_are_salted_and_of_accepted_ones_alone() -> None:
    assert RECEIPT.leaf() == salted_leaf("receipt", bytes(32), RECEIPT.signed_bytes())
    assert dataclasses.replace(RECEIPT, salt=b"\x01" * 32).leaf() != RECEIPT.leaf()
    with pytest.raises(IllFormed):
        dataclasses.replace(RECEIPT, decision="denied", reason="not_accepted").leaf()


def test_a_decision_digest_covers_all_but_the_receipt() -> None:
    decision = {"decision": "accepted", "kyc_level": 2, "predicates": ["person.kyc_level >= 2"], "disclosed": {}}
    digest = decision_digest(decision)
    assert digest == decision_digest({**decision, "receipt": {"any": "thing"}, "predicates": ("person.kyc_level >= 2",)})
    for name in decision:
        assert digest != decision_digest({**decision, name: None})


def test_the_leaf_of_a_document_is_known_to_everybody() -> None:
    document = DOCUMENTS[1]
    assert document.leaf() == sha256_labelled(Label.ISSUER_DOCUMENT, document.digest())


def test_a_key_is_found_in_its_time_and_by_its_name() -> None:
    document = DOCUMENTS[1]
    assert document.key_at("k1", 10) == document.key_at("k1", 20) == KEY
    for key_id, now in (("k1", 9), ("k1", 21), ("k2", 15)):
        with pytest.raises(Refused):
            document.key_at(key_id, now)


def test_nothing_that_is_secret_or_personal_is_printed() -> None:
    planted = "planted-canary"
    offer = Offer("issuer.example", "credence/person/1", "c1", planted, 99)
    issued = IssuedCredential(
        "issuer.example",
        "credence/person/1",
        "k1",
        740,
        {"birth_date": 7654321},
        8765432,
        9876543,
        bytes(80),
        planted,
        b"\xaa" * 32,
    )
    request = PresentationRequest(planted, "v/c", {"name": "p"}, planted.encode(), planted.encode(), planted.encode(), 1, 2)
    presentation = Presentation(planted, SHOWN, (), {"person.birth_date": 7654321}, "compact", planted.encode())
    receipt = dataclasses.replace(RECEIPT, session_id=planted, pseudonym=planted.encode(), salt=planted.encode())
    shown = "".join(repr(document) for document in (offer, issued, request, presentation, receipt))
    for secret in (planted, "7654321", "8765432", "9876543", repr(bytes(80)), repr(b"\xaa" * 32)):
        assert secret not in shown
    assert "issuer.example" in shown
