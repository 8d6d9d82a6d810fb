"""Is it kept when each fall was told, as long as its raise of margin lasts?"""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from credence.service.reputation.tiers import Raise, StandingError, noticed
from credence.service.reputation.tiers.phasing import HOUR, read, written
from credence.service.reputation.tiers.table import TIERS

AT = 1_790_000_000


BEST = "R5"


def test_every_fall_is_a_raise_of_its_own() -> None:
    first = noticed((), ("R4", BEST), ("R2", BEST), now=AT, hours=24)
    assert noticed(first, ("R2", BEST), ("RX", "R1"), now=AT + HOUR, hours=24) == (
        Raise("R4", "R2", AT, BEST, BEST),
        Raise("R2", "RX", AT + HOUR, BEST, "R1"),
    )


def test_a_ceiling_that_falls_is_a_raise_as_well() -> None:
    assert noticed((), ("R2", BEST), ("R2", "R3"), now=AT, hours=24) == (Raise("R2", "R2", AT, BEST, "R3"),)
    assert noticed((), ("R2", "R3"), ("R2", BEST), now=AT, hours=24) == ()
    assert noticed((), ("R2", BEST), ("R3", "R4"), now=AT, hours=24) == (Raise("R3", "R3", AT, BEST, "R4"),)


def test_a_better_tier_shortens_them_and_time_ends_them() -> None:
    first = noticed((), ("R4", BEST), ("R2", BEST), now=AT, hours=24)
    assert noticed(first, ("R2", BEST), ("R3", BEST), now=AT + 60, hours=24) == (Raise("R4", "R3", AT, BEST, BEST),)
    assert noticed(first, ("R2", BEST), ("R4", BEST), now=AT + 60, hours=24) == ()
    assert noticed(first, ("R2", BEST), ("R2", BEST), now=AT + 24 * HOUR - 1, hours=24) == first
    assert noticed(first, ("R2", BEST), ("R2", BEST), now=AT + 24 * HOUR, hours=24) == ()


def test_a_flag_that_is_lifted_leaves_the_raise_from_before_it() -> None:
    fallen = noticed((), (BEST, BEST), ("R1", "R1"), now=AT, hours=24)
    flagged = noticed(fallen, ("R1", "R1"), ("RX", "R1"), now=AT + HOUR, hours=24)
    assert len(flagged) == 2
    assert noticed(flagged, ("RX", "R1"), ("R1", "R1"), now=AT + 2 * HOUR, hours=24) == fallen


def test_there_are_never_more_than_ten_and_each_begins_where_the_one_before_ended() -> None:
    drawn = random.Random(4)
    raises: tuple[Raise, ...] = ()
    before = (BEST, BEST)
    for second in range(2_000):
        after = (drawn.choice(TIERS), drawn.choice(TIERS[2:]))
        raises = noticed(raises, before, after, now=AT + second, hours=24)
        before = after
        assert len(raises) <= 10
        assert all((one.to_tier, one.to_ceiling) == (two.from_tier, two.from_ceiling) for one, two in pairwise(raises))
        assert not raises or (raises[-1].to_tier, raises[-1].to_ceiling) == after


def test_what_a_row_keeps_is_read_back() -> None:
    raises = (Raise("R4", "R2", AT, "R5", "R5"), Raise("R2", "RX", AT + 5, "R5", "R1"))
    assert written(raises) == '[["R4","R2",1790000000,"R5","R5"],["R2","RX",1790000005,"R5","R1"]]'
    assert read(written(raises)) == raises
    assert read("[]") == ()


@pytest.mark.parametrize(
    "text", ["", "{}x", "[1]", '[["R4","R9",1,"R5","R5"]]', '[["R4","R2",1,"R5","R9"]]', '[["R4","R2",1]]']
)
def test_what_is_no_raise(text: str) -> None:
    with pytest.raises(StandingError):
        read(text)
