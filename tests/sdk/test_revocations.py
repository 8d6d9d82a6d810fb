"""Does a wallet follow what was revoked, keep that before a proof leaves it, and say so where it is itself revoked?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from credence.circuits.curve import Curve
from credence.circuits.policy import load_policy
from credence.circuits.revocation_log import PAGE
from credence.circuits.wire import PresentationRequest
from credence.sdk.choosing import choose
from credence.sdk.contents import Contents
from credence.sdk.errors import CannotSatisfy, MustCatchUp, RevocationsRefused, VaultUnavailable
from credence.sdk.flow import run
from credence.sdk.revocations import MAX_PAGES, Behind, read_pages
from credence.sdk.transport import Request, Response
from credence.sdk.vault import FLOOR
from credence.sdk.wallet import AsyncWallet, TrustedIssuer, Wallet
from tests.conftest import SeededBytes
from tests.sdk.conftest import PASSPHRASE
from tests.sdk.revoking import NOT_REVOKED, RevokingService
from tests.sdk.small_service import ISSUER, PERSON, TOKEN, VENUE

MINE = PERSON["revocation_handle"]
REVOKED = "person: the credential is revoked"
UNHEARD = f"person: the newest revocations of {ISSUER}, which the request does not carry"
SESSION = "/v1/verifier/sessions/s-1"


@pytest.fixture
def service(curve: Curve, rng: SeededBytes) -> RevokingService:
    return RevokingService(curve, rng)


@pytest.fixture
def reopened(service: RevokingService, curve: Curve, tmp_path: Path) -> Callable[[], Wallet]:
    """The vault of ``wallet``, opened once more."""
    return lambda: Wallet.open(tmp_path / "vault", PASSPHRASE, transport=service, curve=curve, clock=service.clock)


def index_of(wallet: Wallet) -> int:
    """Up to which event the wallet has followed."""
    (held,) = wallet.credentials
    assert held.witness is not None
    return held.witness.index


def events_path(service: RevokingService) -> str:
    return f"GET /v1/issuer/accumulators/{service.revoking.key.accumulator_id}/events"


def accepted(service: RevokingService, wallet: Wallet, request: PresentationRequest) -> int:
    """The index of the checkpoint that a presentation was accepted by."""
    presentation = wallet.present(request, audience=VENUE)
    service.seen(request, presentation)
    (shown,) = presentation.accumulators
    return shown.index


# --- following ---


def test_who_is_not_revoked_shows_it_and_asks_nobody(service: RevokingService, wallet: Wallet) -> None:
    request = service.request(policy=NOT_REVOKED)
    assert wallet.can_satisfy(request)
    assert accepted(service, wallet, request) == 0
    service.revoke(1, 2)
    assert wallet.answer("s-1", audience=VENUE).accepted
    assert service.paths() == [f"GET {SESSION}/request", f"POST {SESSION}/presentation"]
    assert index_of(wallet) == 2


def test_a_session_that_is_fetched_later_carries_what_is_newest_then(service: RevokingService, wallet: Wallet) -> None:
    before = service.request(policy=NOT_REVOKED)
    service.revoke(1)
    service.now += 60
    assert wallet.answer("s-1", audience=VENUE).accepted
    after = service.sessions["s-1"][0]
    assert before == after  # the request is the same
    assert before.staples != after.staples
    with pytest.raises(RevocationsRefused, match="goes back"):
        wallet.present(before, audience=VENUE)


def test_the_witness_is_kept_before_a_proof_is_made(
    service: RevokingService, wallet: Wallet, reopened: Callable[[], Wallet], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.revoke(1)
    request = service.request(policy=NOT_REVOKED)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("credence.sdk.holding.present", crash)
        with pytest.raises(KeyboardInterrupt):
            wallet.present(request, audience=VENUE)
    again = reopened()
    assert index_of(again) == 1
    assert accepted(service, again, request) == 1


def test_what_cannot_be_kept_is_not_shown(service: RevokingService, wallet: Wallet, tmp_path: Path) -> None:
    service.revoke(1)
    (tmp_path / "vault").unlink()
    request = service.request(policy=NOT_REVOKED)
    with pytest.raises(VaultUnavailable):
        wallet.present(request, audience=VENUE)
    assert wallet.can_satisfy(request)  # it could be shown


def test_what_the_wallet_refuses_moves_nothing(service: RevokingService, wallet: Wallet) -> None:
    service.revoke(1)
    level_3 = {**NOT_REVOKED, "all_of": [{"attribute": "kyc_level", "at_least": 3}]}
    request = service.request(policy=level_3)
    assert wallet.understand(request).unmet == ("person.kyc_level >= 3",)
    with pytest.raises(CannotSatisfy):
        wallet.answer("s-1", audience=VENUE)
    assert index_of(wallet) == 0


def test_in_words(service: RevokingService, wallet: Wallet) -> None:
    meaning = wallet.understand(service.request(policy=NOT_REVOKED))
    assert meaning.unmet == ()
    assert "that your credential was not revoked, as of a minute that ended at most 60 seconds ago" in meaning.reveals
    assert "Your person credential was not revoked, as of a minute that ended at most 60 seconds ago." in meaning.asks
    assert "your secrets and the handles of your credential" in meaning.hides


# --- catching up ---


def test_a_wallet_that_was_away_reads_pages(
    service: RevokingService, wallet: Wallet, reopened: Callable[[], Wallet]
) -> None:
    service.revoke(1, 2, 3)
    service.after = 2
    request = service.request(policy=NOT_REVOKED)
    assert wallet.can_satisfy(request)
    with pytest.raises(MustCatchUp):
        wallet.present(request, audience=VENUE)
    assert service.sent == []
    wallet.catch_up(request)
    assert service.paths() == [events_path(service)]
    assert index_of(wallet) == index_of(reopened()) == 3
    assert accepted(service, wallet, request) == 3
    wallet.catch_up(request)
    assert len(service.sent) == 1


def test_answering_catches_up_by_the_wallets_own_way(service: RevokingService, wallet: Wallet) -> None:
    """The venue's service is not asked what the wallet has not read."""

    class ToTheVenue:
        def __init__(self) -> None:
            self.sent: list[str] = []

        def send(self, request: Request) -> Response:
            self.sent.append(f"{request.method} {request.path}")
            return service.send(request)

    service.revoke(1, 2, 3)
    service.after = 2
    service.request(policy=NOT_REVOKED)
    venue = ToTheVenue()
    assert wallet.answer("s-1", audience=VENUE, transport=venue).accepted
    assert venue.sent == [f"GET {SESSION}/request", f"POST {SESSION}/presentation"]
    assert service.paths() == [venue.sent[0], events_path(service), venue.sent[1]]


