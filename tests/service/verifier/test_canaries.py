"""Does anything that a caller sends come out again, in an answer, a log line or the database?

A canary is put into every place that a caller fills. What a decision may repeat is what was proven, and nothing besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from credence.circuits.encoding import b64u_decode
from credence.circuits.wire import Presentation
from credence.service import logs
from tests.service.databases import Database
from tests.service.verifier.conftest import Opened, Venue, policy

CANARY = "canary-7f3a9c"
NUMBER = 7_390_417


@pytest.fixture
def lines() -> Iterator[StringIO]:
    stream = StringIO()
    logs.configure("debug", stream)
    yield stream
    logs.configure()


def places(value: Any) -> Iterator[Any]:
    """The document with a canary in the place of each of its values, and with a canary as a key of each of its objects."""
    yield CANARY
    if isinstance(value, dict):
        yield {**value, CANARY: 1}
        yield {**value, CANARY: CANARY}
        for key, inner in value.items():
            for changed in places(inner):
                yield {**value, key: changed}
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            for changed in places(inner):
                yield [*value[:index], changed, *value[index + 1 :]]


def kept(venue: Venue, database: Database) -> bytes:
    """Every byte that the database keeps, its log included."""
    return b"".join(database.kept(venue.running.services.settings.data_dir).values())


def said_openly(presentation: Presentation, **changes: Any) -> Presentation:
    """The same proof, with something else said of its one credential."""
    (shown,) = presentation.credentials
    return replace(presentation, credentials=(replace(shown, **changes),))


def test_a_presentation_is_not_repeated(venue: Venue, lines: StringIO, database: Database) -> None:
    answers = []
    for number, body in enumerate(places(venue.prove(venue.open()).to_json())):
        request = venue.open()
        here = {**body, "session_id": request.session_id} if isinstance(body, dict) and number % 2 else body
        answers.append(venue.answer(request.session_id, here))
    assert {answer.status_code for answer in answers} == {200, 400}
    assert all(CANARY not in answer.text for answer in answers)
    assert CANARY not in lines.getvalue()
    assert CANARY.encode() not in kept(venue, database)


def test_a_policy_that_is_refused_is_not_repeated(open_venue: Opened, lines: StringIO) -> None:
    venue = open_venue()
    for document in places(policy(disclose=[{"of": "person", "attribute": "risk_tier"}])):
        answer = venue.ask("PUT", "/policies/perp-standard", document)
        if answer.status_code == 201:  # a canary may name a slot's issuer or a pseudonym's suffix
            continue
        assert answer.status_code in (400, 409)
        assert CANARY not in answer.text
    assert CANARY not in lines.getvalue()


def test_a_question_that_is_refused_is_not_repeated(venue: Venue, lines: StringIO) -> None:
    asked = {"policy": "perp-standard", "volume_30d_usd": "1", "maker_share": "0.1", "channel": "AAAA", "message": "AAAA"}
    for body in places(asked):
        answer = venue.ask("POST", "/sessions", body)
        assert CANARY not in answer.text or answer.json()["request"]["message"] == CANARY
    for path in (f"/sessions/{CANARY}", f"/sessions/{CANARY}/request", f"/policies/{CANARY}"):
        assert CANARY not in venue.ask("GET", path).text
    assert CANARY not in lines.getvalue()


def test_why_a_proof_was_refused_is_in_the_log_alone(venue: Venue, lines: StringIO) -> None:
    request = venue.open()
    presentation = venue.prove(request)
    wrong = (said_openly(presentation, key_id="k2"), replace(presentation, proof=presentation.proof[:-1]))
    answers = [venue.answer(request.session_id, one).json() for one in wrong]
    for answer in answers:
        for varying in ("receipt_id", "presentation_digest", "salt"):
            del answer["receipt"]["receipt"][varying]
        del answer["receipt"]["signature"]
    assert answers[0] == answers[1]
    found = [line for line in lines.getvalue().splitlines() if "presentation.denied" in line]
    assert ['"step": "context"' in found[0], '"step": "decode"' in found[1] or '"step": "shape"' in found[1]] == [True, True]
    assert not any(part in lines.getvalue() for part in (request.session_id, "venue-a", "pseudonym"))


def test_what_is_not_proven_is_not_kept(venue: Venue, database: Database) -> None:
    request = venue.open()
    presentation = venue.prove(request)
    wrong = said_openly(presentation, issuer=CANARY, expiry_epoch=NUMBER)
    assert venue.answer(request.session_id, wrong).json()["decision"] == "denied"
    decision = venue.answer(request.session_id, presentation).json()
    assert decision["decision"] == "accepted"
    stored = b"".join(database.rows(venue.running.services.settings.data_dir).values())
    body = presentation.to_json()
    (shown,) = body["credentials"]
    assert b64u_decode(decision["pseudonym"]) in stored
    for part in (CANARY, str(NUMBER), body["proof"], shown["key_id"] + '"', f'"{shown["expiry_epoch"]}"'):
        assert part.encode() not in stored
    for part in (presentation.proof, presentation.proof[:32]):
        assert part not in stored
