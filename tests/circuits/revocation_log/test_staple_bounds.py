"""Is each bound of a staple where it is said to be? The last accepted value and the first refused one stand together."""

from __future__ import annotations

from typing import Any

import pytest

from credence.circuits.encoding import b64u
from credence.circuits.errors import Malformed, Refused
from credence.circuits.revocation_log import CheckpointProof, Delta, RevocationEvent, Staple, check_age, make_delta
from credence.circuits.revocation_log.staple import DELTA_SECONDS
from tests.circuits.revocation_log.subjects import ADDRESS, MINUTE, Issuer

NAME = "ab" * 16
FAR = "https://x/"


def delta(**changes: Any) -> dict[str, Any]:
    made = make_delta(NAME, 0, [RevocationEvent(NAME, 1, 1, b"\x01" * 48)], ADDRESS)
    return {**made.to_json(), **changes}


def long_delta(**changes: Any) -> dict[str, Any]:
    """One whose events are not sent along."""
    return delta(**{"count": 820, "events": b64u(bytes(1_024)), **changes})


@pytest.mark.parametrize(
    ("accepted", "refused"),
    [
        (delta(address=FAR.ljust(512, "x")), delta(address=FAR.ljust(513, "x"))),
        (delta(address="http://issuer.example/"), delta(address="http//issuer.example/")),
        (delta(after=(1 << 48) - 1), delta(after=1 << 48)),
        (long_delta(count=(1 << 48) - 1), long_delta(count=1 << 48)),
        (long_delta(), long_delta(events=b64u(b"\x01" + bytes(1_023)))),
        (delta(), delta(more=1)),
    ],
    ids=["address", "scheme", "after", "count", "filling", "keys"],
)
def test_a_delta_is_read_up_to_its_bounds(accepted: dict[str, Any], refused: dict[str, Any]) -> None:
    Delta.parse(accepted)
    with pytest.raises(Malformed):
        Delta.parse(refused)


def test_a_checkpoint_in_the_ledger_is_read_up_to_its_bounds(issuer: Issuer) -> None:
    accepted = issuer.staple().newest.to_json()
    hashed = b64u(bytes(32))
    for inside, outside in (
        ({"path": [hashed] * 64}, {"path": [hashed] * 65}),
        ({"note": b64u(b"n" * 8_192)}, {"note": b64u(b"n" * 8_193)}),
        ({}, {"more": 1}),
    ):
        CheckpointProof.parse({**accepted, **inside})
        with pytest.raises(Malformed):
            CheckpointProof.parse({**accepted, **outside})


def test_a_staple_has_no_further_keys(issuer: Issuer) -> None:
    accepted = issuer.staple().to_json()
    Staple.parse(accepted)
    with pytest.raises(Malformed):
        Staple.parse({**accepted, "more": 1})


def test_a_delta_reaches_back_a_day() -> None:
    assert DELTA_SECONDS == 86_400


def test_the_last_event_of_three_is_the_one_that_ends_a_delta(issuer: Issuer) -> None:
    issuer.revoke(1, 2, 3)
    assert issuer.stapled(after=0).events == tuple(issuer.events)
    staple = issuer.staple(after=0)
    first, second, third = issuer.events
    swapped = [first, RevocationEvent(NAME, 2, 2, third.value), RevocationEvent(NAME, 3, 3, second.value)]
    events = [RevocationEvent(issuer.key.accumulator_id, each.index, each.handle, each.value) for each in swapped]
    with pytest.raises(Refused, match="ends elsewhere"):
        issuer.verify(Staple(staple.newest, make_delta(issuer.key.accumulator_id, 0, events, ADDRESS)))


def test_what_is_shown_may_seem_to_come_a_minute_from_the_future(issuer: Issuer) -> None:
    newest, shown = issuer.checkpoint(MINUTE), issuer.checkpoint(MINUTE + 1)
    check_age(shown, newest, now=60 * MINUTE, max_age_s=60)
    with pytest.raises(Refused, match="future"):
        check_age(shown, newest, now=60 * MINUTE - 1, max_age_s=60)
