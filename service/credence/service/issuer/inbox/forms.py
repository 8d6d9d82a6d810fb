"""What the routes of the inbox answer, as the OpenAPI document shows it, with examples."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

_CHALLENGE: Final[dict[str, Any]] = {
    "nonce": "hVeqMGBHGxkCYRFYE8Bs0n5WGnWJNJcoCLU1g0PTBHo",
    "audience": "issuer.example",
    "expires_at": 1_790_000_600,
}
_RESULT: Final[dict[str, Any]] = {
    "reference": "5cb56e8e0a975a35f333cb83",
    "standing": "approved",
    "updated_at": 1_790_000_000,
}


class ChallengeAnswer(BaseModel):
    """What a holder's wallet signs: the nonce, the audience, before the second ``expires_at``."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _CHALLENGE})

    nonce: str
    audience: str
    expires_at: int


class ReceivedAnswer(BaseModel):
    """That a message was taken in; ``new`` is false where it came before, or is about no result."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"new": True}})

    new: bool


class VendorResultAnswer(BaseModel):
    """A vendor's result by its own number, and where it stands as far as the vendor's messages say."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _RESULT})

    reference: str
    standing: Literal["pending", "approved", "declined"]
    updated_at: int


class VendorResultsAnswer(BaseModel):
    """Results, the latest first."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {"results": [_RESULT]}})

    results: list[VendorResultAnswer]
