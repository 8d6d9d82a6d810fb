"""Are streams bounded, for all and for each, and is a place free again once a stream has ended?"""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from credence.service.errors import Overloaded, RateLimited
from credence.service.verifier.events.places import Places


def test_each_has_so_many_and_all_have_so_many() -> None:
    places = Places(most=3, each=2)
    with ExitStack() as stack:
        for client in ("a", "a"):
            stack.enter_context(places.taken_by(client))
        with pytest.raises(RateLimited) as limited:
            stack.enter_context(places.taken_by("a"))
        assert limited.value.retry_after > 0
        stack.enter_context(places.taken_by("b"))
        with pytest.raises(Overloaded):
            stack.enter_context(places.taken_by("c"))
        assert places.taken == 3
    assert places.taken == 0
    with places.taken_by("a"), places.taken_by("a"), places.taken_by("c"):
        pass


def test_a_stream_that_fails_leaves_its_place() -> None:
    places = Places(most=1, each=1)
    with pytest.raises(ValueError, match="broken"), places.taken_by("a"):
        raise ValueError("broken")
    assert places.taken == 0


def test_nobody_begins_once_it_is_closed() -> None:
    places = Places(most=1, each=1)
    places.close()
    with pytest.raises(Overloaded), places.taken_by("a"):
        pytest.fail("there was a place")
