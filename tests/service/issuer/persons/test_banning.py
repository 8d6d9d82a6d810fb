"""Does a ban hold against another phrase, another vendor's result and another spelling, until it ends or two lift it?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from credence.circuits.credential import DAY_SECONDS
from credence.service.issuer.persons.records import IssuerBan
from credence.service.sandbox.persons import ENHANCED_RISK, FOR_REVIEW, LOW_RISK
from tests.service.issuer.persons.conftest import Persons
from tests.service.issuer.test_intake import problem

SPELT = replace(LOW_RISK, document_number=f" {LOW_RISK.document_number.lower()[:3]}-{LOW_RISK.document_number.lower()[3:]}")


def test_a_ban_survives_every_way_back(persons: Persons) -> None:
    world, secrets = persons.world, persons.world.secrets()
    token, waiting = world.token(), world.token()
    offers = [world.offer(each) for each in (token, waiting)]
    request = persons.request(secrets)
    held = persons.accept(world.claim(offers[0], request.commitment, token), secrets, request.blind)
    banned = persons.ban(attestation_id=held.attestation_id)
    assert banned.status_code == 201, banned.text
    assert (banned.json()["banned_by"], banned.json()["until"]) == ("revoker.example", None)
    assert banned.json()["revoked"] == held.attestation_id
    assert persons.lives(held.attestation_id) == [("revoked", 0)]
    # an offer of before, whatever the phrase, and the claim that was answered before
    for each in (secrets, world.secrets()):
        problem(world.claim(offers[1], persons.request(each).commitment, waiting), 401, "unauthorized")
    problem(world.claim(offers[0], request.commitment, token), 401, "unauthorized")
    # new cases, also of another spelling: declined, with the reason for staff alone
    for person in (LOW_RISK, SPELT):
        case = world.open(world.token(person)).json()
        assert (case["state"], case["reasons"], case["offer"]) == ("declined", ["banned"], None)
        problem(world.propose(case["case_id"], "approve", "risk-accepted"), 409, "conflict")
        problem(world.propose(case["case_id"], "reopen", "additional-evidence"), 409, "conflict")
    assert world.open(world.token(ENHANCED_RISK)).json()["state"] == "approved", "nobody else"


def test_a_case_that_waits_is_not_approved(persons: Persons) -> None:
    world = persons.world
    case_id = world.open(world.token(FOR_REVIEW)).json()["case_id"]
    banned = persons.ban(case_id=case_id)
    assert (banned.status_code, banned.json()["revoked"]) == (201, None)
    problem(world.propose(case_id, "approve", "false-positive"), 409, "conflict")
    assert [step["what"] for step in world.history(case_id)["steps"]] == ["opened", "banned"]
    assert world.decide(case_id, "decline").status_code == 200


def test_two_lift_a_ban_and_what_it_revoked_stays_revoked(persons: Persons) -> None:
    world, secrets = persons.world, persons.world.secrets()
    first = persons.held(secrets)
    ban_id = persons.ban(attestation_id=first.attestation_id).json()["ban_id"]
    assert persons.unban(ban_id).json()["asked_by"] == "revoker.example"
    problem(persons.unban(ban_id), 409, "four-eyes-required")
    assert world.open(world.token()).json()["state"] == "declined", "one alone lifts nothing"
    ended = persons.unban(ban_id, persons.other).json()
    assert (ended["lifted_by"], ended["ended_at"]) == ("other.example", world.now)
    problem(persons.unban(ban_id), 409, "conflict")
    assert persons.held(secrets).secrets == first.secrets
    assert persons.lives(first.attestation_id) == [("revoked", 0), ("live", 0)]


@pytest.mark.slow
def test_a_ban_ends_with_its_time_and_another_may_follow(persons: Persons) -> None:
    world = persons.world
    first = persons.held(world.secrets())
    until = world.now + DAY_SECONDS
    problem(persons.ban(attestation_id=first.attestation_id, until=world.now), 400, "malformed")
    ban_id = persons.ban(attestation_id=first.attestation_id, until=until).json()["ban_id"]
    problem(persons.ban(attestation_id=first.attestation_id), 409, "conflict")
    assert world.open(world.token()).json()["state"] == "declined"
    persons.days(1)
    problem(persons.unban(ban_id), 409, "conflict")
    assert world.open(world.token()).json()["state"] == "approved"
    assert persons.ban(attestation_id=first.attestation_id).status_code == 201
    bans = persons.person(first.attestation_id)["bans"]
    assert [(ban["until"], ban["ended_at"], ban["lifted_by"]) for ban in bans] == [(until, until, None), (None, None, None)]


@pytest.mark.slow
def test_what_cannot_be_banned_or_lifted(persons: Persons) -> None:
    problem(persons.ban(case_id="unknown"), 404, "not-found")
    problem(persons.ban(attestation_id="0" * 32), 404, "not-found")
    problem(persons.unban("unknown"), 404, "not-found")
    problem(persons.ban(), 400, "malformed")
    problem(persons.ban(case_id="a", attestation_id="b"), 400, "malformed")
    assert persons.ban(key=persons.world.reviewer, case_id="a").status_code == 403


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"lifted_by": "one", "ended_at": 9},
        {"asked_by": "one", "asked_at": 8, "lifted_by": "one", "ended_at": 9},
        {"asked_by": "one", "asked_at": 8, "lifted_by": "two"},
        {"until": 1},
        {"identity_tag": b"short"},
        {"id": "second"},
    ],
    ids=["nobody asked", "alone", "not over", "over at once", "no tag", "a second one in force"],
)
def test_the_database_knows_what_a_ban_is(persons: Persons, changes: dict[str, object]) -> None:
    made = {"id": "first", "identity_tag": b"t" * 32, "reason": "forged-document", "banned_by": "one", "banned_at": 1}
    store = persons.world.desk.store
    if "id" in changes:
        with store.transaction() as session:
            session.add(IssuerBan(**made))
    with pytest.raises(IntegrityError), store.transaction() as session:
        session.add(IssuerBan(**{**made, **changes}))
    with store.transaction() as session:
        whole = {"asked_by": "one", "asked_at": 8, "lifted_by": "two", "ended_at": 9, "id": "third"}
        session.add(IssuerBan(**{**made, **whole}))
