"""Does a wallet take a revocation witness only where everybody was shown the value it is of?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import Curve
from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused
from credence.circuits.issuance import HeldCredential, accept_credential
from credence.circuits.revocation_log import follow
from credence.circuits.wire import IssuedCredential, IssuerDocument
from tests.circuits.journey import ATTRIBUTES, NOW, World, make_world
from tests.circuits.revocation_log.subjects import Issuer
from tests.conftest import SeededBytes

HANDLE = ATTRIBUTES["revocation_handle"]


@pytest.fixture
def issuer(curve: Curve, rng: SeededBytes) -> Issuer:
    return Issuer(curve, rng)


@pytest.fixture
def world(curve: Curve, rng: SeededBytes, issuer: Issuer) -> World:
    """The issuer of ``journey`` with an accumulator, and its credential with the first witness."""
    made = make_world(curve, rng)
    document = replace(made.document, log_vkey=issuer.ledger.signer.vkey, accumulators=(issuer.key,))
    return replace(made, document=document, issued=replace(made.issued, witness=issuer.witness(HANDLE)))


def accept(world: World, **changes: Any) -> HeldCredential:
    issued = replace(world.issued, **changes)
    return accept_credential(world.curve, world.document, issued, world.secrets, world.blind, NOW)


def test_a_first_witness_comes_with_the_credential(world: World, issuer: Issuer) -> None:
    held = accept(world)
    assert (held.accumulator, held.witness) == (issuer.key, issuer.witness(HANDLE))
    assert held.log_vkey == issuer.ledger.signer.vkey
    assert held.revocation_handle == HANDLE
    assert HeldCredential.parse(held.to_json()) == held
    assert str(HANDLE) not in repr(held)


def test_a_later_one_comes_with_the_proof_of_its_value(world: World, issuer: Issuer) -> None:
    issuer.revoke(1, 2)
    proof = issuer.logged(issuer.checkpoint())
    held = accept(world, witness=issuer.witness(HANDLE), checkpoint=proof)
    issuer.revoke(3)
    assert held.witness is not None
    followed = follow(world.curve, issuer.key, held.witness, held.revocation_handle, issuer.stapled())
    assert replace(held, witness=followed).message_scalars() == held.message_scalars()


def _unlogged(issuer: Issuer) -> dict[str, Any]:
    issuer.revoke(1)
    proof = issuer.logged(issuer.checkpoint())
    return {"witness": issuer.witness(HANDLE), "checkpoint": replace(proof, checkpoint=issuer.checkpoint(1))}


def _for_one_person(issuer: Issuer) -> dict[str, Any]:
    """Another value at index 0, and a witness of it."""
    issuer.values[0] = issuer.values[0] + issuer.values[0]
    return {"witness": issuer.witness(HANDLE)}


REFUSED: dict[str, Callable[[Issuer], dict[str, Any]]] = {
    "no witness": lambda issuer: {"witness": None},
    "another handle's": lambda issuer: {"witness": issuer.witness(HANDLE + 1)},
    "another index": lambda issuer: {"witness": replace(issuer.witness(HANDLE), index=1)},
    "another accumulator": lambda issuer: {"witness": replace(issuer.witness(HANDLE), accumulator_id="ab" * 16)},
    "the identity": lambda issuer: {"witness": replace(issuer.witness(HANDLE), witness=b"\xc0" + bytes(47))},
    "a value that is not in the ledger": _unlogged,
    "a value for one person": _for_one_person,
}


@pytest.mark.parametrize("cause", REFUSED)
def test_another_witness_is_refused(world: World, issuer: Issuer, cause: str) -> None:
    accept(world)
    with pytest.raises(CircuitError):
        accept(world, **REFUSED[cause](issuer))


def test_a_witness_without_a_published_accumulator_is_refused(world: World) -> None:
    bare = replace(world, document=replace(world.document, accumulators=()))
    assert accept(bare, witness=None).witness is None
    with pytest.raises(Refused, match="not published"):
        accept(bare)


def test_what_belongs_together_stays_together(world: World) -> None:
    held = accept(world)
    for changes in ({"witness": None}, {"accumulator": None}, {"log_vkey": ""}):
        with pytest.raises(IllFormed, match="go together"):
            replace(held, **changes)


def test_a_vault_of_before_is_read(world: World) -> None:
    bare = replace(world, document=replace(world.document, accumulators=()))
    held = accept(bare, witness=None)
    document = {key: value for key, value in held.to_json().items() if key not in ("accumulator", "log_vkey", "witness")}
    assert HeldCredential.parse(document) == held


# --- the document ---


def test_a_document_without_accumulators_keeps_its_digest(world: World, issuer: Issuer) -> None:
    """Installations have such documents in their ledgers and wallets have pinned them."""
    bare = replace(world.document, accumulators=())
    assert bare.to_json()["type"] == "credence/issuer-document/1"
    assert "accumulators" not in bare.to_json()
    assert world.document.to_json()["type"] == "credence/issuer-document/2"
    for document in (bare, world.document):
        assert IssuerDocument.parse(document.to_json()) == document
    assert world.document.digest() != bare.digest()
    assert world.document.accumulator_of(PERSON_1.id) == issuer.key
    assert world.document.accumulator_of("credence/standing/1") is None


def test_a_document_has_one_form(world: World, issuer: Issuer) -> None:
    accepted = world.document.to_json()
    for changes in (
        {"type": "credence/issuer-document/1"},
        {"type": "credence/issuer-document/3"},
        {"accumulators": []},
        {"accumulators": [issuer.key.to_json(), issuer.key.to_json()]},
        {"accumulators": [replace(issuer.key, schema="credence/standing/1").to_json()]},
    ):
        with pytest.raises(Malformed):
            IssuerDocument.parse({**accepted, **changes})


def test_an_issued_credential_round_trips(world: World, issuer: Issuer) -> None:
    issuer.revoke(1)
    for issued in (
        world.issued,
        replace(world.issued, witness=issuer.witness(HANDLE), checkpoint=issuer.logged(issuer.checkpoint())),
    ):
        assert IssuedCredential.parse(issued.to_json()) == issued
