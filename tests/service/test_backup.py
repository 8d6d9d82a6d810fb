"""Is a restored database the one that was backed up, whole, and is nothing else ever put in its place?"""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from credence.service.app import tables
from credence.service.auth import add_client
from credence.service.auth.records import AuthClient
from credence.service.errors import Unavailable
from credence.service.ledger import LedgerCheckpoint, LedgerEntry
from credence.service.store import Store, schema
from credence.service.store.backup import Backup, BackupRefused, Databases, back_up, read_backup, restore
from tests.service.conftest import NOW
from tests.service.databases import Database

pytestmark = pytest.mark.slow

# tabs, line ends, backslashes and what looks like an end of COPY's data
NAMES = ("A venue", "\\N", "\\.", "tab\tand\nline", 'Ж\' OR "x"', "back\\slash")
LEAVES = (bytes(32), bytes(range(32)), b"\xff" * 32, b"\\x41" * 8)


@pytest.fixture
def open_store(database: Database) -> Iterator[Callable[..., Store]]:
    """Makes stores of new databases, migrated unless asked otherwise, and closes them."""
    made: list[Store] = []

    def open_one(*, migrated: bool = True) -> Store:
        store = Store(database.empty())
        made.append(store)
        if migrated:
            schema.upgrade(store.engine, tables())
        return store

    yield open_one
    for store in made:
        store.close()


@pytest.fixture
def store(open_store: Callable[..., Store]) -> Store:
    filled = open_store()
    fill(filled)
    return filled


def fill(store: Store) -> None:
    with store.transaction() as session:
        for number, name in enumerate(NAMES):
            session.add(AuthClient(id=f"client{number}", name=name, created_at=NOW + number))
        for index, leaf in enumerate(LEAVES):
            row = {"leaf_hash": leaf, "leaf": leaf, "source": "east", "outbox_id": str(index), "epoch": 1}
            session.add(LedgerEntry(index=index, **row))
        session.add(LedgerCheckpoint(size=4, root=bytes(32), note="note\n", minute=1))


def content(store: Store) -> dict[str, list[Any]]:
    """Every row of every table."""
    with store.reading() as session:
        connection = session.connection()
        found = {table.name: connection.execute(table.select()).all() for table in tables().sorted_tables}
    return {name: sorted(map(tuple, rows), key=repr) for name, rows in found.items()}


def alone(store: Store) -> Databases:
    return [(store, ["auth", "ledger", "issuer", "verifier", "reputation", "auditor"])]


def copied(store: Store, folder: Path) -> Backup:
    back_up(alone(store), folder, tables(), now=NOW)
    return read_backup(folder)


def test_what_was_backed_up_comes_back(store: Store, open_store: Callable[..., Store], tmp_path: Path) -> None:
    before = content(store)
    made = copied(store, tmp_path / "backup")
    assert made.made_at == NOW
    assert made.copies[0].rows["auth_clients"] == len(NAMES)
    assert made.copies[0].rows["ledger_entries"] == len(LEAVES)
    target = open_store(migrated=False)
    restore(made, alone(target), tables())
    assert content(target) == before
    schema.check(target.engine, tables())
    with target.transaction() as session:  # and it can be written
        add_client(session, "later.example", "Later", now=NOW)


def test_a_restore_takes_the_place_of_everything(store: Store, tmp_path: Path) -> None:
    before = content(store)
    made = copied(store, tmp_path / "backup")
    with store.transaction() as session:
        add_client(session, "later.example", "Later", now=NOW)
        session.connection().execute(text("DELETE FROM ledger_checkpoints"))
    restore(made, alone(store), tables(), overwrite=True)
    assert content(store) == before


def test_what_is_there_is_not_overwritten_unasked(store: Store, tmp_path: Path) -> None:
    """Accepted twin: ``test_a_restore_takes_the_place_of_everything``."""
    made = copied(store, tmp_path / "backup")
    before = content(store)
    with pytest.raises(BackupRefused, match="already"):
        restore(made, alone(store), tables())
    assert content(store) == before


