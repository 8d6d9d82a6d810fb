"""Do a venue and a wallet get the same answer to the same request, and does it happen once?"""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from httpx2 import Response as HttpResponse
from starlette.responses import Response

from credence.circuits.wire import Presentation
from credence.service.idempotency import Answer, Once
from credence.service.verifier.admission import judge
from credence.service.verifier.desk import Desk
from tests.service.verifier.conftest import Opened, Venue, policy

KEY = "7YQ1f0u2Jr0mJv3Zk9w8Xg"
WORKERS = 64


def send(venue: Venue, method: str, path: str, body: object, *keys: str, client: bool = True) -> HttpResponse:
    sent = [("content-type", "application/json"), *(("idempotency-key", key) for key in keys)]
    if client:
        sent.append(("authorization", f"Bearer {venue.keys['both']}"))
    headers = [(name.encode(), value.encode("latin-1")) for name, value in sent]
    return venue.running.client.request(method, f"/v1/verifier{path}", content=json.dumps(body), headers=headers)


def asked(venue: Venue, *keys: str, name: str = "perp-standard") -> HttpResponse:
    return send(venue, "POST", "/sessions", {"policy": name}, *keys)


def present(venue: Venue, presentation: Presentation, *keys: str) -> HttpResponse:
    path = f"/sessions/{presentation.session_id}/presentation"
    return send(venue, "POST", path, presentation.to_json(), *keys, client=False)


def same(first: HttpResponse, second: HttpResponse) -> bool:
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert second.headers["content-type"] == first.headers["content-type"] == "application/json"
    return (first.status_code, first.content) == (second.status_code, second.content)


def test_a_session_is_opened_once(venue: Venue) -> None:
    first, second, third = (asked(venue, KEY) for _ in range(3))
    assert first.status_code == 201
    assert same(first, second)
    assert third.content == first.content
    assert venue.count("verifier_sessions") == 1
    assert asked(venue).json()["session_id"] != first.json()["session_id"]


def test_a_key_belongs_to_one_venue(open_venue: Opened) -> None:
    one, other = open_venue(), open_venue("venue-b")
    for venue in (one, other):
        assert venue.register().status_code == 201
    assert asked(one, KEY).json()["session_id"] != asked(other, KEY).json()["session_id"]


def test_a_key_for_another_request_is_refused(venue: Venue) -> None:
    assert venue.register(policy(name="other")).status_code == 201
    assert asked(venue, KEY).status_code == 201
    refused = asked(venue, KEY, name="other")
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert "idempotent-replayed" not in refused.headers
    assert asked(venue, KEY + "2", name="other").status_code == 201


def test_what_was_refused_may_be_sent_again(venue: Venue) -> None:
    assert asked(venue, KEY, name="other").status_code == 404
    assert venue.register(policy(name="other")).status_code == 201
    accepted = asked(venue, KEY, name="other")
    assert accepted.status_code == 201
    assert "idempotent-replayed" not in accepted.headers


@pytest.mark.parametrize("keys", [("",), ("a" * 256,), ("a b",), ("schlüssel",), ("tab\tbed",), (KEY, KEY)])
def test_a_key_that_is_none(venue: Venue, keys: tuple[str, ...]) -> None:
    refused = asked(venue, *keys)
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/malformed")
    assert not any(key in refused.text for key in keys if key)
    assert venue.count("verifier_sessions") == 0


@pytest.mark.parametrize("key", ["a", "a" * 255, '"8e03978e-40d5-43dd-bc93-6894a57f9324"', "!~"])
def test_a_key_that_is_one(venue: Venue, key: str) -> None:
    assert same(asked(venue, key), asked(venue, key))


def test_a_policy_is_new_once_and_its_repeat_says_so_too(venue: Venue) -> None:
    document = policy(version=2)
    first, second = (send(venue, "PUT", f"/policies/{document['name']}", document, KEY) for _ in range(2))
    assert first.status_code == 201
    assert same(first, second)
    assert venue.register(document).status_code == 200


def test_an_accepted_presentation_is_answered_again_after_its_nonce_is_spent(venue: Venue) -> None:
    presentation = venue.prove(venue.open())
    first, second = present(venue, presentation, KEY), present(venue, presentation, KEY)
    assert first.json()["decision"] == "accepted"
    assert same(first, second)
    without = present(venue, presentation)
    assert (without.status_code, without.json()["type"]) == (409, "/problems/bad-nonce")
    other = present(venue, replace(presentation, proof=presentation.proof[::-1]), KEY)
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")
    for table in ("verifier_decisions", "verifier_spent_nonces", "verifier_outbox WHERE kind = 'receipt'"):
        assert venue.count(table) == 1


def test_a_denied_presentation_costs_one_attempt(venue: Venue) -> None:
    request = venue.open()
    presentation = venue.prove(request)
    denied = replace(presentation, proof=presentation.proof[::-1])
    first, *more = (present(venue, denied, KEY) for _ in range(7))
    assert first.json()["decision"] == "denied"
    assert all(same(first, again) for again in more)
    assert venue.state(request.session_id)["attempts_left"] == 4
    assert present(venue, denied, KEY + "2").json()["decision"] == "denied"
    assert venue.state(request.session_id)["attempts_left"] == 3
    assert present(venue, presentation, KEY + "3").json()["decision"] == "accepted"


def test_equal_presentations_at_once_are_one(venue: Venue) -> None:
    presentation = venue.prove(venue.open())
    # the seeded bytes of a test are not for several threads
    desk = Desk(replace(venue.desk.services, rng=secrets.token_bytes), venue.desk.tariffs)
    body = json.dumps(presentation.to_json()).encode()
    once = Once(desk.services, "verifier", KEY, "POST", f"/{presentation.session_id}", b"", body)
    together = Barrier(WORKERS)

    def work(_: int) -> Response:
        def effect(run: Any) -> Any:
            return judge(desk, presentation.session_id, presentation, run)

        together.wait()
        return once.by_address().around(desk.store, effect, lambda found: Answer.text(found.answer))

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(work, range(WORKERS)))
    assert len({bytes(answer.body) for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert json.loads(bytes(answers[0].body))["decision"] == "accepted"
    for table in ("verifier_decisions", "verifier_spent_nonces", "verifier_outbox WHERE kind = 'receipt'"):
        assert venue.count(table) == 1
