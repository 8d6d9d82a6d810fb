"""Does a wallet renew the standing that its user named, show its issuer nothing else, and keep what it needs?"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from credence.circuits.bbs.relation import pseudonym_point
from credence.circuits.composite.public import nym_interface
from credence.circuits.context import scope
from credence.circuits.credential import PERSON_1, STANDING_1, text_to_scalar
from credence.circuits.curve import Curve
from credence.circuits.encoding import Rng
from credence.circuits.policy import load_policy
from credence.sdk import AsyncWallet, errors, refusals
from credence.sdk.vault import FLOOR
from credence.sdk.wallet import TrustedIssuer, Wallet
from tests.conftest import SeededBytes
from tests.sdk.conftest import PASSPHRASE
from tests.sdk.renewing_service import ELSEWHERE, HERE, THERE, RenewingService
from tests.sdk.small_service import ISSUER, NOW, TOKEN
from tests.sdk.test_async import Awaited

DAY = 86_400
HANDLE = 12_345


@pytest.fixture
def service(curve: Curve, rng: SeededBytes) -> RenewingService:
    return RenewingService(curve, rng)


class TestRenewing:
    def test_a_standing_is_received_and_kept(self, service: RenewingService, wallet: Wallet, tmp_path: Path) -> None:
        held = wallet.renew_standing(THERE)
        (person, kept) = wallet.credentials
        assert (kept, held.schema, held.secrets) == (held, STANDING_1, person.secrets)
        assert held.attributes["venue"] == text_to_scalar(THERE)
        opened = Wallet.open(tmp_path / "vault", PASSPHRASE, transport=service, clock=service.clock, rng=service.rng)
        assert opened.credentials == wallet.credentials

    def test_the_issuer_sees_the_pseudonym_of_the_venue_and_no_other(
        self, service: RenewingService, wallet: Wallet, curve: Curve
    ) -> None:
        nym = wallet.credentials[0].secrets.nym_secret
        wallet.renew_standing(THERE)
        wallet.renew_standing(THERE, suffix="desk")
        expected = [pseudonym_point(nym_interface(curve), scope(THERE, suffix), nym) for suffix in ("", "desk")]
        assert [each.pseudonym for each in service.proven] == [point.to_bytes() for point in expected]

    def test_commitments_do_not_tell_that_two_are_one_holders(self, service: RenewingService, wallet: Wallet) -> None:
        for venue in (HERE, THERE, HERE):
            wallet.renew_standing(venue)
        assert len({each.commitment for each in service.proven}) == 3

    def test_a_service_that_repeats_itself_does_not_find_out_either(self, service: RenewingService, wallet: Wallet) -> None:
        """Nonce and name of a session may be another's; the venue is in what the blind factor follows from."""
        service.asking = {"nonce": bytes(32), "session_id": "r-same"}
        for venue in (HERE, THERE):
            wallet.renew_standing(venue)
        wallet.renew_standing(HERE)
        points = [each.commitment for each in service.proven]
        assert points[0] != points[1]
        assert points[0] == points[2]  # the same request again has the same point

    @pytest.mark.slow
    def test_awaited_it_is_the_same(
        self, service: RenewingService, pin: TrustedIssuer, curve: Curve, rng: Rng, tmp_path: Path
    ) -> None:
        async def whole() -> AsyncWallet:
            wallet = await AsyncWallet.create(
                tmp_path / "awaited",
                PASSPHRASE,
                transport=Awaited(service),
                trust=[pin],
                parameters=FLOOR,
                curve=curve,
                clock=service.clock,
                rng=rng,
            )
            await wallet.receive(service.offer(), TOKEN)
            await wallet.renew_standing(THERE)
            return wallet

        assert [each.schema for each in asyncio.run(whole()).credentials] == [PERSON_1, STANDING_1]


