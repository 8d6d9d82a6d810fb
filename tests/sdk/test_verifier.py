"""Does a venue get what it asked for, and can it check everything by itself?"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.circuits.policy import load_policy
from credence.circuits.wire import Presentation, PresentationRequest
from credence.sdk.calls.verifier import ReceiptKey, VerifierDocument
from credence.sdk.errors import (
    BadResponse,
    Conflict,
    NotFound,
    PolicyInvalid,
    PresentationInvalid,
    PresentationRefused,
    ReceiptInvalid,
    Unauthorized,
    Unsendable,
)
from credence.sdk.transport import Request, Response
from credence.sdk.verifier import Verifier, check_presentation
from credence.sdk.wallet import Wallet
from tests.sdk.small_service import API_KEY, NOW, POLICY, VENUE, Answer, SmallService

LEVEL_3 = {"all_of": [{"attribute": "kyc_level", "at_least": 3}, {"attribute": "expires_on", "at_least": "today"}]}


class Nowhere:
    """A transport that must not be used."""

    def send(self, request: Request) -> Response:
        raise AssertionError(f"{request.path} was asked")


@pytest.fixture
def verifier(service: SmallService, curve: Curve) -> Verifier:
    venue = Verifier(service, audience=VENUE, api_key=API_KEY, curve=curve, clock=service.clock)
    venue.register_policy(POLICY)
    service.sent.clear()
    return venue


@pytest.fixture
def offline(service: SmallService, curve: Curve) -> Verifier:
    return Verifier(Nowhere(), audience=VENUE, api_key="", curve=curve, clock=service.clock)


# --- policies ---


def test_a_policy_is_registered_and_read_back(service: SmallService, verifier: Verifier) -> None:
    registered = verifier.register_policy(POLICY)
    assert registered == verifier.policy("perp-standard")
    assert registered.policy_hash == load_policy(POLICY).digest
    assert registered.explanation[-1] == "Nothing else is revealed."
    assert service.paths() == ["PUT /v1/verifier/policies/perp-standard", "GET /v1/verifier/policies/perp-standard"]


def test_a_version_says_one_thing(verifier: Verifier) -> None:
    with pytest.raises(Conflict) as caught:
        verifier.register_policy({**POLICY, **LEVEL_3})
    assert caught.value.slug == "policy-version-exists"


@pytest.mark.parametrize("change", [{"version": 0}, {"escrow": {}}, {"name": "../up"}, {"more": 1}, {"credentials": {}}])
def test_a_policy_that_means_nothing_is_not_sent(service: SmallService, verifier: Verifier, change: dict[str, Any]) -> None:
    with pytest.raises(PolicyInvalid):
        verifier.register_policy({**POLICY, **change})
    assert service.sent == []


def test_a_service_that_registers_another_policy_is_noticed(service: SmallService, verifier: Verifier) -> None:
    service.change = lambda _, answer: {**answer, "policy_hash": b64u(bytes(32))} if isinstance(answer, dict) else answer
    with pytest.raises(BadResponse):
        verifier.register_policy(POLICY)


# --- sessions ---


def test_a_session_is_opened_answered_and_read(service: SmallService, verifier: Verifier, wallet: Wallet) -> None:
    opened = verifier.open_session("perp-standard", volume_30d_usd=Decimal("1e6"), maker_share="0.40", message=b"0xabc")
    assert service.sent[0].body == {
        "policy": "perp-standard",
        "volume_30d_usd": "1000000",
        "maker_share": "0.40",
        "message": b64u(b"0xabc"),
    }
    assert opened.request.message == b"0xabc"
    assert verifier.result(opened.session_id).state == "open"
    decision = wallet.answer(opened.session_id, audience=verifier.audience)
    session = verifier.result(opened.session_id)
    assert (session.state, session.result) == ("accepted", decision)
    assert (decision.kyc_level, decision.risk_tier, decision.standing_tier) == (2, "standard", "RX")
    receipt = verifier.receipt(decision, verifier.document())
    assert receipt.pseudonym == decision.pseudonym


@pytest.mark.parametrize(
    "amount", ["much", "NaN", "Infinity", 0.5, True, "1_0,0", "1_000", " 1", "1e3", "-1", "+1", "\u0661", "01", ".5", "1."]
)
def test_an_amount_that_is_none_is_not_sent(service: SmallService, verifier: Verifier, amount: Any) -> None:
    with pytest.raises(Unsendable, match="amount"):
        verifier.open_session("perp-standard", volume_30d_usd=amount)
    assert service.sent == []


@pytest.mark.parametrize("member", ["audience", "message", "channel", "policy"])
def test_a_session_for_something_else_is_noticed(service: SmallService, verifier: Verifier, member: str) -> None:
    other = {"audience": "venue-b", "message": b64u(b"0xdef"), "channel": b64u(b"x"), "policy": {**POLICY, "name": "other"}}

    def change(_: Request, answer: Answer) -> Answer:
        assert isinstance(answer, dict)
        return {**answer, "request": {**answer["request"], member: other[member]}}

    service.change = change
    with pytest.raises(BadResponse):
        verifier.open_session("perp-standard", message=b"0xabc")
    service.change = None
    verifier.open_session("perp-standard", message=b"0xabc")


def test_a_session_under_another_id_is_noticed(service: SmallService, verifier: Verifier) -> None:
    service.change = lambda _, answer: {**answer, "session_id": "s-other"} if isinstance(answer, dict) else answer
    with pytest.raises(BadResponse):
        verifier.open_session("perp-standard")


def test_a_wrong_key_and_a_foreign_session_are_refused_by_the_service(service: SmallService, verifier: Verifier) -> None:
    with pytest.raises(Unauthorized):
        Verifier(service, audience=VENUE, api_key=API_KEY[:-1] + "a").result("s-0")
    with pytest.raises(NotFound):
        verifier.result("s-9")


def test_an_answer_may_grow_but_not_shrink(service: SmallService, verifier: Verifier) -> None:
    opened = verifier.open_session("perp-standard")
    service.change = lambda _, answer: {**answer, "news": 1} if isinstance(answer, dict) else answer
    assert verifier.result(opened.session_id).attempts_left == 5
    for member, wrong in (("state", "finished"), ("attempts_left", "5"), ("attempts_left", None), ("result", {})):
        service.change = lambda _, answer, change={member: wrong}: {**answer, **change}
        with pytest.raises(BadResponse):
            verifier.result(opened.session_id)


def test_a_session_under_another_policy_of_that_name_is_refused(service: SmallService, verifier: Verifier) -> None:
    service.policies["perp-standard"] = {**POLICY, "all_of": [{"attribute": "kyc_level", "at_least": 1}]}
    with pytest.raises(BadResponse, match="another policy"):
        verifier.open_session("perp-standard")
    with pytest.raises(BadResponse, match="another policy"):
        verifier.open_session("perp-standard", policy_hash=load_policy(POLICY).digest)
    service.policies["perp-standard"] = POLICY
    verifier.open_session("perp-standard", policy_hash=load_policy(POLICY).digest)


# --- offline ---


@pytest.fixture
def request_(service: SmallService) -> PresentationRequest:
    return service.request()


@pytest.fixture
def presentation(wallet: Wallet, request_: PresentationRequest) -> Presentation:
    return wallet.present(request_, audience=VENUE)


def test_a_presentation_is_checked_without_asking_anyone(
    service: SmallService, offline: Verifier, request_: PresentationRequest, presentation: Presentation
) -> None:
    for form in (presentation, presentation.to_json()):
        accepted = offline.check(request_, form, [service.document])
        assert accepted.predicates == ("person.kyc_level >= 2", "person.expires_on >= today")
        assert accepted.pseudonym == service.seen(request_, presentation).pseudonym
    assert offline.check(request_, presentation, [service.document], now=NOW + 299) is not None


def test_the_reference_engine_agrees(
    service: SmallService, reference_curve: Curve, request_: PresentationRequest, presentation: Presentation
) -> None:
    check_presentation(request_, presentation, [service.document], audience=VENUE, now=NOW, curve=reference_curve)


@pytest.mark.parametrize("case", ["proof", "points", "nonce", "message", "audience", "me", "late", "early", "issuer", "key"])
def test_what_does_not_verify_is_not_accepted(
    service: SmallService, curve: Curve, request_: PresentationRequest, presentation: Presentation, wallet: Wallet, case: str
) -> None:
    given: dict[str, Any] = {"audience": VENUE, "now": NOW, "curve": curve}
    documents = [service.document]
    match case:
        case "proof":
            presentation = replace(presentation, proof=presentation.proof[:-1] + bytes([presentation.proof[-1] ^ 1]))
        case "points":
            other = wallet.present(service.request("s-2", audience="venue-b", nonce=request_.nonce), audience="venue-b")
            presentation = replace(presentation, proof=other.proof[:192] + presentation.proof[192:])
        case "nonce":
            request_ = replace(request_, nonce=bytes(32))
        case "message":
            request_ = replace(request_, message=b"another account")
        case "audience":
            request_, given["audience"] = replace(request_, audience="venue-b"), "venue-b"
        case "me":
            given["audience"] = "venue-b"
        case "late":
            given["now"] = request_.expires_at
        case "early":
            given["now"] = NOW - 1
        case "issuer":
            documents = [replace(service.document, issuer="other.example")]
        case "key":
            documents = [replace(service.document, keys=(replace(service.document.keys[0], not_after=NOW - 1),))]
    with pytest.raises(PresentationRefused) as caught:
        check_presentation(request_, presentation, documents, **given)
    assert caught.value.reason == "not_accepted"


def test_a_valid_proof_of_too_little_is_named_so(
    service: SmallService, offline: Verifier, wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An honest wallet never sends one; here its own refusal is left out."""
    for module in ("credence.sdk.choosing", "credence.sdk.holding", "credence.circuits.presentation.showing"):
        monkeypatch.setattr(f"{module}.can_satisfy", lambda *_: ())
    asks_3 = service.request(policy=LEVEL_3)
    with pytest.raises(PresentationRefused) as caught:
        offline.check(asks_3, wallet.present(asks_3, audience=VENUE), [service.document])
    assert caught.value.reason == "policy_not_met"
    asks_2 = service.request()
    offline.check(asks_2, wallet.present(asks_2, audience=VENUE), [service.document])


