"""Does an integrator see in the sandbox whatever a service can answer, and the same each time?"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.service.app import PARTIES, create_app
from credence.service.auth import OPERATIONS
from credence.service.sandbox import Sandbox, claim
from credence.service.sandbox.names import DOMAIN, NORTH, SOUTH, START
from credence.service.sandbox.persons import PERSONS, Standing
from credence.service.settings import Settings
from tests.service.sandbox.conftest import BASE, Office

HOLDERS = sorted(found.id for found in PERSONS.values() if found.standing is Standing.HOLDS)


def test_the_page_says_what_there_is(office: Office) -> None:
    page = office.page()
    assert page["clock"] == {"now": START, "time": "2026-09-01T09:00:00Z"}
    assert {person["id"]: person["standing"] for person in page["persons"]} == {
        found.id: found.standing for found in PERSONS.values()
    }
    assert all(person["case_id"] for person in page["persons"] if person["standing"] != "new")
    named = [
        page["issuer"],
        page["verifier"],
        page["log_vkey"].partition("/")[0],
        *(c["client_id"] for c in page["clients"]),
    ]
    assert all(name.endswith(f".{DOMAIN}") for name in named)
    words = office.http.get("/sandbox")
    assert words.headers["content-type"] == "text/plain; charset=utf-8"
    assert all(client["api_key"] in words.text for client in page["clients"])
    assert all(person["name"] in words.text for person in page["persons"])


def test_every_answer_says_that_it_is_a_sandbox(office: Office) -> None:
    for path in ("/healthz", "/readyz", "/sandbox", "/sandbox/nothing", "/v1/verifier/sessions/x", "/nothing"):
        assert office.http.get(path).headers["credence-sandbox"] == "true", path
    assert office.http.get("/readyz").json()["sandbox"] is True


def test_the_service_describes_itself_as_everywhere(office: Office) -> None:
    """What a client is generated from holds no route that a real service does not have."""
    described = office.http.get("/openapi.json").json()
    assert described["paths"] == create_app(Settings(), parties=PARTIES).openapi()["paths"]
    own = office.http.get("/sandbox/openapi.json").json()
    assert all(path.startswith("/sandbox") for path in own["paths"])
    names = {operation["operationId"] for path in own["paths"].values() for operation in path.values()}
    assert not names & OPERATIONS.keys()


@pytest.mark.parametrize("person", HOLDERS)
def test_every_holder_is_accepted_by_a_venue_that_asks_little(office: Office, person: str) -> None:
    found = office.answer(office.session("perp-private", SOUTH), person).json()
    assert found["presented"]
    assert found["decision"]["decision"] == "accepted"


@pytest.mark.parametrize(
    ("policy", "person", "behaviour", "decision", "reason"),
    [
        ("perp-standard", "yuna", "honest", "accepted", "accepted"),
        ("perp-prime", "annelie", "honest", "accepted", "accepted"),
        ("perp-standard", "yuna", "forging", "denied", "not_accepted"),
        ("perp-standard", "otto", "careless", "denied", "policy_not_met"),
        ("perp-standard", "kwabena", "careless", "denied", "policy_not_met"),
        ("perp-prime", "dorian", "careless", "denied", "policy_not_met"),
        ("perp-standard", "yuna", "careless", "accepted", "accepted"),
        ("perp-standard", "maren", "careless", "denied", "not_accepted"),
        ("perp-prime", "maren", "honest", "accepted", "accepted"),
    ],
)
def test_outcomes(office: Office, policy: str, person: str, behaviour: str, decision: str, reason: str) -> None:
    answer = office.answer(office.session(policy), person, behaviour=behaviour)
    assert answer.status_code == 200, answer.text
    found = answer.json()["decision"]
    assert (found["decision"], found["reason"]) == (decision, reason)


def test_without_a_pseudonym_carelessly_too(office: Office) -> None:
    session = office.session("perp-account", message="YWNjb3VudC03")
    assert office.answer(session, "kwabena", behaviour="careless").json()["decision"]["reason"] == "policy_not_met"
    assert office.answer(session, "yuna").json()["decision"]["pseudonym"] is None


@pytest.mark.parametrize(
    ("person", "unmet"),
    [
        ("otto", ["person.expires_on >= today"]),
        ("kwabena", ["person.kyc_level >= 2"]),
        ("maren", ["person: the credential is revoked"]),
    ],
)
def test_an_honest_wallet_that_cannot_sends_nothing(office: Office, person: str, unmet: list[str]) -> None:
    session = office.session()
    found = office.answer(session, person).json()
    assert (found["presented"], found["unmet"], found["decision"]) == (False, unmet, None)
    state = office.state(session)
    assert (state["state"], state["attempts_left"]) == ("open", 5)


def test_whoever_is_revoked_meanwhile_is_refused(office: Office) -> None:
    """By the reviewer; a proof that was made before would be good for a minute, and nobody in the sandbox keeps one."""
    case = next(person["case_id"] for person in office.page()["persons"] if person["id"] == "priya")
    body = {"case_id": case, "reason": "key-lost"}
    revoked = office.http.post("/v1/issuer/revocations", json=body, headers=office.key("reviewer." + DOMAIN))
    assert revoked.status_code == 201, revoked.text
    office.http.post("/sandbox/clock", json={"forward": 1})
    session = office.session()
    found = office.answer(session, "priya").json()
    assert (found["presented"], found["unmet"]) == (False, ["person: the credential is revoked"])
    assert office.answer(session, "yuna").json()["decision"]["decision"] == "accepted"


def test_an_answered_session_is_a_bad_nonce(office: Office) -> None:
    session = office.session()
    assert office.answer(session, "annelie").status_code == 200
    again = office.answer(session, "annelie")
    assert (again.status_code, again.json()["type"]) == (409, "/problems/bad-nonce")
    assert office.state(session)["state"] == "accepted"


def test_a_session_expires_when_time_passes(office: Office) -> None:
    session = office.session()
    assert office.http.post("/sandbox/clock", json={"forward": 299}).json()["now"] == START + 299
    assert office.state(session)["state"] == "open"
    assert office.http.post("/sandbox/clock", json={"forward": 1}).json()["now"] == START + 300
    assert office.state(session)["state"] == "expired"
    assert office.http.get("/sandbox/clock").json()["now"] == START + 300
    assert office.answer(session, "annelie").json()["type"] == "/problems/bad-nonce"


def test_the_log_has_everything_once_time_has_passed(office: Office) -> None:
    before = int(office.http.get("/v1/log/checkpoint").text.splitlines()[1])
    office.answer(office.session(), "annelie")
    office.http.post("/sandbox/clock", json={"forward": 1})
    assert int(office.http.get("/v1/log/checkpoint").text.splitlines()[1]) == before + 1
    assert office.http.get("/readyz").status_code == 200


@pytest.mark.parametrize(("problem", "status"), [("rate-limited", 429), ("unavailable", 503), ("internal", 500)])
def test_failures_come_when_they_are_asked_for(office: Office, problem: str, status: int) -> None:
    assert office.http.post("/sandbox/failures", json={"problem": problem, "count": 2}).json() == {"armed": 2}
    for _ in range(2):
        refused = office.http.get("/v1/issuer/document")
        assert (refused.status_code, refused.json()["type"]) == (status, f"/problems/{problem}")
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.headers["x-request-id"] == refused.json()["request_id"]
        assert ("retry-after" in refused.headers) == (status != 500)
        assert office.http.get("/healthz").status_code == 200
    assert office.http.get("/v1/issuer/document").status_code == 200


@pytest.mark.parametrize(
    ("person", "state"), [("ines", "approved"), ("tomasz", "approved"), ("milo", "review"), ("cassius", "declined")]
)
def test_whoever_is_new_may_apply(office: Office, person: str, state: str) -> None:
    assert office.case(person)["state"] == state


def test_a_case_in_review_is_the_reviewers(office: Office) -> None:
    (milo,) = (person for person in office.page()["persons"] if person["id"] == "milo")
    assert office.decide(milo["case_id"])["offer"]["issuer"] == f"issuer.{DOMAIN}"
    office.reset()
    assert office.decide(milo["case_id"])["state"] == "approved"
    office.reset()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/sandbox/sessions/x/answer", {"person": "annelie"}, 404),
        ("/sandbox/sessions/x/answer", {"person": "nobody"}, 404),
        ("/sandbox/sessions/x/answer", {"person": "milo"}, 409),
        ("/sandbox/sessions/x/answer", {"person": "annelie", "behaviour": "rude"}, 400),
        ("/sandbox/clock", {"forward": 0}, 400),
        ("/sandbox/clock", {"forward": True}, 400),
        ("/sandbox/clock", {"forward": -1}, 400),
        ("/sandbox/failures", {"problem": "bad-nonce"}, 400),
        ("/sandbox/failures", {"problem": "internal", "count": 101}, 400),
    ],
)
def test_what_makes_no_sense_is_a_problem(office: Office, path: str, body: dict[str, Any], status: int) -> None:
    refused = office.http.post(path, json=body)
    assert refused.status_code == status
    assert refused.headers["content-type"] == "application/problem+json"


def test_evidence_of_nobody_is_not_found(office: Office) -> None:
    assert office.http.get("/sandbox/persons/nobody/evidence").status_code == 404
    first, second = (office.http.get("/sandbox/persons/ines/evidence").json()["token"] for _ in range(2))
    assert first != second


def told(office: Office) -> tuple[Any, ...]:
    """What an integrator may have written down."""
    log = office.http.get("/v1/log/entries", params={"start": "0"}).json()["entries"]
    policy = office.http.get("/v1/verifier/policies/perp-standard", headers=office.key(NORTH)).json()
    return (
        office.page(),
        log,
        policy,
        office.http.get("/v1/issuer/document").json(),
        office.http.get("/v1/log/checkpoint").text,
    )


def test_a_reset_brings_everything_back(office: Office) -> None:
    office.reset()
    before = told(office)
    case, session = office.case("ines")["case_id"], office.session()
    pseudonym = office.answer(session, "annelie").json()["decision"]["pseudonym"]
    office.http.post("/sandbox/clock", json={"forward": 86_400})
    assert told(office) != before
    office.http.post("/sandbox/failures", json={"problem": "internal"})
    office.reset()
    assert told(office) == before
    assert office.http.get(f"/v1/verifier/sessions/{session}", headers=office.key(NORTH)).status_code == 404
    assert office.http.get(f"/v1/issuer/cases/{case}", headers=office.key("desk." + DOMAIN)).status_code == 404
    assert office.answer(office.session(), "annelie").json()["decision"]["pseudonym"] == pseudonym


@pytest.mark.slow
def test_another_start_is_the_same(office: Office, sandbox: Sandbox, tmp_path: Path, curve: Curve) -> None:
    again = Sandbox(claim(tmp_path / "again"), curve, base_url=BASE, start=START)
    asyncio.run(again.prepare())
    assert again.furnished == sandbox.furnished
    assert [found.key for found in again.furnished.keys.values()] == [found.key for found in sandbox.furnished.keys.values()]
