"""An installation in a temporary folder, a clock that is told the time, and a client of the application."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from credence.circuits.curve import Curve
from credence.service.app import create_app, initialise, tables
from credence.service.auth import ROLES, Scope, add_client, issue_key, register_client
from credence.service.runtime import Services
from credence.service.settings import Settings
from credence.service.store import Store, schema
from tests.conftest import SeededBytes
from tests.service.databases import Database, Postgresql, Sqlite
from tests.service.postgres import Postgres, postgres

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
        """The key of a new client, which is registered in the role that carries the scopes, where one does."""
        with self.services.store("auth").transaction() as session:
            role = next((role for role, carried in ROLES.items() if carried >= set(scopes)), None)
            if role is None:
                add_client(session, client_id, client_id, now=self.clock())
            else:
                register_client(session, client_id, client_id, role, now=self.clock(), rng=self.rng)
            issued = issue_key(
                session, self.services.keyring, client_id, scopes, now=self.clock(), rng=self.rng, lifetime=lifetime
            )
        return issued.key


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


# Where a database can make a difference, its PostgreSQL twin runs by default; every other one with the slow tests.
TELLING = {
    "idempotency.test_migration",
    "idempotency.test_races",
    "issuer.inbox.test_races",
    "issuer.revocation.test_races",
    "issuer.test_races",
    "ledger.test_sequencer",
    "test_migrations",
    "test_postgresql",
    "test_store",
    "verifier.test_races",
    "verifier.test_use_races",
    "verifier.webhooks.test_races",
}


PATIENT = (
    "auth.test_matrix",
    "auth.test_token_request",
    "cli.test_ceremony",
    "cli.test_doctor",
    "cli.test_init",
    "cli.test_keys",
    "cli.test_ledger",
    "cli.test_proofs",
    "cli.test_registration",
    "cli.test_sandbox",
    "cli.test_screening",
    "cli.test_wallet_accepts",
    "cli.test_webhook",
    "issuer.inbox.",
    "issuer.persons.",
    "issuer.retention.",
    "issuer.review.",
    "issuer.revocation.test_stapling",
    "issuer.test_findings",
    "issuer.test_keepers",
    "issuer.test_modes",
    "ledger.test_audit",
    "sandbox.",
    "verifier.persons.",
    "verifier.retention.",
    "verifier.webhooks.",
)
"""Where every test takes a case through a desk, makes keys, or is one of a thousand: they run with the slow tests."""


ALIKE = {
    "issuer.inbox.test_evidence_types",
    "issuer.inbox.test_vendor_messages",
    "telemetry.test_metrics",
    "test_door",
    "test_problems",
    "throttle.test_wire",
}
"""Of evidence and a vendor's messages, of bodies, problems and metrics: their tests ask nothing of a database, and run on
SQLite alone."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    alike = []
    for item in items:
        if not item.path.is_relative_to(here):
            continue
        room = ".".join(item.path.relative_to(here).with_suffix("").parts)
        on_postgresql = item.get_closest_marker("postgresql") is not None
        if on_postgresql and room in ALIKE:
            alike.append(item)
        patient = room.startswith(PATIENT) or (room.startswith("cli.") and _serves(item))
        if patient or (on_postgresql and room not in TELLING):
            item.add_marker("slow")
    if alike:
        config.hook.pytest_deselected(items=alike)
        items[:] = [item for item in items if item not in set(alike)]


def _serves(item: pytest.Item) -> bool:
    """Whether a command meets a running service; the two that a reader tries first do so by default."""
    return "service" in getattr(item, "fixturenames", ()) and item.path.stem not in ("test_wallet", "test_verifier")


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    """The PostgreSQL of this run; started for the first test that asks, and never skipped."""
    with postgres() as running:
        yield running


@pytest.fixture(scope="session")
def template(server: Postgres) -> str:
    """A migrated PostgreSQL database that tests copy."""
    url = server.create()
    store = Store(url)
    schema.upgrade(store.engine, tables())
    store.close()
    return url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Either database: whatever leans on it runs on both."""
    if request.param == "sqlite":
        yield Sqlite(tmp_path)
        return
    made = Postgresql(request.getfixturevalue("server"), request.getfixturevalue("template"))
    yield made
    made.close()


@pytest.fixture
def settings(tmp_path: Path, database: Database) -> Settings:
    """Without limits, because a clock that stands still sees everything at once; their own tests set their own."""
    return Settings.load(data_dir=tmp_path / "data", ledger_interval_ms=60, limits="all=off", **database.settings)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory, curve: Curve) -> Path:
    """The data folder of an installation that nobody has used yet."""
    folder = tmp_path_factory.mktemp("pristine") / "data"
    initialise(Settings.load(data_dir=folder), clock=lambda: NOW, rng=SeededBytes("pristine"), curve=curve)
    return folder


@pytest.fixture
def installed(settings: Settings, pristine: Path, database: Database) -> Settings:
    """Every test has a copy: making keys and migrating a database anew would take most of its time."""
    left_out = () if database.kind == "sqlite" else ("*.sqlite3*",)
    shutil.copytree(pristine, settings.data_dir, ignore=shutil.ignore_patterns(*left_out))
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
