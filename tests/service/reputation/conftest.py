"""A service of reputation alone, and two venues that report to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest
from httpx2 import Response

from credence.service.auth import Scope
from tests.service.conftest import Running

VENUE: Final = "venue.example"
OTHER: Final = "other.example"


@dataclass
class Venue:
    """One that reports under a key of its own."""

    running: Running
    client_id: str
    key: str

    @property
    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.key}"}

    def send(self, *lines: Any) -> Response:
        return self.running.client.post("/v1/reputation/events", json={"events": list(lines)}, headers=self.headers)

    def report(self, *lines: Any) -> dict[str, Any]:
        answer = self.send(*lines)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def read(self, pseudonym: str) -> Response:
        return self.running.client.get(f"/v1/reputation/pseudonyms/{pseudonym}", headers=self.headers)


@pytest.fixture
def running(started: Callable[..., Running]) -> Running:
    return started(("reputation",))


@pytest.fixture
def venue(running: Running) -> Venue:
    return Venue(running, VENUE, running.key_of(VENUE, Scope.REPUTATION_EVENTS, lifetime=30 * 86_400))


@pytest.fixture
def other(running: Running) -> Venue:
    return Venue(running, OTHER, running.key_of(OTHER, Scope.REPUTATION_EVENTS))