def test_nobody_is_asked_before_the_request_is_found_good(service: RevokingService, wallet: Wallet) -> None:
    service.revoke(1, 2, 3)
    service.after = 2
    service.request(policy={**NOT_REVOKED, "all_of": [{"attribute": "kyc_level", "at_least": 3}]})
    with pytest.raises(CannotSatisfy):
        wallet.answer("s-1", audience=VENUE)
    assert service.paths() == [f"GET {SESSION}/request"]


def test_more_than_a_delta_has_room_for(service: RevokingService, wallet: Wallet) -> None:
    """More than 819 events are not sent along: they are read, and the delta's digest is what they are held to."""
    service.revoke(*range(1, 821))
    request = service.request(policy=NOT_REVOKED)
    assert not request.staples[0].delta.is_whole
    with pytest.raises(MustCatchUp):
        wallet.present(request, audience=VENUE)
    assert wallet.answer("s-1", audience=VENUE).accepted
    pages = [(request.query["after"], request.query["count"]) for request in service.sent if request.query]
    assert pages == [("0", str(PAGE)), (str(PAGE), str(820 - PAGE))]
    assert index_of(wallet) == 820


def test_who_is_too_far_behind_is_told(service: RevokingService) -> None:
    pages = tuple((PAGE * number, PAGE) for number in range(MAX_PAGES + 1))
    with pytest.raises(RevocationsRefused, match="have the issuer give the credential again"):
        run(read_pages(service, Behind("person", "a", pages)))
    assert service.sent == []


def test_a_credential_that_is_given_again_comes_with_a_new_witness(service: RevokingService, wallet: Wallet) -> None:
    service.revoke(1)
    service.issued["att-case-1"] = (service.issued["att-case-1"][0], replace(service.issued["att-case-1"][1], witness=None))
    wallet.receive(service.offer(), TOKEN)
    assert index_of(wallet) == 1


