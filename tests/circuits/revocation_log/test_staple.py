"""Does a staple say what the ledger holds, and is every other one refused, each for its own cause?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.circuits.errors import CircuitError, Malformed, Refused
from credence.circuits.note import Checkpoint, open_checkpoint
from credence.circuits.revocation_log import (
    MAX_DELTA,
    AccumulatorCheckpoint,
    CheckpointProof,
    Delta,
    InLog,
    RevocationEvent,
    Staple,
    Stapled,
    check_age,
    delta_length,
    make_delta,
    verify_in_log,
)
from tests.circuits.revocation_log.subjects import ADDRESS, MINUTE, NOW, Issuer, Ledger

Change = Callable[[Issuer, Staple], Staple]


def test_a_staple_says_what_the_ledger_holds(issuer: Issuer) -> None:
    issuer.ledger.add(b"something before".ljust(32))
    issuer.revoke(1, 2, 3)
    staple = Staple.parse(issuer.staple(after=1).to_json())
    found = issuer.verify(staple)
    assert found.checkpoint == issuer.checkpoint()
    assert found.events == tuple(issuer.events[1:])
    assert (found.log.size, found.after) == (2, 1)


def test_before_the_first_event_the_value_is_the_published_one(issuer: Issuer) -> None:
    assert issuer.stapled().checkpoint.value == issuer.key.first_value
    issuer.values[0] = issuer.values[0] + issuer.values[0]
    with pytest.raises(Refused, match="first value"):
        issuer.stapled()


def _proof(**changes: Any) -> Change:
    return lambda issuer, staple: replace(staple, newest=replace(staple.newest, **changes))


def _checkpoint(**changes: Any) -> Change:
    def change(issuer: Issuer, staple: Staple) -> Staple:
        return _proof(checkpoint=replace(staple.newest.checkpoint, **changes))(issuer, staple)

    return change


def _forked(issuer: Issuer, staple: Staple) -> Staple:
    """Signed by a key of another log, of the same name."""
    other = Ledger(seed=b"\x01" * 32)
    entry = other.add(staple.newest.checkpoint.leaf())
    return _proof(entry=entry, path=(), note=other.note())(issuer, staple)


def _of_another_origin(issuer: Issuer, staple: Staple) -> Staple:
    other = Ledger(origin="other.example/log")
    other.add(staple.newest.checkpoint.leaf())
    return _proof(note=other.note())(issuer, staple)


def _of_another_accumulator(issuer: Issuer, staple: Staple) -> Staple:
    """In the same ledger, and right in itself."""
    other = Issuer(issuer.curve, issuer.rng, issuer.ledger)
    other.revoke(1, 2, 3)
    return other.staple(after=1)


def _of_another_issuer(issuer: Issuer, staple: Staple) -> Staple:
    checkpoint = replace(staple.newest.checkpoint, issuer="other.example")
    return replace(staple, newest=issuer.logged(checkpoint))


def _an_event_changed(issuer: Issuer, staple: Staple) -> Staple:
    data = bytearray(staple.delta.events)
    data[31] ^= 1
    return replace(staple, delta=replace(staple.delta, events=bytes(data)))


def _delta(after: int, stop: int) -> Change:
    def change(issuer: Issuer, staple: Staple) -> Staple:
        made = make_delta(issuer.key.accumulator_id, after, issuer.events[after:stop], ADDRESS)
        return replace(staple, delta=made)

    return change


def _another_last_value(issuer: Issuer, staple: Staple) -> Staple:
    *most, last = issuer.events[1:]
    events = [*most, replace(last, value=most[0].value)]
    return replace(staple, delta=make_delta(issuer.key.accumulator_id, 1, events, ADDRESS))


REFUSED: dict[str, Change] = {
    "a value that is not in the ledger": _checkpoint(value=b"\x80" * 48),
    "an index that is not in the ledger": _checkpoint(index=7),
    "a minute that is not in the ledger": _checkpoint(minute=MINUTE + 1),
    "another entry": _proof(entry=0),
    "no path": _proof(path=()),
    "another ledger's key": _forked,
    "another ledger's origin": _of_another_origin,
    "another accumulator": _of_another_accumulator,
    "another issuer": _of_another_issuer,
    "an event changed": _an_event_changed,
    "a delta that ends before": _delta(1, 2),
    "a delta that begins later": lambda issuer, staple: replace(staple, delta=replace(staple.delta, after=2)),
    "a delta with another last value": _another_last_value,
}


@pytest.mark.parametrize("cause", REFUSED)
def test_another_staple_is_refused(issuer: Issuer, cause: str) -> None:
    issuer.ledger.add(b"something before".ljust(32))
    issuer.revoke(1, 2, 3)
    staple = issuer.staple(after=1)
    issuer.verify(staple)
    with pytest.raises(CircuitError):
        issuer.verify(REFUSED[cause](issuer, staple))


def test_a_checkpoint_of_another_accumulator_is_refused(issuer: Issuer) -> None:
    """Of the same issuer, in the same ledger."""
    other = Issuer(issuer.curve, issuer.rng, issuer.ledger)
    for made in (issuer, other):
        made.revoke(1)
    mine, theirs, vkey = issuer.logged(issuer.checkpoint()), other.logged(other.checkpoint()), issuer.ledger.signer.vkey
    verify_in_log(mine, issuer.name, issuer.key, vkey)
    verify_in_log(theirs, issuer.name, other.key, vkey)
    with pytest.raises(Refused, match="another accumulator"):
        verify_in_log(theirs, issuer.name, issuer.key, vkey)


def test_a_delta_without_events_ends_at_the_checkpoint(issuer: Issuer) -> None:
    issuer.revoke(1, 2, 3)
    assert issuer.stapled(after=3).events == ()
    staple = issuer.staple(after=3)
    with pytest.raises(Refused, match="ends elsewhere"):
        issuer.verify(replace(staple, delta=make_delta(issuer.key.accumulator_id, 1, [], ADDRESS)))


def test_an_unsigned_note_is_refused(issuer: Issuer) -> None:
    staple = issuer.staple()
    text = staple.newest.note.rpartition("\n\n")[0] + "\n"
    with pytest.raises(Malformed):
        issuer.verify(_proof(note=text)(issuer, staple))


@pytest.mark.parametrize(
    ("now", "accepted"),
    [
        (60 * MINUTE - 61, False),
        (60 * MINUTE - 60, True),
        (60 * MINUTE, True),
        (60 * MINUTE + 119, True),
        (60 * MINUTE + 120, False),
    ],
)
def test_a_checkpoint_is_good_for_its_minute_and_the_age_allowed(issuer: Issuer, now: int, accepted: bool) -> None:
    staple = issuer.staple()
    if accepted:
        issuer.verify(staple, now=now, max_age_s=60)
        return
    with pytest.raises(Refused, match=r"stale|future"):
        issuer.verify(staple, now=now, max_age_s=60)


@pytest.mark.parametrize("offset", [-1, 0, 5, 6])
def test_an_accumulator_has_its_time(issuer: Issuer, offset: int) -> None:
    issuer.key = replace(issuer.key, not_before=NOW, not_after=NOW + 5)
    staple = issuer.staple()
    if 0 <= offset <= 5:
        issuer.verify(staple, now=NOW + offset)
        return
    with pytest.raises(Refused, match="outside its time"):
        issuer.verify(staple, now=NOW + offset)


def test_two_histories_of_one_size_are_a_fork(issuer: Issuer) -> None:
    """Whoever has seen another root at the same size does not believe this one; that it grew is the ledger's to prove."""
    issuer.ledger.add(b"what was seen".ljust(32))
    mine = issuer.staple()
    seen = open_checkpoint(mine.newest.note, issuer.ledger.signer.verifier)
    issuer.ledger = Ledger()
    issuer.ledger.add(b"what is shown".ljust(32))
    forked = issuer.staple()
    issuer.verify(mine, seen=seen)
    issuer.verify(forked, seen=Checkpoint(seen.origin, seen.size + 1, seen.root))
    with pytest.raises(Refused, match="forked"):
        issuer.verify(forked, seen=seen)


