"""Does a wallet say what it would reveal, show exactly that, and stay silent wherever it should?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.credential import EPOCH_DAYS, PERSON_1, ladder_bits
from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u, b64u_decode
from credence.sdk.errors import (
    BadNonce,
    BadResponse,
    CannotSatisfy,
    NotFound,
    RequestExpired,
    RequestInvalid,
    Unsendable,
    WrongAudience,
)
from credence.sdk.transport import Request, Response
from credence.sdk.wallet import Wallet
from tests.sdk.conftest import PASSPHRASE
from tests.sdk.small_service import EXPIRY_EPOCH, NOW, TOKEN, VENUE, SmallService

OLDER = {"attribute": "birth_date", "at_most": "1979-12-31"}
LEVEL_3 = {"all_of": [{"attribute": "kyc_level", "at_least": 3}, {"attribute": "expires_on", "at_least": "today"}]}


# --- presenting ---


def test_a_presentation_shows_what_was_asked_and_no_more(service: SmallService, wallet: Wallet, curve: Curve) -> None:
    request = service.request()
    presentation = wallet.present(request, audience=VENUE)
    assert set(presentation.disclosed) == {
        f"person.{name}" for name in ("kyc_ge_1", "kyc_ge_2", "risk_le_standard", "risk_le_low")
    }
    accepted = service.seen(request, presentation)
    assert (accepted.kyc_level, accepted.risk_tier) == (2, "standard")
    assert service.sent == []


def test_a_request_may_come_as_json(service: SmallService, wallet: Wallet) -> None:
    request = service.request()
    assert wallet.present(request.to_json(), audience=VENUE).session_id == request.session_id


def test_a_reopened_wallet_is_the_same_person_to_a_venue(
    service: SmallService, wallet: Wallet, curve: Curve, tmp_path: Path
) -> None:
    request = service.request()
    first = wallet.present(request, audience=VENUE)
    again = Wallet.open(tmp_path / "vault", PASSPHRASE, transport=service, curve=curve, clock=service.clock)
    second = again.present(request, audience=VENUE)
    assert service.seen(request, first).pseudonym == service.seen(request, second).pseudonym


def test_two_venues_see_two_persons(service: SmallService, wallet: Wallet) -> None:
    here, there = service.request(), service.request(audience="venue-b")
    suffixed = service.request(policy={"pseudonym": {"suffix": "desk"}})
    asks = (here, there, suffixed)
    assert len({service.seen(asked, wallet.present(asked, audience=asked.audience)).pseudonym for asked in asks}) == 3


def test_two_shows_share_no_block(service: SmallService, wallet: Wallet) -> None:
    unnamed = {"pseudonym": None}
    proofs = [wallet.present(service.request(policy=unnamed), audience=VENUE).proof for _ in range(2)]
    blocks = [proof[start : start + 16] for proof in proofs for start in range(0, len(proof), 16)]
    assert len(set(blocks)) == len(blocks)


@pytest.mark.parametrize(
    "audience", ["venue-b", "", "venue-a", VENUE.title(), f"{VENUE} ", VENUE[:-1], f"{VENUE}/", "other.example/venue-a"]
)
def test_a_request_for_another_audience_is_refused(service: SmallService, wallet: Wallet, audience: str) -> None:
    request = service.request()
    with pytest.raises(WrongAudience):
        wallet.present(request, audience=audience)
    wallet.present(request, audience=VENUE)


def test_a_request_outside_its_time_is_refused(service: SmallService, wallet: Wallet) -> None:
    request = service.request()
    for late in (request.expires_at, request.expires_at + 1_000, request.requested_at - 61):
        service.now = late
        with pytest.raises(RequestExpired):
            wallet.present(request, audience=VENUE)
    for timely in (request.expires_at - 1, request.requested_at, request.requested_at - 60):
        service.now = timely
        wallet.present(request, audience=VENUE)


def test_a_request_that_is_open_for_too_long_is_refused(service: SmallService, wallet: Wallet) -> None:
    with pytest.raises(RequestInvalid, match="too long"):
        wallet.present(service.request(expires_at=NOW + 3601), audience=VENUE)
    wallet.present(service.request(expires_at=NOW + 3600), audience=VENUE)


def test_an_unsatisfied_predicate_is_named(service: SmallService, wallet: Wallet) -> None:
    with pytest.raises(CannotSatisfy) as caught:
        wallet.present(service.request(policy=LEVEL_3), audience=VENUE)
    assert caught.value.predicates == ("person.kyc_level >= 3",)
    assert str(caught.value) == "cannot show: person.kyc_level >= 3"


def test_every_unsatisfied_predicate_is_named(service: SmallService, wallet: Wallet) -> None:
    service.now = (EXPIRY_EPOCH * EPOCH_DAYS + 1) * 86_400
    low = {"attribute": "risk_tier", "at_most": "low"}
    satisfaction = wallet.can_satisfy(service.request(policy={"all_of": [*LEVEL_3["all_of"], low]}))
    assert not satisfaction
    assert satisfaction.unmet == ("person.kyc_level >= 3", "person.expires_on >= today", "person.risk_tier <= low")
    service.now -= 86_400
    assert wallet.can_satisfy(service.request())
    assert wallet.can_satisfy(service.request()).unmet == ()


def test_a_wallet_without_a_fitting_credential_says_which_one_it_needs(service: SmallService, empty: Wallet) -> None:
    with pytest.raises(CannotSatisfy, match=r"credence/person/1 issued by issuer\.example"):
        empty.present(service.request(), audience=VENUE)
    empty.receive(service.offer(), TOKEN)
    policy = {"credentials": {"person": {"schema": PERSON_1.id, "issuers": ["x.example", "y.example"]}}}
    with pytest.raises(CannotSatisfy, match=r"issued by x\.example or y\.example"):
        empty.present(service.request(policy=policy), audience=VENUE)


def test_of_several_credentials_the_one_that_satisfies_is_shown(service: SmallService, wallet: Wallet) -> None:
    longer = {"expires_on": service.person["expires_on"] + EPOCH_DAYS}
    service.person |= longer | ladder_bits("kyc_level", 1)
    earlier = wallet.credentials
    wallet.receive(service.offer("case-2"), TOKEN)
    wallet.flows._keep(replace(wallet.flows.contents, credentials=(*earlier, *wallet.credentials)))  # as vaults did before
    assert shown_epoch(service, wallet) == EXPIRY_EPOCH
    assert wallet.can_satisfy(service.request(policy=LEVEL_3)).unmet == ("person.kyc_level >= 3",)
    service.person |= ladder_bits("kyc_level", 2)
    wallet.receive(service.offer("case-3"), TOKEN)
    assert shown_epoch(service, wallet) == EXPIRY_EPOCH + 1


def shown_epoch(service: SmallService, wallet: Wallet) -> int:
    (shown,) = wallet.present(service.request(), audience=VENUE).credentials
    return shown.expiry_epoch


def test_a_required_message_must_be_there(service: SmallService, wallet: Wallet, curve: Curve) -> None:
    required = {"message": "required"}
    with pytest.raises(RequestInvalid, match="message"):
        wallet.present(service.request(policy=required), audience=VENUE)
    request = service.request(policy=required, message=b"0xabc")
    service.seen(request, wallet.present(request, audience=VENUE))


@pytest.mark.parametrize("member", ["nonce", "policy", "type", "audience", "expires_at"])
def test_a_request_that_is_none_is_refused(service: SmallService, wallet: Wallet, member: str) -> None:
    document = service.request().to_json()
    wrong = {"nonce": "AAAA", "policy": {}, "type": "credence/request/2", "audience": "", "expires_at": "soon"}
    with pytest.raises(RequestInvalid):
        wallet.present({**document, member: wrong[member]}, audience=VENUE)
    with pytest.raises(RequestInvalid):
        wallet.present({name: value for name, value in document.items() if name != member}, audience=VENUE)
    wallet.present(document, audience=VENUE)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            {
                "all_of": [
                    {
                        "attribute": "birth_date",
                        "at_least": "1980-01-01",
                    },
                    OLDER,
                ]
            },
            "no birth_date is inside its bounds",
        ),
        ({"disclose": [{"attribute": "revocation_handle"}]}, "identifies"),
        ({"all_of": [{"attribute": "shoe_size", "at_least": 1}]}, "does not have"),
    ],
)
def test_a_policy_that_cannot_be_used_is_refused_with_its_reason(
    service: SmallService, wallet: Wallet, change: dict[str, Any], reason: str
) -> None:
    for ask in (wallet.understand, wallet.can_satisfy, lambda request: wallet.present(request, audience=VENUE)):
        with pytest.raises(RequestInvalid, match=reason):
            ask(replace(service.request(), policy={**service.request().policy, **change}))


# --- answering ---


def test_a_session_is_answered_once(service: SmallService, wallet: Wallet) -> None:
    service.request("s-1")
    decision = wallet.answer("s-1", audience=VENUE)
    assert decision.accepted
    assert decision.predicates == ("person.kyc_level >= 2", "person.expires_on >= today")
    assert decision.terms is not None
    assert service.paths() == ["GET /v1/verifier/sessions/s-1/request", "POST /v1/verifier/sessions/s-1/presentation"]
    with pytest.raises(BadNonce):
        wallet.answer("s-1", audience=VENUE)


def test_a_tampered_presentation_is_denied_and_a_denial_is_a_decision(service: SmallService, wallet: Wallet) -> None:
    class Flips:
        """Changes the proof's last bit on the way."""

        def send(self, request: Request) -> Response:
            if request.body is not None:
                proof = bytearray(b64u_decode(request.body["proof"]))
                proof[-1] ^= 1
                request = replace(request, body={**request.body, "proof": b64u(bytes(proof))})
            return service.send(request)

    service.request("s-1")
    decision = wallet.answer("s-1", audience=VENUE, transport=Flips())
    assert not decision.accepted
    assert (decision.reason, decision.pseudonym, decision.terms) == ("not_accepted", None, None)
    assert wallet.answer("s-1", audience=VENUE).accepted


