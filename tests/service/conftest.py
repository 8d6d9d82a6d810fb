"""An installation in a temporary folder, a clock that is told the time, and a client of the application."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from credence.circuits.curve import Curve
from credence.service.app import create_app, initialise
from credence.service.auth import Scope, add_client, issue_key
from credence.service.runtime import Services
from credence.service.settings import Settings
from tests.conftest import SeededBytes

NOW = 1_790_000_000


@dataclass
class ToldClock:
    """A clock that stands still until it is moved."""

    now: int = NOW

    def __call__(self) -> int:
        return self.now

    def forward(self, seconds: int) -> None:
        self.now += seconds


@dataclass
class Running:
    """A started application: ``client`` talks to it, ``services`` is what it holds."""

    app: FastAPI
    client: TestClient
    clock: ToldClock
    rng: Callable[[int], bytes] = field(repr=False)

    @property
    def services(self) -> Services:
        found: Services = self.app.state.services
        return found

    def key_of(self, client_id: str, *scopes: Scope, lifetime: int = 3_600) -> str:
        """Adds a client with one key, and returns the key."""
        with self.services.store("auth").transaction() as session:
            add_client(session, client_id, client_id, now=self.clock())
            issued = issue_key(
                session, self.services.keyring, client_id, scopes, now=self.clock(), rng=self.rng, lifetime=lifetime
            )
        return issued.key


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(data_dir=tmp_path / "data", ledger_interval_ms=20)


@pytest.fixture
def installed(settings: Settings, clock: ToldClock, rng: SeededBytes, curve: Curve) -> Settings:
    initialise(settings, clock=clock, rng=rng, curve=curve)
    return settings


Starter = Callable[..., "Running"]


@pytest.fixture
def started(
    installed: Settings, clock: ToldClock, rng: SeededBytes, curve: Curve
) -> Iterator[Callable[[Iterable[str]], Running]]:
    """Starts applications over one installation; ends them after the test."""
    running: list[TestClient] = []

    def start(parties: Iterable[str] = ("log",), extend: Callable[[FastAPI], None] | None = None) -> Running:
        app = create_app(installed, parties=parties, clock=clock, rng=rng, curve=curve)
        if extend is not None:
            extend(app)
        client = TestClient(app, raise_server_exceptions=False)
        client.__enter__()
        running.append(client)
        return Running(app, client, clock, rng)

    yield start
    for client in running:
        client.__exit__(None, None, None)
