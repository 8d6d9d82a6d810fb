"""Is what a holder read what is answered, whatever the service says in between?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.curve import Curve
from credence.sdk.errors import AlreadyUsed, RequestChanged, RequestInvalid, Unreachable
from credence.sdk.transport import Request, Response
from credence.sdk.wallet import TrustedIssuer, Wallet
from tests.conftest import SeededBytes
from tests.sdk.conftest import Make
from tests.sdk.revoking import NOT_REVOKED, RevokingService
from tests.sdk.small_service import ISSUER, POLICY, TOKEN, VENUE, Problem, SmallService

LIMITED: dict[str, Any] = {"rate_limit": {"name": "open", "per": "day", "max": 4}}
MORE: dict[str, Any] = {"disclose": [{"attribute": "birth_date"}, {"attribute": "residence"}]}


def posted(service: SmallService) -> int:
    return sum(request.method == "POST" for request in service.sent)


CHANGES: dict[str, dict[str, Any]] = {
    "the policy": {"policy": {**POLICY, **MORE}},
    "the message": {"message": b"another account"},
    "the channel": {"channel": b"another channel"},
    "the nonce": {"nonce": bytes(32)},
    "the times": {"requested_at": 1_790_000_001},
    "the audience": {"audience": "verifier.example/venue-b"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_else_is_answered_than_was_understood(service: SmallService, wallet: Wallet, change: str) -> None:
    understood = service.request("s-1")
    wallet.understand(understood)
    other = replace(understood, **CHANGES[change])
    service.sessions["s-1"] = (other, None)
    with pytest.raises(RequestChanged):
        wallet.answer("s-1", audience=VENUE, understood=understood)
    assert posted(service) == 0
    service.sessions["s-1"] = (understood, None)
    assert wallet.answer("s-1", audience=VENUE, understood=understood.to_json()).accepted


def test_newer_staples_are_no_other_question(curve: Curve, rng: SeededBytes, make: Make) -> None:
    service = RevokingService(curve, rng)
    pin = TrustedIssuer(ISSUER, service.log.signer.vkey)
    wallet = make(transport=service, trust=[pin], clock=service.clock)
    wallet.receive(service.offer(), TOKEN)
    understood = service.request("s-1", policy=NOT_REVOKED)
    service.revoke(1)
    service.now += 120
    assert wallet.answer("s-1", audience=VENUE, understood=understood).accepted


def test_a_retry_answers_the_question_that_was_answered_first(
    service: SmallService, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A venue that says `already-used`, and asks for more under the same session, gets a use and no more."""
    asked = service.request("s-9", policy=LIMITED)
    more = replace(asked, policy={**asked.policy, **MORE})
    answers = [False, True, True]

    def lie(session_id: str, body: dict[str, Any]) -> object:
        if not answers:
            return decide(session_id, body)
        service.sessions["s-9"] = (asked if answers.pop() else more, None)
        return already_used()

    decide = service._decide
    monkeypatch.setattr(service, "_decide", lie)
    with pytest.raises(AlreadyUsed):  # twice the same question, and two uses
        wallet.answer("s-9", audience=VENUE)
    assert posted(service) == 2
    with pytest.raises(RequestChanged):
        wallet.answer("s-9", audience=VENUE)
    assert posted(service) == 3
    assert [len(taken.numbers) for taken in wallet.flows.contents.uses.taken] == [3]
    service.sessions["s-9"] = (asked, None)
    assert wallet.answer("s-9", audience=VENUE).accepted


def already_used() -> object:
    raise Problem(409, "already-used")


def test_without_a_limit_there_is_no_use_to_try_again(
    service: SmallService, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.request("s-1")
    with monkeypatch.context() as patch:
        patch.setattr(service, "_decide", lambda *_: already_used())
        with pytest.raises(AlreadyUsed):
            wallet.answer("s-1", audience=VENUE)
    assert posted(service) == 1
    assert wallet.answer("s-1", audience=VENUE).accepted


def test_what_was_sent_is_not_taken_for_the_answer_to_something_else(service: SmallService, wallet: Wallet) -> None:
    class Deaf:
        def send(self, request: Request) -> Response:
            if request.method == "POST":
                raise Unreachable
            return service.send(request)

    asked = service.request("s-1")
    with pytest.raises(Unreachable):
        wallet.answer("s-1", audience=VENUE, transport=Deaf())
    with pytest.raises(RequestChanged):
        wallet.answer("s-1", audience=VENUE, understood=replace(asked, message=b"else"))
    assert posted(service) == 0
    assert wallet.answer("s-1", audience=VENUE, understood=asked).accepted


def test_what_was_understood_has_to_be_a_request(service: SmallService, wallet: Wallet) -> None:
    asked = service.request("s-1")
    with pytest.raises(RequestInvalid):
        wallet.answer("s-1", audience=VENUE, understood={"type": "credence/request/1"})
    assert service.sent == []
    assert wallet.answer("s-1", audience=VENUE, understood=asked).accepted