def test_a_backup_is_one_state_although_others_write(store: Store, tmp_path: Path) -> None:
    with store.transaction() as session:
        add_client(session, "half.example", "Half", now=NOW)
        beside = Store(store.engine.url.render_as_string(hide_password=False))
        made = copied(beside, tmp_path / "backup")
        beside.close()
    assert made.copies[0].rows["auth_clients"] == len(NAMES)


def test_only_the_owner_may_read_a_backup(store: Store, tmp_path: Path) -> None:
    copied(store, tmp_path / "backup")
    assert stat.S_IMODE((tmp_path / "backup").stat().st_mode) == 0o700
    files = list((tmp_path / "backup").iterdir())
    assert len(files) == 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_folder_is_used_once(store: Store, tmp_path: Path) -> None:
    copied(store, tmp_path / "backup")
    before = {file.name: file.read_bytes() for file in (tmp_path / "backup").iterdir()}
    with pytest.raises(BackupRefused, match="not empty"):
        back_up(alone(store), tmp_path / "backup", tables(), now=NOW)
    assert {file.name: file.read_bytes() for file in (tmp_path / "backup").iterdir()} == before


def test_an_empty_database_is_not_backed_up(open_store: Callable[..., Store], tmp_path: Path) -> None:
    empty = open_store(migrated=False)
    empty.ping()
    with pytest.raises(BackupRefused, match="no schema"):
        back_up(alone(empty), tmp_path / "backup", tables(), now=NOW)
    with pytest.raises(BackupRefused, match="no manifest"):
        read_backup(tmp_path / "backup")


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads((folder / "manifest.json").read_text())
    change(document)
    (folder / "manifest.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        pytest.param(lambda folder: (folder / "manifest.json").unlink(), "no manifest", id="no manifest"),
        pytest.param(lambda folder: (folder / "manifest.json").write_text("{"), "cannot be read", id="cut manifest"),
        pytest.param(lambda folder: rewrite(folder, lambda d: d.update(format="x")), "known format", id="format"),
        pytest.param(lambda folder: rewrite(folder, lambda d: d["databases"][0].pop("rows")), "malformed", id="rows"),
        pytest.param(
            lambda folder: rewrite(folder, lambda d: d["databases"][0].update(file="../x")), "malformed", id="outside"
        ),
        pytest.param(lambda folder: flip(next(folder.glob("0-*"))), "not what was backed up", id="a bit"),
        pytest.param(lambda folder: next(folder.glob("0-*")).unlink(), "cannot be read", id="no copy"),
    ],
)
def test_a_backup_that_is_not_whole_is_refused(
    store: Store, tmp_path: Path, harm: Callable[[Path], object], said: str
) -> None:
    """Accepted twin: the same folder before."""
    copied(store, tmp_path / "backup")
    harm(tmp_path / "backup")
    with pytest.raises(BackupRefused, match=said):
        read_backup(tmp_path / "backup")


def test_parties_keep_their_databases_apart(store: Store, open_store: Callable[..., Store], tmp_path: Path) -> None:
    issuer = open_store()
    with issuer.transaction() as session:
        add_client(session, "only.here", "x", now=NOW)
    divided: Databases = [(store, ["auth", "ledger", "verifier"]), (issuer, ["issuer"])]
    made = back_up(divided, tmp_path / "backup", tables(), now=NOW)
    assert [copy.owners for copy in made.copies] == [("issuer",), ("auth", "ledger", "verifier")], "the log's own last"
    with pytest.raises(BackupRefused, match="in another way"):
        restore(made, alone(open_store(migrated=False)), tables())
    first, second = open_store(migrated=False), open_store(migrated=False)
    restore(made, [(first, ["auth", "ledger", "verifier"]), (second, ["issuer"])], tables())
    assert (content(first), content(second)) == (content(store), content(issuer))


