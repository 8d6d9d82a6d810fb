"""Is a venue told what the poll answers, again until it has it, and never by a way that a receiver could misuse?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from io import StringIO
from threading import Event
from typing import Any

import pytest

from credence.service import logs
from credence.service.auth import revoke_client
from credence.service.verifier.webhooks import outbox
from credence.service.verifier.webhooks.schedule import bound
from credence.service.verifier.webhooks.sending import Answered, Outgoing, Resolver, Sender, Unanswered
from credence.service.verifier.webhooks.worker import LEASE, PER_ENDPOINT, Worker
from tests.service.conftest import NOW
from tests.service.verifier.webhooks.conftest import Told
from tests.service.verifier.webhooks.receiver import Receiver, Reply, receiving

pytestmark = pytest.mark.slow


def only(told: Told) -> dict[str, Any]:
    (found,) = told.deliveries()
    return found


def test_a_venue_is_told_what_the_poll_answers(told: Told, receiver: Receiver) -> None:
    secret = told.add(receiver.url())["secret"]
    decision = told.accepted()
    assert told.deliver() == 1
    (got,) = receiver.got
    event = got.event(secret, NOW)
    assert (event.message_id, event.type, event.timestamp) == (
        only(told)["delivery_id"],
        "session.accepted",
        "2026-09-21T14:13:20Z",
    )
    assert event.decision is not None
    assert event.decision.answer == decision == told.venue.state(decision["session_id"])["result"]
    assert json.loads(got.body).keys() == {"type", "timestamp", "data"}
    assert got.headers["content-type"] == "application/json"
    assert only(told) | {"state": "delivered", "attempts": 1, "next_attempt_at": None, "settled_at": NOW} == only(told)
    assert told.deliver() == 0


def test_a_denied_session_is_told_with_its_receipt(told: Told, receiver: Receiver) -> None:
    secret = told.add(receiver.url())["secret"]
    decision = told.denied(told.venue.open())
    told.deliver()
    event = receiver.got[0].event(secret, NOW)
    assert event.type == "session.denied"
    assert event.decision is not None
    assert event.decision.answer == decision
    assert event.decision.receipt["signature"]


def test_it_is_tried_again_under_the_same_id_until_it_is_taken(told: Told, receiver: Receiver) -> None:
    secret = told.add(receiver.url())["secret"]
    told.accepted()
    receiver.answer(Reply(500), Reply(307, {"location": "/"}), Reply(404), Reply(200))
    for attempt, outcome in ((1, "status-500"), (2, "redirect"), (3, "status-404")):
        assert told.deliver() == 1
        found = only(told)
        assert (found["state"], found["attempts"], found["outcome"]) == ("waiting", attempt, outcome)
        wait = found["next_attempt_at"] - told.venue.clock()
        assert 1 <= wait <= bound(attempt)
        assert told.deliver() == 0
        told.venue.clock.forward(wait)
    assert told.deliver() == 1
    assert only(told)["state"] == "delivered"
    assert len({(got.headers["webhook-id"], got.body) for got in receiver.got}) == 1
    assert [got.event(secret, told.venue.clock()).message_id for got in receiver.got[-1:]] == [only(told)["delivery_id"]]
    assert len({got.headers["webhook-timestamp"] for got in receiver.got}) == 4


def test_a_receiver_that_wants_to_be_left_alone_is(told: Told, receiver: Receiver) -> None:
    told.add(receiver.url())
    told.accepted()
    receiver.answer(Reply(429, {"retry-after": "4000"}))
    told.deliver()
    assert only(told)["next_attempt_at"] == NOW + 4_000


def test_after_the_eighth_attempt_it_is_dead_and_can_be_sent_again(told: Told, receiver: Receiver) -> None:
    told.add(receiver.url())
    told.accepted()
    receiver.answer(Reply(503))
    for _ in range(8):
        assert told.deliver() == 1
        told.venue.clock.forward(70_000)
    found = only(told)
    assert (found["state"], found["attempts"], found["outcome"], found["next_attempt_at"]) == ("dead", 8, "status-503", None)
    assert told.deliver() == 0
    assert told.deliveries(state="dead") == [found]
    again = told.ask("POST", f"/deliveries/{found['delivery_id']}/retry").json()
    assert (again["state"], again["attempts"], again["next_attempt_at"]) == ("waiting", 0, told.venue.clock())
    receiver.answer(Reply(204))
    assert told.deliver() == 1
    assert only(told)["state"] == "delivered"
    assert receiver.got[-1].headers["webhook-id"] == found["delivery_id"]


def test_gone_disables_the_endpoint(told: Told, receiver: Receiver) -> None:
    told.add(receiver.url(), ["session.accepted"])
    for _ in range(PER_ENDPOINT + 1):
        told.accepted()
    receiver.answer(Reply(410))
    assert told.deliver() == PER_ENDPOINT
    assert {(d["state"], d["outcome"]) for d in told.deliveries()} == {("dead", "gone")}
    assert told.ask("GET", "/webhooks").json()["webhooks"][0]["disabled_at"] == NOW
    told.accepted()
    assert told.deliver() == 0
    assert len(told.deliveries()) == PER_ENDPOINT + 1
    # whoever asks for one of them again is there again
    told.ask("POST", f"/deliveries/{told.deliveries()[0]['delivery_id']}/retry")
    receiver.answer(Reply(204))
    assert told.deliver() == 1
    assert told.ask("GET", "/webhooks").json()["webhooks"][0]["disabled_at"] is None
    told.accepted()
    assert told.deliver() == 1


def test_a_process_that_is_killed_between_sending_and_marking_sends_again(told: Told, receiver: Receiver) -> None:
    """Its claim ends by itself, and the receiver sees the same id twice."""
    secret = told.add(receiver.url())["secret"]
    told.accepted()

    async def killed(outgoing: Outgoing) -> Answered | Unanswered:
        resolver = Resolver(1)
        assert await Sender(["127.0.0.1"], resolver)(outgoing) == Answered(204)
        resolver.close()
        raise asyncio.CancelledError  # nothing after this line happens

    told.deliver(killed)
    found = only(told)
    assert (found["state"], found["attempts"], found["next_attempt_at"]) == ("waiting", 0, NOW + LEASE)
    assert told.deliver() == 0
    told.venue.clock.forward(LEASE)
    assert told.deliver() == 1
    assert only(told)["state"] == "delivered"
    first, second = receiver.got
    assert first.event(secret, NOW).message_id == second.event(secret, NOW + LEASE).message_id
    assert first.body == second.body


def test_whoever_comes_too_late_changes_nothing(told: Told) -> None:
    """A worker that was held up finds that somebody has claimed its delivery since."""
    told.add("https://hooks.venue.example/")
    told.accepted()

    async def refused(_: Outgoing) -> Answered:
        return Answered(500)

    async def held_up(_: Outgoing) -> Answered:
        told.venue.clock.forward(LEASE)
        await asyncio.to_thread(told.deliver, refused)
        return Answered(503)

    told.deliver(held_up)
    assert (only(told)["attempts"], only(told)["outcome"]) == (1, "status-500")


def test_a_failure_nobody_foresaw_counts(told: Told) -> None:
    told.add("https://hooks.venue.example/")
    told.accepted()

    async def broken(_: Outgoing) -> Answered:
        raise RuntimeError("a receiver's address: canary")

    told.deliver(broken)
    assert (only(told)["attempts"], only(told)["outcome"]) == (1, "internal")


def test_a_slow_receiver_keeps_nobody_waiting_but_itself(told: Told, receiver: Receiver) -> None:
    wait = Event()
    receiver.answer(Reply(204, wait=wait))
    with receiving() as quick:
        told.add(receiver.url(), ["session.accepted"])
        for _ in range(2 * PER_ENDPOINT):
            told.accepted()
        told.add(quick.url(), ["session.accepted"])
        told.accepted()
        services = told.venue.desk.services

        async def work() -> list[int]:
            resolver = Resolver(8)
            worker = Worker(services, Sender(["127.0.0.1"], resolver, deadline=5), 60)
            steps = [await worker.step(), await worker.step()]
            assert await asyncio.to_thread(quick.arrived.wait, 5)
            wait.set()
            await worker.settled()
            steps.append(await worker.step())
            await worker.settled()
            resolver.close()
            return steps

        # of the slow one no more than four at a time, and the quick one among them
        assert asyncio.run(work()) == [PER_ENDPOINT + 1, 0, PER_ENDPOINT]


def test_the_application_sends_by_itself_and_stops_in_time(told: Told, receiver: Receiver) -> None:
    told.add(receiver.url())
    wait = Event()
    receiver.answer(Reply(204, wait=wait))
    told.accepted()

    async def work() -> None:
        resolver = Resolver(1)
        worker = Worker(told.venue.desk.services, Sender(["127.0.0.1"], resolver), 0.01)
        task = asyncio.create_task(worker.run())
        assert await asyncio.to_thread(receiver.arrived.wait, 5)
        worker.stop()
        await asyncio.wait_for(task, 4)
        resolver.close()

    asyncio.run(work())
    assert only(told)["state"] == "waiting"
    wait.set()
    told.venue.clock.forward(LEASE)
    told.deliver()
    assert only(told)["state"] == "delivered"


@pytest.fixture
def lines() -> Iterator[StringIO]:
    stream = StringIO()
    logs.configure("debug", stream)
    yield stream
    logs.configure()


def test_no_log_line_tells_where_or_what(told: Told, receiver: Receiver, lines: StringIO) -> None:
    secret = told.add(receiver.url("/hook-canary?token=canary"))["secret"]
    decision = told.accepted()
    receiver.answer(Reply(500, {"retry-after": "canary"}), Reply(410))
    told.deliver()
    told.venue.clock.forward(100)
    told.deliver()
    found = only(told)
    assert [json.loads(line)["event"] for line in lines.getvalue().splitlines() if '"webhook.' in line] == [
        "webhook.failed",
        "webhook.gone",
    ]
    assert '"route": "/v1/verifier/deliveries"' in lines.getvalue()  # the whole template, by which metrics know it
    for part in ("canary", secret, decision["pseudonym"], decision["session_id"], found["delivery_id"], "127.0.0.1"):
        assert part not in lines.getvalue()


# --- a venue that was ended ---


def test_a_revoked_venue_is_told_nothing_more(told: Told, stranger: Told, receiver: Receiver) -> None:
    told.add(receiver.url())
    stranger.add(receiver.url())
    for one in (told, stranger):
        one.accepted()
    services = told.venue.running.services
    services.store("auth").run(lambda session: revoke_client(session, told.venue.client_id, now=told.venue.clock()))
    assert told.deliver() == 2
    assert len(receiver.got) == 1  # the other venue's
    with services.store("verifier").reading() as session:
        (kept,) = outbox.listed(session, told.venue.client_id, now=told.venue.clock())
    assert (kept.state, kept.outcome, kept.attempts) == ("dead", "client-revoked", 0)
    assert stranger.deliveries()[0]["state"] == "delivered"
    assert told.deliver() == 0