@pytest.mark.parametrize(
    ("case", "error"),
    [("audience", WrongAudience), ("expired", RequestExpired), ("unmet", CannotSatisfy), ("policy", RequestInvalid)],
)
def test_nothing_is_sent_where_the_wallet_refuses(
    service: SmallService, wallet: Wallet, case: str, error: type[Exception]
) -> None:
    changes: dict[str, dict[str, Any]] = {
        "audience": {"audience": "venue-b"},
        "expired": {"requested_at": NOW - 300, "expires_at": NOW},
        "unmet": {"policy": LEVEL_3},
        "policy": {"policy": {"version": 0}},
    }
    service.request("s-1", **changes[case])
    with pytest.raises(error):
        wallet.answer("s-1", audience=VENUE)
    assert service.paths() == ["GET /v1/verifier/sessions/s-1/request"]


@pytest.mark.parametrize("session_id", ["", "..", "../policies", "s-1/request", "s 1", "s?1", "ß"])
def test_a_session_id_cannot_choose_another_path(service: SmallService, wallet: Wallet, session_id: str) -> None:
    with pytest.raises(Unsendable):
        wallet.answer(session_id, audience=VENUE)
    assert service.sent == []


def test_another_sessions_request_is_refused(service: SmallService, wallet: Wallet) -> None:
    other = service.request("s-2").to_json()
    service.request("s-1")
    service.change = lambda request, answer: other if request.path.endswith("/request") else answer
    with pytest.raises(BadResponse):
        wallet.answer("s-1", audience=VENUE)
    assert len(service.sent) == 1


