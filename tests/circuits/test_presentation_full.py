"""Several credentials and everything a policy can ask: is it shown, refused where it fails, and named by the wallet?"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest

from credence.circuits.credential import PERSON_1, STANDING_1, day_of, ladder_bits
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng, b64u, decode_g1, random_scalar
from credence.circuits.errors import IllFormed, Refused, Step, Unprovable
from credence.circuits.escrow import handle_base
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import load_policy
from credence.circuits.presentation import (
    Accepted,
    AccumulatorView,
    FindAccumulator,
    can_satisfy,
    present,
    show,
    verify_presentation,
)
from credence.circuits.revocation import accumulator_public_key, divide, first_value
from credence.circuits.sigma.transcript import Encoding
from credence.circuits.wire import Presentation, PresentationRequest
from tests.circuits.journey import ATTRIBUTES, ISSUER, NOW, VENUE, World, draw_secrets, make_request, make_world
from tests.conftest import SeededBytes

Held = Mapping[str, HeldCredential]

SCHEMAS = (PERSON_1.id, STANDING_1.id)
CREDENTIALS = {
    "person": {"schema": PERSON_1.id, "issuers": [ISSUER]},
    "standing": {"schema": STANDING_1.id, "issuers": [ISSUER]},
}
SCORE = {"of": "standing", "attribute": "score"}
ALL_OF = [
    {"of": "person", "attribute": "kyc_level", "at_least": 2},
    {"of": "person", "attribute": "birth_date", "at_most": "today-18y"},
    {"of": "person", "attribute": "residence", "in": ["DE", "ES", "FR", "PT"]},
    {"of": "person", "attribute": "residence", "not_in": ["ES", "IR"]},
    {"of": "person", "attribute": "nationality", "not_in": ["IR", "KP", "SY"]},
    {"of": "standing", "attribute": "score", "at_least": 640},
    {"of": "standing", "attribute": "standing_tier", "at_least": 2},
    {
        "sum": [{"of": "standing", "attribute": "score"}, {"of": "person", "attribute": "resets", "times": -10}],
        "at_least": 650,
    },
]
TRUSTEE = 987_654_321
WEIGHTS = SeededBytes("weights")


@dataclasses.dataclass(frozen=True)
class Scene:
    """One holder with two credentials, a trustees' key and an accumulator that both sides follow."""

    world: World
    held: Held
    view: AccumulatorView
    witness: bytes

    @property
    def curve(self) -> Curve:
        return self.world.curve

    def request(self, rng: Rng, **changes: Any) -> PresentationRequest:
        escrow = {"trustees": "trustees.example/1", "key": b64u((self.curve.BP1 * TRUSTEE).to_bytes())}
        policy: dict[str, Any] = {
            "credentials": CREDENTIALS,
            "all_of": ALL_OF,
            "disclose": [{"of": "person", "attribute": "risk_tier"}],
            "not_revoked": {"of": "person", "max_age_s": 60},
            "rate_limit": {"name": "open-account", "per": "day", "max": 3},
            "escrow": {**escrow, "threshold": 2, "members": 3, "purpose": "a warrant"},
        }
        return make_request(rng, policy_changes={**policy, **changes})

    def prove(self, request: PresentationRequest, rng: Rng, **changes: Any) -> Presentation:
        given = {"accumulators": {"person": self.view}, "witnesses": {"person": self.witness}, **changes}
        return present(self.curve, request, given.pop("held", self.held), NOW, rng, **given)

    def finder(self, now: int) -> FindAccumulator:
        """A verifier whose log holds one checkpoint, which is the newest that it knows."""

        def find(issuer: str, schema: str, index: int, minute: int, max_age_s: int) -> AccumulatorView | None:
            known = (ISSUER, PERSON_1.id, self.view.index, self.view.minute)
            fresh = now < 60 * (minute + 1) + max_age_s
            return self.view if (issuer, schema, index, minute) == known and fresh else None

        return find

    def verify(self, request: PresentationRequest, presentation: Presentation, **changes: Any) -> Accepted:
        now = changes.get("now", NOW + 1)
        given = {"accumulators": self.finder(now), **changes}
        given.pop("now", None)
        return verify_presentation(self.curve, request, presentation, [self.world.document], VENUE, now, WEIGHTS, **given)


