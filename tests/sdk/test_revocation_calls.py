"""Is a revocation sent as it should be, and is what an issuer publishes of it read strictly?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.circuits.revocation_log import PAGE
from credence.sdk.calls import issuer, perform
from credence.sdk.errors import BadResponse
from credence.sdk.onboarding import AsyncOnboarding, Onboarding
from credence.sdk.transport import Request, Response
from tests.circuits.revocation_log.subjects import Issuer
from tests.conftest import SeededBytes
from tests.sdk.test_onboarding import API_KEY, Says

ANSWER = {"attestation_id": "a1", "accumulator_id": "ab" * 16, "index": 7, "revoked_at": 1_790_000_000}


class AsyncSays(Says):
    async def send(self, request: Request) -> Response:  # type: ignore[override]
        return super().send(request)


def test_a_revocation_names_a_case_or_an_attestation() -> None:
    says = Says(ANSWER)
    desk = Onboarding(says, api_key=API_KEY)
    done = desk.revoke("key-lost", attestation_id="a1")
    assert (done.attestation_id, done.index, done.revoked_at) == ("a1", 7, 1_790_000_000)
    desk.revoke("key-lost", case_id="c1")
    assert [sent.body for sent in says.sent] == [
        {"reason": "key-lost", "attestation_id": "a1"},
        {"reason": "key-lost", "case_id": "c1"},
    ]
    assert {(sent.method, sent.path, sent.auth) for sent in says.sent} == {("POST", "/v1/issuer/revocations", API_KEY)}
    waited = AsyncSays(ANSWER)
    assert asyncio.run(AsyncOnboarding(waited, api_key=API_KEY).revoke("key-lost", case_id="c1")) == done
    assert waited.sent[0].body == says.sent[1].body


@pytest.mark.parametrize("change", [{"index": 0}, {"index": "7"}, {"attestation_id": None}, {"revoked_at": -1}])
def test_an_answer_that_is_none_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadResponse):
        Onboarding(Says({**ANSWER, **change}), api_key=API_KEY).revoke("key-lost", attestation_id="a1")


def test_a_staple_is_read(curve: Curve, rng: SeededBytes) -> None:
    made = Issuer(curve, rng)
    made.revoke(1, 2)
    says, staple = Says(made.staple().to_json()), made.staple
    assert perform(says, issuer.staple(made.key.accumulator_id)).delta == staple().delta
    assert says.sent[0].path == f"/v1/issuer/accumulators/{made.key.accumulator_id}"
    with pytest.raises(BadResponse):
        perform(Says({"type": "credence/staple/1"}), issuer.staple(made.key.accumulator_id))


def test_a_page_is_what_was_asked_for(curve: Curve, rng: SeededBytes) -> None:
    made = Issuer(curve, rng)
    made.revoke(1, 2, 3)
    name = made.key.accumulator_id
    says = Says({"events": [event.to_json() for event in made.events]})
    assert perform(says, issuer.events(name, 0, 3)) == tuple(made.events)
    assert says.sent[0].query == {"after": "0", "count": "3"}
    for after, count in ((0, 2), (PAGE, 3)):
        with pytest.raises(BadResponse):
            perform(says, issuer.events(name, after, count))
    with pytest.raises(BadResponse):
        perform(says, issuer.events("ab" * 16, 0, 3))
