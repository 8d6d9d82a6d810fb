"""Is a fall that was told kept, whoever evaluated an older state of things at the same time?"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from credence.circuits.encoding import b64u_decode
from credence.service.errors import Unavailable
from credence.service.reputation import records
from credence.service.reputation.desk import Conduct, Desk, open_desk
from credence.service.reputation.records import ReputationStanding
from credence.service.reputation.standing import State, stand, told_before
from credence.service.reputation.statistics import DayFacts
from tests.service.reputation.conftest import Venue
from tests.service.reputation.days import calm_days, with_margin
from tests.service.reputation.saying import ALICE, line

FIRST = 20_000
WHO = b64u_decode(ALICE)


def stood(days: list[DayFacts], as_of: int, **more: Any) -> State:
    return stand(days, as_of_day=as_of, now=as_of * 86_400 + 7, unique=True, **more)


def kept(desk: Desk, venue: Venue) -> ReputationStanding:
    stored = desk.conduct(venue.client_id, WHO).stored
    assert stored is not None
    return stored


def test_a_stale_evaluation_does_not_undo_a_fall(venue: Venue) -> None:
    venue.report(line("vote"))
    desk = open_desk(venue.running.services)
    for first in (True, False):
        before = desk.conduct(venue.client_id, WHO)
        assert (before.stored is None) == first
        venue.running.clock.forward(86_400)  # so that there is something to keep
        fallen = desk.flag(venue.client_id, WHO)
        assert (fallen.tier, kept(desk, venue).tier) == ("RX", "RX")
        assert desk.stand(before).to_json() == fallen.to_json()
        assert kept(desk, venue).tier == "RX"
        desk.flag(venue.client_id, WHO, lifted=True)
    assert desk.stand(desk.conduct(venue.client_id, WHO)).tier == kept(desk, venue).tier != "RX"


def test_what_another_release_kept_is_evaluated_anew(venue: Venue) -> None:
    venue.report(line("vote"))
    desk = open_desk(venue.running.services)
    found = desk.stand(desk.conduct(venue.client_id, WHO))
    row = kept(desk, venue)
    old = ReputationStanding(**{**row.model_dump(), "state": '{"tier": "R1"}'})
    assert desk.store.run(partial(records.put_standing, row=old, read=row.state))
    assert not desk.store.run(partial(records.put_standing, row=old, read=row.state))
    assert desk.stand(desk.conduct(venue.client_id, WHO)).to_json() == found.to_json()
    assert json.loads(kept(desk, venue).state) == found.to_json()


def test_what_changes_all_the_time_is_given_up(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    venue.report(line("vote"))
    desk = open_desk(venue.running.services)
    desk.stand(desk.conduct(venue.client_id, WHO))
    real, asked = Desk.conduct, []

    def behind(self: Desk, client_id: str, pseudonym: bytes) -> Conduct:
        found = real(self, client_id, pseudonym)
        assert found.stored is not None
        asked.append(pseudonym)
        return replace(found, stored=ReputationStanding(**{**found.stored.model_dump(), "state": "behind"}))

    monkeypatch.setattr(Desk, "conduct", behind)
    with pytest.raises(Unavailable):
        desk.stand(desk.conduct(venue.client_id, WHO))
    assert len(asked) == 9


@pytest.mark.parametrize(
    "change",
    [{}, {"ceiling": "R9"}, {"raises": [["R4", "R2", 1]]}, {"evaluated_day": "x"}, {"last_whole_day": {"place": 1}}],
)
def test_what_another_release_kept_is_nothing(change: dict[str, Any]) -> None:
    kept = stood(calm_days(FIRST, 40), FIRST + 39).to_json()
    found = told_before(json.dumps({**kept, **change}))
    assert (found is not None) == (not change)
    assert told_before(json.dumps({name: value for name, value in kept.items() if name != "ceiling"})) is None
    assert told_before("") is None


def test_a_fall_of_the_ceiling_alone_is_told_as_one_of_the_tier_is() -> None:
    days = calm_days(FIRST, 3)
    new = stood(days, FIRST + 2)
    hit = stood(with_margin(days, {2: "liquidation"}), FIRST + 2, previous=new)
    assert (new.tier, hit.tier) == ("R1", "R1")
    assert [(each.from_ceiling, each.to_ceiling) for each in hit.raises] == [("R5", hit.ceiling)]
    assert stood(days, FIRST + 2, previous=hit).raises == ()
