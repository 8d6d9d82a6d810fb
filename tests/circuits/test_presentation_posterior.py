"""Standings of several venues, over whose sums a bound is shown: accepted, named where it fails, nothing counted twice."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import pytest

from credence.circuits.credential import PERSON_1, STANDING_1, day_of, text_to_scalar
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.errors import Refused, Step, Unprovable
from credence.circuits.issuance import HeldCredential
from credence.circuits.policy import load_policy
from credence.circuits.presentation import Accepted, can_satisfy, present, show, verify_presentation
from credence.circuits.sigma.transcript import Encoding
from credence.circuits.wire import Presentation, PresentationRequest
from tests.circuits.journey import ISSUER, NOW, VENUE, World, draw_secrets, make_request, make_world
from tests.conftest import SeededBytes

Held = Mapping[str, HeldCredential]

VENUES = {"east": "east.example", "north": "north.example", "south": "south.example", "west": "west.example"}
SLOTS = {"person": PERSON_1.id, **dict.fromkeys(VENUES, STANDING_1.id)}
RECORDS = {"east": (3_000, 250), "north": (0, 0), "south": (1_500, 0), "west": (12_000, 16_500)}
"""Thousandths of evidence and events; the north has none of either: a zero record. Together 16.5 and 16.75, where the second
line asks for 15.74 and the first for 17.47.
"""
LINES = [{"alpha_milli": 1_276, "beta_milli": 967}, {"alpha_milli": 2_259, "beta_milli": 805}]
YESTERDAY = day_of(NOW) - 1
FRESH = [{"of": slot, "attribute": "as_of", "at_least": "today-3d"} for slot in VENUES]
BOUND: dict[str, Any] = {"posterior": VENUES, "score": 640, "tangents": LINES}
WORDS = "posterior(east: east.example, north: north.example, south: south.example, west: west.example) score >= 640"


@dataclasses.dataclass(frozen=True)
class Scene:
    """One holder with a person's credential and four standings."""

    world: World
    held: Held

    def request(self, rng: Rng, **changes: Any) -> PresentationRequest:
        credentials = {slot: {"schema": schema, "issuers": [ISSUER]} for slot, schema in SLOTS.items()}
        policy = {"credentials": credentials, "all_of": [BOUND, *FRESH], "disclose": None, "pseudonym": {"of": "person"}}
        return make_request(rng, policy_changes={**policy, **changes})

    def standing(self, slot: str, rng: Rng, **changes: Any) -> HeldCredential:
        evidence, events = RECORDS[slot]
        given = {
            "venue": text_to_scalar(VENUES[slot]),
            "as_of": YESTERDAY,
            "evidence_milli": evidence,
            "events_milli": events,
        }
        return self.world.standing(rng, **{**given, **changes})

    def but(self, slot: str, rng: Rng, **changes: Any) -> Held:
        return {**self.held, slot: self.standing(slot, rng, **changes)}

    def verify(self, request: PresentationRequest, presentation: Presentation) -> Accepted:
        documents, weights = [self.world.document], SeededBytes("weights")
        return verify_presentation(self.world.curve, request, presentation, documents, VENUE, NOW + 1, weights)


@pytest.fixture(scope="module")
def scene(curve: Curve) -> Scene:
    rng = SeededBytes("four standings")
    world = make_world(curve, rng, schemas=(PERSON_1.id, STANDING_1.id))
    empty = Scene(world, {})
    return Scene(world, {"person": world.held(), **{slot: empty.standing(slot, rng) for slot in VENUES}})


def refused(scene: Scene, request: PresentationRequest, presentation: Presentation) -> Refused:
    with pytest.raises(Refused) as caught:
        scene.verify(request, presentation)
    return caught.value


@pytest.mark.parametrize("encoding", list(Encoding))
def test_a_bound_over_four_is_shown_and_venues_and_days_are_all_that_is_told(
    scene: Scene, rng: Rng, encoding: Encoding
) -> None:
    request = scene.request(rng)
    made = present(scene.world.curve, request, scene.held, NOW, rng, encoding=encoding)
    accepted = scene.verify(request, Presentation.parse(made.to_json()))
    assert accepted.predicates[0] == WORDS
    assert accepted.disclosed == {
        f"{slot}.{name}": value
        for slot, venue in VENUES.items()
        for name, value in (("as_of", YESTERDAY), ("venue", text_to_scalar(venue)))
    }


def test_both_choices_are_accepted_and_say_the_same(scene: Scene, rng: Rng) -> None:
    request = scene.request(rng)
    calm = {**scene.held, "west": scene.standing("west", rng, evidence_milli=0, events_milli=0)}
    for held in (scene.held, calm):  # by the second line, by the first
        assert scene.verify(request, present(scene.world.curve, request, held, NOW, rng)).predicates[0] == WORDS


