"""Is a person issued anew, with the same pseudonyms for the same phrase, others for another, and never two at once?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.credential import day_of
from credence.circuits.wire import Offer
from credence.service.issuer.desk import Desk
from credence.service.issuer.evidence import VerifiedEvidence
from credence.service.issuer.intake import open_case
from credence.service.issuer.issuance import Claim, claim_credential
from credence.service.issuer.persons import records
from credence.service.issuer.persons.records import IssuerPersonTag
from credence.service.sandbox.persons import ENHANCED_RISK
from credence.service.settings import Settings
from credence.service.store import insert_once
from tests.service.issuer.conftest import World
from tests.service.issuer.persons.conftest import Persons, lasting
from tests.service.issuer.test_intake import problem


def test_the_same_phrase_brings_the_same_secrets_back(persons: Persons) -> None:
    secrets = persons.world.secrets()
    first = persons.held(secrets)
    second = persons.held(secrets)
    assert second.secrets == first.secrets, "the same pseudonyms and the same use tags"
    assert (second.attributes["resets"], second.attributes["reset_day"]) == (0, 0)
    assert second.attestation_id != first.attestation_id
    assert second.leaf != first.leaf
    assert second.revocation_handle != first.revocation_handle
    assert persons.lives(first.attestation_id) == [("replaced", 0), ("live", 0)]
    assert persons.world.rows("issuer_revocations") == 1
    assert persons.world.rows("issuer_outbox WHERE kind = 'attestation'") == 2


def test_the_old_case_says_what_became_of_its_credential(persons: Persons) -> None:
    secrets, world = persons.world.secrets(), persons.world
    token = world.token()
    offer, request = world.offer(token), persons.request(secrets)
    assert world.claim(offer, request.commitment, token).status_code == 201
    persons.held(secrets)
    assert [step["what"] for step in world.history(offer.case_id)["steps"]] == ["opened", "issued", "replaced"]
    # and the repeat of the first claim brings nothing back
    assert problem(world.claim(offer, request.commitment, token), 409, "conflict") == "The credential is revoked."


def test_a_repeat_is_answered_with_the_same_credential_after_a_renewal_too(persons: Persons) -> None:
    world, secrets = persons.world, persons.world.secrets()
    persons.held(secrets)
    token = world.token()
    offer, request = world.offer(token), persons.request(secrets)
    first, second = (world.claim(offer, request.commitment, token) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert lasting(first) == lasting(second)
    assert world.rows("issuer_attestations") == 2


def test_another_phrase_is_a_reset_that_is_counted(persons: Persons) -> None:
    world = persons.world
    first = persons.held(world.secrets())
    persons.days(30)
    secrets = world.secrets()
    second = persons.held(secrets)
    assert (second.attributes["resets"], second.attributes["reset_day"]) == (1, day_of(world.now))
    assert second.secrets.nym_secret - secrets.nym_secret != first.secrets.nym_secret
    assert persons.lives(first.attestation_id) == [("replaced", 0), ("live", 1)]
    # the same phrase again is none, and says the day of the last one
    day = day_of(world.now)
    persons.days(3)
    third = persons.held(secrets)
    assert third.secrets == second.secrets
    assert (third.attributes["resets"], third.attributes["reset_day"]) == (1, day)


def test_a_reset_has_to_wait(persons: Persons) -> None:
    world, another = persons.world, persons.world.secrets()
    first = persons.held(world.secrets())
    persons.days(29)
    problem(persons.claimed(another), 409, "reset-refused")
    assert persons.lives(first.attestation_id) == [("live", 0)]
    persons.days(1)
    second = persons.held(another)
    persons.days(29)
    problem(persons.claimed(world.secrets()), 409, "reset-refused")
    persons.held(another)  # a renewal never has to wait, and moves nothing
    persons.days(1)
    assert persons.held(world.secrets()).attributes["resets"] == 2
    assert persons.lives(second.attestation_id) == [("replaced", 0), ("replaced", 1), ("replaced", 1), ("live", 2)]


def test_a_person_keeps_the_reset_that_was_refused(persons: Persons) -> None:
    """Another commitment through the very case that has a credential is refused, however long ago."""
    world, secrets = persons.world, persons.world.secrets()
    token = world.token()
    offer = world.offer(token)
    assert world.claim(offer, persons.request(secrets).commitment, token).status_code == 201
    problem(world.claim(offer, world.request().commitment, token), 409, "conflict")
    assert world.claim(offer, world.request(secrets).commitment, token).status_code == 409, "another blind, another point"


@pytest.mark.slow
def test_what_was_revoked_or_has_expired_is_issued_anew(persons: Persons) -> None:
    world, secrets = persons.world, persons.world.secrets()
    first = persons.held(secrets)
    body = {"attestation_id": first.attestation_id, "reason": "device-lost"}
    assert world.post("/revocations", body, persons.first).status_code == 201
    second = persons.held(secrets)
    persons.days(800)
    assert second.expiry_epoch * 28 < day_of(world.now)
    third = persons.held(secrets)
    assert first.secrets == second.secrets == third.secrets
    assert persons.lives(first.attestation_id) == [("revoked", 0), ("replaced", 0), ("live", 0)]


@pytest.mark.slow
def test_the_log_and_the_records_agree(persons: Persons) -> None:
    secrets = persons.world.secrets()
    for _ in range(3):
        persons.held(secrets)
    persons.sequence()
    report = persons.world.running.services.ledger.verify()
    assert report.waiting == 0


@pytest.mark.slow
def test_two_persons_have_nothing_to_do_with_each_other(persons: Persons) -> None:
    secrets = persons.world.secrets()
    one, other = persons.held(secrets), persons.held(secrets, ENHANCED_RISK)
    assert one.secrets.nym_secret != other.secrets.nym_secret
    assert persons.lives(one.attestation_id) == persons.lives(other.attestation_id) == [("live", 0)]


def test_who_was_known_by_an_older_rule_is_the_same_person(persons: Persons) -> None:
    """The tag of a person of before stays the person's, and every rule's tag of the document leads to it from now on."""
    world, secrets = persons.world, persons.world.secrets()
    document = world.desk.verify("vendor-jws", world.token().encode(), world.now).document
    newest, older = persons_tags(world, document)
    with world.desk.store.transaction() as session:
        assert insert_once(session, IssuerPersonTag(tag=older, tag_version=1, identity_tag=older))
    held = persons.held(secrets)
    assert persons.newest(held.attestation_id).identity_tag == older
    with world.desk.store.reading() as session:
        row = session.get(IssuerPersonTag, newest)
        assert row is not None
        assert (row.tag_version, row.identity_tag) == (2, older)


def persons_tags(world: World, document: Any) -> list[bytes]:
    from credence.service.issuer.identity import identity_tags

    return [tag.value for tag in identity_tags(world.desk.tags, document)]


@pytest.mark.slow
def test_nobody_is_known_without_a_tag(persons: Persons) -> None:
    world = persons.world
    document = world.desk.verify("vendor-jws", world.token().encode(), world.now).document
    from credence.service.issuer.identity import identity_tags

    tags = identity_tags(world.desk.tags, document)
    with world.desk.store.transaction() as session:
        assert records.find_person(session, tags) is None
        assert records.recognise(session, tags) == tags[0].value
        assert records.recognise(session, tags) == tags[0].value
        assert records.find_person(session, tags[1:]) == tags[0].value


class TestWithReview:
    """Where the desk wants to look at resets, and asks for no time between them."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"reset_review": True, "reset_interval_days": 0})

    def test_a_reset_waits_for_a_person(self, persons: Persons, tmp_path: Path) -> None:
        world, another = persons.world, persons.world.secrets()
        first = persons.held(world.secrets())
        token, request = world.token(), persons.request(another)
        offer = world.offer(token)
        problem(world.claim(offer, request.commitment, token), 409, "reset-refused")
        assert world.get(f"/cases/{offer.case_id}", world.operator).json()["state"] == "review"
        problem(world.claim(offer, request.commitment, token), 401, "unauthorized")
        decided = world.decide(offer.case_id, "approve", "spoke-to-the-holder")
        offer = Offer.parse(decided.json()["offer"])
        answer = world.claim(offer, request.commitment, token)
        assert answer.status_code == 201, answer.text
        assert persons.lives(first.attestation_id) == [("replaced", 0), ("live", 1)]
        what = [step["what"] for step in world.history(offer.case_id)["steps"]]
        assert what == ["opened", "reset-held", "decided", "issued"]

    @pytest.mark.slow
    def test_a_renewal_waits_for_nobody(self, persons: Persons) -> None:
        secrets = persons.world.secrets()
        assert persons.held(secrets).secrets == persons.held(secrets).secrets

    @pytest.mark.slow
    def test_a_case_that_was_declined_gives_nothing(self, persons: Persons) -> None:
        world = persons.world
        persons.held(world.secrets())
        token, request = world.token(), world.request()
        offer = world.offer(token)
        problem(world.claim(offer, request.commitment, token), 409, "reset-refused")
        assert world.decide(offer.case_id, "decline", "not-the-holder").status_code == 200
        problem(world.claim(offer, request.commitment, token), 401, "unauthorized")


