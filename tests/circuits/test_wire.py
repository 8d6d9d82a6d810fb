"""Do documents survive the wire unchanged, and is every field of every one strictly read?"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed, Refused
from credence.circuits.receipt import Receipt, open_receipt, sign_receipt
from credence.circuits.wire import (
    IssuedCredential,
    IssuerDocument,
    IssuerKey,
    Offer,
    Presentation,
    PresentationRequest,
)

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
    terms_digest=bytes(32),
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
    Presentation("s1", "issuer.example", "k1", 740, {"kyc_ge_2": 1}, b"\x01" * 48, b"proof"),
    Presentation("s1", "issuer.example", "k1", 740, {}, None, b"proof"),
    RECEIPT,
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: type(document).__name__)
def test_every_document_round_trips(document: Any) -> None:
    assert type(document).parse(document.to_json()) == document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: type(document).__name__)
def test_every_field_is_required_typed_and_no_other_is_taken(document: Any) -> None:
    accepted = document.to_json()
    for key in accepted:
        if accepted[key] is not None and key not in ("pseudonym", "terms_digest", "tariff"):
            with pytest.raises(Malformed):
                type(document).parse({name: value for name, value in accepted.items() if name != key})
        with pytest.raises(Malformed):
            type(document).parse({**copy.deepcopy(accepted), key: 1.5})
    with pytest.raises(Malformed):
        type(document).parse({**accepted, "unknown": 1})


def test_a_key_id_stands_once() -> None:
    twice = {**DOCUMENTS[1].to_json(), "keys": [KEY.to_json(), KEY.to_json()]}
    with pytest.raises(Malformed):
        IssuerDocument.parse(twice)


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
        {"terms_digest": None},
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
