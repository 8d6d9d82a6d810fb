"""Can two reviewers, and never one, decide otherwise than the rules did, within bounds, and is every step remembered?"""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from credence.circuits.wire import Offer
from credence.service.auth import Scope, issue_key
from credence.service.issuer.review.forms import Decision, Why
from credence.service.issuer.review.reasons import REASONS, Kind, Reason
from credence.service.sandbox.persons import ENHANCED_RISK, FOR_REVIEW, LISTED, LISTED_NAMES, LOW_RISK
from tests.service.issuer.conftest import World
from tests.service.issuer.test_intake import problem
from tests.service.issuer.test_issuance import hold


@pytest.fixture
def lists() -> dict[str, Path]:
    """The demo's, on which two of the persons stand."""
    return {"demo": LISTED_NAMES}


def opened(world: World, person: Any = FOR_REVIEW) -> str:
    return str(world.open(world.token(person)).json()["case_id"])


def revoked(world: World) -> int:
    return world.rows("issuer_revocations")


# --- a hit that is somebody else ---


def test_a_hit_is_cleared_by_two_and_claimed(world: World) -> None:
    token = world.token(LISTED)
    case_id = world.open(token).json()["case_id"]
    case = world.clear(case_id).json()
    assert (case["state"], case["kyc_level"] is not None) == ("approved", True)
    offer, request = Offer.parse(case["offer"]), world.request()
    assert world.claim(offer, request.commitment, token).status_code == 201, "the entry was judged, and is not held up again"
    steps = world.history(case_id)["steps"]
    assert [(step["number"], step["what"], step["from"], step["to"], step["by"]) for step in steps] == [
        (1, "opened", "received", "declined", "operator.example"),
        (2, "proposed", "declined", "declined", "reviewer.example"),
        (3, "overridden", "declined", "approved", "second.example"),
        (4, "issued", "approved", "issued", None),
    ]
    assert steps[2]["reasons"] == ["approve", "false-positive"]
    assert steps[2]["actor"] == "pair"


def test_every_entry_is_named_and_no_other(world: World) -> None:
    case_id = opened(world, LISTED)
    wrong: list[list[dict[str, str]]] = [
        [],
        [{"list": "demo", "entry_id": "D-1002"}],
        [{"list": "other", "entry_id": "D-1001"}],
        [{"list": "demo", "entry_id": "D-1001"}, {"list": "demo", "entry_id": "D-1002"}],
        [{"list": "demo", "entry_id": "D-1001"}, {"list": "demo", "entry_id": "D-1001"}],
    ]
    for cleared in wrong:
        problem(world.propose(case_id, "approve", "false-positive", cleared=cleared), 400, "malformed")
    assert world.propose(case_id, "approve", "false-positive").status_code == 201


def test_an_entry_that_was_found_has_one_reason(world: World) -> None:
    case_id = opened(world)
    for reason in ("risk-accepted", "screened-elsewhere", "additional-evidence"):
        problem(world.propose(case_id, "approve", reason), 400, "malformed")
    assert world.propose(case_id, "approve", "false-positive").status_code == 201


# --- two persons ---


def test_whoever_proposed_it_does_not_approve_it(world: World) -> None:
    case_id = opened(world)
    proposal_id = world.propose(case_id, "approve", "false-positive").json()["proposal_id"]
    detail = problem(world.approve(case_id, proposal_id, world.reviewer), 409, "four-eyes-required")
    assert "proposed" in detail
    assert world.get(f"/cases/{case_id}", world.reviewer).json()["state"] == "review"
    assert world.approve(case_id, proposal_id).json()["state"] == "approved"


def test_a_second_key_is_not_a_second_person(world: World) -> None:
    services = world.running.services
    case_id = opened(world)
    proposal_id = world.propose(case_id, "approve", "false-positive").json()["proposal_id"]
    with services.store("auth").transaction() as session:
        scopes, now = [Scope.ISSUER_REVIEW], world.now
        issued = issue_key(session, services.keyring, "reviewer.example", scopes, now=now, rng=world.rng, lifetime=3_600)
    problem(world.approve(case_id, proposal_id, issued.key), 409, "four-eyes-required")
    assert world.approve(case_id, proposal_id).status_code == 200


