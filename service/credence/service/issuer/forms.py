"""What the issuer's routes read and answer, as the OpenAPI document shows it, with examples.

Evidence and the offer's secret are never printed: they are kept in a type that shows stars.
"""

from __future__ import annotations

from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from credence.service.issuer.intake import CaseView
from credence.service.issuer.revocation.forms import CheckpointProofAnswer

_CASE: Final = "019b76da-a800-7c3e-9d3b-5f2d8c1a4e60"
_ATTESTATION: Final = "5f0c9c2e7b1d4a86b3e2f1d0c9a8b7e6"
_HASH: Final = "hVeqMGBHGxkCYRFYE8Bs0n5WGnWJNJcoCLU1g0PTBHo"
_ACCUMULATOR: Final = "9f2c4e6a8b0d1f3e5a7c9b8d6f4e2a10"
_EVIDENCE: Final = {"type": "vendor-jws", "token": "eyJhbGciOiJFZDI1NTE5Iiwia2lkIjoidmVuZG9yLmV4YW1wbGUi….eyJ….c2ln…"}
_OFFER: Final[dict[str, Any]] = {
    "type": "credence/offer/1",
    "issuer": "issuer.example",
    "schema": "credence/person/1",
    "case_id": _CASE,
    "secret": _HASH,
    "expires_at": 1_790_086_400,
}
_CASE_EXAMPLE: Final[dict[str, Any]] = {
    "case_id": _CASE,
    "state": "approved",
    "reasons": ["nothing-weighs"],
    "screening": {
        "matcher": "credence-names-1",
        "lists": [{"name": "ofac", "version": "sha256-5f5f5f5f5f5f5f5f", "digest": "5f" * 32}],
        "matches": [],
    },
    "kyc_level": 2,
    "risk_tier": "low",
    "factors": [{"factor": "residence", "value": "low", "effect": "0"}],
    "monitoring": "light",
    "review_by": 1_821_450_000,
    "mode": "open",
    "diligence": "2026-11-2",
    "record": {"keeper": "vendor.example", "reference": "check-1", "years": 5},
    "offer": _OFFER,
}
_CREDENTIAL_EXAMPLE: Final[dict[str, Any]] = {
    "type": "credence/credential/1",
    "issuer": "issuer.example",
    "schema": "credence/person/1",
    "key_id": "7d0f6c1b2a394e58",
    "expiry_epoch": 765,
    "attributes": {"expires_on": "21420", "birth_date": "7305", "residence": "276", "kyc_ge_1": "1"},
    "nym_entropy": "51803",
    "use_entropy": "9120",
    "signature": "s8-Mrw1WWW2QF2-TRs4xW4Mn3QwYH2_2XsjXk0fFVGMoT0bXCWXiKmvOUuHzjKVxAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGx",
    "attestation_id": _ATTESTATION,
    "leaf": _HASH,
    "witness": {"accumulator_id": _ACCUMULATOR, "index": 0, "witness": "q83v" * 16},
    "checkpoint": None,
}
_DOCUMENT_EXAMPLE: Final[dict[str, Any]] = {
    "type": "credence/issuer-document/3",
    "issuer": "issuer.example",
    "schemas": ["credence/person/1"],
    "keys": [
        {
            "key_id": "7d0f6c1b2a394e58",
            "suite": "bls12-381-sha-256",
            "public_key": "q83v" * 32,
            "not_before": 1_790_000_000,
            "not_after": 1_947_766_399,
            "possession": "q83v" * 21 + "qw",
            "retired": None,
        }
    ],
    "log_vkey": "log.example/credence+1a2b3c4d+ARYsl3Jb2yUeBqz0lFS5ahFnQAkYxKTxHkyLWzqRpm1F",
    "accumulators": [
        {
            "accumulator_id": _ACCUMULATOR,
            "schema": "credence/person/1",
            "public_key": "q83v" * 32,
            "first_value": "q83v" * 16,
            "not_before": 1_790_000_000,
            "not_after": 5_662_310_399,
        }
    ],
    "previous": [_HASH],
}


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(frozen=True, json_schema_extra={"example": example})


def _read(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, json_schema_extra={"example": example}
    )


# --- read ---


class EvidenceForm(BaseModel):
    """Evidence as a vendor signed it."""

    model_config = _read(_EVIDENCE)

    type: str = Field(pattern="^[a-z0-9][a-z0-9-]{0,31}$", examples=["vendor-jws"])
    token: SecretStr = Field(min_length=1, max_length=32_768)

    @property
    def token_bytes(self) -> bytes:
        """The token as it was sent."""
        return self.token.get_secret_value().encode()


class CaseForm(BaseModel):
    """Evidence to open a case with."""

    model_config = _read({"evidence": _EVIDENCE})

    evidence: EvidenceForm


class DecisionForm(BaseModel):
    """A reviewer's decision; ``reason`` is a slug about the case, never about the person."""

    model_config = _read({"decision": "approve", "reason": "false-positive"})

    decision: Literal["approve", "decline"]
    reason: str = Field(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)


class ClaimForm(BaseModel):
    """What the bearer of an offer sends: its secret, the wallet's commitment with proof (base64url), the same evidence."""

    model_config = _read({"offer_secret": _HASH, "commitment": "q83v" * 69 + "q80", "evidence": _EVIDENCE})

    offer_secret: SecretStr = Field(min_length=1, max_length=128)
    commitment: str = Field(max_length=1_024)
    evidence: EvidenceForm


