"""Does a wallet answer its issuer alone, take what it asked for alone, and show it beside its own credentials alone?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.credential import PERSON_1, STANDING_1, text_to_scalar
from credence.circuits.curve import ORDER, Curve
from credence.circuits.errors import CircuitError, IllFormed, Refused, Unprovable
from credence.circuits.issuance import HeldCredential
from credence.circuits.presentation import Accepted, present, verify_presentation
from credence.circuits.renewal import RenewalAsk, Renewing, standing_end
from credence.circuits.renewal.proving import SKEW
from credence.circuits.wire import PresentationRequest
from tests.circuits.journey import ISSUER, NOW, make_request
from tests.circuits.renewing import TODAY, VENUE, Office, make_office
from tests.conftest import SeededBytes

DAY = 86_400


@pytest.fixture(scope="module")
def office(curve: Curve) -> Office:
    return make_office(curve, SeededBytes("office"))


@pytest.fixture(scope="module")
def ask(office: Office) -> RenewalAsk:
    return office.ask(SeededBytes("ask"))


@pytest.fixture(scope="module")
def renewing(office: Office, ask: RenewalAsk) -> Renewing:
    return office.renew(ask, SeededBytes("renewing"))


class TestTheWalletsSide:
    @pytest.mark.parametrize(
        "changes", [{"issuer": "other.example"}, {"requested_at": NOW + 61}, {"expires_at": NOW}], ids=str
    )
    def test_it_answers_its_issuer_in_time_alone(
        self, office: Office, ask: RenewalAsk, rng: SeededBytes, changes: dict[str, Any]
    ) -> None:
        office.renew(ask, rng)
        with pytest.raises(CircuitError):
            office.renew(replace(ask, **changes), rng)

    def test_it_takes_a_key_of_the_document_alone(self, office: Office, ask: RenewalAsk, rng: SeededBytes) -> None:
        with pytest.raises(Refused):
            office.renew(replace(ask, key_id="k2"), rng)

    def test_a_blind_factor_is_one(self, office: Office, ask: RenewalAsk, rng: SeededBytes) -> None:
        for blind in (0, ORDER):
            with pytest.raises(IllFormed):
                office.renew(ask, rng, blind=blind)

    @pytest.mark.parametrize(
        "changes",
        [
            {"venue": 1},
            {"as_of": TODAY - 2},
            {"as_of": TODAY},
            {"expires_on": TODAY},
            {"expires_on": TODAY + 2},
            {"as_of": TODAY - 2, "expires_on": TODAY},
            {"as_of": TODAY, "expires_on": TODAY + 2},
            {"expires_on": TODAY + 28},
            {"score": 300},
        ],
        ids=str,
    )
    def test_what_it_receives_is_what_was_asked_for(
        self, office: Office, ask: RenewalAsk, renewing: Renewing, rng: SeededBytes, changes: dict[str, int]
    ) -> None:
        proven = office.check(ask, renewing.request)
        office.accept(renewing, office.sign(proven, rng))
        with pytest.raises((Refused, IllFormed)):
            office.accept(renewing, office.sign(proven, rng, **changes))

    @pytest.mark.parametrize(
        "changes",
        [
            {"issuer": "other.example"},
            {"schema": "credence/person/1"},
            {"key_id": "k2"},
            {"nym_entropy": 1},
            {"use_entropy": 1},
            {"signature": bytes(80)},
        ],
        ids=str,
    )
    def test_an_answer_that_is_another_is_refused(
        self, office: Office, ask: RenewalAsk, renewing: Renewing, rng: SeededBytes, changes: dict[str, Any]
    ) -> None:
        renewed = office.sign(office.check(ask, renewing.request), rng)
        with pytest.raises(CircuitError):
            office.accept(renewing, replace(renewed, credential=replace(renewed.credential, **changes)))
        with pytest.raises(Refused):
            office.accept(renewing, replace(renewed, session_id="r-2"))

    def test_a_standing_of_another_blind_factor_is_refused(
        self, office: Office, ask: RenewalAsk, renewing: Renewing, rng: SeededBytes
    ) -> None:
        renewed = office.sign(office.check(ask, office.renew(ask, rng).request), rng)
        with pytest.raises(Refused):
            office.accept(renewing, renewed)

    def test_a_score_of_a_venue_with_a_model_of_its_own_has_no_evidence(
        self, office: Office, ask: RenewalAsk, renewing: Renewing, rng: SeededBytes
    ) -> None:
        proven = office.check(ask, renewing.request)
        held = office.accept(renewing, office.sign(proven, rng, evidence_milli=0))
        assert (held.attributes["score"], held.attributes["evidence_milli"]) == (700, 0)
        with pytest.raises(IllFormed, match="better than its score"):
            office.accept(renewing, office.sign(proven, rng, evidence_milli=0, score=300))

    def test_a_newcomers_record_is_a_record(
        self, office: Office, ask: RenewalAsk, renewing: Renewing, rng: SeededBytes
    ) -> None:
        clean = {"score": 300, "evidence_milli": 0, "events_milli": 0, "standing_ge_2": 0, "standing_ge_3": 0}
        held = office.accept(renewing, office.sign(office.check(ask, renewing.request), rng, **clean))
        assert held.attributes["standing_ge_1"] == 1


class TestTheDates:
    @pytest.mark.parametrize("second", [0, 1, 43_200, 86_399])
    def test_all_of_a_day_end_together(self, second: int) -> None:
        now = TODAY * DAY + second
        assert standing_end(now) == TODAY + 1
        assert DAY < (standing_end(now) + 1) * DAY - now <= 2 * DAY

    def test_a_clock_may_be_a_minute_off_at_midnight_and_mixes_no_dates(
        self, office: Office, ask: RenewalAsk, renewing: Renewing, rng: SeededBytes
    ) -> None:
        """What is issued tomorrow, as clocks see it that are around its two midnights."""
        proven, begins = office.check(ask, renewing.request), (TODAY + 1) * DAY
        dates = {"as_of": TODAY, "expires_on": TODAY + 2}
        own = office.sign(proven, rng, **dates)
        mixed = [
            office.sign(proven, rng, **{**dates, **other}) for other in ({"as_of": TODAY - 1}, {"expires_on": TODAY + 1})
        ]
        for now in (begins - SKEW, begins, begins + DAY - 1, begins + DAY + SKEW - 1):
            office.accept(renewing, own, now=now)
        for now in (begins - SKEW - 1, begins + DAY + SKEW):
            with pytest.raises(Refused, match="dated"):
                office.accept(renewing, own, now=now)
        for each in mixed:  # both dates are some day's that may be, and not the same one's
            with pytest.raises(Refused, match="dated"):
                office.accept(renewing, each, now=begins)


POLICY: dict[str, Any] = {
    "credentials": {
        "person": {"schema": PERSON_1.id, "issuers": [ISSUER]},
        "there": {"schema": STANDING_1.id, "issuers": [ISSUER]},
    },
    "all_of": [
        {"of": "person", "attribute": "kyc_level", "at_least": 2},
        {"of": "there", "attribute": "score", "at_least": 640},
        {"of": "there", "attribute": "standing_tier", "at_least": 3},
        {"of": "there", "attribute": "venue", "in": [VENUE, "verifier.example/venue-z"]},
        {"of": "there", "attribute": "as_of", "at_least": "today-2d"},
    ],
    "disclose": [{"of": "there", "attribute": "venue"}],
}


@pytest.fixture(scope="module")
def standing(office: Office) -> HeldCredential:
    return office.whole(SeededBytes("standing"))


class TestShowingIt:
    """At another venue, beside the person's credential."""

    def shown(
        self, office: Office, rng: SeededBytes, held: dict[str, HeldCredential], now: int = NOW, **changes: Any
    ) -> Accepted:
        policy = {**POLICY, **changes}
        request: PresentationRequest = make_request(
            rng, policy_changes=policy, requested_at=now, expires_at=now + 300, audience="verifier.example/venue-c"
        )
        presentation = present(office.curve, request, held, now, rng)
        documents = [office.world.document]
        return verify_presentation(office.curve, request, presentation, documents, request.audience, now, rng)

    def test_it_shows_a_score_and_a_tier_of_elsewhere(
        self, office: Office, rng: SeededBytes, standing: HeldCredential
    ) -> None:
        accepted = self.shown(office, rng, {"person": office.person, "there": standing})
        assert accepted.standing_tier == 3
        assert accepted.disclosed["there.venue"] == text_to_scalar(VENUE)
        assert accepted.expires_on == standing.attributes["expires_on"] == standing.expiry_epoch

    def test_holders_are_not_mixed(self, office: Office, rng: SeededBytes, standing: HeldCredential) -> None:
        self.shown(office, rng, {"person": office.person, "there": standing})
        other = office.other_person(rng)
        with pytest.raises(Unprovable, match="one holder"):
            self.shown(office, rng, {"person": other, "there": standing})
        for secret in ("holder_secret", "nym_secret", "use_key"):
            secrets = replace(standing.secrets, **{secret: getattr(other.secrets, secret)})
            pooled = replace(other, secrets=secrets), replace(standing, secrets=secrets)
            with pytest.raises(Refused):
                self.shown(office, rng, {"person": pooled[0], "there": pooled[1]})

    def test_a_stale_one_is_not_enough(self, office: Office, rng: SeededBytes, standing: HeldCredential) -> None:
        held = {"person": office.person, "there": standing}
        begins = TODAY * DAY
        self.shown(office, rng, held, now=begins + DAY)
        with pytest.raises(Unprovable, match="as_of"):
            self.shown(office, rng, held, now=begins + 2 * DAY)

    def test_one_that_has_expired_is_not_enough(self, office: Office, rng: SeededBytes, standing: HeldCredential) -> None:
        held = {"person": office.person, "there": standing}
        ends = (standing.attributes["expires_on"] + 1) * DAY
        fresh = [each for each in POLICY["all_of"] if each["attribute"] != "as_of"]
        self.shown(office, rng, held, now=ends - 1, all_of=fresh)
        with pytest.raises(Unprovable, match="expires_on"):
            self.shown(office, rng, held, now=ends, all_of=fresh)

    def test_another_venues_is_not_the_one_that_is_asked_for(self, office: Office, rng: SeededBytes) -> None:
        elsewhere = office.whole(rng, venue="verifier.example/venue-b")
        with pytest.raises(Unprovable, match="venue"):
            self.shown(office, rng, {"person": office.person, "there": elsewhere})


