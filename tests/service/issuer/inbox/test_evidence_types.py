"""Does every kind of evidence lead to a case and a credential, is it shown again for that, and does nothing of it stay?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from credence.circuits.wire import Offer
from tests.service.adapters import chips
from tests.service.adapters.vendors import VENDORS, answer, vendor_bundle
from tests.service.databases import Database
from tests.service.issuer.inbox.conftest import Front
from tests.service.issuer.test_intake import problem
from tests.service.needles import needles

KINDS = ("eu-pid", "icao-emrtd", *VENDORS)
LEVELS = {"eu-pid": 3, "icao-emrtd": 1}
WORDS = ("Erika", "Mustermann", "ERIKA", "MUSTERMANN", "C11T002JM", "T22000129", "1984-01-26", "840126")


def evidence_of(front: Front, kind: str) -> str:
    if kind == "eu-pid":
        return front.pid(front.challenge())
    if kind == "icao-emrtd":
        return chips.passport().decode()
    front.service.give(kind, answer(kind))
    return vendor_bundle(kind).decode()


def claim(front: Front, kind: str, offer: Offer, commitment: bytes, token: str) -> Any:
    return front.world.claim(offer, commitment, token, evidence={"type": kind, "token": token})


@pytest.mark.parametrize("kind", KINDS)
def test_evidence_becomes_a_credential(front: Front, kind: str) -> None:
    token = evidence_of(front, kind)
    opened = front.hand_in(kind, token)
    assert opened.status_code == 201, opened.text
    case = opened.json()
    assert (case["state"], case["kyc_level"]) == ("approved", LEVELS.get(kind, 2))
    offer, request = Offer.parse(case["offer"]), front.world.request()
    front.world.running.clock.forward(3_600)  # a holder's answer is stale by now, and was fresh when it was handed in
    front.publish()
    claimed = claim(front, kind, offer, request.commitment, token)
    assert claimed.status_code == 201, claimed.text
    again = claim(front, kind, offer, request.commitment, token)
    assert (again.status_code, again.json()["signature"]) == (200, claimed.json()["signature"])


@pytest.mark.parametrize("kind", ["eu-pid", "sumsub"])
def test_what_was_taken_back_meanwhile_is_no_credential(front: Front, kind: str) -> None:
    token = evidence_of(front, kind)
    offer, request = Offer.parse(front.hand_in(kind, token).json()["offer"]), front.world.request()
    front.publish({5: 1})
    front.service.give("sumsub", answer("sumsub", "declined"))
    detail = problem(claim(front, kind, offer, request.commitment, token), 400, "malformed")
    assert detail.endswith(": revoked.")
    front.publish()
    front.service.give("sumsub", answer("sumsub"))
    assert claim(front, kind, offer, request.commitment, token).status_code == 201


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["eu-pid", *VENDORS])
def test_a_source_that_does_not_answer_is_a_503_and_no_case(front: Front, kind: str) -> None:
    token = evidence_of(front, kind)
    kept = dict(front.service.answers)
    front.service.answers.clear()
    refused = front.hand_in(kind, token)
    problem(refused, 503, "unavailable")
    assert refused.headers["retry-after"]
    front.service.answers.update(kept)
    assert front.hand_in(kind, token).status_code == 201


def test_what_the_desk_states_is_bound_to_the_case(front: Front) -> None:
    token = evidence_of(front, "icao-emrtd")
    offer, request = Offer.parse(front.hand_in("icao-emrtd", token).json()["offer"]), front.world.request()
    document = json.loads(token)
    document["stated"]["residence"] = "CH"
    problem(claim(front, "icao-emrtd", offer, request.commitment, json.dumps(document)), 409, "conflict")
    assert claim(front, "icao-emrtd", offer, request.commitment, token).status_code == 201


def test_evidence_of_one_kind_is_none_of_another(front: Front) -> None:
    for kind in KINDS:
        other = KINDS[KINDS.index(kind) - 1]
        if not {kind, other} <= set(VENDORS):
            problem(front.hand_in(other, evidence_of(front, kind)), 400, "malformed")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.slow
def test_nothing_of_it_stays(front: Front, kind: str, database: Database) -> None:
    token = evidence_of(front, kind)
    case = front.hand_in(kind, token)
    claim(front, kind, Offer.parse(case.json()["offer"]), front.world.request().commitment, token)
    folder = front.world.running.services.settings.data_dir
    files = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    content = b"".join([*files, *database.kept(folder).values()])
    assert case.json()["case_id"].encode() in content
    for needle in needles(WORDS):
        assert needle not in content
        assert needle not in case.content
