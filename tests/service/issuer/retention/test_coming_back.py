"""Does erasing one row leave alone what another one is sealed under: of who comes back, of an older case, of a vendor?"""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import text

from credence.service.auth import Scope
from credence.service.forgetting import Kind
from credence.service.issuer import sealing
from credence.service.issuer.inbox.records import IssuerVendorResult
from credence.service.issuer.intake import read_case
from credence.service.issuer.records import IssuerCase
from credence.service.issuer.retention import erasing
from credence.service.sandbox.persons import FOR_REVIEW
from tests.service.issuer.conftest import World

YEAR = 365 * 86_400


def opened(world: World) -> str:
    case_id: str = world.open(world.token()).json()["case_id"]
    return case_id


def change(world: World, statement: str, **values: Any) -> None:
    with world.desk.store.transaction() as session:
        session.connection().execute(text(statement), values)


def purge(world: World) -> int:
    services = world.running.services
    return erasing.purge(world.desk.store, services.keeping, now=world.now, limit=10, rng=services.rng)["cases"]


def finish(world: World) -> int:
    return erasing.finish(world.desk.store, world.running.services.keeping)


def opens(world: World, case_id: str) -> bool:
    return len(sealing.evidence_salt(world.running.services.keeping, read_case(world.desk, case_id).case)) == 32


def in_the_clear(world: World, case_id: str) -> None:
    """The case as it is of before there were such keys."""
    case, keeping = read_case(world.desk, case_id).case, world.running.services.keeping
    plain = {"salt": sealing.evidence_salt(keeping, case), "reference": sealing.vendor_reference(keeping, case)}
    clear = "UPDATE issuer_cases SET subject_key = NULL, evidence_salt = :salt, vendor_reference = :reference"
    change(world, clear, **plain)


