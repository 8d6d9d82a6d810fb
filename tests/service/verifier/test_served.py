"""Is what a venue may have shown held against a policy when it is registered, and again when it is asked under?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.fields import canonical_json, json_digest
from credence.circuits.policy import load_policy
from credence.service.auth import DISCLOSED
from credence.service.errors import InvalidRequest
from credence.service.verifier import policies, records
from credence.service.verifier.records import VerifierPolicy
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Opened, Venue, policy

LEVEL = {"attribute": "kyc_level", "at_least": 2}
BORN = {"attribute": "birth_date", "at_least": "1989-03-01"}
IN_1989 = {"attribute": "birth_date", "at_most": "1989-12-31"}
IN_TWO_YEARS = {"attribute": "birth_date", "at_most": "1990-12-31"}


BESIDE: dict[str, Any] = {"attribute": "reset_day", "times": -200}


def total(at_least: int) -> dict[str, Any]:
    """Beside the weight of a day, another one is nothing."""
    return {"sum": [{"attribute": "birth_date", "times": -1}, BESIDE], "at_least": at_least}


@pytest.mark.parametrize(
    ("few", "said", "enough"),
    [
        ([BORN, IN_1989], "confines birth_date to 306 values", [BORN, IN_TWO_YEARS]),
        (
            [{"attribute": "residence", "in": ["DE", "BV"]}],
            "confines residence to 2 values",
            [{"attribute": "residence", "in": ["AT", "BE", "DE", "FR", "NL"]}],
        ),
        ([total(-200 * 300)], "confines reset_day to 301 values", [total(-200 * 400)]),
    ],
)
def test_what_is_as_good_as_shown_needs_the_same_registration(
    open_venue: Opened, few: list[dict[str, Any]], said: str, enough: list[dict[str, Any]]
) -> None:
    venue = open_venue()
    assert venue.register(policy(all_of=[LEVEL, *enough])).status_code == 201
    refused = venue.register(policy(version=2, all_of=[LEVEL, *few]))
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/malformed")
    assert said in refused.json()["detail"]
    confined = said.split()[1]
    assert refused.json()["detail"].endswith(f"its venue is not registered to have {confined} disclosed.")
    asked = policy(version=2, all_of=[LEVEL, *few])
    with pytest.raises(InvalidRequest):
        policies.read_policy(asked, venue.desk.tariffs, now=NOW)
    policies.read_policy(asked, venue.desk.tariffs, now=NOW, disclose={*DISCLOSED, confined})


def put(venue: Venue, document: dict[str, Any]) -> None:
    """As an earlier release might have registered it."""
    with venue.desk.store.transaction() as session:
        row = VerifierPolicy(
            venue=venue.client_id,
            name=document["name"],
            version=document["version"],
            document=canonical_json(document).decode(),
            policy_hash=json_digest(document),
            registered_at=NOW,
        )
        assert records.add_policy(session, row)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"disclose": [{"attribute": "residence"}]}, "not registered to have residence disclosed"),
        ({"all_of": [LEVEL, BORN, IN_1989]}, "confines birth_date to 306 values"),
        ({"all_of": [LEVEL, BORN, {"attribute": "birth_date", "at_most": "1989-01-01"}]}, "no birth_date is inside"),
        ({"rate_limit": {"name": "open", "per": "day", "max": 1}}, "counts in another period"),
        ({"all_of": [LEVEL, {"sum": [{"attribute": "resets"}], "at_least": 1}]}, "a sum is over at least two attributes"),
    ],
)
def test_no_session_opens_under_what_would_not_be_registered_now(venue: Venue, changes: dict[str, Any], reason: str) -> None:
    venue.open()
    put(venue, policy(version=2, **changes))
    refused = venue.ask("POST", "/sessions", {"policy": "perp-standard"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert reason in refused.json()["detail"]
    assert venue.count("verifier_sessions") == 1
    assert venue.register(policy(version=3)).status_code == 201
    assert venue.open().policy["version"] == 3


def test_a_policy_is_asked_under_until_the_day_on_which_nobody_could_answer(venue: Venue) -> None:
    """The bound that moves meets the one that stays: first few are left, who would be told, and then nobody."""
    moving = {"attribute": "birth_date", "at_least": "today-35y"}  # 1991-09 and on, at NOW
    asked = policy(version=2, all_of=[LEVEL, moving, {"attribute": "birth_date", "at_most": "1992-12-31"}])
    assert venue.register(asked).status_code == 201
    venue.open()
    venue.clock.forward(200 * 86_400)
    refused = venue.ask("POST", "/sessions", {"policy": "perp-standard"})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/conflict")
    assert "confines birth_date to 267 values" in refused.json()["detail"]
    later = policies.refusal(load_policy(asked), {*DISCLOSED, "birth_date"}, now=NOW + 500 * 86_400)
    assert later == "no birth_date is inside its bounds"
