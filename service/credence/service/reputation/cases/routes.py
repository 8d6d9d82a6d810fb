"""``/v1/reputation/cases``: a venue has rules look over its own reports, reads what they saw, and says what that was."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path, Query, Response

from credence.service.idempotency import Answer
from credence.service.problems import PROBLEM
from credence.service.reputation.cases import reading
from credence.service.reputation.cases.forms import CaseAnswer, CasesAnswer, ClosingForm, LookAnswer, LookForm, WorthAnswer
from credence.service.reputation.cases.reading import MAX_PAGE, CaseView
from credence.service.reputation.cases.words import State
from credence.service.reputation.routes import AtDesk, Keyed, Venue
from credence.service.settings import Limit

router = APIRouter(prefix="/v1/reputation", tags=["reputation"])

_NOT_FOUND: Final[dict[str, Any]] = {"description": "Unknown, or another venue's", **PROBLEM}

CaseId = Annotated[str, Path(max_length=64, examples=["9d2f5b0c6a7e4c318d0c2b6f5a1e7d34"])]


@router.post(
    "/cases/looks",
    response_model=LookAnswer,
    operation_id="lookForAbuse",
    summary="Have named rules look over a day of one's own reports",
    responses={409: {"description": "More was reported of the day than is looked over at once", **PROBLEM}},
)
def look_for_abuse(form: Annotated[LookForm, Body()], desk: AtDesk, venue: Venue, keyed: Keyed) -> Response:
    """Each finding opens one case, for a person of the venue's. Nothing else follows, and looking again opens no second."""
    from credence.service.reputation.cases.looking import look_over

    desk.services.limit(Limit.LOOKS, venue.client_id)
    effect = partial(look_over, desk.services, venue.client_id, form.read())
    return keyed.by(venue).around(desk.store, effect, lambda looked: Answer.of(LookAnswer.of(looked)))


@router.get(
    "/cases",
    operation_id="listAbuseCases",
    summary="One's own cases, and what the rules were worth so far",
    responses={404: _NOT_FOUND},
)
def list_abuse_cases(
    desk: AtDesk,
    venue: Venue,
    state: Annotated[State | None, Query(description="such as open")] = None,
    before: Annotated[str | None, Query(pattern=r"^[0-9a-f]{32}$", description="case id: those older than this one")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = MAX_PAGE,
) -> CasesAnswer:
    """Newest first."""
    with desk.store.reading() as session:
        found = reading.listed(session, venue.client_id, state=state, before=before, limit=limit)
        rules = reading.worth(session, venue.client_id)
    return CasesAnswer(
        cases=[CaseAnswer.of(view) for view in found],
        rules={rule: WorthAnswer.model_validate(worth) for rule, worth in rules.items()},
    )


@router.get("/cases/{case_id}", operation_id="readAbuseCase", summary="One of one's own cases", responses={404: _NOT_FOUND})
def read_abuse_case(case_id: CaseId, desk: AtDesk, venue: Venue) -> CaseAnswer:
    """The figures are those of when it was opened."""
    with desk.store.reading() as session:
        return CaseAnswer.of(reading.view(session, venue.client_id, case_id))


@router.post(
    "/cases/{case_id}/closing",
    response_model=CaseAnswer,
    operation_id="closeAbuseCase",
    summary="Say what a case was",
    responses={404: _NOT_FOUND, 409: {"description": "It was closed with another note", **PROBLEM}},
)
def close_abuse_case(case_id: CaseId, form: ClosingForm, desk: AtDesk, venue: Venue, keyed: Keyed) -> Response:
    """A note from a closed list. It counts for what the rule is worth, and for nobody's standing."""
    now = desk.services.clock()
    work = partial(reading.close, client_id=venue.client_id, case_id=case_id, note=form.note, now=now)
    return keyed.by(venue).run(desk.store, work, _closed)


def _closed(view: CaseView) -> Answer:
    return Answer.of(CaseAnswer.of(view))
