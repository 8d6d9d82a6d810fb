"""A verifier behind a real server, and streams read from it as they come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client, Limits, Response

from credence.circuits.curve import Curve
from credence.service.app import create_app
from credence.service.demo.server import Server
from credence.service.settings import Settings
from tests.circuits.journey import ISSUER, VENUE, World
from tests.conftest import SeededBytes
from tests.service.conftest import Running, ToldClock
from tests.service.databases import Database
from tests.service.verifier.conftest import BOTH, Venue


@dataclass(frozen=True)
class Said:
    """One event, as it came over the wire."""

    name: str
    id: str
    data: Any


class Stream:
    """Reads events and comments from an open answer."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer
        self.comments: list[str] = []
        self._lines = answer.iter_lines()

    def next(self) -> Said | None:
        """The next event; None where the stream has ended."""
        fields: dict[str, str] = {}
        for line in self._lines:
            if line.startswith(":"):
                self.comments.append(line)
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif "data" in fields:
                return Said(fields["event"], fields["id"], json.loads(fields["data"]))
        return None

    def rest(self) -> list[Said]:
        found = []
        while (said := self.next()) is not None:
            found.append(said)
        return found


@pytest.fixture
def settings(tmp_path: Path, issuer_file: Path, database: Database) -> Settings:
    return Settings.load(
        data_dir=tmp_path / "data",
        verifier_id="verifier.example",
        trusted_issuers={ISSUER: issuer_file},
        events_interval_ms=20,
        events_streams=3,
        events_streams_per_client=2,
        **database.settings,
    )


@dataclass
class Live:
    """A venue that asks a server over real connections."""

    venue: Venue
    server: Server
    http: Client

    @contextmanager
    def follow(self, session_id: str, *, last: str | None = None, venue: Venue | None = None) -> Iterator[Stream]:
        headers = {"authorization": f"Bearer {(venue or self.venue).keys['both']}"}
        if last is not None:
            headers["last-event-id"] = last
        path = f"/v1/verifier/sessions/{session_id}/events"
        with self.http.stream("GET", path, headers=headers) as answer:
            yield Stream(answer)

    @property
    def streams(self) -> int:
        found: int = self.venue.running.app.state.places.taken
        return found


@pytest.fixture
def live(installed: Settings, clock: ToldClock, rng: SeededBytes, curve: Curve, world: World) -> Iterator[Live]:
    app = create_app(installed, parties=("verifier", "log"), clock=clock, rng=rng, curve=curve)
    server = Server(app)
    try:
        server.start()
        with Client(base_url=server.url, trust_env=False, timeout=10, limits=Limits(max_connections=8)) as http:
            running = Running(app, http, clock, rng)  # type: ignore[arg-type]
            venue = Venue(running, world, world.held(), VENUE, {"both": running.key_of(VENUE, *BOTH)})
            assert venue.register().status_code == 201
            yield Live(venue, server, http)
    finally:
        server.stop()
