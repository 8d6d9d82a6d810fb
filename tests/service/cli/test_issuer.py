"""Can an issuer's operator see and decide cases, without a name or an offer ever being printed?"""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from credence.service.sandbox.persons import ENHANCED_RISK, FOR_REVIEW, LISTED, LISTED_NAMES, LOW_RISK, Person
from tests.service.cli.conftest import Outcome, Run, Service

DILIGENCE = {"factors", "monitoring", "review_by", "mode", "diligence", "record"}
CASE = {"case_id", "state", "reasons", "screening", "kyc_level", "risk_tier"} | DILIGENCE


def submit(run: Run, service: Service, person: Person, *more: object) -> Outcome:
    evidence = service.evidence(person)
    where = ("--url", service.url, "--api-key-file", service.desk_key)
    outcome = run("issuer", "submit", "--evidence", evidence, *where, *more, "--json")
    for text in (person.family_name, person.document_number, evidence.read_text().strip()):
        assert text not in outcome.out + outcome.err
    return outcome


def test_the_document_is_the_same_by_both_ways(run: Run, service: Service) -> None:
    near = run("issuer", "document", "--data-dir", service.data)
    far = run("issuer", "document", "--url", service.url, "--json")
    assert near.code == far.code == 0
    assert near.json == far.json
    assert near.json["type"] == "credence/issuer-document/3"


def test_an_approved_case_makes_an_offer_that_is_written_and_not_printed(run: Run, service: Service, room: Path) -> None:
    outcome = submit(run, service, LOW_RISK, "--offer-file", room / "offer.json")
    assert outcome.code == 0
    assert set(outcome.json) == CASE
    assert outcome.json["state"] == "approved"
    offer = json.loads((room / "offer.json").read_text())
    assert offer["case_id"] == outcome.json["case_id"]
    assert offer["secret"] not in outcome.out + outcome.err
    assert stat.S_IMODE((room / "offer.json").stat().st_mode) == 0o600


def test_an_offer_is_not_written_over_a_file(run: Run, service: Service, room: Path) -> None:
    (room / "offer.json").write_text("mine")
    outcome = submit(run, service, LOW_RISK, "--offer-file", room / "offer.json")
    assert outcome.code == 1
    assert "nothing was done" in outcome.complaint
    assert (room / "offer.json").read_text() == "mine"


def test_a_case_is_shown_with_what_was_weighed(run: Run, service: Service) -> None:
    outcome = submit(run, service, ENHANCED_RISK)
    shown = run("issuer", "cases", outcome.json["case_id"], "--data-dir", service.data)
    lines = dict(line.split(None, 1) for line in shown.out.splitlines() if not line.startswith("risk"))
    assert lines["weighed"].rstrip() == (
        "residence standard 3, nationality standard 2, pep yes enhanced (table 2026-11-2, mode open)"
    )
    assert lines["watched"].startswith("close, looked at again by ")
    assert lines["record"].rstrip() == "invented-1 at archive.example, for 5 years after the relationship"


def test_a_listed_person_is_declined_with_the_entry(run: Run, service: Service) -> None:
    outcome = submit(run, service, LISTED)
    assert outcome.code == 0
    assert outcome.json["state"] == "declined"
    (match,) = outcome.json["screening"]["matches"]
    assert (match["list"], match["entry_id"]) == ("invented", "D-1001")


def test_a_case_in_review_is_found_decided_and_decided_once(run: Run, service: Service, room: Path) -> None:
    case_id = submit(run, service, FOR_REVIEW).json["case_id"]
    where = ("--data-dir", service.data)
    waiting = run("issuer", "cases", "--state", "review", *where, "--json")
    assert case_id in {case["case_id"] for case in waiting.json["cases"]}
    alone = run("issuer", "decide", case_id, "approve", "--reason", "false-positive", *where)
    assert alone.code == 1
    assert "another one approves it" in alone.complaint
    decided = run("issuer", "decide", case_id, "decline", "--reason", "no-answer", *where, "--json")
    assert decided.code == 0
    assert (decided.json["state"], decided.json["reasons"][-1]) == ("declined", "no-answer")
    again = run("issuer", "decide", case_id, "decline", "--reason", "second-thoughts", *where)
    assert again.code == 1
    assert "state" in again.complaint


