"""What the sandbox's routes read and answer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from credence.service.sandbox.holders import Behaviour
from credence.service.sandbox.persons import Standing


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class ClockForm(_Form):
    """How far to move the clock: forward, by 1 second to 10 years."""

    forward: int = Field(strict=True, ge=1, le=10 * 366 * 86_400, description="seconds", examples=[301])


class AnswerForm(_Form):
    """Whose wallet answers, and how: ``careless`` proves too little, ``forging`` proves nothing."""

    person: str = Field(strict=True, max_length=64, examples=["annelie"])
    behaviour: Behaviour = Behaviour.HONEST


class FailureForm(_Form):
    """What the next ``count`` requests under ``/v1`` are refused with."""

    problem: Literal["rate-limited", "unavailable", "internal"]
    count: int = Field(default=1, strict=True, ge=1, le=100)


class ClockAnswer(_Answer):
    """Where the clock stands: unix seconds, and the same in UTC."""

    now: int
    time: str


class AnsweredAnswer(_Answer):
    """What the wallet told its holder, and the decision as the service sent it; null where the wallet sent nothing."""

    person: str
    presented: bool
    reveals: list[str]
    unmet: list[str]
    decision: dict[str, Any] | None


class EvidenceAnswer(_Answer):
    """A vendor's signed result, as ``POST /v1/issuer/cases`` takes it."""

    type: str
    token: str


class FailureAnswer(_Answer):
    """How many requests will be refused."""

    armed: int


class ClientAnswer(_Answer):
    """A client with its API key, and with the private JWK that it may get access tokens with instead.

    ``audience`` is what wallets are told, where the client is a venue.
    """

    client_id: str
    role: str
    api_key: str
    signing_key: dict[str, str]
    audience: str | None = None
    policies: list[str] = Field(default_factory=list)


class PersonAnswer(_Answer):
    """An invented person. ``case_id`` and ``attestation_id`` are null where there is none."""

    id: str
    name: str
    standing: Standing
    note: str
    case_id: str | None
    attestation_id: str | None


class SandboxAnswer(_Answer):
    """Everything there is at the start."""

    sandbox: Literal[True] = True
    url: str
    clock: ClockAnswer
    issuer: str
    verifier: str
    log_vkey: str
    clients: list[ClientAnswer]
    persons: list[PersonAnswer]
