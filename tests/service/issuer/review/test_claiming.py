"""Does a credential say what its case says, whatever is decided meanwhile, and does its bearer learn of no suspicion?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.wire import IssuedCredential, Offer
from credence.service.errors import Conflict, Unauthorized, Unavailable
from credence.service.issuer.issuance import Claim, claim_credential
from credence.service.issuer.review import overrides
from credence.service.sandbox.persons import FOR_REVIEW, LOW_RISK
from tests.service.issuer.conftest import World
from tests.service.issuer.review.conftest import ALIKE, LISTED, OTHER, Watch
from tests.service.issuer.review.test_races import at_once, shared
from tests.service.issuer.test_intake import problem

ROUNDS = 4
"""Races, each with a person of its own."""

STANDARD = [1, 0]
LOW = [1, 1]


def claim_of(world: World, offer: Offer, token: str) -> Claim:
    return Claim(offer.case_id, offer.secret, world.request().commitment, "vendor-jws", token.encode())


def bits(issued: IssuedCredential) -> list[int]:
    return [issued.attributes[bit] for bit in ("risk_le_standard", "risk_le_low")]


def meanwhile(world: World, *happenings: Callable[[], Any]) -> Callable[[Any], Any]:
    """Runs a transaction, before each of which the next of these happens."""
    left = list(happenings)

    def run(work: Any) -> Any:
        if left:
            assert left.pop(0)().status_code == 200
        return world.desk.store.run(work)

    return run


# --- what is decided between signing and storing ---


def test_terms_that_change_meanwhile_are_the_credentials(world: World) -> None:
    token = world.token()
    offer = world.offer(token)
    change = lambda: world.override(offer.case_id, "change", "risk-reassessed", risk_tier="standard")  # noqa: E731
    issued, is_new = claim_credential(world.desk, claim_of(world, offer, token), meanwhile(world, change))
    case = world.get(f"/cases/{offer.case_id}", world.operator).json()
    assert (is_new, bits(issued), case["state"], case["risk_tier"]) == (True, STANDARD, "issued", "standard")
    assert world.rows("issuer_attestations") == world.rows("issuer_outbox WHERE kind = 'attestation'") == 1


def test_a_case_that_is_declined_meanwhile_issues_nothing(world: World) -> None:
    token = world.token()
    offer = world.offer(token)
    decline = lambda: world.override(offer.case_id, "decline", "adverse-information")  # noqa: E731
    with pytest.raises(Unauthorized, match="A live offer is required"):
        claim_credential(world.desk, claim_of(world, offer, token), meanwhile(world, decline))
    assert world.rows("issuer_attestations") == world.rows("issuer_outbox WHERE kind = 'attestation'") == 0


def test_a_case_that_never_stays_ends_the_claim(world: World) -> None:
    token = world.token()
    offer = world.offer(token)
    changes = [
        lambda tier=tier: world.override(offer.case_id, "change", "risk-reassessed", risk_tier=tier)
        for tier in ("standard", "enhanced", "standard", "enhanced")
    ]
    claim = claim_of(world, offer, token)
    with pytest.raises(Unavailable):
        claim_credential(world.desk, claim, meanwhile(world, *changes))
    assert world.rows("issuer_attestations") == 0
    assert claim_credential(world.desk, claim)[1], "once it stays, the same claim is good"


def test_a_claim_races_with_a_change(world: World) -> None:
    desk = shared(world)
    for number in range(ROUNDS):
        token = world.token(replace(LOW_RISK, document_number=f"RACE{number}"))
        offer = world.offer(token)
        case_id, claim = offer.case_id, claim_of(world, offer, token)
        made = world.propose(case_id, "change", "risk-reassessed", risk_tier="standard").json()["proposal_id"]
        claimed, changed = at_once(
            [
                lambda claim=claim: claim_credential(desk, claim),
                lambda case_id=case_id, made=made: overrides.approve(desk, case_id, made, "second.example"),
            ]
        )
        case = world.get(f"/cases/{case_id}", world.operator).json()
        was_late = isinstance(changed, Conflict)
        expected = ("low", LOW) if was_late else ("standard", STANDARD)
        assert (case["state"], case["risk_tier"], bits(claimed[0])) == ("issued", *expected)


def test_evidence_is_good_from_the_claim_on(world: World) -> None:
    token = world.token()
    offer = world.offer(token)
    world.running.clock.forward(600)
    assert world.claim(offer, world.request().commitment, token).status_code == 201
    with world.desk.store.reading() as session:
        found = session.connection().exec_driver_sql("SELECT verified_at, review_by FROM issuer_cases").one()
    days = world.desk.diligence.monitoring["low"].review_days
    assert tuple(found) == (world.now, world.now + days * DAY_SECONDS)


# --- what the bearer learns ---


@pytest.mark.parametrize("entry", [LISTED, ALIKE])
def test_a_fresh_entry_looks_like_a_case_without_an_offer(watch: Watch, entry: dict[str, Any]) -> None:
    world, token = watch.world, watch.world.token()
    offer, request = world.offer(token), world.request()
    other = world.token(OTHER)
    declined = world.offer(other)
    world.override(declined.case_id, "decline", "adverse-information")
    watch.imports(entry)
    answers = [world.claim(offer, request.commitment, token) for _ in range(2)]
    answers += [world.claim(declined, request.commitment, other)]
    assert watch.case(offer.case_id)["state"] in ("declined", "review")
    told = [
        (
            answer.status_code,
            sorted(answer.headers),
            {**answer.json(), "request_id": ""},
            answer.headers.get("www-authenticate"),
        )
        for answer in answers
    ]
    assert told[0] == told[1] == told[2]
    assert (told[0][0], told[0][2]["detail"]) == (401, "A live offer is required.")


def test_a_repeat_is_the_same_while_a_person_decides(watch: Watch) -> None:
    world, token = watch.world, watch.world.token()
    offer, request = world.offer(token), world.request()
    first = world.claim(offer, request.commitment, token)
    watch.imports(ALIKE)
    assert watch.shows(offer.case_id).json()["state"] == "review"
    repeat = world.claim(offer, request.commitment, token)
    assert (first.status_code, repeat.status_code, repeat.content) == (201, 200, first.content)
    problem(world.claim(offer, request.commitment, token, offer_secret="A" * 43), 401, "unauthorized")
    problem(world.claim(offer, world.request().commitment, token), 409, "conflict")


def test_another_case_of_a_holder_that_waits_has_no_offer(watch: Watch) -> None:
    """The credential that opens a review to its bearer is that of the case itself."""
    case_id, _ = watch.holder()
    watch.imports(ALIKE)
    token = watch.world.token()
    waiting = watch.world.open(token).json()["case_id"]
    assert (watch.case(case_id)["state"], watch.case(waiting)["state"]) == ("issued", "review")
    offer = Offer("issuer.example", "person/1", waiting, "A" * 43, 0)
    problem(watch.world.claim(offer, watch.world.request().commitment, token), 401, "unauthorized")


# --- comments ---


def test_an_answer_to_a_comment_does_not_repeat_it(world: World) -> None:
    """Answers are kept for repeats, and a comment has one place: what is kept is as long for a long one as for a short."""
    case_id = world.open(world.token(FOR_REVIEW)).json()["case_id"]
    path, texts = f"/v1/issuer/cases/{case_id}/comments", ("x", "Zbrowiak " * 200)
    for number, text in enumerate(texts, 1):
        headers = {"authorization": f"Bearer {world.reviewer}", "idempotency-key": f"order-{number}"}
        answer = world.running.client.post(path, json={"comment": text}, headers=headers)
        assert answer.json() == {"number": number, "author": "reviewer.example", "at": world.now}
    assert [item["comment"] for item in world.history(case_id)["comments"]] == list(texts)
    with world.desk.store.reading() as session:
        kept = session.connection().exec_driver_sql("SELECT length(answer) FROM idempotency_answers").all()
    assert len(kept) == 2
    assert kept[0] == kept[1]


# --- proposals of who is gone ---


def test_a_proposal_of_who_was_revoked_takes_no_effect(world: World) -> None:
    from credence.service.auth import revoke_client

    tokens = [world.token(LOW_RISK), world.token(replace(LOW_RISK, document_number="OTHER4711"))]
    cases = [world.open(token).json()["case_id"] for token in tokens]
    made = [
        world.propose(case_id, "change", "risk-reassessed", risk_tier="enhanced").json()["proposal_id"] for case_id in cases
    ]
    assert world.approve(cases[0], made[0]).json()["risk_tier"] == "enhanced"
    auth = world.running.services.store("auth")
    auth.run(lambda session: revoke_client(session, "reviewer.example", now=world.now))
    assert "no reviewer any more" in problem(world.approve(cases[1], made[1]), 409, "conflict")
    assert world.get(f"/cases/{cases[1]}", world.operator).json()["risk_tier"] == "low"
    rejected = world.post(f"/cases/{cases[1]}/proposals/{made[1]}/rejection", {}, world.second)
    assert (rejected.status_code, rejected.json()["standing"]) == (200, "rejected")


def test_a_proposal_outlives_a_key_and_no_right(watch: Watch) -> None:
    from credence.service.auth import revoke

    world = watch.world
    case_id = world.open(world.token(LOW_RISK)).json()["case_id"]
    made = world.propose(case_id, "change", "risk-reassessed", risk_tier="enhanced").json()["proposal_id"]
    services = world.running.services
    prefix = world.reviewer.split("_")[1]
    services.store("auth").run(lambda session: revoke(session, prefix, now=world.now))
    problem(world.approve(case_id, made), 409, "conflict")
    watch.forward(0)
    assert world.approve(case_id, made).json()["risk_tier"] == "enhanced", "a reviewer again, by another key"
