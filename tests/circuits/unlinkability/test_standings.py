"""Can two venues tell, from what is shown them of standings of other venues, whether one holder came to both?"""

from __future__ import annotations

import random

import pytest

from credence.circuits.curve import Curve
from tests.circuits.unlinkability.classifier import Separation, told_apart
from tests.circuits.unlinkability.holders import Seen
from tests.circuits.unlinkability.standings import MEMBERS, Pair, Visit, members, pairs
from tests.circuits.unlinkability.traits import of_pair
from tests.circuits.unlinkability.wallets import one_nonce

BLOCK = 16
SIGMAS = 4


def blocks(seen: Seen) -> set[bytes]:
    """At any place, not at multiples alone."""
    return {seen.proof[at : at + BLOCK] for at in range(len(seen.proof) - BLOCK + 1)}


def test_two_presentations_at_two_venues_share_no_block_and_say_the_same(curve: Curve) -> None:
    people = members(curve)
    for member in (0, 1):  # by the second line, by the first
        first, second = (people.show(Visit(number, member, f"venue-{number}")) for number in (0, 1))
        assert blocks(first).isdisjoint(blocks(second))
        assert first.form == second.form == people.show(Visit(2, member + 2, "venue-2")).form
        assert len(first.proof) == len(second.proof)
        assert set(first.points.values()).isdisjoint(second.points.values())
        again = people.show(Visit(3, member, "venue-0"))  # what is meant to be the same at one venue
        assert [name for name, point in again.points.items() if point == first.points[name]] == ["nym.Nym"]


def guessed(curve: Curve, training: int, judged: int, seed: str) -> Separation:
    """Pairs of one holder from pairs of two; all made in one random order."""
    drawn: list[Pair] = pairs(training + judged, seed)
    visits = [visit for pair in drawn for visit in (pair.first, pair.second)]
    random.Random(seed).shuffle(visits)
    people = members(curve)
    seen = {visit: people.show(visit) for visit in visits}
    rows = [of_pair(seen[pair.first], seen[pair.second], timed=False) for pair in drawn]
    return told_apart(rows, [pair.same for pair in drawn], training)


@pytest.mark.slow
def test_a_classifier_cannot_tell_and_finds_a_wallet_whose_nonces_repeat(curve: Curve) -> None:
    found = guessed(curve, 40, 60, "honest")
    assert abs(found.auc - 0.5) < SIGMAS * found.deviation
    with one_nonce():
        assert guessed(curve, 20, 20, "nonces").auc > 0.9
    assert MEMBERS >= 8
