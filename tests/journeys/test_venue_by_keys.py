"""Can a venue work with keys alone, awaited or not, over HTTP, for longer than a token lives?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI

from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.sdk import AsyncHttpTransport, AsyncVerifier, ClientCredentials, HttpTransport, Verifier
from credence.sdk.errors import Forbidden, NotFound, Unauthorized
from credence.sdk.signing import SigningKey, public_jwk
from credence.sdk.transport import Request, Response
from credence.service.app import create_app, initialise
from credence.service.auth import Role, Scope, register_client, register_keys, revoke_public_key
from credence.service.demo.cast import south_policy
from credence.service.demo.server import serving
from credence.service.runtime import Services
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.conftest import NOW, ToldClock

VENUE = "venue.example"
AUDIENCE = f"verifier.localhost/{VENUE}"
BASE = "https://kyc.example"  # what clients name; here they reach it on loopback
POLICY = south_policy("issuer.example")


@dataclass
class Place:
    """A service whose clock stands still, and the time that its clients have too."""

    app: FastAPI
    url: str
    clock: ToldClock
    rng: Rng

    def enrol(self, client_id: str, key: SigningKey, *scopes: Scope) -> str:
        """Registers a venue with one public key. The key's thumbprint."""
        services: Services = self.app.state.services
        with services.store("auth").transaction() as session:
            register_client(session, client_id, client_id, Role.VENUE, now=self.clock(), rng=self.rng)
            jwks = {"keys": [public_jwk(key)]}
            return register_keys(session, client_id, jwks, scopes, now=self.clock()).added[0]

    def revoke(self, thumbprint: str) -> None:
        services: Services = self.app.state.services
        with services.store("auth").transaction() as session:
            revoke_public_key(session, thumbprint, now=self.clock())

    def credentials(self, client_id: str, signing: SigningKey) -> ClientCredentials:
        binding = Ed25519PrivateKey.from_private_bytes(self.rng(32))
        return ClientCredentials(client_id, signing_key=signing, binding_key=binding, base_url=BASE, clock=self.clock)


@dataclass
class Counted:
    """A way that counts what is asked of it."""

    inner: HttpTransport
    paths: list[str] = field(default_factory=list)

    def send(self, request: Request) -> Response:
        self.paths.append(request.path)
        return self.inner.send(request)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, curve: Curve) -> Iterator[Place]:
    rng, clock = SeededBytes("a venue by keys"), ToldClock(NOW)
    settings = Settings.load(data_dir=tmp_path_factory.mktemp("keys"), base_url=BASE)
    initialise(settings, clock=clock, rng=rng, curve=curve)
    app = create_app(settings, clock=clock, rng=rng, curve=curve)
    with serving(app) as server:
        yield Place(app, server.url, clock, rng)


def test_a_day_of_a_venue_without_a_secret(place: Place) -> None:
    key = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
    place.enrol(VENUE, key, Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS)
    with HttpTransport(place.url) as inner:
        way = Counted(inner)
        venue = Verifier(way, audience=AUDIENCE, credentials=place.credentials(VENUE, key), clock=place.clock)
        assert venue.register_policy(POLICY) == venue.policy(POLICY["name"])
        for _ in range(4):
            opened = venue.open_session(POLICY["name"])
            assert venue.result(opened.session_id).state == "open"
            place.clock.forward(120)
    assert way.paths.count("/v1/auth/token") == 2  # at the start, and before the first token's five minutes were over
    assert len(way.paths) == 2 + 2 + 8


def test_awaited(place: Place) -> None:
    key, client_id = Ed25519PrivateKey.from_private_bytes(place.rng(32)), "awaited.example"
    place.enrol(client_id, key, Scope.VERIFIER_POLICIES, Scope.VERIFIER_SESSIONS)

    async def day() -> None:
        async with AsyncHttpTransport(place.url) as way:
            credentials = place.credentials(client_id, key)
            audience = f"verifier.localhost/{client_id}"
            venue = AsyncVerifier(way, audience=audience, credentials=credentials, clock=place.clock)
            await venue.register_policy(POLICY)
            opened = await asyncio.gather(*(venue.open_session(POLICY["name"]) for _ in range(8)))
            assert len({one.session_id for one in opened}) == 8
            results = await asyncio.gather(*(venue.result(one.session_id) for one in opened))
            assert {one.state for one in results} == {"open"}

    asyncio.run(day())


def test_a_key_that_was_ended_gets_nothing_more(place: Place) -> None:
    key, client_id = Ed25519PrivateKey.from_private_bytes(place.rng(32)), "ended.example"
    thumbprint = place.enrol(client_id, key, Scope.VERIFIER_SESSIONS)
    with HttpTransport(place.url) as way:
        audience, credentials = f"verifier.localhost/{client_id}", place.credentials(client_id, key)
        venue = Verifier(way, audience=audience, credentials=credentials, clock=place.clock)
        with pytest.raises(NotFound):
            venue.policy(POLICY["name"])
        with pytest.raises(Forbidden) as forbidden:
            venue.register_policy(POLICY)
        assert forbidden.value.request_id
        assert forbidden.value.request_id in str(forbidden.value)
        place.revoke(thumbprint)
        with pytest.raises(Unauthorized) as refused:
            venue.policy(POLICY["name"])
        assert refused.value.request_id