@pytest.fixture(scope="module")
def scene(curve: Curve) -> Scene:
    rng = SeededBytes("everything")
    world = make_world(curve, rng, schemas=SCHEMAS)
    alpha, value = random_scalar(rng), first_value(curve, rng)
    key = accumulator_public_key(curve, alpha, rng)
    witness = divide(value, alpha, ATTRIBUTES["revocation_handle"], rng)
    view = AccumulatorView(key, value.to_bytes(), 7, NOW // 60)
    return Scene(world, {"person": world.held(), "standing": world.standing(rng)}, view, witness.to_bytes())


@pytest.mark.parametrize("encoding", list(Encoding))
def test_everything_is_shown_and_nothing_else_is_told(scene: Scene, rng: Rng, encoding: Encoding) -> None:
    request = scene.request(rng)
    presentation = Presentation.parse(scene.prove(request, rng, encoding=encoding).to_json())
    accepted = scene.verify(request, presentation)
    assert set(accepted.disclosed) == {
        *(f"person.{name}" for name in ("kyc_ge_1", "kyc_ge_2", "risk_le_standard", "risk_le_low")),
        *(f"standing.standing_ge_{tier}" for tier in (1, 2)),
    }
    assert (accepted.kyc_level, accepted.standing_tier, accepted.risk_tier) == (2, 2, "standard")
    assert accepted.use is not None
    assert (accepted.use.name, accepted.use.epoch) == ("open-account", day_of(NOW))
    assert accepted.sealed is not None
    E1, E2 = (decode_g1(scene.curve, point) for point in (accepted.sealed.E1, accepted.sealed.E2))
    assert handle_base(scene.curve) * ATTRIBUTES["subject_handle"] == E2 + -(E1 * TRUSTEE)
    assert len(accepted.predicates) == len(ALL_OF)


def test_uses_have_tags_of_their_own_and_there_are_as_many_as_the_limit_says(scene: Scene, rng: Rng) -> None:
    request = scene.request(rng)
    tags = set()
    for use in range(3):
        accepted = scene.verify(request, scene.prove(request, rng, use=use))
        assert accepted.use is not None
        tags.add(accepted.use.tag)
    assert len(tags) == 3
    with pytest.raises(Unprovable, match="used up"):
        scene.prove(request, rng, use=3)


FAILING: list[tuple[str, dict[str, int], dict[str, int], str]] = [
    ("level", ladder_bits("kyc_level", 1), {}, "person.kyc_level >= 2"),
    ("age", {"birth_date": day_of(NOW) - 17 * 365}, {}, "person.birth_date <= today-18y"),
    ("in", {"residence": 380}, {}, "person.residence in [DE, ES, FR, PT]"),
    ("not in", {"residence": 724}, {}, "person.residence not in [ES, IR]"),
    ("nationality", {"nationality": 408}, {}, "person.nationality not in [IR, KP, SY]"),
    ("score", {}, {"score": 639}, "standing.score >= 640"),
    ("tier", {}, ladder_bits("standing_tier", 1), "standing.standing_tier >= 2"),
    ("sum", {"resets": 6}, {}, "1*standing.score -10*person.resets >= 650"),
]


@pytest.mark.parametrize(("person", "standing", "words"), [case[1:] for case in FAILING], ids=[case[0] for case in FAILING])
def test_the_wallet_names_each_predicate_that_fails(
    scene: Scene, rng: Rng, person: dict[str, int], standing: dict[str, int], words: str
) -> None:
    """One attribute is another one than in the accepted twin; nothing leaves the wallet, and nothing sent is accepted."""
    world = make_world(scene.curve, rng, schemas=SCHEMAS, **person)
    held = {"person": world.held(), "standing": world.standing(rng, **standing)}
    request = scene.request(rng, not_revoked=None)
    unmet = can_satisfy(load_policy(request.policy), held, NOW)
    assert words in unmet
    with pytest.raises(Unprovable, match="cannot show"):
        present(scene.curve, request, held, NOW, rng)
    try:
        shown = show(scene.curve, request, held, rng)
    except Unprovable:
        return
    with pytest.raises(Refused) as caught:
        verify_presentation(scene.curve, request, shown, [world.document], VENUE, NOW + 1, rng)
    assert caught.value.reason == "policy_not_met"


def test_two_friends_cannot_pool_their_credentials(scene: Scene, rng: Rng) -> None:
    friend = scene.world.standing(rng, secrets=draw_secrets(rng))
    request = scene.request(rng)
    held = {**scene.held, "standing": friend}
    assert can_satisfy(load_policy(request.policy), held, NOW) == ("all credentials belong to one holder",)
    with pytest.raises(Unprovable, match="not of one holder"):
        show(scene.curve, request, held, rng, accumulators={"person": scene.view}, witnesses={"person": scene.witness})


def test_a_missing_credential_is_named(scene: Scene, rng: Rng) -> None:
    unmet = can_satisfy(load_policy(scene.request(rng).policy), {"person": scene.held["person"]}, NOW)
    assert unmet == (f"standing: a credential of type {STANDING_1.id} issued by {ISSUER}",)


def test_a_slot_that_is_dropped_or_exchanged_is_refused(scene: Scene, rng: Rng) -> None:
    request = scene.request(rng)
    presentation = scene.prove(request, rng)
    scene.verify(request, presentation)
    person, standing = presentation.credentials
    for shown in ((person,), (standing, person), (person, standing, standing)):
        with pytest.raises(IllFormed) as caught:
            scene.verify(request, dataclasses.replace(presentation, credentials=shown))
        assert caught.value.step == Step.SHAPE
    swapped = {name.replace("person.", "standing."): 1 for name in presentation.disclosed}
    with pytest.raises(IllFormed):
        scene.verify(request, dataclasses.replace(presentation, disclosed=MappingProxyType(swapped)))


@pytest.mark.parametrize(("index", "minute"), [(8, 0), (6, 0), (7, 1), (7, -1), (7, -3)])
def test_an_accumulator_that_is_not_in_the_verifiers_log_is_refused(scene: Scene, rng: Rng, index: int, minute: int) -> None:
    request = scene.request(rng)
    presentation = scene.prove(request, rng)
    scene.verify(request, presentation)
    (shown,) = presentation.accumulators
    changed = dataclasses.replace(shown, index=index, minute=shown.minute + minute)
    with pytest.raises(Refused) as caught:
        scene.verify(request, dataclasses.replace(presentation, accumulators=(changed,)))
    assert caught.value.step == Step.CONTEXT


def test_an_accumulator_too_many_or_too_few_is_ill_formed_and_one_of_before_is_too_old(scene: Scene, rng: Rng) -> None:
    request = scene.request(rng)
    presentation = scene.prove(request, rng)
    for wrong in ((), 2 * presentation.accumulators):
        with pytest.raises(IllFormed):
            scene.verify(request, dataclasses.replace(presentation, accumulators=wrong))
    with pytest.raises(IllFormed):
        present(scene.curve, request, scene.held, NOW, rng)
    with pytest.raises(Refused) as caught:
        scene.verify(request, presentation, now=NOW + 180)
    assert caught.value.step == Step.CONTEXT
    with pytest.raises(Refused) as caught:  # a verifier that follows none
        verify_presentation(scene.curve, request, presentation, [scene.world.document], VENUE, NOW + 1, rng)
    assert caught.value.step == Step.CONTEXT


def test_a_witness_of_another_handle_is_refused_by_the_pairing(scene: Scene, rng: Rng) -> None:
    request = scene.request(rng)
    other = scene.prove(request, rng, witnesses={"person": scene.view.value})
    with pytest.raises(Refused) as caught:
        scene.verify(request, other)
    assert caught.value.step == Step.PAIRING


@pytest.mark.parametrize(
    "change",
    [
        {"rate_limit": {"name": "open-account", "per": "day", "max": 4}},
        {"rate_limit": {"name": "open-account", "per": "hour", "max": 3}},
        {"rate_limit": {"name": "withdraw", "per": "day", "max": 3}},
        {"pseudonym": None},
        {"all_of": ALL_OF[1:]},
        {"not_revoked": {"of": "person", "max_age_s": 61}},
    ],
)
def test_a_proof_of_another_policy_is_refused(scene: Scene, rng: Rng, change: dict[str, Any]) -> None:
    request = scene.request(rng)
    presentation = scene.prove(request, rng)
    asked = dataclasses.replace(scene.request(rng, **change), nonce=request.nonce)
    with pytest.raises((Refused, IllFormed)):
        scene.verify(asked, presentation)


@pytest.mark.parametrize("change", [{"purpose": "curiosity"}, {"trustees": "other"}, {"threshold": 3}, {"members": 4}])
def test_an_escrow_is_bound_to_its_label_and_its_trustees(scene: Scene, rng: Rng, change: dict[str, Any]) -> None:
    request = scene.request(rng)
    presentation = scene.prove(request, rng)
    escrow = {**request.policy["escrow"], **change}
    asked = dataclasses.replace(scene.request(rng, escrow=escrow), nonce=request.nonce)
    with pytest.raises(Refused) as caught:
        scene.verify(asked, presentation)
    assert caught.value.step == Step.CHALLENGE
