"""An issuer whose lists are imported, so that versions of them follow each other, and holders of its credentials."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.issuance import HeldCredential
from credence.service.adapters.list_changes import list_changes
from credence.service.adapters.list_folder import ListFolder
from credence.service.adapters.list_formats import read_any
from credence.service.app.issuing import prepare
from credence.service.auth import Scope, issue_key
from credence.service.issuer.review.due.lapsing import lapse
from credence.service.issuer.review.due.looking import Found, look, mark
from credence.service.sandbox.persons import LOW_RISK, Person
from credence.service.settings import Settings
from tests.service.issuer.conftest import World, evidence
from tests.service.issuer.test_issuance import hold

DAY = 86_400
NOBODY = {"id": "N", "kind": "individual", "names": ["Nobody Atall"]}
LISTED = {"id": "E-9", "kind": "individual", "names": ["BRANDHÖVEL, Annelie"], "births": ["1988-04-17"]}
ALIKE = {**LISTED, "births": ["1950"]}


def imported(data_dir: Path, entries: list[dict[str, Any]], now: int) -> None:
    """A new version of the list ``own``."""
    path = data_dir / "own.json"
    path.write_text(json.dumps({"type": "credence/screening-list/1", "version": "1", "entries": entries}), encoding="utf-8")
    ListFolder(data_dir).keep(read_any("own", path), "own", now)


@dataclass
class Watch:
    """``world`` and the time that passes in it."""

    world: World

    @property
    def services(self) -> Any:
        return self.world.running.services

    @property
    def settings(self) -> Settings:
        found: Settings = self.services.settings
        return found

    def imports(self, *entries: dict[str, Any], restart: bool = True) -> None:
        """A new version of the list, searched after the next start."""
        imported(self.settings.data_dir, [NOBODY, *entries], self.world.now)
        if restart:
            self.restart()

    def restart(self) -> None:
        self.world.running.app.state.issuer = prepare(self.services)

    def look(self) -> Found:
        return look(self.services, self.world.desk.diligence, list_changes(self.settings))

    def marks(self) -> int:
        return mark(self.services, self.look())

    def lapses(self) -> int:
        return lapse(self.world.desk.revocation, self.world.now)

    def forward(self, days: float) -> None:
        """Time passes, and keys end: everybody has a new one, and is who they were."""
        self.world.running.clock.forward(int(days * DAY))
        self.world.operator = self._key("operator.example", Scope.ISSUER_CASES)
        self.world.reviewer = self._key("reviewer.example", Scope.ISSUER_REVIEW)
        self.world.second = self._key("second.example", Scope.ISSUER_REVIEW)

    def _key(self, client_id: str, scope: Scope) -> str:
        with self.services.store("auth").transaction() as session:
            now, rng = self.world.now, self.world.rng
            return issue_key(session, self.services.keyring, client_id, [scope], now=now, rng=rng, lifetime=3_600).key

    def holder(self, person: Person = LOW_RISK) -> tuple[str, HeldCredential]:
        """The case of a new holder, and the credential."""
        held = hold(self.world, person)
        with self.world.desk.store.reading() as session:
            query = f"SELECT case_id FROM issuer_attestations WHERE id = '{held.attestation_id}'"
            return str(session.connection().exec_driver_sql(query).scalar_one()), held

    def shows(self, case_id: str, person: Person = LOW_RISK, token: str | None = None) -> Any:
        body = {"evidence": evidence(token or self.world.token(person))}
        return self.world.post(f"/cases/{case_id}/evidence", body, self.world.operator)

    def standing(self, held: HeldCredential) -> Any:
        return self.world.get(f"/attestations/{held.attestation_id}/standing").json()

    def due(self) -> list[tuple[str, str]]:
        found = self.world.get("/reviews", self.world.operator).json()["due"]
        return [(item["case_id"], item["cause"]) for item in found]

    def case(self, case_id: str) -> Any:
        return self.world.get(f"/cases/{case_id}", self.world.operator).json()


@pytest.fixture
def lists() -> dict[str, Path]:
    return {}


@pytest.fixture
def installed(installed: Settings) -> Settings:
    """With a first version of a list that names nobody."""
    imported(installed.data_dir, [NOBODY], 1_790_000_000)
    return installed


@pytest.fixture
def watch(world: World) -> Watch:
    return Watch(world)


OTHER = replace(LOW_RISK, document_number="OTHER4711")
