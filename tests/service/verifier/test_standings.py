"""Do terms follow from what the venue itself reported of a pseudonym, and conduct from what was accepted?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from credence.circuits.encoding import b64u, b64u_decode
from credence.service.app.standings import own_standing
from credence.service.auth import Scope
from credence.service.reputation.desk import Desk as ReputationDesk
from credence.service.runtime import OwnStanding
from credence.service.verifier.desk import Desk
from tests.circuits.journey import VENUE, World
from tests.service.conftest import NOW, Starter
from tests.service.verifier.conftest import BOTH, Venue

DAY = 86_400


def hearing(venue: Venue, own: OwnStanding | None) -> list[tuple[str, bytes]]:
    """Has the verifier hear this of every pseudonym; who it asked about."""
    asked: list[tuple[str, bytes]] = []

    def standing(client_id: str, pseudonym: bytes) -> OwnStanding | None:
        asked.append((client_id, pseudonym))
        return own

    services = replace(venue.desk.services, standing=standing)
    venue.running.app.state.verifier = Desk(services, venue.desk.tariffs)
    return asked


def test_conduct_is_priced_where_the_venue_reported_of_the_pseudonym(venue: Venue) -> None:
    own = OwnStanding("R4", "R5", (("R5", "R4", NOW, NOW + DAY),), Decimal(30_000_000))
    asked = hearing(venue, own)
    decision = venue.admitted()
    assert asked == [(VENUE, b64u_decode(decision["pseudonym"]))]
    terms = decision["terms"]
    assert (terms["standing_tier"], terms["fees"]["volume_tier"]) == ("R4", "V3")
    assert [ramp["to_tier"] for ramp in terms["raises"]] == ["R4"]
    assert decision["standing_tier"] is None  # nothing was proven of it


def test_a_volume_that_the_session_names_takes_the_place_of_reports(venue: Venue) -> None:
    hearing(venue, OwnStanding("R3", "R5", (), Decimal(30_000_000)))
    assert venue.admitted(volume_30d_usd="2000000")["terms"]["fees"]["volume_tier"] == "V1"


def test_without_reports_nothing_changes(venue: Venue) -> None:
    before = venue.admitted()["terms"]
    hearing(venue, None)
    assert venue.admitted()["terms"] == before
    assert "own_standing" not in {reason["factor"] for reason in before["reasons"]}


@pytest.fixture
def both(started: Starter, world: World) -> Venue:
    """A venue of a service that is verifier and reputation at once."""
    running = started(("verifier", "reputation", "log"))
    keys = {"both": running.key_of(VENUE, *BOTH, Scope.REPUTATION_EVENTS, lifetime=31_536_000)}
    made = Venue(running, world, world.held(), VENUE, keys)
    assert made.register().status_code == 201
    return made


def report(venue: Venue, *lines: dict[str, Any]) -> None:
    headers = {"authorization": f"Bearer {venue.keys['both']}"}
    answer = venue.running.client.post("/v1/reputation/events", json={"events": list(lines)}, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["accepted"] == len(lines)


def test_an_event_changes_the_next_decision(both: Venue) -> None:
    first = both.admitted()
    assert first["terms"]["standing_tier"] == "R1"
    pseudonym = first["pseudonym"]
    days = [
        {
            "id": f"day-{day}",
            "kind": "account_day",
            "pseudonym": pseudonym,
            "at": NOW - day * DAY,
            "source": "engine",
            "pnl": "1",
            "notional": "1000000",
            "trades": 3,
            "wins": 2,
            "exposed_hours": 24,
        }
        for day in range(1, 101)
    ]
    report(both, *days)
    risen = both.admitted()["terms"]
    assert (risen["standing_tier"], risen["fees"]["volume_tier"]) == ("R3", "V3")
    debt = {"id": "debt", "kind": "liquidation", "pseudonym": pseudonym, "at": NOW - 60, "source": "engine"}
    report(both, {**debt, "size": "5000", "fee": "25", "bad_debt": "10"})
    who, desk, told = b64u_decode(pseudonym), both.running.app.state.reputation, []
    seconds = iter(range(NOW + 1, NOW + 9))
    ticking = ReputationDesk(replace(desk.services, clock=lambda: next(seconds)))  # a second later each time it is asked
    for _ in range(2):
        own = own_standing(ticking, VENUE, who)
        assert own is not None
        told.append((own.fell_at, own.raises[0][2]))
    assert told == [(at, at) for at, _ in told], "until it was told, each reading tells it, by its own clock"
    assert told[0][0] != told[1][0]
    fallen = both.admitted()["terms"]
    assert fallen["standing_tier"] == "R1"
    assert [(ramp["from_tier"], ramp["to_tier"], ramp["notice_at"]) for ramp in fallen["raises"]] == [("R3", "R1", str(NOW))]
    again = own_standing(desk, VENUE, who)
    assert again is not None
    assert (again.fell_at, again.raises[0][2]) == (None, NOW), "told already, in this very second"


def test_an_acceptance_proves_that_one_person_stands_behind_a_pseudonym(both: Venue) -> None:
    desk = both.running.app.state.reputation
    stranger = b"s" * 48
    lines = {"kind": "vote", "at": NOW - 60, "source": "engine"}
    known = b64u_decode(both.admitted()["pseudonym"])
    for number, who in enumerate((stranger, known)):
        report(both, {**lines, "id": f"vote-{number}", "pseudonym": b64u(who)})
    assert getattr(own_standing(desk, VENUE, stranger), "tier", None) == "R0"
    assert getattr(own_standing(desk, VENUE, known), "tier", None) == "R1"
    assert own_standing(desk, VENUE, b"n" * 48) is None
    assert desk.services.accepted("another", known) is False
