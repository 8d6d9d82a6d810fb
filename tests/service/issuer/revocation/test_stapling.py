"""Is nothing handed out that the log does not hold, and is what is handed out the same for everybody?"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from credence.circuits.credential import PERSON_1
from credence.circuits.revocation_log import PAGE, accept_witness, follow, verify_in_log, wanted_pages
from credence.service.errors import InvalidRequest, NotFound
from credence.service.issuer.revocation.stapling import CredentialRevoked, NotLogged
from tests.service.conftest import Running
from tests.service.issuer.revocation.conftest import Revoking


def test_a_staple_waits_for_the_log(revoking: Revoking) -> None:
    revoking.world.running.app.state.sequencing.stop()
    before = revoking.stapled()
    (one,) = revoking.attested()
    revoking.revoke(one)
    assert revoking.staple().newest.checkpoint == before.checkpoint
    assert revoking.stapled().checkpoint.index == 1


def test_without_a_log_there_is_none(started: Callable[[Iterable[str]], Running]) -> None:
    desk = started(("issuer",)).app.state.issuer
    (key,) = desk.revocation.accumulators
    with pytest.raises(NotLogged):
        desk.stapler.staple(key.accumulator_id)
    witness, proof = desk.stapler.grant(PERSON_1.id, 5)
    assert (witness.index, proof) == (0, None), "the first value is in the issuer's document"


def test_a_staple_is_made_once(revoking: Revoking) -> None:
    revoking.stapled()
    assert revoking.staple() is revoking.staple()


def test_a_staple_has_the_last_day_and_what_else_has_room(revoking: Revoking) -> None:
    ids = revoking.attested(30)
    for one in ids[:20]:
        revoking.revoke(one)
    assert len(revoking.stapled().events or ()) == 20
    revoking.world.running.clock.forward(90_000)
    revoking.manager.checkpoint()
    quiet = revoking.stapled()
    assert (quiet.after, len(quiet.events or ())) == (8, 12), "nobody was revoked: filled up with the newest"
    for one in ids[20:]:
        revoking.revoke(one)
    assert revoking.stapled().after == 18
    revoking.world.running.clock.forward(60)
    assert revoking.stapled().checkpoint.index == 30


def test_a_grant_is_of_a_value_in_the_log(revoking: Revoking) -> None:
    revoking.world.running.app.state.sequencing.stop()
    one, other = revoking.attested(2)
    handle = revoking.handle_of(other)
    revoking.revoke(one)
    witness, proof = revoking.world.desk.stapler.grant(PERSON_1.id, handle)
    assert (witness.index, proof) == (0, None), "the log does not hold the next value yet"
    revoking.logged()
    witness, proof = revoking.world.desk.stapler.grant(PERSON_1.id, handle)
    assert witness.index == 1
    services = revoking.world.running.services
    vkey = services.ledger.verifier.vkey
    accept_witness(services.curve, revoking.accumulator, "issuer.example", vkey, witness, proof, handle)


def test_nothing_is_granted_to_who_is_revoked(revoking: Revoking) -> None:
    """A witness of the value after would be one for a revoked handle."""
    (one,) = revoking.attested()
    handle = revoking.handle_of(one)
    revoking.witness(handle)
    revoking.revoke(one)
    for _ in range(2):
        with pytest.raises(CredentialRevoked):
            revoking.witness(handle)
        revoking.logged()


def test_a_claim_of_what_was_revoked_is_refused(revoking: Revoking) -> None:
    world, token = revoking.world, revoking.world.token()
    offer, request = world.offer(token), world.request()
    issued = world.claim(offer, request.commitment, token)
    assert world.claim(offer, request.commitment, token).status_code == 200
    revoking.revoke(issued.json()["attestation_id"])
    answer = world.claim(offer, request.commitment, token)
    assert (answer.status_code, answer.json()["detail"]) == (409, "The credential is revoked.")


# --- pages and checkpoints ---


def test_a_page_is_exactly_what_was_asked_for(revoking: Revoking) -> None:
    name, stapler = revoking.accumulator.accumulator_id, revoking.world.desk.stapler
    for one in revoking.attested(3):
        revoking.revoke(one)
    assert [event.index for event in stapler.page(name, 0, 3)] == [1, 2, 3]
    assert stapler.page(name, 0, 2) == stapler.page(name, 0, 3)[:2]
    for after, count in ((0, 4), (0, 0), (1, 1), (PAGE, 1), (0, PAGE + 1)):
        with pytest.raises(InvalidRequest):
            stapler.page(name, after, count)
    with pytest.raises(NotFound):
        stapler.page("ab" * 16, 0, 1)


def test_a_holder_who_was_away_reads_pages(revoking: Revoking) -> None:
    ids = revoking.attested(30)
    handle = revoking.handle_of(ids.pop())
    state = revoking.witness(handle)
    for one in ids:
        revoking.revoke(one)
    revoking.world.running.clock.forward(90_000)
    revoking.manager.checkpoint()
    stapled = revoking.stapled()
    assert stapled.after == 17
    pages = wanted_pages(state, stapled)
    assert pages == ((0, 29),)
    earlier = [event for page in pages for event in revoking.world.desk.stapler.page(state.accumulator_id, *page)]
    curve = revoking.world.running.services.curve
    assert follow(curve, revoking.accumulator, state, handle, stapled, earlier) == revoking.witness(handle)


def test_every_checkpoint_of_the_log_is_shown_with_its_proof(revoking: Revoking) -> None:
    name, first = revoking.accumulator.accumulator_id, revoking.stapled().checkpoint
    (one,) = revoking.attested()
    revoking.revoke(one)
    revoking.stapled()
    proof = revoking.world.desk.stapler.checkpoint(name, first.index, first.minute)
    vkey = revoking.world.running.services.ledger.verifier.vkey
    assert verify_in_log(proof, "issuer.example", revoking.accumulator, vkey).checkpoint == first
    for index, minute in ((2, first.minute), (0, first.minute + 1)):
        with pytest.raises(NotFound):
            revoking.world.desk.stapler.checkpoint(name, index, minute)
    with pytest.raises(NotFound):
        revoking.world.desk.stapler.checkpoint("ab" * 16, 0, first.minute)
