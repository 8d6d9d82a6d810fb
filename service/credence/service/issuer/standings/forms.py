"""What the routes of standings read and answer, as the OpenAPI document shows it, with examples."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from credence.service.issuer.forms import CredentialAnswer
from credence.service.issuer.revocation.forms import StapleAnswer

_SESSION: Final = "q83vASNFZ4mrze8BI0VniQ"
_VENUE: Final = "verifier.example/north.example"
_SHOWN: Final = {"slot": "person", "issuer": "issuer.example", "key_id": "7d0f6c1b2a394e58", "expiry_epoch": 765}
_MINUTE: Final = {"slot": "person", "index": 0, "minute": 29_833_333}
_RENEWAL: Final[dict[str, Any]] = {
    "type": "credence/renewal/1",
    "session_id": _SESSION,
    "credential": _SHOWN,
    "accumulator": _MINUTE,
    "encoding": "batchable",
    "proof": "q83v…",
    "tickets": [],
}


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(frozen=True, json_schema_extra={"example": example})


def _example(answer: type[BaseModel]) -> Any:
    """The example of an answer that stands in another one."""
    return answer.model_json_schema()["example"]


def _read(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, json_schema_extra={"example": example}
    )


class RenewalSessionForm(BaseModel):
    """Whose standing is wanted: the venue by its audience, ``<verifier>/<client>``, and the suffix of its scope, which is
    empty."""

    model_config = _read({"venue": _VENUE, "suffix": ""})

    venue: str = Field(pattern="^[!-~]{1,257}$")
    suffix: str = Field(default="", max_length=64)


class ShownPersonForm(BaseModel):
    """What a renewal says openly of the person's credential."""

    model_config = _read(dict(_SHOWN))

    slot: Literal["person"]
    issuer: str = Field(min_length=1, max_length=128)
    key_id: str = Field(min_length=1, max_length=128)
    expiry_epoch: int = Field(ge=0, le=1 << 32)


class ShownMinuteForm(BaseModel):
    """Which checkpoint of its accumulator it was shown not to be revoked by."""

    model_config = _read(dict(_MINUTE))

    slot: Literal["person"]
    index: int = Field(ge=0, le=(1 << 53) - 1)
    minute: int = Field(ge=0, le=(1 << 53) - 1)


class RenewalForm(BaseModel):
    """A wallet's proof; pseudonym and commitment are points in it. ``tickets`` is empty."""

    model_config = _read(_RENEWAL)

    type: Literal["credence/renewal/1"]
    session_id: str = Field(min_length=1, max_length=128)
    credential: ShownPersonForm
    accumulator: ShownMinuteForm
    encoding: Literal["batchable", "compact"]
    proof: str = Field(min_length=1, max_length=43_692)
    tickets: list[None] = Field(max_length=0)


class RenewalAskAnswer(BaseModel):
    """What is to be proven: a credential of a person of this issuer's that is not revoked, and the pseudonym at ``venue``.

    ``key_id`` is the key that will sign. ``staple`` says who is revoked, as of a minute that may be ``max_age_s`` old.
    """

    model_config = _shown(
        {
            "type": "credence/renewal-ask/1",
            "session_id": _SESSION,
            "issuer": "issuer.example",
            "schema": "credence/standing/1",
            "venue": _VENUE,
            "suffix": "",
            "key_id": "7d0f6c1b2a394e58",
            "nonce": "gA3n…",
            "requested_at": 1_790_000_000,
            "expires_at": 1_790_000_300,
            "max_age_s": 60,
            "staple": _example(StapleAnswer),
            "tickets": [],
        }
    )

    type: Literal["credence/renewal-ask/1"]
    session_id: str
    issuer: str
    schema_id: str = Field(alias="schema")
    venue: str
    suffix: str
    key_id: str
    nonce: str
    requested_at: int
    expires_at: int
    max_age_s: int
    staple: StapleAnswer
    tickets: list[None]


class RenewedAnswer(BaseModel):
    """The standing, signed over what the wallet committed to."""

    model_config = _shown(
        {
            "type": "credence/renewed/1",
            "session_id": _SESSION,
            "credential": {**_example(CredentialAnswer), "schema": "credence/standing/1"},
            "tickets": [],
        }
    )

    type: Literal["credence/renewed/1"]
    session_id: str
    credential: CredentialAnswer
    tickets: list[None]
