"""What may a posterior bound over several venues be, and what would count one credential twice or close on a value?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.composite.assembly import Choice, assemble, check_policy
from credence.circuits.credential import PERSON_1, STANDING_1, text_to_scalar
from credence.circuits.errors import Malformed
from credence.circuits.policy import Demand, Policy, PolicyError, Posterior, confined, explain, load_policy
from credence.circuits.policy.terms import MAX_VENUE
from credence.circuits.predicates.inequality import SUM_LIMIT
from credence.circuits.wire import MAX_AUDIENCE

TODAY = 20_778  # 2026-11-21
MILLI = (1 << 24) - 1
VENUES = {"here": "venue-a.example", "there": "venue-b.example"}
LINES = ((1_276, 967), (2_259, 805))
SLOTS = {"person": PERSON_1.id, **dict.fromkeys(("far", "here", "near", "other", "there"), STANDING_1.id)}


def bound(venues: dict[str, str] | None = None, lines: tuple[tuple[int, int], ...] = LINES, **more: Any) -> dict[str, Any]:
    tangents = [{"alpha_milli": alpha, "beta_milli": beta} for alpha, beta in lines]
    return {"posterior": VENUES if venues is None else venues, "score": 640, "tangents": tangents, **more}


def policy(*all_of: dict[str, Any], disclose: tuple[str, ...] = ()) -> Policy:
    return load_policy(
        {
            "name": "p",
            "version": 1,
            "credentials": {slot: {"schema": schema, "issuers": ["issuer.example"]} for slot, schema in SLOTS.items()},
            "all_of": list(all_of),
            "disclose": [{"of": "here", "attribute": name} for name in disclose],
            "pseudonym": {},
            "tariff": "t",
        }
    )


def demand(*all_of: dict[str, Any], disclose: tuple[str, ...] = ()) -> Demand:
    return check_policy(policy(*all_of, disclose=disclose), TODAY)


def said(slot: str, attribute: str, relation: str, value: int | str) -> dict[str, Any]:
    return {"of": slot, "attribute": attribute, relation: value}


def test_it_shows_the_venue_and_the_day_of_each_standing_and_no_more() -> None:
    found = demand(bound())
    assert found.posterior == Posterior((("here", "venue-a.example"), ("there", "venue-b.example")), 640, LINES)
    shown = {slot.name: slot.disclosed for slot in found.slots if slot.disclosed}
    assert shown == {"here": ("as_of", "venue"), "there": ("as_of", "venue")}
    assert confined(found) == {}


def test_both_lines_are_over_both_sums_in_integers() -> None:
    asked = policy(bound())
    choices = {
        slot.name: Choice("bls12-381-sha-256", 1, dict.fromkeys(slot.disclosed, 1))
        for slot in check_policy(asked, TODAY).slots
    }
    either = assemble(asked, check_policy(asked, TODAY), choices).posterior
    assert either is not None
    for line, (alpha, beta) in zip((either.first, either.second), LINES, strict=True):
        assert line.threshold == 1_000 * alpha
        assert [(s.coefficient, s.value, s.minimum, s.maximum) for s in line.summands] == [
            (1_000, "c.here.m.evidence_milli", 0, MILLI),
            (1_000, "c.there.m.evidence_milli", 0, MILLI),
            (-beta, "c.here.m.events_milli", 0, MILLI),
            (-beta, "c.there.m.events_milli", 0, MILLI),
        ]
    assert either.width == 2_000 * MILLI - 1_000 * 1_276


def test_four_standings_with_the_largest_slopes_cannot_wrap_around() -> None:
    four = {"far": "a", "here": "b", "near": "c", "there": "d"}
    found = demand(bound(four, ((500, 1 << 24), (600, (1 << 24) - 1)))).posterior
    assert found is not None
    assert all(4 * MILLI * (1_000 + beta) + 1_000 * alpha < SUM_LIMIT >> 60 for alpha, beta in found.tangents)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ([bound({})], "one to four"),
        ([bound({"far": "a", "here": "b", "near": "c", "other": "d", "there": "e"})], "one to four"),
        ([bound({"here": "venue-a.example", "there": "venue-a.example"})], "counts one venue twice"),
        ([bound({"here": "a", "elsewhere": "b"})], "does not ask for"),
        ([bound({"here": "a", "person": "b"})], "over standings"),
        ([bound(lines=(LINES[1], LINES[0]))], "two tangents"),
        ([bound(lines=((1_276, 967), (1_276, 805)))], "two tangents"),
        ([bound(lines=((1_276, 967), (2_259, 967)))], "two tangents"),
        ([bound(), bound({"far": "venue-c.example"})], "one posterior bound"),
        (
            [
                bound(),
                {"sum": [said("far", "evidence_milli", "times", 1), {"of": "person", "attribute": "resets"}], "at_least": 9},
            ],
            "two sums",
        ),
        ([bound(), said("far", "evidence_milli", "at_most", 50_000)], "on its other side"),
        ([bound(), said("here", "events_milli", "at_least", 50)], "on its other side"),
        ([bound({"here": "a"}), said("here", "evidence_milli", "at_least", 16_500_000)], "says nothing"),
        ([bound({"here": "a"}, ((MILLI - 1, 2_000), (MILLI, 1_999)))], "leaves one events_milli"),
        ([bound({"here": "a"}, ((MILLI, 2_000), (MILLI + 1, 1_999)))], "no values reach"),
    ],
)
def test_what_is_no_bound_over_venues_is_refused(asked: list[dict[str, Any]], reason: str) -> None:
    demand(bound(), said("here", "evidence_milli", "at_least", 50_000), said("there", "events_milli", "at_most", 50_000))
    demand(bound({"here": "a"}, ((MILLI - 2, 2_000), (MILLI - 1, 1_999))))
    with pytest.raises(PolicyError, match=reason):
        demand(*asked)


def test_evidence_that_is_disclosed_is_no_hidden_sum() -> None:
    demand(bound(), disclose=("score",))
    with pytest.raises(PolicyError, match="disclosed"):
        demand(bound(), disclose=("evidence_milli",))


@pytest.mark.parametrize(
    "wrong",
    [
        bound(lines=LINES[:1]),
        bound(lines=(*LINES, (4_000, 700))),
        bound(lines=((499, 967), LINES[1])),
        bound(lines=(LINES[0], (2_259, 0))),
        bound(score=300),
        bound(score=851),
        bound(of="here"),
        {key: value for key, value in bound().items() if key != "score"},
        bound({"here": ""}),
    ],
)
def test_a_bound_of_another_shape_is_malformed(wrong: dict[str, Any]) -> None:
    load = policy(bound(lines=((500, 967), LINES[1]), score=850))
    assert load.predicates
    with pytest.raises(Malformed):
        policy(wrong)


def test_who_is_left_few_values_by_it_is_told() -> None:
    """Evidence of one venue, of which the least that either line asks for is near the most there is."""
    one = {"here": "venue-a.example"}
    assert confined(demand(bound(one, ((MILLI - 999, 2), (MILLI - 998, 1))))) == {}
    assert confined(demand(bound(one, ((MILLI - 998, 2), (MILLI - 997, 1))))) == {"evidence_milli": 999}


def test_a_venue_is_as_long_as_an_audience_may_be() -> None:
    assert MAX_VENUE == MAX_AUDIENCE
    policy(bound({"here": "v" * MAX_AUDIENCE}))
    with pytest.raises(Malformed):
        policy(bound({"here": "v" * (MAX_AUDIENCE + 1)}))


def test_it_is_explained_in_words() -> None:
    quoted = "“venue-a.example” and “venue-b.example”"
    assert (
        f"Your standings at {quoted} together are worth a score of at least 640; nothing more exact, but where from, and of"
        " which day, the same for all."
    ) in explain(policy(bound()))
    (alone,) = [line for line in explain(policy(bound({"here": "venue-a.example"}))) if "standing at" in line]
    assert alone.startswith("Your standing at “venue-a.example” is worth a score of at least 640;")


STANDING = {"as_of": 20_777, "evidence_milli": 3_000, "events_milli": 500}


def held(**there: int) -> dict[str, dict[str, int]]:
    venues = {slot: text_to_scalar(venue) for slot, venue in VENUES.items()}
    here = {**STANDING, "venue": venues["here"]}
    return {"here": here, "there": {**STANDING, "evidence_milli": 0, "events_milli": 0, "venue": venues["there"], **there}}


@pytest.mark.parametrize(
    ("there", "holds"),
    [
        ({}, True),  # a zero record counts, and adds nothing
        ({"events_milli": 1_282}, True),  # 1.276 + .967·1.782 = 2.99919
        ({"events_milli": 1_283}, False),  # 3.000161
        ({"evidence_milli": 10_000, "events_milli": 12_842}, True),  # 2.259 + .805·13.342 = 12.99931
        ({"evidence_milli": 10_000, "events_milli": 12_843}, False),  # 13.000115
        ({"as_of": 20_776}, False),
        ({"as_of": 20_778}, False),
        ({"venue": text_to_scalar("venue-a.example")}, False),
    ],
)
def test_it_holds_where_either_line_does_of_the_named_venues_and_one_day(there: dict[str, int], holds: bool) -> None:
    (predicate,) = policy(bound()).predicates
    assert isinstance(predicate, Posterior)
    assert predicate.holds_for(held(**there)) is holds
