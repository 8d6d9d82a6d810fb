"""Does nothing of a person stay behind? Distinctive strings are planted in every flow, and every byte is searched.

Searched are: every file of the installation (the database with its write-ahead log among them), every log line at the
finest level, every answer, and what errors print. The soak's ``planted_strings`` does the same with forty strings, a real
server, backups, spans and metrics.
"""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from sqlalchemy import text

from credence.circuits.encoding import b64u
from credence.circuits.wire import Offer
from credence.service import logs
from credence.service.sandbox.persons import Person
from credence.service.sandbox.vendor import Vendor
from tests.conftest import SeededBytes
from tests.service.databases import Database
from tests.service.issuer.conftest import ISSUER, World, evidence
from tests.service.needles import needles

CANARY = Person(
    given_name="Xanthiquelle",
    family_name="Zbrowiaková",
    birth_date="1983-07-29",
    document_country="SI",
    document_type="residence-permit",
    document_number="QX77-ZZ 90431K",
    nationality="MK",
    residence="AX",
    assurance="high",
)
LISTED = replace(CANARY, given_name="Wolframantius", family_name="Krzyzewskaite", document_number="WK-55501-ZQ")
REVIEWED = replace(CANARY, given_name="Ysolindra", family_name="Vaugrenardeau", document_number="YV-31337-ZQ")
PERSONS = (CANARY, LISTED, REVIEWED)