def test_a_chip_that_says_the_same_each_time_opens_another_case_once_the_first_is_claimed(persons: Persons) -> None:
    """Evidence that repeats is known by its showing, so that a lost device is no end for who has nothing else."""
    world, secrets = persons.world, persons.world.secrets()
    desk = replace(world.desk, adapters={"chip": Chip(world.desk)})
    token = world.token().encode()

    def opened() -> tuple[Offer | None, bool]:
        view, is_new = open_case(desk, "chip", token, "operator.example")
        return view.offer, is_new

    def claimed(offer: Offer) -> bool:
        claim = Claim(offer.case_id, offer.secret, persons.request(secrets).commitment, "chip", token)
        return claim_credential(desk, claim)[1]

    (first, is_new), again = opened(), opened()
    assert first is not None
    assert (is_new, again) == (True, (first, False))
    assert claimed(first)
    second, is_new = opened()
    assert is_new
    assert second is not None
    assert second.case_id != first.case_id
    assert claimed(second)
    assert world.rows("issuer_attestations WHERE life = 'live'") == 1


class Chip:
    """The vendor's facts, as from a chip."""

    type = "chip"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def verify(self, token: bytes, now: int, received_at: int | None = None) -> VerifiedEvidence:
        return replace(self._desk.verify("vendor-jws", token, now, received_at), repeats=True)
