"""Is every denied decision counted once in its minute, and each minute in the log once, whatever fails in between?"""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from typing import Any

import pytest

from credence.circuits.denials import DENIALS_LEAF, DeniedCount
from credence.service.app.erasures import erasures
from credence.service.app.housekeeping import closings
from credence.service.ledger import LedgerDamaged
from credence.service.verifier import admission
from credence.service.verifier.denials import Denials, close_minutes, counting, denials_of
from credence.service.verifier.denials.counting import SETTLED
from tests.service.conftest import NOW
from tests.service.verifier.conftest import Venue
from tests.service.verifier.test_receipts import denied

MINUTE = 60
FIRST = NOW // MINUTE


def close(venue: Venue) -> int:
    (chore,) = closings(venue.running.services)
    return chore.run()


def told(venue: Venue) -> Denials:
    with venue.desk.store.reading() as session:
        return denials_of(session, since=0, until=1 << 40)


def rows(venue: Venue, sql: str) -> list[Any]:
    with venue.desk.store.reading() as session:
        return list(session.connection().exec_driver_sql(sql).scalars())


def leaves(venue: Venue) -> list[bytes]:
    return [bytes(leaf) for leaf in rows(venue, f"SELECT leaf FROM verifier_outbox WHERE kind = '{DENIALS_LEAF}'")]


def in_all(venue: Venue) -> tuple[int, int]:
    """What was counted, and how many denied decisions there are or were."""
    counted, erased = (rows(venue, f"SELECT sum({column}) FROM verifier_denials")[0] or 0 for column in ("denied", "erased"))
    held = rows(venue, "SELECT count(*) FROM verifier_decisions WHERE decision = 'denied'")[0]
    return int(counted), int(held) + int(erased)


def test_a_minute_is_closed_once_when_it_is_settled(venue: Venue) -> None:
    assert denied(venue)["decision"] == denied(venue)["decision"] == "denied"
    venue.admitted()
    venue.clock.forward(MINUTE)
    venue.admitted()
    venue.clock.forward(MINUTE)
    receipt = denied(venue)["receipt"]
    venue.clock.forward((FIRST + 1) * MINUTE + SETTLED - 1 - venue.clock())
    assert (close(venue), leaves(venue), told(venue).counts) == (0, [], ()), "a minute that may grow is told to nobody"
    venue.clock.forward(1)
    assert (close(venue), close(venue)) == (1, 0)
    venue.clock.forward(2 * MINUTE)
    assert (close(venue), close(venue)) == (1, 0)
    found = told(venue)
    assert [(count.verifier, count.minute, count.denied) for count in found.counts] == [
        ("verifier.example", FIRST, 2),
        ("verifier.example", FIRST + 2, 1),
    ], "a minute without a denial has none"
    assert sorted(leaves(venue)) == sorted(count.leaf() for count in found.counts)
    assert len({count.salt for count in found.counts}) == 2
    assert (len(found.receipts), found.receipts[-1]) == (3, receipt)
    ledger = venue.running.services.ledger
    ledger.sequence()
    ledger.verify()
    public = [entry.leaf for entry in ledger.entries(0, 100)]
    assert all(leaf in public for leaf in leaves(venue))


