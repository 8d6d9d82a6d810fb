"""Does the answer about one object ever pass for the answer about another? A service may lie, and a cache may mix two up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.sdk import Auditor, Onboarding, Verifier, Wallet
from credence.sdk.errors import BadResponse
from credence.sdk.messages import Request
from tests.sdk.small_service import API_KEY, POLICY, TOKEN, VENUE, Answer, SmallService
from tests.sdk.test_onboarding import CASE, Says


@pytest.fixture
def venue(service: SmallService) -> Verifier:
    found = Verifier(service, audience=VENUE, api_key=API_KEY, clock=service.clock)
    found.register_policy(POLICY)
    return found


def test_a_wallet_is_not_told_another_sessions_decision(service: SmallService, wallet: Wallet) -> None:
    for session_id in ("s-1", "s-2"):
        service.request(session_id)
    theirs = wallet.answer("s-1", audience=VENUE)

    def mix_up(request: Request, answer: Answer) -> Answer:
        return dict(theirs.answer) if request.path.endswith("/presentation") else answer

    service.change, service.replies = mix_up, {}
    with pytest.raises(BadResponse, match="something else"):
        wallet.answer("s-2", audience=VENUE)
    before = service.paths().count("POST /v1/verifier/sessions/s-2/presentation")
    service.change = None
    service.replies, service.sessions["s-2"] = {}, (service.sessions["s-2"][0], None)
    own = wallet.answer("s-2", audience=VENUE)  # the same presentation once more, since nobody has answered it
    assert (own.session_id, own.accepted) == ("s-2", True)
    sent = [request for request in service.sent if request.path.endswith("s-2/presentation")]
    assert len(sent) == before + 1
    assert len({request.idempotency_key for request in sent}) == 1


def changed(answer: dict[str, Any], *path: str, to: Any) -> dict[str, Any]:
    """``answer`` with the member at ``path`` changed."""
    name, *rest = path
    return {**answer, name: changed(answer[name], *rest, to=to) if rest else to}


@pytest.mark.parametrize(
    ("path", "to"),
    [(("session_id",), "s-9"), (("result", "session_id"), "s-9"), (("state",), "denied"), (("state",), "open")],
    ids=["another session", "another session's result", "another end", "no end"],
)
def test_a_venue_is_not_told_another_sessions_result(
    service: SmallService, wallet: Wallet, venue: Verifier, path: tuple[str, ...], to: str
) -> None:
    opened = venue.open_session("perp-standard")
    decided = wallet.answer(opened.session_id, audience=VENUE)
    assert venue.result(opened.session_id).result == decided

    def mix_up(_: Request, answer: Answer) -> Answer:
        assert isinstance(answer, dict)
        return changed(answer, *path, to=to)

    service.change = mix_up
    with pytest.raises(BadResponse):
        venue.result(opened.session_id)


def test_a_policy_of_another_name_is_not_ones_own(service: SmallService, venue: Verifier) -> None:
    assert venue.policy("perp-standard").name == "perp-standard"
    service.change = lambda _, answer: {**dict(answer), "name": "perp-prime"}  # type: ignore[arg-type]
    service.replies = {}
    with pytest.raises(BadResponse, match="something else"):
        venue.policy("perp-standard")
    with pytest.raises(BadResponse, match="something else"):
        venue.register_policy(POLICY)


def test_a_desk_is_not_shown_another_case() -> None:
    desk = Onboarding(Says(CASE), api_key=API_KEY)
    assert desk.case("case-1").case_id == desk.decide("case-1", "approve", "looked-at").case_id == "case-1"
    with pytest.raises(BadResponse, match="something else"):
        desk.case("case-2")
    with pytest.raises(BadResponse, match="something else"):
        desk.decide("case-2", "approve", "looked-at")


def test_an_auditor_is_not_shown_another_attestation(service: SmallService, empty: Wallet, auditor: Auditor) -> None:
    one, other = (empty.receive(replace(service.offer(), case_id=case), TOKEN) for case in ("case-1", "case-2"))
    service.log.publish()
    there = auditor.attestation(other.attestation_id)

    def mix_up(request: Request, answer: Answer) -> Answer:
        return service._answer(replace(request, path=request.path.replace("case-1", "case-2")))

    service.change = mix_up
    with pytest.raises(BadResponse, match="something else"):
        auditor.attestation(one.attestation_id)
    service.change = None
    assert auditor.attestation(one.attestation_id).index != there.index
