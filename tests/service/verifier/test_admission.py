"""Is a right presentation accepted once, and is every wrong one denied without costing more than an attempt?

Every refusal changes one thing of ``test_a_presentation_is_accepted``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest

from credence.circuits.credential import DAY_SECONDS, EPOCH_DAYS, ladder_bits
from credence.circuits.encoding import Rng, b64u, b64u_decode
from credence.circuits.fields import json_digest
from credence.circuits.wire import Presentation, PresentationRequest
from credence.service.verifier import records
from credence.service.verifier.tariff import shipped_tariff
from credence.service.verifier.terms import Facts, terms_for
from tests.circuits.journey import EXPIRY_EPOCH, ISSUER
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Opened, Venue, issue, policy

SHOWN = {"person.kyc_ge_1": "1", "person.kyc_ge_2": "1", "person.risk_le_standard": "1", "person.risk_le_low": "0"}
OPEN = {"slot": "person", "issuer": ISSUER, "key_id": "k1", "expiry_epoch": EXPIRY_EPOCH}
DENIED: dict[str, object] = {
    "decision": "denied",
    "pseudonym": None,
    "predicates": [],
    "disclosed": {},
    "kyc_level": None,
    "risk_tier": None,
    "standing_tier": None,
    "use": None,
    "escrow": None,
    "terms": None,
    "expires_at": None,
}


def test_a_presentation_is_accepted(venue: Venue) -> None:
    request = venue.open()
    presentation = venue.prove(request)
    response = venue.answer(request.session_id, presentation)
    assert response.status_code == 200
    decision = response.json()
    terms = terms_for(shipped_tariff(), Facts(kyc_level=2, risk_tier="standard"), expires_at=NOW + 86_400)
    assert {name: value for name, value in decision.items() if name != "receipt"} == {
        "session_id": request.session_id,
        "decision": "accepted",
        "reason": "accepted",
        "pseudonym": decision["pseudonym"],
        "predicates": ["person.kyc_level >= 2", "person.expires_on >= today"],
        "disclosed": SHOWN,
        "kyc_level": 2,
        "risk_tier": "standard",
        "standing_tier": None,
        "use": None,
        "escrow": None,
        "terms": {**terms.to_json(), "open_positions": []},
        "expires_at": NOW + 86_400,
    }
    assert b64u_decode(decision["pseudonym"], max_length=64) in presentation.proof
    assert venue.count("verifier_spent_nonces") == venue.count("verifier_outbox WHERE kind = 'receipt'") == 1


def test_terms_follow_what_was_proven_and_reported(venue: Venue, rng: Rng) -> None:
    venue.register(policy(version=2, disclose=[{"attribute": name} for name in ("risk_tier", "kind", "accredited")]))
    request = venue.open(volume_30d_usd="150000000", maker_share="0.01")
    held = issue(venue.world, rng, kind=3, accredited=1, **ladder_bits("kyc_level", 3), **ladder_bits("risk_tier", 2))
    decision = venue.answer(request.session_id, venue.prove(request, held)).json()
    # the policy asks for level 2, and a rung that was not asked for is not shown
    facts = Facts(
        kyc_level=2,
        risk_tier="low",
        kind="institution",
        accredited=True,
        volume_30d_usd=Decimal(150_000_000),
        maker_share=Decimal("0.01"),
    )
    expected = terms_for(shipped_tariff(), facts, expires_at=NOW + 86_400).to_json()
    assert decision["terms"] == {**expected, "open_positions": []}
    assert (expected["priority_class"], decision["kyc_level"], decision["risk_tier"]) == ("1", 2, "low")


def test_without_a_pseudonym_there_is_none(venue: Venue) -> None:
    venue.register(policy(version=2, pseudonym=None))
    decision = venue.admitted()
    assert (decision["pseudonym"], decision["receipt"]["receipt"]["pseudonym"]) == (None, None)


def test_a_pseudonym_is_one_venues(venue: Venue, open_venue: Opened) -> None:
    first, again = venue.admitted(), venue.admitted()
    assert first["pseudonym"] == again["pseudonym"]
    other = open_venue("venue-b")
    other.register()
    assert other.admitted()["pseudonym"] != first["pseudonym"]


def test_terms_end_with_the_credential(venue: Venue, rng: Rng) -> None:
    """On its last day a credential is good; a second later the policy is not met."""
    epoch = NOW // DAY_SECONDS // EPOCH_DAYS + 1
    held = issue(venue.world, rng, expires_on=epoch * EPOCH_DAYS)
    end = (epoch * EPOCH_DAYS + 1) * DAY_SECONDS
    venue.clock.forward(end - 60 - NOW)
    request = venue.open()
    presentation = venue.prove(request, held)
    decision = venue.answer(request.session_id, presentation).json()
    assert (decision["decision"], decision["expires_at"]) == ("accepted", end)

    late = venue.open()
    presentation = venue.prove(late, held)
    venue.clock.forward(60)
    assert_denied(venue, late, presentation, "policy_not_met")


def test_a_policy_that_forgets_expiry_accepts_no_expired_credential(venue: Venue, rng: Rng) -> None:
    """The twin is the last minute of the credential's last day; the policy does not mention ``expires_on``."""
    epoch = NOW // DAY_SECONDS // EPOCH_DAYS + 1
    held = issue(venue.world, rng, expires_on=epoch * EPOCH_DAYS)
    end = (epoch * EPOCH_DAYS + 1) * DAY_SECONDS
    venue.clock.forward(end - 60 - NOW)
    venue.register(policy(version=2, all_of=[{"attribute": "kyc_level", "at_least": 2}]))
    request = venue.open()
    decision = venue.answer(request.session_id, venue.prove(request, held)).json()
    assert (decision["decision"], decision["expires_at"]) == ("accepted", end)
    late = venue.open()
    presentation = venue.prove(late, held)
    venue.clock.forward(60)
    assert_denied(venue, late, presentation, "policy_not_met")