@pytest.mark.parametrize(
    ("slot", "changes"),
    [
        ("west", {"events_milli": 17_441}),
        ("north", {"events_milli": 941}),
        ("east", {"evidence_milli": 2_242}),
        ("south", {"evidence_milli": 0}),
    ],
)
def test_who_is_below_both_lines_is_told_and_has_no_proof(
    scene: Scene, rng: Rng, slot: str, changes: dict[str, int]
) -> None:
    """16.5 of evidence bear 17.690 events by the second line."""
    request = scene.request(rng)
    held = scene.but(slot, rng, **changes)
    assert can_satisfy(load_policy(request.policy), held, NOW) == (WORDS,)
    with pytest.raises(Unprovable, match="cannot show"):
        present(scene.world.curve, request, held, NOW, rng)
    with pytest.raises(Unprovable, match="outside its interval"):
        show(scene.world.curve, request, held, rng)


def test_one_thousandth_decides(scene: Scene, rng: Rng) -> None:
    request = scene.request(rng)
    held = scene.but("west", rng, events_milli=17_440)
    scene.verify(request, present(scene.world.curve, request, held, NOW, rng))


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("another day", {"as_of": YESTERDAY - 1}),
        ("a later day", {"as_of": YESTERDAY + 1}),
        ("another venue", {"venue": text_to_scalar("elsewhere.example")}),
        ("one credential in two places", {"venue": text_to_scalar(VENUES["north"])}),
    ],
)
def test_another_day_or_venue_is_a_true_proof_of_too_little(
    scene: Scene, rng: Rng, what: str, changes: dict[str, int]
) -> None:
    request, held = scene.request(rng), scene.but("east", rng, **changes)
    assert can_satisfy(load_policy(request.policy), held, NOW) == (WORDS,)
    told = refused(scene, request, show(scene.world.curve, request, held, rng))
    assert (told.reason, told.step) == ("policy_not_met", Step.CONTEXT), what


def test_one_credential_cannot_stand_in_two_slots(scene: Scene, rng: Rng) -> None:
    """Nor can its venue be said to be another: what is disclosed is what was signed."""
    request = scene.request(rng)
    twice = {**scene.held, "north": scene.held["east"]}
    made = show(scene.world.curve, request, twice, rng)
    assert refused(scene, request, made).reason == "policy_not_met"
    lying = dataclasses.replace(made, disclosed={**made.disclosed, "north.venue": text_to_scalar(VENUES["north"])})
    assert refused(scene, request, lying).reason == "not_accepted"


def test_a_standing_that_is_older_than_the_policy_allows_is_refused(scene: Scene, rng: Rng) -> None:
    request = scene.request(rng)
    old = {"person": scene.held["person"], **{slot: scene.standing(slot, rng, as_of=day_of(NOW) - 4) for slot in VENUES}}
    assert set(can_satisfy(load_policy(request.policy), old, NOW)) == {f"{slot}.as_of >= today-3d" for slot in VENUES}
    assert refused(scene, request, show(scene.world.curve, request, old, rng)).reason == "policy_not_met"


def test_standings_that_have_ended_count_for_nobody_whatever_the_policy_says(scene: Scene, rng: Rng) -> None:
    """One of four is enough; the policy has the bound alone, and all are of one day."""
    request, today = scene.request(rng, all_of=[BOUND]), day_of(NOW)
    held = scene.but("north", rng, expires_on=today)
    scene.verify(request, present(scene.world.curve, request, held, NOW, rng))
    ended = scene.but("north", rng, expires_on=today - 1)
    assert can_satisfy(load_policy(request.policy), ended, NOW) == ("north.expires_on >= today",)
    told = refused(scene, request, show(scene.world.curve, request, ended, rng))
    assert (told.reason, told.step) == ("policy_not_met", Step.CONTEXT)


def test_friends_cannot_put_their_standings_together(scene: Scene, rng: Rng) -> None:
    request = scene.request(rng)
    held = scene.but("south", rng, secrets=draw_secrets(rng))
    assert can_satisfy(load_policy(request.policy), held, NOW) == ("all credentials belong to one holder",)
    with pytest.raises(Unprovable, match="not of one holder"):
        show(scene.world.curve, request, held, rng)


def test_a_proof_under_other_tangents_is_none_under_these(scene: Scene, rng: Rng) -> None:
    """Sums that only a gentler line accepts, proven under it, and handed in as proven under the tariff's."""
    held = scene.but("west", rng, events_milli=17_441)
    gentle = [LINES[0], {"alpha_milli": 2_259, "beta_milli": 804}]
    asked = scene.request(rng, all_of=[{**BOUND, "tangents": gentle}, *FRESH])
    made = present(scene.world.curve, asked, held, NOW, rng)
    scene.verify(asked, made)
    strict = dataclasses.replace(asked, policy=scene.request(rng).policy)
    assert refused(scene, strict, made).reason == "not_accepted"


def test_the_largest_sums_there_are_do_not_wrap_around(scene: Scene, rng: Rng) -> None:
    request, most = scene.request(rng), (1 << 24) - 1
    rich = {slot: scene.standing(slot, rng, evidence_milli=most, events_milli=0) for slot in VENUES}
    held = {"person": scene.held["person"], **rich}
    scene.verify(request, present(scene.world.curve, request, held, NOW, rng))
    poor = {slot: scene.standing(slot, rng, evidence_milli=0, events_milli=most) for slot in VENUES}
    with pytest.raises(Unprovable, match="outside its interval"):
        show(scene.world.curve, request, {**held, **poor}, rng)
