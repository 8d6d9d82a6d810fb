"""The two databases of the service suite, alike to a test: where one lives, a new one beside it, and every byte it keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

from psycopg import sql

from tests.service.postgres import Postgres, name_of


class Database(Protocol):
    """The database of one test. ``settings`` are what an installation needs to find it."""

    kind: str
    settings: dict[str, str]

    def empty(self) -> str:
        """The URL of another database, new and without tables."""
        ...

    def vanish(self, folder: Path) -> None:
        """Takes the database of the installation in ``folder`` away from under it."""
        ...

    def rows(self, folder: Path) -> dict[str, bytes]:
        """By name, what the installation in ``folder`` keeps in this database."""
        ...

    def kept(self, folder: Path) -> dict[str, bytes]:
        """The same with every page and the log, in which a few bytes in a row are found by chance."""
        ...


@dataclass
class Sqlite:
    """Files in a folder of the test's own."""

    folder: Path
    kind: str = "sqlite"
    settings: dict[str, str] = field(default_factory=dict)
    _numbers: count[int] = field(default_factory=count)

    def empty(self) -> str:
        return f"sqlite:///{self.folder / f'empty{next(self._numbers)}.sqlite3'}"

    def vanish(self, folder: Path) -> None:
        file = folder / "credence.sqlite3"
        file.rename(file.with_name("moved.sqlite3"))
        file.mkdir()

    def kept(self, folder: Path) -> dict[str, bytes]:
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if "sqlite3" in path.name}
        assert {"credence.sqlite3", "credence.sqlite3-wal"} <= files.keys()
        return files

    rows = kept


class Postgresql:
    """Databases of the session's server: one that is migrated already, and as many empty ones as a test asks for."""

    kind = "postgresql"

    def __init__(self, server: Postgres, template: str) -> None:
        self._server = server
        self._url = server.create(template)
        self._others: list[str] = []
        self.settings = {"database_url": self._url}
        with server.connect() as connection:
            row = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone()
            assert row is not None
            self._first_log = str(row[0])

    def empty(self) -> str:
        self._others.append(self._server.create())
        return self._others[-1]

    def vanish(self, folder: Path) -> None:
        self._server.drop(self._url)

    def rows(self, folder: Path) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        with self._server.connect(name_of(self._url)) as connection:
            names = [name for (name,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
            for name in names:
                rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(name))).fetchall()
                cells = (cell for row in rows for cell in row)
                found[name] = b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells)
        assert found
        return found

    def kept(self, folder: Path) -> dict[str, bytes]:
        """Rows too, because a page may hold them compressed."""
        with self._server.connect(name_of(self._url)) as connection:
            connection.execute("CHECKPOINT")
            row = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone()
            assert row is not None
        pages = list((self._server.data / "base" / str(row[0])).iterdir())
        logs = [path for path in (self._server.data / "pg_wal").iterdir() if path.name >= self._first_log and path.is_file()]
        assert pages
        assert logs
        files = {f"{path.parent.name}/{path.name}": path.read_bytes() for path in (*logs, *pages)}
        return self.rows(folder) | files

    def close(self) -> None:
        """Drops all of them."""
        for url in (self._url, *self._others):
            self._server.drop(url)