# --- what is denied ---


def assert_denied(venue: Venue, request: PresentationRequest, presentation: Presentation, reason: str) -> None:
    """Denied with a receipt that says no more than the reason, and nothing is spent but an attempt."""
    before = venue.count("verifier_spent_nonces"), venue.count("verifier_outbox WHERE kind = 'receipt'")
    left = venue.state(request.session_id)["attempts_left"]
    response = venue.answer(request.session_id, presentation)
    assert response.status_code == 200
    decision = response.json()
    receipt = decision.pop("receipt")["receipt"]
    assert decision == {**DENIED, "session_id": request.session_id, "reason": reason}
    assert (receipt["decision"], receipt["reason"], receipt["pseudonym"]) == ("denied", reason, None)
    assert receipt["presentation_digest"] == b64u(json_digest(presentation.to_json()))
    assert (venue.count("verifier_spent_nonces"), venue.count("verifier_outbox WHERE kind = 'receipt'")) == before
    found = venue.state(request.session_id)
    assert (found["state"], found["attempts_left"], found["result"]) == ("open", left - 1, None)


def flipped(data: bytes | None, position: int) -> bytes:
    assert data is not None
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def saying(presentation: Presentation, **changes: Any) -> Presentation:
    """The same proof, with something else said openly of its one credential."""
    (shown,) = presentation.credentials
    return replace(presentation, credentials=(replace(shown, **changes),))


Tamper = Callable[[Presentation], Presentation]


@pytest.mark.slow
@pytest.mark.parametrize(
    "tamper",
    [
        lambda p: replace(p, proof=flipped(p.proof, len(p.proof) - 1)),
        lambda p: replace(p, proof=flipped(p.proof, 0)),
        lambda p: replace(p, proof=p.proof[:-1]),
        lambda p: replace(p, proof=b""),
        lambda p: replace(p, encoding="compact"),
        lambda p: replace(p, disclosed=MappingProxyType({**p.disclosed, "person.risk_le_low": 1})),
        lambda p: saying(p, expiry_epoch=EXPIRY_EPOCH + 1),
        lambda p: saying(p, issuer="other.example"),
        lambda p: saying(p, key_id="k2"),
        lambda p: replace(p, session_id="another"),
    ],
)
def test_a_presentation_that_was_changed_is_denied_and_burns_nothing(venue: Venue, tamper: Tamper) -> None:
    request = venue.open()
    presentation = venue.prove(request)
    assert_denied(venue, request, tamper(presentation), "not_accepted")
    assert venue.answer(request.session_id, presentation).json()["decision"] == "accepted"


