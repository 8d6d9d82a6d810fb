"""Does the verifier publish every tariff and policy as it comes, once, in the log, and to everybody alike?"""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from credence.circuits.encoding import b64u, b64u_decode
from credence.circuits.policy import load_policy
from credence.circuits.verifier_rules import (
    RULES_LEAF,
    PublishedTariff,
    VerifierRules,
    check_rules_succession,
    marks_tree,
    policy_mark,
    verify_published,
)
from credence.circuits.wire import PresentationRequest
from credence.service.ledger import LedgerDamaged, post
from credence.service.verifier import records, tariff_versions
from credence.service.verifier.records import VerifierOutbox
from credence.service.verifier.rules import Rulebook, publish, publish_all, publishing, register
from credence.service.verifier.rules.records import every_edition
from credence.service.verifier.tariff import parse_tariff, shipped_tariff
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Venue, policy

AUDIENCE = "verifier.example/venue-a"


def sequence(venue: Venue) -> None:
    venue.desk.services.ledger.sequence()


def editions(venue: Venue) -> list[VerifierRules]:
    with venue.desk.store.reading() as session:
        return [VerifierRules.parse(json.loads(row.document)) for row in every_edition(session)]


def shown(venue: Venue) -> VerifierRules:
    response = venue.ask("GET", "/document", key=None)
    assert response.status_code == 200
    return VerifierRules.parse(response.json()["rules"])


def listed(venue: Venue, after: str = "") -> list[bytes]:
    answer = venue.ask("GET", f"/document/policies?after={after}", key=None)
    assert answer.status_code == 200
    return [b64u_decode(mark) for mark in answer.json()["marks"]]


def register_unseen(venue: Venue, monkeypatch: pytest.MonkeyPatch, version: int = 7) -> None:
    """Registers a version whose edition the log is not told of."""
    with monkeypatch.context() as without:
        without.setattr(publishing, "post", lambda *_, **__: None)
        assert venue.ask("PUT", "/policies/perp-standard", policy(version=version)).status_code == 201


def request_of(venue: Venue, session_id: str) -> PresentationRequest:
    response = venue.ask("GET", f"/sessions/{session_id}/request", key=None)
    assert response.status_code == 200, response.text
    return PresentationRequest.parse(response.json())


def test_every_policy_and_tariff_is_published_as_it_comes(venue: Venue) -> None:
    before = editions(venue)
    venue.register(policy(version=7))
    tariff = json.loads(shipped_tariff().canonical)
    changed = parse_tariff(json.dumps({**tariff, "version": str(int(tariff["version"]) + 1)}).encode())
    services = venue.desk.services
    venue.desk.store.run(lambda session: tariff_versions.announce(session, services, changed))
    found = editions(venue)
    assert len(found) == len(before) + 2
    for earlier, later in pairwise(found):
        check_rules_succession(earlier, later)
    assert [(each.name, each.version) for each in found[-1].tariffs] == [
        ("perp-default", shipped_tariff().version),
        ("perp-default", shipped_tariff().version + 1),
    ]
    assert found[-1].policies == found[-2].policies == before[-1].policies + 1


def test_what_changes_nothing_publishes_nothing(venue: Venue) -> None:
    before = editions(venue)
    assert venue.register().status_code == 200, "the version is there"
    assert not venue.desk.store.run(lambda session: publish_all(session, venue.desk.services))
    assert editions(venue) == before


def test_what_is_rolled_back_is_not_published(venue: Venue) -> None:
    before = editions(venue)

    def fail(session: Any) -> None:
        assert register(session, venue.desk.services, "venue-a", load_policy(policy(version=8)))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        venue.desk.store.run(fail)
    assert editions(venue) == before


def test_a_request_carries_the_proof(venue: Venue) -> None:
    opened = venue.open()
    for request in (opened, request_of(venue, opened.session_id)):
        assert request.published is not None
        asked = load_policy(request.policy)
        found = verify_published(request.published, request.audience, asked.digest, asked.tariff)
        assert found.rules == shown(venue)
    assert venue.answer(opened.session_id, venue.prove(opened)).json()["decision"] == "accepted"


