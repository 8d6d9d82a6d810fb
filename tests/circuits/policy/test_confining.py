"""Is a hidden attribute that a policy leaves few values of counted as shown, however the policy comes to that?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.composite.assembly import check_policy
from credence.circuits.countries import COUNTRIES, NUMERIC, SPARSE
from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.policy import PolicyError, confined, load_policy
from tests.circuits.policy.test_demand import TODAY
from tests.circuits.policy.test_sums import total

SLOTS = {"person": PERSON_1.id, "other": PERSON_1.id, "standing": STANDING_1.id}
FIVE = ["AT", "BE", "DE", "ES", "FR"]


def told(*all_of: dict[str, Any], disclose: tuple[str, ...] = ()) -> dict[str, int]:
    """Of a policy over two persons and a standing; what names no credential is about the first person."""
    document = {
        "name": "p",
        "version": 1,
        "credentials": {slot: {"schema": schema, "issuers": ["issuer.example"]} for slot, schema in SLOTS.items()},
        "all_of": [{"of": "person", **predicate} if "attribute" in predicate else predicate for predicate in all_of],
        "disclose": [{"of": "person", "attribute": name} for name in disclose],
        "pseudonym": {},
        "tariff": "t",
    }
    return dict(confined(check_policy(load_policy(document), TODAY)))


def at_least(attribute: str, bound: int | str, **more: str) -> dict[str, Any]:
    return {**more, "attribute": attribute, "at_least": bound}


def at_most(attribute: str, bound: int | str, **more: str) -> dict[str, Any]:
    return {**more, "attribute": attribute, "at_most": bound}


STANDING = {"of": "standing"}


@pytest.mark.parametrize(
    ("enough", "few", "told_then"),
    [
        (
            [at_least("birth_date", "1989-01-01"), at_most("birth_date", "1990-01-01")],
            [at_least("birth_date", "1989-01-01"), at_most("birth_date", "1989-12-31")],
            {"birth_date": 365},
        ),
        (
            [at_least("as_of", "today-300d", **STANDING), at_most("as_of", "today+65d", **STANDING)],
            [at_least("as_of", "today-300d", **STANDING), at_most("as_of", "today+64d", **STANDING)],
            {"as_of": 365},
        ),
        (
            [at_least("score", 700, **STANDING), at_most("score", 715, **STANDING)],
            [at_least("score", 700, **STANDING), at_most("score", 714, **STANDING)],
            {"score": 15},
        ),
        ([at_most("events_milli", 999, **STANDING)], [at_most("events_milli", 998, **STANDING)], {"events_milli": 999}),
        ([at_most("resets", 2)], [at_most("resets", 1)], {"resets": 2}),
        (
            [at_least("issued_epoch", 730), at_most("issued_epoch", 742)],
            [at_least("issued_epoch", 730), at_most("issued_epoch", 741)],
            {"issued_epoch": 12},
        ),
        ([{"attribute": "residence", "in": FIVE}], [{"attribute": "residence", "in": FIVE[1:]}], {"residence": 4}),
        (
            [{"attribute": "nationality", "in": [*FIVE, "HR"]}, {"attribute": "nationality", "not_in": ["HR"]}],
            [{"attribute": "nationality", "in": FIVE}, {"attribute": "nationality", "not_in": ["DE"]}],
            {"nationality": 4},
        ),
    ],
)
def test_fewer_values_than_a_crowd_are_told(
    enough: list[dict[str, Any]], few: list[dict[str, Any]], told_then: dict[str, int]
) -> None:
    assert told(*enough) == {}
    assert told(*few) == told_then


def test_countries_of_few_people_make_no_crowd() -> None:
    assert len(SPARSE) == 52
    assert SPARSE < COUNTRIES
    assert told({"attribute": "residence", "in": ["DE", "BV", "HM", "PN", "TF", "UM", "VA"]}) == {"residence": 7}
    assert told({"attribute": "residence", "in": [*FIVE, "BV"]}) == {}


def test_what_is_excluded_is_counted_from_the_other_side() -> None:
    rest = sorted(code for code in NUMERIC if code not in FIVE)
    assert told({"attribute": "residence", "not_in": rest}) == {}
    assert told({"attribute": "residence", "not_in": [*rest, "DE"]}) == {"residence": 4}
    assert told({"attribute": "residence", "not_in": FIVE}) == {}


def test_any_set_of_texts_tells_but_excluding_does_not() -> None:
    """Names that nobody has are free, so that a set of two may be a set of one."""
    venue = {"of": "standing", "attribute": "venue"}
    assert told({**venue, "in": [f"venue-{n}" for n in range(40)]}) == {"venue": 40}
    assert told({**venue, "not_in": ["venue-a"]}) == {}


def test_kinds_are_as_they_were() -> None:
    assert told({"attribute": "kind", "in": ["natural", "legal"]}) == {}


def test_whoever_was_born_before_the_calendar_is_in_a_crowd() -> None:
    """Day 0 is every day until then."""
    assert told(at_most("birth_date", "1970-02-01")) == {}
    assert told(at_least("birth_date", "1970-01-02"), at_most("birth_date", "1970-02-01")) == {"birth_date": 31}


def test_what_is_disclosed_is_not_told_a_second_time() -> None:
    few = [at_least("birth_date", "1989-01-01"), at_most("birth_date", "1989-01-31")]
    assert told(*few) == {"birth_date": 31}
    assert told(*few, disclose=("birth_date",)) == {}


RESETS = {"of": "person", "attribute": "resets"}


def weighed(score: int) -> dict[str, Any]:
    """A bound from below that is written as a sum: beside so large a weight the other summand is nothing."""
    return total(70_000 * score, {"of": "standing", "attribute": "score", "times": 70_000}, RESETS)


def test_a_sum_counts_as_the_bound_that_it_is() -> None:
    """The best that the other summand can do is short of one point."""
    assert told(weighed(835)) == {}
    assert told(weighed(836)) == {"score": 15}
    with pytest.raises(PolicyError, match="leaves one score"):
        told(weighed(850))


def test_an_end_of_the_domain_closes_a_sum() -> None:
    high = {"of": "standing", "attribute": "score"}
    assert told(total(850 + 65_535 - 14, high, RESETS)) == {"score": 15}
    assert told(total(850 + 65_535 - 15, high, RESETS)) == {}


def test_slots_of_one_type_may_hold_one_credential() -> None:
    """So what is asked of both is asked of it; what no credential could satisfy alone is asked of two."""
    first = at_least("birth_date", "1989-03-02")
    assert told(first, at_most("birth_date", "1990-03-02", of="other")) == {}
    assert told(first, at_most("birth_date", "1989-03-02", of="other")) == {"birth_date": 1}
    assert told(first, at_most("birth_date", "1989-03-01", of="other")) == {}
    residences = (
        {"attribute": "residence", "in": FIVE},
        {"of": "other", "attribute": "residence", "in": [*FIVE[:1], "HR", "IT"]},
    )
    assert told(*residences) == {"residence": 1}
