"""Many at once, on both databases: is a delivery claimed once, and is no decision lost to whoever is to be told of it?"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event

import pytest

from credence.service.verifier.webhooks import endpoints, outbox
from credence.service.verifier.webhooks.worker import LEASE
from tests.service.conftest import NOW
from tests.service.verifier.webhooks.conftest import Told
from tests.service.verifier.webhooks.receiver import Receiver, Reply

URL = "https://hooks.venue.example/credence"

# A process of its own, which sends what is due and is killed before it hears what became of it.
SENDING = """
import asyncio, secrets, sys
from credence.service.app import open_services
from credence.service.settings import Settings
from credence.service.verifier.webhooks.sending import Resolver, Sender
from credence.service.verifier.webhooks.worker import Worker

async def work():
    services = open_services(Settings.load(), clock=lambda: int(sys.argv[1]), rng=secrets.token_bytes, checkpoints=False)
    worker = Worker(services, Sender(["127.0.0.1"], Resolver(1)), 60)
    assert await worker.step() == 1
    await worker.settled()

asyncio.run(work())
"""


def test_a_delivery_is_claimed_once(told: Told) -> None:
    told.add(URL, ["session.accepted"])
    for _ in range(6):
        told.accepted()
    store, together, keeping = told.venue.desk.store, Barrier(8), told.venue.desk.services.keeping

    def work(_: int) -> list[str]:
        together.wait()
        claim = partial(outbox.claim, keeping=keeping, now=NOW, lease=60, busy=frozenset(), each=4, most=32)
        return [claimed.delivery_id for _ in range(3) for claimed in store.run(claim)]

    with ThreadPoolExecutor(8) as pool:
        found = [one for claimed in pool.map(work, range(8)) for one in claimed]
    assert len(found) == len(set(found)) == 6


def test_endpoints_come_and_go_while_decisions_are_written(told: Told) -> None:
    """A decision never fails because of who is to be told of it."""
    services = told.venue.desk.services
    store, venue = told.venue.desk.store, told.venue.client_id
    requests = [told.venue.open() for _ in range(8)]
    answers = [(request.session_id, told.venue.prove(request)) for request in requests]
    over = Barrier(2)

    def come_and_go() -> None:
        over.wait()
        for _ in range(25):
            add = partial(
                endpoints.add,
                keyring=services.keyring,
                venue=venue,
                url=URL,
                events=["session.accepted"],
                allowed=(),
                now=NOW,
                rng=secrets.token_bytes,
            )
            made = store.run(add)
            store.run(partial(endpoints.remove, venue=venue, endpoint_id=made.endpoint.endpoint_id))

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(come_and_go)
        over.wait()
        found = [told.venue.answer(*answer).json().get("decision") for answer in answers]
        done.result()
    assert found == ["accepted"] * 8
    assert told.venue.count("verifier_deliveries") == 0


@pytest.mark.slow
def test_what_a_killed_process_sent_is_sent_again(told: Told, receiver: Receiver) -> None:
    """SIGKILL between sending and marking: the claim ends by itself, and the same id comes a second time."""
    secret = told.add(receiver.url(), ["session.accepted"])["secret"]
    told.accepted()
    wait = Event()
    receiver.answer(Reply(204, wait=wait), Reply(204))
    settings = told.venue.running.services.settings
    where = {"CREDENCE_DATA_DIR": str(settings.data_dir), "CREDENCE_DATABASE_URL": settings.database_of("verifier")}
    process = subprocess.Popen([sys.executable, "-c", SENDING, str(NOW)], env={**os.environ, **where})
    assert receiver.arrived.wait(20)
    process.kill()
    process.wait(10)
    wait.set()
    assert (told.deliveries()[0]["state"], told.deliver()) == ("waiting", 0)  # it is claimed still
    told.venue.clock.forward(LEASE)
    assert told.deliver() == 1
    assert told.deliveries()[0]["state"] == "delivered"
    first, second = receiver.got
    assert first.event(secret, NOW).message_id == second.event(secret, NOW + LEASE).message_id
    assert first.body == second.body
