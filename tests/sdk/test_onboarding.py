"""Does an operator see a case as the issuer keeps it, and nothing that the answer does not say?"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from credence.sdk.calls.issuer import Evidence, KeptRecord, RiskFactor
from credence.sdk.errors import BadResponse, Unsendable
from credence.sdk.onboarding import Onboarding
from credence.sdk.transport import Request, Response

API_KEY = "cred_abcdefghijklmnop_qrstuvwxyz"
CASE: dict[str, Any] = {
    "case_id": "case-1",
    "state": "review",
    "reasons": ["name-resembles-a-listed-one"],
    "screening": {
        "matcher": "names-1",
        "lists": [{"name": "ofac-sdn", "version": "2026-11-01", "digest": "ab" * 32}],
        "matches": [
            {"list": "ofac-sdn", "entry_id": "12345", "score": 91.5, "band": "review", "reasons": ["name-similar"]},
        ],
    },
    "kyc_level": 2,
    "risk_tier": "standard",
    "offer": None,
}
OFFER = {
    "type": "credence/offer/1",
    "issuer": "issuer.example",
    "schema": "credence/person/1",
    "case_id": "case-1",
    "secret": "offer-secret",
    "expires_at": 1_790_000_000,
}


class Says:
    """Answers every call with one document and keeps what it was asked."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.sent: list[Request] = []

    def send(self, request: Request) -> Response:
        self.sent.append(request)
        return Response(201, {"content-type": "application/json"}, json.dumps(self.document).encode())


def test_evidence_opens_a_case() -> None:
    says = Says(CASE)
    case = Onboarding(says, api_key=API_KEY).submit("a.b.c")
    sent = says.sent[0]
    assert (sent.method, sent.path, sent.auth) == ("POST", "/v1/issuer/cases", API_KEY)
    assert sent.body == {"evidence": {"type": "vendor-jws", "token": "a.b.c"}}
    assert (case.case_id, case.state, case.kyc_level, case.risk_tier, case.offer) == (
        "case-1",
        "review",
        2,
        "standard",
        None,
    )
    assert case.reasons == ("name-resembles-a-listed-one",)
    assert case.lists[0].version == "2026-11-01"
    assert (case.matcher, case.matches[0].score) == ("names-1", Decimal("91.5"))
    assert (case.matches[0].band, case.matches[0].reasons) == ("review", ("name-similar",))


RISK: dict[str, Any] = {
    "factors": [{"factor": "pep", "value": "yes", "effect": "enhanced"}],
    "monitoring": "close",
    "review_by": 1_790_000_000,
    "mode": "obliged",
    "diligence": "2026-11-2",
    "record": {"keeper": "archive.example", "reference": "r-1", "years": 5},
}


def test_a_case_says_what_was_weighed_and_who_keeps_the_record() -> None:
    case = Onboarding(Says({**CASE, **RISK}), api_key=API_KEY).case("case-1")
    assert case.factors == (RiskFactor("pep", "yes", "enhanced"),)
    assert (case.monitoring, case.review_by, case.mode, case.diligence) == ("close", 1_790_000_000, "obliged", "2026-11-2")
    assert case.record == KeptRecord("archive.example", "r-1", 5)
    unsaid = Onboarding(Says({**CASE, **dict.fromkeys(RISK)}), api_key=API_KEY).case("case-1")
    assert (unsaid.factors, unsaid.monitoring, unsaid.record, unsaid.mode) == ((), None, None, None)


def test_a_case_is_decided_and_its_offer_handed_out() -> None:
    says = Says({**CASE, "state": "approved", "offer": OFFER})
    case = Onboarding(says, api_key=API_KEY).decide("case-1", "approve", "not-the-listed-person")
    assert says.sent[0].path == "/v1/issuer/cases/case-1/decision"
    assert says.sent[0].body == {"decision": "approve", "reason": "not-the-listed-person"}
    assert case.offer is not None
    assert case.offer.to_json() == OFFER
    assert "offer-secret" not in repr(case)


def test_a_declined_case_says_little() -> None:
    little: dict[str, Any] = {"case_id": "case-1", "state": "declined", "reasons": [], "kyc_level": None, "risk_tier": None}
    case = Onboarding(Says(little), api_key=API_KEY).case("case-1")
    assert (case.state, case.lists, case.matches, case.offer) == ("declined", (), (), None)


def test_evidence_is_never_printed() -> None:
    assert "a.b.c" not in repr(Evidence("a.b.c"))


@pytest.mark.parametrize("case_id", ["", "..", "a/b", "a?b"])
def test_a_case_id_cannot_choose_another_path(case_id: str) -> None:
    says = Says(CASE)
    with pytest.raises(Unsendable):
        Onboarding(says, api_key=API_KEY).case(case_id)
    assert says.sent == []


@pytest.mark.parametrize(
    "change",
    [
        {"state": "pending"},
        {"case_id": 1},
        {"reasons": "none"},
        {"kyc_level": 4},
        {"risk_tier": "unknown"},
        {"offer": {**OFFER, "more": 1}},
        {"factors": [{"factor": "pep", "value": "yes"}]},
        {"monitoring": "sometimes"},
        {"review_by": "soon"},
        {"mode": "closed"},
        {"record": {"keeper": "archive.example", "reference": "r-1"}},
        *(
            {"screening": {**CASE["screening"], "matches": [{**CASE["screening"]["matches"][0], **change}]}}
            for change in ({"score": True}, {"score": "x"}, {"score": None}, {"band": "clear"}, {"reasons": "name"})
        ),
    ],
)
def test_a_case_that_is_none_is_no_answer(change: dict[str, Any]) -> None:
    with pytest.raises(BadResponse):
        Onboarding(Says({**CASE, **change}), api_key=API_KEY).case("case-1")
    Onboarding(Says(CASE), api_key=API_KEY).case("case-1")
