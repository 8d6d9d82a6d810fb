"""Is it counted who would stand elsewhere under a candidate, and is nothing told of small groups?"""

from __future__ import annotations

import pytest

from credence.service.reputation.fitting.moves import Moves
from credence.service.reputation.fitting.promoting import ManyFall, refuse_falls
from credence.service.reputation.standing import State
from credence.service.reputation.tiers import Evaluation, Standing


def state(tier: str, score: float | None) -> State:
    found = Evaluation(day=20_000, score=score, evidence=8.0, tenure_days=100)
    return State(tier, Standing(tier, 19_900, 19_999), found, (), 1, "R5")


def counted(*groups: tuple[int, tuple[str, float | None], tuple[str, float | None]]) -> Moves:
    found = Moves()
    for count, before, after in groups:
        for _ in range(count):
            found.add(state(*before), state(*after))
    return found


def test_what_becomes_of_tiers_and_scores() -> None:
    found = counted(
        (30, ("R3", 700.0), ("RX", 560.0)),
        (25, ("R4", 740.0), ("R2", 650.0)),
        (60, ("R2", 660.2), ("R2", 659.9)),
        (21, ("R1", None), ("R1", None)),
        (22, ("R1", 640.0), ("R1", None)),
        (23, ("R1", None), ("R2", 650.0)),
        (24, ("RX", 550.0), ("R1", 600.0)),
    ).to_json()
    assert found["accounts"] == 205
    assert found["tiers"] == {"to_rx": 30, "lower": 25, "same": 103, "higher": 47}
    assert found["scores"] == {
        "down": 55,
        "same": 60,
        "up": 24,
        "to_insufficient": 22,
        "from_insufficient": 23,
        "insufficient": 21,
    }
    assert [(move["from"], move["to"], move["accounts"]) for move in found["moves"]] == [
        ("R3", "RX", 30),
        ("R4", "R2", 25),
        ("R1", "R1", 43),
        ("R2", "R2", 60),
        ("RX", "R1", 24),
        ("R1", "R2", 23),
    ]
    assert (found["many_fall"], found["most_fall"]) == (True, False)


def test_what_is_small_does_not_follow_from_what_is_shown() -> None:
    kept = ("R2", 660.0), ("R2", 661.0)
    few = counted((200, *kept), (50, ("R3", 700.0), ("R4", 730.0)), (19, ("R3", 700.0), ("RX", 560.0))).to_json()
    assert few["tiers"] == {"to_rx": None, "lower": 0, "same": 200, "higher": None}, "the rest less it would say 19"
    assert {(move["from"], move["to"]) for move in few["moves"]} == {("R2", "R2")}
    enough = counted((200, *kept), (50, ("R3", 700.0), ("R4", 730.0)), (20, ("R3", 700.0), ("RX", 560.0))).to_json()
    assert enough["tiers"] == {"to_rx": 20, "lower": 0, "same": 200, "higher": 50}
    split = counted((200, *kept), (25, ("R3", 700.0), ("RX", 560.0)), (5, ("R4", 730.0), ("RX", 560.0))).to_json()
    assert split["tiers"]["to_rx"] == 30
    assert {(move["from"], move["to"]) for move in split["moves"]} == {("R2", "R2")}, "30 less 25 would say 5"


@pytest.mark.parametrize("count", [19, 20])
def test_of_fewer_than_twenty_nothing_is_shown(count: int) -> None:
    found = counted((count, ("R3", 700.0), ("RX", 560.0))).to_json()
    shown = count >= 20
    assert (set(found["tiers"].values()) == {None}) is not shown
    assert (set(found["scores"].values()) == {None}) is not shown
    assert bool(found["moves"]) is shown
    assert (found["many_fall"], found["most_fall"]) == (None, None)


@pytest.mark.parametrize(
    ("falling", "many", "most"),
    [(0, False, False), (10, False, False), (11, True, False), (100, True, False), (101, True, True)],
)
def test_whether_many_fall_is_said_of_two_hundred(falling: int, many: bool, most: bool) -> None:
    stay, fall = (("R2", 660.0), ("R2", 661.0)), (("R2", 660.0), ("RX", 560.0))
    found = counted((200 - falling, *stay), (falling, *fall))
    assert (found.to_json()["many_fall"], found.to_json()["most_fall"], found.many_fall) == (many, most, many)
    fewer = counted((199 - falling, *stay), (falling, *fall)).to_json()
    assert (fewer["many_fall"], fewer["most_fall"]) == (None, None)


def test_more_than_one_in_twenty_with_a_score_may_not_fall_unsaid() -> None:
    stay, fall, unscored = (("R2", 660.0), ("R2", 661.0)), (("R2", 660.0), ("RX", 560.0)), (("R1", None), ("R1", None))
    refuse_falls(counted((190, *stay), (10, *fall)), despite=False)
    many = counted((189, *stay), (11, *fall))
    with pytest.raises(ManyFall):
        refuse_falls(many, despite=False)
    refuse_falls(many, despite=True)
    with pytest.raises(ManyFall):  # who has no score stands nowhere else, and dilutes nothing
        refuse_falls(counted((189, *stay), (11, *fall), (1000, *unscored)), despite=False)
    refuse_falls(counted((500, ("RX", 560.0), ("RX", 540.0))), despite=False)  # they are there already
    refuse_falls(Moves(), despite=False)
