"""Is a credential revoked once, for good, and is the log told in the same breath?"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from sqlalchemy.exc import IntegrityError

from credence.circuits.credential import PERSON_1
from credence.circuits.curve import ORDER
from credence.circuits.encoding import decode_g1, encode_scalar
from credence.circuits.errors import CircuitError, IllFormed
from credence.circuits.revocation import check_witness
from credence.circuits.revocation_log import Revoked, follow
from credence.service.errors import NotFound
from credence.service.issuer.revocation import records
from credence.service.issuer.revocation.manager import AlreadyRevoked, Target, open_manager
from credence.service.issuer.revocation.records import IssuerRevocation
from credence.service.keys import Purpose
from credence.service.keys.accumulating import AccumulatorKeys
from credence.service.keys.seal import KeyringRefused
from tests.service.conftest import Running
from tests.service.issuer.revocation.conftest import Revoking

WAITING = "issuer_outbox WHERE kind = 'accumulator-checkpoint'"


def test_a_revocation_is_an_event_and_a_checkpoint(revoking: Revoking) -> None:
    first, second = revoking.attested(2)
    before = revoking.world.rows(WAITING)
    done = revoking.revoke(first)
    assert (done.attestation_id, done.event.index, done.event.handle) == (first, 1, revoking.handle_of(first))
    assert revoking.world.rows(WAITING) == before + 1
    assert revoking.revoke(second).event.index == 2
    found = revoking.stapled()
    assert (found.checkpoint.index, found.events) == (2, (done.event, found.events[1]))


def test_a_credential_is_revoked_by_its_case_too(revoking: Revoking) -> None:
    token = revoking.world.token()
    offer = revoking.world.offer(token)
    issued = revoking.world.claim(offer, revoking.world.request().commitment, token).json()
    done = revoking.manager.revoke(Target(case_id=offer.case_id), reason="looked-at", by="x.example")
    assert done.attestation_id == issued["attestation_id"]


def test_a_second_revocation_is_refused_and_leaves_nothing(revoking: Revoking) -> None:
    (one,) = revoking.attested()
    revoking.revoke(one)
    before = revoking.world.rows("issuer_outbox"), revoking.stapled().checkpoint.value
    with pytest.raises(AlreadyRevoked):
        revoking.revoke(one, reason="another-reason")
    assert (revoking.world.rows("issuer_outbox"), revoking.stapled().checkpoint.value) == before
    assert revoking.world.rows("issuer_revocations") == 1


def test_the_constraint_refuses_what_the_code_would_let_pass(revoking: Revoking) -> None:
    """Two events of one handle, two of one index, an index of none."""
    one, other = revoking.attested(2)
    event = revoking.revoke(one).event
    kept = {"reason": "x", "revoked_by": "x", "revoked_at": 1, "value": bytes(48), "accumulator_id": event.accumulator_id}
    handles = [encode_scalar(event.handle), encode_scalar(revoking.handle_of(other))]

    def add(index: int, handle: bytes, attestation_id: str) -> bool:
        row = IssuerRevocation(index=index, handle=handle, attestation_id=attestation_id, **kept)
        return revoking.world.desk.store.run(lambda session: records.add_event(session, row))

    assert not add(2, handles[0], other)
    assert not add(1, handles[1], other)
    assert not add(2, handles[1], one)
    with pytest.raises(IntegrityError):
        add(0, handles[1], other)
    assert add(2, handles[1], other)


@pytest.mark.parametrize("target", [Target(attestation_id="0" * 32), Target(case_id="nothing")])
def test_what_was_not_issued_is_not_revoked(revoking: Revoking, target: Target) -> None:
    with pytest.raises(NotFound):
        revoking.manager.revoke(target, reason="looked-at", by="x.example")


def test_whoever_is_revoked_cannot_follow_and_others_can(revoking: Revoking) -> None:
    mine, theirs = revoking.attested(2)
    curve, key = revoking.world.running.services.curve, revoking.accumulator
    handles = revoking.handle_of(mine), revoking.handle_of(theirs)
    witnesses = [revoking.witness(handle) for handle in handles]
    revoking.revoke(theirs)
    stapled = revoking.stapled()
    assert follow(curve, key, witnesses[0], handles[0], stapled).index == 1
    with pytest.raises(Revoked):
        follow(curve, key, witnesses[1], handles[1], stapled)


# --- the key ---


def test_the_accumulator_follows_from_the_keyring(revoking: Revoking, started: Callable[[Iterable[str]], Running]) -> None:
    services = revoking.world.running.services
    again = open_manager(services)
    assert again.accumulators == revoking.manager.accumulators
    assert started(("issuer",)).app.state.issuer.revocation.accumulators == again.accumulators
    assert revoking.world.rows("issuer_accumulators") == 1
    with pytest.raises(KeyringRefused, match="permanent"):
        services.keyring.rotate(Purpose.ISSUER_ACCUMULATOR, now=1, rng=services.rng, curve=services.curve)


def test_each_schema_has_an_alpha_of_its_own(revoking: Revoking) -> None:
    keys = revoking.manager.keys
    person, standing = keys.public(PERSON_1.id), keys.public("credence/standing/1")
    assert person.public_key != standing.public_key
    assert person.first_value != standing.first_value
    curve = revoking.world.running.services.curve
    witness = keys.divide(PERSON_1.id, person.first_value, 5)
    check_witness(curve, person.public_key, person.first_value, witness, 5)
    with pytest.raises(CircuitError):
        check_witness(curve, standing.public_key, person.first_value, witness, 5)


@pytest.mark.parametrize("handle", [0, ORDER])
def test_no_witness_is_made_for_a_handle_that_is_none(revoking: Revoking, handle: int) -> None:
    value = decode_g1(revoking.world.running.services.curve, revoking.accumulator.first_value)
    revoking.manager.keys.divide(PERSON_1.id, value, 1)
    with pytest.raises(IllFormed, match="handle"):
        revoking.manager.keys.divide(PERSON_1.id, value, handle)


def test_no_handle_is_drawn_that_has_no_witness(revoking: Revoking) -> None:
    """A generator that gives ``-alpha`` first: it is passed over."""
    services = revoking.world.running.services
    alpha = AccumulatorKeys(services.keyring, services.curve, services.rng)._alpha(PERSON_1.id)
    draws = iter([(ORDER - alpha).to_bytes(48, "big"), bytes(48), (7).to_bytes(48, "big")])
    keys = AccumulatorKeys(services.keyring, services.curve, lambda _: next(draws))
    assert keys.draw(PERSON_1.id) == 7


# --- checkpoints ---


def test_each_minute_has_one_checkpoint(revoking: Revoking) -> None:
    revoking.world.running.app.state.checkpointing.stop()
    assert revoking.manager.checkpoint() == 0
    revoking.world.running.clock.forward(60)
    assert [revoking.manager.checkpoint() for _ in range(3)] == [1, 0, 0]
    (one,) = revoking.attested()
    revoking.revoke(one)
    assert revoking.manager.checkpoint() == 0, "the revocation was this minute's"
    revoking.world.running.clock.forward(59)
    revoking.manager.checkpoint()
    found = revoking.stapled().checkpoint
    assert (found.index, found.minute) == (1, revoking.world.now // 60)


def test_an_old_minute_does_not_take_a_new_value_back(revoking: Revoking) -> None:
    """A process whose clock is behind, or that was slow: what it hands in is not the newest."""
    (one,) = revoking.attested()
    revoking.revoke(one)
    revoking.world.running.clock.forward(-120)
    revoking.manager.checkpoint()
    revoking.world.running.clock.forward(120)
    newest = revoking.stapled().checkpoint
    assert (newest.index, newest.minute) == (1, revoking.world.now // 60)


def test_a_clock_that_was_ahead_does_not_keep_the_present_from_being_told(revoking: Revoking) -> None:
    revoking.world.running.app.state.checkpointing.stop()
    revoking.world.running.clock.forward(86_400)
    revoking.manager.checkpoint()
    revoking.logged()
    revoking.world.running.clock.forward(60 - 86_400)
    revoking.manager.checkpoint()
    assert revoking.stapled().checkpoint.minute == revoking.world.now // 60
    revoking.world.running.clock.forward(86_340)
    assert revoking.stapled().checkpoint.minute == revoking.world.now // 60, "its time has come"