def blocks(*data: bytes) -> set[bytes]:
    """All runs of 16 bytes."""
    return {each[at : at + 16] for each in data for at in range(len(each) - 15)}


class TestWhoSeesBoth:
    """The issuer sees renewals, venues see presentations: what have two of them in common?"""

    def test_two_renewals_of_a_holder_have_nothing_in_common(self, office: Office, rng: SeededBytes) -> None:
        renewed = []
        for venue in (VENUE, "verifier.example/venue-b"):
            ask = office.ask(rng, venue=venue)
            renewing = office.renew(ask, rng)
            proven = office.check(ask, renewing.request)
            renewed.append(blocks(renewing.request.proof, proven.pseudonym, proven.commitment))
        assert renewed[0].isdisjoint(renewed[1])

    def test_two_holders_ask_alike_but_for_the_proof(self, office: Office, rng: SeededBytes) -> None:
        """What is not the proof is the session's, or what all have whose credentials end together; no length says more."""
        other, ask = office.other_person(rng), office.ask(rng)
        assert other.witness is not None
        sent = [
            office.renew(ask, rng).request,
            office.renew(ask, rng, person=other, witness=other.witness.witness).request,
        ]
        assert sent[0].proof != sent[1].proof
        assert len(sent[0].proof) == len(sent[1].proof)
        assert replace(sent[0], proof=b"") == replace(sent[1], proof=b"")

    def test_one_that_is_repeated_has_its_pseudonym_and_its_point(self, office: Office, rng: SeededBytes) -> None:
        ask = office.ask(rng)
        first, again = (office.renew(ask, rng, blind=9).request for _ in range(2))
        proven = office.check(ask, first)
        assert blocks(first.proof) & blocks(again.proof) == blocks(proven.pseudonym + proven.commitment)

    def test_a_renewal_and_what_is_shown_of_it_have_nothing_in_common(self, office: Office, rng: SeededBytes) -> None:
        ask = office.ask(rng)
        renewing = office.renew(ask, rng)
        renewed = office.sign(office.check(ask, renewing.request), rng)
        standing = office.accept(renewing, renewed)
        held = {"person": office.person, "there": standing}
        request = make_request(rng, policy_changes=POLICY)
        shown = present(office.curve, request, held, NOW, rng)
        seen = blocks(renewing.request.proof, renewed.credential.signature)
        assert blocks(shown.proof).isdisjoint(seen)
