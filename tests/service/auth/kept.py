"""Requests about what is kept and erased, each right in everything but, perhaps, who sends it."""

from __future__ import annotations

from typing import Final

from credence.service.sandbox.persons import FOR_REVIEW, LOW_RISK
from tests.service.auth.premises import PROPOSER, Make, Premises, Sample

_KEPT: Final = frozenset({409})
"""What has to be kept for a while yet."""


def _held(premises: Premises) -> str:
    """A case under a legal hold that somebody else set."""
    case_id: str = premises.case(FOR_REVIEW)["case_id"]
    premises.told(PROPOSER, "POST", f"/v1/issuer/cases/{case_id}/hold", {"reason": "audit"})
    return case_id


def _ordered(premises: Premises, owner: str) -> Sample:
    """Somebody else's order that a hold be lifted."""
    case_id = _held(premises)
    made = premises.told(PROPOSER, "POST", f"/v1/issuer/cases/{case_id}/orders", {"order": "lift"})
    return Sample(frozenset({200}), {"case_id": case_id, "order_id": made["order_id"]})


def _pseudonym(premises: Premises, owner: str) -> Sample:
    answer = premises.told(owner, "GET", f"/v1/verifier/sessions/{premises.accepted_session_of(owner)}", None)
    return Sample(_KEPT, {"pseudonym": answer["result"]["pseudonym"]})


def _case(premises: Premises) -> dict[str, str]:
    return {"case_id": premises.case(LOW_RISK)["case_id"]}


KEPT: Final[dict[str, Make]] = {
    "readRetention": lambda premises, owner: Sample(frozenset({200}), _case(premises)),
    "holdCase": lambda premises, owner: Sample(frozenset({200, 409}), _case(premises), {"reason": "audit"}),
    "orderRetention": lambda premises, owner: Sample(frozenset({201}), {"case_id": _held(premises)}, {"order": "lift"}),
    "approveRetention": _ordered,
    "erasePseudonym": _pseudonym,
    "eraseConduct": lambda premises, owner: Sample(_KEPT, {"pseudonym": premises.pseudonym_of(owner)}),
}
"""By operation."""