def test_an_operator_proposes_nothing(world: World) -> None:
    case_id = opened(world)
    problem(world.propose(case_id, "approve", "false-positive", world.operator), 403, "forbidden")
    proposal_id = world.propose(case_id, "approve", "false-positive").json()["proposal_id"]
    problem(world.approve(case_id, proposal_id, world.operator), 403, "forbidden")
    problem(world.get(f"/cases/{case_id}/history", world.operator), 403, "forbidden")


def test_a_case_has_one_proposal_at_a_time(world: World) -> None:
    case_id = opened(world)
    proposal_id = world.propose(case_id, "approve", "false-positive").json()["proposal_id"]
    problem(world.propose(case_id, "approve", "false-positive", world.second), 409, "proposal-open")
    ended = world.post(f"/cases/{case_id}/proposals/{proposal_id}/rejection", {}, world.second)
    assert (ended.status_code, ended.json()["standing"], ended.json()["closed_by"]) == (200, "rejected", "second.example")
    problem(world.approve(case_id, proposal_id), 409, "conflict")
    again = world.propose(case_id, "approve", "false-positive").json()["proposal_id"]
    withdrawn = world.post(f"/cases/{case_id}/proposals/{again}/rejection", {}, world.reviewer)
    assert withdrawn.json()["standing"] == "withdrawn"
    assert world.clear(case_id).json()["state"] == "approved"
    whats = [step["what"] for step in world.history(case_id)["steps"]]
    assert whats == ["opened", "proposed", "rejected", "proposed", "withdrawn", "proposed", "overridden"]


def test_a_step_of_the_case_overtakes_what_was_proposed(world: World) -> None:
    case_id = opened(world)
    proposal_id = world.propose(case_id, "approve", "false-positive").json()["proposal_id"]
    assert world.decide(case_id, "decline").status_code == 200
    problem(world.approve(case_id, proposal_id), 409, "conflict")
    (proposal,) = world.history(case_id)["proposals"]
    assert (proposal["standing"], proposal["closed_by"]) == ("overtaken", None)


def test_a_proposal_belongs_to_its_case(world: World) -> None:
    one, other = opened(world), opened(world, LISTED)
    proposal_id = world.propose(one, "approve", "false-positive").json()["proposal_id"]
    for verb in ("approval", "rejection"):
        problem(world.post(f"/cases/{other}/proposals/{proposal_id}/{verb}", {}, world.second), 404, "not-found")
        problem(world.post(f"/cases/{one}/proposals/x/{verb}", {}, world.second), 404, "not-found")
    problem(world.propose("x", "decline", "adverse-information"), 404, "not-found")
    assert world.approve(one, proposal_id).status_code == 200


# --- what may be proposed, and where ---


def test_an_approved_case_is_declined_by_two_and_its_offer_is_over(world: World) -> None:
    token = world.token()
    offer, request = world.offer(token), world.request()
    case = world.override(offer.case_id, "decline", "adverse-information").json()
    assert (case["state"], case["kyc_level"], case["offer"]) == ("declined", None, None)
    problem(world.claim(offer, request.commitment, token), 401, "unauthorized")


def test_an_issued_case_is_declined_by_two_and_revoked_with_it(world: World) -> None:
    hold(world)
    case_id = next(iter(world.get("/reviews", world.operator).json()["cases"]), None)
    assert case_id is None
    (found,) = world.desk.store.run(
        lambda session: session.connection().exec_driver_sql("SELECT id FROM issuer_cases")
    ).all()
    case = world.override(found[0], "decline", "sanctions-confirmed").json()
    assert (case["state"], revoked(world)) == ("declined", 1)
    # nothing brings back what is revoked
    for decision, reason in (("reopen", "decided-in-error"), ("approve", "decided-in-error")):
        problem(world.propose(found[0], decision, reason), 409, "conflict")


