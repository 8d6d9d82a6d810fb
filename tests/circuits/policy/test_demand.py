"""What does a policy demand on a day, and is it refused where nobody can satisfy it or it says nothing?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.countries import COUNTRIES, NUMERIC
from credence.circuits.credential import PERSON_1
from credence.circuits.errors import IllFormed
from credence.circuits.policy import Demand, PolicyError, load_policy, resolve
from credence.circuits.predicates.range import Interval
from tests.circuits.policy.test_reading import FULL

TODAY = 20_778  # 2026-11-21
EU = ["AT", "BE", "DE", "ES", "FR", "HR"]


def demand(*all_of: dict[str, Any], today: int = TODAY, disclose: tuple[str, ...] = ()) -> Demand:
    """Of a policy over one person credential."""
    document = {
        "name": "p",
        "version": 1,
        "credentials": {"person": {"schema": PERSON_1.id, "issuers": ["issuer.example"]}},
        "all_of": list(all_of),
        "disclose": [{"attribute": name} for name in disclose],
        "pseudonym": {},
        "tariff": "t",
    }
    return resolve(load_policy(document), today)


def test_everything_is_demanded_where_it_belongs() -> None:
    found = resolve(load_policy(FULL), TODAY)
    person, standing = found.slots
    assert dict(person.ranges) == {"birth_date": Interval(0, 14_204), "resets": Interval(0, 2)}
    assert dict(person.inside) == {"nationality": (250, 276)}
    assert dict(person.outside) == {"residence": (364, 408, 760), "kind": (2,)}
    assert dict(standing.ranges) == {"score": Interval(640, 850)}
    assert [name for name, _ in standing.inside] == ["venue"]
    assert [predicate.words() for predicate in found.clear] == [
        "person.kyc_level >= 2",
        "person.expires_on >= today+30d",
        "person.accredited >= 1",
        "standing.standing_tier >= 3",
    ]
    assert [total.words() for total in found.sums] == ["1*standing.evidence_milli -967*standing.events_milli >= 1276"]


def test_bounds_of_one_attribute_are_intersected() -> None:
    found = demand(
        {"attribute": "birth_date", "at_least": "1980-01-01"},
        {"attribute": "birth_date", "at_most": "today-18y"},
    )
    assert found.slots[0].ranges == (("birth_date", Interval(3_652, 14_204)),)


def test_sets_of_one_attribute_are_intersected_and_what_is_excluded_taken_out() -> None:
    found = demand({"attribute": "residence", "in": EU}, {"attribute": "residence", "not_in": ["DE", "IR"]})
    assert found.slots[0].inside == (("residence", tuple(sorted(NUMERIC[c] for c in EU if c != "DE"))),)
    assert found.slots[0].outside == ()


def test_the_complement_is_taken_where_it_is_cheaper() -> None:
    few = [code for code, number in sorted(NUMERIC.items()) if number < 60]
    most = [code for code, number in NUMERIC.items() if number >= 60]
    assert demand({"attribute": "residence", "not_in": few}).slots[0].inside == ()
    complement = demand({"attribute": "residence", "not_in": most}).slots[0]
    assert complement.inside == (("residence", tuple(sorted(n for n in COUNTRIES if n < 60))),)
    assert complement.outside == ()


def test_a_predicate_about_what_is_disclosed_is_checked_in_the_clear() -> None:
    found = demand({"attribute": "residence", "not_in": ["IR"]}, disclose=("residence",))
    assert found.slots[0].outside == ()
    (predicate,) = found.clear
    assert predicate.holds({"residence": NUMERIC["DE"]}, TODAY)
    assert not predicate.holds({"residence": NUMERIC["IR"]}, TODAY)


@pytest.mark.parametrize(
    ("all_of", "reason"),
    [
        (
            [{"attribute": "birth_date", "at_least": "today"}, {"attribute": "birth_date", "at_most": "today-18y"}],
            "no birth_date is inside",
        ),
        ([{"attribute": "birth_date", "at_least": "1970-01-01"}], "say nothing"),
        ([{"attribute": "resets", "at_most": 0}], "disclosure"),
        ([{"attribute": "residence", "in": EU}, {"attribute": "residence", "not_in": EU}], "no residence is in"),
        ([{"attribute": "residence", "in": EU}, {"attribute": "residence", "not_in": EU[1:]}], "one residence is in"),
        ([{"attribute": "kind", "not_in": ["natural", "legal"]}], "one kind is in"),
        ([{"attribute": "kind", "not_in": ["natural", "legal", "institution"]}], "no kind is in"),
        ([{"attribute": "kind", "in": ["natural", "legal", "institution"]}], "every kind is in"),
        ([{"attribute": "residence", "in": sorted(NUMERIC)}], "every residence is in"),
        ([{"attribute": "expires_on", "at_least": "today-1d"}], "says nothing"),
        ([{"attribute": "expires_on", "at_least": "1970-01-01"}], "says nothing"),
        ([{"attribute": "expires_on", "at_least": "2149-05-23"}], "so late"),
        ([{"attribute": "expires_on", "at_least": "today+9999y"}], "so late"),
    ],
)
def test_what_nobody_can_satisfy_or_what_says_nothing_is_refused(all_of: list[dict[str, Any]], reason: str) -> None:
    demand({"attribute": "birth_date", "at_most": "today-18y"})
    demand({"attribute": "kind", "in": ["natural", "legal"]}, {"attribute": "residence", "in": sorted(NUMERIC)[1:]})
    for moment in ("today", "today+1d", "2149-05-22"):  # the first day of the last epoch that there is
        demand({"attribute": "expires_on", "at_least": moment})
    with pytest.raises(PolicyError, match=reason):
        demand(*all_of)


def test_a_day_outside_the_calendar_is_refused() -> None:
    asked = {"attribute": "birth_date", "at_most": "today-18y"}
    demand(asked, today=65_535)
    for day in (65_536, 1 << 30, (1 << 53) // 86_400, -1):
        with pytest.raises(IllFormed, match="outside the calendar"):
            demand(asked, today=day)


BOTH_KINDS = {"attribute": "kind", "in": ["natural", "legal"]}
TWENTIES = {"attribute": "birth_date", "at_most": "2006-11-21"}


@pytest.mark.parametrize(
    ("name", "fits", "contradicts"),
    [
        ("kind", {"attribute": "kind", "not_in": ["legal"]}, {"attribute": "kind", "not_in": ["natural", "legal"]}),
        (
            "birth_date",
            {"attribute": "birth_date", "at_least": "2006-11-21"},
            {"attribute": "birth_date", "at_least": "2006-11-22"},
        ),
    ],
)
def test_predicates_about_what_is_disclosed_may_leave_one_value_and_not_none(
    name: str, fits: dict[str, Any], contradicts: dict[str, Any]
) -> None:
    first = BOTH_KINDS if name == "kind" else TWENTIES
    found = demand(first, fits, disclose=(name,))
    assert len(found.clear) == 2
    (slot,) = found.slots
    assert (slot.ranges, slot.inside, slot.outside) == ((), (), ())
    with pytest.raises(PolicyError, match=f"no {name} is in"):
        demand(first, contradicts, disclose=(name,))


def test_a_policy_that_stands_today_may_say_nothing_later() -> None:
    bound = {"attribute": "birth_date", "at_least": "today-30y"}
    demand(bound)
    with pytest.raises(PolicyError, match="say nothing"):
        demand(bound, today=9_000)
