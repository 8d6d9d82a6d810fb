"""Does a venue see its session happen, all of it and once, and nobody else?

Over a real server: a stream cannot be told from an answer by a client that waits for its end.
"""

from __future__ import annotations

import time
from dataclasses import replace

from credence.circuits.wire import Presentation, PresentationRequest
from tests.service.verifier.conftest import BOTH, Venue
from tests.service.verifier.events.conftest import Live, Said


def polled(session_id: str, state: str = "open", left: int = 5) -> dict[str, object]:
    return {"session_id": session_id, "state": state, "attempts_left": left, "result": None}


def attempt(session_id: str, number: int) -> Said:
    said = {"session_id": session_id, "attempt": number, "attempts_left": 5 - number, "reason": "not_accepted"}
    return Said("attempt", str(number), said)


def proofs(live: Live) -> tuple[PresentationRequest, Presentation, Presentation]:
    """A session, what it accepts, and what it does not."""
    request = live.venue.open()
    right = live.venue.prove(request)
    return request, right, replace(right, proof=right.proof[::-1])


def wait_for_streams(live: Live, count: int) -> None:
    end = time.monotonic() + 5
    while live.streams != count:
        assert time.monotonic() < end, f"{live.streams} streams are open"
        time.sleep(0.01)


def test_a_session_from_open_to_accepted(live: Live) -> None:
    request, right, wrong = proofs(live)
    with live.follow(request.session_id) as stream:
        headers = stream.answer.headers
        assert stream.answer.status_code == 200
        assert headers["content-type"].startswith("text/event-stream")
        assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-store", "no")
        assert stream.next() == Said("open", "0", polled(request.session_id))
        live.venue.answer(request.session_id, wrong)
        assert stream.next() == attempt(request.session_id, 1)
        decision = live.venue.answer(request.session_id, right).json()
        assert stream.next() == Said("accepted", "end", decision)
        assert stream.next() is None
    wait_for_streams(live, 0)


def test_the_fifth_denial_is_the_end(live: Live) -> None:
    request, _, wrong = proofs(live)
    answers = [live.venue.answer(request.session_id, wrong).json() for _ in range(5)]
    with live.follow(request.session_id) as stream:
        found = stream.rest()
    begun = Said("open", "0", polled(request.session_id))
    attempts = [attempt(request.session_id, number) for number in range(1, 5)]
    assert found == [begun, *attempts, Said("denied", "end", answers[-1])]


def test_a_session_that_nobody_answers_expires(live: Live) -> None:
    request, _, wrong = proofs(live)
    live.venue.answer(request.session_id, wrong)
    with live.follow(request.session_id, last="1") as stream:
        wait_for_streams(live, 1)
        live.venue.clock.forward(300)
        assert stream.rest() == [Said("expired", "end", live.venue.state(request.session_id))]


def test_whoever_comes_back_gets_what_came_after(live: Live) -> None:
    request, right, wrong = proofs(live)
    for _ in range(2):
        live.venue.answer(request.session_id, wrong)
    decision = live.venue.answer(request.session_id, right).json()
    ended = Said("accepted", "end", decision)
    for last, expected in (
        ("0", [attempt(request.session_id, 1), attempt(request.session_id, 2), ended]),
        ("1", [attempt(request.session_id, 2), ended]),
        ("2", [ended]),
    ):
        with live.follow(request.session_id, last=last) as stream:
            assert stream.rest() == expected
    with live.follow(request.session_id, last="end") as stream:
        assert stream.answer.status_code == 204
    with live.follow(request.session_id, last="unheard-of") as stream:
        assert [said.name for said in stream.rest()] == ["open", "attempt", "attempt", "accepted"]


def test_another_venues_session_is_not_there(live: Live) -> None:
    request = live.venue.open()
    other = Venue(
        live.venue.running,
        live.venue.world,
        live.venue.held,
        "venue-b",
        {"both": live.venue.running.key_of("venue-b", *BOTH)},
    )
    for session_id in (request.session_id, request.session_id[::-1]):
        for last in (None, "end"):
            with live.follow(session_id, last=last, venue=other) as stream:
                assert stream.answer.status_code == 404
                assert stream.answer.headers["content-type"] == "application/problem+json"
    wait_for_streams(live, 0)
    with live.follow(request.session_id) as stream:
        assert stream.answer.status_code == 200


def test_streams_are_bounded_for_each_and_for_all(live: Live) -> None:
    running = live.venue.running
    others = [
        Venue(running, live.venue.world, live.venue.held, name, {"both": running.key_of(name, *BOTH)})
        for name in ("venue-b", "venue-c")
    ]
    for other in others:
        other.register()
    mine, theirs, last = live.venue.open().session_id, others[0].open().session_id, others[1].open().session_id
    with live.follow(mine), live.follow(mine):
        with live.follow(mine) as third:
            assert (third.answer.status_code, third.answer.headers["retry-after"]) == (429, "5")
            third.answer.read()
            assert third.answer.json()["type"] == "/problems/rate-limited"
        with live.follow(theirs, venue=others[0]), live.follow(last, venue=others[1]) as fourth:
            assert (fourth.answer.status_code, fourth.answer.headers["retry-after"]) == (503, "5")
            fourth.answer.read()
            assert fourth.answer.json()["type"] == "/problems/overloaded"
    wait_for_streams(live, 0)
    with live.follow(last, venue=others[1]) as stream:
        assert stream.answer.status_code == 200


def test_whoever_leaves_is_noticed(live: Live) -> None:
    request = live.venue.open()
    with live.follow(request.session_id) as stream:
        assert stream.next() is not None
        wait_for_streams(live, 1)
    wait_for_streams(live, 0)


def test_a_server_that_stops_ends_its_streams_at_once(live: Live) -> None:
    request = live.venue.open()
    with live.follow(request.session_id) as one, live.follow(request.session_id) as other:
        assert [stream.next() for stream in (one, other)] == [Said("open", "0", polled(request.session_id))] * 2
        started = time.monotonic()
        live.server.stop()
        assert time.monotonic() - started < 3  # its patience for what is under way is five seconds
        assert (one.next(), other.next()) == (None, None)