def test_an_earlier_schema_is_restored_as_it_was(store: Store, open_store: Callable[..., Store], tmp_path: Path) -> None:
    schema.downgrade(store.engine, tables(), "0001")
    made = copied(store, tmp_path / "backup")
    target = open_store()
    restore(made, alone(target), tables(), overwrite=True)
    with target.reading() as session:
        assert session.connection().execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
        assert session.connection().execute(text("SELECT count(*) FROM auth_clients")).scalar() == len(NAMES)
    schema.upgrade(target.engine, tables())
    schema.check(target.engine, tables())


# --- from one kind to the other ---


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Store]:
    store = Store(f"sqlite:///{tmp_path / 'small.sqlite3'}")
    schema.upgrade(store.engine, tables())
    fill(store)
    yield store
    store.close()


@pytest.fixture
def on_postgresql(request: pytest.FixtureRequest) -> Iterator[Store]:
    server = request.getfixturevalue("server")
    url = server.create()
    store = Store(url)
    yield store
    store.close()
    server.drop(url)


@pytest.mark.postgresql
def test_an_installation_outgrows_sqlite(on_sqlite: Store, on_postgresql: Store, tmp_path: Path) -> None:
    restore(copied(on_sqlite, tmp_path / "backup"), alone(on_postgresql), tables())
    assert content(on_postgresql) == content(on_sqlite)
    schema.check(on_postgresql.engine, tables())


@pytest.mark.postgresql
def test_postgresql_does_not_go_into_a_file(on_sqlite: Store, on_postgresql: Store, tmp_path: Path) -> None:
    schema.upgrade(on_postgresql.engine, tables())
    made = copied(on_postgresql, tmp_path / "backup")
    before = content(on_sqlite)
    with pytest.raises(BackupRefused, match="PostgreSQL only"):
        restore(made, alone(on_sqlite), tables(), overwrite=True)
    assert content(on_sqlite) == before


# --- what only a server can do ---


@pytest.mark.postgresql
def test_a_database_in_use_is_left_alone(on_postgresql: Store, tmp_path: Path) -> None:
    schema.upgrade(on_postgresql.engine, tables())
    fill(on_postgresql)
    made = copied(on_postgresql, tmp_path / "backup")
    before = content(on_postgresql)
    serving = Store(on_postgresql.engine.url.render_as_string(hide_password=False))
    serving.ping()
    with pytest.raises(BackupRefused, match="stop it first"):
        restore(made, alone(on_postgresql), tables(), overwrite=True)
    serving.close()
    for _ in range(200):  # the server notices that somebody left a moment later
        try:
            restore(made, alone(on_postgresql), tables(), overwrite=True)  # the accepted twin
            break
        except BackupRefused:
            time.sleep(0.02)
    assert content(on_postgresql) == before


@pytest.mark.postgresql
def test_strange_tables_are_not_dropped(on_postgresql: Store, tmp_path: Path) -> None:
    schema.upgrade(on_postgresql.engine, tables())
    made = copied(on_postgresql, tmp_path / "backup")
    with on_postgresql.transaction() as session:
        session.connection().execute(text("CREATE TABLE somebody_elses (id integer)"))
    with pytest.raises(BackupRefused, match="somebody_elses"):
        restore(made, alone(on_postgresql), tables(), overwrite=True)


@pytest.mark.postgresql
def test_a_copy_that_is_not_whole_changes_nothing(on_postgresql: Store, tmp_path: Path) -> None:
    """The manifest says one row more, as if the copy had been cut and its digest made anew."""
    schema.upgrade(on_postgresql.engine, tables())
    fill(on_postgresql)
    copied(on_postgresql, tmp_path / "backup")
    before = content(on_postgresql)
    rewrite(tmp_path / "backup", lambda document: document["databases"][0]["rows"].update(auth_clients=7))
    with pytest.raises(BackupRefused, match="auth_clients is not whole"):
        restore(read_backup(tmp_path / "backup"), alone(on_postgresql), tables(), overwrite=True)
    assert content(on_postgresql) == before


@pytest.mark.postgresql
def test_a_server_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    store = Store(f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(Unavailable):
        back_up(alone(store), tmp_path / "backup", tables(), now=NOW)
