"""Is each use of a rate limit accepted once, and does one that was spent before cost nothing?

Every refusal changes one thing of ``test_a_use_is_accepted_and_named``.
"""

from __future__ import annotations

from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from credence.circuits.credential import DAY_SECONDS
from credence.circuits.encoding import b64u
from credence.circuits.wire import Presentation, PresentationRequest
from credence.service import logs
from credence.service.verifier import records
from credence.service.verifier.records import VerifierUseTag
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Opened, Venue, policy

DAY = NOW // DAY_SECONDS
LIMIT = {"name": "open-account", "per": "day", "max": 4}
TABLES = ("verifier_spent_nonces", "verifier_decisions", "verifier_outbox WHERE kind = 'receipt'", "verifier_use_tags")


def limited(**changes: Any) -> dict[str, Any]:
    return policy(rate_limit={**LIMIT, **changes})


@pytest.fixture
def counting(open_venue: Opened) -> Venue:
    """A venue that counts four uses a day."""
    made = open_venue()
    assert made.register(limited()).status_code == 201
    return made


def accept(venue: Venue, *, use: int, name: str = "perp-standard") -> dict[str, Any]:
    request = venue.open(name)
    response = venue.answer(request.session_id, venue.prove(request, use=use))
    assert response.status_code == 200, response.text
    decision: dict[str, Any] = response.json()
    assert decision["decision"] == "accepted"
    return decision


def assert_already_used(venue: Venue, request: PresentationRequest, presentation: Presentation) -> None:
    """A 409 that leaves everything as it was: no decision, receipt, leaf or spent nonce, and all attempts."""
    before = [venue.count(table) for table in TABLES]
    left = venue.state(request.session_id)["attempts_left"]
    response = venue.answer(request.session_id, presentation)
    assert (response.status_code, response.json()["type"]) == (409, "/problems/already-used")
    assert [venue.count(table) for table in TABLES] == before
    state = venue.state(request.session_id)
    assert (state["state"], state["attempts_left"], state["result"]) == ("open", left, None)


def test_a_use_is_accepted_and_named(counting: Venue) -> None:
    assert accept(counting, use=0)["use"] == {"name": "open-account", "epoch": DAY}
    assert [counting.count(table) for table in TABLES] == [1, 1, 1, 1]


def test_a_use_that_was_spent_costs_nothing_and_the_next_one_is_taken(counting: Venue) -> None:
    accept(counting, use=0)
    request = counting.open()
    assert_already_used(counting, request, counting.prove(request, use=0))
    for use in (1, 2, 3):
        accept(counting, use=use)
    decision = counting.answer(request.session_id, counting.prove(request, use=3))
    assert decision.status_code == 409
    counting.clock.forward(60)
    with counting.desk.store.transaction() as session:  # as if the last use had never been made
        session.connection().exec_driver_sql("DELETE FROM verifier_use_tags")
    assert counting.answer(request.session_id, counting.prove(request, use=3)).json()["decision"] == "accepted"


def test_a_proof_that_is_refused_spends_no_use(counting: Venue) -> None:
    request = counting.open()
    presentation = counting.prove(request)
    wrong = replace(presentation, proof=presentation.proof[:-1] + bytes([presentation.proof[-1] ^ 1]))
    assert counting.answer(request.session_id, wrong).json()["decision"] == "denied"
    assert counting.count("verifier_use_tags") == 0
    assert counting.answer(request.session_id, presentation).json()["decision"] == "accepted"


def test_another_day_another_limit_and_another_venue_have_uses_of_their_own(counting: Venue, open_venue: Opened) -> None:
    accept(counting, use=0)
    counting.register({**limited(name="withdraw"), "name": "withdrawals"})
    accept(counting, use=0, name="withdrawals")
    other = open_venue("venue-b")
    other.register(limited())
    accept(other, use=0)
    counting.clock.forward(DAY_SECONDS)
    assert accept(counting, use=0)["use"] == {"name": "open-account", "epoch": DAY + 1}


def test_policies_of_one_venue_share_a_limit_by_its_name(counting: Venue) -> None:
    accept(counting, use=0)
    counting.register({**limited(max=2), "name": "another"})
    request = counting.open("another")
    assert_already_used(counting, request, counting.prove(request, use=0))
    accept(counting, use=1, name="another")


def test_a_session_counts_in_the_day_it_was_opened_in(counting: Venue) -> None:
    """One second before midnight it is yesterday's use still, and the same use of today is another one."""
    counting.clock.forward((DAY + 1) * DAY_SECONDS - 1 - NOW)
    request = counting.open()
    counting.clock.forward(1)
    decision = counting.answer(request.session_id, counting.prove(request)).json()
    assert decision["use"] == {"name": "open-account", "epoch": DAY}
    assert accept(counting, use=0)["use"] == {"name": "open-account", "epoch": DAY + 1}


def test_an_hour_is_counted_by_the_hour(open_venue: Opened) -> None:
    venue = open_venue()
    venue.register(limited(per="hour"))
    assert accept(venue, use=0)["use"] == {"name": "open-account", "epoch": NOW // 3_600}
    request = venue.open()
    assert_already_used(venue, request, venue.prove(request))
    venue.clock.forward(3_600)
    accept(venue, use=0)


def test_the_tag_is_told_nobody(counting: Venue) -> None:
    lines = StringIO()
    logs.configure("debug", lines)
    try:
        decision = accept(counting, use=0)
        request = counting.open()
        again = counting.answer(request.session_id, counting.prove(request))
    finally:
        logs.configure()
    with counting.desk.store.reading() as session:
        (tag,) = session.connection().exec_driver_sql("SELECT tag FROM verifier_use_tags").scalars()
    for written in (str(decision), again.text, lines.getvalue()):
        assert b64u(bytes(tag)) not in written
        assert bytes(tag).hex() not in written


def test_uses_go_a_day_after_their_epoch(counting: Venue) -> None:
    accept(counting, use=0)
    end = (DAY + 1) * DAY_SECONDS
    with counting.desk.store.transaction() as session:
        assert records.purge_uses(session, now=end + records.TAGS_KEPT, limit=10) == 0
        assert records.purge_uses(session, now=end + records.TAGS_KEPT + 1, limit=10) == 1
    assert counting.count("verifier_use_tags") == 0


def test_a_purge_is_bounded_and_takes_the_oldest(counting: Venue) -> None:
    with counting.desk.store.transaction() as session:
        for number in range(5):
            tag = bytes([number]) * records.TAG_LENGTH
            assert records.spend_use(session, VerifierUseTag(venue="v", name="n", epoch=1, tag=tag, ends_at=number))
        assert records.purge_uses(session, now=NOW, limit=3) == 3
        left = session.connection().exec_driver_sql("SELECT ends_at FROM verifier_use_tags ORDER BY ends_at").scalars()
        assert list(left) == [3, 4]


def test_no_session_outlives_what_is_remembered(counting: Venue) -> None:
    """A tag that is forgotten is of an epoch in which no session is open."""
    settings = type(counting.running.services.settings).model_fields["session_seconds"]
    assert max(limit.le for limit in settings.metadata if hasattr(limit, "le")) < records.TAGS_KEPT