def test_awaited(service: RevokingService, curve: Curve, pin: TrustedIssuer, tmp_path: Path, rng: SeededBytes) -> None:
    class Way:
        async def send(self, request: Request) -> Response:
            return service.send(request)

    async def live() -> None:
        wallet = await AsyncWallet.create(
            tmp_path / "awaited",
            PASSPHRASE,
            transport=Way(),
            trust=[pin],
            parameters=FLOOR,
            curve=curve,
            clock=service.clock,
        )
        await wallet.receive(service.offer(), TOKEN)
        service.revoke(1, 2, 3)
        service.after = 2
        request = service.request(policy=NOT_REVOKED)
        with pytest.raises(MustCatchUp):
            await wallet.present(request, audience=VENUE)
        await wallet.catch_up(request)
        service.seen(request, await wallet.present(request, audience=VENUE))
        service.revoke(MINE)
        service.request(policy=NOT_REVOKED)
        with pytest.raises(CannotSatisfy, match="revoked"):
            await wallet.answer("s-1", audience=VENUE)

    asyncio.run(live())


# --- being revoked ---


def test_who_is_revoked_is_told_and_sends_nothing(
    service: RevokingService, wallet: Wallet, reopened: Callable[[], Wallet]
) -> None:
    service.request(policy=NOT_REVOKED)
    wallet.present(service.request(), audience=VENUE)  # the verifier's rules are known from now on
    service.revoke(1, MINE, 3)
    request = service.request(policy=NOT_REVOKED)
    assert wallet.can_satisfy(request).unmet == wallet.understand(request).unmet == (REVOKED,)
    with pytest.raises(CannotSatisfy) as refused:
        wallet.answer("s-1", audience=VENUE)
    assert refused.value.predicates == (REVOKED,)
    assert service.paths() == [f"GET {SESSION}/request"]
    for holder in (wallet, reopened()):
        (held,) = holder.credentials
        assert held.revoked == 2
        assert holder.can_satisfy(replace(request, staples=())).unmet == (REVOKED,)
        assert holder.present(service.request(), audience=VENUE) is not None  # a venue that does not ask


@pytest.mark.parametrize("how", ["present", "catch_up"])
def test_each_way_to_hear_of_it_remembers(service: RevokingService, wallet: Wallet, how: str) -> None:
    service.revoke(MINE)
    service.after = 0 if how == "present" else 1
    request = service.request(policy=NOT_REVOKED)
    with pytest.raises(CannotSatisfy, match="revoked"):
        wallet.present(request, audience=VENUE) if how == "present" else wallet.catch_up(request)
    assert wallet.credentials[0].revoked == 1


def test_looking_remembers_nothing(service: RevokingService, wallet: Wallet) -> None:
    service.revoke(MINE)
    assert not wallet.can_satisfy(service.request(policy=NOT_REVOKED))
    assert wallet.credentials[0].revoked is None


def test_a_request_without_staples_cannot_be_answered(service: RevokingService, wallet: Wallet) -> None:
    request = service.request(policy=NOT_REVOKED)
    bare = replace(request, staples=())
    assert wallet.can_satisfy(bare).unmet == (UNHEARD,)
    with pytest.raises(CannotSatisfy):
        wallet.present(bare, audience=VENUE)
    with pytest.raises(CannotSatisfy):
        wallet.catch_up(bare)
    assert accepted(service, wallet, request) == 0


def test_of_two_credentials_the_one_that_is_not_revoked_is_shown(service: RevokingService, wallet: Wallet) -> None:
    earlier = wallet.credentials
    service.person["revocation_handle"] = MINE + 1
    wallet.receive(service.offer("case-2"), TOKEN)
    wallet.flows._keep(replace(wallet.flows.contents, credentials=(*earlier, *wallet.credentials)))  # as vaults did before
    service.revoke(MINE)
    request = service.request(policy=NOT_REVOKED)
    with pytest.raises(CannotSatisfy, match="revoked"):
        wallet.present(request, audience=VENUE)
    assert accepted(service, wallet, request) == 1


def test_a_vault_keeps_what_was_followed(wallet: Wallet) -> None:
    (held,) = wallet.credentials
    contents = wallet.flows.contents
    marked = contents.with_followed([replace(held, revoked=7)])
    assert [each.revoked for each in Contents.decode(marked.encode()).credentials] == [7]
    assert Contents.decode(contents.encode()).credentials == (held,)
    other = replace(held, signature=bytes(len(held.signature)), revoked=7)
    assert contents.with_followed([other]).credentials == (held,), "one that is named alike is another"


def test_the_choice_knows_who_cannot_show_it(service: RevokingService, wallet: Wallet) -> None:
    (held,) = wallet.credentials
    lost = replace(held, revoked=1, attestation_id="another")
    for asks, chosen in ((NOT_REVOKED, held), ({}, lost)):
        policy = load_policy(service.request(policy=asks).policy)
        found, _ = choose(policy, [lost, held], service.now, service.now)
        assert found is not None
        assert found["person"] is chosen
