"""Do an operator and a wallet get the same answer to the same request, and is nothing of it to be read in the database?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from httpx2 import Response

from credence.circuits.encoding import b64u
from credence.circuits.wire import Offer
from credence.service.sandbox.persons import FOR_REVIEW, LOW_RISK
from tests.service.databases import Database
from tests.service.issuer.conftest import World, evidence

KEY = "order-Zbrowiak-83-07-29"


def send(world: World, path: str, body: object, bearer: str | None = None, key: str | None = KEY) -> Response:
    headers = {"content-type": "application/json"}
    headers |= {} if bearer is None else {"authorization": f"Bearer {bearer}"}
    headers |= {} if key is None else {"idempotency-key": key}
    return world.running.client.post(f"/v1/issuer{path}", content=json.dumps(body), headers=headers)


def same(first: Response, second: Response) -> bool:
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    return (first.status_code, first.content) == (second.status_code, second.content)


def claim_of(world: World, offer: Offer, token: str, **changes: Any) -> dict[str, Any]:
    body = {"offer_secret": offer.secret, "commitment": b64u(world.request().commitment), "evidence": evidence(token)}
    return {**body, **changes}


def test_a_case_is_opened_once_and_its_offer_is_told_again(world: World) -> None:
    body = {"evidence": evidence(world.token())}
    first, second = (send(world, "/cases", body, world.operator) for _ in range(2))
    assert first.status_code == 201
    assert first.json()["offer"] is not None
    assert same(first, second)
    assert world.rows("issuer_cases") == 1
    assert send(world, "/cases", body, world.operator, key=None).status_code == 200


def test_a_repeat_needs_no_evidence_that_still_holds(world: World) -> None:
    body = {"evidence": evidence(world.token(lifetime=60))}
    first = send(world, "/cases", body, world.operator)
    world.running.clock.forward(1_800)
    assert send(world, "/cases", body, world.operator, key="another").status_code == 400
    assert same(first, send(world, "/cases", body, world.operator))


def test_another_operator_is_told_nothing(world: World) -> None:
    body = {"evidence": evidence(world.token())}
    assert send(world, "/cases", body, world.operator).status_code == 201
    assert send(world, "/cases", body).status_code == 401
    assert send(world, "/cases", body, world.reviewer).status_code == 403


def test_a_case_is_decided_once(world: World) -> None:
    body, decision = {"evidence": evidence(world.token(FOR_REVIEW))}, {"decision": "decline", "reason": "looked-at"}
    case_id = send(world, "/cases", body, world.operator).json()["case_id"]
    first, second = (send(world, f"/cases/{case_id}/decision", decision, world.reviewer) for _ in range(2))
    assert (first.status_code, first.json()["state"]) == (200, "declined")
    assert same(first, second)
    without = send(world, f"/cases/{case_id}/decision", decision, world.reviewer, key=None)
    assert (without.status_code, without.json()["type"]) == (409, "/problems/conflict")


def test_a_credential_is_claimed_once(world: World) -> None:
    token = world.token()
    offer = world.offer(token)
    body, path = claim_of(world, offer, token), f"/cases/{offer.case_id}/credential"
    first, second = send(world, path, body), send(world, path, body)
    assert first.status_code == 201
    assert same(first, second)
    again = send(world, path, body, key=None)
    assert (again.status_code, again.json()) == (200, first.json())
    other = send(world, path, claim_of(world, offer, token))
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert world.rows("issuer_attestations") == 1


def test_a_claim_that_was_signed_again_is_an_answer_too(world: World) -> None:
    token = world.token()
    offer = world.offer(token)
    body, path = claim_of(world, offer, token), f"/cases/{offer.case_id}/credential"
    assert send(world, path, body, key=None).status_code == 201
    first, second = send(world, path, body), send(world, path, body)
    assert first.status_code == 200
    assert same(first, second)


@pytest.mark.parametrize("wrong", [{"offer_secret": "A" * 43}, {"commitment": "AAAA"}])
def test_a_claim_that_was_refused_may_be_sent_again(world: World, wrong: dict[str, str]) -> None:
    token = world.token()
    offer = world.offer(token)
    path = f"/cases/{offer.case_id}/credential"
    assert send(world, path, claim_of(world, offer, token, **wrong)).status_code in (400, 401)
    accepted = send(world, path, claim_of(world, offer, token))
    assert accepted.status_code == 201
    assert "idempotent-replayed" not in accepted.headers


def test_the_database_holds_neither_key_nor_request_nor_answer(world: World, database: Database) -> None:
    token = world.token()
    opened = send(world, "/cases", {"evidence": evidence(token)}, world.operator)
    offer = Offer.parse(opened.json()["offer"])
    issued = send(world, f"/cases/{offer.case_id}/credential", claim_of(world, offer, token))
    assert issued.status_code == 201
    assert world.rows("idempotency_answers") == 2
    kept = b"".join(database.kept(world.running.services.settings.data_dir).values())
    planted = [KEY, offer.secret, token.split(".")[1][:24], issued.json()["signature"], LOW_RISK.family_name, "offer_secret"]
    assert [word for word in planted if word.encode() in kept] == []
    assert offer.case_id.encode() in kept  # what is there is found