class TestWhatIsKept:
    def test_the_same_day_of_a_venue_is_replaced_and_other_days_and_venues_stay(
        self, service: RenewingService, wallet: Wallet
    ) -> None:
        wallet.renew_standing(HERE)
        wallet.renew_standing(THERE)
        again = wallet.renew_standing(HERE)
        assert [each.attestation_id for each in wallet.credentials[1:]] == ["standing-2", again.attestation_id]
        service.now += DAY
        wallet.renew_standing(HERE)
        assert len(wallet.credentials) == 4

    def test_what_has_expired_goes_and_the_persons_stays(self, service: RenewingService, wallet: Wallet) -> None:
        first = wallet.renew_standing(THERE)
        service.now = (first.attributes["expires_on"] + 1) * DAY - 1
        wallet.renew_standing(HERE)
        assert len(wallet.credentials) == 3
        service.now += 1
        second = wallet.renew_standing(HERE)
        kept = [each for each in wallet.credentials if each.schema == STANDING_1]
        assert first not in kept
        assert second in kept
        assert wallet.credentials[0].schema == PERSON_1

    def test_none_is_lost_to_another_that_its_issuer_named_alike(self, service: RenewingService, wallet: Wallet) -> None:
        """An issuer that guesses who has two of them would see its guess right where one is fetched again."""
        (person,) = wallet.credentials
        service.signing = {"attestation_id": person.attestation_id}
        kept = [wallet.renew_standing(venue) for venue in (HERE, THERE)]
        service.revoke(HANDLE + 1)  # the person's credential is followed, and kept as it is now
        kept.append(wallet.renew_standing(ELSEWHERE))
        assert wallet.answer("s-1", audience=service.request("s-1", policy=POLICY).audience).decision == "accepted"
        followed, *standings = wallet.credentials
        assert standings == kept
        assert (followed.schema, followed.signature) == (PERSON_1, person.signature)
        assert followed.witness != person.witness
        wallet.receive(service.offer(), TOKEN)
        assert [each for each in wallet.credentials if each.schema == STANDING_1] == kept

    def test_no_review_asks_about_a_standing(self, service: RenewingService, wallet: Wallet) -> None:
        """The issuer gave it to a pseudonym: to be asked about it beside the person's would connect the two."""
        wallet.renew_standing(THERE)
        service.sent.clear()
        (found,) = wallet.reviews(ISSUER)
        assert found.attestation_id == wallet.credentials[0].attestation_id
        assert service.paths() == ["GET /v1/issuer/review-notice"]


POLICY: dict[str, Any] = {
    "credentials": {
        "there": {"schema": STANDING_1.id, "issuers": [ISSUER]},
        "person": {"schema": PERSON_1.id, "issuers": [ISSUER]},
    },
    "all_of": [
        {"of": "person", "attribute": "kyc_level", "at_least": 2},
        {"of": "there", "attribute": "score", "at_least": 640},
        {"of": "there", "attribute": "venue", "in": [THERE, "verifier.example/venue-z"]},
        {"of": "there", "attribute": "as_of", "at_least": "today-2d"},
    ],
    "disclose": [{"of": "there", "attribute": "venue"}],
    "pseudonym": {"of": "person", "suffix": ""},
}


