"""Can a holder follow the accumulator, and is a holder led nowhere by whoever lies?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from credence.circuits.errors import CircuitError, IllFormed, Malformed, Refused
from credence.circuits.revocation_log import (
    PAGE,
    RevocationEvent,
    Revoked,
    Staple,
    WitnessState,
    accept_witness,
    follow,
    make_delta,
    wanted_pages,
)
from tests.circuits.revocation_log.subjects import ADDRESS, HANDLE, Issuer, Ledger


def test_a_holder_follows_a_staple(issuer: Issuer) -> None:
    state = issuer.witness()
    assert follow(issuer.curve, issuer.key, state, HANDLE, issuer.stapled()) == state
    issuer.revoke(1, 2)
    state = follow(issuer.curve, issuer.key, state, HANDLE, issuer.stapled())
    assert state == issuer.witness()
    issuer.revoke(3)
    found = follow(issuer.curve, issuer.key, state, HANDLE, issuer.stapled(after=1))
    assert (found, found.index) == (issuer.witness(), 3)
    assert WitnessState.parse(found.to_json()) == found


def test_who_is_revoked_is_told_so(issuer: Issuer) -> None:
    state = issuer.witness()
    issuer.revoke(1)
    follow(issuer.curve, issuer.key, state, HANDLE, issuer.stapled())
    issuer.revoke(HANDLE, 2)
    with pytest.raises(Revoked, match="revoked"):
        follow(issuer.curve, issuer.key, state, HANDLE, issuer.stapled())


def test_nobody_but_the_issuer_can_tell_a_holder_that_it_is_revoked(issuer: Issuer) -> None:
    """A forged event names the handle; what the issuer would publish is the holder's last witness, which nobody knows."""
    state = issuer.witness()
    issuer.revoke(1, 2)
    forged = [issuer.events[0], replace(issuer.events[1], handle=HANDLE)]
    delta = make_delta(issuer.key.accumulator_id, 0, forged, ADDRESS)
    stapled = issuer.verify(Staple(issuer.logged(issuer.checkpoint()), delta))
    with pytest.raises(Refused, match="not the accumulator's"):
        follow(issuer.curve, issuer.key, state, HANDLE, stapled)


def test_a_holder_does_not_go_back(issuer: Issuer) -> None:
    issuer.revoke(1, 2)
    follow(issuer.curve, issuer.key, issuer.witness(index=1), HANDLE, issuer.stapled(index=1))
    with pytest.raises(Refused, match="goes back"):
        follow(issuer.curve, issuer.key, issuer.witness(), HANDLE, issuer.stapled(index=1))


def test_a_value_made_for_one_holder_leads_nowhere(issuer: Issuer) -> None:
    """It is in a ledger of its own and would serve; the pinned ledger does not hold it."""
    state = issuer.witness()
    issuer.revoke(1)
    honest = issuer.staple()
    marked = Issuer(issuer.curve, issuer.rng, Ledger(seed=b"\x01" * 32))
    marked.alpha, marked.key, marked.values = issuer.alpha, issuer.key, issuer.values[:1]
    marked.revoke(5)
    tracking = marked.staple()
    follow(issuer.curve, issuer.key, state, HANDLE, marked.verify(tracking))
    follow(issuer.curve, issuer.key, state, HANDLE, issuer.verify(honest))
    with pytest.raises(CircuitError):
        issuer.verify(tracking)


def test_an_index_with_two_values_is_found_out(issuer: Issuer) -> None:
    """Both in the ledger: whoever followed one does not pass to the other."""
    issuer.revoke(1)
    state = issuer.witness()
    other = Issuer(issuer.curve, issuer.rng, issuer.ledger)
    other.alpha, other.key, other.values = issuer.alpha, issuer.key, issuer.values[:1]
    other.revoke(2)
    follow(issuer.curve, issuer.key, state, HANDLE, issuer.stapled())
    with pytest.raises(Refused, match="witness"):
        follow(issuer.curve, issuer.key, state, HANDLE, other.stapled())


def test_another_accumulator_is_not_followed(issuer: Issuer) -> None:
    other = Issuer(issuer.curve, issuer.rng, issuer.ledger)
    for key, state, stapled in (
        (issuer.key, issuer.witness(), other.stapled()),
        (issuer.key, other.witness(), issuer.stapled()),
        (other.key, issuer.witness(), issuer.stapled()),
    ):
        with pytest.raises(Refused, match="another accumulator"):
            follow(issuer.curve, key, state, HANDLE, stapled)


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 2), (0, 0, 1, 2), (0, 1)])
def test_events_out_of_order_are_refused(issuer: Issuer, order: tuple[int, ...]) -> None:
    state = issuer.witness()
    issuer.revoke(1, 2, 3)
    stapled = issuer.stapled(after=3)
    follow(issuer.curve, issuer.key, state, HANDLE, stapled, issuer.events)
    with pytest.raises(IllFormed, match=r"order|missing"):
        follow(issuer.curve, issuer.key, state, HANDLE, stapled, [issuer.events[place] for place in order])


def test_forged_events_lead_to_no_witness(issuer: Issuer) -> None:
    state = issuer.witness()
    issuer.revoke(1, 2)
    for forged in (
        [replace(issuer.events[0], handle=9), issuer.events[1]],
        [replace(issuer.events[0], value=issuer.events[1].value), issuer.events[1]],
    ):
        with pytest.raises(Refused, match="witness"):
            follow(issuer.curve, issuer.key, state, HANDLE, issuer.stapled(after=2), forged)
    for value in (bytes(48), b"\xc0" + bytes(47), b"\xff" * 48):
        broken = [replace(issuer.events[0], value=value), issuer.events[1]]
        with pytest.raises(Malformed):
            follow(issuer.curve, issuer.key, state, HANDLE, issuer.stapled(after=2), broken)


