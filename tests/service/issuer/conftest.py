"""An issuer that believes the test vendor and screens by the demo's list, with an operator, a reviewer and wallets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from credence.circuits.credential import PERSON_1
from credence.circuits.encoding import b64u
from credence.circuits.issuance import (
    CredentialRequest,
    HolderSecrets,
    issuing_interface,
    request_credential,
)
from credence.circuits.wire import Offer
from credence.service.auth import Scope
from credence.service.issuer.desk import Desk
from credence.service.sandbox.persons import LISTED_NAMES, LOW_RISK, Person
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.conftest import Running
from tests.service.databases import Database

ISSUER = "issuer.example"


@dataclass
class World:
    """A started issuer and those around it. ``token`` of the same person twice is two results."""

    running: Running
    vendor: Vendor
    operator: str
    reviewer: str
    second: str
    rng: Callable[[int], bytes] = field(repr=False)

    @property
    def desk(self) -> Desk:
        found: Desk = self.running.app.state.issuer
        return found

    @property
    def now(self) -> int:
        return self.running.clock()

    def token(self, person: Person = LOW_RISK, audience: str = ISSUER, **more: Any) -> str:
        return self.vendor.issue_result(person, audience, self.now, **more)

    def post(self, path: str, body: object, key: str | None = None) -> Any:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        return self.running.client.post(f"/v1/issuer{path}", json=body, headers=headers)

    def get(self, path: str, key: str | None = None) -> Any:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        return self.running.client.get(f"/v1/issuer{path}", headers=headers)

    def open(self, token: str) -> Any:
        return self.post("/cases", {"evidence": evidence(token)}, self.operator)

    def decide(self, case_id: str, decision: str, reason: str = "looked-at", key: str | None = None) -> Any:
        return self.post(f"/cases/{case_id}/decision", {"decision": decision, "reason": reason}, key or self.reviewer)

    def propose(self, case_id: str, decision: str, reason: str, key: str | None = None, **more: Any) -> Any:
        """By the first reviewer; approving clears every entry that was found, unless said otherwise."""
        body: dict[str, Any] = {"decision": decision, "reason": reason, "comment": "compared with the file", **more}
        if decision == "approve" and "cleared" not in more:
            matches = self.get(f"/cases/{case_id}", self.operator).json()["screening"]["matches"]
            body["cleared"] = [{"list": match["list"], "entry_id": match["entry_id"]} for match in matches]
        return self.post(f"/cases/{case_id}/proposals", body, key or self.reviewer)

    def approve(self, case_id: str, proposal_id: str, key: str | None = None) -> Any:
        return self.post(f"/cases/{case_id}/proposals/{proposal_id}/approval", {}, key or self.second)

    def override(self, case_id: str, decision: str, reason: str, **more: Any) -> Any:
        """What two reviewers do."""
        proposed = self.propose(case_id, decision, reason, **more)
        assert proposed.status_code == 201, proposed.text
        return self.approve(case_id, proposed.json()["proposal_id"])

    def clear(self, case_id: str) -> Any:
        """Two reviewers say that every entry that was found is somebody else."""
        return self.override(case_id, "approve", "false-positive")

    def history(self, case_id: str) -> Any:
        return self.get(f"/cases/{case_id}/history", self.reviewer).json()

    def offer(self, token: str) -> Offer:
        return Offer.parse(self.open(token).json()["offer"])

    def request(self, secrets: HolderSecrets | None = None) -> CredentialRequest:
        """A fresh wallet's commitment."""
        interface = issuing_interface(self.running.services.curve)
        return request_credential(interface, PERSON_1, secrets or self.secrets(), self.rng)

    def secrets(self) -> HolderSecrets:
        return HolderSecrets(*(int.from_bytes(self.rng(31), "big") for _ in range(3)))

    def claim(self, offer: Offer, proven: bytes, token: str, **changes: Any) -> Any:
        body = {"offer_secret": offer.secret, "commitment": b64u(proven), "evidence": evidence(token)}
        return self.post(f"/cases/{offer.case_id}/credential", {**body, **changes})

    def rows(self, table: str) -> int:
        with self.running.services.store("issuer").reading() as session:
            return int(session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def evidence(token: str) -> dict[str, str]:
    return {"type": "vendor-jws", "token": token}


class LockedBytes(SeededBytes):
    """Seeded bytes that threads may draw at once."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self._lock = Lock()

    def __call__(self, length: int) -> bytes:
        with self._lock:
            return super().__call__(length)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> LockedBytes:
    return LockedBytes(request.node.nodeid)


@pytest.fixture
def vendor(rng: SeededBytes) -> Vendor:
    return Vendor.create(rng)


@pytest.fixture
def lists() -> dict[str, Path]:
    return {"demo": LISTED_NAMES}


@pytest.fixture
def settings(tmp_path: Path, vendor: Vendor, lists: dict[str, Path], database: Database) -> Settings:
    return Settings.load(
        data_dir=tmp_path / "data",
        ledger_interval_ms=60,
        limits="all=off",
        issuer_id=ISSUER,
        vendor_keys=vendor.vendor_keys,
        screening_lists=lists,
        **database.settings,
    )


@pytest.fixture
def world(started: Callable[[Iterable[str]], Running], vendor: Vendor, rng: SeededBytes) -> World:
    running = started(("issuer", "log"))
    operator = running.key_of("operator.example", Scope.ISSUER_CASES)
    reviewers = [running.key_of(name, Scope.ISSUER_REVIEW) for name in ("reviewer.example", "second.example")]
    return World(running, vendor, operator, *reviewers, rng)
