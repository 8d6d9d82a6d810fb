"""Many equal requests at once: is there one effect, and the same answer for all?"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Connection, event, update
from sqlmodel import Session, col, select
from starlette.responses import Response

from credence.service.errors import Conflict, InProgress
from credence.service.idempotency import records
from credence.service.idempotency.handle import Asked, Handle
from credence.service.keys import Purpose
from credence.service.store import Run
from tests.service.databases import Database
from tests.service.idempotency.conftest import KEY, Till, is_replayed
from tests.service.things import Thing

WORKERS = 64


def at_once(work: Callable[[], Response]) -> list[Response]:
    together = threading.Barrier(WORKERS)

    def one(_number: int) -> Response:
        together.wait()
        return work()

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(one, range(WORKERS)))


def judged(till: Till, answers: list[Response]) -> None:
    assert till.sales() == till.kept() == 1
    assert {(answer.status_code, bytes(answer.body)) for answer in answers} == {(201, bytes(answers[0].body))}
    assert [is_replayed(answer) for answer in answers].count(False) == 1


def test_equal_requests(till: Till) -> None:
    judged(till, at_once(lambda: till.run(till.effect())))


def test_equal_requests_that_look_before_they_leap(till: Till) -> None:
    """As a presentation does: the state is read first, and whoever comes second finds it closed."""
    with till.store.transaction() as session:
        session.add(Thing(tag="open"))

    def close(session: Session) -> str:
        query = update(Thing).where(col(Thing.tag) == "open").values(tag="closed")
        if session.exec(query).rowcount != 1:
            raise Conflict
        return "closed"

    def whole(run: Run[str]) -> str:
        with till.store.reading() as session:
            if session.exec(select(Thing.tag)).one() != "open":
                raise Conflict
        return run(close)

    judged(till, at_once(lambda: till.around(till.effect(), whole)))


def test_one_key_and_two_requests(till: Till) -> None:
    bodies = [b"one", b"two"]
    together = threading.Barrier(WORKERS)

    def one(number: int) -> Response | None:
        together.wait()
        try:
            return till.run(till.effect(body=bodies[number % 2]))
        except Exception as error:  # noqa: BLE001 - its type is what is looked at
            assert type(error).__name__ == "IdempotencyMismatch"
            return None

    with ThreadPoolExecutor(WORKERS) as pool:
        answers = list(pool.map(one, range(WORKERS)))
    judged(till, [answer for answer in answers if answer is not None])
    assert answers.count(None) == WORKERS // 2


@pytest.mark.parametrize("database", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True)
def test_a_request_whose_twin_does_not_end_is_told_so(till: Till, database: Database) -> None:
    """On SQLite nobody can tell whose transaction it is that does not end."""

    @event.listens_for(till.store.engine, "begin")
    def impatient(connection: Connection) -> None:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")

    secret = till.services.keyring.secret(Purpose.IDEMPOTENCY)
    asked = Asked(("verifier", "client", "venue-a"), KEY, "POST", "/sales", b"", b'{"size":1}')
    handle = Handle.of(secret, asked)
    with till.store.transaction() as session:
        assert records.claim(session, handle.digest, handle.fingerprint, until=till.clock() + 60)
        for way in (till.run, lambda effect: till.around(effect, lambda run: run(till.sell))):
            with pytest.raises(InProgress) as caught:
                way(till.effect())
            assert caught.value.retry_after >= 1
        session.rollback()
    assert till.sales() == 0
    assert not is_replayed(till.run(till.effect()))
