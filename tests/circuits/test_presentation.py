"""Is a right presentation accepted, and is each wrong one refused at the step that must refuse it?

Every refused case changes one thing of the accepted twin, ``test_what_is_proven_is_what_is_learned``.
"""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import Any

import pytest

from credence.circuits.credential import EPOCH_DAYS, PERSON_1, day_of, ladder_bits
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import CircuitError, IllFormed, Refused, Step, Unprovable
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import load_policy
from credence.circuits.presentation import Accepted, can_satisfy, present, verify_presentation
from credence.circuits.wire import IssuerDocument, Presentation, PresentationRequest, ShownAccumulator, ShownCredential
from tests.circuits.journey import EXPIRY_EPOCH, ISSUER, NOW, VENUE, World, make_request, make_world
from tests.conftest import SeededBytes

SHOWN = {"person.kyc_ge_1": 1, "person.kyc_ge_2": 1, "person.risk_le_standard": 1, "person.risk_le_low": 0}


@pytest.fixture
def world(curve: Curve, rng: Rng) -> World:
    return make_world(curve, rng)


def verify(world: World, request: PresentationRequest, presentation: Presentation, **changes: Any) -> Accepted:
    given: dict[str, Any] = {"documents": [world.document], "audience": VENUE, "now": NOW + 1, "rng": SeededBytes("weights")}
    return verify_presentation(world.curve, request, presentation, **{**given, **changes})


def test_what_is_proven_is_what_is_learned(world: World, rng: Rng) -> None:
    request = make_request(rng)
    presentation = present(world.curve, request, {"person": world.held()}, NOW, rng)
    accepted = verify(world, request, Presentation.parse(presentation.to_json()))
    assert accepted.predicates == ("person.kyc_level >= 2", "person.expires_on >= today")
    assert dict(accepted.disclosed) == SHOWN
    assert (accepted.kyc_level, accepted.risk_tier, accepted.kind) == (2, "standard", None)
    assert accepted.expires_on == EXPIRY_EPOCH * EPOCH_DAYS
    assert accepted.pseudonym is not None
    assert (accepted.use, accepted.sealed) == (None, None)


@pytest.mark.slow
def test_the_reference_engine_accepts_what_native_proved(world: World, rng: Rng, reference_curve: Curve) -> None:
    request = make_request(rng)
    presentation = present(world.curve, request, {"person": world.held()}, NOW, rng)
    accepted = verify_presentation(reference_curve, request, presentation, [world.document], VENUE, NOW + 1, rng)
    assert accepted.pseudonym == verify(world, request, presentation).pseudonym


def test_without_a_pseudonym_there_is_none(world: World, rng: Rng) -> None:
    request = make_request(rng, policy_changes={"pseudonym": None})
    presentation = present(world.curve, request, {"person": world.held()}, NOW, rng)
    assert verify(world, request, presentation).pseudonym is None


def test_a_pseudonym_is_the_same_at_one_venue_and_another_elsewhere(world: World, rng: Rng) -> None:
    held = world.held()

    def nym(**changes: Any) -> bytes | None:
        request = make_request(rng, **changes)
        presentation = present(world.curve, request, {"person": held}, NOW, rng)
        return verify(world, request, presentation, audience=request.audience).pseudonym

    assert nym() == nym()
    others = {nym(), nym(audience="venue-b"), nym(policy_changes={"pseudonym": {"suffix": "otc"}})}
    assert len(others) == 3


def test_an_accepted_is_built_by_verification_alone(world: World, rng: Rng) -> None:
    request = make_request(rng)
    accepted = verify(world, request, present(world.curve, request, {"person": world.held()}, NOW, rng))
    with pytest.raises(ValueError, match="seal"):  # nothing in an Accepted can be handed on
        dataclasses.replace(accepted, expires_on=99_999)
    with pytest.raises(TypeError):
        dataclasses.replace(accepted, expires_on=99_999, seal=object())
    assert repr(accepted.pseudonym) not in repr(accepted)


REFUSED_PRESENTATIONS: list[tuple[str, Step]] = [
    ("disclosed_value", Step.CHALLENGE),
    ("points_of_another", Step.CHALLENGE),
    ("expiry_epoch", Step.CHALLENGE),
    ("proof_bit", Step.CHALLENGE),
    ("identity_point", Step.DECODE),
    ("longer_proof", Step.SHAPE),
    ("other_encoding", Step.SHAPE),
    ("other_session", Step.CONTEXT),
    ("other_issuer", Step.CONTEXT),
    ("other_key", Step.CONTEXT),
]


