"""Do reports that come at once, and say the same things in other orders, add up to what one report says?"""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from credence.service.reputation.desk import open_desk
from tests.service.reputation.conftest import Venue
from tests.service.reputation.saying import ALICE, BOB
from tests.service.reputation.test_reporting import days, story

AT_ONCE = 4


@pytest.mark.slow
def test_what_comes_at_once_counts_once(venue: Venue, other: Venue) -> None:
    lines = story()
    venue.report(*lines)
    desk = open_desk(other.running.services)

    def report(seed: int) -> int:
        drawn = random.Random(seed)
        mine = drawn.sample(lines, len(lines))
        parts = (mine[start : start + 20] for start in range(0, len(mine), 20))
        found = (line for part in parts for line in desk.report(other.client_id, part))
        return sum(line.outcome == "accepted" for line in found)

    with ThreadPoolExecutor(AT_ONCE) as threads:
        accepted = sum(threads.map(report, range(AT_ONCE)))
    assert accepted == len(lines)
    for pseudonym in (ALICE, BOB):
        assert days(other, pseudonym) == days(venue, pseudonym)
