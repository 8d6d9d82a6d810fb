"""How often may a venue ask, and a wallet answer?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.service.settings import Settings
from tests.service.conftest import NOW
from tests.service.throttle.conftest import per_minute, problem_of
from tests.service.verifier.conftest import Opened, Venue, policy

CALLED = {"instrument_class": "btc_eth", "side": "long", "quantity": "2", "price": "50000"}
LIMITS = per_minute(sessions=3, policies=2, presentations=3, attempts=2)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"limits": LIMITS})


def ask(venue: Venue) -> Any:
    return venue.ask("POST", "/sessions", {"policy": "perp-standard"})


def test_sessions_are_counted_by_venue(open_venue: Opened) -> None:
    venue, other = open_venue(), open_venue("other.example")
    for one in (venue, other):
        assert one.register().status_code == 201
    for left in (2, 1, 0):
        opened = ask(venue)
        assert (opened.status_code, opened.headers["ratelimit"]) == (201, f'"sessions";r={left};t=60')
        assert opened.headers["ratelimit-policy"] == '"sessions";q=3;w=60'
    rows = venue.count("verifier_sessions")
    refused = ask(venue)
    assert problem_of(refused) == (429, "/problems/rate-limited", "sessions")
    assert venue.count("verifier_sessions") == rows
    assert ask(other).status_code == 201
    venue.clock.forward(int(refused.headers["retry-after"]) - 1)
    assert ask(venue).status_code == 429
    venue.clock.forward(1)
    assert ask(venue).status_code == 201


def test_policies_are_counted_by_venue_and_reading_them_is_not(venue: Venue) -> None:
    assert venue.register().status_code == 200
    assert problem_of(venue.register(policy(version=2))) == (429, "/problems/rate-limited", "policies")
    for _ in range(5):
        assert venue.ask("GET", "/policies/perp-standard").status_code == 200
    venue.clock.forward(60)
    assert venue.register(policy(version=2)).status_code == 201


def test_attempts_are_counted_by_session(venue: Venue) -> None:
    first, second = venue.open(), venue.open()
    wrong = venue.prove(second)
    for left in (1, 0):
        denied = venue.answer(first.session_id, wrong)
        assert (denied.json()["decision"], denied.headers["ratelimit"]) == ("denied", f'"attempts";r={left};t=60')
    refused = venue.answer(first.session_id, venue.prove(first))
    assert problem_of(refused) == (429, "/problems/rate-limited", "attempts")
    assert venue.state(first.session_id)["attempts_left"] == 3  # it cost the session nothing
    assert venue.answer(second.session_id, wrong).json()["decision"] == "accepted"
    venue.clock.forward(60)
    assert venue.answer(first.session_id, venue.prove(first)).json()["decision"] == "accepted"


def test_a_venues_traffic_is_told_to_no_wallet_and_no_other_venue_spends_it(open_venue: Opened) -> None:
    venue, other = open_venue(), open_venue("other.example")
    for one in (venue, other):
        assert one.register().status_code == 201
    sessions = [venue.open() for _ in range(3)]
    for request in sessions:
        answer = venue.answer(request.session_id, venue.prove(request))
        assert answer.json()["decision"] == "accepted"
        assert "presentations" not in answer.headers["ratelimit"] + answer.headers["ratelimit-policy"]
    theirs = other.open()
    assert other.answer(theirs.session_id, other.prove(theirs)).json()["decision"] == "accepted"


def test_a_venue_that_has_no_more_is_told_to_wait(venue: Venue) -> None:
    sessions = [venue.open() for _ in range(3)]
    for request in sessions[:2]:
        venue.answer(request.session_id, venue.prove(request))
    venue.answer(sessions[2].session_id, venue.prove(sessions[0]))
    refused = venue.answer(sessions[2].session_id, venue.prove(sessions[2]))
    assert problem_of(refused) == (429, "/problems/rate-limited", "presentations")
    venue.clock.forward(int(refused.headers["retry-after"]))
    assert venue.answer(sessions[2].session_id, venue.prove(sessions[2])).json()["decision"] == "accepted"


def test_sessions_that_do_not_exist_or_are_closed_are_counted_for_nobody(venue: Venue) -> None:
    request = venue.open()
    shown = venue.prove(request)
    assert venue.answer(request.session_id, shown).json()["decision"] == "accepted"
    for number in range(10):
        assert venue.answer(request.session_id, shown).status_code == 409
        assert venue.answer(f"unknown-{number}", shown).status_code == 409
    again = venue.open()
    assert venue.answer(again.session_id, venue.prove(again)).json()["decision"] == "accepted"


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("margin-call", {"position": CALLED, "equity_usd": "1200"}),
        ("reconciliation", {"charge": {"kind": "taker_fee", "notional_usd": "1", "amount_usd": "1", "at": NOW}}),
    ],
)
def test_explanations_are_counted_with_sessions(venue: Venue, what: str, body: dict[str, Any]) -> None:
    session_id = venue.admitted()["session_id"]
    for status in (200, 200, 429):
        answer = venue.ask("POST", f"/sessions/{session_id}/{what}", body)
        assert answer.status_code == status, answer.text
    assert problem_of(answer) == (429, "/problems/rate-limited", "sessions")
    venue.clock.forward(60)
    assert venue.ask("POST", f"/sessions/{session_id}/{what}", body).status_code == 200