def test_terms_are_changed_by_two(world: World) -> None:
    several: list[dict[str, Any]] = [{"risk_tier": "enhanced"}, {"kyc_level": 1}, {"kyc_level": 2, "risk_tier": "standard"}]
    for terms in several:
        case_id = opened(world, LOW_RISK)
        before = world.get(f"/cases/{case_id}", world.operator).json()
        case = world.override(case_id, "change", "risk-reassessed", **terms).json()
        kept = {name: before[name] for name in ("kyc_level", "risk_tier")}
        assert {name: case[name] for name in kept} == {**kept, **terms}
        assert case["state"] == "approved"


def test_a_level_is_never_above_the_evidence(world: World) -> None:
    case_id = opened(world, ENHANCED_RISK)
    problem(world.propose(case_id, "change", "risk-reassessed", kyc_level=3), 409, "conflict")
    problem(world.propose(case_id, "change", "risk-reassessed", kyc_level=2), 400, "malformed")  # it is that
    assert world.propose(case_id, "change", "risk-reassessed", kyc_level=1).status_code == 201


def test_a_tier_that_a_factor_fixes_stays(world: World) -> None:
    case_id = opened(world, ENHANCED_RISK)
    problem(world.propose(case_id, "change", "risk-reassessed", risk_tier="low"), 409, "conflict")
    other = opened(world, LOW_RISK)
    assert world.propose(other, "change", "risk-reassessed", risk_tier="standard").status_code == 201


def test_a_declined_case_is_opened_again_by_two(world: World) -> None:
    case_id = opened(world)
    assert world.decide(case_id, "decline").status_code == 200
    case = world.override(case_id, "reopen", "decided-in-error").json()
    assert (case["state"], case["kyc_level"], case["risk_tier"]) == ("review", 2, "low")
    problem(world.decide(case_id, "approve"), 409, "four-eyes-required")
    assert world.clear(case_id).json()["state"] == "approved"


def test_what_the_table_refuses_no_two_persons_accept(world: World, tmp_path: Path) -> None:
    from dataclasses import replace

    case_id = opened(world, replace(LOW_RISK, residence="KP", document_number="REFUSED1"))
    assert world.get(f"/cases/{case_id}", world.operator).json()["state"] == "declined"
    for decision, reason in (("approve", "risk-accepted"), ("reopen", "decided-in-error")):
        detail = problem(world.propose(case_id, decision, reason), 409, "conflict")
        assert "table" in detail


def test_a_proposal_in_another_state(world: World) -> None:
    wrong = [
        (LOW_RISK, "approve", "risk-accepted"),
        (LOW_RISK, "reopen", "decided-in-error"),
        (FOR_REVIEW, "decline", "adverse-information"),  # one reviewer does that
        (FOR_REVIEW, "reopen", "decided-in-error"),
        (LISTED, "decline", "adverse-information"),
        (LISTED, "change", "risk-reassessed"),
    ]
    for person, decision, reason in wrong:
        problem(world.propose(opened(world, person), decision, reason), 409, "conflict")


def test_each_kind_has_its_reasons(world: World) -> None:
    for kind in Kind:
        person = {Kind.APPROVE: FOR_REVIEW, Kind.REOPEN: LISTED}.get(kind, LOW_RISK)
        more = {"risk_tier": "enhanced"} if kind is Kind.CHANGE else {}
        case_id = opened(world, person)
        for reason in set(Reason) - REASONS[kind]:
            problem(world.propose(case_id, kind.value, reason.value, **more), 400, "malformed")
        fits = Reason.FALSE_POSITIVE if kind is Kind.APPROVE else min(REASONS[kind])
        assert world.propose(case_id, kind.value, fits.value, **more).status_code == 201


def test_the_interface_says_every_word(world: World) -> None:
    assert set(get_args(Decision)) == set(Kind)
    assert set(get_args(Why)) == set(Reason)


