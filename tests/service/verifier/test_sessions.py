"""Does a session ask exactly what its venue's policy asks, of nobody else's wallet, and only for its time?

The accepted twin of every refusal is ``test_a_session_asks_what_the_policy_asks``.
"""

from __future__ import annotations

import pytest

from credence.circuits.encoding import b64u
from credence.service.verifier.desk import Desk
from credence.service.verifier.sessions import _drawn_id
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Opened, Venue, policy


def test_a_session_asks_what_the_policy_asks(venue: Venue) -> None:
    asked = {"policy": "perp-standard", "channel": b64u(b"tls"), "message": b64u(b"0xabc"), "volume_30d_usd": "30000000.5"}
    response = venue.ask("POST", "/sessions", {**asked, "maker_share": "0.02"})
    assert response.status_code == 201
    opened = response.json()
    request = opened["request"]
    assert (opened["expires_at"], request["expires_at"], request["requested_at"]) == (NOW + 300, NOW + 300, NOW)
    assert (request["session_id"], request["audience"]) == (opened["session_id"], "verifier.example/venue-a")
    assert (request["channel"], request["message"]) == (asked["channel"], asked["message"])
    assert request["policy"] == policy()
    assert len(opened["session_id"]) == 22
    assert venue.ask("GET", f"/sessions/{opened['session_id']}/request", key=None).json() == request


def test_two_sessions_share_nothing_that_must_differ(venue: Venue) -> None:
    one, other = venue.open(), venue.open()
    assert one.session_id != other.session_id
    assert one.nonce != other.nonce
    assert len(one.nonce) == 32


def test_no_session_id_looks_like_an_option() -> None:
    drawn = {_drawn_id(bytes((first,)).ljust)[0] for first in range(256)}
    assert "-" not in drawn
    assert len(drawn) == 32


def test_a_session_has_four_states(venue: Venue) -> None:
    request = venue.open()
    assert venue.state(request.session_id) == {
        "session_id": request.session_id,
        "state": "open",
        "attempts_left": 5,
        "result": None,
    }
    venue.clock.forward(299)
    assert venue.state(request.session_id)["state"] == "open"
    venue.clock.forward(1)
    assert venue.state(request.session_id)["state"] == "expired"
    decision = venue.admitted()
    found = venue.state(decision["session_id"])
    assert (found["state"], found["result"], found["attempts_left"]) == ("accepted", decision, 5)
    venue.clock.forward(10_000)
    assert venue.state(decision["session_id"])["state"] == "accepted"


def test_another_venues_session_is_not_there(venue: Venue, open_venue: Opened) -> None:
    request = venue.open()
    other = open_venue("venue-b")
    foreign = other.ask("GET", f"/sessions/{request.session_id}")
    unknown = other.ask("GET", f"/sessions/{request.session_id[::-1]}")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json().keys() == unknown.json().keys()
    assert venue.ask("GET", f"/sessions/{request.session_id}").status_code == 200


def test_a_request_is_given_while_it_can_be_answered(venue: Venue) -> None:
    request = venue.open()
    path = f"/sessions/{request.session_id}/request"
    assert venue.ask("GET", path, key=None).status_code == 200
    assert venue.ask("GET", f"/sessions/{request.session_id[::-1]}/request", key=None).status_code == 404
    venue.clock.forward(300)
    gone = venue.ask("GET", path, key=None)
    assert (gone.status_code, gone.json()["type"]) == (409, "/problems/bad-nonce")


def test_a_required_message_is_asked_for_at_once(venue: Venue) -> None:
    venue.register(policy(version=2, message="required"))
    missing = venue.ask("POST", "/sessions", {"policy": "perp-standard"})
    assert missing.status_code == 400
    assert "requires a message" in missing.json()["detail"]
    assert venue.ask("POST", "/sessions", {"policy": "perp-standard", "message": ""}).status_code == 400
    assert venue.admitted(message=b64u(b"0xabc"))["decision"] == "accepted"


@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [
        {"policy": "unheard-of"},
        {"policy": 1},
        {"policy": None},
        {"volume_30d_usd": "-1"},
        {"volume_30d_usd": "1e6"},
        {"volume_30d_usd": "NaN"},
        {"volume_30d_usd": "1000000000000000001"},
        {"volume_30d_usd": "1." + "0" * 19},
        {"volume_30d_usd": 1000},
        {"maker_share": "1.01"},
        {"maker_share": "-0"},
        {"channel": b64u(bytes(65))},
        {"channel": "+///"},
        {"message": b64u(bytes(1025))},
        {"message": "YQ=="},
        {"audience": "venue-b"},
    ],
)
def test_a_question_that_is_none_is_refused(venue: Venue, wrong: dict[str, object]) -> None:
    refused = venue.ask("POST", "/sessions", {"policy": "perp-standard", **wrong})
    assert refused.status_code == (404 if wrong.get("policy") == "unheard-of" else 400)
    assert refused.headers["content-type"] == "application/problem+json"
    assert venue.count("verifier_sessions") == 0


def test_the_widest_question_is_accepted(venue: Venue) -> None:
    asked = {"volume_30d_usd": "1000000000000000000", "maker_share": "1", "channel": b64u(bytes(64))}
    request = venue.open(**asked, message=b64u(bytes(1024)))
    assert venue.answer(request.session_id, venue.prove(request)).json()["decision"] == "accepted"


def test_a_tariff_that_was_taken_away_is_said_before_a_wallet_is_asked(venue: Venue) -> None:
    request, desk = venue.open(), venue.desk
    proof = venue.prove(request)
    venue.running.app.state.verifier = Desk(desk.services, {})
    assert venue.ask("POST", "/sessions", {"policy": "perp-standard"}).status_code == 503
    assert venue.answer(request.session_id, proof).status_code == 503
    venue.running.app.state.verifier = desk
    assert venue.answer(request.session_id, proof).json()["decision"] == "accepted"
