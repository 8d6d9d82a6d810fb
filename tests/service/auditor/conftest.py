"""A service that counts openings, an authority with a key, and three trustees of whom two open."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from httpx2 import Response

from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.circuits.escrow import handle_base, seal
from credence.circuits.escrow.opening import Opening, open_part
from credence.circuits.warrant import Share, Warrant, lock_part, sign_warrant
from credence.service.auth import Scope
from credence.service.settings import Settings
from tests.circuits.escrow.ceremony import Ceremony
from tests.conftest import SeededBytes
from tests.service.conftest import NOW, Running, Starter

AUTHORITY = "authority.example"
KEY = Ed25519PrivateKey.from_private_bytes(b"a" * 32)
READER = 1_234_567
HANDLE = 67_890
PURPOSE = "a court's warrant"


@dataclass
class Office:
    """The authority as it talks to the service, and the trustees as they answer it."""

    running: Running
    made: Ceremony
    key: str = field(repr=False)
    rng: SeededBytes = field(repr=False)

    @property
    def curve(self) -> Curve:
        return self.made.curve

    def warrant(self, **changes: Any) -> Warrant:
        """A warrant for an invented presentation, whose handle is sealed to the trustees."""
        curve, trustees = self.curve, self.made.trustees
        sealing = seal(curve, "s", curve.decompress_g1(trustees.key), HANDLE, self.rng)
        said: dict[str, Any] = {
            "authority": AUTHORITY,
            "basis": "section 17 of an act",
            "verifier": "verifier.localhost",
            "receipt": b"r" * 32,
            "presentation": b"p" * 32,
            "policy_hash": b"h" * 32,
            "trustees": trustees.id,
            "purpose": PURPOSE,
            "E1": sealing.points["s.E1"].to_bytes(),
            "E2": sealing.points["s.E2"].to_bytes(),
            "reader": (curve.BP1 * READER).to_bytes(),
            "identity": KEY.public_key().public_bytes_raw(),
            "issued_at": NOW,
            "expires_at": NOW + 604_800,
            "nonce": self.rng(32),
        }
        return Warrant(**{**said, **changes})

    def opening(self, warrant: Warrant) -> Opening:
        return Opening(self.made.trustees, warrant.digest(), warrant.presentation, warrant.purpose, warrant.E1, warrant.E2)

    def share(self, warrant: Warrant, number: int) -> Share:
        part = open_part(self.curve, self.opening(warrant), number, self.made.shares[number - 1], self.rng)
        return lock_part(self.curve, warrant, part, self.made.identities[number - 1], self.rng)

    @property
    def point(self) -> Any:
        return handle_base(self.curve) * HANDLE

    def ask(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Response:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        return self.running.client.request(method, f"/v1/auditor{path}", json=body, headers=headers)

    def post(self, warrant: Warrant, *, key: str | None = None) -> Response:
        return self.ask("POST", "/warrants", sign_warrant(warrant, KEY), key=key or self.key)

    def hand_in(self, share: Share, **changes: Any) -> Response:
        return self.ask("POST", f"/warrants/{b64u(share.warrant)}/shares", {**share.to_json(), **changes})

    def logged(self, warrant: Warrant) -> str:
        """A warrant that is posted, and in the log; its id."""
        assert self.post(warrant).status_code in (200, 201)
        self.running.services.ledger.sequence()
        return b64u(warrant.digest())

    def state(self, warrant_id: str) -> dict[str, Any]:
        response = self.ask("GET", f"/warrants/{warrant_id}", key=self.key)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


@pytest.fixture
def office(started: Starter, installed: Settings, curve: Curve, rng: SeededBytes, tmp_path: Path) -> Office:
    made = Ceremony(curve, rng)
    folder = tmp_path / "trustees"
    folder.mkdir()
    (folder / "set.json").write_text(json.dumps(made.transcript.to_json()))
    running = started(("auditor",))
    key = running.key_of(AUTHORITY, Scope.AUDITOR_WARRANTS)
    return Office(running, made, key, rng)


@pytest.fixture
def installed(installed: Settings, tmp_path: Path) -> Settings:
    return installed.model_copy(update={"trustee_dir": tmp_path / "trustees"})


Hold = Callable[[Office], None]