@pytest.mark.parametrize(("change", "step"), REFUSED_PRESENTATIONS)
def test_a_changed_presentation_is_refused_where_it_must_be(world: World, rng: Rng, change: str, step: Step) -> None:
    request = make_request(rng)
    presentation = present(world.curve, request, {"person": world.held()}, NOW, rng)
    verify(world, request, presentation)
    proof = presentation.proof
    (public,) = presentation.credentials
    other = present(world.curve, request, {"person": make_world(world.curve, rng).held()}, NOW, rng).proof
    changes: dict[str, dict[str, Any]] = {
        "disclosed_value": {"disclosed": MappingProxyType({**presentation.disclosed, "person.risk_le_low": 1})},
        "points_of_another": {"proof": other[:192] + proof[192:]},
        "expiry_epoch": {"credentials": (dataclasses.replace(public, expiry_epoch=public.expiry_epoch + 1),)},
        "proof_bit": {"proof": proof[:-1] + bytes([proof[-1] ^ 1])},
        "identity_point": {"proof": b"\xc0" + bytes(47) + proof[48:]},
        "longer_proof": {"proof": proof + b"\x00"},
        "other_encoding": {"encoding": "compact"},
        "other_session": {"session_id": "s2"},
        "other_issuer": {"credentials": (dataclasses.replace(public, issuer="other.example"),)},
        "other_key": {"credentials": (dataclasses.replace(public, key_id="k2"),)},
    }
    with pytest.raises(Refused) as caught:
        verify(world, request, dataclasses.replace(presentation, **changes[change]))
    assert caught.value.reason == "not_accepted"
    assert caught.value.step == step


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": bytes(32)},
        {"channel": b"x"},
        {"message": b"0xother"},
        {"requested_at": NOW - 1},
        {"expires_at": NOW + 301},
        {"policy_changes": {"version": 2}},
        {"policy_changes": {"pseudonym": {"suffix": "otc"}}},
    ],
)
def test_a_proof_made_for_another_request_is_refused(world: World, rng: Rng, change: dict[str, Any]) -> None:
    request = make_request(rng)
    presentation = present(world.curve, request, {"person": world.held()}, NOW, rng)
    with pytest.raises(Refused) as caught:
        verify(world, make_request(rng, **{"nonce": request.nonce, **change}), presentation)
    assert (caught.value.reason, caught.value.step) == ("not_accepted", Step.CHALLENGE)


def test_another_audience_is_refused(world: World, rng: Rng) -> None:
    request = make_request(rng)
    presentation = present(world.curve, request, {"person": world.held()}, NOW, rng)
    with pytest.raises(Refused) as caught:
        verify(world, request, presentation, audience="venue-b")
    assert caught.value.step == Step.CONTEXT
    moved = dataclasses.replace(request, audience="venue-b")
    with pytest.raises(Refused) as caught:
        verify(world, moved, presentation, audience="venue-b")
    assert caught.value.step == Step.CHALLENGE


@pytest.mark.parametrize("now", [NOW - 1, NOW + 300])
def test_a_request_outside_its_time_is_refused(world: World, rng: Rng, now: int) -> None:
    request = make_request(rng)
    presentation = present(world.curve, request, {"person": world.held()}, NOW, rng)
    with pytest.raises(Refused):
        verify(world, request, presentation, now=now)
    with pytest.raises(Unprovable):
        present(world.curve, request, world.held(), NOW + 300, rng)


@pytest.mark.parametrize(
    "change",
    [
        {"disclosed": MappingProxyType({name: SHOWN[name] for name in list(SHOWN)[:3]})},
        {"disclosed": MappingProxyType({**SHOWN, "person.kind": 1})},
        {"disclosed": MappingProxyType({**SHOWN, "person.risk_le_low": 2})},
        {"credentials": ()},
        {"credentials": (ShownCredential("other", ISSUER, "k1", EXPIRY_EPOCH),)},
        {"credentials": 2 * (ShownCredential("person", ISSUER, "k1", EXPIRY_EPOCH),)},
        {"accumulators": (ShownAccumulator("person", 0, 0),)},
    ],
)
def test_a_presentation_of_another_shape_is_ill_formed(world: World, rng: Rng, change: dict[str, Any]) -> None:
    request = make_request(rng)
    presentation = dataclasses.replace(present(world.curve, request, {"person": world.held()}, NOW, rng), **change)
    with pytest.raises(IllFormed) as caught:
        verify(world, request, presentation)
    assert caught.value.step == Step.SHAPE


