"""``/v1/reputation/reports``: the risk desk's report of a venue's own pseudonyms, as JSON and as a page."""

from __future__ import annotations

import json
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Path, Request, Response

from credence.service.idempotency import Answer
from credence.service.problems import PROBLEM
from credence.service.reputation.risk_report import keeping, records
from credence.service.reputation.risk_report.forms import ReportAnswer, ReportForm, ReportsAnswer
from credence.service.reputation.risk_report.records import ReputationReport
from credence.service.reputation.routes import AtDesk, Keyed, Venue

router = APIRouter(prefix="/v1/reputation/reports", tags=["reputation"])

_HTML: Final = "text/html"
_NOT_FOUND: Final[dict[str, Any]] = {"description": "Unknown, or another venue's", **PROBLEM}
_PAGE: Final[dict[str, Any]] = {
    "description": "The report",
    "content": {
        "application/json": {"example": {"form": "credence-risk-report/1", "venue": "venue.example", "figures": {}}},
        _HTML: {"schema": {"type": "string"}, "example": "<!doctype html>…"},
    },
}

ReportId = Annotated[str, Path(max_length=64, examples=["q83vASNFZ4mrze8BI0VniQ"])]


@router.post(
    "",
    status_code=201,
    response_model=ReportAnswer,
    operation_id="makeReport",
    summary="Make the risk desk's report of one's own pseudonyms",
)
def make_report(form: Annotated[ReportForm, Body()], desk: AtDesk, venue: Venue, keyed: Keyed) -> Response:
    """Of the first 1,000 pseudonyms that had been reported of before the day, or of the first with 100,000 days in all.
    Nothing is said of fewer than 20. The answer is waited for, which takes seconds; the newest 100 reports are kept. One
    report is made at a time: who asks meanwhile is asked to come back, and it is not counted.
    """
    effect = partial(keeping.make, desk, venue.client_id, form)
    return keyed.by(venue).around(desk.store, effect, lambda row: Answer.of(_answer(row), 201))


@router.get("", operation_id="listReports", summary="One's own reports")
def list_reports(desk: AtDesk, venue: Venue) -> ReportsAnswer:
    """Newest first, 100 at most."""
    with desk.store.reading() as session:
        return ReportsAnswer(reports=[ReportAnswer.of(*found) for found in records.reports_of(session, venue.client_id)])


@router.get(
    "/{report_id}",
    response_model=dict[str, Any],
    operation_id="readReport",
    summary="One of one's own reports",
    responses={200: _PAGE, 404: _NOT_FOUND},
)
def read_report(report_id: ReportId, request: Request, desk: AtDesk, venue: Venue) -> Response:
    """As JSON, and as one self-contained page where `Accept` names `text/html`. Both are as when it was made."""
    document = keeping.document_of(desk, venue.client_id, report_id)
    if _HTML not in request.headers.get("accept", ""):
        return Response(document, media_type="application/json", headers={"vary": "accept"})
    from credence.service.reputation.risk_report.page.whole import POLICY, page_of

    headers = {"content-security-policy": POLICY, "x-content-type-options": "nosniff", "vary": "accept"}
    return Response(page_of(json.loads(document)), media_type=_HTML, headers=headers)


def _answer(row: ReputationReport) -> ReportAnswer:
    return ReportAnswer.of(row.report_id, row.as_of_day, row.accounts, row.made_at)