def test_whoever_comes_late_decides_again(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    denied(venue)
    venue.clock.forward(MINUTE + SETTLED)
    close(venue)
    request = venue.open()
    proven = venue.prove(request)
    wrong = replace(proven, proof=proven.proof[::-1])
    with monkeypatch.context() as late:
        count = admission.count_denied
        late.setattr(admission, "count_denied", lambda session, now: count(session, NOW))
        answer = venue.answer(request.session_id, wrong)
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
        assert venue.state(request.session_id)["attempts_left"] == 5, "it costs nothing"
    assert in_all(venue) == (1, 1)
    assert venue.answer(request.session_id, wrong).json()["decision"] == "denied"
    assert in_all(venue) == (2, 2)


def test_what_fails_before_it_is_committed_counts_nothing(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    denied(venue)
    venue.clock.forward(MINUTE + SETTLED)
    services = venue.running.services

    def killed(session: Any) -> None:
        assert close_minutes(session, verifier="verifier.example", now=venue.clock(), rng=services.rng, limit=9) == 1
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        venue.desk.store.run(killed)
    assert (leaves(venue), told(venue).counts) == ([], ())

    def broken(session: Any, now: int) -> None:
        counting.count_denied(session, now)
        raise ZeroDivisionError

    with monkeypatch.context() as fails:
        fails.setattr(admission, "count_denied", broken)
        assert denied(venue)["type"] == "/problems/internal"
    assert in_all(venue) == (1, 1)
    assert (close(venue), len(leaves(venue))) == (1, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE verifier_denials SET denied = denied + 1",
        "UPDATE verifier_denials SET salt = leaf",
        "UPDATE verifier_denials SET verifier = 'other.example'",
        "DELETE FROM verifier_denials",
        "DELETE FROM verifier_decisions WHERE decision = 'denied'",
        f"DELETE FROM verifier_outbox WHERE kind = '{DENIALS_LEAF}'",
    ],
)
def test_an_audit_notices_what_is_changed(venue: Venue, statement: str) -> None:
    ledger = venue.running.services.ledger
    denied(venue)
    ledger.verify()
    venue.clock.forward(MINUTE + SETTLED)
    close(venue)
    ledger.verify()
    with venue.desk.store.transaction() as session:
        assert session.connection().exec_driver_sql(statement).rowcount == 1
    with pytest.raises(LedgerDamaged):
        ledger.verify()


@pytest.mark.parametrize("is_closed", [True, False])
def test_what_is_erased_stays_counted(venue: Venue, is_closed: bool) -> None:
    denied(venue)
    if is_closed:
        venue.clock.forward(MINUTE + SETTLED)
        close(venue)
    venue.clock.forward(366 * 86_400)
    assert {chore.name: chore.run() for chore in erasures(venue.running.services)}["erased-decisions"] == 1
    close(venue)
    assert (venue.count("verifier_decisions"), in_all(venue)) == (0, (1, 1))
    found = told(venue)
    assert ([count.denied for count in found.counts], found.receipts) == ([1], ())
    venue.running.services.ledger.verify()


def test_too_many_are_not_told_at_once(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    denied(venue)
    venue.clock.forward(MINUTE + SETTLED)
    close(venue)
    with monkeypatch.context() as few:
        few.setattr(counting, "MOST", 0)
        with pytest.raises(counting.InvalidRequest):
            told(venue)
    assert len(told(venue).counts) == 1
    with venue.desk.store.reading() as session:
        assert denials_of(session, since=NOW + 1, until=1 << 40).counts == (), "a minute that began before"
        assert denials_of(session, since=0, until=FIRST * MINUTE).counts == ()


@pytest.mark.slow
def test_the_sum_of_the_counts_is_the_number_of_denials(venue: Venue) -> None:
    draw = random.Random(9)
    for _ in range(40):
        match draw.randrange(4):
            case 0:
                venue.clock.forward(draw.choice((1, 30, MINUTE, 5 * MINUTE)))
            case 1:
                close(venue)
            case _:
                denied(venue)
        counted, decided = in_all(venue)
        assert counted == decided
    venue.clock.forward(MINUTE + SETTLED)
    close(venue)
    found = told(venue)
    assert sum(count.denied for count in found.counts) == len(found.receipts) == in_all(venue)[1] > 10
    assert len(leaves(venue)) == len(set(leaves(venue))) == len(found.counts)


@pytest.mark.slow
def test_many_count_while_minutes_are_closed(venue: Venue) -> None:
    """Nothing is lost and nothing counted twice: a minute that is closed takes no more."""
    services, store = venue.running.services, venue.desk.store
    counted: list[int] = []
    lock, barrier = threading.Lock(), threading.Barrier(8)

    def count(number: int) -> None:
        barrier.wait()
        for step in range(12):
            try:
                store.run(lambda session, at=NOW + 60 * (step // 4): counting.count_denied(session, at))
            except counting.Unavailable:
                continue
            with lock:
                counted.append(number)

    def closing(_number: int) -> None:
        barrier.wait()
        for step in range(12):
            at = NOW + 60 * (step // 4 + 1) + SETTLED
            work = lambda session, at=at: close_minutes(session, verifier="v", now=at, rng=services.rng, limit=9)  # noqa: E731
            store.run(work)

    threads = [threading.Thread(target=closing if n < 2 else count, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    venue.clock.forward(10 * MINUTE + SETTLED)
    close(venue)
    sums = rows(venue, "SELECT denied FROM verifier_denials ORDER BY minute")
    assert sum(sums) == len(counted)
    assert len(leaves(venue)) == len(set(leaves(venue))) == len(sums)
    opened = [DeniedCount(c.verifier, c.minute, c.denied, c.salt).leaf() for c in told(venue).counts]
    assert sorted(opened) == sorted(leaves(venue))
