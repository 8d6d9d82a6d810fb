"""``/v1/issuer/cases/{case_id}`` and ``/v1/verifier/pseudonyms``: until when something is kept, holds, and erasing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from credence.circuits.encoding import b64u
from credence.circuits.fields import Fields
from credence.sdk.calls import Call, about, answer, segment
from credence.sdk.messages import Auth, Request

Hold = Literal["litigation", "court-order", "audit", "complaint"]
Order = Literal["erase", "lift"]

_BASES: Final = ("amlr-77", "contract", "legitimate-interest")
_HOLDS: Final = ("litigation", "court-order", "audit", "complaint")


@dataclass(frozen=True, slots=True)
class Kept:
    """Until when a case is kept and on what ground; ``legal_hold`` keeps it beyond that. Times are unix seconds."""

    case_id: str
    retain_until: int
    legal_basis: str
    legal_hold: str | None
    held_by: str | None
    erased_at: int | None


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order that takes effect when another person approves it."""

    order_id: str
    case_id: str
    order: str
    ordered_by: str


def kept(name: str, auth: Auth) -> Call[Kept]:
    """Until when a case is kept, by its id or that of its attestation."""
    return Call(Request("GET", f"/v1/issuer/cases/{segment(name)}/retention", auth=auth), answer(_kept))


def hold(case_id: str, reason: Hold, auth: Auth) -> Call[Kept]:
    """Put a case under a legal hold."""
    path = f"/v1/issuer/cases/{segment(case_id)}/hold"
    return Call(Request("POST", path, body={"reason": reason}, auth=auth), answer(about("case_id", case_id, _kept)))


def order(case_id: str, what: Order, auth: Auth) -> Call[Ordered]:
    """Order that a case is erased, or its hold lifted."""
    path = f"/v1/issuer/cases/{segment(case_id)}/orders"
    return Call(Request("POST", path, body={"order": what}, auth=auth), answer(about("case_id", case_id, _ordered)))


def approve(case_id: str, order_id: str, auth: Auth) -> Call[Kept]:
    """Approve somebody else's order: it takes effect at once."""
    path = f"/v1/issuer/cases/{segment(case_id)}/orders/{segment(order_id)}/approval"
    return Call(Request("POST", path, auth=auth), answer(about("case_id", case_id, _kept)))


def erase_pseudonym(pseudonym: bytes, auth: Auth) -> Call[int]:
    """Erase what the verifier keeps of one's own pseudonym; how many decisions that were."""
    path = f"/v1/verifier/pseudonyms/{segment(b64u(pseudonym))}/erasure"
    return Call(Request("POST", path, auth=auth), answer(lambda members: Fields(members, "answer").integer("decisions")))


def erase_conduct(pseudonym: bytes, auth: Auth) -> Call[int]:
    """Erase what was reported of one's own pseudonym; how many rows that were."""
    path = f"/v1/reputation/pseudonyms/{segment(b64u(pseudonym))}/erasure"
    return Call(Request("POST", path, auth=auth), answer(lambda members: Fields(members, "answer").integer("rows")))


def _kept(members: Mapping[str, Any]) -> Kept:
    fields = Fields(members, "retention")
    return Kept(
        case_id=fields.text("case_id", max_length=128),
        retain_until=fields.integer("retain_until"),
        legal_basis=fields.choice("legal_basis", *_BASES),
        legal_hold=fields.choice("legal_hold", *_HOLDS) if fields.has("legal_hold") else None,
        held_by=fields.text("held_by", max_length=128) if fields.has("held_by") else None,
        erased_at=fields.integer("erased_at") if fields.has("erased_at") else None,
    )


def _ordered(members: Mapping[str, Any]) -> Ordered:
    fields = Fields(members, "order")
    return Ordered(
        order_id=fields.text("order_id", max_length=128),
        case_id=fields.text("case_id", max_length=128),
        order=fields.choice("order", "erase", "lift"),
        ordered_by=fields.text("ordered_by", max_length=128),
    )
