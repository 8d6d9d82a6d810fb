"""Can two reviewers decide from the command line, and is whoever is due found, told, and revoked where nobody comes?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from credence.sdk.calls.reviews import Due, Waiting
from credence.service.cli.opening import opened
from credence.service.clock import system_clock
from credence.service.sandbox.persons import FOR_REVIEW, LISTED, LOW_RISK
from tests.service.cli.conftest import PASSPHRASE, Outcome, Run, Service, started
from tests.service.issuer.review.test_telling import marked
from tests.service.issuer.test_records import case


def submitted(run: Run, service: Service, person: Any, *more: object) -> Any:
    where = ("--url", service.url, "--api-key-file", service.desk_key)
    return run("issuer", "submit", "--evidence", service.evidence(person), *where, *more, "--json").json


class Reviewers:
    """Two people with a key each, and what they think."""

    def __init__(self, run: Run, service: Service, room: Path) -> None:
        self._run, self._service = run, service
        self.comment = room / "comment.txt"
        self.comment.write_text("compared with the vendor's file\n")

    def by(self, number: int, *words: object) -> Outcome:
        where = ("--url", self._service.url, "--api-key-file", self._service.reviewer_keys[number])
        return self._run("issuer", *words, *where)

    def propose(self, case_id: str, decision: str, reason: str, *more: object) -> Outcome:
        given = ("--reason", reason, "--comment-file", self.comment)
        return self.by(0, "propose", case_id, decision, *given, *more, "--json")


@pytest.fixture
def reviewers(run: Run, service: Service, room: Path) -> Reviewers:
    return Reviewers(run, service, room)


def test_a_hit_is_cleared_by_two(run: Run, service: Service, reviewers: Reviewers, room: Path) -> None:
    case_id = submitted(run, service, LISTED)["case_id"]
    bare = reviewers.propose(case_id, "approve", "false-positive")
    assert bare.code == 1
    assert "every entry" in bare.complaint
    proposed = reviewers.propose(case_id, "approve", "false-positive", "--clear", "invented:D-1001", "--tier", "enhanced")
    assert proposed.code == 0, proposed.err
    assert (proposed.json["standing"], proposed.json["proposed_by"]) == ("open", "first.example")
    proposal_id = proposed.json["proposal_id"]
    waiting = reviewers.by(1, "reviews", "waiting", "--json").json
    assert proposal_id in {item["proposal_id"] for item in waiting["proposals"]}
    assert proposal_id in reviewers.by(1, "reviews", "waiting").out
    own = reviewers.by(0, "approve", case_id, proposal_id)
    assert own.code == 1
    assert "does not approve" in own.complaint
    approved = reviewers.by(1, "approve", case_id, proposal_id, "--offer-file", room / "offer.json", "--json")
    assert (approved.json["state"], approved.json["risk_tier"]) == ("approved", "enhanced")
    assert json.loads((room / "offer.json").read_text())["case_id"] == case_id
    assert reviewers.by(0, "comment", case_id, "--comment-file", reviewers.comment).code == 0
    told = reviewers.by(0, "history", case_id)
    assert "declined to approved" in told.out
    assert told.out.count("compared with the vendor's file") == 2
    found = reviewers.by(0, "history", case_id, "--json").json
    assert [step["what"] for step in found["steps"]] == ["opened", "proposed", "overridden"]


def test_a_declined_case_is_opened_again(run: Run, service: Service, reviewers: Reviewers) -> None:
    case_id = submitted(run, service, FOR_REVIEW)["case_id"]
    assert reviewers.by(0, "decide", case_id, "decline", "--reason", "no-answer").code == 0
    again = ("reopen", case_id, "--reason", "decided-in-error", "--comment-file", reviewers.comment, "--json")
    withdrawn = reviewers.by(0, "reject", case_id, reviewers.by(0, *again).json["proposal_id"], "--json")
    assert withdrawn.json["standing"] == "withdrawn"
    rejected = reviewers.by(1, "reject", case_id, reviewers.by(0, *again).json["proposal_id"])
    assert "rejected" in rejected.out
    case = reviewers.by(1, "approve", case_id, reviewers.by(0, *again).json["proposal_id"], "--json").json
    assert case["state"] == "review"


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("forgive", "--reason", "risk-accepted"), "approve, decline, change, reopen"),
        (("approve", "--reason", "because"), "the reason"),
        (("approve", "--reason", "false-positive", "--tier", "none"), "the reason"),
        (("approve", "--reason", "false-positive", "--clear", "no-entry"), "LIST:ENTRY"),
    ],
)
def test_bad_usage(words: tuple[str, ...], complaint: str, run: Run, room: Path) -> None:
    (room / "comment.txt").write_text("x")
    outcome = run(
        "issuer", "propose", "a-case", *words, "--comment-file", room / "comment.txt", "--url", "http://127.0.0.1:9"
    )
    assert outcome.code == 2
    assert complaint in outcome.complaint


def test_everybody_who_is_due_is_listed(run: Run, data: Path) -> None:
    with opened(data) as services, services.store("issuer").transaction() as session:
        session.add_all([case(id=f"case-{at}", state="issued", identity_tag=b"%032d" % at) for at in range(1_050)])
        session.flush()
        session.add_all([marked(at) for at in range(1_050)])
    due = run("issuer", "reviews", "due", "--json").json["due"]
    assert [item["case_id"] for item in due] == [f"case-{at}" for at in range(1_050)]


def test_what_waits_is_asked_for_to_the_end(run: Run, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    class Desk:
        def __init__(self, *_given: object, **_more: object) -> None: ...

        def waiting(self, limit: int, due_after: str | None = None) -> Waiting:
            asked.append((limit, due_after))
            at = len(asked)
            return Waiting((), (), (Due(f"case-{at}", "interval", 1, 2),), f"2.{at}" if at < 3 else None)

    monkeypatch.setattr("credence.sdk.Onboarding", Desk)
    (room / "desk.key").write_text("planted")
    found = run("issuer", "reviews", "waiting", "--url", "http://127.0.0.1:9", "--api-key-file", room / "desk.key", "--json")
    assert [item["case_id"] for item in found.json["due"]] == ["case-1", "case-2", "case-3"]
    assert asked == [(200, None), (200, "2.1"), (200, "2.2")]


@pytest.fixture
def own_service(made: Path, tmp_path: Path) -> Iterator[Service]:
    """One that nobody else has credentials of: who is overdue is revoked."""
    (tmp_path / "own").mkdir()
    with started(made, tmp_path / "own") as found:
        yield found


@pytest.mark.slow
def test_who_is_due_is_told_comes_or_is_revoked(
    run: Run, own_service: Service, room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list is imported beside the running service: whoever was searched for before is due, in a vault and on the desk."""
    service, where = own_service, ("--data-dir", own_service.data)
    wallet = ("--vault", room / "my.vault", "--passphrase-file", room / "passphrase")
    (room / "passphrase").write_text(PASSPHRASE)
    assert run("wallet", "create", *wallet).code == 0
    evidence = service.evidence(LOW_RISK)
    at_desk = ("--url", service.url, "--api-key-file", service.desk_key)
    run("issuer", "submit", "--evidence", evidence, "--offer-file", room / "offer.json", *at_desk)
    case_id = json.loads((room / "offer.json").read_text())["case_id"]
    given = ("--offer", room / "offer.json", "--evidence", evidence, "--issuer-document", service.document)
    received = run("wallet", "receive", *wallet, *given, "--url", service.url)
    assert received.code == 0, received.err
    reviews = ("wallet", "reviews", *wallet, "--issuer", "issuer.localhost", "--url", service.url, "--json")
    (before,) = run(*reviews).json["reviews"]
    assert (before["deadline"], before["asked"]) == (None, False)
    # a list that this installation did not have
    nobody = {"id": "N", "kind": "individual", "names": ["Nobody Atall"]}
    (room / "own.json").write_text(json.dumps({"type": "credence/screening-list/1", "version": "1", "entries": [nobody]}))
    monkeypatch.setenv("CREDENCE_SCREENING_LISTS", "")
    imported = run("issuer", "lists", "import", "own", room / "own.json", *where, "--json")
    assert imported.code == 0, imported.err
    assert imported.json["holders_due"] == 1
    due = run("issuer", "reviews", "due", *where, "--json").json["due"]
    assert (case_id, "list-changed") in {(item["case_id"], item["cause"]) for item in due}
    assert case_id in run("issuer", "reviews", "due", *where).out
    (told,) = run(*reviews).json["reviews"]
    assert (told["cause"], told["asked"]) == ("list-changed", True)
    assert "show evidence again before" in run(*reviews[:-1]).err
    # the running service has not read the new list yet
    shown = run("issuer", "show-again", case_id, "--evidence", service.evidence(LOW_RISK), *at_desk)
    assert shown.code != 0
    dry = run("issuer", "reviews", "run", "--dry-run", *where, "--json").json
    assert (dry["due"], dry["revoked"], dry["dry_run"]) == (0, 0, True)
    # a month later
    later = system_clock() + 31 * 86_400
    monkeypatch.setattr("credence.service.clock.system_clock", lambda: later)
    assert run("issuer", "reviews", "run", "--dry-run", *where, "--json").json["revoked"] == 1
    assert "revoked" in run("issuer", "reviews", "run", *where).out
    assert run("issuer", "cases", case_id, *where, "--json").json["state"] == "declined"
    assert run("issuer", "reviews", "run", *where, "--json").json["revoked"] == 0
