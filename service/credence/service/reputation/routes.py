"""``/v1/reputation``: a venue reports what its pseudonyms did, and asks what that has come to."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Depends, Path, Response

from credence.circuits.encoding import b64u_decode
from credence.circuits.errors import CircuitError
from credence.service.auth import Client, Scope, require
from credence.service.errors import NotFound
from credence.service.idempotency import Answer, Once, once
from credence.service.problems import PROBLEM
from credence.service.reputation.answering import conduct_answer
from credence.service.reputation.desk import PARTY, Desk
from credence.service.reputation.forms import ConductAnswer, ErasedAnswer, EventsAnswer, EventsForm, LineAnswer
from credence.service.reputation.reporting import Outcome
from credence.service.reputation.retention.erasing import erase_conduct
from credence.service.runtime import standing_by
from credence.service.settings import Limit

router = APIRouter(prefix="/v1/reputation", tags=["reputation"])

_NOT_FOUND: Final[dict[str, Any]] = {"description": "Nothing was reported of it, or by another venue alone", **PROBLEM}


AtDesk = Annotated[Desk, Depends(standing_by(PARTY, Desk))]
Keyed = Annotated[Once, Depends(once(PARTY))]
Venue = Annotated[Client, Depends(require(Scope.REPUTATION_EVENTS))]
Pseudonym = Annotated[
    str, Path(max_length=128, examples=["s8-Mrw1WWW2QF2-TRs4xW4Mn3QwYH2_2XsjXk0fFVGMoT0bXCWXiKmvOUuHzjKVx"])
]


@router.post("/events", operation_id="reportEvents", summary="Say what one's pseudonyms did")
def report_events(form: Annotated[EventsForm, Body()], desk: AtDesk, venue: Venue) -> EventsAnswer:
    """Up to 500 events. Each counts once by its id, whoever repeats it and however often, so that a report whose answer was
    lost is simply sent again. A venue speaks of its own pseudonyms alone: what it says counts nowhere else.
    """
    desk.services.limit(Limit.EVENTS, venue.client_id)
    found = desk.report(venue.client_id, form.events)
    counts = Counter(line.outcome for line in found)
    return EventsAnswer(
        accepted=counts[Outcome.ACCEPTED],
        duplicates=counts[Outcome.DUPLICATE],
        conflicts=counts[Outcome.CONFLICT],
        rejected=counts[Outcome.REJECTED],
        lines=[
            LineAnswer(line=number, outcome=line.outcome.value, reason=line.flaw, field=line.field)
            for number, line in enumerate(found)
        ],
    )


@router.get(
    "/pseudonyms/{pseudonym}",
    operation_id="readConduct",
    summary="What the conduct of one's own pseudonym has come to",
    responses={404: _NOT_FOUND},
)
def read_conduct(pseudonym: Pseudonym, desk: AtDesk, venue: Venue) -> ConductAnswer:
    """Statistics, beliefs and standing as they are now: what was reported a moment ago is in them."""
    return conduct_answer(desk, desk.conduct(venue.client_id, _bytes(pseudonym)))


@router.post(
    "/pseudonyms/{pseudonym}/erasure",
    response_model=ErasedAnswer,
    operation_id="eraseConduct",
    summary="Erase the conduct of one's own pseudonym",
    responses={404: _NOT_FOUND, 409: {"description": "`retained`: it has to be kept for a while yet", **PROBLEM}},
)
def erase(pseudonym: Pseudonym, desk: AtDesk, venue: Venue, keyed: Keyed) -> Response:
    """Its events, statistics and standing. What has to be kept is refused with the ground and the day."""
    effect = partial(erase_conduct, desk.services, venue.client_id, _bytes(pseudonym))
    return keyed.by(venue).around(desk.store, effect, lambda rows: Answer.of(ErasedAnswer(rows=rows)))


def _bytes(pseudonym: str) -> bytes:
    try:
        return b64u_decode(pseudonym, max_length=128)
    except CircuitError as error:
        raise NotFound from error
