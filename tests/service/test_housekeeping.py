"""Does what has expired go, a little at a time, and does everything else stay, whoever else keeps house?"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest
from sqlmodel import Session

from credence.service.app import housekeeping
from credence.service.app.housekeeping import Chore, Housekeeping, chores, keeping_house, sweep
from credence.service.auth import records as auth
from credence.service.errors import Unavailable
from credence.service.idempotency import records as idempotency
from credence.service.runtime import Services
from credence.service.store import Store
from credence.service.verifier import records as verifier
from credence.service.verifier.records import VerifierDecision, VerifierPolicy, VerifierSession, VerifierUseTag
from credence.service.verifier.webhooks.records import VerifierDelivery, VerifierEndpoint
from tests.service.conftest import NOW, Running, Starter, ToldClock

WEEK = 604_800


def answers(store: Store, count: int, expires_at: int) -> None:
    with store.transaction() as session:
        for number in range(count):
            digest = expires_at.to_bytes(16, "big") + number.to_bytes(16, "big")
            assert idempotency.claim(session, digest, bytes(32), until=expires_at)


def session_of(name: str, **changes: object) -> VerifierSession:
    values = {
        "id": name,
        "venue": "venue-a",
        "policy_name": "p",
        "policy_version": 1,
        "nonce": name.encode().ljust(32, b"."),
        "channel": b"",
        "message": b"",
        "requested_at": NOW - WEEK - 500,
        "expires_at": NOW - WEEK - 1,
        **changes,
    }
    return VerifierSession(**values)


def sessions(store: Store) -> None:
    policy = VerifierPolicy(venue="venue-a", name="p", version=1, document="{}", policy_hash=bytes(32), registered_at=NOW)
    endpoint = VerifierEndpoint(id="e", venue="venue-a", slot=1, url="u", events="", secret=b"", created_at=NOW)
    with store.transaction() as session:
        session.add_all([policy, endpoint])
        session.flush()
        session.add_all(
            [
                session_of("old"),
                session_of("younger", expires_at=NOW - WEEK),
                session_of("open", requested_at=NOW - 1, expires_at=NOW + 300),
                session_of("accepted", state="accepted"),
                session_of("denied", state="denied", attempts=5),
                session_of("tried", attempts=1),
                session_of("told"),
            ]
        )
        session.flush()
        denied = {"decision": "denied", "reason": "not_accepted", "answer": "{}", "decided_at": NOW}
        denied |= {"retain_until": NOW + 53 * WEEK, "legal_basis": "contract"}
        session.add(VerifierDecision(session_id="tried", attempt=1, **denied))
        delivery = {"id": "d", "endpoint_id": "e", "session_id": "told", "event": "session.expired"}
        session.add(VerifierDelivery(**delivery, created_at=NOW, due_at=NOW))


def uses(store: Store) -> None:
    """One that can come no more, and one that could."""
    with store.transaction() as session:
        for ends_at in (NOW - verifier.TAGS_KEPT - 1, NOW - verifier.TAGS_KEPT):
            tag = (ends_at % 251).to_bytes(1, "big") * verifier.TAG_LENGTH
            assert verifier.spend_use(session, VerifierUseTag(venue="v", name="n", epoch=1, tag=tag, ends_at=ends_at))


def left(store: Store) -> set[str]:
    with store.reading() as session:
        return {name for (name,) in session.connection().exec_driver_sql("SELECT id FROM verifier_sessions")}


def rows(store: Store, table: str) -> int:
    with store.reading() as session:
        return int(session.connection().exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


@pytest.fixture
def running(started: Starter) -> Running:
    return started(("verifier", "log"))


def test_what_has_expired_goes_and_the_rest_stays(running: Running) -> None:
    services = running.services
    store = services.store("verifier")
    answers(store, 3, NOW)
    answers(store, 2, NOW + 1)
    sessions(store)
    uses(store)
    with services.store("auth").transaction() as session:
        assert auth.spend(session, b"a" * 32, until=NOW - 1, now=NOW - 9)
        assert auth.spend(session, b"b" * 32, until=NOW, now=NOW - 9)
    gone = {"idempotency-answers": 3, "spent-ids": 1, "settled-deliveries": 0, "use-tags": 1, "unanswered-sessions": 1}
    gone |= {"statements": 0, "erased-decisions": 0, "pseudonyms-keys": 0}
    assert sweep(services) == gone
    assert rows(store, "idempotency_answers") == 2
    assert left(store) == {"younger", "open", "accepted", "denied", "tried", "told"}
    assert sweep(services) == dict.fromkeys(gone, 0)
    assert rows(store, "verifier_use_tags") == 1


def test_sessions_are_kept_for_as_long_as_the_settings_say(running: Running) -> None:
    sessions(running.services.store("verifier"))
    longer = running.services.settings.model_copy(update={"session_retention_seconds": 2 * WEEK})
    assert sweep(replace(running.services, settings=longer))["unanswered-sessions"] == 0
    shorter = running.services.settings.model_copy(update={"session_retention_seconds": 3_600})
    assert sweep(replace(running.services, settings=shorter))["unanswered-sessions"] == 2


def test_a_process_keeps_the_house_of_its_own_parties(running: Running) -> None:
    def names(*parties: str) -> list[str]:
        return [chore.name for chore in chores(replace(running.services, parties=frozenset(parties)))]

    assert names("log") == names("auth") == ["spent-ids"]
    assert names("auditor") == ["spent-ids", "opening-shares"]
    assert names("reputation") == ["idempotency-answers", "spent-ids", "erased-conduct"]
    erased = ["erased-cases", "forgotten-persons", "erased-vendor-results", "persons-keys"]
    assert names("issuer") == ["idempotency-answers", "challenges", "renewals", "standings", "spent-ids", *erased]
    own = ["settled-deliveries", "statements", "use-tags", "unanswered-sessions"]
    assert names("verifier", "issuer") == [
        "idempotency-answers",
        "challenges",
        "renewals",
        "standings",
        "spent-ids",
        *own,
        *erased,
        "erased-decisions",
        "pseudonyms-keys",
    ]


def test_parties_with_databases_of_their_own_have_answers_of_their_own(running: Running, tmp_path: Path) -> None:
    services = running.services
    own = Store(f"sqlite:///{tmp_path / 'own.sqlite3'}")
    stores = {**services.stores, "issuer": own}
    both = replace(services, stores=stores, parties=frozenset({"issuer", "verifier"}))
    found = [chore.store for chore in chores(both) if isinstance(chore, Chore)]
    assert found[:2] == [own, services.store("verifier")]
    own.close()


def test_a_round_is_bounded(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    store = running.services.store("verifier")
    monkeypatch.setattr(housekeeping, "BATCH", 4)
    monkeypatch.setattr(housekeeping, "MAX_BATCHES", 2)
    answers(store, 11, NOW - 1)
    assert [sweep(running.services)["idempotency-answers"] for _ in range(3)] == [8, 3, 0]


def test_several_processes_delete_each_row_once(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    store, workers = running.services.store("verifier"), 8
    monkeypatch.setattr(housekeeping, "BATCH", 10)
    answers(store, 200, NOW - 1)
    answers(store, 5, NOW + 1)
    together = threading.Barrier(workers)

    def one(_number: int) -> int:
        together.wait()
        return sum(sweep(running.services)["idempotency-answers"] for _ in range(4))

    with ThreadPoolExecutor(workers) as pool:
        assert sum(pool.map(one, range(workers))) == 200
    assert rows(store, "idempotency_answers") == 5


def test_it_is_done_again_and_again_and_stops_when_told(running: Running) -> None:
    store = running.services.store("verifier")
    answers(store, 3, NOW - 1)

    def is_clean() -> bool:
        return any(not rows(store, "idempotency_answers") or sleep(0.01) for _ in range(1_000))

    async def a_while() -> None:
        keeper = Housekeeping(running.services, 0.01)
        task = asyncio.create_task(keeper.run())
        assert await asyncio.to_thread(is_clean)
        await asyncio.to_thread(answers, store, 2, NOW - 1)
        assert await asyncio.to_thread(is_clean)
        keeper.stop()
        await task

    asyncio.run(a_while())


def test_one_chore_that_fails_keeps_no_other_from_being_done(
    running: Running, monkeypatch: pytest.MonkeyPatch, clock: ToldClock
) -> None:
    done = threading.Event()

    def fails(_session: Session, limit: int) -> int:
        raise Unavailable(f"no more than {limit}")

    def works(_session: Session, limit: int) -> int:
        done.set()
        return 0

    def two(services: Services) -> list[Chore]:
        store = services.store("auth")
        return [Chore("first", store, fails), Chore("second", store, works)]

    monkeypatch.setattr(housekeeping, "chores", two)
    quick = running.services.settings.model_copy(update={"housekeeping_seconds": 0.01})

    async def a_while() -> None:
        async with keeping_house(replace(running.services, settings=quick)):
            assert await asyncio.to_thread(done.wait, 10)

    asyncio.run(a_while())
    with pytest.raises(Unavailable):  # by hand it is told
        sweep(running.services)


def test_what_was_purged_was_nobodys_record(running: Running) -> None:
    """Decided sessions stay until their term is over, and the nonces that were spent for good."""
    store = running.services.store("verifier")
    sessions(store)
    with store.transaction() as session:
        assert verifier.spend_nonce(session, b"n" * 32, NOW - 10 * WEEK)
    running.clock.forward(52 * WEEK)
    sweep(running.services)
    assert left(store) == {"accepted", "denied", "tried", "told"}
    assert rows(store, "verifier_spent_nonces") == 1