class TestShowing:
    def test_the_standing_of_the_venue_that_is_asked_about_is_chosen(self, service: RenewingService, wallet: Wallet) -> None:
        request = service.request("s-1", policy=POLICY)
        assert not wallet.can_satisfy(request)
        service.records[HERE] = {"score": 800}
        for venue in (THERE, HERE, ELSEWHERE):
            wallet.renew_standing(venue)
        decision = wallet.answer("s-1", audience=request.audience)
        assert decision.decision == "accepted"
        assert decision.disclosed["there.venue"] == str(text_to_scalar(THERE))

    def test_the_newest_is_chosen(self, service: RenewingService, wallet: Wallet) -> None:
        wallet.renew_standing(THERE)
        service.now += DAY
        newest = wallet.renew_standing(THERE)
        found = wallet.understand(service.request("s-1", policy=POLICY))
        assert f"there: venue: {THERE}" in found.reveals
        looked, unmet = wallet.flows._look(service.request("s-2", policy=POLICY), _policy(service))
        assert unmet == ()
        assert looked is not None
        assert looked.chosen["there"] == newest

    def test_a_stale_one_is_not_enough(self, service: RenewingService, wallet: Wallet) -> None:
        wallet.renew_standing(THERE)
        service.now = (NOW // DAY + 2) * DAY
        request = service.request("s-1", policy=POLICY)
        assert any("as_of" in each for each in wallet.can_satisfy(request).unmet)
        wallet.renew_standing(THERE)
        assert wallet.can_satisfy(request)


def _policy(service: RenewingService) -> Any:
    return load_policy(service.request("s-3", policy=POLICY).policy)


class TestWhatAWalletRefuses:
    def test_a_scope_that_its_user_did_not_name(self, service: RenewingService, wallet: Wallet) -> None:
        for changes in ({"venue": HERE}, {"suffix": "desk"}, {"issuer": "other.example"}):
            service.asking = changes
            with pytest.raises(errors.RequestChanged):
                wallet.renew_standing(THERE)
        assert service.proven == []
        service.asking = {}
        wallet.renew_standing(THERE)

    def test_a_venue_or_a_suffix_that_is_none(self, service: RenewingService, wallet: Wallet) -> None:
        for venue, suffix in (("", ""), ("v" * 258, ""), (THERE, "s" * 65)):
            with pytest.raises(errors.RequestInvalid):
                wallet.renew_standing(venue, suffix=suffix)
        assert service.sent == []

    def test_an_ask_that_cannot_be(self, service: RenewingService, wallet: Wallet) -> None:
        cases: list[tuple[dict[str, Any], type[Exception]]] = [
            ({"requested_at": NOW + 61}, errors.RequestExpired),
            ({"expires_at": NOW}, errors.RequestInvalid),
            ({"expires_at": NOW + 3_601}, errors.RequestInvalid),
            ({"key_id": "k9"}, errors.RequestInvalid),
        ]
        for service.asking, error in cases:
            with pytest.raises(error):
                wallet.renew_standing(THERE)
        assert service.proven == []

    def test_an_issuer_that_it_does_not_trust(self, service: RenewingService, wallet: Wallet) -> None:
        service.document = replace(service.document, issuer="other.example")
        with pytest.raises(errors.UntrustedIssuer):
            wallet.renew_standing(THERE)

    def test_one_that_issues_no_standings(self, service: RenewingService, wallet: Wallet) -> None:
        service.document = replace(service.document, schemas=(PERSON_1.id,))
        with pytest.raises(errors.UntrustedIssuer):
            wallet.renew_standing(THERE)
        assert not any("standings" in path for path in service.paths())

    def test_a_standing_that_is_not_what_it_asked_for(self, service: RenewingService, wallet: Wallet) -> None:
        for record in (
            {"as_of": NOW // DAY - 2},
            {"expires_on": NOW // DAY + 2},
            {"expires_on": NOW // DAY},
            {"venue": 5},
        ):
            service.records[THERE] = record
            with pytest.raises(errors.CredentialRejected):
                wallet.renew_standing(THERE)
        assert len(wallet.credentials) == 1


class TestWhoCannotRenew:
    def test_who_has_no_credential(self, service: RenewingService, empty: Wallet) -> None:
        with pytest.raises(refusals.CannotRenew):
            empty.renew_standing(THERE)
        assert service.sent == []

    def test_who_has_none_of_the_issuer_that_is_named(self, service: RenewingService, wallet: Wallet) -> None:
        with pytest.raises(refusals.CannotRenew):
            wallet.renew_standing(THERE, issuer="other.example")
        wallet.renew_standing(THERE, issuer=ISSUER)

    def test_whose_credential_has_expired(self, service: RenewingService, wallet: Wallet) -> None:
        service.now = (wallet.credentials[0].attributes["expires_on"] + 1) * DAY
        with pytest.raises(refusals.CannotRenew):
            wallet.renew_standing(THERE)

    def test_who_is_revoked(self, service: RenewingService, wallet: Wallet) -> None:
        service.revoke(HANDLE + 1)
        wallet.renew_standing(THERE)
        service.revoke(HANDLE)
        with pytest.raises(errors.CannotSatisfy):
            wallet.renew_standing(THERE)
        with pytest.raises(refusals.CannotRenew):  # which is remembered
            wallet.renew_standing(THERE)

    def test_at_a_venue_that_the_issuer_does_not_know(self, service: RenewingService, wallet: Wallet) -> None:
        with pytest.raises(errors.NotFound):
            wallet.renew_standing("verifier.example/nobody")

    def test_whose_proof_is_not_taken(self, service: RenewingService, wallet: Wallet) -> None:
        honest = service._find
        service._find = lambda *_: None  # type: ignore[method-assign]
        with pytest.raises(refusals.RenewalRefused):
            wallet.renew_standing(THERE)
        service._find = honest  # type: ignore[method-assign]
        wallet.renew_standing(THERE)
