"""Does a wallet choose credentials of one holder, say what each shows, and seal its holder to nobody it does not know?"""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.credential import EPOCH_DAYS, PERSON_1, STANDING_1, ladder_bits
from credence.circuits.curve import Curve
from credence.circuits.encoding import b64u
from credence.circuits.issuance import IssuerEntropy
from credence.sdk.errors import CannotSatisfy, UntrustedTrustees
from credence.sdk.wallet import TrustedTrustees, Wallet
from tests.sdk.conftest import Make
from tests.sdk.held_standings import hold_standing
from tests.sdk.small_service import EXPIRY_EPOCH, ISSUER, TOKEN, VENUE, SmallService

SCHEMAS = {"person": PERSON_1, "standing": STANDING_1}
BOTH = {name: {"schema": schema.id, "issuers": [ISSUER]} for name, schema in SCHEMAS.items()}
SCORE = {"of": "standing", "attribute": "score"}
EVERYTHING: dict[str, Any] = {
    "credentials": BOTH,
    "all_of": [
        {"of": "person", "attribute": "kyc_level", "at_least": 2},
        {"of": "person", "attribute": "birth_date", "at_most": "today-18y"},
        {"of": "person", "attribute": "residence", "in": ["DE", "FR"]},
        {"of": "person", "attribute": "nationality", "not_in": ["IR", "KP"]},
        {"of": "standing", "attribute": "score", "at_least": 640},
        {"of": "standing", "attribute": "standing_tier", "at_least": 2},
        {
            "sum": [{"of": "standing", "attribute": "score"}, {"of": "person", "attribute": "resets", "times": -10}],
            "at_least": 1,
        },
    ],
    "rate_limit": {"name": "open-account", "per": "day", "max": 16},
}


def escrow(curve: Curve, scalar: int = 987_654_321, **changes: Any) -> dict[str, Any]:
    key = b64u((curve.BP1 * scalar).to_bytes())
    said = {"trustees": "trustees.example/1", "key": key, "threshold": 2, "members": 3, "purpose": "a warrant"}
    return {"escrow": {**said, **changes}}


@pytest.fixture
def two(service: SmallService, wallet: Wallet) -> Wallet:
    """A wallet with both kinds of credentials."""
    hold_standing(service, wallet, "standing-1")
    service.sent.clear()
    return wallet


def test_both_credentials_are_shown_in_one_proof(service: SmallService, two: Wallet) -> None:
    request = service.request(policy=EVERYTHING)
    presentation = two.present(request, audience=VENUE)
    accepted = service.seen(request, presentation)
    assert [shown.slot for shown in presentation.credentials] == ["person", "standing"]
    assert (accepted.kyc_level, accepted.standing_tier) == (2, 2)
    compact = two.present(request, audience=VENUE, compact=True)
    assert service.seen(request, compact).predicates == accepted.predicates
    assert (presentation.encoding, compact.encoding) == ("batchable", "compact")
    assert len(compact.proof) < len(presentation.proof)


def test_what_everything_means_in_words(service: SmallService, two: Wallet) -> None:
    disclosure = two.understand(service.request(policy=EVERYTHING))
    assert disclosure.reveals == (
        "person: issuer: issuer.example (key k1)",
        "person: expiry, rounded to 28 days: 2027-06-03",
        "person: verification level: 2 or better",
        "person: risk tier: standard",
        "standing: issuer: issuer.example (key k1)",
        "standing: expiry: 2027-06-03",
        "standing: standing tier: 2 or better",
        "that all of these credentials are one holder's",
        "that your person birth date is on or before 2008-09-21",
        "that your person residence is one of DE, FR",
        "that your person nationality is none of IR, KP",
        "that your standing score is at least 640",
        "that 1*standing.score -10*person.resets >= 1",
        "so much of your residence that only 2 values are left of it",
        f"a pseudonym that {VENUE} alone sees, the same at each visit",
        "that this is one of 16 times in this day for open-account, and not which of them",
    )
    for hidden in (
        "your exact birth date",
        "your exact score",
        "your exact verification level",
        "your exact standing tier",
        "your venue",
        "your secrets and the handles of your credentials",
    ):
        assert hidden in disclosure.hides
    assert len(set(disclosure.hides)) == len(disclosure.hides)


def test_a_credential_that_is_missing_is_named(service: SmallService, wallet: Wallet) -> None:
    words = (f"standing: a credential of type {STANDING_1.id} issued by {ISSUER}",)
    assert wallet.can_satisfy(service.request(policy=EVERYTHING)).unmet == words


def test_every_predicate_that_fails_is_named_with_its_credential(service: SmallService, make: Make) -> None:
    service.person |= {"residence": 380, "resets": 90}
    service.standing |= {"score": 600, **ladder_bits("standing_tier", 1)}
    wallet = make()
    wallet.receive(service.offer("p"), TOKEN)
    hold_standing(service, wallet, "s")
    request = service.request(policy=EVERYTHING)
    words = (
        "person.residence in [DE, FR]",
        "standing.score >= 640",
        "standing.standing_tier >= 2",
        "1*standing.score -10*person.resets >= 1",
    )
    assert wallet.can_satisfy(request).unmet == wallet.understand(request).unmet == words
    with pytest.raises(CannotSatisfy):
        wallet.present(request, audience=VENUE)


