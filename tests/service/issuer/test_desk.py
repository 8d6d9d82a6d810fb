"""Does the issuer start with what its settings name, and not at all with what is wrong?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from credence.service.app import open_services
from credence.service.app.issuing import prepare
from credence.service.errors import Misconfigured
from credence.service.issuer.diligence import SHIPPED
from credence.service.runtime import Services
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.conftest import Running, ToldClock
from tests.service.issuer.conftest import World


@pytest.fixture
def services_with(installed: Settings, clock: ToldClock, rng: SeededBytes) -> Iterable[Callable[..., Services]]:
    """The installation, opened with some settings changed."""
    made: list[Services] = []

    def opened(**changes: Any) -> Services:
        settings = installed.model_copy(update=changes)
        made.append(open_services(settings, clock=clock, rng=rng, parties=("issuer",)))
        return made[-1]

    yield opened
    for services in made:
        for store in services.stores.values():
            store.close()


def test_an_operator_may_have_a_table_of_its_own(services_with: Callable[..., Services], tmp_path: Path) -> None:
    own = {**json.loads(SHIPPED.read_text(encoding="utf-8")), "version": "own-1", "minimum_age": 21}
    path = tmp_path / "diligence.json"
    path.write_text(json.dumps(own), encoding="utf-8")
    table = prepare(services_with(diligence_file=path)).diligence
    assert (table.version, table.minimum_age) == ("own-1", 21)


def test_lists_are_told_while_they_are_read(services_with: Callable[..., Services], lists: dict[str, Path]) -> None:
    desk = prepare(services_with(screening_lists=lists))
    assert [version.name for version in desk.index.lists] == ["demo"]
    assert len(desk.index) >= 3


@pytest.mark.parametrize("name", ["diligence_file", "screening_lists"])
def test_what_cannot_be_read_stops_the_start(services_with: Callable[..., Services], tmp_path: Path, name: str) -> None:
    missing: Any = tmp_path / "missing.json"
    with pytest.raises(Misconfigured):
        prepare(services_with(**{name: {"own": missing} if name == "screening_lists" else missing}))


def test_the_description_of_the_interface_names_every_operation(world: World) -> None:
    described = world.running.client.get("/openapi.json").json()
    operations = {
        operation["operationId"]
        for path, methods in described["paths"].items()
        if path.startswith("/v1/issuer")
        for operation in methods.values()
    }
    assert operations == {
        "readIssuerDocument",
        "openChallenge",
        "receiveVendorMessage",
        "listVendorResults",
        "openCase",
        "readCase",
        "decideCase",
        "claimCredential",
        "readAttestation",
        "readAccumulator",
        "readAccumulatorEvents",
        "readAccumulatorCheckpoint",
        "revokeCredential",
        "suspendCredential",
        "liftSuspension",
        "readPerson",
        "readPersonOfCase",
        "banPerson",
        "liftBan",
        "findSubject",
        "holdCase",
        "orderRetention",
        "approveRetention",
        "readRetention",
        "listReviews",
        "readCaseHistory",
        "addComment",
        "proposeOverride",
        "approveOverride",
        "rejectOverride",
        "showAgain",
        "readReviewNotice",
        "readStanding",
        "openRenewal",
        "renewStanding",
    }
    claim = described["paths"]["/v1/issuer/cases/{case_id}/credential"]["post"]
    assert claim["security"] == []  # open to whoever bears the offer
    assert {"200", "201", "401", "409", "default"} <= claim["responses"].keys()
    assert "example" in described["components"]["schemas"]["ClaimForm"]


def test_an_issuer_alone_answers_for_nobody_else(started: Callable[[Iterable[str]], Running]) -> None:
    alone = started(("issuer",))
    assert alone.client.get("/v1/issuer/document").status_code == 200
    for path in ("/v1/verifier/document", "/v1/log/checkpoint"):
        assert alone.client.get(path).status_code == 404
