"""Can nobody but a trustee use up what the trustee may do, or answer in its place?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.service.settings import Settings
from tests.service.auditor.conftest import Office
from tests.service.throttle.conftest import at, per_minute, problem_of, with_settings


@pytest.fixture
def changes() -> dict[str, Any]:
    return {}


@pytest.fixture
def settings(settings: Settings, changes: dict[str, Any]) -> Settings:
    return settings.model_copy(update=changes)


@with_settings(limits=per_minute(shares=1))
def test_what_a_trustee_did_not_sign_spends_nothing_of_its_limit(office: Office) -> None:
    warrant = office.warrant()
    office.logged(warrant)
    first, second = office.share(warrant, 1), office.share(warrant, 2)
    for _ in range(5):
        assert office.hand_in(first, signature=b64u(bytes(64))).status_code == 400
    assert office.hand_in(first).status_code == 201
    assert problem_of(office.hand_in(first)) == (429, "/problems/rate-limited", "shares")
    assert office.hand_in(second).status_code == 201  # each trustee has a limit of its own
    other = office.warrant()  # and for each warrant
    office.logged(other)
    assert office.hand_in(office.share(other, 1)).status_code == 201


@with_settings(limits=per_minute(reads=3))
def test_attempts_are_counted_by_address_whatever_they_are(office: Office) -> None:
    share = office.share(office.warrant(), 1)
    path, body = f"/v1/auditor/warrants/{b64u(share.warrant)}/shares", share.to_json()
    one, other = at(office.running, "192.0.2.1"), at(office.running, "192.0.2.2")
    assert [one.post(path, json=body).status_code for _ in range(4)] == [404, 404, 404, 429]
    assert problem_of(one.post(path, json=body)) == (429, "/problems/rate-limited", "reads")
    assert other.post(path, json=body).status_code == 404


def test_an_idempotency_key_is_the_trustees_that_signed(office: Office) -> None:
    warrant = office.warrant()
    warrant_id = office.logged(warrant)
    headers, path = {"idempotency-key": "k" * 32}, f"/v1/auditor/warrants/{warrant_id}/shares"
    client = office.running.client
    shares = {number: office.share(warrant, number).to_json() for number in (1, 2)}
    junk = {**shares[1], "signature": b64u(bytes(64))}
    assert client.post(path, json=junk, headers=headers).status_code == 400
    answers = [client.post(path, json=shares[number], headers=headers) for number in (1, 2, 1)]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, None, "true"]
    assert [answer.json()["shares"] for answer in answers] == [1, 2, 1]
    assert client.post(path, json=office.share(warrant, 1).to_json(), headers=headers).status_code == 422
