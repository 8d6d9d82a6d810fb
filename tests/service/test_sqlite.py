"""Are the rules of SQLite really on, and is writing serial?"""

from __future__ import annotations

import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event, func
from sqlmodel import Session, select

from credence.service.errors import Unavailable
from credence.service.store import Contended, Store
from credence.service.store.faults import is_broken
from tests.service.things import THINGS, Thing, count


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


def test_without_the_log_it_is_durable_that_the_journal_is_gone(tmp_path: Path) -> None:
    plain = Store(f"sqlite:///{tmp_path / 'plain.sqlite3'}", log=False)
    with plain.transaction() as session:
        assert (pragma(session, "journal_mode"), pragma(session, "synchronous")) == ("delete", 3)
    plain.close()


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


def test_a_connection_that_was_opened_while_the_disk_failed_is_not_kept(tmp_path: Path, store: Store) -> None:
    failing = [True]

    @event.listens_for(store.engine, "do_connect")
    def connect(*_arguments: object) -> sqlite3.Connection | None:
        """As SQLite does where a file cannot be opened for writing: it is opened for reading, and nothing is said."""
        uri = f"file:{tmp_path / 'store.sqlite3'}?mode=ro"
        return sqlite3.connect(uri, uri=True, check_same_thread=False) if failing else None

    def add() -> None:
        with store.transaction() as session:
            session.add(Thing(tag="a"))

    store.engine.dispose()
    with pytest.raises(Unavailable):
        add()
    with pytest.raises(Unavailable):  # as long as it is so
        add()
    failing.clear()
    add()
    assert count(store) == 1


@pytest.mark.parametrize(("settles", "kept"), [("nobody", 0), ("a guest", 0), ("its own", 1)])
def test_who_begins_makes_durable_what_was_in_the_log_alone(tmp_path: Path, store: Store, settles: str, kept: int) -> None:
    def found(file: Path) -> int:
        with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM things").fetchone()[0])

    store.settle()
    with store.transaction() as session:
        session.add(Thing(tag="a"))
    left = tmp_path / "left"  # as by a process that was killed
    left.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(tmp_path / f"store.sqlite3{suffix}", left)
    after = Store(f"sqlite:///{left / 'store.sqlite3'}", checkpoints=settles == "its own")
    assert count(after) == 1
    if settles != "nobody":
        after.settle()
    shutil.copy(left / "store.sqlite3", alone := tmp_path / "alone.sqlite3")
    after.close()
    assert found(alone) == kept


@pytest.mark.parametrize("name", ["SQLITE_IOERR", "SQLITE_IOERR_FSYNC", "SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_FULL"])
def test_of_a_full_disk_alone_a_connection_recovers(name: str) -> None:
    error = sqlite3.OperationalError()
    error.sqlite_errorcode = getattr(sqlite3, name)
    assert is_broken(error, writing=True) == (name != "SQLITE_FULL")
    assert is_broken(error, writing=False) == (name not in ("SQLITE_FULL", "SQLITE_READONLY"))


def test_a_database_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'nowhere' / 'store.sqlite3'}")
    with pytest.raises(Unavailable):
        store.ping()
