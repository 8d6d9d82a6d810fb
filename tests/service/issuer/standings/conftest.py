"""An issuer that signs standings, a registered venue, and a holder of a person's credential."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response

from credence.circuits.encoding import random_scalar
from credence.circuits.issuance import HeldCredential
from credence.circuits.presentation import AccumulatorView
from credence.circuits.renewal import RenewalAsk, RenewedStanding, Renewing, accept_standing, request_renewal
from credence.circuits.wire import IssuerDocument
from credence.service.auth import Scope
from credence.service.runtime import AttestedStanding
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.conftest import Running
from tests.service.databases import Database
from tests.service.issuer.conftest import ISSUER, World
from tests.service.issuer.test_issuance import hold

VENUE = "venue.example"
AUDIENCE = f"verifier.example/{VENUE}"


@dataclass
class Door:
    """``person`` is the holder's credential. Every call is one over HTTP, as a wallet makes it."""

    world: World
    person: HeldCredential

    def ask(self, venue: str = AUDIENCE, suffix: str = "", **headers: str) -> Response:
        body = {"venue": venue, "suffix": suffix}
        return self.world.running.client.post("/v1/issuer/standings/sessions", json=body, headers=headers)

    def asked(self, venue: str = AUDIENCE) -> RenewalAsk:
        answer = self.ask(venue)
        assert answer.status_code == 201, answer.text
        return RenewalAsk.parse(answer.json())

    @property
    def document(self) -> IssuerDocument:
        return IssuerDocument.parse(self.world.get("/document").json())

    def prove(self, ask: RenewalAsk, person: HeldCredential | None = None, *, blind: int | None = None) -> Renewing:
        person = person or self.person
        assert person.witness is not None
        newest, key = ask.staple.newest.checkpoint, self.world.desk.revocation.accumulators[0]
        view = AccumulatorView(key.public_key, newest.value, newest.index, newest.minute)
        blind = random_scalar(self.world.rng) if blind is None else blind
        curve, rng = self.world.running.services.curve, self.world.rng
        return request_renewal(curve, ask, self.document, person, view, person.witness.witness, blind, self.world.now, rng)

    def send(self, renewing: Renewing, session_id: str | None = None, **changes: Any) -> Response:
        body = {**renewing.request.to_json(), **changes}
        return self.world.post(f"/standings/sessions/{session_id or renewing.ask.session_id}/renewal", body)

    def accept(self, renewing: Renewing, answer: Response, person: HeldCredential | None = None) -> HeldCredential:
        """The standing, after the wallet's own checks."""
        assert answer.status_code in (200, 201), answer.text
        renewed, curve = RenewedStanding.parse(answer.json()), self.world.running.services.curve
        return accept_standing(curve, self.document, renewing, renewed, person or self.person, self.world.now)

    def renewed(self, venue: str = AUDIENCE) -> HeldCredential:
        """The whole way."""
        renewing = self.prove(self.asked(venue))
        return self.accept(renewing, self.send(renewing))

    def hearing(self, said: AttestedStanding) -> list[tuple[str, bytes]]:
        """Has the issuer hear this of every pseudonym; who it asked about."""
        heard: list[tuple[str, bytes]] = []

        def attested(client_id: str, pseudonym: bytes) -> AttestedStanding:
            heard.append((client_id, pseudonym))
            return said

        desk = self.world.desk
        self.world.running.app.state.issuer = replace(desk, services=replace(desk.services, attested=attested))
        return heard


@pytest.fixture
def settings(tmp_path: Path, vendor: Vendor, lists: dict[str, Path], database: Database) -> Settings:
    return Settings.load(
        data_dir=tmp_path / "data",
        ledger_interval_ms=60,
        limits="all=off",
        issuer_id=ISSUER,
        verifier_id="verifier.example",
        standings=True,
        vendor_keys=vendor.vendor_keys,
        screening_lists=lists,
        **database.settings,
    )


def door_of(started: Callable[[Iterable[str]], Running], vendor: Vendor, rng: SeededBytes) -> Door:
    running = started(("issuer", "log"))
    operator = running.key_of("operator.example", Scope.ISSUER_CASES)
    running.key_of(VENUE, Scope.VERIFIER_SESSIONS, lifetime=30 * 86_400)
    world = World(running, vendor, operator, "", "", rng)
    running.services.ledger.sequence()
    return Door(world, hold(world))


@pytest.fixture
def door(started: Callable[[Iterable[str]], Running], vendor: Vendor, rng: SeededBytes) -> Door:
    return door_of(started, vendor, rng)
