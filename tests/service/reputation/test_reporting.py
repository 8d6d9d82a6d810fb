"""Does an event count once, whoever repeats it, and does a bad line spoil nothing but itself?"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import pytest
from sqlmodel import Session

from credence.circuits.encoding import b64u_decode
from credence.service.auth import Scope
from credence.service.reputation import records
from credence.service.reputation.desk import Desk
from credence.service.reputation.events import Event
from credence.service.reputation.features.engine import Engine
from credence.service.reputation.merging import COLUMNS
from tests.service.conftest import NOW, Running
from tests.service.reputation.conftest import Venue
from tests.service.reputation.saying import ALICE, BOB, MORNING, SAID, line


def outcomes(answer: dict[str, Any]) -> list[str]:
    return [found["outcome"] for found in answer["lines"]]


def days(venue: Venue, pseudonym: str) -> list[dict[str, int | None]]:
    def work(session: Session) -> list[dict[str, int | None]]:
        rows = records.days_of(session, venue.client_id, b64u_decode(pseudonym))
        return [{name: getattr(row, name) for name in ("day", *COLUMNS)} for row in rows]

    with venue.running.services.store("reputation").reading() as session:
        return work(session)


def test_every_kind_is_accepted_once(venue: Venue) -> None:
    lines = [line(kind) for kind in SAID]
    first, again = venue.report(*lines), venue.report(*lines)
    assert (first["accepted"], set(outcomes(first))) == (len(SAID), {"accepted"})
    assert (again["duplicates"], set(outcomes(again))) == (len(SAID), {"duplicate"})
    (day,) = days(venue, ALICE)
    assert day["events"] == len(SAID)


def test_a_bad_line_rejects_itself_alone_and_is_not_echoed(venue: Venue) -> None:
    answer = venue.report(
        line("vote", 1), line("deposit", amount="a secret"), 7, line("vote", 2, color="red"), line("vote", 3)
    )
    assert outcomes(answer) == ["accepted", "rejected", "rejected", "rejected", "accepted"]
    assert [(found["reason"], found["field"]) for found in answer["lines"][1:4]] == [
        ("wrong-type", "amount"),
        ("not-an-object", None),
        ("unknown-field", None),
    ]
    assert not any(word in str(answer) for word in ("secret", "color", "deposit-1", ALICE))


def test_an_id_that_said_something_else_is_a_conflict_and_the_first_stays(venue: Venue) -> None:
    venue.report(line("deposit", amount="10"))
    answer = venue.report(line("deposit", amount="11"), line("deposit", amount="10.0"))
    assert outcomes(answer) == ["conflict", "duplicate"]
    assert [day["deposit"] for day in days(venue, ALICE)] == [10_000_000]


def test_within_one_report_the_first_counts(venue: Venue) -> None:
    answer = venue.report(line("vote"), line("vote"), line("vote", source="risk"))
    assert outcomes(answer) == ["accepted", "duplicate", "conflict"]


def test_an_event_may_be_as_far_ahead_as_clocks_are_apart(venue: Venue) -> None:
    answer = venue.report(line("vote", 1, at=NOW + 300), line("vote", 2, at=NOW + 301))
    assert outcomes(answer) == ["accepted", "rejected"]


def test_ids_are_the_venue_s_own(venue: Venue, other: Venue) -> None:
    venue.report(line("deposit", amount="10"))
    assert outcomes(other.report(line("deposit", amount="11"))) == ["accepted"]
    assert [day["deposit"] for day in days(venue, ALICE)] == [10_000_000]
    assert [day["deposit"] for day in days(other, ALICE)] == [11_000_000]


def story() -> list[dict[str, Any]]:
    """Some days of two accounts: round trips, repeated seconds, snapshots, everything that an order could matter to."""
    drawn = random.Random(3)
    lines = []
    for number in range(60):
        at = MORNING - drawn.randrange(3) * 86_400 + drawn.choice((60, 61, 3_600, 7_300))
        who = drawn.choice((ALICE, BOB))
        kind = drawn.choice(list(SAID))
        said: dict[str, Any] = {}
        if kind == "fill":
            said = {"side": drawn.choice(("buy", "sell")), "quantity": str(drawn.randrange(1, 9)), "price": "100"}
        if kind == "margin_snapshot":
            said = {"equity": str(drawn.randrange(-5, 50)), "maintenance": "20", "notional": "100"}
        lines.append(line(kind, number, who=who, at=min(at, NOW), **said))
    for number in range(20):  # and enough fills to come back
        side = "buy" if number % 2 else "sell"
        lines.append(line("fill", 100 + number, at=MORNING + number, side=side, price="5", quantity=str(1 + number % 3)))
    return lines


def test_late_repeated_and_disordered_events_change_nothing(venue: Venue, other: Venue) -> None:
    lines = story()
    venue.report(*lines)
    drawn = random.Random(4)
    shuffled = lines * 2
    drawn.shuffle(shuffled)
    while shuffled:
        size = drawn.randrange(1, 40)
        other.report(*shuffled[:size])
        shuffled = shuffled[size:]
    for pseudonym in (ALICE, BOB):
        assert days(venue, pseudonym) == days(other, pseudonym) != []
    assert any(day["round_trips"] for day in days(venue, ALICE))


class Slow:
    """An engine that is asked while nobody may write: whoever asks it in a transaction waits for itself."""

    def __init__(self, venue: Venue) -> None:
        self.venue, self.engine, self.asked = venue, Engine(), list[int]()

    def over(self, events: Iterable[Event]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        found = list(events)
        self.asked.append(len(found))
        with self.venue.running.services.store("reputation").transaction():
            return self.engine.over(found)


def test_no_engine_is_asked_while_others_wait_to_write(venue: Venue) -> None:
    slow = Slow(venue)
    desk = Desk(venue.running.services, _engines=[slow])  # type: ignore[list-item]
    lines = [line("deposit", number, amount="1") for number in range(3)]
    assert [found.outcome for found in desk.report(venue.client_id, lines[:1])] == ["accepted"]
    assert [found.outcome for found in desk.report(venue.client_id, lines)] == ["duplicate", "accepted", "accepted"]
    assert slow.asked == [1, 3, 2]
    assert [found.outcome for found in desk.report(venue.client_id, lines)] == ["duplicate"] * 3
    assert [day["deposit"] for day in days(venue, ALICE)] == [3_000_000]


def test_a_report_has_from_one_to_500_events(venue: Venue) -> None:
    assert venue.send().status_code == 400
    assert venue.send(*({} for _ in range(501))).status_code == 400
    assert venue.report(*({} for _ in range(500)))["rejected"] == 500


@pytest.mark.parametrize("scope", [Scope.VERIFIER_SESSIONS, Scope.VERIFIER_WEBHOOKS])
def test_another_scope_reports_nothing(running: Running, scope: Scope) -> None:
    stranger = Venue(running, "stranger.example", running.key_of("stranger.example", scope))
    assert stranger.send(line("vote")).status_code == 403
    assert stranger.read(ALICE).status_code == 403
