"""Is what is decided about a person sent as it should be, and what comes back read strictly?"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from credence.sdk.errors import BadResponse
from credence.sdk.onboarding import AsyncOnboarding, Onboarding
from tests.sdk.test_onboarding import API_KEY, Says
from tests.sdk.test_revocation_calls import AsyncSays

SUSPENDED: dict[str, Any] = {
    "attestation_id": "a1",
    "life": "suspended",
    "reason": "device-stolen",
    "suspended_by": "one.example",
    "suspended_at": 1_790_000_000,
    "asked_by": None,
    "lifted_by": None,
}
BANNED: dict[str, Any] = {
    "ban_id": "b1",
    "reason": "forged-document",
    "banned_by": "one.example",
    "banned_at": 1_790_000_000,
    "until": None,
    "asked_by": None,
    "lifted_by": None,
    "ended_at": None,
}
ISSUED: dict[str, Any] = {
    "attestation_id": "a1",
    "case_id": "c1",
    "serial": 1,
    "life": "suspended",
    "issued_day": 20_717,
    "resets": 0,
    "reset_day": 0,
    "suspension": SUSPENDED,
}


def test_a_suspension_and_its_end() -> None:
    says, waited = Says(SUSPENDED), AsyncSays(SUSPENDED)
    desk, other = Onboarding(says, api_key=API_KEY), AsyncOnboarding(waited, api_key=API_KEY)
    assert desk.suspend("a1", "device-stolen") == asyncio.run(other.suspend("a1", "device-stolen"))
    assert desk.lift("a1") == asyncio.run(other.lift("a1"))
    paths = [("/v1/issuer/attestations/a1/suspend", {"reason": "device-stolen"}), ("/v1/issuer/attestations/a1/lift", {})]
    for asked in (says, waited):
        assert [(sent.path, sent.body) for sent in asked.sent] == paths
        assert all(sent.idempotency_key and sent.auth == API_KEY for sent in asked.sent)


def test_a_ban_and_its_end() -> None:
    says, waited = Says({**BANNED, "revoked": "a1"}), AsyncSays({**BANNED, "revoked": "a1"})
    desk, other = Onboarding(says, api_key=API_KEY), AsyncOnboarding(waited, api_key=API_KEY)
    done = desk.ban("forged-document", case_id="c1", until=1_800_000_000)
    assert (done.ban_id, done.revoked, done.until) == ("b1", "a1", None)
    assert asyncio.run(other.ban("forged-document", case_id="c1", until=1_800_000_000)) == done
    assert desk.unban("b1") == asyncio.run(other.unban("b1"))
    body = {"reason": "forged-document", "case_id": "c1", "until": 1_800_000_000}
    for asked in (says, waited):
        assert [(sent.path, sent.body) for sent in asked.sent] == [
            ("/v1/issuer/bans", body),
            ("/v1/issuer/bans/b1/lift", {}),
        ]


def test_a_person() -> None:
    says, waited = Says({"issued": [ISSUED], "bans": [BANNED]}), AsyncSays({"issued": [ISSUED], "bans": [BANNED]})
    found = Onboarding(says, api_key=API_KEY).person("a1")
    assert asyncio.run(AsyncOnboarding(waited, api_key=API_KEY).person("a1")) == found
    assert (found.issued[0].life, found.issued[0].suspension is not None, found.bans[0].ban_id) == ("suspended", True, "b1")
    assert [(sent.method, sent.path) for sent in says.sent] == [("GET", "/v1/issuer/attestations/a1/person")]


@pytest.mark.parametrize("change", [{"life": "live"}, {"attestation_id": "a2"}, {"suspended_at": "1"}, {"reason": None}])
def test_an_answer_that_is_none_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadResponse):
        Onboarding(Says({**SUSPENDED, **change}), api_key=API_KEY).suspend("a1", "device-stolen")
