"""``/v1/verifier/sessions/{session_id}/exhibit``: an accepted presentation, whole, for those who have to check it again."""

from __future__ import annotations

import json
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from credence.circuits.exhibit import Exhibit
from credence.circuits.wire import Presentation
from credence.service.errors import NotFound
from credence.service.verifier import policies, records, sessions
from credence.service.verifier.forms import (
    PRESENTATION_EXAMPLE,
    RECEIPT_EXAMPLE,
    REQUEST_EXAMPLE,
    PresentationForm,
    RequestAnswer,
)
from credence.service.verifier.parameters import PROBLEM, AtDesk, SessionId, Venue
from credence.service.verifier.sealing import answer_of, presentation_of

router = APIRouter(prefix="/v1/verifier", tags=["verifier"])


class ExhibitAnswer(BaseModel):
    """The request, the presentation that was accepted, and its signed receipt (``credence/exhibit/1``).

    ``values`` are for who hands it on to fill in: the accumulators' values that the presentation refers to, by slot, which
    the issuer publishes.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "type": "credence/exhibit/1",
                "request": REQUEST_EXAMPLE,
                "presentation": PRESENTATION_EXAMPLE,
                "receipt": RECEIPT_EXAMPLE,
                "values": {},
            }
        },
    )

    type: Literal["credence/exhibit/1"]
    request: RequestAnswer
    presentation: PresentationForm
    receipt: dict[str, Any]
    values: dict[str, str]


@router.get(
    "/sessions/{session_id}/exhibit",
    operation_id="readExhibit",
    summary="One's own session's accepted presentation, whole, where it sealed a handle",
    responses={404: {"description": "Unknown, another venue's, or nothing was sealed in it", **PROBLEM}},
)
def read_exhibit(
    session_id: SessionId,
    desk: AtDesk,
    venue: Venue,
) -> ExhibitAnswer:
    """For an authority that shows the venue a warrant's basis, and by it for the trustees. It names nobody: only enough
    trustees together find the handle in it, and only the issuer knows whose that is.
    """
    with desk.store.reading() as session:
        row, policy = sessions.find(session, session_id)
        decision = records.newest_decision(session, session_id)
    kept = None if decision is None else presentation_of(desk.services.keeping, decision)
    if row.venue != venue.client_id or decision is None or kept is None:
        raise NotFound
    exhibit = Exhibit(
        request=sessions.request_of(row, policies.stored(policy), desk.services.settings.verifier_id),
        presentation=Presentation.parse(json.loads(kept)),
        receipt=json.loads(answer_of(desk.services.keeping, decision))["receipt"],
        values={},
    )
    return ExhibitAnswer.model_validate(exhibit.to_json(), strict=False)