# --- answered ---


class OfferAnswer(BaseModel):
    """An offer to sign; whoever has its secret and the evidence may claim the credential."""

    model_config = _shown(_OFFER)

    type: Literal["credence/offer/1"]
    issuer: str
    schema_id: str = Field(alias="schema")
    case_id: str
    secret: str
    expires_at: int


class ListAnswer(BaseModel):
    """A list that was searched: its name, version, and SHA-256 in hex."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    digest: str


class MatchAnswer(BaseModel):
    """An entry that matched. ``score`` is 0-100, of the names alone."""

    model_config = ConfigDict(frozen=True)

    list: str
    entry_id: str
    score: int
    band: Literal["review", "hit"]
    reasons: tuple[str, ...]


class ScreeningAnswer(BaseModel):
    """What was searched, by which version of the matcher, and what was found."""

    model_config = ConfigDict(frozen=True)

    matcher: str
    lists: list[ListAnswer]
    matches: list[MatchAnswer]


class FactorAnswer(BaseModel):
    """A factor of risk, the value it had, and what that did: points, or ``enhanced`` or ``refused`` by itself."""

    model_config = ConfigDict(frozen=True)

    factor: str
    value: str
    effect: str


class RecordAnswer(BaseModel):
    """Who keeps the documents, under which number, for how many years after the relationship."""

    model_config = ConfigDict(frozen=True)

    keeper: str
    reference: str
    years: int


class CaseAnswer(BaseModel):
    """A case. ``factors`` explain the risk tier by the table of the version ``diligence``; ``monitoring`` is how closely the
    person is watched, and ``review_by`` when the case is looked at again (unix seconds), both null where it is declined.
    ``offer`` is null unless it is approved, and is not repeated when the case is read.
    """

    model_config = _shown(_CASE_EXAMPLE)

    case_id: str
    state: Literal["approved", "review", "declined", "issued"]
    reasons: list[str]
    screening: ScreeningAnswer
    kyc_level: int | None
    risk_tier: Literal["low", "standard", "enhanced"] | None
    factors: list[FactorAnswer]
    monitoring: Literal["light", "regular", "close"] | None
    review_by: int | None
    mode: Literal["open", "obliged"]
    diligence: str
    record: RecordAnswer | None
    offer: OfferAnswer | None

    @classmethod
    def of(cls, view: CaseView) -> Self:
        """The answer for a case."""
        return cls.model_validate(
            {
                "case_id": view.case.id,
                "state": view.case.state,
                "reasons": view.reasons,
                "screening": view.screening.to_json(),
                "kyc_level": view.case.kyc_level,
                "risk_tier": view.case.risk_tier,
                "factors": view.factors,
                "monitoring": view.case.monitoring,
                "review_by": view.case.review_by,
                "mode": view.case.mode,
                "diligence": view.case.diligence,
                "record": view.record,
                "offer": None if view.offer is None else view.offer.to_json(),
            }
        )


class WitnessAnswer(BaseModel):
    """A revocation witness (48 bytes) of the value after ``index`` events of an accumulator."""

    model_config = ConfigDict(frozen=True)

    accumulator_id: str
    index: int
    witness: str


class CredentialAnswer(BaseModel):
    """An issued credential: attributes and the issuer's halves as decimal strings, the 80-byte signature in base64url.

    ``checkpoint`` proves that the witness is of a value in the log; null where it is of the accumulator's first one.
    """

    model_config = _shown(_CREDENTIAL_EXAMPLE)

    type: Literal["credence/credential/1"]
    issuer: str
    schema_id: str = Field(alias="schema")
    key_id: str
    expiry_epoch: int
    attributes: dict[str, str]
    nym_entropy: str
    use_entropy: str
    signature: str
    attestation_id: str
    leaf: str
    witness: WitnessAnswer | None
    checkpoint: CheckpointProofAnswer | None


class AttestationAnswer(BaseModel):
    """An attestation: its leaf (base64url), the leaf's index in the log once that has taken it, the epoch of 28 days."""

    model_config = _shown({"attestation_id": _ATTESTATION, "leaf": _HASH, "entry_index": 17, "issued_epoch": 739})

    attestation_id: str
    leaf: str
    entry_index: int | None
    issued_epoch: int


class IssuerKeyAnswer(BaseModel):
    """An issuing key, in base64url; the times are unix seconds, both included. ``possession`` proves that its secret is
    known; from ``retired`` on nothing under it is accepted."""

    model_config = ConfigDict(frozen=True)

    key_id: str
    suite: str
    public_key: str
    not_before: int
    not_after: int
    possession: str
    retired: int | None


class AccumulatorAnswer(BaseModel):
    """What credentials of a schema are revoked from: its key and its first value, in base64url."""

    model_config = ConfigDict(frozen=True)

    accumulator_id: str
    schema_id: str = Field(alias="schema")
    public_key: str
    first_value: str
    not_before: int
    not_after: int


class IssuerDocumentAnswer(BaseModel):
    """What the issuer publishes of itself. SHA-256 of its canonical JSON is in the log, and so is that of each document in
    ``previous``, which are those that it continues, newest first."""

    model_config = _shown(_DOCUMENT_EXAMPLE)

    type: Literal["credence/issuer-document/3"]
    issuer: str
    schemas: list[str]
    keys: list[IssuerKeyAnswer]
    log_vkey: str
    accumulators: list[AccumulatorAnswer]
    previous: list[str]
