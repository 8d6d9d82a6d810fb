"""Does a venue ask for reports with the SDK as the service reads them, and believe no answer that is none?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.sdk.calls import perform
from credence.sdk.calls.reports import MAX_REPORTS, RiskReport, document, listed, made, page
from credence.sdk.errors import BadResponse, NotFound, Unsendable
from credence.sdk.messages import Request, Response

REPORT = {"report_id": "q83vASNFZ4mrze8BI0VniQ", "as_of": "2026-09-21", "accounts": 20, "made_at": 1_790_000_000}
AUTH: Any = None


class Said:
    """Answers whatever it is asked with one body, and remembers the question."""

    def __init__(self, status: int, body: str, kind: str = "application/json") -> None:
        self.answer = Response(status, {"content-type": kind}, body.encode())
        self.asked: list[Request] = []

    def send(self, request: Request) -> Response:
        self.asked.append(request)
        return self.answer


def test_a_report_is_asked_for_with_what_is_assumed() -> None:
    way = Said(201, json.dumps(REPORT))
    assert perform(way, made("2026-09-21", None, 5, AUTH)) == RiskReport(*REPORT.values())  # type: ignore[arg-type]
    (asked,) = way.asked
    assert (asked.method, asked.path) == ("POST", "/v1/reputation/reports")
    assert asked.body == {"as_of": "2026-09-21", "insurance_usd": "5"}
    assert asked.idempotency_key


@pytest.mark.parametrize("amount", [-1, 10**15])
def test_an_amount_is_a_whole_number_of_usd(amount: int) -> None:
    assert made(None, 10**15 - 1, 0, AUTH).request.body == {"depth_usd": "9" * 15, "insurance_usd": "0"}
    with pytest.raises(Unsendable):
        made(None, amount, None, AUTH)


def test_reports_are_listed_and_read() -> None:
    assert perform(Said(200, json.dumps({"reports": [REPORT]})), listed(AUTH)) == (RiskReport(*REPORT.values()),)  # type: ignore[arg-type]
    assert perform(Said(200, '{"form": "x"}'), document("a-b_c", AUTH))["form"] == "x"
    way = Said(200, "<!doctype html>", "text/html; charset=utf-8")
    assert perform(way, page("a-b_c", AUTH)) == "<!doctype html>"
    assert way.asked[0].accept == "text/html"
    with pytest.raises(Unsendable):
        page("../x", AUTH)


@pytest.mark.parametrize(
    "answer",
    [
        {"reports": [{**REPORT, "accounts": 0}]},
        {"reports": [REPORT] * (MAX_REPORTS + 1)},
        {"reports": [{"report_id": "x"}]},
        {},
    ],
)
def test_an_answer_that_is_none_is_not_believed(answer: dict[str, Any]) -> None:
    with pytest.raises(BadResponse):
        perform(Said(200, json.dumps(answer)), listed(AUTH))


def test_a_page_is_html_and_an_error_is_told() -> None:
    with pytest.raises(BadResponse):
        perform(Said(200, "{}"), page("x", AUTH))
    problem = json.dumps({"type": "urn:credence:problem:not-found", "status": 404, "title": "t"})
    with pytest.raises(NotFound):
        perform(Said(404, problem, "application/problem+json"), page("x", AUTH))
