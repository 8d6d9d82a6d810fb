"""What may stand in a sum, and when does one say nothing, too much, or what nobody can show? Each has an accepted twin."""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.composite.assembly import check_policy
from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.errors import Malformed
from credence.circuits.policy import Demand, PolicyError, load_policy
from credence.circuits.policy.predicates import WeightedSum

TODAY = 20_778  # 2026-11-21
RESETS, BORN = {"attribute": "resets"}, {"attribute": "birth_date"}
SCORE = {"of": "standing", "attribute": "score"}
EVIDENCE, EVENTS = ({"of": "standing", "attribute": name} for name in ("evidence_milli", "events_milli"))
TYPES = {"person": PERSON_1.id, "standing": STANDING_1.id, "third": STANDING_1.id}


def demand(*all_of: dict[str, Any], disclose: tuple[str, ...] = ()) -> Demand:
    """Of a policy over a person and two standings."""
    document = {
        "name": "p",
        "version": 1,
        "credentials": {slot: {"schema": schema, "issuers": ["issuer.example"]} for slot, schema in TYPES.items()},
        "all_of": list(all_of),
        "disclose": [{"attribute": name} for name in disclose],
        "pseudonym": {},
        "tariff": "t",
    }
    return check_policy(load_policy(document), TODAY)


def total(at_least: int, *summands: dict[str, Any]) -> dict[str, Any]:
    return {"sum": list(summands), "at_least": at_least}


def times(summand: dict[str, Any], weight: int) -> dict[str, Any]:
    return {**summand, "times": weight}


def test_a_sum_over_two_numbers_stands() -> None:
    (found,) = demand(total(700, SCORE, times(RESETS, -10))).sums
    assert found == WeightedSum(((1, "standing", "score"), (-10, "person", "resets")), 700)


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ([total(640, SCORE)], "at least two attributes"),
        ([total(1, SCORE, SCORE)], "twice"),
        ([total(700, SCORE, times(RESETS, 0))], "resets cannot stand"),
        ([total(700, SCORE, {"attribute": "size"})], "does not have"),
        (
            [total(70_000, times({"attribute": "risk_le_low"}, 70_000), {"attribute": "reset_day"})],
            "risk_le_low cannot stand",
        ),
        ([total(0, times({"attribute": "accredited"}, -70_000), {"attribute": "reset_day"})], "accredited cannot stand"),
        ([total(700, SCORE, {"attribute": "residence"})], "residence cannot stand"),
        ([total(700, SCORE, {"attribute": "kind"})], "kind cannot stand"),
        ([total(700, SCORE, {"of": "standing", "attribute": "venue"})], "venue cannot stand"),
        ([total(700, SCORE, {"attribute": "subject_handle"})], "subject_handle cannot stand"),
        ([total(700, SCORE, {"attribute": "nym_secret"})], "nym_secret cannot stand"),
        ([total(20_000, BORN, {"attribute": "expires_on"})], "expires_on cannot stand"),
        ([total(1_300, SCORE, {"of": "third", "attribute": "score"})], "one credential twice"),
        ([total(700, SCORE, RESETS), total(100, BORN, times(RESETS, -1))], "stands in two sums"),
        ([total(700, SCORE, RESETS), total(700, BORN, {"of": "third", "attribute": "score"})], "stands in two sums"),
        ([{**SCORE, "at_most": 800}, total(700, SCORE, RESETS)], "bounded on its other side"),
        ([{**SCORE, "of": "third", "at_most": 800}, total(700, SCORE, RESETS)], "bounded on its other side"),
        ([{**BORN, "at_least": "1989-03-02"}, total(-7_000, times(BORN, -1), RESETS)], "bounded on its other side"),
    ],
)
def test_what_cannot_stand_in_a_sum_is_refused_at_load(asked: list[dict[str, Any]], reason: str) -> None:
    demand(total(700, SCORE, times(RESETS, -10)), total(2_000, EVIDENCE, times(EVENTS, -5)))
    demand(total(700, SCORE, RESETS), {**SCORE, "at_least": 640}, {**SCORE, "of": "third", "at_least": 500})
    demand(total(-7_000, times(BORN, -1), RESETS), {**BORN, "at_most": "2008-11-21"})
    with pytest.raises(PolicyError, match=reason):
        demand(*asked)


def test_an_empty_sum_has_no_shape() -> None:
    with pytest.raises(Malformed):
        demand(total(1))


def bounded(attribute: str, relation: str, bound: int | str) -> dict[str, Any]:
    return {"attribute": attribute, relation: bound}


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ([total(850 + 65_536, SCORE, RESETS)], "no values reach"),
        ([total(300, SCORE, RESETS)], "says nothing"),
        ([total(850 + 65_535, SCORE, RESETS)], "leaves one score"),
        ([bounded("resets", "at_most", 2), total(850, SCORE, times(RESETS, -1))], "leaves one score"),
        ([bounded("resets", "at_most", 2), total(298, SCORE, times(RESETS, -1))], "says nothing"),
        ([{**SCORE, "at_least": 640}, total(640, SCORE, RESETS)], "says nothing"),
    ],
)
def test_a_sum_is_held_against_the_bounds_of_its_attributes(asked: list[dict[str, Any]], reason: str) -> None:
    demand(bounded("resets", "at_most", 2), total(700, SCORE, times(RESETS, -1)))
    with pytest.raises(PolicyError, match=reason):
        demand(*asked)


def test_a_sum_over_what_is_disclosed_is_refused() -> None:
    demand(total(5, RESETS, BORN))
    with pytest.raises(PolicyError, match="disclosed"):
        demand(total(5, RESETS, BORN), disclose=("resets",))


@pytest.mark.parametrize("weights", [(1, 1), (3, -2), (-1, -1), (7, 1)])
@pytest.mark.parametrize("at_least", range(-12, 24, 3))
def test_what_a_sum_leaves_is_what_occurs_in_its_solutions(weights: tuple[int, int], at_least: int) -> None:
    first, second = weights
    ends = {("a", "x"): (0, 4), ("b", "y"): (2, 5)}
    asked = WeightedSum(((first, "a", "x"), (second, "b", "y")), at_least)
    solutions = [(x, y) for x in range(5) for y in range(2, 6) if first * x + second * y >= at_least]
    sums = [first * x + second * y for x in range(5) for y in range(2, 6)]
    assert asked.extremes(ends) == (min(sums), max(sums))
    found = [set(range(low, high + 1)) for low, high in asked.leaves(ends).values()]
    if solutions:
        assert found == [{x for x, _ in solutions}, {y for _, y in solutions}]
    else:
        assert not all(found)
