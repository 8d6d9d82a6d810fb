"""Does conduct stay as long as something new is reported, and go whole?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from credence.circuits.encoding import b64u
from credence.service.app.erasures import erasures
from credence.service.errors import NotFound, Retained
from credence.service.reputation.desk import Desk
from credence.service.reputation.retention import records
from credence.service.reputation.retention.erasing import erase_conduct
from tests.service.conftest import NOW, Running, Starter

VENUE = "venue.example"
WHO, OTHER = b"w" * 48, b"o" * 48
TERM = 730 * 86_400


def line(number: int, who: bytes, at: int) -> dict[str, Any]:
    return {"id": f"vote-{number}", "kind": "vote", "pseudonym": b64u(who), "at": at, "source": "engine"}


@pytest.fixture
def running(started: Starter) -> Running:
    return started(("reputation", "log"))


@pytest.fixture
def desk(running: Running) -> Desk:
    found: Desk = running.app.state.reputation
    return found


@pytest.fixture
def until(desk: Desk) -> Callable[[bytes], int]:
    def said(who: bytes) -> int:
        with desk.store.transaction() as session:
            row = records.find(session, VENUE, who)
        assert row is not None
        return row.retain_until

    return said


def test_the_term_begins_with_the_last_new_report(desk: Desk, running: Running, until: Callable[[bytes], int]) -> None:
    desk.report(VENUE, [line(1, WHO, NOW - 60), line(2, OTHER, NOW - 60)])
    assert until(WHO) == NOW + TERM
    running.clock.forward(600)
    desk.report(VENUE, [line(1, WHO, NOW - 60)])
    assert until(WHO) == NOW + TERM, "nothing new was said"
    desk.report(VENUE, [line(3, WHO, NOW)])
    assert (until(WHO), until(OTHER)) == (NOW + 600 + TERM, NOW + TERM)


def test_conduct_goes_whole_when_it_may(desk: Desk, running: Running) -> None:
    services = running.services
    desk.report(VENUE, [line(1, WHO, NOW - 60), line(2, OTHER, NOW - 60)])
    with pytest.raises(Retained):
        erase_conduct(services, VENUE, WHO)
    running.clock.forward(TERM)
    with pytest.raises(NotFound):
        erase_conduct(services, "other.example", WHO)
    assert erase_conduct(services, VENUE, WHO) >= 3
    with pytest.raises(NotFound):
        erase_conduct(services, VENUE, WHO)
    with desk.store.reading() as session:
        left = session.connection().execute(text("SELECT count(*) FROM reputation_events")).scalar_one()
    assert left == 1
    assert {chore.name: chore.run() for chore in erasures(services)} == {"erased-conduct": 1}
    with desk.store.transaction() as session:
        assert records.find(session, VENUE, OTHER) is None


def test_what_is_held_stays(desk: Desk, running: Running) -> None:
    desk.report(VENUE, [line(1, WHO, NOW - 60)])
    held = "UPDATE reputation_pseudonyms SET legal_hold = :why, held_by = :why, held_at = :at"
    with desk.store.transaction() as session:
        session.connection().execute(text(held), {"why": "audit", "at": NOW})
    running.clock.forward(TERM)
    assert {chore.name: chore.run() for chore in erasures(running.services)} == {"erased-conduct": 0}
    with pytest.raises(Retained, match="legal hold"):
        erase_conduct(running.services, VENUE, WHO)
    with desk.store.transaction() as session:
        session.connection().execute(text(held), {"why": None, "at": None})
    assert {chore.name: chore.run() for chore in erasures(running.services)} == {"erased-conduct": 1}