def test_a_proposal_of_another_shape(world: World) -> None:
    case_id = opened(world)
    wrong: list[dict[str, Any]] = [
        {"comment": ""},
        {"comment": "x" * 2_001},
        {"decision": "forgive"},
        {"reason": "because"},
        {"kyc_level": 0},
        {"kyc_level": True},
        {"risk_tier": "none"},
        {"cleared": [{"list": "demo"}]},
        {"more": 1},
    ]
    for changes in wrong:
        body = {"decision": "approve", "reason": "false-positive", "comment": "x", **changes}
        problem(world.post(f"/cases/{case_id}/proposals", body, world.reviewer), 400, "malformed")
    assert world.propose(case_id, "approve", "false-positive", comment="x" * 2_000).status_code == 201


# --- comments and what is told ---


def test_comments_are_kept_in_order_with_their_authors(world: World) -> None:
    case_id = opened(world)
    for number, key in enumerate((world.reviewer, world.second)):
        written = world.post(f"/cases/{case_id}/comments", {"comment": f"seen {number}\nand thought about"}, key)
        assert written.status_code == 201
    proposal_id = world.propose(case_id, "approve", "false-positive").json()["proposal_id"]
    comments = world.history(case_id)["comments"]
    assert [(item["author"], item["proposal_id"]) for item in comments] == [
        ("reviewer.example", None),
        ("second.example", None),
        ("reviewer.example", proposal_id),
    ]
    assert comments[0]["comment"] == "seen 0\nand thought about"
    problem(world.post("/cases/x/comments", {"comment": "x"}, world.reviewer), 404, "not-found")
    problem(world.post(f"/cases/{case_id}/comments", {"comment": "x"}, world.operator), 403, "forbidden")
    problem(world.post(f"/cases/{case_id}/comments", {"comment": ""}, world.reviewer), 400, "malformed")


def test_a_comment_is_nowhere_but_in_its_table_and_the_history(
    world: World, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    token, words = world.token(FOR_REVIEW), "Quillfeather and Zbrowiak"
    case_id = world.open(token).json()["case_id"]
    world.post(f"/cases/{case_id}/comments", {"comment": words}, world.reviewer)
    case = world.override(case_id, "approve", "false-positive", comment=words).json()
    told = [world.get(f"/cases/{case_id}", world.operator).text, world.get("/reviews", world.operator).text, str(case)]
    claimed = world.claim(Offer.parse(case["offer"]), world.request().commitment, token)
    assert claimed.status_code == 201
    said = "".join((*told, claimed.text, *capfd.readouterr(), caplog.text))
    assert "Quillfeather" not in said
    assert world.history(case_id)["comments"][0]["comment"] == words
    with world.desk.store.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT * FROM issuer_case_steps").all()
        rows += session.connection().exec_driver_sql("SELECT * FROM issuer_proposals").all()
    assert "Quillfeather" not in str(rows)


def test_what_waits(world: World) -> None:
    case_id, other = opened(world), opened(world, LISTED)
    proposal_id = world.propose(other, "approve", "false-positive").json()["proposal_id"]
    for key in (world.operator, world.second):
        found = world.get("/reviews", key).json()
        assert [case["case_id"] for case in found["cases"]] == [case_id]
        assert [(item["proposal_id"], item["case_id"]) for item in found["proposals"]] == [(proposal_id, other)]
        assert found["due"] == []
    problem(world.get("/reviews?limit=0", world.operator), 400, "malformed")
    problem(world.get("/reviews"), 401, "unauthorized")
    problem(world.get("/cases/x/history", world.reviewer), 404, "not-found")


def test_a_repeat_under_the_same_key_is_the_same_answer(world: World) -> None:
    case_id = opened(world)
    headers = {"authorization": f"Bearer {world.reviewer}", "idempotency-key": "order-1"}
    body = {"comment": "seen"}
    path = f"/v1/issuer/cases/{case_id}/comments"
    answers = [world.running.client.post(path, json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert world.rows("issuer_comments") == 1
