"""Is a webhook believed under its own secret, in its time, and in no other case?

Every refusal changes one thing of ``test_a_webhook_is_read``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from credence.sdk import verify_webhook
from credence.sdk.errors import VerifierError, WebhookRefused, WebhookSecretInvalid

NOW = 1_790_000_000
KEY = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OTHER = "whsec_" + base64.b64encode(bytes(32)).decode()
DECISION: dict[str, Any] = {
    "session_id": "q83vASNFZ4mrze8BI0VniQ",
    "decision": "denied",
    "reason": "not_accepted",
    "pseudonym": None,
    "predicates": [],
    "disclosed": {},
    "kyc_level": None,
    "risk_tier": None,
    "standing_tier": None,
    "terms": None,
    "expires_at": None,
    "receipt": {"receipt": {}, "signature": ""},
}
ACCEPTED = {**DECISION, "decision": "accepted", "reason": "accepted"}
EXPIRED = {"session_id": "q83vASNFZ4mrze8BI0VniQ", "state": "expired", "attempts_left": 5, "result": None}
MESSAGE = "01a0c5b3-5c00-7d1f-9c3e-2b7a64f0e9d1"

Headers = dict[str, str]


def body_of(kind: str = "session.denied", data: object = DECISION) -> bytes:
    return json.dumps({"type": kind, "timestamp": "2026-09-21T14:13:20Z", "data": data}).encode()


def signed(body: bytes, *, at: int = NOW, message: str = MESSAGE, secrets: tuple[str, ...] = (SECRET,)) -> Headers:
    """Headers as the reference library writes them."""
    moment = datetime.fromtimestamp(at, UTC)
    signatures = [Webhook(secret).sign(message, moment, body.decode()) for secret in secrets]
    return {"webhook-id": message, "webhook-timestamp": str(at), "webhook-signature": " ".join(signatures)}


def test_a_webhook_is_read() -> None:
    event = verify_webhook(signed(body_of()), body_of(), SECRET, NOW)
    assert (event.message_id, event.type, event.sent_at) == (MESSAGE, "session.denied", NOW)
    assert event.decision is not None
    assert (event.session_id, event.decision.reason) == (DECISION["session_id"], "not_accepted")
    assert dict(event.decision.answer) == DECISION
    with pytest.raises(AttributeError):
        event.type = "session.accepted"  # type: ignore[misc]


def test_an_expired_session_has_no_decision() -> None:
    body = body_of("session.expired", EXPIRED)
    event = verify_webhook(signed(body), body, SECRET, NOW)
    assert (event.type, event.decision, event.session_id) == ("session.expired", None, EXPIRED["session_id"])


def test_a_fall_is_told_by_a_decision_that_accepts() -> None:
    with pytest.raises(WebhookRefused):
        verify_webhook(signed(body_of("standing.fell")), body_of("standing.fell"), SECRET, NOW)
    body = body_of("standing.fell", ACCEPTED)
    event = verify_webhook(signed(body), body, SECRET, NOW)
    assert event.type == "standing.fell"
    assert event.decision is not None
    assert event.decision.accepted


def test_names_of_headers_have_no_case() -> None:
    headers = {name.title(): value for name, value in signed(body_of()).items()}
    assert verify_webhook(headers, body_of(), SECRET, NOW).message_id == MESSAGE


def test_the_signature_of_the_specification() -> None:
    """The example of Standard Webhooks: it is signed as it says, and is refused for its body alone."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    with pytest.raises(WebhookRefused, match="no event"):
        verify_webhook(headers, body, secret, 1_614_265_330)
    with pytest.raises(WebhookRefused, match="not signed"):
        verify_webhook(headers, body + b" ", secret, 1_614_265_330)


@pytest.mark.parametrize("secrets", [(OTHER, SECRET), (SECRET, OTHER), (OTHER, OTHER, SECRET)])
def test_one_of_several_signatures_is_enough(secrets: tuple[str, ...]) -> None:
    assert verify_webhook(signed(body_of(), secrets=secrets), body_of(), SECRET, NOW).message_id == MESSAGE


@pytest.mark.parametrize("away", [-300, 300])
def test_a_time_within_five_minutes(away: int) -> None:
    assert verify_webhook(signed(body_of(), at=NOW + away), body_of(), SECRET, NOW).sent_at == NOW + away


