"""A started service, and a venue that is registered with a public key and has a second one to bind tokens to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from credence.circuits.curve import Curve
from credence.service.app import create_app, initialise
from credence.service.auth import TOKEN_PATH, Client, Role, Scope, register_client, register_keys, require
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.auth import signing
from tests.service.auth.signing import Edwards, Key, Weierstrass
from tests.service.conftest import NOW, Running, Starter, ToldClock

BASE = "https://kyc.example/credence"
"""What the service is called from outside, whatever host a request names."""

VENUE = "venue.example"
BOTH = frozenset({Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS})
GUARDED = "/guarded/thing"

_router = APIRouter()


@_router.api_route("/guarded/{name:path}", methods=["GET", "POST"], operation_id="guarded")
async def _guarded(client: Client = Depends(require(*BOTH))) -> dict[str, Any]:  # noqa: B008
    return {"client_id": client.client_id, "scopes": sorted(client.scopes)}


def guard(app: FastAPI) -> None:
    """Adds a guarded route that answers who asked."""
    app.include_router(_router)


@dataclass
class Office:
    """A service, and clients that talk to it by token: ``key`` signs assertions, ``binding`` proofs."""

    running: Running
    key: Key
    binding: Key
    other: Key = field(default_factory=lambda: Edwards(bytes([9]) * 32))

    @property
    def endpoint(self) -> str:
        return BASE + TOKEN_PATH

    @property
    def now(self) -> int:
        return self.running.clock()

    def enrol(self, client_id: str, *keys: Key, role: Role = Role.VENUE, scopes: frozenset[Scope] = BOTH) -> None:
        """Registers a client with these keys."""
        with self.running.services.store("auth").transaction() as session:
            register_client(session, client_id, client_id, role, now=self.now, rng=self.running.rng)
            register_keys(session, client_id, {"keys": [key.jwk for key in keys]}, scopes, now=self.now)

    def assertion(self, key: Key | None = None, client_id: str = VENUE, **changes: Any) -> str:
        return signing.assertion(key or self.key, client_id, self.endpoint, self.now, **changes)

    def token_proof(self, key: Key | None = None, **changes: Any) -> str:
        return signing.proof(key or self.binding, "POST", self.endpoint, self.now, **changes)

    def post(self, form: dict[str, str], *proofs: str) -> Response:
        headers = [("dpop", proof) for proof in proofs]
        return self.running.client.post(TOKEN_PATH, data=form, headers=headers)

    def ask(self, assertion: str | None = None, proof: str | None = None, **form: Any) -> Response:
        return self.post(signing.token_form(assertion or self.assertion(), **form), proof or self.token_proof())

    def token(self, **form: Any) -> str:
        answer = self.ask(**form)
        assert answer.status_code == 200, answer.text
        found: str = answer.json()["access_token"]
        return found

    def proof(self, token: str, path: str = GUARDED, method: str = "GET", key: Key | None = None, **changes: Any) -> str:
        return signing.proof(key or self.binding, method, BASE + path, self.now, token, **changes)

    def use(self, token: str, proof: str | None = None, path: str = GUARDED) -> Response:
        headers = {"authorization": f"DPoP {token}", "dpop": proof or self.proof(token, path)}
        return self.running.client.get(path, headers=headers)


def keys_of(rng: SeededBytes) -> tuple[Key, Key]:
    """A key of each kind."""
    return Edwards(rng(32)), Weierstrass(int.from_bytes(rng(31)))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"base_url": BASE})


@pytest.fixture
def office(started: Starter, rng: SeededBytes) -> Office:
    """A fresh one for each test, on either database."""
    found = Office(started(["auth", "log"], guard), *keys_of(rng))
    found.enrol(VENUE, found.key)
    return found


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory, curve: Curve, request: pytest.FixtureRequest) -> Iterator[Office]:
    """One for the refusals of a module, none of which leaves anything behind."""
    rng, clock = SeededBytes(request.node.nodeid), ToldClock(NOW)
    settings = Settings.load(data_dir=tmp_path_factory.mktemp("office") / "data", base_url=BASE, limits="all=off")
    initialise(settings, clock=clock, rng=rng, curve=curve)
    app = create_app(settings, parties=["auth"], clock=clock, rng=rng, curve=curve)
    guard(app)
    with TestClient(app, raise_server_exceptions=False) as client:
        found = Office(Running(app, client, clock, rng), *keys_of(rng))
        found.enrol(VENUE, found.key)
        found.enrol("other.example", found.other)
        yield found
