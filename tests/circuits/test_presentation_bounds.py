"""Where exactly does acceptance end? Every case stands beside the accepted twin one step inside the bound."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import Any

import pytest

from credence.circuits.composite.plan import Plan
from credence.circuits.composite.public import Public
from credence.circuits.credential import EPOCH_DAYS, PERSON_1, credential_header, ladder_bits
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import IllFormed, Refused, Step, Unprovable
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import load_policy
from credence.circuits.presentation import Accepted, can_satisfy, present, showing, verify_presentation
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest
from tests.circuits.journey import EXPIRY_EPOCH, ISSUER, NOW, VENUE, World, make_request, make_world
from tests.conftest import SeededBytes

LAST_SECOND = (EXPIRY_EPOCH * EPOCH_DAYS + 1) * 86_400 - 1


@pytest.fixture
def world(curve: Curve, rng: Rng) -> World:
    return make_world(curve, rng)


def verify(world: World, request: PresentationRequest, presentation: Presentation, **changes: Any) -> Accepted:
    given: dict[str, Any] = {
        "documents": [world.document],
        "audience": VENUE,
        "now": request.requested_at,
        "rng": SeededBytes("weights"),
    }
    return verify_presentation(world.curve, request, presentation, **{**given, **changes})


def careless(curve: Curve, request: PresentationRequest, held: HeldCredential, rng: Rng, now: int = NOW) -> Presentation:
    """As a wallet that does not look whether its credential satisfies the policy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(showing, "can_satisfy", lambda *_: ())
        return present(curve, request, {"person": held}, now, rng)


def shown(world: World, rng: Rng, *attributes: str) -> tuple[PresentationRequest, Presentation]:
    """A policy that asks for nothing but to be shown these."""
    changes = {"all_of": [], "disclose": [{"attribute": attribute} for attribute in attributes]}
    request = make_request(rng, policy_changes=changes)
    return request, present(world.curve, request, {"person": world.held()}, NOW, rng)


@pytest.mark.parametrize("said", [True, False], ids=["said", "forgotten"])
def test_a_credential_serves_through_its_last_day_whatever_the_policy_says(curve: Curve, rng: Rng, said: bool) -> None:
    world, changes = make_world(curve, rng), {} if said else {"all_of": [{"attribute": "kyc_level", "at_least": 2}]}
    (key,) = world.document.keys
    document = dataclasses.replace(world.document, keys=(dataclasses.replace(key, not_after=LAST_SECOND + 9),))
    held = world.held()

    def asked_at(when: int) -> PresentationRequest:
        return make_request(rng, requested_at=when, expires_at=when + 300, policy_changes=changes)

    last = asked_at(LAST_SECOND)
    assert verify(
        world, last, present(curve, last, {"person": held}, LAST_SECOND, rng), documents=[document]
    ).expires_on == (EXPIRY_EPOCH * EPOCH_DAYS)
    late = asked_at(LAST_SECOND + 1)
    assert can_satisfy(load_policy(late.policy), {"person": held}, LAST_SECOND + 1) == ("person.expires_on >= today",)
    with pytest.raises(Unprovable):
        present(curve, late, {"person": held}, LAST_SECOND + 1, rng)
    with pytest.raises(Refused) as caught:
        verify(world, late, careless(curve, late, held, rng, LAST_SECOND + 1), documents=[document])
    assert caught.value.reason == "policy_not_met"


def test_a_request_may_be_a_minute_ahead_of_the_wallet(world: World, rng: Rng) -> None:
    present(world.curve, make_request(rng, requested_at=NOW + 60), {"person": world.held()}, NOW, rng)
    with pytest.raises(Unprovable):
        present(world.curve, make_request(rng, requested_at=NOW + 61), {"person": world.held()}, NOW, rng)


@pytest.mark.parametrize(("level", "known"), [(0, 0), (1, 1), (3, 3)])
def test_a_level_shown_is_the_level_known(curve: Curve, rng: Rng, level: int, known: int) -> None:
    world = make_world(curve, rng, **ladder_bits("kyc_level", level))
    accepted = verify(world, *shown(world, rng, "kyc_level"))
    assert (accepted.kyc_level, accepted.risk_tier) == (known, None)


@pytest.mark.parametrize(("reached", "known"), [(0, "enhanced"), (1, "standard"), (2, "low")])
def test_a_tier_shown_is_the_tier_known(curve: Curve, rng: Rng, reached: int, known: str) -> None:
    world = make_world(curve, rng, **ladder_bits("risk_tier", reached))
    accepted = verify(world, *shown(world, rng, "risk_tier"))
    assert (accepted.kyc_level, accepted.risk_tier) == (None, known)


