"""Does what is due go by itself, once, whoever is stopped in between; and what is not due, held, or of others, stay?"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from credence.service.app.erasures import erasures, foreseen
from credence.service.errors import Erased
from credence.service.forgetting import Broken
from credence.service.issuer.intake import read_case
from credence.service.issuer.records import find_case
from credence.service.issuer.retention.erasing import finish, purge
from credence.service.sandbox.persons import FOR_REVIEW
from tests.service.databases import Database
from tests.service.issuer.conftest import World

YEAR = 365 * 86_400


def opened(world: World, **more: str) -> str:
    case_id: str = world.open(world.token(**more)).json()["case_id"]
    return case_id


def round_of(world: World) -> dict[str, int]:
    return {chore.name: chore.run() for chore in erasures(world.running.services)}


def test_what_is_due_goes_and_nothing_else(world: World) -> None:
    old = opened(world)
    world.running.clock.forward(600)
    young = world.open(world.token(FOR_REVIEW)).json()["case_id"]
    held = opened(world)
    with world.desk.store.transaction() as session:
        hold = "UPDATE issuer_cases SET legal_hold = 'audit', held_by = 'a', held_at = 1, retain_until = 1 WHERE id = :id"
        session.connection().execute(text(hold), {"id": held})
    world.running.clock.forward(YEAR - 600)
    assert foreseen(world.running.services) == {"cases": 1, "vendor_results": 0}
    assert read_case(world.desk, old).case.erased_at is None, "foreseeing changes nothing"
    done = round_of(world)
    assert (done["erased-cases"], done["persons-keys"]) == (1, 0)
    with pytest.raises(Erased):
        read_case(world.desk, old)
    for case_id in (young, held):
        assert read_case(world.desk, case_id).case.erased_at is None
    assert round_of(world)["erased-cases"] == 0
    assert b'credence_erased_total{kind="case"} 1.0' in world.running.services.metrics.text()


def test_a_person_keeps_the_key_as_long_as_one_case_is_kept(world: World) -> None:
    first = opened(world)
    world.running.clock.forward(600)
    second = opened(world)
    keys = world.running.services.keeping.keys
    assert keys.count() == 1, "one person, two cases"
    world.running.clock.forward(YEAR - 600)
    assert round_of(world)["erased-cases"] == 1
    assert keys.count() == 1
    assert read_case(world.desk, second).case.erased_at is None
    assert world.rows("issuer_person_tags") > 0
    world.running.clock.forward(600)
    assert round_of(world)["erased-cases"] == 1
    assert (keys.count(), world.rows("issuer_person_tags")) == (0, 0)
    assert first != second


def test_a_purge_that_was_stopped_is_finished(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the transaction and the destruction of the key."""
    opened(world)
    world.running.clock.forward(YEAR)
    services, store = world.running.services, world.desk.store

    def stopped(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("credence.service.issuer.retention.erasing.finish", stopped)
    with pytest.raises(KeyboardInterrupt):
        purge(store, services.keeping, now=world.now, limit=10, rng=services.rng)
    assert services.keeping.keys.count() == 1
    monkeypatch.undo()
    assert finish(store, services.keeping) == 1
    assert services.keeping.keys.count() == 0
    assert finish(store, services.keeping) == 0


def test_a_row_that_comes_back_out_of_a_backup_opens_nothing(world: World) -> None:
    case_id = opened(world)
    store, keeping = world.desk.store, world.running.services.keeping
    with store.reading() as session:
        names = "evidence_salt, vendor_reference, subject_key, erased_at"
        row = session.connection().execute(text(f"SELECT {names} FROM issuer_cases")).mappings().one()
        backup = dict(row)
    assert b"" not in backup.values()
    key = keeping.keys.find(backup["subject_key"])
    assert len(key.open("issuer_cases", "evidence_salt", case_id, backup["evidence_salt"])) == 32, "the twin opens"
    world.running.clock.forward(YEAR)
    round_of(world)
    with store.transaction() as session:
        values = ", ".join(f"{name} = :{name}" for name in backup)
        session.connection().execute(text(f"UPDATE issuer_cases SET {values}"), backup)
    with store.reading() as session:
        case = find_case(session, case_id)
    assert case is not None
    assert case.erased_at is None
    with pytest.raises(Erased):
        keeping.keys.find(case.subject_key or b"")
    # the key of whoever comes again is another one, and opens nothing of before
    assert world.running.services.ledger.verify().entries > 0


def test_keys_that_come_back_out_of_a_copy_are_destroyed_again(world: World, database: Database, tmp_path: Path) -> None:
    case_id, keeping = opened(world), world.running.services.keeping
    file = world.running.services.settings.data_dir / "subjects.keys"
    shutil.copyfile(file, tmp_path / "copy")
    with world.desk.store.reading() as session:
        case = find_case(session, case_id)
    assert case is not None
    world.running.clock.forward(YEAR)
    round_of(world)
    keeping.keys.store.close()
    shutil.copyfile(tmp_path / "copy", file)
    assert keeping.keys.count() == 1, "it is back"
    assert round_of(world)["persons-keys"] == 1
    assert keeping.keys.count() == 0


def test_a_sealed_value_that_is_moved_to_another_row_does_not_open(world: World) -> None:
    first, second = opened(world), world.open(world.token(FOR_REVIEW)).json()["case_id"]
    with world.desk.store.transaction() as session:
        moved = (
            "UPDATE issuer_cases SET evidence_salt = (SELECT evidence_salt FROM issuer_cases WHERE id = :first),"
            " subject_key = (SELECT subject_key FROM issuer_cases WHERE id = :first) WHERE id = :second"
        )
        session.connection().execute(text(moved), {"first": first, "second": second})
    from credence.service.issuer.sealing import evidence_salt

    keeping = world.running.services.keeping
    with world.desk.store.reading() as session:
        rows = [find_case(session, name) for name in (first, second)]
    assert rows[0] is not None
    assert rows[1] is not None
    assert len(evidence_salt(keeping, rows[0])) == 32
    with pytest.raises(Broken):
        evidence_salt(keeping, rows[1])


def test_nothing_of_a_reference_is_in_the_clear(world: World, database: Database) -> None:
    case_id = opened(world)
    reviewer = world.reviewer
    world.post(f"/cases/{case_id}/comments", {"comment": "seen-by-the-window-4711"}, reviewer)
    with world.desk.store.reading() as session:
        case = find_case(session, case_id)
    assert case is not None
    key = world.running.services.keeping.keys.find(case.subject_key or b"")
    reference = key.open_text("issuer_cases", "vendor_reference", case_id, case.vendor_reference)
    kept = b"".join(database.kept(world.running.services.settings.data_dir).values())
    assert reference.encode() not in kept
    assert b"seen-by-the-window-4711" not in kept
    assert case_id.encode() in kept, "the search finds what is there"
    history = world.get(f"/cases/{case_id}/history", reviewer).json()
    assert [comment["comment"] for comment in history["comments"]] == ["seen-by-the-window-4711"]