def test_a_witness_of_nothing_is_refused(issuer: Issuer) -> None:
    state, other = issuer.witness(), issuer.witness(78)
    follow(issuer.curve, issuer.key, state, HANDLE, issuer.stapled())
    with pytest.raises(Refused, match="witness"):
        follow(issuer.curve, issuer.key, other, HANDLE, issuer.stapled())
    with pytest.raises(IllFormed, match="handle"):
        follow(issuer.curve, issuer.key, state, 0, issuer.stapled())


# --- pages ---


def test_a_holder_of_yesterday_has_nothing_to_ask(issuer: Issuer) -> None:
    issuer.revoke(*range(1, 6))
    assert wanted_pages(issuer.witness(index=2), issuer.stapled(after=2)) == ()
    assert wanted_pages(issuer.witness(index=5), issuer.stapled(after=2)) == ()


@pytest.mark.parametrize(
    ("index", "after", "events", "pages"),
    [
        (0, 2, 5, ((0, 5),)),
        (1, 2, 5, ((0, 5),)),
        (PAGE - 1, PAGE, PAGE + 9, ((0, PAGE),)),
        (PAGE - 1, PAGE + 1, PAGE + 9, ((0, PAGE), (PAGE, 9))),
        (PAGE, PAGE + 1, PAGE + 9, ((PAGE, 9),)),
        (3, 2 * PAGE, 2 * PAGE, ((0, PAGE), (PAGE, PAGE))),
    ],
)
def test_pages_say_no_more_than_which_page_is_missing(
    issuer: Issuer, index: int, after: int, events: int, pages: tuple[tuple[int, int], ...]
) -> None:
    """A witness need not be real for this, and a delta's events neither."""
    state = replace(issuer.witness(), index=index)
    filled = [replace(event, value=issuer.values[0].to_bytes()) for event in _unreal(issuer, events)]
    checkpoint = replace(issuer.checkpoint(), index=events)
    delta = make_delta(issuer.key.accumulator_id, after, filled[after:], ADDRESS)
    assert wanted_pages(state, issuer.verify(Staple(issuer.logged(checkpoint), delta))) == pages


def _unreal(issuer: Issuer, count: int) -> list[RevocationEvent]:
    return [RevocationEvent(issuer.key.accumulator_id, index + 1, index + 1, bytes(48)) for index in range(count)]


def test_earlier_pages_lead_on_to_a_staple(issuer: Issuer) -> None:
    state = issuer.witness()
    issuer.revoke(*range(1, 8))
    stapled = issuer.stapled(after=4)
    for pages in (issuer.events[:4], issuer.events[:6], issuer.events):
        assert follow(issuer.curve, issuer.key, state, HANDLE, stapled, pages) == issuer.witness()
    for pages in (issuer.events[:3], issuer.events[1:], []):
        with pytest.raises(IllFormed, match="missing"):
            follow(issuer.curve, issuer.key, state, HANDLE, stapled, pages)


def test_a_delta_by_digest_is_read_whole(issuer: Issuer) -> None:
    state, late = issuer.witness(), issuer.witness()
    issuer.revoke(1)
    late = issuer.witness()
    issuer.revoke(*range(1_002, 1_822))
    stapled = issuer.stapled(after=1)
    assert stapled.events is None
    assert wanted_pages(state, stapled) == wanted_pages(late, stapled) == ((0, PAGE), (PAGE, 821 - PAGE))
    for witness in (state, late):
        assert follow(issuer.curve, issuer.key, witness, HANDLE, stapled, issuer.events) == issuer.witness()
    with pytest.raises(IllFormed, match="missing"):
        follow(issuer.curve, issuer.key, state, HANDLE, stapled, issuer.events[:820])
    forged = [*issuer.events[:5], replace(issuer.events[5], handle=9_999), *issuer.events[6:]]
    with pytest.raises(Refused, match="delta"):
        follow(issuer.curve, issuer.key, state, HANDLE, stapled, forged)


# --- the first witness ---


def test_a_first_witness_is_of_the_published_value_or_of_one_in_the_ledger(issuer: Issuer) -> None:
    vkey = issuer.ledger.signer.vkey
    accept_witness(issuer.curve, issuer.key, issuer.name, vkey, issuer.witness(), None, HANDLE)
    issuer.revoke(1)
    proof = issuer.logged(issuer.checkpoint())
    accept_witness(issuer.curve, issuer.key, issuer.name, vkey, issuer.witness(), proof, HANDLE)
    unlogged = replace(proof, checkpoint=replace(proof.checkpoint, minute=1))
    for state, shown, handle in (
        (issuer.witness(), None, HANDLE),
        (issuer.witness(index=0), proof, HANDLE),
        (replace(issuer.witness(index=0), index=1), proof, HANDLE),
        (issuer.witness(), proof, HANDLE + 1),
        (issuer.witness(), unlogged, HANDLE),
        (replace(issuer.witness(), accumulator_id="ab" * 16), proof, HANDLE),
    ):
        with pytest.raises(Refused):
            accept_witness(issuer.curve, issuer.key, issuer.name, vkey, state, shown, handle)
