"""What the auditor's routes read and answer, as the OpenAPI document shows it, with examples."""

from __future__ import annotations

from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from credence.circuits.encoding import b64u
from credence.circuits.warrant import Share
from credence.service.auditor.records import Placed

_HASH: Final = "hVeqMGBHGxkCYRFYE8Bs0n5WGnWJNJcoCLU1g0PTBHo"
_POINT: Final = "s8-Mrw1WWW2QF2-TRs4xW4Mn3QwYH2_2XsjXk0fFVGMoT0bXCWXiKmvOUuHzjKVx"
_TIME: Final = 1_790_000_000
_SET: Final = f"trustees.example/{_HASH}"
_NOTICE: Final[dict[str, Any]] = {
    "type": "credence/warrant-notice/1",
    "authority": "authority.example",
    "basis": "section 17 of an act",
    "trustees": _SET,
    "day": 20_717,
    "warrant": _HASH,
}
_WARRANT: Final[dict[str, Any]] = {
    "type": "credence/warrant/1",
    "authority": "authority.example",
    "basis": "section 17 of an act",
    "verifier": "verifier.example",
    "receipt": _HASH,
    "presentation": _HASH,
    "policy_hash": _HASH,
    "trustees": _SET,
    "purpose": "a court's warrant",
    "E1": _POINT,
    "E2": _POINT,
    "reader": _POINT,
    "identity": _HASH,
    "issued_at": _TIME,
    "expires_at": _TIME + 604_800,
    "nonce": _HASH,
}
_SHARE: Final[dict[str, Any]] = {
    "type": "credence/opening-share/1",
    "warrant": _HASH,
    "index": 2,
    "locked": {"point": _POINT, "sealed": _HASH},
    "signature": _HASH * 2,
}
_STATE: Final[dict[str, Any]] = {
    "warrant_id": _HASH,
    "notice": _NOTICE,
    "leaf": _HASH,
    "entry_index": 17,
    "shares": 2,
    "threshold": 2,
    "opening_leaf": _HASH,
    "opening_index": 19,
}


def _form(example: dict[str, Any]) -> ConfigDict:
    extra: dict[str, Any] = {"example": example}
    return ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, json_schema_extra=extra)


def _shown(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(frozen=True, json_schema_extra={"example": example})


class WarrantForm(BaseModel):
    """A signed warrant (docs/trustee-handbook.md). Nothing is kept of it but its notice."""

    model_config = _form({"warrant": _WARRANT, "signature": _HASH * 2})

    warrant: dict[str, Any]
    signature: str = Field(max_length=128)


class LockedForm(BaseModel):
    """What the warrant's reader alone can read."""

    model_config = _form(_SHARE["locked"])

    point: str = Field(max_length=128)
    sealed: str = Field(max_length=2_048)


class ShareForm(BaseModel):
    """A trustee's share, which it signed."""

    model_config = _form(_SHARE)

    type: Literal["credence/opening-share/1"]
    warrant: str = Field(max_length=64)
    index: int = Field(ge=1, le=32)
    locked: LockedForm
    signature: str = Field(max_length=128)


class NoticeAnswer(BaseModel):
    """What is public of a warrant; its leaf is the SHA-256 of this, labelled. ``day`` counts from 1970-01-01."""

    model_config = _shown(_NOTICE)

    type: Literal["credence/warrant-notice/1"]
    authority: str
    basis: str
    trustees: str
    day: int
    warrant: str


class WarrantAnswer(BaseModel):
    """A warrant as everybody sees it. The indexes are null until the log has taken the leaves."""

    model_config = _shown(_STATE)

    warrant_id: str
    notice: NoticeAnswer
    leaf: str
    entry_index: int | None
    shares: int = Field(description="signed shares that trustees have handed in")
    threshold: int = Field(description="how many it takes")
    opening_leaf: str | None = Field(description="there once `shares` was as many as `threshold`")
    opening_index: int | None

    @classmethod
    def of(cls, placed: Placed) -> Self:
        """A warrant and its places."""
        row = placed.warrant
        return cls(
            warrant_id=b64u(row.digest),
            notice=NoticeAnswer.model_validate(row.notice.to_json()),
            leaf=b64u(row.leaf),
            entry_index=placed.entry_index,
            shares=row.shares,
            threshold=row.threshold,
            opening_leaf=None if row.opening_leaf is None else b64u(row.opening_leaf),
            opening_index=placed.opening_index,
        )


class InclusionProof(BaseModel):
    """The audit path of the leaf in the log of ``size`` entries, from the leaf up; base64url."""

    model_config = _shown({"index": 17, "size": 20, "proof": [_HASH]})

    index: int
    size: int
    proof: list[str]


class OwnWarrantAnswer(WarrantAnswer):
    """One's own warrant; the proof is null until the log has taken the leaf."""

    model_config = _shown({**_STATE, "inclusion": {"index": 17, "size": 20, "proof": [_HASH]}})

    inclusion: InclusionProof | None


class SharesAnswer(BaseModel):
    """The shares that trustees have handed in, by their numbers."""

    model_config = _shown({"shares": [_SHARE]})

    shares: list[dict[str, Any]]

    @classmethod
    def of(cls, shares: list[Share]) -> Self:
        """As they were signed."""
        return cls(shares=[share.to_json() for share in shares])


class ShareAnswer(BaseModel):
    """How many trustees have handed in a share, and how many it takes."""

    model_config = _shown({"shares": 1, "threshold": 2})

    shares: int
    threshold: int


class OpeningsAnswer(BaseModel):
    """How many warrants there ever were, how many were opened, and a page of them in an order that says nothing.

    Opened is a warrant for which as many shares were handed in as it takes.
    """

    model_config = _shown({"warrants": 1, "openings": 1, "page": [_STATE]})

    warrants: int
    openings: int
    page: list[WarrantAnswer]
