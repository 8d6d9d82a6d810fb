"""What the routes of revocation read and answer, as the OpenAPI document shows it, with examples."""

from __future__ import annotations

from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from credence.service.issuer.revocation.manager import Revocation, Target

_ID: Final = "9f2c4e6a8b0d1f3e5a7c9b8d6f4e2a10"
_ATTESTATION: Final = "5f0c9c2e7b1d4a86b3e2f1d0c9a8b7e6"
_CASE: Final = "019b76da-a800-7c3e-9d3b-5f2d8c1a4e60"
_POINT: Final = "q83v" * 16
_HASH: Final = "hVeqMGBHGxkCYRFYE8Bs0n5WGnWJNJcoCLU1g0PTBHo"
_EVENT: Final[dict[str, Any]] = {"accumulator_id": _ID, "index": 17, "handle": "8234571093", "value": _POINT}
_PROOF: Final[dict[str, Any]] = {
    "checkpoint": {
        "type": "credence/accumulator-checkpoint/1",
        "issuer": "issuer.example",
        "accumulator_id": _ID,
        "index": 17,
        "value": _POINT,
        "minute": 29_833_333,
    },
    "entry": 1_204,
    "path": [_HASH],
    "note": "bG9nLmV4YW1wbGUvY3JlZGVuY2UK",
}
_DELTA: Final[dict[str, Any]] = {
    "after": 5,
    "count": 12,
    "digest": _HASH,
    "events": "q83v",
    "address": f"https://issuer.example/v1/issuer/accumulators/{_ID}/events",
}


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(frozen=True, json_schema_extra={"example": example})


class TargetForm(BaseModel):
    """An attestation or a case, one of the two."""

    attestation_id: str | None = Field(default=None, min_length=1, max_length=64)
    case_id: str | None = Field(default=None, min_length=1, max_length=64)

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.attestation_id is None) == (self.case_id is None):
            raise ValueError("name an attestation or a case, one of the two")
        return self

    @property
    def target(self) -> Target:
        """What is meant."""
        return Target(self.attestation_id, self.case_id)


class RevocationForm(TargetForm):
    """A credential to revoke for good, by its attestation or by its case. ``reason`` is a slug, never about the person."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "example": {"case_id": _CASE, "reason": "document-withdrawn"},
            "oneOf": [{"required": ["attestation_id"]}, {"required": ["case_id"]}],
        },
    )

    reason: str = Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)


class RevocationAnswer(BaseModel):
    """A revocation: the attestation, and its public event (``index`` of ``accumulator_id``), which names nobody."""

    model_config = _shown({"attestation_id": _ATTESTATION, "accumulator_id": _ID, "index": 17, "revoked_at": 1_790_000_000})

    attestation_id: str
    accumulator_id: str
    index: int
    revoked_at: int

    @classmethod
    def of(cls, revocation: Revocation) -> Self:
        """The answer for a revocation."""
        return cls(
            attestation_id=revocation.attestation_id,
            accumulator_id=revocation.event.accumulator_id,
            index=revocation.event.index,
            revoked_at=revocation.revoked_at,
        )


class EventAnswer(BaseModel):
    """Event ``index``: the handle (a decimal) was revoked, and the value became ``value`` (48 bytes in base64url)."""

    model_config = _shown(_EVENT)

    accumulator_id: str
    index: int
    handle: str
    value: str


class EventsAnswer(BaseModel):
    """Events in order, exactly as many as were asked for."""

    model_config = _shown({"events": [_EVENT]})

    events: list[EventAnswer]


class CheckpointAnswer(BaseModel):
    """What the issuer said of an accumulator in a minute; SHA-256 over its canonical JSON, labelled, is in the log."""

    model_config = ConfigDict(frozen=True)

    type: Literal["credence/accumulator-checkpoint/1"]
    issuer: str
    accumulator_id: str
    index: int
    value: str
    minute: int


class CheckpointProofAnswer(BaseModel):
    """A checkpoint, and that it is entry ``entry`` of the log: audit path and signed note, in base64url."""

    model_config = _shown(_PROOF)

    checkpoint: CheckpointAnswer
    entry: int
    path: list[str]
    note: str


class DeltaAnswer(BaseModel):
    """The ``count`` events after ``after``, 80 bytes each (handle, value), filled up with zeros; at least the last day's."""

    model_config = _shown(_DELTA)

    after: int
    count: int
    digest: str
    events: str
    address: str


class StapleAnswer(BaseModel):
    """The newest checkpoint in the log and the events before it: the same for everybody who asks."""

    model_config = _shown({"type": "credence/staple/1", "newest": _PROOF, "delta": _DELTA})

    type: Literal["credence/staple/1"]
    newest: CheckpointProofAnswer
    delta: DeltaAnswer
