"""What is accepted says: is it the earliest expiry, the right trustees, the log's own view? One thing is wrong in each."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from credence.circuits.credential import EPOCH_DAYS, PERSON_1, STANDING_1, ladder_bits
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, b64u, random_scalar
from credence.circuits.errors import IllFormed, Refused, Step
from credence.circuits.presentation import Accepted, AccumulatorView, present, show, verify_presentation
from credence.circuits.revocation import accumulator_public_key, divide, first_value
from credence.circuits.wire import Presentation, PresentationRequest
from tests.circuits.journey import ATTRIBUTES, EXPIRY_EPOCH, ISSUER, NOW, VENUE, World, make_request, make_world
from tests.conftest import SeededBytes

SLOTS = {
    "person": {"schema": PERSON_1.id, "issuers": [ISSUER]},
    "standing": {"schema": STANDING_1.id, "issuers": [ISSUER]},
}


def verify(world: World, request: PresentationRequest, presentation: Presentation, **changes: Any) -> Accepted:
    given = (world.curve, request, presentation, [world.document], VENUE, NOW + 1, SeededBytes("weights"))
    return verify_presentation(*given, **changes)


@pytest.mark.parametrize(("person", "standing"), [(10, 8), (8, 10), (10, 10)])
def test_what_was_shown_lasts_as_long_as_the_first_credential_to_expire(
    curve: Curve, rng: Rng, person: int, standing: int
) -> None:
    epochs = [EXPIRY_EPOCH - 10 + each for each in (person, standing)]
    world = make_world(curve, rng, schemas=(PERSON_1.id, STANDING_1.id), expires_on=epochs[0] * EPOCH_DAYS)
    held = {"person": world.held(), "standing": world.standing(rng, expires_on=epochs[1] * EPOCH_DAYS)}
    kyc = {"of": "person", "attribute": "kyc_level", "at_least": 2}
    changes = {"credentials": SLOTS, "all_of": [kyc], "disclose": [], "pseudonym": {"of": "person", "suffix": ""}}
    request = make_request(rng, policy_changes=changes)
    accepted = verify(world, request, present(curve, request, held, NOW, rng))
    assert accepted.expires_on == min(epochs) * EPOCH_DAYS


def test_every_disclosed_value_is_in_its_domain(curve: Curve, rng: Rng) -> None:
    """Refused before the proof is looked at, which would be refused too."""
    world = make_world(curve, rng)
    disclose = [{"attribute": name} for name in ("kind", "accredited")]
    request = make_request(rng, policy_changes={"disclose": disclose})
    presentation = present(curve, request, {"person": world.held()}, NOW, rng)
    assert verify(world, request, presentation).kind == 1
    for name, value in (("person.kind", 200), ("person.accredited", 2)):
        forged = replace(presentation, disclosed=MappingProxyType({**presentation.disclosed, name: value}))
        with pytest.raises(IllFormed, match="domain") as caught:
            verify(world, request, forged)
        assert caught.value.step is Step.SHAPE


def test_a_required_message_is_asked_for_by_the_verifier_itself(curve: Curve, rng: Rng) -> None:
    """Also where a wallet made its proof for a request that forgot it."""
    world = make_world(curve, rng)
    for message in (b"0xaccount", b""):
        request = make_request(rng, policy_changes={"message": "required"}, message=message)
        shown = show(curve, request, {"person": world.held()}, rng)
        if message:
            verify(world, request, shown)
            continue
        with pytest.raises(Refused) as caught:
            verify(world, request, shown)
        assert caught.value.step is Step.CONTEXT


def test_a_sealed_handle_names_its_trustees_and_its_purpose(curve: Curve, rng: Rng) -> None:
    world = make_world(curve, rng)
    trustees = {"trustees": "trustees.example/1", "key": b64u((curve.BP1 * 77).to_bytes()), "threshold": 2, "members": 3}
    request = make_request(rng, policy_changes={"escrow": {**trustees, "purpose": "a warrant"}})
    accepted = verify(world, request, present(curve, request, {"person": world.held()}, NOW, rng))
    assert accepted.sealed is not None
    assert (accepted.sealed.trustees, accepted.sealed.purpose) == ("trustees.example/1", "a warrant")


@pytest.mark.parametrize("change", [{}, {"index": 8}, {"minute": NOW // 60 - 1}], ids=str)
def test_a_view_of_another_checkpoint_than_the_one_shown_is_none(curve: Curve, rng: Rng, change: dict[str, int]) -> None:
    """A log that answers beside the question is not believed: nothing is judged against what it says."""
    world = make_world(curve, rng, **ladder_bits("kyc_level", 2))
    alpha, value = random_scalar(rng), first_value(curve, rng)
    witness = divide(value, alpha, ATTRIBUTES["revocation_handle"], rng).to_bytes()
    view = AccumulatorView(accumulator_public_key(curve, alpha, rng), value.to_bytes(), 7, NOW // 60)
    request = make_request(rng, policy_changes={"not_revoked": {"of": "person", "max_age_s": 60}})
    held = {"person": world.held()}
    shown = present(curve, request, held, NOW, rng, accumulators={"person": view}, witnesses={"person": witness})
    if not change:
        verify(world, request, shown, accumulators=lambda *_: view)
        return
    with pytest.raises(Refused) as caught:
        verify(world, request, shown, accumulators=lambda *_: replace(view, **change))
    assert caught.value.step is Step.CONTEXT