def test_an_unknown_session_is_not_found(service: SmallService, wallet: Wallet) -> None:
    with pytest.raises(NotFound):
        wallet.answer("s-9", audience=VENUE)


# --- understanding ---


def test_a_wallet_says_what_it_would_reveal(service: SmallService, wallet: Wallet) -> None:
    disclosure = wallet.understand(service.request(message=b"0xabc"))
    assert disclosure.audience == VENUE
    assert disclosure.unmet == ()
    assert disclosure.reveals == (
        "issuer: issuer.example (key k1)",
        "expiry, rounded to 28 days: 2027-06-03",
        "verification level: 2 or better",
        "risk tier: standard",
        f"a pseudonym that {VENUE} alone sees, the same at each visit",
        "that you answer for the message '0xabc'",
    )
    assert "your birth date" in disclosure.hides
    assert "your exact verification level" in disclosure.hides
    assert "your exact risk tier" not in disclosure.hides
    assert "whether you were elsewhere" in disclosure.hides
    assert service.sent == []


def test_a_level_that_follows_is_said_and_not_called_hidden(service: SmallService, wallet: Wallet) -> None:
    """Who sees that level 2 is reached and level 3 is not knows the level."""
    disclosure = wallet.understand(service.request(policy={"disclose": [{"attribute": "kyc_ge_3"}]}))
    assert "verification level: 2" in disclosure.reveals
    assert "your exact verification level" not in disclosure.hides
    assert "your exact risk tier" in disclosure.hides
    other = wallet.understand(service.request(policy={"all_of": [], "disclose": [{"attribute": "kyc_ge_1"}]}))
    assert "verification level: 1 or better" in other.reveals
    assert "your exact verification level" in other.hides


