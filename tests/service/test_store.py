"""On either database: does reading only read, and does what must happen once happen once?"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, col, select

from credence.service.errors import Misconfigured, Unavailable
from credence.service.store import Contended, Row, Store, insert_all_once, insert_once, inserting_all, metadata, uuid7
from credence.service.store.database import ATTEMPTS
from credence.service.store.faults import is_contention, is_outage, translated
from tests.conftest import SeededBytes
from tests.service.databases import Database
from tests.service.things import THINGS, Parent, Thing, count


@pytest.fixture
def url(database: Database) -> str:
    return database.empty()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url, pause=lambda _seconds: None)
    with store.transaction() as session:
        THINGS.create_all(session.connection())
    yield store
    store.close()


def test_reading_cannot_write_and_sees_one_state(store: Store) -> None:
    with store.reading() as session:
        assert session.exec(select(Thing)).all() == []
        with store.transaction() as writing:
            writing.add(Thing(tag="a"))
        assert session.exec(select(Thing)).all() == []
    assert count(store) == 1
    with pytest.raises(DBAPIError, match=r"read-?only"), store.reading() as session:
        session.add(Thing(tag="b"))  # flushed on leaving
    with store.transaction() as session:  # the connection goes back to writing
        session.add(Thing(tag="b"))
    assert count(store) == 2


def test_an_exception_rolls_back(store: Store) -> None:
    def fail(session: Session) -> None:
        session.add(Thing(tag="a"))
        session.flush()
        raise KeyError

    with pytest.raises(KeyError):
        store.run(fail)
    assert count(store) == 0


def test_foreign_keys_are_enforced(store: Store) -> None:
    with pytest.raises(IntegrityError), store.transaction() as session:
        session.add(Thing(tag="a", parent_id=7))


def test_insert_once_tells_who_was_first(store: Store) -> None:
    with store.transaction() as session:
        assert insert_once(session, Thing(tag="a"))
        assert not insert_once(session, Thing(tag="a"))
        assert insert_once(session, Thing(tag="b"), on=["tag"])
        assert not insert_once(session, Thing(tag="b"), on=["tag"])
    assert count(store) == 2


def test_insert_once_flushes_what_it_refers_to(store: Store) -> None:
    with store.transaction() as session:
        session.add(Parent(id=7))
        assert insert_once(session, Thing(tag="a", parent_id=7))


@pytest.mark.parametrize(
    "row", [Thing(tag="b", serial=1), Thing(tag="b", parent_id=9), Thing(tag=None)], ids=["other unique", "key", "null"]
)
def test_insert_once_hides_no_other_conflict(store: Store, row: Thing) -> None:
    with store.transaction() as session:
        assert insert_once(session, Thing(tag="a", serial=1), on=["tag"])
    with pytest.raises(IntegrityError), store.transaction() as session:
        insert_once(session, row, on=["tag"])


@pytest.mark.parametrize("rows", [0, 1, 700])
def test_all_are_inserted_or_none(store: Store, rows: int) -> None:
    made = [{"tag": f"t{number}"} for number in range(rows)]
    with store.transaction() as session:
        assert insert_all_once(session, Thing, made)
        assert insert_all_once(session, Thing, made) == (rows == 0)
        assert not insert_all_once(session, Thing, [{"tag": "new"}, {"tag": "new"}])
        assert insert_once(session, Thing(tag="new"))  # and the transaction goes on
        assert not insert_all_once(session, Thing, [{"tag": "newer"}, {"tag": "new"}, {"tag": "newest"}])
    assert count(store) == rows + 1


def test_rows_of_one_statement_are_stored_as_they_are_and_in_their_order(store: Store) -> None:
    texts = ["", "NULL", "{a,b}", 'quo"te', "back\\slash", "é\n"]
    rows = [{"tag": text, "serial": serial} for text, serial in zip(texts, (None, 0, -1, 2**31 - 1, 7, None), strict=True)]
    with store.transaction() as session:
        statement, values = inserting_all(session, Thing, rows)
        session.connection().execute(statement, values)
    with store.reading() as session:
        found = session.exec(select(Thing.tag, Thing.serial).order_by(col(Thing.id))).all()
    assert [{"tag": tag, "serial": serial} for tag, serial in found] == rows


def test_one_of_32_racing_threads_inserts(store: Store) -> None:
    barrier = threading.Barrier(32)

    def insert(number: int) -> bool:
        barrier.wait(10)
        return store.run(lambda session: insert_once(session, Thing(tag="only", serial=number), on=["tag"]))

    with ThreadPoolExecutor(32) as pool:
        won = list(pool.map(insert, range(32)))
    assert sum(won) == 1
    assert count(store) == 1


@pytest.mark.parametrize("failures", range(ATTEMPTS + 1))
def test_run_tries_again_a_bounded_number_of_times(store: Store, failures: int) -> None:
    seen: list[int] = []

    def work(session: Session) -> str:
        seen.append(len(seen))
        session.add(Thing(tag="a"))
        session.flush()
        if len(seen) <= failures:
            raise Contended
        return "done"

    if failures < ATTEMPTS:
        assert store.run(work) == "done"
        assert count(store) == 1
    else:
        with pytest.raises(Contended):
            store.run(work)
        assert count(store) == 0
    assert len(seen) == min(failures + 1, ATTEMPTS)


class Driver(Exception):
    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "contention", "outage"),
    [("40001", True, False), ("40P01", True, False), ("55P03", True, False), ("08006", False, True), ("57P01", False, True),
     ("53100", False, True), ("28P01", False, True), ("3D000", False, True), ("25P03", True, False), ("25006", False, False),
     ("23505", False, False), ("42P01", False, False)],
)  # fmt: skip
def test_postgresql_states_are_told_apart(state: str, contention: bool, outage: bool) -> None:
    error = DBAPIError("", None, Driver(state))
    assert (is_contention(error), is_outage(error)) == (contention, outage)
    expected = Contended if contention else Unavailable if outage or state == "25006" else DBAPIError
    with pytest.raises(expected) as caught, translated():
        raise error
    assert contention or not isinstance(caught.value, Contended)


def test_a_missing_driver_is_said() -> None:
    with pytest.raises(Misconfigured, match="driver"):
        Store("postgresql+psycopg2://localhost/credence")


def test_ping_answers(store: Store) -> None:
    store.ping()


def test_uuid7_carries_version_variant_and_time(rng: SeededBytes) -> None:
    now = 1_800_000_000
    made = [uuid7(now + second, rng) for second in range(50)]
    assert {(value.version, value.variant) for value in made} == {(7, "specified in RFC 4122")}
    assert [int.from_bytes(value.bytes[:6], "big") for value in made] == [(now + second) * 1000 for second in range(50)]
    assert made == sorted(made)
    assert len({value.bytes[6:] for value in made}) == 50


def test_uuid7_keeps_all_other_bits_random() -> None:
    ones, zeros = uuid7(0, lambda n: b"\xff" * n), uuid7(0, bytes)
    assert (ones.int ^ zeros.int).bit_count() == 74


def test_tables_have_a_naming_convention_and_one_home() -> None:
    assert set(Row.metadata.naming_convention) >= {"ix", "uq", "ck", "fk", "pk"}
    assert Row.metadata is metadata
    assert not {"things", "parents"} & set(metadata.tables)