def test_of_several_standings_the_one_that_makes_the_sum_is_taken(service: SmallService, two: Wallet) -> None:
    """The longer one alone would be taken first, and fails the sum."""
    service.standing |= {"score": 660, "expires_on": (EXPIRY_EPOCH + 1) * EPOCH_DAYS}
    hold_standing(service, two, "standing-2")
    total = {"sum": [SCORE, {"of": "person", "attribute": "resets"}], "at_least": 690}
    request = service.request(policy={**EVERYTHING, "all_of": [total]})
    shown = {each.slot: each.expiry_epoch for each in two.present(request, audience=VENUE).credentials}
    assert shown == {"person": EXPIRY_EPOCH, "standing": EXPIRY_EPOCH * EPOCH_DAYS}
    without = service.request(policy={**EVERYTHING, "all_of": []})
    shown = {each.slot: each.expiry_epoch for each in two.present(without, audience=VENUE).credentials}
    assert shown == {"person": EXPIRY_EPOCH, "standing": (EXPIRY_EPOCH + 1) * EPOCH_DAYS}


def test_credentials_with_other_secrets_are_not_shown_together(service: SmallService, wallet: Wallet) -> None:
    """What an issuer adds makes the holder another one: such a wallet holds both kinds, and cannot show them as one."""
    service.entropy = IssuerEntropy(service.entropy.nym + 1, service.entropy.use)
    service.person |= {"resets": 1, "birth_date": 9_000}
    wallet.receive(service.offer("again"), TOKEN, accept_reset=True)
    hold_standing(service, wallet, "standing-1")
    asked = {**EVERYTHING, "all_of": [{"of": "person", "attribute": "birth_date", "at_most": "1990-01-01"}]}
    assert wallet.can_satisfy(service.request(policy=asked)).unmet == ("person.birth_date <= 1990-01-01",)
    request = service.request(policy={**EVERYTHING, "all_of": [{"of": "person", "attribute": "resets", "at_least": 1}]})
    assert service.seen(request, wallet.present(request, audience=VENUE)).kyc_level is None


# --- who may open who it was ---


def test_a_handle_is_sealed_to_trustees_of_the_list_alone(service: SmallService, make: Make, curve: Curve) -> None:
    policy = escrow(curve)
    key = (curve.BP1 * 987_654_321).to_bytes()
    wallet = make(trustees=[TrustedTrustees("trustees.example/1", key, 2, 3)])
    wallet.receive(service.offer(), TOKEN)
    request = service.request(policy=policy)
    assert wallet.can_satisfy(request)
    assert (
        "who you are, sealed: 2 of the 3 trustees trustees.example/1 can open it together,"
        ' for what the venue calls "a warrant"' in wallet.understand(request).reveals
    )
    sealed = service.seen(request, wallet.present(request, audience=VENUE)).sealed
    assert sealed is not None
    assert (sealed.trustees, sealed.purpose) == ("trustees.example/1", "a warrant")
    for other in (
        escrow(curve, scalar=5),
        escrow(curve, trustees="trustees.example/2"),
        escrow(curve, threshold=3),
        escrow(curve, members=4),
    ):
        asked = service.request("s-9", policy=other)
        (said,) = wallet.can_satisfy(asked).unmet
        assert said.endswith("who are not on this wallet's list")
        with pytest.raises(UntrustedTrustees):
            wallet.present(asked, audience=VENUE)
        with pytest.raises(UntrustedTrustees):
            wallet.answer("s-9", audience=VENUE)
    assert service.paths()[-1] == "GET /v1/verifier/sessions/s-9/request"


def test_a_wallet_has_nobody_on_its_list_by_itself(service: SmallService, wallet: Wallet, curve: Curve) -> None:
    with pytest.raises(UntrustedTrustees):
        wallet.present(service.request(policy=escrow(curve)), audience=VENUE)
    wallet.present(service.request(), audience=VENUE)


def test_the_decision_says_to_whom_it_was_sealed(service: SmallService, make: Make, curve: Curve) -> None:
    wallet = make(trustees=[TrustedTrustees("trustees.example/1", (curve.BP1 * 987_654_321).to_bytes(), 2, 3)])
    wallet.receive(service.offer(), TOKEN)
    service.request("s-1", policy=escrow(curve))
    found = wallet.answer("s-1", audience=VENUE).escrow
    assert found is not None
    assert (found.trustees, found.purpose) == ("trustees.example/1", "a warrant")


def test_what_cannot_be_revoked_cannot_be_shown_not_to_be(service: SmallService, wallet: Wallet) -> None:
    request = service.request(policy={"not_revoked": {"max_age_s": 60}})
    assert wallet.can_satisfy(request).unmet == ("person: a credential that can be shown not to be revoked",)
    with pytest.raises(CannotSatisfy):
        wallet.present(request, audience=VENUE)