def test_until_the_log_has_it_no_wallet_is_asked(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown(venue)
    register_unseen(venue, monkeypatch)
    assert shown(venue) == before, "what is shown is in the log"
    opened = venue.open()
    assert opened.published is None
    answer = venue.ask("GET", f"/sessions/{opened.session_id}/request", key=None)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    leaf = editions(venue)[-1].leaf()
    venue.desk.store.run(
        lambda session: post(session, VerifierOutbox, kind=RULES_LEAF, leaf=leaf, now=NOW, rng=venue.desk.services.rng)
    )
    sequence(venue)
    assert request_of(venue, opened.session_id).published is not None
    assert shown(venue).previous[0] == before.digest()


def test_the_list_leads_to_the_root(venue: Venue) -> None:
    venue.register(policy(version=7))
    rules, marks = shown(venue), listed(venue)
    assert (len(marks), marks_tree(marks).root()) == (rules.policies, rules.root)
    assert policy_mark(AUDIENCE, load_policy(policy(version=7)).digest) in marks
    assert listed(venue, b64u(marks[0])) == marks[1:]
    assert venue.ask("GET", "/document/policies?after=AAAA", key=None).status_code == 400


def test_editions_of_before_are_shown_with_their_policies(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    before, marks = shown(venue), listed(venue)
    venue.register(policy(version=7))
    for rules in (before, shown(venue)):
        digest = b64u(rules.digest())
        answer = venue.ask("GET", f"/document/editions/{digest}", key=None)
        assert answer.status_code == 200
        assert VerifierRules.parse(answer.json()["rules"]) == rules
        page = venue.ask("GET", f"/document/policies?edition={digest}", key=None).json()["marks"]
        assert marks_tree(map(b64u_decode, page)).root() == rules.root
    assert [b64u_decode(mark) for mark in page] == listed(venue) != marks
    above = venue.ask("GET", f"/document/policies?edition={digest}&after={page[0]}", key=None).json()["marks"]
    assert above == page[1:]
    register_unseen(venue, monkeypatch, version=8)
    waits = b64u(editions(venue)[-1].digest())
    for path in (f"editions/{waits}", f"policies?edition={waits}", f"editions/{'A' * 43}"):
        assert venue.ask("GET", f"/document/{path}", key=None).status_code == 404, "the log does not have it"
    assert venue.ask("GET", "/document/editions/AAAA", key=None).status_code == 400


def test_tariffs_stand_in_order_whatever_the_collation(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    tariff = json.loads(shipped_tariff().canonical)
    services, store = venue.desk.services, venue.desk.store
    other = parse_tariff(json.dumps({**tariff, "version": str(int(tariff["version"]) + 1)}).encode())
    found = records.every_tariff_version
    monkeypatch.setattr(records, "every_tariff_version", lambda session: found(session)[::-1])
    store.run(lambda session: tariff_versions.announce(session, services, other))
    versions = [each.version for each in editions(venue)[-1].tariffs]
    assert versions == [shipped_tariff().version, shipped_tariff().version + 1]


def test_more_policies_than_an_edition_may_have_are_refused(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    before = editions(venue)
    with monkeypatch.context() as full:
        full.setattr(publishing, "MAX_POLICIES", before[-1].policies)
        answer = venue.ask("PUT", "/policies/perp-standard", policy(version=7))
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/conflict")
        assert editions(venue) == before
    assert venue.register(policy(version=7)).status_code == 201


def test_what_nobody_could_read_back_is_not_written(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    before, tariff = editions(venue), PublishedTariff("perp-default", 1, bytes(32), 0)
    with monkeypatch.context() as broken:
        broken.setattr(publishing, "_tariffs", lambda *_: (tariff, tariff))
        assert venue.ask("PUT", "/policies/perp-standard", policy(version=7)).status_code == 409
        assert editions(venue) == before
    assert venue.register(policy(version=7)).status_code == 201


def test_a_key_that_comes_back_makes_editions_of_its_own(venue: Venue) -> None:
    services, store, count = venue.desk.services, venue.desk.store, len(editions(venue))
    for verifier_id in ("other.example", "verifier.example", "other.example", "verifier.example"):
        named = replace(services, settings=services.settings.model_copy(update={"verifier_id": verifier_id}))
        assert store.run(lambda session, named=named: publish(session, named))  # type: ignore[misc]
    found = editions(venue)
    assert len({rules.digest() for rules in found}) == count + 4
    assert all(later.previous[0] == earlier.digest() for earlier, later in pairwise(found))


def test_a_venue_registers_so_many_versions_a_day(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "MAX_NEW", 2)
    with venue.desk.store.reading() as session:
        assert records.policies_since(session, "venue-a", NOW - publishing.DAY) == 1
    assert venue.register(policy(version=7)).status_code == 201
    before = editions(venue)
    answer = venue.ask("PUT", "/policies/perp-standard", policy(version=8))
    assert (answer.status_code, answer.json()["type"]) == (429, "/problems/rate-limited")
    assert editions(venue) == before
    assert venue.register(policy(version=7)).status_code == 200, "what is there already costs nothing"


def test_requests_do_not_wait_for_another_that_reads(venue: Venue) -> None:
    rules = venue.desk.rules
    before = shown(venue)
    done = threading.Event()
    with rules._lock:  # another thread takes an edition up
        reader = threading.Thread(target=lambda: (rules.rules() == before and done.set(), None)[1])
        reader.start()
        assert done.wait(10), "what is the newest is shown without the lock"
    reader.join(10)


def test_another_process_shows_the_same(venue: Venue) -> None:
    other = Rulebook(venue.desk.services, venue.desk.store)
    assert other.rules() == shown(venue)
    venue.register(policy(version=7))
    assert other.rules() == shown(venue) == editions(venue)[-1]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM verifier_policy_marks WHERE number = (SELECT max(number) FROM verifier_policy_marks)",
        "UPDATE verifier_rules_editions SET document = '{}' WHERE number = (SELECT max(number) FROM verifier_policy_marks)",
    ],
)
def test_an_audit_notices_what_is_changed(venue: Venue, statement: str) -> None:
    ledger = venue.desk.services.ledger
    venue.register(policy(version=7))
    ledger.verify()
    with venue.desk.store.transaction() as session:
        assert session.connection().exec_driver_sql(statement).rowcount == 1
    with pytest.raises(LedgerDamaged):
        ledger.verify()


def test_an_audit_notices_what_the_log_was_never_told(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    venue.desk.services.ledger.verify()
    register_unseen(venue, monkeypatch)
    with pytest.raises(LedgerDamaged):
        venue.desk.services.ledger.verify()


@pytest.mark.slow
def test_policies_that_come_at_once_are_all_published(venue: Venue) -> None:
    barrier, count = threading.Barrier(8), len(editions(venue))

    def come(number: int) -> None:
        barrier.wait()
        found = load_policy(policy(name=f"p-{number}"))
        venue.desk.store.run(lambda session: register(session, venue.desk.services, "venue-a", found))

    threads = [threading.Thread(target=come, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    sequence(venue)
    found = editions(venue)
    assert len(found) == count + 8
    for earlier, later in pairwise(found):
        check_rules_succession(earlier, later)
    assert marks_tree(listed(venue)).root() == found[-1].root == shown(venue).root
