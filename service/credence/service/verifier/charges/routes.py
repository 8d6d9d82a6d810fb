"""``/v1/verifier/sessions/{id}``: a margin call and a charge, by the terms of a venue's own decision."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter

from credence.service.settings import Limit
from credence.service.verifier.charges import explaining
from credence.service.verifier.charges.forms import (
    MarginCallAnswer,
    MarginCallForm,
    ReconciliationAnswer,
    ReconciliationForm,
)
from credence.service.verifier.parameters import NOT_FOUND, PROBLEM, InHand, SessionId, Venue

router = APIRouter(prefix="/v1/verifier", tags=["verifier"])

_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    404: NOT_FOUND,
    409: {"description": "`conflict`: the session was not accepted, or its facts were not kept", **PROBLEM},
}


@router.post(
    "/sessions/{session_id}/margin-call",
    operation_id="explainMarginCall",
    summary="A margin call by the terms of a decision: the buffer, the price of liquidation, what cures it, the clause",
    responses=_RESPONSES,
)
def explain_margin_call(session_id: SessionId, form: MarginCallForm, services: InHand, venue: Venue) -> MarginCallAnswer:
    """Computed and not kept: it may be asked as often as prices move. Raises that are phased in count as they are then."""
    services.limit(Limit.SESSIONS, venue.client_id)
    found = explaining.margin_call(services, venue.client_id, session_id, form.read())
    return MarginCallAnswer.of(session_id, found)


@router.post(
    "/sessions/{session_id}/reconciliation",
    operation_id="reconcileCharge",
    summary="Why a fee or margin is not what the terms of a decision lead to expect",
    responses=_RESPONSES,
)
def reconcile_charge(
    session_id: SessionId, form: ReconciliationForm, services: InHand, venue: Venue
) -> ReconciliationAnswer:
    """Computed and not kept. A cause is named only where computing the charge with it gives what was charged to the cent."""
    services.limit(Limit.SESSIONS, venue.client_id)
    charge, stated = form.read()
    found, expected, then = explaining.reconciliation(services, venue.client_id, session_id, charge, stated)
    expired = charge.at >= expected.terms.expires_at
    return ReconciliationAnswer.of(session_id, then.session_id, found, expired=expired)
