"""What the routes of keeping and erasing read and answer, as the OpenAPI document shows it, with examples."""

from __future__ import annotations

from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict

from credence.service.forgetting import Hold
from credence.service.issuer.retention.ordering import KeptCase
from credence.service.issuer.retention.records import IssuerRetentionOrder, OrderKind

_CASE: Final = "019b76da-a800-7c3e-9d3b-5f2d8c1a4e60"
_TIME: Final = 1_790_000_000
_KEPT: Final[dict[str, Any]] = {
    "case_id": _CASE,
    "retain_until": 1_947_852_800,
    "legal_basis": "amlr-77",
    "legal_hold": "litigation",
    "held_by": "reviewer.example",
    "held_at": _TIME,
    "erased_at": None,
}
_ORDER: Final[dict[str, Any]] = {
    "order_id": "019b76da-a800-7f10-8a2b-0c4d6e8f1a3b",
    "case_id": _CASE,
    "order": "erase",
    "ordered_by": "reviewer.example",
    "ordered_at": _TIME,
    "approved_by": None,
}


def _read(example: dict[str, Any]) -> ConfigDict:
    return ConfigDict(
        frozen=True, strict=True, extra="forbid", hide_input_in_errors=True, json_schema_extra={"example": example}
    )


class HoldForm(BaseModel):
    """Why a case is held; none of the reasons says or hints at a suspicion."""

    model_config = _read({"reason": "litigation"})

    reason: Literal["litigation", "court-order", "audit", "complaint"]

    @property
    def hold(self) -> Hold:
        """The reason."""
        return Hold(self.reason)


class OrderForm(BaseModel):
    """What is ordered: ``erase``, or ``lift`` for the legal hold."""

    model_config = _read({"order": "erase"})

    order: Literal["erase", "lift"]

    @property
    def kind(self) -> OrderKind:
        """What is ordered."""
        return OrderKind(self.order)


class KeptAnswer(BaseModel):
    """Until when a case is kept and on what ground, and who holds it beyond that. Times are unix seconds."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _KEPT})

    case_id: str
    retain_until: int
    legal_basis: Literal["amlr-77", "contract", "legitimate-interest"]
    legal_hold: Literal["litigation", "court-order", "audit", "complaint"] | None
    held_by: str | None
    held_at: int | None
    erased_at: int | None

    @classmethod
    def of(cls, found: KeptCase) -> Self:
        """The answer for a case."""
        return cls.model_validate({name: getattr(found, name) for name in found.__slots__})


class OrderAnswer(BaseModel):
    """An order. It takes effect when another person approves it."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _ORDER})

    order_id: str
    case_id: str
    order: Literal["erase", "lift"]
    ordered_by: str
    ordered_at: int
    approved_by: str | None

    @classmethod
    def of(cls, row: IssuerRetentionOrder) -> Self:
        """The answer for an order."""
        given = row.model_dump(include={"case_id", "ordered_by", "ordered_at", "approved_by"})
        return cls.model_validate({"order_id": row.id, "order": row.kind, **given})
