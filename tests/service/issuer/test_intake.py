"""Does evidence become the case that it should, once, and does a person decide where the rules do not?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from credence.circuits.wire import Offer
from credence.service.auth import Scope
from credence.service.sandbox.persons import ENHANCED_RISK, FOR_REVIEW, LISTED, LOW_RISK, Person
from credence.service.sandbox.vendor import Vendor
from credence.service.screening.results import MATCHER
from tests.conftest import SeededBytes
from tests.service.issuer.conftest import World, evidence


def problem(answer: Any, status: int, slug: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"/problems/{slug}"
    return str(answer.json().get("detail"))


@pytest.mark.parametrize(
    ("person", "state", "level", "tier", "reason", "matches"),
    [
        (LOW_RISK, "approved", 3, "low", "nothing-weighs", []),
        (ENHANCED_RISK, "approved", 2, "enhanced", "pep-yes", []),
        (FOR_REVIEW, "review", 2, "low", "sanctions-review", [("D-1002", "review", "birth-date-differs")]),
        (LISTED, "declined", None, None, "sanctions-hit", [("D-1001", "hit", "birth-date-agrees")]),
    ],
)
def test_each_person_goes_its_way(
    world: World, person: Person, state: str, level: int | None, tier: str | None, reason: str, matches: list[Any]
) -> None:
    answer = world.open(world.token(person))
    assert answer.status_code == 201
    case = answer.json()
    assert (case["state"], case["kyc_level"], case["risk_tier"]) == (state, level, tier)
    assert reason in case["reasons"]
    found = case["screening"]["matches"]
    assert [(match["entry_id"], match["band"], match["reasons"][1]) for match in found] == matches
    assert case["screening"]["matcher"] == MATCHER
    (searched,) = case["screening"]["lists"]
    assert (searched["name"], searched["version"], len(searched["digest"])) == ("demo", "demo-1", 64)
    assert (case["offer"] is not None) == (state == "approved")


def test_the_same_evidence_is_the_same_case(world: World) -> None:
    token = world.token()
    first, second = world.open(token), world.open(token)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.content == second.content, "with the same offer, so that an answer that was lost is not lost"
    assert world.rows("issuer_cases") == 1


def test_other_evidence_is_another_case(world: World) -> None:
    first, second = world.open(world.token()), world.open(world.token())
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["case_id"] != second.json()["case_id"]
    assert first.json()["offer"]["secret"] != second.json()["offer"]["secret"]


def test_the_same_evidence_is_known_after_the_key_was_rotated(world: World) -> None:
    from credence.service.keys import Purpose

    token = world.token()
    first = world.open(token)
    services = world.running.services
    services.keyring.rotate(Purpose.ISSUER_EVIDENCE, now=world.now, rng=services.rng, curve=services.curve)
    assert world.open(token).json() == first.json()


def test_a_case_is_read_without_its_offer(world: World) -> None:
    opened = world.open(world.token()).json()
    read = world.get(f"/cases/{opened['case_id']}", world.operator)
    assert read.status_code == 200
    assert read.json() == {**opened, "offer": None}


def test_an_unknown_case(world: World) -> None:
    unknown = "019b76da-a800-7c3e-9d3b-5f2d8c1a4e60"
    problem(world.get(f"/cases/{unknown}", world.operator), 404, "not-found")
    problem(world.decide(unknown, "approve"), 404, "not-found")


def test_two_reviewers_clear_what_was_found_once(world: World) -> None:
    token = world.token(FOR_REVIEW)
    case_id = world.open(token).json()["case_id"]
    problem(world.decide(case_id, "approve", "documents-compared"), 409, "four-eyes-required")
    answer = world.clear(case_id)
    assert answer.status_code == 200
    case = answer.json()
    assert (case["state"], case["kyc_level"] is None) == ("approved", False)
    assert case["reasons"][0] == "sanctions-review"
    assert case["reasons"][-1] == "false-positive"
    offer = Offer.parse(case["offer"])
    assert Offer.parse(world.open(token).json()["offer"]) == offer
    for again in ("approve", "decline"):
        problem(world.decide(case_id, again), 409, "conflict")


def test_a_reviewer_declines_once(world: World) -> None:
    token = world.token(FOR_REVIEW)
    case_id = world.open(token).json()["case_id"]
    answer = world.decide(case_id, "decline", "documents-compared")
    assert answer.status_code == 200
    case = answer.json()
    assert (case["state"], case["kyc_level"], case["offer"]) == ("declined", None, None)
    assert case["reasons"][0] == "sanctions-review"
    assert case["reasons"][-1] == "documents-compared"
    for again in ("approve", "decline"):
        problem(world.decide(case_id, again), 409, "conflict")


@pytest.mark.parametrize("person", [LOW_RISK, LISTED])
def test_what_the_rules_decided_is_not_for_a_reviewer(world: World, person: Person) -> None:
    case_id = world.open(world.token(person)).json()["case_id"]
    for decision in ("approve", "decline"):
        problem(world.decide(case_id, decision), 409, "conflict")


def test_who_may_do_what(world: World) -> None:
    both = world.running.key_of("both.example", Scope.ISSUER_CASES, Scope.ISSUER_REVIEW)
    venue = world.running.key_of("venue.example", Scope.VERIFIER_SESSIONS)
    body = {"evidence": evidence(world.token(FOR_REVIEW))}
    for key in (None, "cred_aaaaaaaaaaaaaaaa_" + "a" * 52):
        problem(world.post("/cases", body, key), 401, "unauthorized")
    for key in (world.reviewer, venue):
        problem(world.post("/cases", body, key), 403, "forbidden")
    case_id = world.post("/cases", body, both).json()["case_id"]
    problem(world.get(f"/cases/{case_id}"), 401, "unauthorized")
    problem(world.get(f"/cases/{case_id}", venue), 403, "forbidden")
    assert world.get(f"/cases/{case_id}", world.reviewer).status_code == 200
    problem(world.decide(case_id, "decline", key=world.operator), 403, "forbidden")
    assert world.decide(case_id, "decline", key=both).status_code == 200


def test_evidence_that_is_refused_leaves_nothing(world: World, rng: SeededBytes) -> None:
    forger = Vendor.create(rng)
    refused = {
        "forged": forger.issue_result(LOW_RISK, "issuer.example", world.now),
        "wrong-audience": world.token(audience="other.example"),
        "unknown-vendor": Vendor.create(rng, "else.example").issue_result(LOW_RISK, "issuer.example", world.now),
        "stale": world.vendor.issue_result(LOW_RISK, "issuer.example", world.now - 100_000),
        "not-yet-valid": world.vendor.issue_result(LOW_RISK, "issuer.example", world.now + 3_600),
        "malformed": "not.a.token",
    }
    for reason, token in refused.items():
        detail = problem(world.open(token), 400, "malformed")
        assert detail == f"The evidence is refused: {reason}."
    assert world.rows("issuer_cases") == 0
    assert world.open(world.token()).status_code == 201


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"evidence": None},
        {"evidence": "token"},
        {"evidence": {"type": "vendor-jws"}},
        {"evidence": {"type": "vendor-jws", "token": ""}},
        {"evidence": {"type": "vendor-jws", "token": 1}},
        {"evidence": {"type": "Vendor JWS", "token": "a.b.c"}},
        {"evidence": {"type": "passport-chip", "token": "a.b.c"}},
        {"evidence": {"type": "vendor-jws", "token": "a.b.c", "more": 1}},
        {"evidence": {"type": "vendor-jws", "token": "a.b.c"}, "more": 1},
        [],
    ],
)
def test_a_body_of_another_shape(world: World, body: object) -> None:
    problem(world.post("/cases", body, world.operator), 400, "malformed")


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        {"decision": "approve"},
        {"decision": "Approve", "reason": "x"},
        {"decision": True, "reason": "x"},
        {"decision": "approve", "reason": ""},
        {"decision": "approve", "reason": "Zoë Marchetti"},
        {"decision": "approve", "reason": "a--b"},
        {"decision": "approve", "reason": "x" * 65},
        {"decision": "approve", "reason": "x", "more": 1},
    ],
)
def test_a_decision_of_another_shape(world: World, body: dict[str, Any]) -> None:
    case_id = world.open(world.token(FOR_REVIEW)).json()["case_id"]
    problem(world.post(f"/cases/{case_id}/decision", body, world.reviewer), 400, "malformed")
    assert world.decide(case_id, "decline", "x").status_code == 200


class TestWithoutLists:
    @pytest.fixture
    def lists(self) -> dict[str, Path]:
        return {}

    def test_nobody_is_approved_unscreened(self, world: World) -> None:
        case = world.open(world.token()).json()
        assert (case["state"], case["reasons"][0]) == ("review", "not-screened")
        assert case["screening"] == {"matcher": MATCHER, "lists": [], "matches": []}
        problem(world.decide(case["case_id"], "approve"), 409, "four-eyes-required")
        problem(world.propose(case["case_id"], "approve", "risk-accepted"), 400, "malformed")
        approved = world.override(case["case_id"], "approve", "screened-elsewhere")
        assert approved.json()["state"] == "approved"
