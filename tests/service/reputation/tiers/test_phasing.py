"""Is it kept when each fall was told, as long as its raise of margin lasts?"""

from __future__ import annotations

import pytest

from credence.service.reputation.tiers import Raise, StandingError, noticed
from credence.service.reputation.tiers.phasing import HOUR, read, written

AT = 1_790_000_000


def test_every_fall_is_a_raise_of_its_own() -> None:
    first = noticed((), "R4", "R2", now=AT, hours=24)
    assert noticed(first, "R2", "RX", now=AT + HOUR, hours=24) == (Raise("R4", "R2", AT), Raise("R2", "RX", AT + HOUR))


def test_a_better_tier_ends_them_and_so_does_time() -> None:
    first = noticed((), "R4", "R2", now=AT, hours=24)
    assert noticed(first, "R2", "R3", now=AT + 60, hours=24) == ()
    assert noticed(first, "R2", "R2", now=AT + 24 * HOUR - 1, hours=24) == first
    assert noticed(first, "R2", "R2", now=AT + 24 * HOUR, hours=24) == ()


def test_what_a_row_keeps_is_read_back() -> None:
    raises = (Raise("R4", "R2", AT), Raise("R2", "RX", AT + 5))
    assert written(raises) == '[["R4","R2",1790000000],["R2","RX",1790000005]]'
    assert read(written(raises)) == raises
    assert read("[]") == ()


@pytest.mark.parametrize("text", ["", "{}x", "[1]", '[["R4","R9",1]]', '[["R4","R2"]]'])
def test_what_is_no_raise(text: str) -> None:
    with pytest.raises(StandingError):
        read(text)