def test_a_message_that_is_no_answer_is_invalid(
    service: SmallService, offline: Verifier, request_: PresentationRequest, presentation: Presentation
) -> None:
    more = replace(presentation, disclosed={**presentation.disclosed, "person.kyc_ge_3": 0})
    less = replace(presentation, disclosed={})
    for wrong in (more, less, replace(presentation, credentials=()), {}, {**presentation.to_json(), "more": 1}):
        with pytest.raises(PresentationInvalid):
            offline.check(request_, wrong, [service.document])
    with pytest.raises(PolicyInvalid):
        offline.check(replace(request_, policy={**POLICY, "tariff": "../up"}), presentation, [service.document])
    offline.check(request_, presentation, [service.document])


def test_a_receipt_is_checked_without_asking_anyone(
    service: SmallService, offline: Verifier, verifier: Verifier, wallet: Wallet, curve: Curve
) -> None:
    document = VerifierDocument.parse(service.verifier_document())
    decision = wallet.answer(verifier.open_session("perp-standard").session_id, audience=VENUE)
    assert offline.receipt(decision, document).session_id == decision.session_id
    changes: list[dict[str, Any]] = [
        {"session_id": "s-2"},
        {"decision": "denied", "reason": "not_accepted"},
        {"reason": "policy_not_met"},
        {"pseudonym": None},
        {"terms": {"currency": "EUR"}},
        {"terms": None},
        {"terms": {"currency": float("nan")}},
        {"kyc_level": 3},
        {"risk_tier": "low"},
        {"predicates": ("person.kyc_level >= 3",)},
        {"disclosed": {}},
        {"expires_at": NOW + 9},
        {"answer": {**decision.answer, "kyc_level": 3}},
        {"answer": {**decision.answer, "kyc_level": 3}, "kyc_level": 3},
        {"answer": {**decision.answer, "more": 1}},
        {"answer": {}},
        {"receipt": {}},
    ]
    for change in changes:
        with pytest.raises(ReceiptInvalid):
            offline.receipt(replace(decision, **change), document)
    for judge in (offline, verifier):
        assert judge.receipt(decision, document, policy_hash=load_policy(POLICY).digest).decision == "accepted"
        with pytest.raises(ReceiptInvalid, match="another policy"):
            judge.receipt(decision, document, policy_hash=bytes(32))
    other = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
    with pytest.raises(ReceiptInvalid):
        offline.receipt(decision, replace(document, receipt_keys={"r1": ReceiptKey(other)}))
    with pytest.raises(ReceiptInvalid, match="another venue"):
        Verifier(Nowhere(), audience="venue-b", api_key="", curve=curve).receipt(decision, document)