def test_a_decision_over_http(run: Run, service: Service) -> None:
    case_id = submit(run, service, FOR_REVIEW).json["case_id"]
    where = ("--url", service.url, "--api-key-file", service.desk_key)
    decided = run("issuer", "decide", case_id, "decline", "--reason", "no-answer", *where, "--json")
    assert (decided.code, decided.json["state"]) == (0, "declined")
    near = run("issuer", "cases", case_id, "--data-dir", service.data, "--json")
    far = run("issuer", "cases", case_id, *where, "--json")
    assert near.json == far.json == decided.json


def test_an_api_key_comes_from_the_environment_too(run: Run, service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ("issuer", "cases", "no-such-case", "--url", service.url)
    without = run(*command)
    assert without.code == 2
    assert "CREDENCE_API_KEY" in without.complaint
    monkeypatch.setenv("CREDENCE_API_KEY", service.desk_key.read_text())
    unknown = run(*command)
    assert unknown.code == 1
    assert "the service refuses" in unknown.complaint
    monkeypatch.setenv("CREDENCE_API_KEY", service.venue_key.read_text())
    assert "forbidden" in run(*command).complaint


def test_cases_as_a_table(run: Run, service: Service) -> None:
    case_id = submit(run, service, LISTED).json["case_id"]
    outcome = run("issuer", "cases", "--data-dir", service.data)
    assert outcome.code == 0
    assert case_id in outcome.out
    one = run("issuer", "cases", case_id, "--data-dir", service.data)
    assert "invented D-1001" in one.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("cases", "--state", "nonsense"), "review"),
        (("cases", "--url", "http://127.0.0.1:9"), "one case"),
        (("decide", "a-case", "maybe", "--reason", "slug"), "approve or decline"),
        (("decide", "a-case", "approve", "--reason", "Mr Smith!"), "slug"),
        (("submit", "--evidence", "nowhere.jws", "--url", "http://127.0.0.1:9"), "cannot be read"),
        (("submit", "--evidence", "evidence.jws"), "--url"),
        (("document", "--url", "http://example.org"), "https"),
    ],
)
def test_bad_usage(arguments: tuple[str, ...], words: str, run: Run, data: Path, room: Path) -> None:
    (room / "evidence.jws").write_text("token")
    outcome = run("issuer", *arguments)
    assert outcome.code == 2
    assert words in outcome.complaint


def test_a_service_that_is_not_there_is_not_ready(run: Run) -> None:
    outcome = run("issuer", "document", "--url", "http://127.0.0.1:9")
    assert outcome.code == 3
    assert "cannot be reached" in outcome.complaint


def test_an_unknown_case(run: Run, data: Path) -> None:
    outcome = run("issuer", "cases", "no-such-case")
    assert outcome.code == 1
    assert "no such" in outcome.complaint


def test_lists(run: Run, data: Path, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("issuer", "lists", "status", "--json").json == {"lists": []}
    monkeypatch.setenv("CREDENCE_SCREENING_LISTS", f"invented={LISTED_NAMES}")
    outcome = run("issuer", "lists", "status", "--json")
    assert outcome.code == 0
    (found,) = outcome.json["lists"]
    assert set(found) == {"name", "version", "digest", "entries", "published", "source", "imported_at"}
    assert found["entries"] > 1
    (room / "half.json").write_text("{")
    monkeypatch.setenv("CREDENCE_SCREENING_LISTS", f"half={room / 'half.json'}")
    refused = run("issuer", "lists", "status")
    assert refused.code == 3
    assert "half" in refused.complaint
