"""Does a wallet take for each place the standing of that venue, all of one day, and say in words what is learnt of them?"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from credence.circuits.credential import DAY_SECONDS, STANDING_1, day_of, text_to_scalar
from credence.sdk.errors import CannotSatisfy
from credence.sdk.wallet import Wallet
from tests.sdk.held_standings import hold_standing
from tests.sdk.small_service import ISSUER, NOW, VENUE, SmallService

VENUES = {"east": "east.example", "west": "west.example"}
POLICY: dict[str, Any] = {
    "credentials": {slot: {"schema": STANDING_1.id, "issuers": [ISSUER]} for slot in VENUES},
    "all_of": [
        {
            "posterior": VENUES,
            "score": 640,
            "tangents": [{"alpha_milli": 1_276, "beta_milli": 967}, {"alpha_milli": 2_259, "beta_milli": 805}],
        }
    ],
    "disclose": None,
}
TODAY = day_of(NOW)
WORDS = "posterior(east: east.example, west: west.example) score >= 640"


def give(service: SmallService, wallet: Wallet, name: str, venue: str, ago: int, evidence: int, events: int = 0) -> None:
    """A standing as of ``ago`` days before today."""
    sums = {"evidence_milli": evidence, "events_milli": events, "as_of": TODAY - ago}
    service.standing |= {"venue": text_to_scalar(venue), **sums}
    hold_standing(service, wallet, name)


def seen(service: SmallService, wallet: Wallet) -> dict[str, int]:
    """What is disclosed."""
    request = service.request(policy=POLICY)
    return dict(service.seen(request, wallet.present(request, audience=VENUE)).disclosed)


def told(day: int) -> dict[str, int]:
    return {f"{slot}.venue": text_to_scalar(venue) for slot, venue in VENUES.items()} | dict.fromkeys(
        (f"{slot}.as_of" for slot in VENUES), day
    )


def test_the_newest_day_that_all_venues_have_is_taken(service: SmallService, wallet: Wallet) -> None:
    give(service, wallet, "e1", "east.example", 2, 2_000)
    give(service, wallet, "w1", "west.example", 2, 0)
    give(service, wallet, "e2", "east.example", 1, 2_000)
    assert seen(service, wallet) == told(TODAY - 2)
    give(service, wallet, "w2", "west.example", 1, 0)
    assert seen(service, wallet) == told(TODAY - 1)


def test_an_earlier_day_is_taken_where_the_newest_is_below(service: SmallService, wallet: Wallet) -> None:
    for ago, events in ((2, 0), (1, 9_000)):
        give(service, wallet, f"e{ago}", "east.example", ago, 2_000, events)
        give(service, wallet, f"w{ago}", "west.example", ago, 0)
    assert seen(service, wallet) == told(TODAY - 2)


@pytest.mark.parametrize(
    "second", [("east.example", 1), ("north.example", 1), ("west.example", 2)], ids=["twice", "another", "another day"]
)
def test_who_lacks_a_venue_or_a_day_is_told_so(service: SmallService, wallet: Wallet, second: tuple[str, int]) -> None:
    give(service, wallet, "e1", "east.example", 1, 2_000)
    give(service, wallet, "x1", *second, 2_000)
    request = service.request(policy=POLICY)
    assert wallet.can_satisfy(request).unmet == (WORDS,)
    with pytest.raises(CannotSatisfy):
        wallet.present(request, audience=VENUE)
    give(service, wallet, "w1", "west.example", 1, 0)
    assert wallet.can_satisfy(request).unmet == ()


def test_what_is_learnt_and_what_stays_hidden_in_words(service: SmallService, wallet: Wallet) -> None:
    give(service, wallet, "e1", "east.example", 1, 2_000)
    give(service, wallet, "w1", "west.example", 1, 0)
    disclosure = wallet.understand(service.request(policy=POLICY))
    assert (
        "that your standing at east.example and your standing at west.example together would have a score of at least 640"
        in (disclosure.reveals)
    )
    assert {f"{slot}: venue: {venue}" for slot, venue in VENUES.items()} <= set(disclosure.reveals)
    assert sum(line.endswith(f"as of: {_date(TODAY - 1)}") for line in disclosure.reveals) == 2
    for hidden in ("your exact evidence milli", "your exact events milli", "your score", "your exact standing tier"):
        assert hidden in disclosure.hides
    assert "whether you were elsewhere" not in disclosure.hides


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_SECONDS, UTC).strftime("%Y-%m-%d")
