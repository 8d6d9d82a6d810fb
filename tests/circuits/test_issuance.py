"""Does blind issuance give the holder what was agreed, and nothing to anyone else?"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from credence.circuits.credential import EPOCH_DAYS, PERSON_1
from credence.circuits.curve import ORDER, Curve
from credence.circuits.encoding import Rng, encode_scalar
from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused
from credence.circuits.issuance import (
    HeldCredential,
    HolderSecrets,
    IssuerEntropy,
    accept_credential,
    commitment_point,
    issue_credential,
    issuing_interface,
    request_credential,
)
from credence.circuits.wire import IssuerDocument, IssuerKey
from tests.circuits.journey import ATTRIBUTES, EXPIRY_EPOCH, ISSUER, NOW, World, draw_secrets, make_world


@pytest.fixture
def world(curve: Curve, rng: Rng) -> World:
    return make_world(curve, rng)


def issue(world: World, rng: Rng, **changes: Any) -> bytes:
    key = world.document.keys[0].public_key
    given: dict[str, Any] = {
        "interface": issuing_interface(world.curve),
        "secret_key": world.secret_key,
        "public_key": key,
        "layout": PERSON_1,
        "issuer_id": ISSUER,
        "expiry_epoch": EXPIRY_EPOCH,
        "attributes": ATTRIBUTES,
        "commitment": world.commitment,
        "entropy": world.entropy,
        "rng": rng,
    }
    return issue_credential(**{**given, **changes})


def test_the_holder_accepts_and_holds_both_halves(world: World) -> None:
    held = world.held()
    assert held.secrets.holder_secret == world.secrets.holder_secret
    assert held.secrets.nym_secret == (world.secrets.nym_secret + world.entropy.nym) % ORDER
    assert held.secrets.use_key == (world.secrets.use_key + world.entropy.use) % ORDER
    assert HeldCredential.parse(held.to_json()) == held


def test_issuing_is_deterministic_whatever_blinds_it(world: World, rng: Rng) -> None:
    assert issue(world, rng) == issue(world, rng) == world.issued.signature


def test_the_same_secrets_give_other_commitments(curve: Curve, rng: Rng) -> None:
    secrets = draw_secrets(rng)
    interface = issuing_interface(curve)
    first, second = (request_credential(interface, PERSON_1, secrets, rng) for _ in range(2))
    assert commitment_point(first.commitment) != commitment_point(second.commitment)
    for secret in secrets.scalars():
        assert encode_scalar(secret) not in first.commitment


def test_secrets_are_not_printed(world: World) -> None:
    shown = repr(world.held()) + repr(world.secrets) + repr(world.entropy)
    assert not any(str(secret) in shown for secret in (*world.secrets.scalars(), world.entropy.nym, world.blind))


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda c: c[:-1], Malformed),
        (lambda c: c + b"\x00", Malformed),
        (lambda c: c[:-32], Malformed),  # one committed message less
        (lambda c: c + bytes(32), Malformed),  # one more
        (lambda c: b"", Malformed),
        (lambda c: b"\xc0" + bytes(47) + c[48:], Malformed),  # commitment to nothing
        (lambda c: c[:48] + encode_scalar(0) + c[80:], Malformed),
        (lambda c: c[:48] + b"\xff" * 32 + c[80:], Malformed),
        (lambda c: flipped(c, len(c) - 1), Refused),
        (lambda c: flipped(c, 79), Refused),
        (lambda c: c[:80] + c[112:144] + c[80:112] + c[144:], Refused),  # two answers in the wrong order
    ],
)
def test_a_commitment_that_is_not_proven_is_refused(
    world: World, rng: Rng, change: Callable[[bytes], bytes], error: type[CircuitError]
) -> None:
    with pytest.raises(error):
        issue(world, rng, commitment=change(world.commitment))


@pytest.mark.parametrize(
    "changes",
    [
        {"attributes": {name: value for name, value in ATTRIBUTES.items() if name != "resets"}},
        {"attributes": {**ATTRIBUTES, "extra": 1}},
        {"attributes": {**ATTRIBUTES, "residence": 0}},
        {"expiry_epoch": EXPIRY_EPOCH + 1},
        {"secret_key": 0},
        {"secret_key": ORDER},
        {"entropy": IssuerEntropy(ORDER, 0)},
    ],
)
def test_what_the_issuer_may_not_sign_is_refused(world: World, rng: Rng, changes: dict[str, Any]) -> None:
    with pytest.raises(IllFormed):
        issue(world, rng, **changes)


@pytest.mark.parametrize("secret", [0, ORDER, -1])
def test_a_secret_is_a_scalar_other_than_zero(secret: int) -> None:
    with pytest.raises(IllFormed):
        HolderSecrets(secret, 1, 1)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"issuer": "other.example"}, Refused),
        ({"key_id": "k2"}, Refused),
        ({"signature": bytes(80)}, Malformed),
        ({"attributes": {**ATTRIBUTES, "kyc_ge_3": 1}}, Refused),  # a level the issuer did not sign
        ({"attributes": {**ATTRIBUTES, "kind": 9}}, IllFormed),
        ({"expiry_epoch": EXPIRY_EPOCH + 1}, IllFormed),
        ({"nym_entropy": 1}, Refused),
        ({"use_entropy": 1}, Refused),
        ({"nym_entropy": ORDER}, IllFormed),
        ({"schema": "credence/person/2"}, IllFormed),
        ({"schema": "credence/standing/1"}, Refused),
    ],
)
def test_a_wallet_keeps_nothing_it_could_not_show(world: World, change: dict[str, Any], error: type[CircuitError]) -> None:
    issued = dataclasses.replace(world.issued, **change)
    with pytest.raises(error):
        accept_credential(world.curve, world.document, issued, world.secrets, world.blind, NOW)


def test_a_consistent_but_unsigned_expiry_is_refused(world: World) -> None:
    epoch = EXPIRY_EPOCH + 1
    attributes = {**ATTRIBUTES, "expires_on": epoch * EPOCH_DAYS}
    issued = dataclasses.replace(world.issued, expiry_epoch=epoch, attributes=attributes)
    with pytest.raises(Refused):
        accept_credential(world.curve, world.document, issued, world.secrets, world.blind, NOW)


@pytest.mark.parametrize("now", [NOW - 11, NOW + 10_000_001])
def test_a_key_outside_its_time_is_refused(world: World, now: int) -> None:
    with pytest.raises(Refused):
        accept_credential(world.curve, world.document, world.issued, world.secrets, world.blind, now)


def test_another_issuers_key_is_refused(world: World, rng: Rng) -> None:
    other = make_world(world.curve, rng).document.keys[0].public_key
    key = world.document.keys[0]
    document = IssuerDocument(
        ISSUER, (PERSON_1.id,), (IssuerKey("k1", key.suite, other, key.not_before, key.not_after),), "log"
    )
    with pytest.raises(Refused):
        accept_credential(world.curve, document, world.issued, world.secrets, world.blind, NOW)


def test_other_secrets_or_another_blind_are_refused(world: World, rng: Rng) -> None:
    for secrets, blind in ((draw_secrets(rng), world.blind), (world.secrets, world.blind + 1)):
        with pytest.raises(Refused):
            accept_credential(world.curve, world.document, world.issued, secrets, blind, NOW)


def test_a_vault_form_with_a_changed_layout_is_refused(world: World) -> None:
    form = world.held().to_json()
    for change in ({"secrets": form["secrets"][:2]}, {"attributes": {}}, {"signature": "AA"}, {"type": "x"}):
        with pytest.raises((Malformed, IllFormed)):
            HeldCredential.parse({**form, **change})


def test_a_given_blind_brings_the_point_back_and_never_the_proof(curve: Curve, rng: Rng) -> None:
    secrets, interface = draw_secrets(rng), issuing_interface(curve)
    first, second = (request_credential(interface, PERSON_1, secrets, rng, blind=77) for _ in range(2))
    assert first.blind == second.blind == 77
    assert commitment_point(first.commitment) == commitment_point(second.commitment)
    pieces = [first.commitment[at : at + 32] for at in range(48, len(first.commitment), 32)]
    assert not any(piece in second.commitment for piece in pieces)
    for blind in (0, ORDER, -1):
        with pytest.raises(IllFormed):
            request_credential(interface, PERSON_1, secrets, rng, blind=blind)


def test_either_commitment_to_one_point_is_signed_alike(world: World, rng: Rng) -> None:
    again = request_credential(issuing_interface(world.curve), PERSON_1, world.secrets, rng, blind=world.blind).commitment
    assert again != world.commitment
    assert issue(world, rng, commitment=again) == world.issued.signature
