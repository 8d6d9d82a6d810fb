"""Are the rules of SQLite really on, is writing serial, and does what must happen once happen once?"""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import MetaData, UniqueConstraint, func
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Field, Session, SQLModel, select

from credence.service.errors import Misconfigured, Unavailable
from credence.service.store import Contended, Row, Store, insert_once, metadata, uuid7
from credence.service.store.database import ATTEMPTS
from credence.service.store.faults import is_contention, is_outage, translated
from tests.conftest import SeededBytes

THINGS = MetaData()


class Parent(SQLModel, table=True):
    __tablename__ = "parents"
    metadata = THINGS
    id: int | None = Field(default=None, primary_key=True)


class Thing(SQLModel, table=True):
    __tablename__ = "things"
    __table_args__ = (UniqueConstraint("tag"), UniqueConstraint("serial"))
    metadata = THINGS
    id: int | None = Field(default=None, primary_key=True)
    tag: str
    serial: int | None = None
    parent_id: int | None = Field(default=None, foreign_key="parents.id")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite3'}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    store = Store(url, pause=lambda _seconds: None)
    with store.transaction() as session:
        THINGS.create_all(session.connection())
    yield store
    store.close()


def pragma(session: Session, name: str) -> object:
    return session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()


def count(store: Store) -> int:
    with store.reading() as session:
        return session.exec(select(func.count()).select_from(Thing)).one()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("busy_timeout", 5000),
        ("trusted_schema", 0),
        ("wal_autocheckpoint", 1000),
    ],
)
def test_rules_are_on_in_every_connection(store: Store, name: str, value: object) -> None:
    def read(_: int) -> object:
        with store.reading() as session:
            found = pragma(session, name)
            barrier.wait(5)  # so that each has a connection of its own
            return found

    barrier = threading.Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read, range(4))) == [value] * 4
    with store.transaction() as session:
        assert pragma(session, name) == value


def test_a_second_process_leaves_the_log_alone(url: str, store: Store) -> None:
    beside = Store(url, checkpoints=False)
    with beside.reading() as session:
        assert pragma(session, "wal_autocheckpoint") == 0
    beside.close()


def test_only_the_owner_may_read_the_files(tmp_path: Path, store: Store) -> None:
    with store.transaction() as session:
        session.add(Thing(tag="a"))
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["store.sqlite3", "store.sqlite3-shm", "store.sqlite3-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_writing_transaction_holds_the_lock_before_it_reads(tmp_path: Path, store: Store) -> None:
    other = sqlite3.connect(tmp_path / "store.sqlite3", timeout=0, isolation_level=None)
    with store.reading():
        other.execute("BEGIN IMMEDIATE")
        other.execute("ROLLBACK")
    with store.transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
        other.execute("BEGIN IMMEDIATE")
    other.execute("BEGIN IMMEDIATE")  # its accepted twin: free again after the commit
    other.close()


def test_two_stores_that_read_and_then_write_both_succeed(url: str, store: Store) -> None:
    """With the driver's own deferred transactions one of the two fails at once when it upgrades."""
    second = Store(url)
    second._turn = None  # as if in another process: SQLite's own lock decides
    barrier = threading.Barrier(2)

    def bump(own: Store) -> None:
        barrier.wait(5)
        for _ in range(25):
            with own.transaction() as session:
                seen = session.exec(select(func.count()).select_from(Thing)).one()
                session.add(Thing(tag=f"{seen}"))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(bump, (store, second)))
    second.close()
    assert count(store) == 50


def test_stores_of_one_file_share_its_turn(url: str, tmp_path: Path, store: Store) -> None:
    twin, stranger = Store(url), Store(f"sqlite:///{tmp_path / 'other.sqlite3'}")
    assert twin._turn is store._turn
    assert stranger._turn is not store._turn


def test_reading_cannot_write_and_sees_one_state(store: Store) -> None:
    with store.reading() as session:
        assert session.exec(select(Thing)).all() == []
        with store.transaction() as writing:
            writing.add(Thing(tag="a"))
        assert session.exec(select(Thing)).all() == []
    assert count(store) == 1
    with pytest.raises(DBAPIError, match="readonly"), store.reading() as session:
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


def test_one_of_32_racing_threads_inserts(store: Store) -> None:
    barrier = threading.Barrier(32)

    def insert(number: int) -> bool:
        barrier.wait(10)
        return store.run(lambda session: insert_once(session, Thing(tag="only", serial=number), on=["tag"]))

    with ThreadPoolExecutor(32) as pool:
        won = list(pool.map(insert, range(32)))
    assert sum(won) == 1
    assert count(store) == 1


def test_insert_once_speaks_both_dialects(store: Store) -> None:
    statement = postgresql.insert(Thing).values(tag="a").on_conflict_do_nothing(index_elements=["tag"])
    compiled = str(statement.compile(dialect=postgresql.dialect()))
    assert "ON CONFLICT (tag) DO NOTHING" in compiled


def test_a_taken_lock_is_contention(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credence.service.store.engine.BUSY_MS", 1)
    impatient = Store(str(store.engine.url), pause=lambda _seconds: None)
    other = sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Contended), impatient.transaction():
        pass
    other.execute("ROLLBACK")
    with impatient.transaction():  # its accepted twin
        pass
    other.close()
    impatient.close()


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
     ("53100", False, True), ("23505", False, False), ("42P01", False, False)],
)  # fmt: skip
def test_postgresql_states_are_told_apart(state: str, contention: bool, outage: bool) -> None:
    error = DBAPIError("", None, Driver(state))
    assert (is_contention(error), is_outage(error)) == (contention, outage)
    expected = Contended if contention else Unavailable if outage else DBAPIError
    with pytest.raises(expected) as caught, translated():
        raise error
    assert contention or not isinstance(caught.value, Contended)


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'nowhere' / 'store.sqlite3'}")
    with pytest.raises(Unavailable):
        store.ping()


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
