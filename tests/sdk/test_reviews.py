"""Does a wallet ask about its own credential only where what everybody is told leaves it no other way?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from credence.circuits.credential import DAY_SECONDS, EPOCH_DAYS, PERSON_1
from credence.circuits.issuance import HeldCredential
from credence.sdk.calls import reviews as calls
from credence.sdk.calls.issuer import Evidence
from credence.sdk.calls.reviews import Entry, Notice, Proposed, Round
from credence.sdk.contents import Contents, RootSecret
from credence.sdk.errors import BadResponse, UntrustedIssuer, VaultTampered
from credence.sdk.onboarding import Onboarding
from credence.sdk.reviews import may_be_due, tier_of
from credence.sdk.transport import Request, Response
from credence.sdk.vault import FLOOR
from credence.sdk.wallet import Wallet
from tests.sdk.test_onboarding import API_KEY, CASE, Says

EPOCH = 739
BEGIN = EPOCH * EPOCH_DAYS * DAY_SECONDS
DAYS = {"low": 365, "standard": 182, "enhanced": 91}
NOTICE: dict[str, Any] = {
    "type": "credence/review-notice/1",
    "issuer": "issuer.example",
    "rounds": [],
    "notice_days": 30,
    "review_days": DAYS,
}
STANDING: dict[str, Any] = {"attestation_id": "a" * 32, "verified_at": BEGIN + 7, "revoked": False, "due": None}
PROPOSAL: dict[str, Any] = {
    "proposal_id": "p-1",
    "case_id": "case-1",
    "decision": "approve",
    "reason": "false-positive",
    "standing": "open",
    "proposed_by": "first.example",
    "proposed_at": 1,
    "approved_by": None,
}


def held(**attributes: int) -> HeldCredential:
    """As much of a credential as is looked at."""
    given = {"issued_epoch": EPOCH, "risk_le_low": 1, "risk_le_standard": 1, **attributes}
    found = SimpleNamespace(
        schema=PERSON_1,
        issuer="issuer.example",
        attestation_id="a" * 32,
        expiry_epoch=EPOCH + 26,
        attributes=given,
        revoked=None,
    )
    return cast(HeldCredential, found)


def notice(*opened_at: int) -> Notice:
    return Notice("issuer.example", tuple(Round(at, at + 30 * DAY_SECONDS) for at in opened_at), 30, DAYS)


@pytest.mark.parametrize(
    ("opened_at", "verified_at", "days", "due"),
    [
        ((), None, 0, False),
        ((), None, 334, False),
        ((), None, 335, True),
        ((), BEGIN + 200 * DAY_SECONDS, 335, False),
        ((BEGIN - 1,), None, 1, False),
        ((BEGIN + 5,), None, 1, True),
        ((BEGIN + 5,), BEGIN + 6, 1, False),
        ((BEGIN + 9, BEGIN + 5), BEGIN + 6, 1, True),
        ((BEGIN + 5,), None, 26 * EPOCH_DAYS + 1, False),  # it is over
    ],
)
def test_what_everybody_is_told_concerns(opened_at: tuple[int, ...], verified_at: int | None, days: int, due: bool) -> None:
    assert may_be_due(held(), notice(*opened_at), verified_at, BEGIN + days * DAY_SECONDS) is due


@pytest.mark.parametrize(
    ("attributes", "tier"),
    [({}, "low"), ({"risk_le_low": 0}, "standard"), ({"risk_le_low": 0, "risk_le_standard": 0}, "enhanced")],
)
def test_the_tier_is_the_credentials(attributes: dict[str, int], tier: str) -> None:
    assert tier_of(held(**attributes)) == tier
    at = BEGIN + (DAYS[tier] - 31) * DAY_SECONDS
    assert not may_be_due(held(**attributes), notice(), None, at)
    assert may_be_due(held(**attributes), notice(), None, at + DAY_SECONDS)


class Issuer:
    """Answers what a wallet asks, and keeps what it was asked."""

    def __init__(self) -> None:
        self.notice, self.standing = dict(NOTICE), dict(STANDING)
        self.asked: list[str] = []

    def send(self, request: Request) -> Response:
        self.asked.append(request.path)
        said = self.notice if request.path.endswith("notice") else self.standing
        return Response(200, {"content-type": "application/json"}, json.dumps(said).encode())


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def wallet(issuer: Issuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wallet:
    made = Wallet.create(tmp_path / "vault", "correct horse", transport=issuer, parameters=FLOOR, clock=lambda: BEGIN + 9)
    monkeypatch.setattr(made.flows, "_contents", replace(made.flows.contents, credentials=(held(),)))
    monkeypatch.setattr(made.flows, "_keep", lambda contents: setattr(made.flows, "_contents", contents))
    return made


def test_a_wallet_asks_nothing_that_it_need_not(wallet: Wallet, issuer: Issuer) -> None:
    (found,) = wallet.reviews("issuer.example")
    assert (found.asked, found.deadline) == (False, None)
    assert issuer.asked == ["/v1/issuer/review-notice"]


def test_a_wallet_asks_for_its_own_and_remembers_what_it_is_told(wallet: Wallet, issuer: Issuer) -> None:
    issuer.notice["rounds"] = [{"opened_at": BEGIN + 5, "deadline": BEGIN + 50}]
    issuer.standing |= {"verified_at": BEGIN, "due": {"cause": "list-changed", "deadline": BEGIN + 50}}
    (found,) = wallet.reviews("issuer.example")
    assert (found.asked, found.cause, found.deadline) == (True, "list-changed", BEGIN + 50)
    issuer.standing |= {"verified_at": BEGIN + 7, "due": None}
    assert wallet.reviews("issuer.example")[0].deadline is None
    issuer.asked.clear()
    assert not wallet.reviews("issuer.example")[0].asked
    assert issuer.asked == ["/v1/issuer/review-notice"]


def test_another_issuers_service_is_not_asked(wallet: Wallet) -> None:
    with pytest.raises(UntrustedIssuer):
        wallet.reviews("other.example")


@pytest.mark.parametrize(
    "said", [{"revoked": None}, {"attestation_id": "b" * 32}, {"due": {"cause": "x"}}, {"verified_at": "1"}]
)
def test_a_standing_of_another_shape(wallet: Wallet, issuer: Issuer, said: dict[str, Any]) -> None:
    issuer.notice["rounds"] = [{"opened_at": BEGIN + 5, "deadline": BEGIN + 50}]
    issuer.standing |= said
    with pytest.raises(BadResponse):
        wallet.reviews("issuer.example")


def test_a_vault_keeps_when_evidence_was_seen() -> None:
    contents = Contents(RootSecret(bytes(32)), verified={("issuer.example", "a" * 32): 7})
    assert Contents.decode(contents.encode()).verified == {("issuer.example", "a" * 32): 7}
    for wrong in ([["issuer.example", 7]], [["issuer.example", "a", -1]], [["issuer.example", "a", "7"]], 7):
        document = json.loads(contents.encode()) | {"verified": wrong}
        with pytest.raises(VaultTampered):
            Contents.decode(json.dumps(document).encode())


# --- the desk ---


def test_what_two_reviewers_send() -> None:
    says = Says(PROPOSAL)
    desk = Onboarding(says, api_key=API_KEY)
    proposed = Proposed("approve", "false-positive", "seen", risk_tier="enhanced", cleared=[Entry("un", "1")])
    assert desk.propose("case-1", proposed).proposal_id == "p-1"
    assert says.sent[0].path == "/v1/issuer/cases/case-1/proposals"
    assert says.sent[0].idempotency_key is not None
    assert says.sent[0].body == {
        "decision": "approve",
        "reason": "false-positive",
        "comment": "seen",
        "cleared": [{"list": "un", "entry_id": "1"}],
        "risk_tier": "enhanced",
    }
    assert desk.reject("case-1", "p-1").standing == "open"
    says.document = CASE
    assert desk.approve("case-1", "p-1").state == "review"
    assert desk.show_again("case-1", Evidence("a.b.c", "eu-pid")).case_id == "case-1"
    assert [request.path for request in says.sent[1:]] == [
        "/v1/issuer/cases/case-1/proposals/p-1/rejection",
        "/v1/issuer/cases/case-1/proposals/p-1/approval",
        "/v1/issuer/cases/case-1/evidence",
    ]
    with pytest.raises(BadResponse):
        desk.approve("case-2", "p-1")


def test_what_waits() -> None:
    due = {"case_id": "case-1", "cause": "interval", "since": 1, "deadline": 2}
    says = Says({"cases": [CASE], "proposals": [PROPOSAL], "due": [due]})
    found = Onboarding(says, api_key=API_KEY).waiting(7)
    assert says.sent[0].query == {"limit": "7"}
    assert (found.cases[0].case_id, found.proposals[0].proposed_by, found.due[0].deadline) == ("case-1", "first.example", 2)
    assert found.due_next is None
    says.document = {"cases": [], "proposals": [], "due": [due], "due_next": "2.a"}
    assert Onboarding(says, api_key=API_KEY).waiting(7, "1.b").due_next == "2.a"
    assert says.sent[1].query == {"limit": "7", "due_after": "1.b"}
    says.document = {"cases": ["x"], "proposals": [], "due": []}
    with pytest.raises(BadResponse):
        Onboarding(says, api_key=API_KEY).waiting()


def test_a_history_is_the_services_own_words() -> None:
    says = Says({"case_id": "case-1", "steps": []})
    assert Onboarding(says, api_key=API_KEY).history("case-1")["steps"] == []
    says.document = {"author": "first.example"}
    assert Onboarding(says, api_key=API_KEY).comment("case-1", "seen") == "first.example"
    assert calls.notice().request.auth is None
