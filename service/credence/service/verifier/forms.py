"""What the verifier's routes read and answer, as the OpenAPI document shows it, with examples.

Policies and presentations are described here and read by ``credence.circuits``, which is the one door for both.
"""

from __future__ import annotations

import json
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from credence.circuits.policy.language import MAX_ACCUMULATORS
from credence.circuits.revocation_log import MAX_INDEX, MAX_MINUTE
from credence.circuits.wire import MAX_PROOF, MAX_SLOTS
from credence.service.verifier.tariff import shipped_tariff
from credence.service.verifier.terms import Facts, terms_for

_TIME: Final = 1_790_000_000
_SESSION: Final = "q83vASNFZ4mrze8BI0VniQ"
_HASH: Final = "hVeqMGBHGxkCYRFYE8Bs0n5WGnWJNJcoCLU1g0PTBHo"
_PSEUDONYM: Final = "s8-Mrw1WWW2QF2-TRs4xW4Mn3QwYH2_2XsjXk0fFVGMoT0bXCWXiKmvOUuHzjKVx"

_DISCLOSED: Final[dict[str, Any]] = {
    "person.kyc_ge_1": "1",
    "person.kyc_ge_2": "1",
    "person.risk_le_standard": "1",
    "person.risk_le_low": "1",
}

