"""What the routes of webhooks read and answer, as the OpenAPI document shows it."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from credence.service.verifier.webhooks.endpoints import MAX_OVERLAP, EventType

_TIME: Final = 1_790_000_000
_ENDPOINT: Final[dict[str, Any]] = {
    "endpoint_id": "e73bfb26bd5a426db193c6986f74e058",
    "url": "https://hooks.venue.example/credence",
    "events": ["session.accepted", "session.denied"],
    "created_at": _TIME,
    "disabled_at": None,
    "before_ends_at": None,
}
_DELIVERY: Final[dict[str, Any]] = {
    "delivery_id": "01a0c5b3-5c00-7d1f-9c3e-2b7a64f0e9d1",
    "endpoint_id": _ENDPOINT["endpoint_id"],
    "session_id": "q83vASNFZ4mrze8BI0VniQ",
    "event": "session.accepted",
    "state": "waiting",
    "attempts": 2,
    "outcome": "status-503",
    "created_at": _TIME,
    "next_attempt_at": _TIME + 75,
    "settled_at": None,
}

EventName = Literal["session.accepted", "session.denied", "session.expired", "standing.fell"]


def _form(example: dict[str, Any]) -> ConfigDict:
    extra: dict[str, Any] = {"example": example}
    return ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, json_schema_extra=extra)


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(frozen=True, json_schema_extra={"example": example})


class WebhookForm(BaseModel):
    """Where a venue is to be told, and of what."""

    model_config = _form({"url": _ENDPOINT["url"], "events": _ENDPOINT["events"]})

    url: str = Field(max_length=1_000, description="https, to a public host; no user, no fragment")
    events: list[EventName] = Field(min_length=1, max_length=len(EventType))


class RotationForm(BaseModel):
    """How long the present secret goes on signing beside the new one; with 0 every older one ends at once."""

    model_config = _form({"overlap_seconds": 86_400})

    overlap_seconds: int = Field(default=86_400, ge=0, le=MAX_OVERLAP)


class EndpointAnswer(BaseModel):
    """An endpoint. ``disabled_at`` is set once its receiver answered 410. Times are unix seconds."""

    model_config = _shown(_ENDPOINT)

    endpoint_id: str
    url: str
    events: list[EventName]
    created_at: int
    disabled_at: int | None
    before_ends_at: int | None = Field(description="until when the secret before this one signs too")


class SecuredAnswer(EndpointAnswer):
    """An endpoint with its secret, which is shown this once."""

    model_config = _shown({**_ENDPOINT, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="})

    secret: str


class EndpointsAnswer(BaseModel):
    """A venue's endpoints."""

    model_config = _shown({"webhooks": [_ENDPOINT]})

    webhooks: list[EndpointAnswer]


class DeliveryAnswer(BaseModel):
    """A delivery; its id is the ``webhook-id``. ``outcome`` is why the last attempt failed. Times are unix seconds."""

    model_config = _shown(_DELIVERY)

    delivery_id: str
    endpoint_id: str
    session_id: str
    event: EventName
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    outcome: str | None
    created_at: int
    next_attempt_at: int | None
    settled_at: int | None


class DeliveriesAnswer(BaseModel):
    """Deliveries, newest first."""

    model_config = _shown({"deliveries": [_DELIVERY]})

    deliveries: list[DeliveryAnswer]
