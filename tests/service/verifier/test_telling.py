"""Is a fall told by a decision that is committed, and by nothing else; and is it seen by a verifier that is served alone?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from credence.circuits.encoding import b64u_decode
from credence.service.app import standings
from credence.service.auth import Scope
from credence.service.errors import Unavailable
from credence.service.runtime import OwnStanding
from credence.service.verifier.desk import Desk
from tests.circuits.journey import VENUE, World
from tests.service.conftest import NOW, Running, Starter
from tests.service.verifier.conftest import BOTH, Venue, policy

DAY = 86_400


@pytest.fixture
def parties() -> tuple[str, ...]:
    """What the verifier's process answers for."""
    return ("verifier", "reputation", "log")


@pytest.fixture
def both(started: Starter, world: World, parties: tuple[str, ...]) -> Venue:
    running = started(parties)
    keys = {"both": running.key_of(VENUE, *BOTH, Scope.REPUTATION_EVENTS, lifetime=31_536_000)}
    made = Venue(running, world, world.held(), VENUE, keys)
    once = policy(rate_limit={"name": "open-account", "per": "day", "max": 3})
    assert made.register(once).status_code == 201
    return made


def report(venue: Venue, running: Running, *lines: dict[str, Any]) -> None:
    headers = {"authorization": f"Bearer {venue.keys['both']}"}
    answer = running.client.post("/v1/reputation/events", json={"events": list(lines)}, headers=headers)
    assert answer.json()["accepted"] == len(lines), answer.text


def rise(venue: Venue, running: Running) -> str:
    """A pseudonym of the venue's that stands at R3 and was told so."""
    pseudonym: str = venue.admitted()["pseudonym"]
    day = {"kind": "account_day", "pseudonym": pseudonym, "source": "engine", "pnl": "1", "notional": "1000000"}
    day |= {"trades": 3, "wins": 2, "exposed_hours": 24}
    report(venue, running, *({**day, "id": f"day-{number}", "at": NOW - number * DAY} for number in range(1, 101)))
    request = venue.open()
    risen = venue.answer(request.session_id, venue.prove(request, use=1)).json()["terms"]
    assert risen["standing_tier"] == "R3"
    return pseudonym


def fall(venue: Venue, running: Running, pseudonym: str) -> None:
    debt = {"id": "debt", "kind": "liquidation", "pseudonym": pseudonym, "at": NOW - 60, "source": "engine"}
    report(venue, running, {**debt, "size": "5000", "fee": "25", "bad_debt": "10"})


def told(venue: Venue) -> list[str]:
    with venue.desk.services.store("reputation").reading() as session:
        rows = session.connection().exec_driver_sql("SELECT tier FROM reputation_standings").scalars()
        return list(rows)


def test_what_is_refused_or_used_up_tells_of_nothing(both: Venue) -> None:
    fall(both, both.running, rise(both, both.running))
    assert told(both) == ["R3"]
    request = both.open()
    wrong = {**both.prove(both.open(), use=2).to_json(), "session_id": request.session_id}
    assert both.answer(request.session_id, wrong).json()["decision"] == "denied"
    used = both.answer(request.session_id, both.prove(request, use=1))
    assert used.json()["type"].endswith("already-used")
    assert told(both) == ["R3"]

    both.clock.forward(100)  # and the raise begins when the holder hears of it
    headers = {"idempotency-key": "0b6f6c0e-the-third-use"}
    body, path = both.prove(request, use=2).to_json(), f"/v1/verifier/sessions/{request.session_id}/presentation"
    first = both.running.client.post(path, json=body, headers=headers).json()["terms"]
    assert (first["standing_tier"], first["raises"][0]["notice_at"]) == ("R1", str(NOW + 100))
    assert told(both) == ["R1"]
    both.clock.forward(100)
    assert both.running.client.post(path, json=body, headers=headers).json()["terms"] == first


def test_a_fall_that_cannot_be_kept_does_not_undo_the_decision(both: Venue) -> None:
    def tell() -> None:
        raise Unavailable

    own = OwnStanding("R1", "R5", (), Decimal(0), tell)
    services = replace(both.desk.services, standing=lambda client_id, pseudonym: own)
    both.running.app.state.verifier = Desk(services, both.desk.tariffs)
    assert both.admitted()["decision"] == "accepted"


def test_somebody_else_who_told_meanwhile_is_not_undone(both: Venue) -> None:
    pseudonym = rise(both, both.running)
    fall(both, both.running, pseudonym)
    desk = both.running.app.state.reputation
    seen = standings.own_standing(desk, VENUE, b64u_decode(pseudonym))
    assert seen is not None
    both.clock.forward(50)
    desk.stand(desk.conduct(VENUE, b64u_decode(pseudonym)))
    both.clock.forward(50)
    seen.tell()
    again = standings.own_standing(desk, VENUE, b64u_decode(pseudonym))
    assert again is not None
    assert [(each[0], each[1], each[2]) for each in again.raises] == [("R3", "R1", NOW + 50)]


@pytest.mark.parametrize("parties", [("verifier", "log")])
def test_a_verifier_served_alone_sees_flags_and_falls(both: Venue, started: Starter) -> None:
    """Reputation runs in a process of its own, over the same databases."""
    other = started(("reputation",))
    pseudonym = rise(both, other)
    desk = other.app.state.reputation
    assert standings.own_standing(desk, VENUE, b64u_decode(pseudonym)) is not None
    desk.flag(VENUE, b64u_decode(pseudonym))
    request = both.open()
    found = both.answer(request.session_id, both.prove(request, use=2)).json()["terms"]
    assert (found["standing_tier"], found["reduce_only"]) == ("RX", True)
    assert desk.services.accepted(VENUE, b64u_decode(pseudonym)) is True
    assert desk.services.accepted("another", b64u_decode(pseudonym)) is False
