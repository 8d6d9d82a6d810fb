"""Is what an edition has no room for refused at the door, and does a verifier start all the same?"""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.verifier_rules import VerifierRules
from credence.service.errors import TooManyTariffs
from credence.service.runtime import Services
from credence.service.verifier import records, tariff_versions
from credence.service.verifier.desk import Desk, open_desk
from credence.service.verifier.rules import publishing, room_for_policies
from credence.service.verifier.tariff import Tariff, parse_tariff, shipped_tariff
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Venue, policy
from tests.service.verifier.rules.test_rules import editions


def tariff(**changes: Any) -> Tariff:
    document = copy.deepcopy(json.loads(shipped_tariff().canonical))
    return parse_tariff(json.dumps({**document, **changes}).encode())


def start(venue: Venue, **settings: Any) -> Desk:
    """What another process of the same verifier has at hand."""
    services: Services = venue.desk.services
    return open_desk(replace(services, settings=services.settings.model_copy(update=settings)))


@pytest.fixture
def folder(venue: Venue, tmp_path: Path) -> Path:
    """Three policies that are new, and the one that is registered."""
    made = tmp_path / "policies" / "venue-a"
    made.mkdir(parents=True)
    for name, document in {
        "a": policy(name="a"),
        "b": policy(name="b"),
        "c": policy(),
        "d": policy(name="d"),
    }.items():
        (made / f"{name}.json").write_text(json.dumps(document))
    return made.parent


def registered(venue: Venue) -> int:
    with venue.desk.store.reading() as session:
        return len(records.policy_hashes(session))


def test_a_folder_fills_the_rules_and_the_rest_is_left_out(
    venue: Venue, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = registered(venue)
    with monkeypatch.context() as full:
        full.setattr(publishing, "MAX_POLICIES", before + 1)
        with venue.desk.store.reading() as session:
            assert room_for_policies(session, venue.desk.services) == 1
        start(venue, policy_dir=folder)
        assert registered(venue) == editions(venue)[-1].policies == before + 1
        start(venue, policy_dir=folder)
        assert registered(venue) == before + 1
    start(venue, policy_dir=folder)
    assert registered(venue) == editions(venue)[-1].policies == before + 3


def test_a_verifier_starts_whose_policies_are_more_than_its_rules_hold(
    venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under another id each policy has another mark, and those of before stay."""
    before = editions(venue)
    with monkeypatch.context() as full:
        full.setattr(publishing, "MAX_POLICIES", before[-1].policies)
        start(venue, verifier_id="other.example")
        assert editions(venue) == before
    start(venue, verifier_id="other.example")
    assert editions(venue)[-1].policies == 2 * before[-1].policies


def test_one_version_of_a_tariff_too_many_is_refused(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    services, store, before = venue.desk.services, venue.desk.store, editions(venue)
    new = tariff(version="3")

    def announce() -> None:
        store.run(lambda session: tariff_versions.announce(session, services, new))

    with monkeypatch.context() as full:
        full.setattr(publishing, "MAX_TARIFFS", 1)
        with pytest.raises(TooManyTariffs):
            announce()
        assert editions(venue) == before
        with store.reading() as session:
            assert len(records.tariff_versions(session, "perp-default")) == 1, "nothing of it is kept"
    announce()
    assert versions(editions(venue)[-1]) == [("perp-default", 2), ("perp-default", 3)]
    venue.clock.forward(services.settings.tariff_notice_seconds)
    monkeypatch.setattr(publishing, "MAX_TARIFFS", 2)
    newer = tariff(version="4")
    store.run(lambda session: tariff_versions.announce(session, services, newer))
    assert versions(editions(venue)[-1]) == [("perp-default", 3), ("perp-default", 4)], "what is past makes room"


def test_first_versions_for_which_there_is_no_room_are_left_out(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    services, store = venue.desk.services, venue.desk.store
    tariffs = {name: tariff(tariff=name) for name in ("perp-default", "spot-a", "spot-b")}
    monkeypatch.setattr(publishing, "MAX_TARIFFS", 2)
    assert store.run(lambda session: tariff_versions.begin(session, services, tariffs)) == 1
    with store.reading() as session:
        assert {row.name for row in records.every_tariff_version(session)} == {"perp-default", "spot-a"}
    monkeypatch.setattr(publishing, "MAX_TARIFFS", 3)
    assert store.run(lambda session: tariff_versions.begin(session, services, tariffs)) == 1


def test_a_verifier_starts_that_has_announced_too_many(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    before = editions(venue)
    with monkeypatch.context() as full:
        full.setattr(publishing, "MAX_TARIFFS", 0)
        start(venue)
        assert editions(venue) == before
        answer = venue.ask("PUT", "/policies/perp-standard", policy(version=7))
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
        assert "announce it once another one is past" in answer.json()["detail"]
    assert venue.register(policy(version=7)).status_code == 201
    assert venue.clock() == NOW


def versions(rules: VerifierRules) -> list[tuple[str, int]]:
    return [(each.name, each.version) for each in rules.tariffs]