@pytest.mark.parametrize(
    "change",
    [
        {"audience": "verifier.example/venue-b"},
        {"audience": "other.example/venue-a"},
        {"audience": "venue-a"},
        {"nonce": bytes(32)},
        {"message": b"0xmine"},
        {"channel": b"other"},
        {"expires_at": NOW + 301},
        {"policy": policy(version=2)},
    ],
)
def test_a_proof_for_another_question_is_denied(venue: Venue, change: dict[str, object]) -> None:
    request = venue.open(message=b64u(b"0xyours"))
    asked = replace(request, **change)  # type: ignore[arg-type]
    assert_denied(venue, request, venue.prove(asked), "not_accepted")


def test_a_proof_of_another_session_is_denied(venue: Venue) -> None:
    request, other = venue.open(), venue.open()
    presentation = venue.prove(other)
    assert_denied(venue, request, presentation, "not_accepted")
    assert_denied(venue, request, replace(presentation, session_id=request.session_id), "not_accepted")
    assert venue.answer(other.session_id, presentation).json()["decision"] == "accepted"


def test_a_proof_for_another_venue_is_denied(venue: Venue, open_venue: Opened) -> None:
    other = open_venue("venue-b")
    other.register()
    theirs, ours = other.open(), venue.open()
    lifted = replace(other.prove(theirs), session_id=ours.session_id)
    assert_denied(venue, ours, lifted, "not_accepted")


def test_a_valid_proof_of_too_little_is_policy_not_met(venue: Venue, rng: Rng) -> None:
    request = venue.open()
    low = issue(venue.world, rng, **ladder_bits("kyc_level", 1))
    assert_denied(venue, request, venue.prove_carelessly(request, low), "policy_not_met")
    assert venue.answer(request.session_id, venue.prove(request)).json()["decision"] == "accepted"


def test_an_expired_credential_is_policy_not_met(venue: Venue, rng: Rng) -> None:
    request = venue.open()
    expired = issue(venue.world, rng, expires_on=(NOW // DAY_SECONDS // EPOCH_DAYS) * EPOCH_DAYS - EPOCH_DAYS)
    assert_denied(venue, request, venue.prove_carelessly(request, expired), "policy_not_met")
    assert venue.answer(request.session_id, venue.prove(request)).json()["decision"] == "accepted"


def test_an_issuers_key_is_good_for_its_time(venue: Venue) -> None:
    key = venue.world.document.keys[0]
    venue.clock.forward(key.not_after - NOW)
    assert venue.admitted()["decision"] == "accepted"
    request = venue.open()
    presentation = venue.prove(request)
    venue.clock.forward(1)
    assert_denied(venue, request, presentation, "not_accepted")


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"disclosed": {"person.kyc_ge_1": "1", "person.kyc_ge_2": "1"}},
        {"disclosed": {**SHOWN, "person.birth_date": "1"}},
        {"disclosed": {**SHOWN, "person.risk_le_low": "2"}},
        {"disclosed": {**SHOWN, "person.risk_le_low": "00"}},
        {"disclosed": {name.removeprefix("person."): value for name, value in SHOWN.items()}},
        {"disclosed": []},
        {"credentials": []},
        {"credentials": [OPEN, OPEN]},
        {"credentials": [{**OPEN, "slot": "standing"}]},
        {"credentials": [{**OPEN, "expiry_epoch": -1}]},
        {"credentials": [{**OPEN, "expiry_epoch": "752"}]},
        {"credentials": [{**OPEN, "extra": 1}]},
        {"accumulators": [{"slot": "person", "index": 0, "minute": 0}]},
        {"encoding": "gzip"},
        {"proof": "not base64url!"},
        {"proof": 7},
        {"type": "credence/presentation/standard/1"},
        {"extra": 1},
    ],
)
def test_a_message_that_is_no_presentation_costs_no_attempt(venue: Venue, change: dict[str, object]) -> None:
    request = venue.open()
    presentation = venue.prove(request)
    response = venue.answer(request.session_id, {**presentation.to_json(), **change})
    assert (response.status_code, response.json()["type"]) == (400, "/problems/malformed")
    assert venue.state(request.session_id)["attempts_left"] == 5
    assert venue.answer(request.session_id, presentation).json()["decision"] == "accepted"


