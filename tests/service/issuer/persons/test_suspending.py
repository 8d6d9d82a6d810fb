"""Does a suspension take a credential away at once, and bring its secrets back when two persons lift it, never before?"""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from credence.circuits.wire import Offer
from credence.service.auth import Scope, revoke
from credence.service.issuer.persons.records import IssuerSuspension
from credence.service.sandbox.persons import ENHANCED_RISK
from tests.service.issuer.persons.conftest import Persons, lasting
from tests.service.issuer.test_intake import problem


def test_a_suspension_revokes_and_lifting_it_issues_the_same_secrets_without_new_evidence(persons: Persons) -> None:
    world, secrets = persons.world, persons.world.secrets()
    token, request = world.token(), persons.request(secrets)
    offer = world.offer(token)
    first = persons.accept(world.claim(offer, request.commitment, token), secrets, request.blind)
    suspended = persons.suspend(first.attestation_id)
    assert suspended.status_code == 201, suspended.text
    assert suspended.json() == {
        "attestation_id": first.attestation_id,
        "life": "suspended",
        "reason": "device-stolen",
        "suspended_by": "revoker.example",
        "suspended_at": world.now,
        "asked_by": None,
        "lifted_by": None,
    }
    assert world.rows("issuer_revocations") == 1, "verifiers refuse it as a revoked one"
    problem(world.claim(offer, request.commitment, token), 409, "credential-suspended")
    problem(persons.claimed(secrets), 409, "credential-suspended")
    problem(persons.claimed(world.secrets()), 409, "credential-suspended")

    asked = persons.lift(first.attestation_id)
    assert (asked.status_code, asked.json()["asked_by"], asked.json()["offer"]) == (200, "revoker.example", None)
    problem(persons.lift(first.attestation_id), 409, "four-eyes-required")
    problem(world.claim(offer, request.commitment, token), 409, "credential-suspended")
    lifted = persons.lift(first.attestation_id, persons.other).json()
    assert (lifted["life"], lifted["asked_by"], lifted["lifted_by"]) == ("lifted", "revoker.example", "other.example")
    assert Offer.parse(lifted["offer"]) == offer

    answer = world.claim(offer, request.commitment, token)
    assert answer.status_code == 201, answer.text
    second = persons.accept(answer, secrets, request.blind)
    assert second.secrets == first.secrets
    assert second.revocation_handle != first.revocation_handle
    again = world.claim(offer, request.commitment, token)
    assert (again.status_code, lasting(again)) == (200, lasting(answer))
    assert persons.lives(first.attestation_id) == [("lifted", 0), ("live", 0)]
    what = [step["what"] for step in world.history(offer.case_id)["steps"]]
    assert what == ["opened", "issued", "suspended", "lift-asked", "lifted", "issued"]


@pytest.mark.slow
def test_another_wallet_gets_nothing_through_the_case_that_was_lifted(persons: Persons) -> None:
    world, secrets = persons.world, persons.world.secrets()
    token, request = world.token(), persons.request(secrets)
    offer = world.offer(token)
    first = persons.accept(world.claim(offer, request.commitment, token), secrets, request.blind)
    persons.suspend(first.attestation_id)
    for key in (persons.first, persons.other):
        persons.lift(first.attestation_id, key)
    problem(world.claim(offer, world.request().commitment, token), 409, "conflict")
    assert world.claim(offer, request.commitment, token).status_code == 201


@pytest.mark.slow
def test_what_was_lifted_is_issued_through_a_new_case_once_the_evidence_is_old(persons: Persons) -> None:
    world, secrets = persons.world, persons.world.secrets()
    first = persons.held(secrets)
    persons.suspend(first.attestation_id)
    persons.days(400)
    for key in (persons.first, persons.other):
        answer = persons.lift(first.attestation_id, key)
    assert (answer.json()["life"], answer.json()["offer"]) == ("lifted", None)
    assert persons.held(secrets).secrets == first.secrets
    assert persons.lives(first.attestation_id) == [("lifted", 0), ("live", 0)]
    assert world.rows("issuer_revocations") == 1


@pytest.mark.slow
def test_what_cannot_be_suspended_or_lifted(persons: Persons) -> None:
    world = persons.world
    held = persons.held(world.secrets())
    problem(persons.lift(held.attestation_id), 409, "conflict")
    problem(persons.suspend("0" * 32), 404, "not-found")
    problem(persons.lift("0" * 32), 404, "not-found")
    assert persons.suspend(held.attestation_id, key=world.operator).status_code == 403
    assert persons.suspend(held.attestation_id, reason="Device stolen").status_code == 400
    assert persons.suspend(held.attestation_id).status_code == 201
    problem(persons.suspend(held.attestation_id), 409, "conflict")
    body = {"attestation_id": held.attestation_id, "reason": "device-lost"}
    problem(world.post("/revocations", body, persons.first), 409, "conflict")
    for key in (persons.first, persons.other):
        assert persons.lift(held.attestation_id, key).status_code == 200
    problem(persons.lift(held.attestation_id), 409, "conflict")


@pytest.mark.slow
def test_what_somebody_asked_who_may_no_more_does_not_count(persons: Persons) -> None:
    world = persons.world
    held = persons.held(world.secrets())
    persons.suspend(held.attestation_id)
    third = world.running.key_of("third.example", Scope.ISSUER_REVOKE)
    assert persons.lift(held.attestation_id, third).status_code == 200
    with world.running.services.store("auth").transaction() as session:
        revoke(session, third.split("_")[1], now=world.now)
    assert persons.lift(held.attestation_id).json()["life"] == "suspended", "the first again"
    assert persons.lift(held.attestation_id, persons.other).json()["life"] == "lifted"


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"lifted_by": "one", "lifted_at": 3},
        {"asked_by": "one", "asked_at": 2, "lifted_by": "one", "lifted_at": 3},
        {"asked_by": "one"},
        {"lifted_at": 3},
    ],
    ids=["nobody asked", "alone", "no time", "nobody"],
)
def test_the_database_lets_nobody_lift_alone(persons: Persons, changes: dict[str, object]) -> None:
    one, other = persons.held(persons.world.secrets()), persons.held(persons.world.secrets(), ENHANCED_RISK)
    made = {"reason": "device-stolen", "suspended_by": "one", "suspended_at": 1}
    with pytest.raises(IntegrityError), persons.world.desk.store.transaction() as session:
        session.add(IssuerSuspension(attestation_id=one.attestation_id, **made, **changes))
    with persons.world.desk.store.transaction() as session:
        two = {"asked_by": "one", "asked_at": 2, "lifted_by": "two", "lifted_at": 3}
        session.add(IssuerSuspension(attestation_id=other.attestation_id, **made, **two))


def test_a_person_has_one_live_credential_whoever_writes(persons: Persons) -> None:
    secrets = persons.world.secrets()
    first = persons.held(secrets)
    persons.held(secrets)
    with pytest.raises(IntegrityError), persons.world.desk.store.transaction() as session:
        session.connection().execute(
            text("UPDATE issuer_attestations SET life = 'live' WHERE id = :id"), {"id": first.attestation_id}
        )
