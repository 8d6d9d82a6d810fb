"""Do the migrations lead to exactly the tables that the code has, there and back, and without losing a row?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from credence.service.app import initialise, stores_of, tables, upgrade_all
from credence.service.errors import Misconfigured
from credence.service.settings import Settings
from credence.service.store import Store, metadata, schema
from credence.service.store.schema import SchemaDrift
from tests.service.databases import Database

MIGRATIONS = Path(schema.__file__).parent / "migrations"


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    store = Store(database.empty())
    yield store
    store.close()


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A folder of migrations with none in it yet."""
    folder = tmp_path / "100% mine" / "migrations"
    (folder / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        (folder / name).write_text((MIGRATIONS / name).read_text())
    return folder


def names(store: Store) -> set[str]:
    return set(inspect(store.engine).get_table_names()) - {"alembic_version"}


def test_migrations_lead_to_the_tables_of_the_code(store: Store) -> None:
    """Fails when a table was changed without a migration."""
    schema.upgrade(store.engine, tables())
    schema.check(store.engine, tables())
    assert names(store) == set(tables().tables)


def test_down_and_up_again(store: Store) -> None:
    schema.upgrade(store.engine, tables())
    schema.upgrade(store.engine, tables())  # nothing to do
    schema.downgrade(store.engine, tables())
    assert names(store) == set()
    assert not schema.is_at_head(store.engine)
    schema.upgrade(store.engine, tables())
    schema.check(store.engine, tables())


def test_an_empty_database_is_behind(store: Store) -> None:
    assert not schema.is_at_head(store.engine)
    with pytest.raises(SchemaDrift, match="credence db upgrade"):
        schema.check(store.engine, tables())


def add_table(session: Session) -> None:
    session.connection().execute(text("CREATE TABLE stray (id INTEGER PRIMARY KEY)"))


def drop_index(session: Session) -> None:
    session.connection().execute(text("DROP INDEX ix_auth_keys_client_id"))


def add_column(session: Session) -> None:
    session.connection().execute(text("ALTER TABLE auth_clients ADD COLUMN email TEXT"))


def change_type(session: Session) -> None:
    session.connection().execute(text("ALTER TABLE auth_clients DROP COLUMN name"))
    session.connection().execute(text("ALTER TABLE auth_clients ADD COLUMN name INTEGER NOT NULL DEFAULT 0"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "said"),
    [(add_table, "stray"), (drop_index, "ix_auth_keys_client_id"), (add_column, "email"), (change_type, "name")],
)
def test_a_difference_is_named(store: Store, change: Callable[[Session], None], said: str) -> None:
    schema.upgrade(store.engine, tables())
    with store.transaction() as session:
        change(session)
    with pytest.raises(SchemaDrift) as caught:
        schema.check(store.engine, tables())
    assert any(said in difference for difference in caught.value.differences)


def test_every_database_carries_the_whole_schema(tmp_path: Path, database: Database) -> None:
    settings = Settings.load(data_dir=tmp_path, issuer_database_url=database.empty(), database_url=database.empty())
    stores = stores_of(settings)
    assert stores["issuer"] is not stores["verifier"]
    assert stores["auth"] is stores["verifier"]
    upgrade_all(stores)
    for name in ("issuer", "verifier"):
        assert names(stores[name]) == set(tables().tables)
        stores[name].close()


def test_tables_carry_the_naming_convention() -> None:
    for table in tables().sorted_tables:
        assert table.primary_key.name == f"pk_{table.name}"
        assert all(index.name and index.name.startswith(f"ix_{table.name}_") for index in table.indexes)
        assert all(key.name and str(key.name).startswith(f"fk_{table.name}_") for key in table.foreign_key_constraints)
    assert tables() is metadata


def versioned(columns: tuple[str, ...]) -> MetaData:
    found = MetaData(naming_convention=metadata.naming_convention)
    Table("things", found, Column("id", Integer, primary_key=True), *(Column(name, Integer) for name in columns))
    return found


def test_a_revision_is_written_from_the_difference(store: Store, scripts: Path) -> None:
    first, second = versioned(()), versioned(("size",))
    path = schema.write_revision(store.engine, first, "0001", "first", scripts=scripts)
    assert path.name == "0001_first.py"
    schema.upgrade(store.engine, first, scripts=scripts)
    with store.transaction() as session:
        session.connection().execute(text("INSERT INTO things VALUES (7)"))
    schema.write_revision(store.engine, second, "0002", "second", scripts=scripts)
    assert not schema.is_at_head(store.engine, scripts=scripts)
    schema.upgrade(store.engine, second, scripts=scripts)
    schema.check(store.engine, second, scripts=scripts)
    with store.reading() as session:
        assert session.connection().execute(text("SELECT id, size FROM things")).one() == (7, None)
    schema.downgrade(store.engine, first, "0001", scripts=scripts)
    with store.reading() as session:
        assert session.connection().execute(text("SELECT * FROM things")).one() == (7,)


MIGRATION = """
from alembic import op
revision, down_revision = {revision!r}, {before!r}
def upgrade():
{steps}
def downgrade():
    pass
"""


def write(scripts: Path, revision: str, before: str | None, *statements: str) -> None:
    steps = "".join(f"    op.execute({statement!r})\n" for statement in statements)
    text_of = MIGRATION.format(revision=revision, before=before, steps=steps)
    (scripts / "versions" / f"{revision}.py").write_text(text_of)


def test_a_migration_that_fails_changes_nothing(store: Store, scripts: Path) -> None:
    write(scripts, "0001", None, "CREATE TABLE kept (id INTEGER PRIMARY KEY)", "INSERT INTO nowhere VALUES (1)")
    with pytest.raises(Exception, match="nowhere"):
        schema.upgrade(store.engine, MetaData(), scripts=scripts)
    assert names(store) == set()


def test_altering_a_table_keeps_its_dependants(store: Store, scripts: Path, database: Database) -> None:
    write(
        scripts,
        "0001",
        None,
        "CREATE TABLE parents (id INTEGER PRIMARY KEY)",
        "CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id) ON DELETE CASCADE)",
        "INSERT INTO parents VALUES (1)",
        "INSERT INTO children VALUES (1, 1)",
    )
    # SQLite makes a table anew to alter it
    remade: tuple[str, ...] = (
        "CREATE TABLE remade (id INTEGER PRIMARY KEY, name TEXT)",
        "INSERT INTO remade (id) SELECT id FROM parents",
        "DROP TABLE parents",
        "ALTER TABLE remade RENAME TO parents",
    )
    emptied = "DELETE FROM parents"
    if database.kind == "postgresql":
        remade = ("ALTER TABLE parents ADD COLUMN name TEXT",)
        emptied = "UPDATE children SET parent = 7"
    write(scripts, "0002", "0001", *remade)
    schema.upgrade(store.engine, MetaData(), scripts=scripts)
    with store.transaction() as session:
        assert session.connection().execute(text("SELECT count(*) FROM children")).scalar() == 1
        assert database.kind != "sqlite" or session.connection().exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    write(scripts, "0003", "0002", emptied)
    with pytest.raises((Misconfigured, IntegrityError), match=r"refers to nothing|foreign key"):
        schema.upgrade(store.engine, MetaData(), scripts=scripts)
    with store.reading() as session:
        assert session.connection().execute(text("SELECT count(*) FROM parents")).scalar() == 1


def test_installing_twice_is_refused(settings: Settings, installed: Settings, clock: Callable[[], int]) -> None:
    before = settings.keyring_path.read_bytes()
    with pytest.raises(Misconfigured, match="exists"):
        initialise(settings, clock=clock, rng=bytes)
    assert settings.keyring_path.read_bytes() == before
