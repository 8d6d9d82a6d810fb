"""A verifier that trusts one issuer, a venue with a key, and a wallet that holds the issuer's credential."""

from __future__ import annotations

import copy
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from credence.circuits.credential import PERSON_1, STANDING_1
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.issuance import (
    HeldCredential,
)
from credence.circuits.presentation import present, show
from credence.circuits.wire import Presentation, PresentationRequest
from credence.service.auth import Scope
from credence.service.settings import Mode, Settings
from credence.service.verifier.desk import Desk
from tests.circuits.journey import ATTRIBUTES, ISSUER, POLICY, VENUE, World, draw_secrets, make_world
from tests.conftest import SeededBytes
from tests.service.conftest import Running, Starter, ToldClock
from tests.service.databases import Database

BOTH = (Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS)


def issue(world: World, rng: Rng, **changes: int) -> HeldCredential:
    """Another credential of the same issuer, for another holder, with ``changes`` to its attributes."""
    return world.issue(PERSON_1, draw_secrets(rng), {**ATTRIBUTES, **changes}, rng, attestation_id="a2")


def policy(**changes: Any) -> dict[str, Any]:
    """The policy of the journey, changed."""
    return {**copy.deepcopy(POLICY), **changes}


@dataclass
class Venue:
    """A venue as it talks to the verifier, and a wallet that answers it."""

    running: Running
    world: World
    held: HeldCredential
    client_id: str
    keys: dict[str, str] = field(repr=False)

    @property
    def desk(self) -> Desk:
        found: Desk = self.running.app.state.verifier
        return found

    @property
    def clock(self) -> ToldClock:
        return self.running.clock

    def ask(self, method: str, path: str, body: object = None, *, key: str | None = "both") -> Response:
        headers = {} if key is None else {"authorization": f"Bearer {self.keys[key]}"}
        return self.running.client.request(method, f"/v1/verifier{path}", json=body, headers=headers)

    def register(self, document: dict[str, Any] | None = None) -> Response:
        document = policy() if document is None else document
        answer = self.ask("PUT", f"/policies/{document['name']}", document)
        self.desk.services.ledger.sequence()  # what is published
        return answer

    def open(self, name: str = "perp-standard", **asked: Any) -> PresentationRequest:
        response = self.ask("POST", "/sessions", {"policy": name, **asked})
        assert response.status_code == 201, response.text
        return PresentationRequest.parse(response.json()["request"])

    def prove(self, request: PresentationRequest, held: HeldCredential | None = None, *, use: int = 0) -> Presentation:
        held_by_slot = {"person": held or self.held}
        return present(self.world.curve, request, held_by_slot, self.clock(), secrets.token_bytes, use=use)

    def prove_carelessly(self, request: PresentationRequest, held: HeldCredential | None = None) -> Presentation:
        """As a wallet that does not look whether its credential satisfies the policy."""
        return show(self.world.curve, request, {"person": held or self.held}, secrets.token_bytes)

    def answer(self, session_id: str, presentation: Presentation | dict[str, Any]) -> Response:
        body = presentation.to_json() if isinstance(presentation, Presentation) else presentation
        return self.ask("POST", f"/sessions/{session_id}/presentation", body, key=None)

    def admitted(self, **asked: Any) -> dict[str, Any]:
        """The whole way of a session that is accepted; the Decision."""
        request = self.open(**asked)
        response = self.answer(request.session_id, self.prove(request))
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def state(self, session_id: str) -> dict[str, Any]:
        response = self.ask("GET", f"/sessions/{session_id}")
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    def count(self, table: str) -> int:
        """Rows of a table of the verifier."""
        with self.desk.store.reading() as session:
            return int(session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


@pytest.fixture(scope="session")
def world(curve: Curve) -> World:
    return make_world(curve, SeededBytes("a verifier's issuer"), schemas=(PERSON_1.id, STANDING_1.id))


@pytest.fixture
def issuer_file(tmp_path: Path, world: World) -> Path:
    path = tmp_path / "issuer.json"
    path.write_text(json.dumps(world.document.to_json()))
    return path


@pytest.fixture
def mode() -> Mode:
    """A test that is about the other one is parametrized with it."""
    return Mode.OPEN


@pytest.fixture
def settings(tmp_path: Path, issuer_file: Path, database: Database, mode: Mode) -> Settings:
    return Settings.load(
        mode=mode,
        data_dir=tmp_path / "data",
        ledger_interval_ms=60,
        limits="all=off",
        verifier_id="verifier.example",
        trusted_issuers={ISSUER: issuer_file},
        **database.settings,
    )


Opened = Callable[..., Venue]


@pytest.fixture
def open_venue(started: Starter, world: World) -> Opened:
    """Starts a verifier; each call after the first adds another venue to it."""
    running: list[Running] = []

    def opened(client_id: str = VENUE) -> Venue:
        if not running:
            running.append(started(("verifier", "log")))
        made = running[0]
        keys = {"both": made.key_of(client_id, *BOTH, lifetime=31_536_000)}
        return Venue(made, world, world.held(), client_id, keys)

    return opened


@pytest.fixture
def venue(open_venue: Opened) -> Venue:
    """The venue of the journey, its policy registered."""
    made = open_venue()
    assert made.register().status_code == 201
    return made
