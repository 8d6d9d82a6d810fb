"""Is what was reported in the standing that is read next? How soon, the soak's ``reputation_rate`` measures."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.service.conftest import NOW
from tests.service.reputation.conftest import Venue
from tests.service.reputation.saying import ALICE, line


@pytest.mark.slow
def test_a_liquidation_is_in_the_next_standing(venue: Venue) -> None:
    venue.report(*(line("account_day", day, at=NOW - day * 86_400, calls=0, equity="1000") for day in range(240)))
    state = venue.running.app.state  # whose verifier accepted the pseudonym: one person stands behind it
    state.reputation = replace(state.reputation, services=replace(state.reputation.services, accepted=lambda *_one: True))
    before = venue.read(ALICE).json()["standing"]
    venue.report(line("liquidation", bad_debt="5"))
    after = venue.read(ALICE).json()["standing"]
    assert (before["bad_debt_free_days"], after["bad_debt_free_days"]) == (None, 0)
    assert before["tier"] > "R2" >= after["tier"]
    assert after["raises"], "the raise of margin that a fall brings is told, and phased in from now"
