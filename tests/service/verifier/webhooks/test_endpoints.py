"""Can a venue say where it is told, change its secret without a pause, and end it; and can nobody else?"""

from __future__ import annotations

import base64

import pytest

from tests.service.conftest import NOW
from tests.service.databases import Database
from tests.service.verifier.conftest import Venue
from tests.service.verifier.webhooks.conftest import ALL, Told
from tests.service.verifier.webhooks.receiver import Receiver

URL = "https://hooks.venue.example/credence?token=canary-5d1e"


def test_a_webhook_is_added_with_a_secret_that_is_shown_once(told: Told) -> None:
    made = told.add(URL, ["session.denied", "session.accepted", "session.denied"][:2])
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert made == {
        "endpoint_id": made["endpoint_id"],
        "url": URL,
        "events": ["session.accepted", "session.denied"],
        "created_at": NOW,
        "disabled_at": None,
        "before_ends_at": None,
    }
    shown = told.ask("GET", "/webhooks")
    assert shown.json() == {"webhooks": [made]}
    assert secret not in shown.text


def test_a_secret_is_kept_sealed(told: Told, database: Database) -> None:
    secrets = [told.add(URL)["secret"].removeprefix("whsec_") for _ in range(2)]
    assert secrets[0] != secrets[1]
    kept = b"".join(database.kept(told.venue.running.services.settings.data_dir).values())
    assert b"canary-5d1e" in kept  # what is looked for would be found
    for secret in secrets:
        assert secret.encode() not in kept
        assert base64.b64decode(secret) not in kept


@pytest.mark.slow
@pytest.mark.parametrize(
    "form",
    [
        {"url": "http://hooks.venue.example/"},
        {"url": "https://127.0.0.2/"},
        {"url": "https://localhost/"},
        {"url": "https://user:canary@hooks.venue.example/"},
        {"url": "https://hooks.venue.example/#canary"},
        {"url": "https://hooks.venue.example/" + "a" * 1000},
        {"url": None},
        {"events": []},
        {"events": ["session.opened"]},
        {"events": [*ALL, "standing.fell", "session.denied"]},
        {"events": "session.accepted"},
        {"secret": "whsec_AAAA"},
    ],
)
def test_a_webhook_that_cannot_be_is_refused(told: Told, form: dict[str, object]) -> None:
    """The twin of each is the webhook above."""
    answer = told.ask("POST", "/webhooks", {"url": URL, "events": ALL, **form})
    assert answer.status_code == 400
    assert "canary" not in answer.text
    assert told.ask("GET", "/webhooks").json() == {"webhooks": []}


def test_a_named_host_may_be_plain_and_private(told: Told) -> None:
    assert told.add("http://127.0.0.1:8000/hook")["url"] == "http://127.0.0.1:8000/hook"


def test_a_venue_has_five(told: Told, stranger: Told) -> None:
    ids = [told.add(URL)["endpoint_id"] for _ in range(5)]
    sixth = told.ask("POST", "/webhooks", {"url": URL, "events": ALL})
    assert (sixth.status_code, sixth.json()["type"]) == (409, "/problems/conflict")
    assert stranger.add(URL)
    assert told.ask("DELETE", f"/webhooks/{ids[2]}").status_code == 204
    assert told.add(URL)
    assert told.ask("POST", "/webhooks", {"url": URL, "events": ALL}).status_code == 409


def test_while_a_secret_rotates_both_sign(told: Told, receiver: Receiver) -> None:
    made = told.add(receiver.url())
    path = f"/webhooks/{made['endpoint_id']}/secret"
    rotated = told.ask("POST", path, {"overlap_seconds": 600}).json()
    assert rotated["before_ends_at"] == NOW + 600
    assert rotated["secret"] != made["secret"]
    again = told.ask("POST", path, {"overlap_seconds": 600})
    assert (again.status_code, again.json()["type"]) == (409, "/problems/conflict")

    told.accepted()
    assert told.deliver() == 1
    (got,) = receiver.got
    assert len(got.headers["webhook-signature"].split(" ")) == 2
    for secret in (made["secret"], rotated["secret"]):
        assert got.event(secret, NOW).type == "session.accepted"

    told.venue.clock.forward(600)
    assert told.ask("GET", "/webhooks").json()["webhooks"][0]["before_ends_at"] is None
    told.accepted()
    assert told.deliver() == 1
    got = receiver.got[1]
    assert got.event(rotated["secret"], NOW + 600).type == "session.accepted"
    with pytest.raises(Exception, match="not signed"):
        got.event(made["secret"], NOW + 600)
    assert told.ask("POST", path, {"overlap_seconds": 600}).status_code == 200


def test_a_secret_that_was_lost_ends_at_once(told: Told, receiver: Receiver) -> None:
    made = told.add(receiver.url())
    path = f"/webhooks/{made['endpoint_id']}/secret"
    told.ask("POST", path, {"overlap_seconds": 600})
    last = told.ask("POST", path, {"overlap_seconds": 0}).json()
    told.accepted()
    told.deliver()
    (got,) = receiver.got
    assert len(got.headers["webhook-signature"].split(" ")) == 1
    assert got.event(last["secret"], NOW).type == "session.accepted"


@pytest.mark.slow
@pytest.mark.parametrize("overlap", [-1, 604_801, "600", 1.5, None])
def test_an_overlap_that_is_none_is_refused(told: Told, overlap: object) -> None:
    path = f"/webhooks/{told.add(URL)['endpoint_id']}/secret"
    assert told.ask("POST", path, {"overlap_seconds": overlap}).status_code == 400
    assert told.ask("POST", path, {"overlap_seconds": 604_800}).status_code == 200


def test_another_venues_webhook_is_not_there(told: Told, stranger: Told) -> None:
    own = told.add(URL)["endpoint_id"]
    for endpoint_id in (own, own[::-1]):
        assert stranger.ask("POST", f"/webhooks/{endpoint_id}/secret", {}).status_code == 404
        assert stranger.ask("DELETE", f"/webhooks/{endpoint_id}").status_code == 404
    assert stranger.ask("GET", "/webhooks").json() == {"webhooks": []}
    assert told.ask("DELETE", f"/webhooks/{own}").status_code == 204
    assert told.ask("DELETE", f"/webhooks/{own}").status_code == 404


def test_a_key_of_sessions_or_policies_says_nothing_about_webhooks(told: Told, venue: Venue) -> None:
    for method, path in (("GET", "/webhooks"), ("POST", "/webhooks"), ("GET", "/deliveries")):
        assert venue.ask(method, path, {"url": URL, "events": ALL} if method == "POST" else None).status_code == 403
    assert told.ask("POST", "/sessions", {"policy": "perp-standard"}).status_code == 403


def test_an_end_under_its_key_is_the_same_answer_again(told: Told) -> None:
    path = f"/webhooks/{told.add(URL)['endpoint_id']}"
    first, second = (told.ask("DELETE", path, once="7YQ1f0u2Jr0mJv3Zk9w8Xg") for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content) == (204, b"")
    assert "content-type" not in second.headers
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert told.ask("DELETE", path).status_code == 404  # the twin, without a key
    other = f"/webhooks/{told.add(URL)['endpoint_id']}"
    reused = told.ask("DELETE", other, once="7YQ1f0u2Jr0mJv3Zk9w8Xg")
    assert (reused.status_code, reused.json()["type"]) == (422, "/problems/idempotency-key-reused")
    assert len(told.ask("GET", "/webhooks").json()["webhooks"]) == 1