def test_who_shows_a_birth_date_is_not_told_that_visits_stay_apart(service: SmallService, wallet: Wallet) -> None:
    disclosure = wallet.understand(service.request(policy={"disclose": [{"attribute": "birth_date"}]}))
    assert "whether you were elsewhere" not in disclosure.hides


def test_values_are_said_as_people_read_them(service: SmallService, wallet: Wallet) -> None:
    names = ["birth_date", "residence", "kind", "accredited", "issued_epoch", "resets", "kyc_level"]
    policy = {"disclose": [{"attribute": name} for name in names], "pseudonym": None, "all_of": []}
    disclosure = wallet.understand(service.request(policy=policy, message=b"\x00\xff"))
    assert disclosure.reveals[2:] == (
        "verification level: 2",
        "birth date: 1989-03-02",
        "residence: country 276 (ISO 3166-1)",
        "kind: natural person",
        "accredited: no",
        "issued epoch: in the 28 days from 2026-08-27",
        "resets: 0",
        "that you answer for the message 00ff",
    )
    assert not [line for line in disclosure.hides if "birth" in line or "residence" in line or "level" in line]
    assert "your nationality" in disclosure.hides


def test_a_wallet_says_what_it_cannot_show_and_reveals_nothing(service: SmallService, wallet: Wallet) -> None:
    disclosure = wallet.understand(service.request(policy=LEVEL_3))
    assert disclosure.unmet == ("person.kyc_level >= 3",)
    assert disclosure.reveals == ()
    assert disclosure.words() == f"{VENUE} asks what this wallet cannot show:\n- person.kyc_level >= 3"


def test_everything_that_is_disclosed_was_said(service: SmallService, wallet: Wallet) -> None:
    """One line for every disclosed fact; rungs of one ladder share theirs."""
    request = service.request()
    presentation = wallet.present(request, audience=VENUE)
    said = wallet.understand(request).reveals
    ladders = {name.split("_")[0] for name in presentation.disclosed}  # person.kyc, person.risk
    assert len(said) == 2 + len(ladders) + 1
    words = wallet.understand(request).words()
    assert "would learn:" in words
    assert all(line in words for line in said)


def test_an_expired_request_can_still_be_read(service: SmallService, wallet: Wallet) -> None:
    assert wallet.understand(service.request(requested_at=NOW - 300, expires_at=NOW)).expires_at == NOW


def test_what_a_venue_chose_cannot_redraw_the_screen(service: SmallService, wallet: Wallet) -> None:
    request = service.request(audience="venue\u202e\x9b2J", message="\u202eabc".encode())
    disclosure = wallet.understand(request)
    shown = disclosure.words()
    assert all(line.isprintable() for line in shown.split("\n"))
    assert disclosure.reveals[-1] == "that you answer for the message e280ae616263"