def test_an_unset_rung_with_a_valid_proof_is_policy_not_met(world: World, rng: Rng) -> None:
    """A wallet that skips its own check: the proof is right and shows that the level is too low."""
    request = make_request(rng, policy_changes={"all_of": [{"attribute": "kyc_level", "at_least": 3}]})
    presentation = present_without_looking(world.curve, request, world.held(), rng)
    with pytest.raises(Refused) as caught:
        verify(world, request, presentation)
    assert caught.value.reason == "policy_not_met"


def test_an_expired_credential_with_a_valid_proof_is_policy_not_met(curve: Curve, rng: Rng) -> None:
    epoch = day_of(NOW) // EPOCH_DAYS
    world = make_world(curve, rng, expires_on=epoch * EPOCH_DAYS)
    later = NOW + EPOCH_DAYS * 86_400
    request = make_request(rng, requested_at=later, expires_at=later + 300)
    key = world.document.keys[0]
    document = IssuerDocument(ISSUER, (PERSON_1.id,), (dataclasses.replace(key, not_after=later + 1000),), "log")
    presentation = present_without_looking(curve, request, world.held(), rng, now=later)
    with pytest.raises(Refused) as caught:
        verify_presentation(curve, request, presentation, [document], VENUE, later + 1, rng)
    assert caught.value.reason == "policy_not_met"


def present_without_looking(
    curve: Curve, request: PresentationRequest, held: HeldCredential, rng: Rng, now: int = NOW
) -> Presentation:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("credence.circuits.presentation.showing.can_satisfy", lambda *_: ())
        return present(curve, request, {"person": held}, now, rng)


def test_the_issuer_must_be_one_the_policy_and_the_verifier_accept(world: World, rng: Rng) -> None:
    request = make_request(rng)
    presentation = present(world.curve, request, {"person": world.held()}, NOW, rng)
    key = world.document.keys[0]
    wrong: list[list[IssuerDocument]] = [
        [],
        [IssuerDocument("other.example", (PERSON_1.id,), (key,), "log")],
        [IssuerDocument(ISSUER, ("credence/standing/1",), (key,), "log")],
        [IssuerDocument(ISSUER, (PERSON_1.id,), (dataclasses.replace(key, not_after=NOW),), "log")],
        [IssuerDocument(ISSUER, (PERSON_1.id,), (dataclasses.replace(key, not_before=NOW + 2),), "log")],
    ]
    for documents in wrong:
        with pytest.raises(Refused) as caught:
            verify(world, request, presentation, documents=documents)
        assert caught.value.step == Step.CONTEXT
    keys = make_world(world.curve, rng).document.keys
    with pytest.raises(Refused) as caught:
        verify(world, request, presentation, documents=[IssuerDocument(ISSUER, (PERSON_1.id,), keys, "log")])
    assert caught.value.step == Step.CHALLENGE


def test_a_required_message_is_required_on_both_sides(world: World, rng: Rng) -> None:
    request = make_request(rng, policy_changes={"message": "required"}, message=b"0xaccount")
    presentation = present(world.curve, request, {"person": world.held()}, NOW, rng)
    verify(world, request, presentation)
    bare = dataclasses.replace(request, message=b"")
    with pytest.raises(Unprovable):
        present(world.curve, bare, {"person": world.held()}, NOW, rng)
    with pytest.raises(Refused):
        verify(world, bare, presentation)


def test_the_wallet_names_what_it_cannot_show_and_sends_nothing(curve: Curve, rng: Rng) -> None:
    held = make_world(curve, rng, **ladder_bits("kyc_level", 1)).held()
    request = make_request(rng)
    policy = load_policy(request.policy)
    assert can_satisfy(policy, {"person": held}, NOW) == ("person.kyc_level >= 2",)
    with pytest.raises(Unprovable, match=r"person\.kyc_level >= 2"):
        present(curve, request, {"person": held}, NOW, rng)


def test_every_refusal_is_one_of_ours(world: World, rng: Rng) -> None:
    """Random damage anywhere in the proof is refused by a typed error, never by another exception."""
    request = make_request(rng)
    presentation = present(world.curve, request, {"person": world.held()}, NOW, rng)
    for _ in range(40):
        at = int.from_bytes(rng(2), "big") % len(presentation.proof)
        proof = bytearray(presentation.proof)
        proof[at] ^= 1 << (rng(1)[0] % 8)
        with pytest.raises(CircuitError):
            verify(world, request, dataclasses.replace(presentation, proof=bytes(proof)))
