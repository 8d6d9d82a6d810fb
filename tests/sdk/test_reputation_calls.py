"""Does a venue report with the SDK what the service understands, and believe no answer about something else?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.sdk.calls import Call, perform
from credence.sdk.calls.reputation import MAX_EVENTS, ReportedLine, conduct, report_events
from credence.sdk.errors import BadResponse, NotFound, Unsendable
from credence.sdk.messages import Request, Response

WHO = b"p" * 48
EVENT = {"id": "vote-1", "kind": "vote", "pseudonym": b64u(WHO), "at": 1_790_000_000, "source": "engine"}
CONDUCT = {
    "pseudonym": b64u(WHO),
    "first_day": "2026-09-20",
    "last_day": "2026-09-21",
    "days": 2,
    "last_30_days": {"events": 3},
    "belief": {"score": "insufficient"},
    "beliefs": {"event_days": {"mean": "0.1"}},
    "standing": {"tier": "R1"},
}
AUTH: Any = None


class Said:
    """Answers whatever it is asked with one document, and remembers the question."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        self.answer = Response(status, {"content-type": "application/json"}, json.dumps(document).encode())
        self.asked: list[Request] = []

    def send(self, request: Request) -> Response:
        self.asked.append(request)
        return self.answer


def lines(*outcomes: str) -> dict[str, Any]:
    return {"lines": [{"line": number, "outcome": outcome, "reason": None} for number, outcome in enumerate(outcomes)]}


def told(document: dict[str, Any], call: Call[Any], status: int = 200) -> Any:
    return perform(Said(status, document), call)


def test_a_report_is_answered_line_by_line() -> None:
    way = Said(
        200,
        {
            "lines": [
                *lines("accepted")["lines"],
                {"line": 1, "outcome": "rejected", "reason": "out-of-range", "field": "at"},
            ]
        },
    )
    found = perform(way, report_events([EVENT, EVENT], AUTH))
    assert found == (ReportedLine("accepted"), ReportedLine("rejected", "out-of-range", "at"))
    (asked,) = way.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/v1/reputation/events", {"events": [EVENT, EVENT]})


@pytest.mark.parametrize(
    "document",
    [lines(), lines("accepted", "accepted"), {"lines": [{"line": 1, "outcome": "accepted"}]}, lines("perhaps"), {}],
)
def test_an_answer_about_other_lines_is_not_believed(document: dict[str, Any]) -> None:
    assert told(lines("accepted"), report_events([EVENT], AUTH)) == (ReportedLine("accepted"),)
    with pytest.raises(BadResponse):
        told(document, report_events([EVENT], AUTH))


@pytest.mark.parametrize("count", [0, MAX_EVENTS + 1])
def test_a_report_has_from_one_event_to_500(count: int) -> None:
    report_events([EVENT] * MAX_EVENTS, AUTH)
    with pytest.raises(Unsendable):
        report_events([EVENT] * count, AUTH)


def test_conduct_is_read_of_the_pseudonym_that_was_asked_for() -> None:
    found = told(CONDUCT, conduct(WHO, AUTH))
    assert (found.pseudonym, found.days, found.standing["tier"]) == (WHO, 2, "R1")
    assert found.beliefs["event_days"]["mean"] == "0.1"
    with pytest.raises(BadResponse):
        told(CONDUCT | {"pseudonym": b64u(b"q" * 48)}, conduct(WHO, AUTH))
    with pytest.raises(BadResponse):
        told(CONDUCT | {"days": 0}, conduct(WHO, AUTH))
    with pytest.raises(Unsendable):
        conduct(b"short", AUTH)


def test_what_was_never_reported_is_not_found() -> None:
    with pytest.raises(NotFound):
        told({"type": "/problems/not-found", "title": "Not found", "status": 404}, conduct(WHO, AUTH), 404)
