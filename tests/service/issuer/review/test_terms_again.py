"""What becomes of a credential whose holder is worse in the terms than it says?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.wire import Offer
from credence.service.sandbox.persons import LOW_RISK
from tests.service.issuer.review.conftest import OTHER, Watch
from tests.service.issuer.test_intake import problem

RISKIER = replace(LOW_RISK, source_of_funds="gambling")
OFFICE = replace(LOW_RISK, pep=True)
UNSURE = replace(LOW_RISK, assurance="basic")


def row(watch: Watch, case_id: str) -> Any:
    with watch.world.desk.store.reading() as session:
        columns = "kyc_level, risk_tier, assessed_level, assessed_tier, monitoring, review_by"
        query = f"SELECT {columns} FROM issuer_cases WHERE id = '{case_id}'"
        return tuple(session.connection().exec_driver_sql(query).one())


def accepted(watch: Watch, case_id: str) -> Any:
    return watch.world.override(case_id, "approve", "risk-accepted")


def test_a_higher_risk_is_accepted_by_two_and_watched_as_such(watch: Watch) -> None:
    case_id, held = watch.holder()
    case = watch.shows(case_id, RISKIER).json()
    assert (case["state"], case["reasons"]) == ("review", ["risk-raised", "source-of-funds-gambling"])
    assert {"factor": "source-of-funds", "value": "gambling", "effect": "3"} in case["factors"]
    days = watch.world.desk.diligence.monitoring["standard"].review_days
    watched = (3, "low", 3, "standard", "regular", watch.world.now + days * DAY_SECONDS)
    assert row(watch, case_id) == watched
    for decision in ("approve", "decline"):
        problem(watch.world.decide(case_id, decision), 409, "four-eyes-required")
    assert accepted(watch, case_id).json()["state"] == "issued"
    assert row(watch, case_id) == watched, "the credential's terms, and the watch of what was found"
    assert not watch.standing(held)["revoked"]


def test_whose_risk_rose_is_due_sooner(watch: Watch) -> None:
    (risen, _), _ = watch.holder(), watch.holder(OTHER)
    watch.shows(risen, RISKIER)
    accepted(watch, risen)
    watch.forward(watch.world.desk.diligence.monitoring["standard"].review_days - 1)
    watch.marks()
    assert watch.due() == [(risen, "interval")]


def test_what_two_accepted_is_not_asked_again(watch: Watch) -> None:
    case_id, _ = watch.holder()
    watch.shows(case_id, RISKIER)
    accepted(watch, case_id)
    watch.forward(1)
    assert watch.shows(case_id, RISKIER).json()["state"] == "issued"
    assert row(watch, case_id)[4] == "regular", "and is watched all the same"
    watch.forward(1)
    assert watch.shows(case_id).json()["state"] == "issued"
    assert row(watch, case_id)[4] == "light"


@pytest.mark.parametrize(("worse", "reason"), [(OFFICE, "risk-raised"), (UNSURE, "level-lowered")])
def test_what_nobody_may_accept_is_declined_by_two(watch: Watch, worse: Any, reason: str) -> None:
    case_id, held = watch.holder()
    case = watch.shows(case_id, worse).json()
    assert (case["state"], reason in case["reasons"]) == ("review", True)
    problem(watch.world.decide(case_id, "approve"), 409, "four-eyes-required")
    detail = problem(watch.world.propose(case_id, "approve", "risk-accepted"), 409, "conflict")
    assert detail.startswith("The credential says what the evidence bears out no more")
    assert watch.world.override(case_id, "decline", "adverse-information").json()["state"] == "declined"
    assert watch.standing(held)["revoked"]


def test_office_is_no_less_office_where_two_had_lowered_the_tier(watch: Watch) -> None:
    """Their decision was about other factors: the tier by points stands as they gave it, one that is fixed does not."""
    token = watch.world.token(replace(RISKIER, channel="intermediary", product="payments", residence="BR"))
    case = watch.world.open(token).json()
    assert (case["state"], case["risk_tier"]) == ("approved", "enhanced")
    changed = watch.world.override(case["case_id"], "change", "risk-reassessed", risk_tier="low")
    offer = Offer.parse(changed.json()["offer"])
    assert watch.world.claim(offer, watch.world.request().commitment, token).status_code == 201
    watch.forward(1)
    same = replace(RISKIER, channel="intermediary", product="payments", residence="BR")
    assert watch.shows(offer.case_id, same).json()["state"] == "issued"
    watch.forward(1)
    assert watch.shows(offer.case_id, replace(same, pep=True)).json()["state"] == "review"


def test_a_higher_level_and_a_lower_risk_change_nothing(watch: Watch) -> None:
    holder = replace(RISKIER, assurance="substantial")
    case_id, _ = watch.holder(holder)
    assert watch.shows(case_id).json()["state"] == "issued"
    assert row(watch, case_id)[:5] == (2, "standard", 3, "low", "regular"), "watched as the credential's tier is"
    watch.forward(1)
    assert watch.shows(case_id, holder).json()["state"] == "issued", "no worse than the credential says"