def test_the_fifth_denial_closes_the_session(venue: Venue) -> None:
    request = venue.open()
    presentation = venue.prove(request)
    wrong = replace(presentation, proof=flipped(presentation.proof, 60))
    for _ in range(4):
        assert_denied(venue, request, wrong, "not_accepted")
    last = venue.answer(request.session_id, wrong)
    assert last.status_code == 200
    found = venue.state(request.session_id)
    assert (found["state"], found["attempts_left"], found["result"]) == ("denied", 0, last.json())
    for again in (presentation, wrong):
        assert_bad_nonce(venue, request.session_id, again)


def test_the_fifth_attempt_may_be_right(venue: Venue) -> None:
    request = venue.open()
    presentation = venue.prove(request)
    for _ in range(4):
        assert_denied(venue, request, replace(presentation, proof=flipped(presentation.proof, 60)), "not_accepted")
    assert venue.answer(request.session_id, presentation).json()["decision"] == "accepted"


# --- what is answered with 409 ---


def assert_bad_nonce(venue: Venue, session_id: str, presentation: Presentation) -> None:
    before = [
        venue.count(table)
        for table in ("verifier_spent_nonces", "verifier_decisions", "verifier_outbox WHERE kind = 'receipt'")
    ]
    response = venue.answer(session_id, presentation)
    assert response.status_code == 409
    problem = response.json()
    assert (problem["type"], problem["detail"]) == ("/problems/bad-nonce", "The nonce is unknown, expired or used.")
    after = [
        venue.count(table)
        for table in ("verifier_spent_nonces", "verifier_decisions", "verifier_outbox WHERE kind = 'receipt'")
    ]
    assert after == before


def test_a_replay_is_a_bad_nonce(venue: Venue) -> None:
    request = venue.open()
    presentation = venue.prove(request)
    assert venue.answer(request.session_id, presentation).status_code == 200
    assert_bad_nonce(venue, request.session_id, presentation)
    assert_bad_nonce(venue, request.session_id, venue.prove(request))


def test_an_expired_session_is_a_bad_nonce(venue: Venue) -> None:
    request, other = venue.open(), venue.open()
    presentation = venue.prove(request)
    venue.clock.forward(299)
    assert venue.answer(other.session_id, venue.prove(other)).json()["decision"] == "accepted"
    venue.clock.forward(1)
    assert_bad_nonce(venue, request.session_id, presentation)


def test_an_unknown_session_is_a_bad_nonce(venue: Venue) -> None:
    request = venue.open()
    for session_id in (request.session_id[::-1], "x", "x" * 128):
        assert_bad_nonce(venue, session_id, venue.prove(request))


def test_the_nonce_decides_even_where_the_session_is_open(venue: Venue) -> None:
    """The constraint stands behind the session's state: whatever a row says, a spent nonce is spent."""
    request = venue.open()
    with venue.desk.store.transaction() as session:
        assert records.spend_nonce(session, request.nonce, NOW)
    assert_bad_nonce(venue, request.session_id, venue.prove(request))
    assert venue.state(request.session_id)["state"] == "open"


def test_what_fails_halfway_leaves_nothing(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    request = venue.open()
    presentation = venue.prove(request)

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the outbox is gone")

    with monkeypatch.context() as patch:
        patch.setattr("credence.service.verifier.admission.post", broken)
        assert venue.answer(request.session_id, presentation).status_code == 500
    assert venue.count("verifier_spent_nonces") == venue.count("verifier_decisions") == 0
    assert venue.answer(request.session_id, presentation).json()["decision"] == "accepted"
