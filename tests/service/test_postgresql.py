"""Are the rules of PostgreSQL really on, and does what two writers meet end as it does on SQLite?"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Text, inspect, text
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlmodel import Session
from sqlmodel.sql.sqltypes import AutoString

from credence.circuits.curve import Curve
from credence.service.app import initialise, stores_of, tables
from credence.service.errors import Misconfigured, Unavailable
from credence.service.settings import Settings
from credence.service.store import Contended, Store, insert_once, schema
from tests.conftest import SeededBytes
from tests.service.conftest import ToldClock
from tests.service.postgres import Postgres, name_of
from tests.service.things import THINGS, Thing, count

pytestmark = pytest.mark.postgresql


@pytest.fixture
def url(server: Postgres) -> Iterator[str]:
    made = server.create()
    yield made
    server.drop(made)


@pytest.fixture
def open_store(url: str) -> Iterator[Callable[[], Store]]:
    made: list[Store] = []

    def open_one() -> Store:
        made.append(Store(url, pause=lambda _seconds: None))
        return made[-1]

    yield open_one
    for store in made:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    store = open_store()
    with store.transaction() as session:
        THINGS.create_all(session.connection())
    return store


def shown(session: Session, name: str) -> object:
    return session.connection().exec_driver_sql(f"SHOW {name}").scalar()


def test_the_server_is_of_the_version_that_is_promised(store: Store) -> None:
    with store.reading() as session:
        assert str(shown(session, "server_version")).startswith("18.")


# --- rules ---


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("transaction_isolation", "read committed"),
        ("transaction_read_only", "off"),
        ("synchronous_commit", "on"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("application_name", "credence"),
    ],
)
def test_rules_of_a_writing_transaction(store: Store, name: str, value: str) -> None:
    with store.transaction() as session:
        assert shown(session, name) == value


def test_rules_of_a_reading_transaction(store: Store) -> None:
    with store.reading() as session:
        assert shown(session, "transaction_isolation") == "repeatable read"
        assert shown(session, "transaction_read_only") == "on"
    with store.transaction() as session:  # the same connection, which may write again
        assert shown(session, "transaction_read_only") == "off"
        session.add(Thing(tag="a"))


@pytest.mark.parametrize(
    ("given", "found"),
    [("off", "on"), ("local", "local"), ("remote_apply", "remote_apply")],
    ids=["off", "local", "stronger"],
)
def test_what_is_committed_is_on_disk_whatever_the_server_says(
    server: Postgres, url: str, open_store: Callable[[], Store], given: str, found: str
) -> None:
    with server.connect() as connection:
        connection.execute(f'ALTER DATABASE "{name_of(url)}" SET synchronous_commit = {given}'.encode())
        connection.execute(f"ALTER DATABASE \"{name_of(url)}\" SET default_transaction_isolation = 'serializable'".encode())
    with open_store().transaction() as session:
        assert shown(session, "synchronous_commit") == found
        assert shown(session, "transaction_isolation") == "read committed"


def test_a_database_of_another_encoding_is_refused(server: Postgres) -> None:
    with server.connect() as connection:
        connection.execute("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
    url = f"postgresql://postgres@/latin?host={server.sockets}"
    store = Store(url)
    with pytest.raises(Misconfigured, match="UTF-8"):
        store.ping()
    store.close()
    server.drop(url)


# --- two writers ---


def test_a_lock_that_is_not_had_in_time_is_contention(store: Store, open_store: Callable[[], Store]) -> None:
    with store.transaction() as session:
        assert insert_once(session, Thing(tag="a"))
        began = monotonic()

        def too_late() -> None:
            with open_store().transaction() as second:
                second.connection().exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
                insert_once(second, Thing(tag="a"))

        with pytest.raises(Contended):
            too_late()
        assert monotonic() - began < 5
    assert count(store) == 1


def test_an_insert_waits_for_the_other_and_then_knows(store: Store, open_store: Callable[[], Store]) -> None:
    with ThreadPoolExecutor(1) as pool:
        with store.transaction() as session:
            assert insert_once(session, Thing(tag="a"))
            later = pool.submit(lambda: open_store().run(lambda second: insert_once(second, Thing(tag="a"))))
            assert not later.done()
        assert later.result(10) is False


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_a_transaction_that_lost_is_run_again(store: Store, state: str) -> None:
    tries: list[int] = []

    def work(session: Session) -> str:
        tries.append(1)
        session.add(Thing(tag="a"))
        session.flush()
        if len(tries) < 3:
            session.connection().execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '{state}'; END $$"))
        return "done"

    assert store.run(work) == "done"
    assert (len(tries), count(store)) == (3, 1)


def test_of_two_that_wait_for_each_other_both_succeed(store: Store, open_store: Callable[[], Store]) -> None:
    """A real deadlock: the server ends one of them, which is run again."""
    with store.transaction() as session:
        session.connection().exec_driver_sql("ALTER TABLE things DROP CONSTRAINT things_serial_key")
        session.add_all((Thing(id=1, tag="a", serial=0), Thing(id=2, tag="b", serial=0)))
    meet = threading.Barrier(2)
    first = threading.local()

    def both(own: Store, order: tuple[int, int]) -> None:
        def work(session: Session) -> None:
            session.connection().exec_driver_sql("SET LOCAL deadlock_timeout = '20ms'")
            for number, key in enumerate(order):
                session.connection().execute(text("UPDATE things SET serial = serial + :key WHERE id = :key"), {"key": key})
                if number == 0 and not hasattr(first, "met"):
                    first.met = True
                    meet.wait(10)

        own.run(work)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(both, (open_store(), open_store()), ((1, 2), (2, 1))))
    with store.reading() as session:
        rows = session.connection().exec_driver_sql("SELECT serial FROM things ORDER BY id").scalars().all()
    assert rows == [2, 4]


# --- what is out of reach ---


def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    store = Store(f"postgresql://nobody@/nothing?host={tmp_path}")
    for use in (store.ping, lambda: store.run(lambda session: session.connection())):
        with pytest.raises(Unavailable):
            use()


def test_a_database_that_is_not_there_is_unavailable(url: str) -> None:
    store = Store(url.replace(name_of(url), "nothing"))
    with pytest.raises(Unavailable):
        store.ping()


def test_a_connection_that_was_cut_is_replaced(store: Store, server: Postgres, url: str) -> None:
    def cut() -> None:
        with server.connect() as connection:
            query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.execute(query, (name_of(url),))

    def cut_in_the_middle() -> None:
        with store.transaction() as session:
            session.connection().exec_driver_sql("SELECT 1")
            cut()
            session.add(Thing(tag="a"))
            session.flush()

    store.ping()
    cut()
    store.ping()
    with pytest.raises(Unavailable):
        cut_in_the_middle()
    assert count(store) == 0


def test_an_error_of_ours_stays_one(store: Store) -> None:
    with pytest.raises(ProgrammingError), store.reading() as session:
        session.connection().exec_driver_sql("SELECT * FROM nothing")
    with pytest.raises(DBAPIError) as caught, store.reading() as session:
        session.connection().exec_driver_sql("DELETE FROM things")
    assert not isinstance(caught.value, Unavailable)


# --- migrations by several at once ---


def test_replicas_that_start_at_once_migrate_once(url: str) -> None:
    replicas = 6
    together = threading.Barrier(replicas)

    def start(_: int) -> None:
        own = Store(url)
        together.wait(10)
        schema.upgrade(own.engine, tables())
        own.close()

    with ThreadPoolExecutor(replicas) as pool:
        list(pool.map(start, range(replicas)))
    store = Store(url)
    schema.check(store.engine, tables())
    store.close()


def test_a_replica_may_ask_for_the_version_during_a_migration(store: Store, open_store: Callable[[], Store]) -> None:
    """It is not kept waiting, and sees the schema as it was."""
    with store.engine.connect() as connection, connection.begin():
        schema.take_turn(connection)
        assert not schema.is_at_head(open_store().engine)


# --- the same tables ---


def test_checks_and_keys_are_the_same_on_both(url: str, tmp_path: Path) -> None:
    found = []
    for store in (Store(url), Store(f"sqlite:///{tmp_path / 'other.sqlite3'}")):
        schema.upgrade(store.engine, tables())
        looked = inspect(store.engine)
        facts: dict[str, object] = {}
        for name in sorted(tables().tables):
            uniques = {(one["name"], tuple(one["column_names"])) for one in looked.get_unique_constraints(name)}
            facts[name] = {
                "checks": {one["name"] for one in looked.get_check_constraints(name)},
                "unique": uniques,
                "key": looked.get_pk_constraint(name)["constrained_columns"],
                "foreign": {(one["name"], tuple(one["constrained_columns"])) for one in looked.get_foreign_keys(name)},
                "columns": [(one["name"], one["nullable"]) for one in looked.get_columns(name)],
                "indexes": {one["name"] for one in looked.get_indexes(name) if not one.get("duplicates_constraint")},
            }
        found.append(facts)
        store.close()
    assert found[0] == found[1]
    assert any(facts["checks"] for facts in found[0].values() if isinstance(facts, dict))


def test_columns_are_of_kinds_that_mean_the_same_on_both() -> None:
    """Times are whole seconds, epochs or minutes; bytes are bytes; nothing depends on a time zone or on floating point."""
    plain = (Boolean, Integer, String, AutoString, Text, LargeBinary)
    columns = [column for table in tables().sorted_tables for column in table.columns]
    assert not [str(column) for column in columns if not isinstance(column.type, plain)]
    times = [column for column in columns if column.name.endswith(("_at", "_until"))]
    assert times
    assert not [str(column) for column in times if not isinstance(column.type, BigInteger)]


# --- a database for each party ---


@pytest.mark.slow
def test_each_party_in_a_database_of_its_own(
    server: Postgres, tmp_path: Path, clock: ToldClock, rng: SeededBytes, curve: Curve
) -> None:
    urls = {owner: server.create() for owner in ("auth", "ledger", "issuer", "verifier", "reputation", "auditor")}
    settings = Settings.load(
        data_dir=tmp_path / "data", **{f"{owner}_database_url": address for owner, address in urls.items()}
    )
    initialise(settings, clock=clock, rng=rng, curve=curve)
    assert not list(settings.data_dir.glob("*.sqlite3*"))
    stores = stores_of(settings)
    assert len(set(stores.values())) == len(urls)
    for store in stores.values():
        schema.check(store.engine, tables())
        store.close()
    for address in urls.values():
        server.drop(address)
