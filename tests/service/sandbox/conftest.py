"""A sandbox, prepared once and served to whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from credence.circuits.curve import Curve
from credence.service.sandbox import Sandbox, SandboxLayer, claim
from credence.service.sandbox.names import DESK, NORTH, REVIEWER, SECOND, START

BASE = "http://127.0.0.1:8440"


@dataclass
class Office:
    """What an integrator has: a client of the sandbox."""

    http: TestClient
    sandbox: Sandbox

    def page(self) -> dict[str, Any]:
        """What the sandbox says of itself."""
        found: dict[str, Any] = self.http.get("/sandbox", headers={"accept": "application/json"}).json()
        return found

    def key(self, client_id: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.sandbox.furnished.keys[client_id].key}"}

    def session(self, policy: str = "perp-standard", client_id: str = NORTH, **more: str) -> str:
        answer = self.http.post("/v1/verifier/sessions", json={"policy": policy, **more}, headers=self.key(client_id))
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["session_id"]
        return found

    def state(self, session_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.http.get(f"/v1/verifier/sessions/{session_id}", headers=self.key(NORTH)).json()
        return found

    def answer(self, session_id: str, person: str, **more: str) -> Response:
        return self.http.post(f"/sandbox/sessions/{session_id}/answer", json={"person": person, **more})

    def case(self, person: str) -> dict[str, Any]:
        evidence = self.http.get(f"/sandbox/persons/{person}/evidence").json()
        answer = self.http.post("/v1/issuer/cases", json={"evidence": evidence}, headers=self.key(DESK))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def decide(self, case_id: str) -> dict[str, Any]:
        """Two reviewers say that whoever was found is somebody else."""
        path, by = f"/v1/issuer/cases/{case_id}", self.key(REVIEWER)
        found = self.http.get(path, headers=by).json()["screening"]["matches"]
        cleared = [{"list": match["list"], "entry_id": match["entry_id"]} for match in found]
        body = {"decision": "approve", "reason": "false-positive", "comment": "looked at", "cleared": cleared}
        proposal = self.http.post(f"{path}/proposals", json=body, headers=by).json()
        answer = self.http.post(f"{path}/proposals/{proposal['proposal_id']}/approval", headers=self.key(SECOND))
        decided: dict[str, Any] = answer.json()
        return decided

    def reset(self) -> None:
        assert self.http.post("/sandbox/reset").status_code == 200


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory, curve: Curve) -> Sandbox:
    made = Sandbox(claim(tmp_path_factory.mktemp("sandbox") / "data"), curve, base_url=BASE, start=START)
    asyncio.run(made.prepare())
    return made


@pytest.fixture(scope="package")
def served(sandbox: Sandbox) -> Iterator[Office]:
    with TestClient(SandboxLayer(sandbox), raise_server_exceptions=False) as http:
        yield Office(http, sandbox)


@pytest.fixture
def office(served: Office) -> Iterator[Office]:
    """The sandbox, left as it was at the start where a test lets time pass."""
    yield served
    if served.sandbox.clock() != START or served.sandbox.armed:
        served.reset()
