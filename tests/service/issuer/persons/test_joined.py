"""Are two persons whom one document leads to one: one live credential, and one ban, under either tag?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from credence.circuits.credential import DAY_SECONDS
from credence.service.issuer import identity, issuance
from credence.service.issuer.persons import records
from credence.service.sandbox.persons import LOW_RISK
from tests.service.issuer.persons.conftest import Persons
from tests.service.issuer.test_intake import problem

ONE = replace(LOW_RISK, document_number=LOW_RISK.document_number + "1")
OTHER = replace(LOW_RISK, document_number=LOW_RISK.document_number + "\u0661")
"""The same document, spelt so that the first version of the rules took it for two."""


@pytest.fixture
def two(persons: Persons, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """One person's two live credentials, of before the second version; and then the second version."""
    monkeypatch.setattr(identity, "VERSIONS", (1,))
    held = [persons.held(persons.world.secrets(), person).attestation_id for person in (ONE, OTHER)]
    monkeypatch.setattr(identity, "VERSIONS", (2, 1))
    assert [persons.lives(each) for each in held] == [[("live", 0)], [("live", 0)]]
    return held[0], held[1]


def test_what_is_issued_next_replaces_both(persons: Persons, two: tuple[str, str]) -> None:
    secrets = persons.world.secrets()
    persons.days(31)
    persons.held(secrets, ONE)  # from now on the second version's tag leads to the first of them
    assert [life for life, _ in persons.lives(two[1])] == ["live"], "no document led to both yet"
    again = persons.held(secrets, OTHER)
    for each in (*two, again.attestation_id):
        assert sorted(life for life, _ in persons.lives(each)) == ["live", "replaced", "replaced", "replaced"]
    assert persons.world.rows("issuer_person_joins") == 1


def test_a_ban_by_one_tag_is_of_the_other_too(persons: Persons, two: tuple[str, str]) -> None:
    world = persons.world
    for person in (ONE, OTHER):
        assert world.open(world.token(person)).json()["state"] == "approved"
    assert persons.ban(attestation_id=two[1]).status_code == 201
    for person in (ONE, OTHER):
        assert world.open(world.token(person)).json()["reasons"] == ["banned"]
    assert [life for life, _ in persons.lives(two[0])] == ["revoked", "revoked"], "nothing stays live under either"
    problem(persons.ban(attestation_id=two[0]), 409, "conflict")


def test_a_suspension_of_the_other_stands_in_the_way(persons: Persons, two: tuple[str, str]) -> None:
    persons.days(31)
    secrets = persons.world.secrets()
    persons.held(secrets, ONE)
    assert persons.suspend(two[1]).status_code == 201
    problem(persons.claimed(secrets, OTHER), 409, "credential-suspended")


def test_a_ban_is_found_by_a_case_that_was_issued_nothing(persons: Persons) -> None:
    world = persons.world
    case = world.open(world.token()).json()["case_id"]
    ban_id = persons.ban(case_id=case).json()["ban_id"]
    found = world.get(f"/cases/{case}/person", persons.first)
    assert (found.status_code, found.json()["issued"]) == (200, [])
    assert [ban["ban_id"] for ban in found.json()["bans"]] == [ban_id]
    problem(world.get("/cases/unknown/person", persons.first), 404, "not-found")


def test_joinings_are_followed_from_any_of_them(persons: Persons) -> None:
    names = [bytes([number]) * 32 for number in range(1, 6)]
    with persons.world.desk.store.transaction() as session:
        for one, other in ((0, 1), (1, 3), (2, 3)):
            session.add(records.IssuerPersonJoin(first=names[one], second=names[other]))
    with persons.world.desk.store.reading() as session:
        assert all(records.joined(session, name) == names[:4] for name in names[:4])
        assert records.joined(session, names[4]) == names[4:]


def test_a_lifted_credential_is_claimed_with_its_own_phrase_alone(persons: Persons, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a reviewer looks at resets: whoever else shows the offer moves nothing, and the holder's claim still works."""
    world, secrets = persons.world, persons.world.secrets()
    real = issuance.next_of
    monkeypatch.setattr(
        issuance,
        "next_of",
        lambda *args: real(*args[:-1], args[-1].model_copy(update={"reset_review": True})),
    )
    token = world.token()
    offer, request = world.offer(token), persons.request(secrets)
    attestation_id = world.claim(offer, request.commitment, token).json()["attestation_id"]
    persons.suspend(attestation_id)
    persons.lift(attestation_id)
    assert persons.lift(attestation_id, persons.other).json()["life"] == "lifted"
    persons.world.running.clock.forward(DAY_SECONDS)
    persons.renew_keys()
    before = world.history(offer.case_id)
    problem(world.claim(offer, persons.request(world.secrets()).commitment, token), 409, "conflict")
    assert world.history(offer.case_id) == before
    assert world.claim(offer, request.commitment, token).status_code == 201
