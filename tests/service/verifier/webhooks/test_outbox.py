"""Is what is to be told written with what it tells, once for each endpoint that wants it, and shown to its venue alone?"""

from __future__ import annotations

import json
from functools import partial

import pytest

from credence.service.verifier.webhooks import outbox
from credence.service.verifier.webhooks.outbox import DEAD_KEPT, DELIVERED_KEPT
from tests.service.conftest import NOW
from tests.service.verifier.webhooks.conftest import Told
from tests.service.verifier.webhooks.receiver import Receiver, Reply

URL = "https://hooks.venue.example/credence"


def kinds(told: Told) -> list[str]:
    return [delivery["event"] for delivery in told.deliveries()]


def test_an_acceptance_is_written_for_each_endpoint_that_wants_it(told: Told, stranger: Told) -> None:
    wanted = [told.add(URL, ["session.accepted"])["endpoint_id"] for _ in range(2)]
    told.add(URL, ["session.denied"])
    stranger.add(URL)
    decision = told.accepted()
    found = told.deliveries()
    assert sorted(delivery["endpoint_id"] for delivery in found) == sorted(wanted)
    assert found[0] == {
        "delivery_id": found[0]["delivery_id"],
        "endpoint_id": found[0]["endpoint_id"],
        "session_id": decision["session_id"],
        "event": "session.accepted",
        "state": "waiting",
        "attempts": 0,
        "outcome": None,
        "created_at": NOW,
        "next_attempt_at": NOW,
        "settled_at": None,
    }
    assert stranger.deliveries() == []
    for delivery in found:
        assert stranger.ask("POST", f"/deliveries/{delivery['delivery_id']}/retry").status_code == 404


def test_only_the_denial_that_closes_a_session_is_told(told: Told) -> None:
    told.add(URL)
    request = told.venue.open()
    told.denied(request, 4)
    assert kinds(told) == []
    told.denied(request, 1)
    assert kinds(told) == ["session.denied"]


def test_what_is_rolled_back_is_not_told(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told.add(URL)
    request = told.venue.open()
    presentation = told.venue.prove(request)

    def broken(*_: object) -> bool:
        raise RuntimeError("the nonces are gone")

    with monkeypatch.context() as patch:
        patch.setattr("credence.service.verifier.records.spend_nonce", broken)
        assert told.venue.answer(request.session_id, presentation).status_code == 500
    assert kinds(told) == []
    assert told.venue.answer(request.session_id, presentation).json()["decision"] == "accepted"
    assert kinds(told) == ["session.accepted"]


def test_a_session_that_nobody_answers_is_told_as_expired(told: Told, receiver: Receiver) -> None:
    secret = told.add(receiver.url())["secret"]
    answered, left = told.venue.open(), told.venue.open()
    told.denied(left, 2)
    told.venue.answer(answered.session_id, told.venue.prove(answered))
    told.venue.clock.forward(300)
    assert told.deliver() == 1  # the acceptance; another process' clock may still be before the end of the other
    assert {(d["event"], d["session_id"]) for d in told.deliveries()} == {
        ("session.accepted", answered.session_id),
        ("session.expired", left.session_id),
    }
    told.venue.clock.forward(5)
    assert told.deliver() == 1
    event = receiver.got[1].event(secret, NOW + 305)
    assert (event.type, event.session_id, event.timestamp) == ("session.expired", left.session_id, "2026-09-21T14:18:20Z")
    polled = told.venue.state(left.session_id)
    assert b'"data": ' + _json(polled) in receiver.got[1].body
    told.venue.clock.forward(3_600)
    assert told.deliver() == 0


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def test_what_may_happen_is_not_shown_before_it_has(told: Told) -> None:
    told.add(URL, ["session.expired"])
    told.venue.open()
    assert told.venue.count("verifier_deliveries") == 1
    assert told.deliveries() == []
    told.venue.clock.forward(300)
    (found,) = told.deliveries()
    assert (found["event"], found["created_at"], found["next_attempt_at"]) == ("session.expired", NOW + 300, NOW + 305)


def test_an_expiry_that_another_process_prevented_is_not_told(told: Told, receiver: Receiver) -> None:
    """Its clock was behind, so that it accepted after our end; what was written in case is still there."""
    told.add(receiver.url(), ["session.expired"])
    request = told.venue.open()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("credence.service.verifier.webhooks.records.drop_waiting", lambda *_: None)
        told.venue.answer(request.session_id, told.venue.prove(request))
    told.venue.clock.forward(305)
    told.deliver()
    assert receiver.got == []
    assert told.venue.count("verifier_deliveries") == 0


def test_a_removed_endpoint_is_not_told(told: Told, receiver: Receiver) -> None:
    endpoint = told.add(receiver.url())["endpoint_id"]
    told.accepted()
    assert told.ask("DELETE", f"/webhooks/{endpoint}").status_code == 204
    assert told.venue.count("verifier_deliveries") == 0
    told.accepted()
    assert told.deliver() == 0
    assert receiver.got == []


def test_deliveries_are_listed_in_pages_and_by_state(told: Told, receiver: Receiver) -> None:
    told.add(receiver.url(), ["session.accepted"])
    for _ in range(3):
        told.accepted()
        told.venue.clock.forward(1)
    ids = [delivery["delivery_id"] for delivery in told.deliveries()]
    assert ids == sorted(ids, reverse=True)
    assert [d["delivery_id"] for d in told.deliveries(limit=2)] == ids[:2]
    assert [d["delivery_id"] for d in told.deliveries(before=ids[1])] == ids[2:]
    assert told.deliveries(state="dead") == []
    assert len(told.deliveries(state="waiting")) == 3
    told.deliver()
    assert len(told.deliveries(state="delivered")) == 3
    for wrong in ({"limit": 0}, {"limit": 101}, {"state": "lost"}):
        assert told.ask("GET", "/deliveries", **wrong).status_code == 400


def test_settled_deliveries_are_dropped_in_their_time(told: Told, receiver: Receiver) -> None:
    told.add(receiver.url(), ["session.accepted"])
    receiver.answer(Reply(204), Reply(410))
    for _ in range(2):
        told.accepted()
        told.deliver()
    assert sorted(d["state"] for d in told.deliveries()) == ["dead", "delivered"]
    store = told.venue.desk.store
    for now, left in (
        (NOW + DELIVERED_KEPT, ["dead", "delivered"]),
        (NOW + DELIVERED_KEPT + 1, ["dead"]),
        (NOW + DEAD_KEPT, ["dead"]),
        (NOW + DEAD_KEPT + 1, []),
    ):
        store.run(partial(outbox.purge, now=now, limit=10))
        assert sorted(d["state"] for d in told.deliveries()) == left
