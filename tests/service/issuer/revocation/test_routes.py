"""Do everybody read what is public, and only who may revoke revokes?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.revocation_log import CheckpointProof, RevocationEvent, Staple
from tests.service.issuer.conftest import World
from tests.service.issuer.revocation.conftest import Revoking


def revoke(revoking: Revoking, body: dict[str, Any], key: str | None = None, **headers: str) -> Any:
    bearer = {"authorization": f"Bearer {key or revoking.key}"}
    return revoking.world.running.client.post("/v1/issuer/revocations", json=body, headers=bearer | headers)


def test_a_revocation_over_http(revoking: Revoking) -> None:
    (one,) = revoking.attested()
    answer = revoke(revoking, {"attestation_id": one, "reason": "key-lost"})
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "attestation_id": one,
            "accumulator_id": revoking.accumulator.accumulator_id,
            "index": 1,
            "revoked_at": revoking.world.now,
        },
    )
    again = revoke(revoking, {"attestation_id": one, "reason": "key-lost"})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")
    unknown = revoke(revoking, {"attestation_id": "0" * 32, "reason": "key-lost"})
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/not-found")


def test_a_repeat_under_its_key_is_the_same_answer(revoking: Revoking) -> None:
    (one,) = revoking.attested()
    body = {"attestation_id": one, "reason": "key-lost"}
    first, second = (revoke(revoking, body, **{"idempotency-key": "once"}) for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert second.headers["idempotent-replayed"] == "true"
    assert revoking.world.rows("issuer_revocations") == 1
    assert revoke(revoking, body, **{"idempotency-key": "another"}).status_code == 409


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"attestation_id": None},
        {"case_id": "c1"},
        {"reason": "Key Lost"},
        {"reason": ""},
        {"reason": "a" * 65},
        {"attestation_id": ""},
        {"attestation_id": 7},
        {"unknown": 1},
    ],
    ids=str,
)
def test_another_body_is_malformed(revoking: Revoking, changes: dict[str, Any]) -> None:
    (one,) = revoking.attested()
    body = {"attestation_id": one, "reason": "key-lost"}
    answer = revoke(revoking, {**body, **changes})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed")
    assert revoke(revoking, body).status_code == 201


def test_who_decides_cases_does_not_revoke_by_that_scope(revoking: Revoking, world: World) -> None:
    (one,) = revoking.attested()
    body = {"attestation_id": one, "reason": "key-lost"}
    for key in (world.reviewer, world.operator):
        assert revoke(revoking, body, key).status_code == 403
    assert world.running.client.post("/v1/issuer/revocations", json=body).status_code == 401
    assert world.rows("issuer_revocations") == 0


# --- public reads ---


def test_everybody_reads_staples_events_and_checkpoints(revoking: Revoking) -> None:
    (one,) = revoking.attested()
    done = revoking.revoke(one)
    revoking.logged()
    path = f"/accumulators/{revoking.accumulator.accumulator_id}"
    staple = Staple.parse(revoking.world.get(path).json())
    assert staple == revoking.staple()
    page = revoking.world.get(f"{path}/events?after=0&count=1")
    assert [RevocationEvent.parse(event) for event in page.json()["events"]] == [done.event]
    assert page.headers["cache-control"] == "public, max-age=31536000, immutable"
    newest = staple.newest.checkpoint
    proof = revoking.world.get(f"{path}/checkpoints/{newest.index}/{newest.minute}")
    assert CheckpointProof.parse(proof.json()).checkpoint == newest


@pytest.mark.slow
@pytest.mark.parametrize(
    "query",
    [
        "after=0&count=2",
        "after=1&count=1",
        "after=0&count=0",
        "after=0&count=513",
        "after=00&count=1",
        "after=+0&count=1",
        "after=0&count=1.0",
        "after=0&count=1&count=1",
        "after=0&count=1&more=1",
        "after=0",
        "count=1",
        "after=2147483648&count=1",
    ],
)
def test_pages_are_asked_for_strictly(revoking: Revoking, query: str) -> None:
    (one,) = revoking.attested()
    revoking.revoke(one)
    path = f"/accumulators/{revoking.accumulator.accumulator_id}/events"
    assert revoking.world.get(f"{path}?after=0&count=1").status_code == 200
    answer = revoking.world.get(f"{path}?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/malformed")
    assert "cache-control" not in answer.headers or "immutable" not in answer.headers["cache-control"]


def test_what_is_not_there_is_not_found(revoking: Revoking) -> None:
    known, unknown = f"/accumulators/{revoking.accumulator.accumulator_id}", "/accumulators/" + "ab" * 16
    for path in (unknown, f"{unknown}/events?after=0&count=1", f"{unknown}/checkpoints/0/1", f"{known}/checkpoints/7/1"):
        assert revoking.world.get(path).status_code == 404
    assert revoking.world.get("/accumulators/..%2f").status_code in (400, 404)
