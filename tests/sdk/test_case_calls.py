"""Does a venue read its cases with the SDK as the service tells them, and believe no answer about something else?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.sdk.calls import Call, perform
from credence.sdk.calls.cases import close, listed, look, read
from credence.sdk.errors import BadResponse, Unsendable
from credence.sdk.messages import Request, Response

ID = "9d2f5b0c6a7e4c318d0c2b6f5a1e7d34"
OTHER = "0" * 32
CASE: dict[str, Any] = {
    "case_id": ID,
    "rule": "ping-pong",
    "instrument": "ETH-PERP",
    "pseudonyms": [b64u(b"p" * 48)],
    "day": "2026-09-20",
    "first_at": 1_789_950_001,
    "last_at": 1_789_950_006,
    "found": 6,
    "needed": 4,
    "reason": "6 turns of one quantity to and fro",
    "state": "open",
    "note": None,
    "opened_at": 1_790_000_000,
    "closed_at": None,
}
LOOK = {"day": "2026-09-20", "opened": 1, "known": 0, "left_out": 0, "trades": 6, "fills": 12, "cancels": 0, "unpaired": 0}
AUTH: Any = None


def told(document: dict[str, Any], call: Call[Any]) -> tuple[Any, Request]:
    asked: list[Request] = []

    class Way:
        def send(self, request: Request) -> Response:
            asked.append(request)
            return Response(200, {"content-type": "application/json"}, json.dumps(document).encode())

    return perform(Way(), call), asked[0]


def test_a_day_is_looked_over() -> None:
    found, request = told(LOOK, look("2026-09-20", AUTH))
    assert (found.opened, found.unpaired) == (1, 0)
    assert (request.path, request.body) == ("/v1/reputation/cases/looks", {"day": "2026-09-20"})
    with pytest.raises(BadResponse):
        told({**LOOK, "day": "2026-09-19"}, look("2026-09-20", AUTH))


def test_cases_are_listed() -> None:
    found, request = told({"cases": [CASE], "rules": {"ping-pong": {"open": 1}}}, listed(AUTH, state="open", before=OTHER))
    assert (found.cases[0].pseudonyms, found.cases[0].note) == ((b"p" * 48,), None)
    assert found.rules["ping-pong"] == {"open": 1}
    assert request.query == {"state": "open", "before": OTHER}


def test_a_case_is_read_and_closed() -> None:
    assert told(CASE, read(ID, AUTH))[0].found == 6
    closed, request = told({**CASE, "note": "explained", "closed_at": 1_790_000_001}, close(ID, "explained", AUTH))
    assert (closed.note, closed.closed_at) == ("explained", 1_790_000_001)
    assert request.body == {"note": "explained"}
    with pytest.raises(BadResponse):
        told({**CASE, "case_id": OTHER}, read(ID, AUTH))


@pytest.mark.parametrize(
    "wrong",
    [{"pseudonyms": [b64u(b"p" * 47)]}, {"pseudonyms": ["@"]}, {"pseudonyms": [1]}, {"note": "banned"}, {"found": "6"}],
)
def test_a_case_that_is_none_is_not_believed(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadResponse):
        told({**CASE, **wrong}, read(ID, AUTH))


def test_what_is_no_day_no_id_and_no_note_is_not_sent() -> None:
    for make in (
        lambda: look("yesterday", AUTH),
        lambda: read("../policies", AUTH),
        lambda: listed(AUTH, before="A" * 32),
        lambda: close(ID, "banned", AUTH),  # type: ignore[arg-type]
    ):
        with pytest.raises(Unsendable):
            make()