@pytest.fixture
def lists(tmp_path: Path) -> dict[str, Path]:
    """Outside of what is searched: a list is public, and says nothing of who applied."""
    entries = [
        {"id": "C-1", "kind": "individual", "names": [LISTED.full_name], "births": [LISTED.birth_date]},
        {"id": "C-2", "kind": "individual", "names": [REVIEWED.full_name], "births": ["1950"]},
    ]
    path = tmp_path / "canaries.json"
    path.write_text(json.dumps({"type": "credence/screening-list/1", "version": "1", "entries": entries}), encoding="utf-8")
    return {"own": path}


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that is logged, from the finest level up."""
    stream = io.StringIO()
    before, level = logging.getLogger().handlers[:], logging.getLogger().level
    logs.configure("debug", stream)
    logging.getLogger().setLevel(logging.DEBUG)
    yield stream
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = before
    logging.getLogger().setLevel(level)


def traces(person: Person, token: str) -> set[bytes]:
    """Each fact in every form, and pieces of the evidence itself."""
    words = (person.given_name, person.family_name, person.full_name, person.birth_date, person.document_number)
    _, payload, signature = token.split(".")
    pieces = {payload[at : at + 24].encode() for at in range(0, max(1, len(payload) - 24), 32)}
    return pieces | {signature.encode()} | needles(words) | needles(person.document_number.split())


def test_the_search_finds_what_is_there() -> None:
    """Otherwise nothing found would mean nothing."""
    token = f"h.{b64u(json.dumps(CANARY.claims()).encode())}.c2lnbmF0dXJl"
    found = traces(CANARY, token)
    for hidden in (
        b"..zbrowiakov\xc3\xa1..",
        b"1983-07-29",
        b"QX77ZZ90431K",
        "Xanthiquelle".encode("utf-16-le"),
        token.encode(),
    ):
        assert any(needle in hidden for needle in found)


def test_nothing_of_a_person_stays_behind(
    world: World, logged: io.StringIO, caplog: pytest.LogCaptureFixture, rng: SeededBytes, database: Database
) -> None:
    caplog.set_level(logging.DEBUG)
    wanted: set[bytes] = set()
    answers: list[bytes] = []

    def sent(person: Person, token: str) -> str:
        wanted.update(traces(person, token))
        return token

    # each person's own way, and the claim of the two that get an offer
    for person in PERSONS:
        token = sent(person, world.token(person))
        opened = world.open(token)
        case = opened.json()
        answers += [
            opened.content,
            world.open(token).content,
            world.get(f"/cases/{case['case_id']}", world.operator).content,
        ]
        if case["state"] == "review":
            decided = world.clear(case["case_id"])
            answers.append(decided.content)
            case = decided.json()
        if case["offer"] is None:
            continue
        offer, request = Offer.parse(case["offer"]), world.request()
        answers.append(world.claim(offer, request.commitment[:-1], token).content)
        answers.append(world.claim(offer, request.commitment, token, offer_secret="x").content)
        answers.append(world.claim(offer, request.commitment, sent(person, world.token(person))).content)
        assert world.claim(offer, request.commitment, token).status_code == 201  # the wallet's own attributes go to it
        answers.append(world.claim(offer, world.request().commitment, token).content)

    # evidence that is refused in every way
    forger = Vendor.create(rng)
    good = sent(CANARY, world.token(CANARY))
    refused = [
        sent(CANARY, forger.issue_result(CANARY, ISSUER, world.now)),
        sent(CANARY, world.token(CANARY, audience="other.example")),
        sent(CANARY, world.vendor.issue_result(CANARY, ISSUER, world.now - 200_000)),
        sent(CANARY, world.token(replace(CANARY, birth_date="1983-07-29T00"))),
        sent(CANARY, world.token(replace(CANARY, residence=CANARY.family_name))),
        good + ".",
        good + "Zbrowiaková",
        good[:-1] + "!",
    ]
    for token in refused:
        answer = world.open(token)
        assert answer.status_code == 400
        answers.append(answer.content)

    # bodies that are no requests, with a person in the wrong place
    for body in (
        {"evidence": CANARY.claims()},
        {"evidence": {"type": CANARY.family_name, "token": good}},
        {"evidence": {**evidence(good), CANARY.given_name: CANARY.document_number}},
        {CANARY.family_name: evidence(good)},
        {"evidence": [good]},
    ):
        answer = world.post("/cases", body, world.operator)
        assert answer.status_code == 400
        answers.append(answer.content)
    answers.append(world.get(f"/cases/{CANARY.family_name}", world.operator).content)
    answers.append(world.get(f"/attestations/{CANARY.given_name}?name={CANARY.family_name}").content)
    answers.append(
        world.post("/cases/x/decision", {"decision": "approve", "reason": CANARY.full_name}, world.reviewer).content
    )

    # an adapter that fails with everything in its hands
    class Clumsy:
        type = "clumsy"

        def verify(self, token: bytes, now: int, received_at: int | None = None) -> None:
            raise RuntimeError(f"cannot read {token!r} of {CANARY}")

    object.__setattr__(world.desk, "adapters", {"clumsy": Clumsy()})
    answer = world.post("/cases", {"evidence": {"type": "clumsy", "token": good}}, world.operator)
    assert answer.status_code == 500
    answers.append(answer.content)

    world.running.services.ledger.sequence()
    folder = world.running.services.settings.data_dir
    files = {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
    files |= database.kept(folder)
    assert world.rows("issuer_cases") == 3
    # the client that the test asks with logs its own addresses
    handled = "\n".join(caplog.handler.format(record) for record in caplog.records if record.name != "httpx2")
    searched = {
        **files,
        "log": logged.getvalue().encode(),
        "captured log": handled.encode(),
        **{f"answer {number}": content for number, content in enumerate(answers)},
    }
    assert len(searched["log"]) > 2_000, "the log was listened to"
    found = sorted({(name, needle) for name, content in searched.items() for needle in wanted if needle in content})
    assert found == []


def test_what_stays_behind_is_keyed_or_salted(world: World) -> None:
    """The same person at two issuers, by the same clock, leaves rows that share no digest."""
    from credence.service.issuer.identity import evidence_commitment, identity_tag
    from credence.service.keys.tags import KeyedTags

    token = world.token(CANARY)
    case_id = world.open(token).json()["case_id"]
    with world.running.services.store("issuer").reading() as session:
        row = (
            session.connection().execute(text("SELECT * FROM issuer_cases WHERE id = :id"), {"id": case_id}).mappings().one()
        )
        kept = dict(row)
    document = world.desk.verify("vendor-jws", token.encode(), world.now).document
    assert kept["identity_tag"] != identity_tag(KeyedTags(bytes(32), bytes(32)), document)
    key = world.running.services.keeping.keys.find(kept["subject_key"])
    salt = key.open("issuer_cases", "evidence_salt", case_id, kept["evidence_salt"])
    assert kept["evidence_commitment"] == evidence_commitment(salt, token.encode())
    assert kept["evidence_commitment"] != evidence_commitment(bytes(32), token.encode())
