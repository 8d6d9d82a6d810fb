"""How often may a client hand in evidence, and the bearer of an offer claim?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.service.auth import Scope
from credence.service.sandbox.persons import FOR_REVIEW, LOW_RISK
from credence.service.settings import Settings
from tests.service.issuer.conftest import World
from tests.service.throttle.conftest import per_minute, problem_of


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"limits": per_minute(cases=2, claims=2, revocations=2)})


def test_cases_are_counted_by_client(world: World) -> None:
    case = world.open(world.token(FOR_REVIEW)).json()["case_id"]
    opened = world.open(world.token())
    assert opened.headers["ratelimit"] == '"cases";r=0;t=60'
    refused = world.open(world.token(replace(LOW_RISK, document_number="ANOTHER 1")))
    assert problem_of(refused) == (429, "/problems/rate-limited", "cases")
    assert world.rows("issuer_cases") == 2
    assert world.get(f"/cases/{case}", world.operator).status_code == 200
    assert world.decide(case, "decline").status_code == 200  # by another client
    assert world.decide(case, "decline").status_code == 409
    assert problem_of(world.decide(case, "decline")) == (429, "/problems/rate-limited", "cases")
    world.running.clock.forward(int(refused.headers["retry-after"]))
    assert world.open(world.token(replace(LOW_RISK, document_number="ANOTHER 1"))).status_code == 201


def test_claims_are_counted_by_case(world: World) -> None:
    token, other = world.token(), world.token(replace(LOW_RISK, document_number="ANOTHER 1"))
    offer, another = world.offer(token), world.offer(other)
    proven = world.request().commitment
    assert [world.claim(offer, proven, token).status_code for _ in range(2)] == [201, 200]
    refused = world.claim(offer, proven, token)
    assert problem_of(refused) == (429, "/problems/rate-limited", "claims")
    assert world.claim(another, world.request().commitment, other).status_code == 201
    world.running.clock.forward(int(refused.headers["retry-after"]))
    assert world.claim(offer, proven, token).status_code == 200


def test_who_does_not_bear_the_offer_spends_nothing_of_its_case(world: World) -> None:
    token = world.token()
    offer, proven = world.offer(token), world.request().commitment
    wrong = replace(offer, secret=offer.secret[:-1] + ("A" if offer.secret[-1] != "A" else "B"))
    for _ in range(5):
        assert world.claim(wrong, proven, token).status_code == 401
        assert world.claim(replace(offer, case_id="unknown"), proven, token).status_code == 401
    assert world.claim(offer, proven, token).status_code == 201


def test_revocations_are_counted_by_client_and_beside_cases(world: World) -> None:
    key = world.running.key_of("revoker.example", Scope.ISSUER_REVOKE)

    def revoke(secret: str = key) -> Any:
        body = {"attestation_id": "0" * 32, "reason": "key-lost"}
        bearer = {"authorization": f"Bearer {secret}"}
        return world.running.client.post("/v1/issuer/revocations", json=body, headers=bearer)

    assert [revoke().status_code for _ in range(2)] == [404, 404]
    refused = revoke()
    assert problem_of(refused) == (429, "/problems/rate-limited", "revocations")
    assert revoke(world.running.key_of("another.example", Scope.ISSUER_REVOKE)).status_code == 404
    world.running.clock.forward(int(refused.headers["retry-after"]))
    assert revoke().status_code == 404