def test_kind_and_accreditation_are_known_where_they_are_shown(world: World, rng: Rng) -> None:
    accepted = verify(world, *shown(world, rng, "kind", "accredited"))
    assert (accepted.kind, accepted.accredited, accepted.kyc_level, accepted.risk_tier) == (1, False, None, None)


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("kind", 0), ("kind", 4), ("residence", 0), ("residence", 3), ("residence", 895), ("residence", 5), ("residence", 278)],
)
def test_a_disclosed_value_is_of_its_domain(world: World, rng: Rng, attribute: str, value: int) -> None:
    request, presentation = shown(world, rng, attribute)
    verify(world, request, presentation)
    forged = dataclasses.replace(presentation, disclosed=MappingProxyType({f"person.{attribute}": value}))
    with pytest.raises(IllFormed) as caught:
        verify(world, request, forged)
    assert caught.value.step == Step.SHAPE


def test_a_ladder_that_is_not_monotone_is_no_presentation(world: World, rng: Rng) -> None:
    request, presentation = shown(world, rng, "kyc_level")
    bits = {"person.kyc_ge_1": 0, "person.kyc_ge_2": 1, "person.kyc_ge_3": 0}
    with pytest.raises(IllFormed) as caught:
        verify(world, request, dataclasses.replace(presentation, disclosed=MappingProxyType(bits)))
    assert caught.value.step == Step.SHAPE


def test_a_trusted_issuer_that_the_policy_does_not_name_is_refused(world: World, rng: Rng) -> None:
    asks = {"credentials": {"person": {"schema": PERSON_1.id, "issuers": ["other.example"]}}}
    request = make_request(rng, policy_changes=asks)
    presentation = careless(world.curve, request, world.held(), rng)
    with pytest.raises(Refused) as caught:
        verify(world, request, presentation)
    assert (caught.value.reason, caught.value.step) == ("not_accepted", Step.CONTEXT)
    both = {"credentials": {"person": {"schema": PERSON_1.id, "issuers": ["other.example", ISSUER]}}}
    request = make_request(rng, policy_changes=both)
    verify(world, request, present(world.curve, request, {"person": world.held()}, NOW, rng))


def test_every_document_of_an_issuer_is_searched(world: World, rng: Rng) -> None:
    """A verifier that trusts an issuer's old document and its new one finds a key in either, in any order."""
    (key,) = world.document.keys
    retired = dataclasses.replace(key, not_after=NOW - 1)
    other = dataclasses.replace(key, key_id="k0")
    request = make_request(rng)
    presentation = present(world.curve, request, {"person": world.held()}, NOW, rng)
    for earlier in ((), (retired,), (other,)):
        documents = [IssuerDocument(ISSUER, (PERSON_1.id,), earlier, "log"), world.document]
        verify(world, request, presentation, documents=documents)
        verify(world, request, presentation, documents=documents[::-1])
    with pytest.raises(Refused):
        verify(world, request, presentation, documents=[IssuerDocument(ISSUER, (PERSON_1.id,), (retired, other), "log")])


def test_the_presentation_header_is_known_to_the_byte(world: World, rng: Rng, monkeypatch: pytest.MonkeyPatch) -> None:
    """A known answer: what the challenge absorbs, written out by hand from docs/protocol.md."""
    seen: list[bytes] = []
    inner = showing.prove_plan

    def watched(curve: Curve, plan: Plan, public: Public, *given: Any, **named: Any) -> bytes:
        seen.append(public.context)
        return inner(curve, plan, public, *given, **named)

    monkeypatch.setattr(showing, "prove_plan", watched)
    request = make_request(rng, nonce=bytes(range(16)), channel=b"tls", message=b"0xabc")
    held = world.held()
    present(world.curve, request, {"person": held}, NOW, rng)
    header = credential_header(PERSON_1.id, ISSUER, EXPIRY_EPOCH)
    assert seen[0].hex() == (
        "10000000" + b"CREDENCE-CTX-V01".hex() + "07000000" + b"present".hex()
        + "20000000" + load_policy(request.policy).digest.hex()
        + "07000000" + b"venue-a".hex()
        + "10000000000102030405060708090a0b0c0d0e0f"
        + "03000000" + b"tls".hex()
        + "08000000803bb16a00000000" + "08000000ac3cb16a00000000"  # from, until
        + "08000000ed50000000000000" + "00000000"  # the request's day; no use_epoch
        + "080000000100000000000000" + "60000000" + held.public_key.hex()
        + len(header).to_bytes(4, "little").hex() + header.hex()
        + "11000000" + b"credence/person/1".hex()
        + "30000000" + b"BBS_BLS12381G1_XMD:SHA-256_SSWU_RO_CREDENCE_V01_".hex()
        + "080000000000000000000000" + 5 * "00000000"  # no accumulator, no escrow
        + "080000000400000000000000"  # four scalars of slot 0: kyc_ge_1, kyc_ge_2, risk_le_standard, risk_le_low
        + "080000000000000000000000" + "080000000500000000000000" + "20000000" + 31 * "00" + "01"
        + "080000000000000000000000" + "080000000600000000000000" + "20000000" + 31 * "00" + "01"
        + "080000000000000000000000" + "080000000800000000000000" + "20000000" + 31 * "00" + "01"
        + "080000000000000000000000" + "080000000900000000000000" + "20000000" + 31 * "00" + "00"
        + "05000000" + b"0xabc".hex()
    )  # fmt: skip
