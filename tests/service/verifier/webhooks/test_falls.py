"""Is a venue told once of a fall that a decision tells of first, and of nothing where margin does not rise?"""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from credence.service.errors import AlreadyUsed
from credence.service.runtime import OwnStanding
from credence.service.verifier.desk import Desk
from credence.service.verifier.webhooks import endpoints, outbox
from credence.service.verifier.webhooks.endpoints import EventType
from credence.service.verifier.webhooks.outbox import Claimed
from tests.circuits.journey import VENUE
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Venue, policy

DAY = 86_400
URL = "https://venue.example/told"


@pytest.fixture
def told(venue: Venue) -> Venue:
    """A venue that is told of everything, and whose persons answer three times a day."""
    services = venue.desk.services
    with services.store("verifier").transaction() as session:
        endpoints.add(session, services.keyring, VENUE, URL, list(EventType), allowed=(), now=NOW, rng=services.rng)
    once = policy(version=2, rate_limit={"name": "open-account", "per": "day", "max": 3})
    assert venue.register(once).status_code == 201
    return venue


def standing(venue: Venue, tier: str, *raises: tuple[str, str, int, int], fell_at: int | None = None) -> None:
    own = OwnStanding(tier, "R5", raises, Decimal(0), fell_at=fell_at)
    services = replace(venue.desk.services, standing=lambda client_id, pseudonym: own)
    venue.running.app.state.verifier = Desk(services, venue.desk.tariffs)


def waiting(venue: Venue) -> dict[str, Claimed]:
    services = venue.desk.services
    with services.store("verifier").transaction() as session:
        found = outbox.claim(
            session, keeping=services.keeping, now=venue.clock(), lease=1, busy=frozenset(), each=10, most=10
        )
    return {json.loads(each.body)["type"]: each for each in found}


def admitted(venue: Venue, use: int) -> dict[str, Any]:
    request = venue.open()
    answer: dict[str, Any] = venue.answer(request.session_id, venue.prove(request, use=use)).json()
    return answer


def test_a_fall_is_told_beside_the_acceptance_that_tells_it(told: Venue) -> None:
    standing(told, "R1", ("R3", "R1", NOW, NOW + DAY), fell_at=NOW)
    answer = admitted(told, 0)
    found = waiting(told)
    assert set(found) == {"session.accepted", "standing.fell"}
    body = json.loads(found["standing.fell"].body)
    assert body["data"] == answer
    (raised,) = body["data"]["terms"]["raises"]
    assert (raised["from_tier"], raised["to_tier"], raised["notice_at"]) == ("R3", "R1", str(NOW))


def test_a_second_that_ticks_over_meanwhile_takes_no_event_away(told: Venue) -> None:
    """The admission read its clock at the end of one second, and the standing at the beginning of the next."""
    standing(told, "R1", ("R3", "R1", NOW + 1, NOW + 1 + DAY), fell_at=NOW + 1)
    admitted(told, 0)
    assert set(waiting(told)) == {"session.accepted", "standing.fell"}


@pytest.mark.parametrize(
    ("tier", "raises", "fell_at"),
    [
        ("R3", (), None),
        pytest.param("R1", (("R3", "R1", NOW - 60, NOW - 60 + DAY),), None, marks=pytest.mark.slow),  # told before
        pytest.param("R1", (("R3", "R1", NOW, NOW + DAY),), None, marks=pytest.mark.slow),  # told before in this second
        pytest.param("R3", (("R1", "R3", NOW, NOW + DAY),), NOW, marks=pytest.mark.slow),  # an easier margin is no fall
    ],
)
def test_nothing_new_is_no_event(tier: str, raises: Any, fell_at: int | None, told: Venue) -> None:
    standing(told, tier, *raises, fell_at=fell_at)
    assert admitted(told, 0)["decision"] == "accepted"
    assert set(waiting(told)) == {"session.accepted"}


@pytest.mark.slow
def test_a_decision_that_is_not_committed_tells_nothing(told: Venue) -> None:
    standing(told, "R3")
    admitted(told, 0)
    standing(told, "R1", ("R3", "R1", NOW, NOW + DAY), fell_at=NOW)
    assert admitted(told, 0)["type"].endswith(AlreadyUsed.slug)
    assert set(waiting(told)) == {"session.accepted"}
    admitted(told, 1)
    told.clock.forward(1)
    assert "standing.fell" in waiting(told)
