"""An issuer that takes every kind of evidence: PIDs, passports, and the results of vendors whose services stand in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from credence.service.auth import Scope
from credence.service.sandbox.persons import LISTED_NAMES
from credence.service.sandbox.vendor import Vendor
from credence.service.settings import Settings
from tests.service.adapters import chips, pids
from tests.service.adapters.certificates import pem
from tests.service.adapters.vendors import Service, standing_in, written_accounts
from tests.service.databases import Database
from tests.service.issuer.conftest import ISSUER, World

LIST = "/lists/1"


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """Answers for vendors' results, and for the status list of PIDs."""
    with standing_in() as service:
        yield service


@pytest.fixture
def settings(tmp_path: Path, vendor: Vendor, database: Database, service: Service) -> Settings:
    service.answers.clear()
    service.asked.clear()
    trust, signers = pids.written_trust(tmp_path)
    anchors = tmp_path / "csca"
    anchors.mkdir()
    (anchors / "de.pem").write_bytes(pem(chips.CSCA))
    return Settings.load(
        data_dir=tmp_path / "data",
        ledger_interval_ms=60,
        limits="all=off",
        issuer_id=ISSUER,
        vendor_keys=vendor.vendor_keys,
        screening_lists={"demo": LISTED_NAMES},
        vendor_accounts=written_accounts(tmp_path / "accounts.json", service.url),
        emrtd_signers=anchors,
        pid_trust_list=trust,
        pid_trust_signers=signers,
        pid_status_hosts=service.url.removeprefix("http://"),
        **database.settings,
    )


@dataclass
class Front:
    """The desk that hands evidence in, and those whom it gets it from."""

    world: World
    service: Service

    def challenge(self, key: str | None = None) -> str:
        answer = self.world.post("/challenges", None, key or self.world.operator)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["nonce"])

    def publish(self, taken_back: dict[int, int] | None = None) -> None:
        """The PID provider's status list, as it stands now."""
        token = pids.status_list(taken_back, {"sub": self.service.url + LIST}, now=self.world.now)
        self.service.answers[LIST] = (200, token)

    def pid(self, nonce: str, facts: dict[str, Any] | None = None, **binding: Any) -> str:
        """A PID whose holder answers a nonce now."""
        status = {"status_list": {"idx": 5, "uri": self.service.url + LIST}}
        issued = pids.credential({"status": status}, facts)
        return pids.pid_bundle(pids.bound(issued, {"nonce": nonce, **binding}, now=self.world.now)).decode()

    def hand_in(self, kind: str, token: str, key: str | None = None) -> Any:
        body = {"evidence": {"type": kind, "token": token}}
        return self.world.post("/cases", body, key or self.world.operator)

    def told(self, vendor: str, body: bytes, headers: dict[str, str]) -> Any:
        """A message of a vendor's."""
        headers = {"content-type": "application/json", **headers}
        path = f"/v1/issuer/vendors/{vendor}/webhook"
        return self.world.running.client.post(path, content=body, headers=headers)

    def results(self, vendor: str, standing: str) -> list[str]:
        answer = self.world.get(f"/vendors/{vendor}/results?standing={standing}", self.world.operator)
        assert answer.status_code == 200, answer.text
        return [found["reference"] for found in answer.json()["results"]]


@pytest.fixture
def front(world: World, service: Service) -> Front:
    found = Front(world, service)
    found.publish()
    return found


@pytest.fixture
def other_desk(world: World) -> str:
    return world.running.key_of("other.example", Scope.ISSUER_CASES)
