"""Does what a key made outlive its rotation, and end with the key? And does a key that is still needed wait?"""

from __future__ import annotations

import pytest

from credence.circuits.credential import DAY_SECONDS, EPOCH_DAYS
from credence.service.app.tenure import NOTICED, in_use_until
from credence.service.auth.access_tokens import LIFETIME
from credence.service.issuer.intake import digests_of
from credence.service.keys import Keyring, Purpose
from credence.service.settings import Settings
from tests.service.issuer.conftest import World
from tests.service.issuer.test_intake import problem


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"issuer_key_notice_seconds": 30})


def keyring(world: World) -> Keyring:
    return world.running.services.keyring


def rotate(world: World, purpose: Purpose) -> None:
    services = world.running.services
    keyring(world).rotate(purpose, now=world.now, rng=services.rng, curve=services.curve)


def retire(world: World, purpose: Purpose) -> None:
    """The older one of two."""
    keyring(world).retire(purpose, keyring(world).live(purpose)[1].key_id, now=world.now)


def until(world: World, purpose: Purpose) -> int | None:
    """When the older one of two may end."""
    return in_use_until(world.running.services, keyring(world).live(purpose)[1])


def test_an_offer_is_claimed_under_the_key_of_before_and_not_under_a_retired_one(world: World) -> None:
    token, request = world.token(), world.request()
    offer = world.offer(token)
    rotate(world, Purpose.ISSUER_OFFER)
    assert world.open(token).json()["offer"]["secret"] == offer.secret
    assert until(world, Purpose.ISSUER_OFFER) == offer.expires_at
    assert keyring(world).live(Purpose.ISSUER_OFFER)[1].key_id
    claimed = world.claim(offer, request.commitment, token)
    assert claimed.status_code == 201
    retire(world, Purpose.ISSUER_OFFER)
    problem(world.claim(offer, request.commitment, token), 401, "unauthorized")


def test_a_claimed_offer_holds_no_key(world: World) -> None:
    token = world.token()
    offer = world.offer(token)
    assert world.claim(offer, world.request().commitment, token).status_code == 201
    rotate(world, Purpose.ISSUER_OFFER)
    assert until(world, Purpose.ISSUER_OFFER) == world.now + NOTICED
    world.running.clock.forward(NOTICED)
    assert until(world, Purpose.ISSUER_OFFER) is None


def test_evidence_is_found_again_until_the_key_ends(world: World) -> None:
    token = world.token()
    case = world.open(token).json()
    before = digests_of(keyring(world), token.encode())
    rotate(world, Purpose.ISSUER_EVIDENCE)
    assert world.open(token).json()["case_id"] == case["case_id"]
    assert digests_of(keyring(world), token.encode())[1:] == before
    ends = until(world, Purpose.ISSUER_EVIDENCE)
    assert ends is not None
    assert ends > world.now + NOTICED
    retire(world, Purpose.ISSUER_EVIDENCE)
    assert before[0] not in digests_of(keyring(world), token.encode())


def test_an_api_key_opens_until_the_key_that_keyed_it_ends(world: World) -> None:
    rotate(world, Purpose.API_KEY)
    assert world.open(world.token()).status_code == 201
    assert until(world, Purpose.API_KEY) == world.now + 3_600, "as long as the operator's key lives"
    retire(world, Purpose.API_KEY)
    problem(world.open(world.token()), 401, "unauthorized")


def test_an_issuing_key_waits_for_its_last_credential(world: World) -> None:
    token = world.token()
    issued = world.claim(world.offer(token), world.request().commitment, token).json()
    world.running.services.ledger.sequence()
    world.running.clock.forward(1)
    rotate(world, Purpose.ISSUER_BBS)
    world.desk.publication.refresh()
    world.running.services.ledger.sequence()
    assert until(world, Purpose.ISSUER_BBS) == (issued["expiry_epoch"] * EPOCH_DAYS + 1) * DAY_SECONDS


def test_an_issuing_key_that_still_signs_waits_for_the_next_one(world: World) -> None:
    world.running.services.ledger.sequence()
    world.running.clock.forward(1)
    rotate(world, Purpose.ISSUER_BBS)
    world.desk.publication.refresh()
    assert until(world, Purpose.ISSUER_BBS) == world.now + 30 + NOTICED
    world.running.services.ledger.sequence()
    world.running.clock.forward(30)
    assert until(world, Purpose.ISSUER_BBS) is None


@pytest.mark.parametrize(
    ("purpose", "seconds"),
    [
        (Purpose.RECEIPT, NOTICED),
        (Purpose.TARIFF, NOTICED),
        (Purpose.ACCESS_TOKEN, NOTICED + LIFETIME),
        (Purpose.IDEMPOTENCY, NOTICED + 86_400),
    ],
)
def test_other_keys_wait_for_a_time_that_is_known(world: World, purpose: Purpose, seconds: int) -> None:
    rotate(world, purpose)
    assert until(world, purpose) == world.now + seconds
    world.running.clock.forward(seconds)
    assert until(world, purpose) is None
