"""Does the issuer find whose handle was opened, for two persons, by the proofs, and only where the log can be counted?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from credence.circuits.curve import G1
from credence.circuits.escrow import seal
from credence.circuits.escrow.opening import open_part
from credence.circuits.warrant import Finding, Warrant, sign_warrant
from credence.service.auditor import disclosure
from credence.service.auth import Scope
from credence.service.issuer.desk import Desk
from credence.service.issuer.findings import finding as finding_module
from credence.service.issuer.records import IssuerAttestation
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.auditor.conftest import AUTHORITY, KEY, Office
from tests.service.auth import warrants
from tests.service.issuer.conftest import World


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    return settings.model_copy(update={"trustee_dir": warrants.trustees(tmp_path / "trustees")})


class Scene:
    """A credential, its handle sealed to trustees, and an authority that asks them."""

    def __init__(self, world: World, rng: SeededBytes) -> None:
        self.world, self.rng = world, rng
        self.office: Office = warrants._office(world.running)
        token = world.token()
        offer = world.offer(token)
        assert world.claim(offer, world.request().commitment, token).status_code == 201
        with world.desk.store.reading() as session:
            row = session.exec(select(IssuerAttestation)).one()
            self.handle, self.attestation_id, self.case_id = row.subject_handle, row.id, row.case_id

    def warrant(self, handle: int | None = None, **changes: Any) -> Warrant:
        """A warrant for a presentation of the credential's, or of another handle."""
        curve, key = self.office.curve, self.office.curve.decompress_g1(self.office.made.trustees.key)
        value = int.from_bytes(self.handle, "big") if handle is None else handle
        points = seal(curve, "s", key, value, self.rng).points
        sealed = {"E1": points["s.E1"].to_bytes(), "E2": points["s.E2"].to_bytes()}
        return self.office.warrant(issued_at=self.world.now, **sealed, **changes)

    def opened(self, warrant: Warrant, *numbers: int) -> Finding:
        made = self.office.made
        parts = [
            open_part(made.curve, warrant.opening(made.trustees), number, made.shares[number - 1], self.rng)
            for number in numbers
        ]
        return Finding(sign_warrant(warrant, KEY), tuple(parts))

    def log(self, warrant: Warrant, *numbers: int) -> None:
        """The warrant, and the shares of those trustees, as the service is told of them."""
        services = self.world.running.services
        store, now = services.store("auditor"), services.clock()
        with store.transaction() as session:
            disclosure.accept_warrant(session, AUTHORITY, warrant, 2, now=now, rng=services.rng)
        services.ledger.sequence()
        for number in numbers:
            with store.transaction() as session:
                disclosure.accept_share(session, self.office.share(warrant, number), now=now, rng=services.rng)
        services.ledger.sequence()

    def ask(self, finding: Finding, key: str | None = None) -> Any:
        return self.world.post("/findings", finding.to_json(), key or self.world.reviewer)


@pytest.fixture
def scene(world: World, rng: SeededBytes) -> Scene:
    return Scene(world, rng)


def test_two_persons_find_whose_handle_it_is_and_one_alone_does_not(scene: Scene) -> None:
    warrant = scene.warrant()
    scene.log(warrant, 1, 3)
    finding = scene.opened(warrant, 1, 3)
    nothing = {"state": "proposed", "attestation_id": None, "case_id": None}
    assert scene.ask(finding).json() == nothing
    assert scene.ask(finding).json() == nothing  # the same person twice is one
    found = {"state": "found", "attestation_id": scene.attestation_id, "case_id": scene.case_id}
    assert scene.ask(finding, scene.world.second).json() == found
    assert scene.ask(finding).json() == found
    assert scene.ask(finding, scene.world.operator).status_code == 403


def test_nothing_is_looked_for_unless_warrant_and_opening_are_in_the_log(scene: Scene) -> None:
    warrant = scene.warrant()
    finding = scene.opened(warrant, 1, 2)
    assert scene.ask(finding).status_code == 409
    scene.log(warrant, 1)  # one share: a warrant, and no opening
    assert scene.ask(finding).status_code == 409
    scene.log(warrant, 2)
    assert scene.ask(finding).json()["state"] == "proposed"


def test_the_point_follows_from_the_parts_of_this_warrant(scene: Scene) -> None:
    warrant, other = scene.warrant(), scene.warrant(basis="another act")
    for each in (warrant, other):
        scene.log(each, 1, 2)
    right, wrong = scene.opened(warrant, 1, 2), scene.opened(other, 1, 2)
    assert scene.ask(right).status_code == 200
    for refused in (
        Finding(right.warrant, wrong.parts),
        Finding(right.warrant, (right.parts[0], wrong.parts[1])),
        Finding(right.warrant, right.parts[:1]),
        Finding(right.warrant, (right.parts[0], right.parts[0])),
        Finding({**right.warrant, "signature": "A" * 86}, right.parts),
    ):
        assert scene.ask(refused).status_code == 400


def test_a_handle_of_nobodys_here_is_not_found(scene: Scene) -> None:
    warrant = scene.warrant(handle=12_345)
    scene.log(warrant, 2, 3)
    finding = scene.opened(warrant, 2, 3)
    for _ in range(2):  # and one person alone does not even learn that
        answer = scene.ask(finding)
        assert (answer.status_code, answer.json()["state"]) == (200, "proposed")
    for key in (scene.world.second, scene.world.reviewer):
        assert scene.ask(finding, key).status_code == 404


def test_nothing_is_looked_up_for_one_person(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    warrant = scene.warrant()
    scene.log(warrant, 1, 2)
    finding, looked, look_up = scene.opened(warrant, 1, 2), [], finding_module._look_up

    def counted(desk: Desk, point: G1) -> finding_module.Found:
        looked.append(point)
        return look_up(desk, point)

    monkeypatch.setattr(finding_module, "_look_up", counted)
    assert scene.ask(finding).json()["state"] == "proposed"
    assert looked == []
    assert scene.ask(finding, scene.world.second).json()["state"] == "found"
    assert len(looked) == 1


def test_a_third_person_is_told_nothing(scene: Scene) -> None:
    warrant = scene.warrant()
    scene.log(warrant, 1, 2)
    finding = scene.opened(warrant, 1, 2)
    third = scene.world.running.key_of("reviewer-3.example", Scope.ISSUER_REVIEW)
    assert scene.ask(finding).json()["state"] == "proposed"
    assert scene.ask(finding, scene.world.second).json()["state"] == "found"
    assert scene.ask(finding, third).status_code == 404
    other = scene.warrant(basis="another act")  # of which the third one is the second
    scene.log(other, 1, 2)
    finding = scene.opened(other, 1, 2)
    assert scene.ask(finding).json()["state"] == "proposed"
    assert scene.ask(finding, third).json()["state"] == "found"


def test_the_reviewers_scope_is_what_it_takes(scene: Scene) -> None:
    key = scene.world.running.key_of("authority-2.example", Scope.AUDITOR_WARRANTS)
    assert scene.ask(scene.opened(scene.warrant(), 1, 2), key).status_code == 403
