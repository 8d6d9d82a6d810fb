"""Does the database itself refuse a proposal that its own maker approves, and a second open one? Past every route."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from credence.service.app import tables
from credence.service.issuer.records import add_case
from credence.service.issuer.review.due.records import (
    IssuerDue,
    IssuerRound,
    IssuerShown,
    add_mark,
    announce,
    end_mark,
    rounds,
)
from credence.service.issuer.review.reasons import Cause, End, Happening, Kind, Reason, Standing
from credence.service.issuer.review.records import (
    MAX_SEALED_COMMENT,
    IssuerComment,
    IssuerProposal,
    IssuerStep,
    add_proposal,
    close_proposal,
)
from credence.service.store import Store, schema
from tests.service.databases import Database
from tests.service.issuer.test_records import case

NOW = 1_790_000_000


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    made = Store(database.empty())
    schema.upgrade(made.engine, tables())
    with made.transaction() as session:
        add_case(session, case())
    yield made
    made.close()


def proposal(**changes: Any) -> IssuerProposal:
    values: dict[str, Any] = {
        "id": os.urandom(18).hex(),
        "case_id": "case-1",
        "kind": "approve",
        "reason": "false-positive",
        "cleared": "[]",
        "standing": "open",
        "proposed_by": "first.example",
        "proposed_at": NOW,
    }
    return IssuerProposal(**{**values, **changes})


def closed(**changes: Any) -> IssuerProposal:
    approved = {"standing": "approved", "approved_by": "second.example", "closed_by": "second.example", "closed_at": NOW}
    return proposal(**{**approved, **changes})


def written(store: Store, row: Any) -> None:
    with store.transaction() as session:
        session.add(row)


def test_nobody_approves_their_own(store: Store) -> None:
    with pytest.raises(IntegrityError, match="four_eyes"):
        written(store, closed(approved_by="first.example", closed_by="first.example"))
    written(store, closed())


def test_nobody_approves_their_own_afterwards(store: Store) -> None:
    made = proposal()
    written(store, made)
    given = {"closed_by": "x", "closed_at": NOW}
    with pytest.raises(IntegrityError, match="four_eyes"), store.transaction() as session:
        close_proposal(session, made.id, Standing.APPROVED, approved_by="first.example", **given)
    with store.transaction() as session:
        assert close_proposal(session, made.id, Standing.APPROVED, approved_by="second.example", **given)
        assert not close_proposal(session, made.id, Standing.REJECTED, **given)


def test_a_case_has_one_open_proposal(store: Store) -> None:
    with store.transaction() as session:
        assert add_proposal(session, closed())
        assert add_proposal(session, proposal())
        assert not add_proposal(session, proposal())
        assert add_proposal(session, closed())
    with pytest.raises(IntegrityError):
        written(store, proposal())


def test_a_proposal_that_cannot_be(store: Store) -> None:
    wrong: list[dict[str, Any]] = [
        {"kind": "forgive"},
        {"reason": "friend-of-the-house"},
        {"standing": "held"},
        {"case_id": "case-9"},
        {"kyc_level": 4},
        {"risk_tier": "none"},
        {"approved_by": "second.example"},  # and open
        {"standing": "approved", "closed_at": NOW},  # by nobody
        {"standing": "rejected"},  # at no time
        {"closed_at": NOW},  # and open
    ]
    for changes in wrong:
        with pytest.raises(IntegrityError):
            written(store, proposal(**changes))
    written(store, proposal())


def test_a_step_that_cannot_be(store: Store) -> None:
    good: dict[str, Any] = {"case_id": "case-1", "number": 1, "what": "opened", "source": "received", "target": "approved"}
    good |= {"actor": "rules", "reasons": "", "at": NOW}
    wrong: list[dict[str, Any]] = [
        {"number": 0},
        {"what": "forgotten"},
        {"source": "open"},
        {"target": "open"},
        {"actor": "nobody"},
        {"case_id": "x"},
    ]
    for changes in wrong:
        with pytest.raises(IntegrityError):
            written(store, IssuerStep(**{**good, **changes}))
    written(store, IssuerStep(**good))
    with pytest.raises(IntegrityError):
        written(store, IssuerStep(**good))


def test_a_comment_that_cannot_be(store: Store) -> None:
    good: dict[str, Any] = {"case_id": "case-1", "number": 1, "author": "a.example", "at": NOW}
    good["comment"] = "x" * MAX_SEALED_COMMENT
    wrong: list[dict[str, Any]] = [
        {"comment": ""},
        {"comment": "x" * (MAX_SEALED_COMMENT + 1)},
        {"number": 0},
        {"case_id": "x"},
        {"proposal_id": "x"},
    ]
    for changes in wrong:
        with pytest.raises(IntegrityError):
            written(store, IssuerComment(**{**good, **changes}))
    written(store, IssuerComment(**good))


def test_a_case_is_due_once(store: Store) -> None:
    def mark(**changes: Any) -> IssuerDue:
        good: dict[str, Any] = {"id": os.urandom(18).hex(), "case_id": "case-1", "cause": "interval", "marked_at": NOW}
        good |= {"deadline": NOW, "lists": "{}", "ending": "open"}
        return IssuerDue(**{**good, **changes})

    for wrong in ({"cause": "x"}, {"ending": "x"}, {"ending": "shown"}, {"closed_at": NOW}, {"deadline": NOW - 1}):
        with pytest.raises(IntegrityError):
            written(store, mark(**wrong))
    first = mark()
    with store.transaction() as session:
        assert add_mark(session, first)
        assert not add_mark(session, mark())
        assert end_mark(session, first.id, End.SHOWN, NOW)
        assert not end_mark(session, first.id, End.LAPSED, NOW)
        assert add_mark(session, mark())


def test_the_same_evidence_counts_once(store: Store) -> None:
    def shown(**changes: Any) -> IssuerShown:
        good: dict[str, Any] = {"case_id": "case-1", "vendor": "v", "vendor_reference": "r", "shown_by": "desk.example"}
        good |= dict.fromkeys(("evidence_digest", "evidence_salt", "evidence_commitment"), b"e" * 32)
        return IssuerShown(**{**good, "shown_at": NOW, "outcome": "issued", **changes})

    for wrong in ({"evidence_digest": b"e"}, {"evidence_salt": b""}, {"evidence_commitment": b"e"}, {"outcome": "x"}):
        with pytest.raises(IntegrityError):
            written(store, shown(**wrong))
    written(store, shown())
    with pytest.raises(IntegrityError):
        written(store, shown())


def test_a_version_of_a_list_is_announced_once_at_its_latest(store: Store) -> None:
    with pytest.raises(IntegrityError):
        written(store, IssuerRound(list_name="un", digest="d", opened_at=NOW, deadline=NOW - 1))
    with store.transaction() as session:
        for at in (NOW, NOW + 5, NOW + 2):
            announce(session, "un", "d", opened_at=at, deadline=at + 9)
        announce(session, "un", "e", opened_at=NOW + 1, deadline=NOW + 1)
    with store.reading() as session:
        assert [(row.digest, row.opened_at, row.deadline) for row in rounds(session, limit=9)] == [
            ("d", NOW + 5, NOW + 14),
            ("e", NOW + 1, NOW + 1),
        ]


def test_the_database_knows_every_word_that_the_code_does(store: Store) -> None:
    """A migration writes its conditions out, and the code its lists: neither may forget the other's."""
    for kind in Kind:
        written(store, closed(kind=kind.value))
    for reason in Reason:
        written(store, closed(reason=reason.value))
    for standing in set(Standing) - {Standing.OPEN, Standing.APPROVED}:
        written(store, proposal(standing=standing.value, closed_at=NOW))
    good: dict[str, Any] = {"case_id": "case-1", "source": "received", "target": "approved", "actor": "pair", "reasons": ""}
    for number, what in enumerate(Happening, 1):
        written(store, IssuerStep(**good, number=number, what=what.value, at=NOW))
    row: dict[str, Any] = {"case_id": "case-1", "marked_at": NOW, "deadline": NOW, "lists": "{}", "closed_at": NOW}
    for cause in Cause:
        written(store, IssuerDue(**row, id=cause.value, cause=cause.value, ending="shown"))
    for ending in set(End) - {End.OPEN}:
        written(store, IssuerDue(**row, id=ending.value, cause="interval", ending=ending.value))