@pytest.mark.parametrize(
    ("count", "length"),
    [
        (0, 1_024),
        (12, 1_024),
        (13, 4_096),
        (51, 4_096),
        (52, 16_384),
        (204, 16_384),
        (205, 65_536),
        (819, 65_536),
        (820, 1_024),
    ],
)
def test_a_delta_has_one_of_four_lengths(issuer: Issuer, count: int, length: int) -> None:
    name = issuer.key.accumulator_id
    events = [RevocationEvent(name, index + 1, index + 1, b"\x07" * 48) for index in range(count)]
    delta = make_delta(name, 0, events, ADDRESS)
    assert len(delta.events) == delta_length(count) == length
    assert delta.is_whole == (count <= MAX_DELTA // 80)
    assert Delta.parse(delta.to_json()) == delta


def test_a_long_delta_is_a_digest(issuer: Issuer) -> None:
    name = issuer.key.accumulator_id
    events = [RevocationEvent(name, index + 1, index + 1, issuer.values[0].to_bytes()) for index in range(820)]
    checkpoint = AccumulatorCheckpoint(issuer.name, name, 820, events[-1].value, MINUTE)
    staple = Staple(issuer.logged(checkpoint), make_delta(name, 0, events, ADDRESS))
    found = issuer.verify(Staple.parse(staple.to_json()))
    assert (found.events, found.address) == (None, ADDRESS)
    assert found.digest == staple.delta.digest


@pytest.mark.parametrize(
    "changes",
    [
        {"events": b64u(bytes(1_023))},
        {"events": b64u(bytes(4_096))},
        {"events": b64u(b"\x01" * 80 + bytes(943) + b"\x01")},
        {"count": 0},
        {"count": 13},
        {"count": 1 << 31},
        {"count": 1 << 48},
        {"after": -1},
        {"digest": b64u(bytes(31))},
        {"address": "ftp://issuer.example/events"},
        {"address": "javascript:alert(1)"},
        {"address": ""},
    ],
    ids=str,
)
def test_a_delta_is_filled_up_in_one_way(changes: dict[str, Any]) -> None:
    event = RevocationEvent("ab" * 16, 1, 1, b"\x01" * 48)
    accepted = make_delta("ab" * 16, 0, [event], ADDRESS).to_json()
    Delta.parse(accepted)
    with pytest.raises(Malformed):
        Delta.parse({**accepted, **changes})


def test_nobody_else_makes_what_was_verified(issuer: Issuer) -> None:
    found = issuer.stapled()
    with pytest.raises(TypeError, match="verify_staple"):
        Stapled(found.checkpoint, found.log, 0, found.digest, (), ADDRESS, object())
    with pytest.raises(TypeError, match="verify_in_log"):
        InLog(found.checkpoint, found.log, object())
    with pytest.raises((TypeError, ValueError)):
        replace(found, after=1)


def test_a_proof_reads_strictly(issuer: Issuer) -> None:
    accepted = issuer.staple().newest.to_json()
    assert CheckpointProof.parse(accepted).to_json() == accepted
    for changes in (
        {"path": ["AA"]},
        {"entry": -1},
        {"note": "!"},
        {"note": b64u(b"\xff\xfe")},
        {"path": [b64u(bytes(32))] * 65},
    ):
        with pytest.raises(Malformed):
            CheckpointProof.parse({**accepted, **changes})
    proof = CheckpointProof.parse({**accepted, "entry": 1 << 53 - 1})
    with pytest.raises(CircuitError):
        verify_in_log(proof, issuer.name, issuer.key, issuer.ledger.signer.vkey)


# --- what a presentation may refer to ---


def test_while_the_value_is_the_same_any_minute_will_do(issuer: Issuer) -> None:
    newest = issuer.checkpoint(MINUTE)
    check_age(issuer.checkpoint(MINUTE - 59), newest, now=NOW, max_age_s=60)
    issuer.revoke(1)
    with pytest.raises(Refused, match="stale"):
        check_age(issuer.checkpoint(MINUTE - 59, index=0), issuer.checkpoint(MINUTE), now=NOW, max_age_s=60)


@pytest.mark.parametrize(("seconds", "accepted"), [(0, True), (59, True), (60, False), (119, False)])
def test_after_a_revocation_the_value_before_is_good_for_a_minute_at_most(
    issuer: Issuer, seconds: int, accepted: bool
) -> None:
    """Whatever moment of the minute it came in: the age counts from the minute's beginning."""
    before = issuer.checkpoint(MINUTE)
    issuer.revoke(1)
    now = 60 * MINUTE + seconds
    if accepted:
        check_age(before, issuer.checkpoint(now // 60), now=now, max_age_s=60)
        return
    with pytest.raises(Refused, match="stale"):
        check_age(before, issuer.checkpoint(now // 60), now=now, max_age_s=60)


def test_a_verifier_that_hears_nothing_accepts_nothing(issuer: Issuer) -> None:
    newest = issuer.checkpoint(MINUTE)
    check_age(newest, newest, now=60 * MINUTE + 119, max_age_s=60)
    with pytest.raises(Refused, match="stale"):
        check_age(newest, newest, now=60 * MINUTE + 120, max_age_s=60)


@pytest.mark.parametrize(
    "change", [{"accumulator_id": "ab" * 16}, {"issuer": "x"}, {"value": bytes(48)}, {"minute": MINUTE + 2}]
)
def test_what_is_shown_is_of_the_same_accumulator_and_value(issuer: Issuer, change: dict[str, Any]) -> None:
    newest = issuer.checkpoint()
    check_age(newest, newest, now=60 * MINUTE, max_age_s=60)
    with pytest.raises(Refused):
        check_age(replace(newest, **change), newest, now=60 * MINUTE, max_age_s=60)
