"""A venue that is told, by a worker that sends when the test says so, to a receiver on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from credence.circuits.wire import Presentation, PresentationRequest
from credence.service.auth import Scope, issue_key
from credence.service.settings import Settings
from credence.service.verifier.webhooks.sending import Resolver, Send, Sender
from credence.service.verifier.webhooks.worker import Worker
from tests.circuits.journey import ISSUER
from tests.service.databases import Database
from tests.service.verifier.conftest import Opened, Venue
from tests.service.verifier.webhooks.receiver import Receiver, receiving

ALL = ["session.accepted", "session.denied", "session.expired"]


@pytest.fixture
def settings(tmp_path: Path, issuer_file: Path, database: Database) -> Settings:
    return Settings.load(
        data_dir=tmp_path / "data",
        verifier_id="verifier.example",
        trusted_issuers={ISSUER: issuer_file},
        webhook_allow_hosts="127.0.0.1",
        webhook_interval_ms=60_000,  # the application's own worker looks once, before there is anything
        **database.settings,
    )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@dataclass
class Told:
    """A venue with the right to say where it is told."""

    venue: Venue
    keys: dict[str, str] = field(repr=False)

    def ask(self, method: str, path: str, body: object = None, *, once: str | None = None, **query: Any) -> Response:
        headers = {"authorization": f"Bearer {self.keys['webhooks']}", **({"idempotency-key": once} if once else {})}
        return self.venue.running.client.request(method, f"/v1/verifier{path}", json=body, headers=headers, params=query)

    def add(self, url: str, events: list[str] | None = None) -> dict[str, Any]:
        answer = self.ask("POST", "/webhooks", {"url": url, "events": events or ALL})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def deliveries(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.ask("GET", "/deliveries", **query)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["deliveries"]
        return found

    def deliver(self, send: Send | None = None) -> int:
        """Sends what is due; how many that were."""

        async def work() -> int:
            resolver = Resolver(1)
            services = self.venue.desk.services
            worker = Worker(services, send or Sender(["127.0.0.1"], resolver, deadline=5), 60)
            count = await worker.step()
            await worker.settled()
            resolver.close()
            return count

        return asyncio.run(work())

    def accepted(self) -> dict[str, Any]:
        return self.venue.admitted()

    def denied(self, request: PresentationRequest, times: int = 5) -> dict[str, Any]:
        """Denies a session so many times; the last Decision."""
        wrong = broken(self.venue.prove(request))
        answers = [self.venue.answer(request.session_id, wrong) for _ in range(times)]
        assert {answer.status_code for answer in answers} == {200}
        found: dict[str, Any] = answers[-1].json()
        return found


def broken(presentation: Presentation) -> Presentation:
    return replace(presentation, proof=presentation.proof[::-1])


def with_webhooks(venue: Venue) -> Told:
    with venue.running.services.store("auth").transaction() as session:
        issued = issue_key(
            session,
            venue.running.services.keyring,
            venue.client_id,
            [Scope.VERIFIER_WEBHOOKS],
            now=venue.clock(),
            rng=venue.running.rng,
            lifetime=31_536_000,
        )
    return Told(venue, {"webhooks": issued.key})


@pytest.fixture
def told(venue: Venue) -> Told:
    return with_webhooks(venue)


@pytest.fixture
def stranger(open_venue: Opened, told: Told) -> Told:
    """Another venue of the same verifier."""
    other = open_venue("venue-b")
    assert other.register().status_code == 201
    return with_webhooks(other)