POLICY_EXAMPLE: Final[dict[str, Any]] = {
    "name": "perp-standard",
    "version": 3,
    "credentials": {"person": {"schema": "credence/person/1", "issuers": ["issuer.example"]}},
    "all_of": [
        {"of": "person", "attribute": "kyc_level", "at_least": 2},
        {"of": "person", "attribute": "birth_date", "at_most": "today-18y"},
        {"of": "person", "attribute": "residence", "not_in": ["IR", "KP", "SY"]},
        {"of": "person", "attribute": "expires_on", "at_least": "today"},
    ],
    "disclose": [{"of": "person", "attribute": "risk_tier"}],
    "pseudonym": {"suffix": ""},
    "rate_limit": {"name": "open-account", "per": "day", "max": 16},
    "message": "optional",
    "tariff": "perp-default",
}
TARIFF_EXAMPLE: Final[dict[str, Any]] = json.loads(shipped_tariff().canonical)
REQUEST_EXAMPLE: Final[dict[str, Any]] = {
    "type": "credence/request/1",
    "session_id": _SESSION,
    "audience": "verifier.example/venue-a.example",
    "policy": POLICY_EXAMPLE,
    "nonce": "NTMyNjg4YjY4NTlhNGEyYmE3NGYyOWE5ZTZkOTk3MzI",
    "channel": "",
    "message": "",
    "requested_at": _TIME,
    "expires_at": _TIME + 300,
}
_LOG: Final = "log.example/credence+ab12cd34+AUx1Y2lkIGV4YW1wbGUga2V5IG9mIDMyIGJ5dGVzIGE="
RULES_EXAMPLE: Final[dict[str, Any]] = {
    "type": "credence/verifier-rules/1",
    "verifier": "verifier.example",
    "log_vkey": _LOG,
    "tariffs": [{"name": "perp-default", "version": 1, "digest": _HASH, "activates_at": _TIME}],
    "policies": 12,
    "root": _HASH,
    "previous": [_HASH],
}
RECEIPT_EXAMPLE: Final[dict[str, Any]] = {
    "receipt": {
        "type": "credence/receipt/1",
        "receipt_id": "3q2-7wAAAAAAAAAAAAAAAQ",
        "verifier": "verifier.example",
        "audience": "verifier.example/venue-a.example",
        "session_id": _SESSION,
        "policy_hash": _HASH,
        "decision": "accepted",
        "reason": "accepted",
        "pseudonym": _PSEUDONYM,
        "presentation_digest": _HASH,
        "decision_digest": _HASH,
        "tariff": "perp-default/1",
        "decided_at": _TIME + 12,
        "salt": _HASH,
    },
    "signature": "9vHl4hWc2rNcvT1rVbq1T1lWv0sQ0ZkBz4QmCq2kq1u1m3d3nZpQd5tq3sX0r4m7lGmQ2m3e8a0uU5o1yYt9BA",
}
PRESENTATION_EXAMPLE: Final[dict[str, Any]] = {
    "type": "credence/presentation/1",
    "session_id": _SESSION,
    "credentials": [{"slot": "person", "issuer": "issuer.example", "key_id": "0d9c3f4e5a6b7c8d", "expiry_epoch": 752}],
    "accumulators": [],
    "disclosed": _DISCLOSED,
    "encoding": "batchable",
    "proof": "rJ0X4mRk9vQ",
}
_DECISION_EXAMPLE: Final[dict[str, Any]] = {
    "session_id": _SESSION,
    "decision": "accepted",
    "reason": "accepted",
    "pseudonym": _PSEUDONYM,
    "predicates": [
        "person.kyc_level >= 2",
        "person.birth_date <= today-18y",
        "person.residence not in [IR, KP, SY]",
        "person.expires_on >= today",
    ],
    "disclosed": _DISCLOSED,
    "kyc_level": 2,
    "risk_tier": "low",
    "standing_tier": None,
    "use": {"name": "open-account", "epoch": _TIME // 86_400},
    "escrow": None,
    "terms": {
        **terms_for(shipped_tariff(), Facts(kyc_level=2, risk_tier="low"), expires_at=_TIME + 86_412).to_json(),
        "open_positions": [],
    },
    "receipt": RECEIPT_EXAMPLE,
    "expires_at": _TIME + 86_412,
}

_STRICT: Final = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(frozen=True, json_schema_extra={"example": example})


class ShownCredentialForm(BaseModel):
    """Of the credential in a slot of the policy: who issued it, under which key, and the epoch in which it expires."""

    model_config = _STRICT

    slot: str = Field(max_length=32)
    issuer: str = Field(max_length=128)
    key_id: str = Field(max_length=128)
    expiry_epoch: int = Field(ge=0, le=1 << 32)


class ShownAccumulatorForm(BaseModel):
    """The checkpoint of an accumulator by which the credential in a slot was shown not to be revoked."""

    model_config = _STRICT

    slot: str = Field(max_length=32)
    index: int = Field(ge=0, le=MAX_INDEX)
    minute: int = Field(ge=0, le=MAX_MINUTE)


class PresentationForm(BaseModel):
    """A wallet's answer (``credence/presentation/1``, docs/protocol.md): what it says openly, and one proof of the rest."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        hide_input_in_errors=True,
        json_schema_extra={"example": PRESENTATION_EXAMPLE},
    )

    type: Literal["credence/presentation/1"]
    session_id: str = Field(max_length=128)
    credentials: list[ShownCredentialForm] = Field(max_length=MAX_SLOTS, description="one for each slot, by name")
    accumulators: list[ShownAccumulatorForm] = Field(max_length=MAX_SLOTS)
    disclosed: dict[str, str | int] = Field(description="`slot.attribute` to scalar, as a decimal string")
    encoding: Literal["batchable", "compact"]
    proof: str = Field(max_length=4 * MAX_PROOF // 3 + 4, description="base64url")


class PolicyAnswer(BaseModel):
    """A registered version: its hash (SHA-256 of the canonical JSON, base64url) and what it asks, in plain words."""

    model_config = _shown(
        {
            "name": "perp-standard",
            "version": 3,
            "policy_hash": _HASH,
            "explanation": ["Your verification level is at least 2; nothing more exact.", "Nothing else is revealed."],
        }
    )

    name: str
    version: int
    policy_hash: str
    explanation: list[str]


class RequestAnswer(BaseModel):
    """What a session asks of a wallet (``credence/request/1``). Times are unix seconds."""

    model_config = _shown(REQUEST_EXAMPLE)

    type: Literal["credence/request/1"]
    session_id: str
    audience: str = Field(description="who asks, `<verifier>/<client>`: a wallet answers nobody else")
    policy: dict[str, Any]
    nonce: str
    channel: str
    message: str
    requested_at: int
    expires_at: int
    staples: list[dict[str, Any]] = Field(
        default=[],
        max_length=MAX_ACCUMULATORS,
        exclude_if=lambda staples: not staples,
        description="for a policy with `not_revoked`: the newest of each accumulator it may be shown by"
        " (`credence/staple/1`), as they were when this was answered",
    )
    published: dict[str, Any] | None = Field(
        default=None,
        exclude_if=lambda published: published is None,
        description="that the policy is in the verifier's rules, and those in the log; missing until the log has them",
    )


class SessionAnswer(BaseModel):
    """A session that waits for a wallet until ``expires_at``."""

    model_config = _shown({"session_id": _SESSION, "request": REQUEST_EXAMPLE, "expires_at": _TIME + 300})

    session_id: str
    request: RequestAnswer
    expires_at: int


class UseAnswer(BaseModel):
    """One use of the policy's rate limit: the limit's name, and the number of the hour or day that it counts in."""

    model_config = ConfigDict(frozen=True)

    name: str
    epoch: int


class EscrowAnswer(BaseModel):
    """That the subject's handle is sealed, to whom and for what."""

    model_config = ConfigDict(frozen=True)

    trustees: str
    purpose: str


class DecisionAnswer(BaseModel):
    """A decision. A denied one shows nothing but its reason and its receipt.

    ``kyc_level``, ``risk_tier`` and ``standing_tier`` are what was proven, null where nothing was. ``terms`` name the ones
    that were priced; numbers inside them are decimal strings. Their ``open_positions`` are what the venue stated of all
    accounts of the person, by class, with the margin now and once raises have ended.
    """

    model_config = _shown(_DECISION_EXAMPLE)

    session_id: str
    decision: Literal["accepted", "denied"]
    reason: Literal["accepted", "not_accepted", "policy_not_met"]
    pseudonym: str | None
    predicates: list[str]
    disclosed: dict[str, str] = Field(description="by `slot.attribute`")
    kyc_level: int | None
    risk_tier: str | None
    standing_tier: str | None
    use: UseAnswer | None
    escrow: EscrowAnswer | None
    terms: dict[str, Any] | None
    expires_at: int | None
    receipt: dict[str, Any] = Field(description="signed by a key of the verifier document")


class SessionStateAnswer(BaseModel):
    """A session as its venue sees it; ``result`` is the decision that closed it."""

    model_config = _shown({"session_id": _SESSION, "state": "accepted", "attempts_left": 5, "result": _DECISION_EXAMPLE})

    session_id: str
    state: Literal["open", "accepted", "denied", "expired"]
    attempts_left: int
    result: DecisionAnswer | None


class ReceiptKeyAnswer(BaseModel):
    """An Ed25519 public key, base64url. It signed nothing after ``not_after`` (unix seconds); null while it lives."""

    model_config = ConfigDict(frozen=True)

    key_id: str
    public_key: str
    not_after: int | None


class VerifierDocumentAnswer(BaseModel):
    """What the verifier publishes of itself."""

    model_config = _shown(
        {
            "type": "credence/verifier-document/2",
            "verifier": "verifier.example",
            "receipt_keys": [{"key_id": "5f0b1c2d3e4f5061", "public_key": _HASH, "not_after": None}],
            "log_vkey": _LOG,
            "rules": RULES_EXAMPLE,
        }
    )

    type: Literal["credence/verifier-document/2"]
    verifier: str
    receipt_keys: list[ReceiptKeyAnswer]
    log_vkey: str
    rules: dict[str, Any] | None = Field(
        description="`credence/verifier-rules/1`: tariffs and policies, whose digest the log holds; null before there are"
    )


class TariffVersionAnswer(BaseModel):
    """A version. ``signed`` is its announcement with the signature, ``leaf`` what the log holds of it, in hexadecimal."""

    model_config = ConfigDict(frozen=True)

    version: int
    state: Literal["announced", "active", "past", "skipped"]
    digest: str = Field(description="SHA-256 of the version's RFC 8785 form, hexadecimal")
    announced_at: int
    activates_at: int
    leaf: str
    signed: dict[str, Any] = Field(description="`credence/tariff-announcement/1`, the id of its key, and the signature")


class TariffVersionsAnswer(BaseModel):
    """A tariff's versions, newest first, and the keys that signed their announcements."""

    model_config = _shown(
        {
            "type": "credence/tariff-versions/1",
            "name": "perp-default",
            "verifier": "verifier.example",
            "active": 1,
            "notice_seconds": 604_800,
            "versions": [
                {
                    "version": 1,
                    "state": "active",
                    "digest": shipped_tariff().digest,
                    "announced_at": _TIME,
                    "activates_at": _TIME,
                    "leaf": shipped_tariff().digest,
                    "signed": {
                        "announcement": {
                            "type": "credence/tariff-announcement/1",
                            "verifier": "verifier.example",
                            "name": "perp-default",
                            "version": 1,
                            "digest": _HASH,
                            "replaces": None,
                            "announced_at": _TIME,
                            "activates_at": _TIME,
                            "notice_seconds": 604_800,
                        },
                        "key_id": "5f0b1c2d3e4f5061",
                        "signature": RECEIPT_EXAMPLE["signature"],
                    },
                }
            ],
            "keys": [{"key_id": "5f0b1c2d3e4f5061", "public_key": _HASH, "not_after": None}],
        }
    )

    type: Literal["credence/tariff-versions/1"]
    name: str
    verifier: str
    active: int | None
    notice_seconds: int
    versions: list[TariffVersionAnswer]
    keys: list[ReceiptKeyAnswer]
