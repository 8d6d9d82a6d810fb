"""Does an opening take a logged warrant and enough trustees, does the service learn nothing, and can everybody count it?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.encoding import b64u, b64u_decode
from credence.circuits.escrow.opening import combine
from credence.circuits.merkle import leaf_hash, verify_inclusion
from credence.circuits.warrant import Notice, Share, unlock_part
from credence.service.app.housekeeping import sweep
from credence.service.auditor.records import SHARES_KEPT
from credence.service.auth import Scope, issue_key
from credence.service.settings import Settings
from tests.conftest import SeededBytes
from tests.service.auditor.conftest import AUTHORITY, READER, Office
from tests.service.conftest import NOW, Starter


def test_the_whole_way_of_an_opening(office: Office, rng: SeededBytes) -> None:
    warrant = office.warrant()
    posted = office.post(warrant)
    assert posted.status_code == 201, posted.text
    assert (posted.json()["entry_index"], posted.json()["shares"]) == (None, 0)
    assert office.post(warrant).status_code == 200
    early = office.hand_in(office.share(warrant, 1))
    assert (early.status_code, early.json()["detail"]) == (409, "The warrant is not in the log yet.")

    warrant_id = office.logged(warrant)
    state = office.state(warrant_id)
    checkpoint = office.running.services.ledger.checkpoint()
    proof = state["inclusion"]
    hashes = tuple(b64u_decode(each) for each in proof["proof"])
    verify_inclusion(leaf_hash(warrant.notice().leaf()), proof["index"], proof["size"], hashes, checkpoint.root)

    first, second = office.share(warrant, 1), office.share(warrant, 3)
    assert office.hand_in(first).json() == {"shares": 1, "threshold": 2}
    assert office.hand_in(first).status_code == 200  # again
    assert office.state(warrant_id)["opening_leaf"] is None
    assert office.hand_in(second).status_code == 201
    office.running.services.ledger.sequence()
    state = office.state(warrant_id)
    assert (state["shares"], state["opening_leaf"]) == (2, b64u(warrant.notice().opening_leaf()))
    assert state["opening_index"] is not None

    answered = office.ask("GET", f"/warrants/{warrant_id}/shares", key=office.key).json()["shares"]
    shares = [Share.parse(each) for each in answered]
    parts = [unlock_part(office.curve, share, READER) for share in shares]
    assert combine(office.curve, office.opening(warrant), parts, rng) == office.point
    office.running.services.ledger.verify()


def test_everybody_counts_and_the_log_has_what_is_counted(office: Office) -> None:
    opened, asked = office.warrant(), office.warrant(basis="another section")
    for warrant in (opened, asked):
        office.logged(warrant)
    for number in (1, 2, 3):
        assert office.hand_in(office.share(opened, number)).status_code == 201
    office.running.services.ledger.sequence()
    said = office.ask("GET", "/openings").json()
    assert (said["warrants"], said["openings"], len(said["page"])) == (2, 1, 2)
    for entry in said["page"]:
        notice = Notice.parse(entry["notice"])
        assert b64u(notice.leaf()) == entry["leaf"]
        found = office.running.services.ledger.entries(entry["entry_index"], 1)[0]
        assert found.leaf == notice.leaf()
        if entry["opening_index"] is not None:
            assert entry["shares"] == 3
            assert office.running.services.ledger.entries(entry["opening_index"], 1)[0].leaf == notice.opening_leaf()
    after = said["page"][0]["warrant_id"]
    assert [e["warrant_id"] for e in office.ask("GET", f"/openings?after={after}").json()["page"]] == [
        said["page"][1]["warrant_id"]
    ]
    # of whom they are about there is nothing, neither here nor in the database
    text = json.dumps(said)
    with office.running.services.store("auditor").reading() as session:
        rows = session.connection().exec_driver_sql("SELECT * FROM auditor_warrants").all()
    for secret in (opened.receipt, opened.presentation, opened.policy_hash, opened.E1, opened.E2, opened.nonce):
        assert b64u(secret) not in text
        assert all(secret not in (bytes(v) if isinstance(v, bytes | memoryview) else v for v in row) for row in rows)


def refused(response: Any, status: int, words: str) -> None:
    assert (response.status_code, words in response.json()["detail"]) == (status, True), response.text


def test_a_warrant_that_is_not_the_clients_own_is_refused(office: Office) -> None:
    assert office.post(office.warrant()).status_code == 201
    refused(office.post(office.warrant(authority="other.example")), 403, "in the name of the client")
    other = office.running.key_of("other.example", Scope.AUDITOR_WARRANTS)
    refused(office.post(office.warrant(), key=other), 403, "in the name of the client")


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"issued_at": NOW + 1}, 400, "within a day of its date"),
        ({"issued_at": NOW - 86_401}, 400, "within a day of its date"),
        ({"issued_at": NOW - 86_400, "expires_at": NOW}, 409, "has expired"),
        ({"trustees": "trustees.example/1"}, 400, "no such set of trustees"),
        ({"identity": bytes(32)}, 400, "malformed"),
    ],
)
def test_a_warrant_that_is_none_is_refused(office: Office, changes: dict[str, Any], status: int, words: str) -> None:
    assert office.post(office.warrant(issued_at=NOW - 86_400)).status_code == 201
    response = office.post(office.warrant(**changes))
    assert response.status_code == status, response.text
    assert words in response.text


def test_a_share_is_its_trustees_and_one(office: Office) -> None:
    warrant = office.warrant()
    office.logged(warrant)
    share = office.share(warrant, 1)
    forged = replace(share, index=2)
    assert office.hand_in(forged).status_code == 400
    assert office.hand_in(share, index=4).status_code == 400
    assert office.hand_in(share, signature=b64u(bytes(64))).status_code == 400
    assert office.hand_in(share).status_code == 201
    refused(office.hand_in(office.share(warrant, 1)), 409, "another share")
    elsewhere = office.ask("POST", f"/warrants/{b64u(bytes(32))}/shares", share.to_json())
    assert elsewhere.status_code == 400
    unknown = office.warrant()
    assert office.hand_in(office.share(unknown, 1)).status_code == 404


def test_a_share_for_a_warrant_that_has_expired_is_refused(office: Office) -> None:
    warrant = office.warrant(expires_at=NOW + 60)
    office.logged(warrant)
    office.running.clock.forward(59)
    assert office.hand_in(office.share(warrant, 1)).status_code == 201
    office.running.clock.forward(1)
    refused(office.hand_in(office.share(warrant, 2)), 409, "has expired")


def test_a_warrant_and_its_shares_are_one_authoritys(office: Office) -> None:
    warrant_id = office.logged(office.warrant())
    other = office.running.key_of("other.example", Scope.AUDITOR_WARRANTS)
    for path in (f"/warrants/{warrant_id}", f"/warrants/{warrant_id}/shares"):
        assert office.ask("GET", path, key=office.key).status_code == 200
        assert office.ask("GET", path, key=other).status_code == 404
        assert office.ask("GET", path).status_code == 401
    for junk in ("x", "A" * 43):
        assert office.ask("GET", f"/warrants/{junk}", key=office.key).status_code == 404


def test_a_transcript_in_which_somebody_lied_keeps_the_service_from_starting(
    installed: Settings, started: Starter, office: Office
) -> None:
    assert installed.trustee_dir is not None
    path = installed.trustee_dir / "set.json"
    transcript = json.loads(path.read_text())
    started(("auditor",))
    transcript["verdicts"].pop()
    path.write_text(json.dumps(transcript))
    with pytest.raises(Exception, match="trustee 3: no verdict"):
        started(("auditor",))


def test_shares_go_some_time_after_their_warrant_and_stay_counted(office: Office) -> None:
    warrant = office.warrant()
    warrant_id = office.logged(warrant)
    for number in (1, 2):
        assert office.hand_in(office.share(warrant, number)).status_code == 201
    services = office.running.services
    office.running.clock.now = warrant.expires_at + SHARES_KEPT
    with services.store("auth").transaction() as session:
        scopes, now = (Scope.AUDITOR_WARRANTS,), office.running.clock()
        later = issue_key(session, services.keyring, AUTHORITY, scopes, now=now, rng=services.rng, lifetime=3_600)
    office.key = later.key
    assert sweep(services)["opening-shares"] == 0
    assert len(office.ask("GET", f"/warrants/{warrant_id}/shares", key=office.key).json()["shares"]) == 2
    office.running.clock.now += 1
    assert sweep(services)["opening-shares"] == 2
    assert office.ask("GET", f"/warrants/{warrant_id}/shares", key=office.key).json()["shares"] == []
    assert office.state(warrant_id)["shares"] == 2
    assert office.ask("GET", "/openings").json()["openings"] == 1
