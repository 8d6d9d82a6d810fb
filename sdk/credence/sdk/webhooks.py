"""A webhook as its receiver reads it: nothing in it is believed before its signature is (Standard Webhooks).

The service sends at least once. Whoever acts on a message keeps its ``message_id`` for as long as the service tries, and
leaves aside what came before; who would rather not rely on it fetches the session by its id.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from credence.circuits.errors import CircuitError
from credence.circuits.fields import Fields
from credence.sdk.answers import decode_json
from credence.sdk.calls.verifier import Decision, read_decision
from credence.sdk.errors import BadResponse, WebhookRefused, WebhookSecretInvalid

TOLERANCE: Final = 300
"""Seconds that a message's time may be from the receiver's, either way."""

MAX_BODY: Final = 256 * 1024
"""Bytes of a body that is looked at."""

EventType = Literal["session.accepted", "session.denied", "session.expired", "standing.fell"]

_DECIDED: Final = {"session.accepted": "accepted", "session.denied": "denied", "standing.fell": "accepted"}

_PREFIX: Final = "whsec_"
_MAX_SIGNATURES: Final = 16
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")  # without a dot, which would let the parts of what is signed be moved
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A message that the service signed. ``message_id`` is the same however often it comes; ``sent_at`` is of this attempt.

    ``timestamp`` is when it happened (RFC 3339). ``decision`` is None for a session that expired; of ``standing.fell`` it is
    the one whose terms raise margin.
    """

    message_id: str
    type: EventType
    timestamp: str
    session_id: str
    decision: Decision | None = field(repr=False)
    sent_at: int


def verify_webhook(headers: Mapping[str, str], body: bytes, secret: str, now: int) -> WebhookEvent:
    """The event in a request's ``headers`` (names in any case) and raw ``body``, as it came over the wire.

    ``secret`` is what the service showed when the webhook was made or its secret rotated; while the service signs under two,
    either opens. ``now`` is in unix seconds. Raises :class:`WebhookSecretInvalid`, and :class:`WebhookRefused` for a header
    that is missing, stands twice or is not ASCII, a time more than five minutes away, a signature under another secret, and
    a signed body that is no event.
    """
    key = _key(secret)
    message_id, timestamp = _header(headers, "webhook-id"), _header(headers, "webhook-timestamp")
    signatures = _header(headers, "webhook-signature").split(" ")
    if not _ID.fullmatch(message_id) or not _TIMESTAMP.fullmatch(timestamp) or len(body) > MAX_BODY:
        raise WebhookRefused("The webhook's id, time or size is not one.")
    if abs(int(timestamp) - now) > TOLERANCE:
        raise WebhookRefused("The webhook's time is too far away.")
    signed = message_id.encode("ascii") + b"." + timestamp.encode("ascii") + b"." + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    found = [signature.removeprefix("v1,") for signature in signatures[:_MAX_SIGNATURES] if signature.startswith("v1,")]
    # every one is compared: which of them fits is nobody's business
    if not sum(hmac.compare_digest(wanted, signature.encode("ascii")) for signature in found):
        raise WebhookRefused
    return _event(message_id, body, int(timestamp))


def _event(message_id: str, body: bytes, sent_at: int) -> WebhookEvent:
    try:
        fields = Fields(decode_json(body), "webhook")
        kind: EventType = fields.choice("type", *get_args(EventType))  # type: ignore[assignment]
        timestamp = fields.text("timestamp", max_length=64)
        data: Mapping[str, Any] = fields.raw_object("data")
        session_id = Fields(data, "data").text("session_id", max_length=128)
        decision = None if kind == "session.expired" else read_decision(data)
    except (CircuitError, BadResponse) as error:
        raise WebhookRefused("The webhook's body is no event.") from error
    if decision is not None and decision.decision != _DECIDED[kind]:
        raise WebhookRefused("The webhook's body says two things.")
    return WebhookEvent(message_id, kind, timestamp, session_id, decision, sent_at)


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX).encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise WebhookSecretInvalid from error
    if not secret.startswith(_PREFIX) or not 24 <= len(key) <= 64:
        raise WebhookSecretInvalid
    return key


def _header(headers: Mapping[str, str], name: str) -> str:
    values = [value for key, value in headers.items() if key.lower() == name]
    if len(values) != 1 or not values[0] or not values[0].isascii():
        raise WebhookRefused(f"The header {name} is missing, stands twice, or is not ASCII.")
    return values[0]