@pytest.mark.parametrize("away", [-301, 301, -86_400])
def test_a_replayed_or_future_time_is_refused(away: int) -> None:
    with pytest.raises(WebhookRefused, match="too far away"):
        verify_webhook(signed(body_of(), at=NOW + away), body_of(), SECRET, NOW)


def first(headers: Headers) -> str:
    return headers["webhook-signature"].removeprefix("v1,")


@pytest.mark.parametrize(
    "change",
    [
        lambda h: {"webhook-signature": "v1," + first(h)[::-1]},
        lambda h: {"webhook-signature": first(h)},
        lambda h: {"webhook-signature": "v2," + first(h)},
        lambda h: {"webhook-signature": "v1a," + first(h)},
        lambda h: {"webhook-signature": "v1," + first(h).rstrip("=")},
        lambda h: {"webhook-signature": "v1"},
        lambda h: {"webhook-signature": "v1,"},
        lambda h: {"webhook-signature": "v1,\u00e9" + first(h)},
        lambda h: {"webhook-signature": "\u2014"},
        lambda h: {"webhook-signature": ""},
        lambda h: {"webhook-signature": "v1,AAAA " * 16 + h["webhook-signature"]},
        lambda h: {"webhook-id": "01a0c5b3-5c00-7d1f-9c3e-2b7a64f0e9d2"},
        lambda h: {"webhook-id": ""},
        lambda h: {"webhook-id": "m\u00e9"},
        lambda h: {"webhook-id": "a" * 129},
        lambda h: {"webhook-timestamp": str(NOW + 1)},
        lambda h: {"webhook-timestamp": f"{NOW}.0"},
        lambda h: {"webhook-timestamp": f"+{NOW}"},
        lambda h: {"webhook-timestamp": "\u0661\u0667"},
        lambda h: {"webhook-timestamp": ""},
        lambda h: {"Webhook-Signature": h["webhook-signature"]},
    ],
)
def test_headers_that_were_changed_are_refused(change: Callable[[Headers], Headers]) -> None:
    headers = signed(body_of())
    with pytest.raises(WebhookRefused):
        verify_webhook({**headers, **change(headers)}, body_of(), SECRET, NOW)


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_header_is_needed(name: str) -> None:
    headers = {key: value for key, value in signed(body_of()).items() if key != name}
    with pytest.raises(WebhookRefused, match=name):
        verify_webhook(headers, body_of(), SECRET, NOW)


def test_parts_of_what_is_signed_cannot_be_moved() -> None:
    """With a dot in an id the same signature would fit another time and body."""
    body = f"{NOW}.".encode() + body_of()
    signature = signed(body, at=7, message="a")["webhook-signature"]
    moved = {"webhook-id": "a.7", "webhook-timestamp": str(NOW), "webhook-signature": signature}
    with pytest.raises(WebhookRefused, match="id, time or size"):
        verify_webhook(moved, body_of(), SECRET, NOW)


def test_another_body_is_refused() -> None:
    for body in (body_of() + b" ", body_of().replace(b"denied", b"accepted"), b""):
        with pytest.raises(WebhookRefused, match="not signed"):
            verify_webhook(signed(body_of()), body, SECRET, NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"type": "session.denied"}',
        body_of("session.opened"),
        body_of("session.accepted"),
        body_of(data={**DECISION, "decision": "maybe"}),
        body_of(data=[]),
        body_of(data={**DECISION, "session_id": 7}),
        body_of().replace(b'{"type"', b'{"type": "session.accepted", "type"'),
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    headers = {**signed(body_of()), **_signature_of(body)}
    with pytest.raises(WebhookRefused, match=r"no event|two things"):
        verify_webhook(headers, body, SECRET, NOW)


def _signature_of(body: bytes) -> Headers:
    digest = hmac.new(KEY, f"{MESSAGE}.{NOW}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-signature": "v1," + base64.b64encode(digest).decode()}


def test_a_body_over_the_bound_is_refused() -> None:
    body = body_of() + b" " * (256 * 1024)
    with pytest.raises(WebhookRefused, match="size"):
        verify_webhook({**signed(body_of()), **_signature_of(body)}, body, SECRET, NOW)


@pytest.mark.parametrize(
    "secret",
    ["", "whsec_", "whsec_AAAA", SECRET.removeprefix("whsec_"), "whsec_\u00e9", SECRET + "*", "whsec_" + "A" * 88 + "AAAA"],
)
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(WebhookSecretInvalid):
        verify_webhook(signed(body_of()), body_of(), secret, NOW)
    assert issubclass(WebhookSecretInvalid, VerifierError)