def test_who_comes_back_before_the_key_is_destroyed_gets_another(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    opened(world)
    keys = world.running.services.keeping.keys
    change(world, "UPDATE issuer_cases SET retain_until = 1")
    monkeypatch.setattr(erasing, "finish", lambda *_: 0)
    assert purge(world) == 1
    monkeypatch.undo()
    assert keys.count() == 1, "stopped before the key was destroyed"
    again = opened(world)
    finish(world)
    assert opens(world, again)
    assert keys.count() == 1


def test_a_key_that_an_earlier_release_noted_too_soon_stays(world: World) -> None:
    case_id = opened(world)
    change(world, "INSERT INTO issuer_destroyed_keys SELECT subject_key, 1 FROM issuer_cases")
    assert finish(world) == 0
    assert opens(world, case_id)
    assert world.rows("issuer_destroyed_keys") == 0


@pytest.mark.parametrize("column", ["retain_until", "legal_hold"])
def test_what_changed_while_it_waited_is_not_erased(world: World, monkeypatch: pytest.MonkeyPatch, column: str) -> None:
    """The case was listed as due; it is held, or its term grew, before its row was locked."""
    case_id = opened(world)
    world.running.clock.forward(YEAR)
    real = erasing.lock_case

    def later(session: Any, name: str) -> IssuerCase | None:
        changed = f"retain_until = {world.now + 1}"
        if column == "legal_hold":
            changed = "legal_hold = 'audit', held_by = 'a', held_at = 1"
        session.connection().execute(text(f"UPDATE issuer_cases SET {changed}"))
        return real(session, name)

    monkeypatch.setattr(erasing, "lock_case", later)
    assert purge(world) == 0
    assert read_case(world.desk, case_id).case.erased_at is None
    monkeypatch.undo()
    change(world, "UPDATE issuer_cases SET retain_until = 1, legal_hold = NULL, held_by = NULL, held_at = NULL")
    assert purge(world) == 1


def test_a_case_of_before_there_were_keys_keeps_what_hangs_on_it(world: World) -> None:
    """Its comment is sealed under the person's key, which its own row does not name; another case of the person goes."""
    old, keeping = opened(world), world.running.services.keeping
    in_the_clear(world, old)
    assert world.post(f"/cases/{old}/comments", {"comment": "seen"}, world.reviewer).status_code == 201
    young = opened(world)
    change(world, "UPDATE issuer_cases SET retain_until = 1 WHERE id = :id", id=young)
    assert purge(world) == 1
    history = world.get(f"/cases/{old}/history", world.reviewer).json()
    assert [each["comment"] for each in history["comments"]] == ["seen"]
    change(world, "UPDATE issuer_cases SET retain_until = 1")
    assert purge(world) == 1
    assert keeping.keys.count() == 0, "the last row that names it takes it along"


def test_no_key_is_made_inside_a_transaction(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The issuer's database would be locked for as long as the other one takes."""
    store, keys, seen = world.desk.store, world.running.services.keeping.keys, []
    real, inside = keys.obtain, threading.local()  # the sequencer writes in a thread of its own

    def obtain(*args: Any, **more: Any) -> Any:
        seen.append(getattr(inside, "it", False))
        return real(*args, **more)

    run = store.run

    def watched(work: Any) -> Any:
        inside.it = True
        try:
            return run(work)
        finally:
            inside.it = False

    monkeypatch.setattr(keys, "obtain", obtain)
    monkeypatch.setattr(store, "run", watched)
    token = world.token()
    offer = world.offer(token)
    in_the_clear(world, offer.case_id)
    assert world.claim(offer, world.request().commitment, token).status_code == 201
    assert world.post(f"/cases/{offer.case_id}/comments", {"comment": "seen"}, world.reviewer).status_code == 201
    assert seen == [False] * 3


def test_a_held_case_keeps_its_vendors_result(world: World) -> None:
    case_id, services = opened(world), world.running.services
    case = read_case(world.desk, case_id).case
    number = sealing.vendor_reference(services.keeping, case)
    alias = services.keeping.keys.alias(Kind.REFERENCE, case.vendor.encode(), number.encode())
    for reference in (alias, "of-nobody"):
        result = IssuerVendorResult(vendor=case.vendor, reference=reference, standing="approved", updated_at=1)
        result.retain_until, result.legal_basis = 1, "legitimate-interest"
        with world.desk.store.transaction() as session:
            session.add(result)

    def gone() -> int:
        return erasing.purge_results(world.desk.store, services.keeping, now=world.now, limit=10)["vendor_results"]

    change(world, "UPDATE issuer_cases SET legal_hold = 'audit', held_by = 'a', held_at = 1")
    assert (gone(), gone(), world.rows("issuer_vendor_results")) == (1, 0, 1)
    path, second = f"/cases/{case_id}/orders", world.running.key_of("lifts.example", Scope.ISSUER_REVIEW)
    order = world.post(path, {"order": "lift"}, world.reviewer).json()
    assert world.post(f"{path}/{order['order_id']}/approval", {}, second).status_code == 200
    assert (gone(), world.rows("issuer_vendor_results")) == (1, 0)
    result = IssuerVendorResult(vendor=case.vendor, reference=alias, standing="approved", updated_at=1)
    result.retain_until, result.legal_basis = 1, "legitimate-interest"
    with world.desk.store.transaction() as session:
        session.add(result)
    assert world.post(f"/cases/{case_id}/hold", {"reason": "audit"}, world.reviewer).status_code == 200
    assert world.rows("issuer_vendor_results") == 1
    assert gone() == 0


def test_two_cases_that_were_erased_say_the_same(world: World) -> None:
    """An approval and a refusal, with and without a credential: nobody tells which was which."""
    token = world.token()
    offer = world.offer(token)
    assert world.claim(offer, world.request().commitment, token).status_code == 201
    world.running.clock.forward(600)
    other = world.open(world.token(FOR_REVIEW)).json()["case_id"]
    assert world.decide(other, "decline").status_code == 200
    change(world, "UPDATE issuer_cases SET retain_until = 86401")
    change(world, "UPDATE issuer_attestations SET retain_until = 1")
    assert purge(world) == 2
    random = {"id", "identity_tag", "evidence_digest", "evidence_salt", "evidence_commitment"}
    with world.desk.store.reading() as session:
        rows = session.connection().execute(text("SELECT * FROM issuer_cases")).mappings().all()
        (held,) = session.connection().execute(text("SELECT * FROM issuer_attestations")).mappings().all()
    first, second = ({name: value for name, value in row.items() if name not in random} for row in rows)
    assert first == second
    epoch = 28 * 86_400
    assert all(first[name] % epoch == 0 for name in ("created_at", "decided_at", "verified_at", "valid_until"))
    assert first["retain_until"] == 86_400
    assert (held["serial"], held["resets"], held["reset_day"]) == (1, 0, 0)
    assert held["issued_day"] == held["issued_epoch"] * 28
    assert world.running.services.ledger.verify().entries >= 0
