"""Does anything of a person stay behind where it should not, in any form, on either database?

Forty strings about invented people go through every flow of ``credence serve``, a process of its own that logs at its finest
level, exports spans and counts. Then every byte that it left is searched: database and write-ahead log, backups, files, what
it printed, what it answered, spans, metrics. The control is a word that belongs there, which the same search has to find.
"""

from __future__ import annotations

import json
import os
import re
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2
from sqlalchemy import text

from credence.service.app import stores_of
from credence.service.auth import Scope
from credence.service.sandbox.clients import new_client
from tests.service.needles import Search, needles
from tests.service.postgres import Postgres, name_of
from tests.soak.collector import collecting
from tests.soak.figure import Options, Result, Value
from tests.soak.installations import KINDS, SQLITE, Installation, Kind, install, servers
from tests.soak.planted import LISTED, REVIEWED, STRINGS
from tests.soak.planting import Planter
from tests.soak.scene import Scene
from tests.soak.serving import free_port, serving

TARGET: Final = "40 identity strings planted through every flow, 0 found in databases, logs, backups, spans, metrics"
LIMIT: Final = 120

CONTROL: Final = "Controlla Venue-Name 5512"
"""A client's name, which is kept and belongs in database and backup."""
ROUTE: Final = "/v1/issuer/cases/{case_id}/credential"
"""A route's template, which belongs in logs, spans and metrics."""

_MOVED: Final = ("issuer_cases", "verifier_sessions")
_EMPTY: Final = re.compile(rb"\x00{64,}")


@dataclass
class Left:
    """What was left behind, by place."""

    places: dict[str, bytearray] = field(default_factory=dict)

    def add(self, place: str, *contents: bytes) -> None:
        held = self.places.setdefault(place, bytearray())
        for content in contents:
            held += _EMPTY.sub(bytes(8), content) + bytes(8)

    def holding(self, search: Search) -> dict[str, set[bytes]]:
        """What was found, by place."""
        found = {place: search.hits(bytes(content)) for place, content in self.places.items()}
        return {place: hits for place, hits in found.items() if hits}

    @property
    def size(self) -> int:
        return sum(map(len, self.places.values()))


def run(options: Options) -> Result:
    """Both databases."""
    figures: dict[str, dict[str, Value]] = {}
    faults: list[str] = []
    wanted = needles(STRINGS)
    search = Search(wanted)
    kinds = options.sized(KINDS, SQLITE)
    temporary = options.room / "tmp"
    with servers(kinds) as server:
        temporary.mkdir()
        os.environ["TMPDIR"] = str(temporary)  # for the server, which inherits it
        for kind in kinds:
            left = Left()
            figures[kind] = _planted(kind, options.room / kind, server, left, faults, options.sized(STRINGS, STRINGS[::4]))
            left.add("temporary files", *_files(temporary))
            found = left.holding(search)
            figures[kind] |= {"searched_mb": left.size / 1e6, "places": len(left.places), "found": len(found)}
            faults += [f"{kind}: {place} holds {sorted(hits)[:3]}" for place, hits in found.items()]
            faults += [f"{kind}: {fault}" for fault in _uncontrolled(left)]
    return {
        "ok": not faults,
        "figures": {"strings": len(STRINGS), "forms": len(wanted), **figures},
        "note": "; ".join(faults),
    }


def _uncontrolled(left: Left) -> Iterator[str]:
    """Places in which the search does not even find what belongs there."""
    for place, control in (
        ("database", CONTROL),
        ("backup", CONTROL),
        ("rows", CONTROL),
        ("printed", ROUTE),
        ("spans", ROUTE),
        ("metrics", ROUTE),
        ("answers", "/problems/malformed"),
    ):
        if control.encode() not in left.places[place]:
            yield f"the control was not found in {place}"


def _planted(
    kind: Kind, folder: Path, server: Postgres | None, left: Left, faults: list[str], strings: Sequence[str]
) -> dict[str, Value]:
    listed = folder.with_suffix(".json")
    listed.write_text(json.dumps(_screening()), encoding="utf-8")
    first_wal = _wal_file(server) if kind == "postgresql" else ""
    with collecting() as collector:
        port = free_port()
        more = {"log_level": "debug", "otlp_endpoint": collector.url, "metrics_port": str(port)}
        installation = install(kind, folder, server, screening_lists=f"own={listed}", **more)
        reviewers = _clients(installation)
        printed = folder / "printed.log"
        with serving(installation, printed) as running:
            planter = Planter(running.url, installation, *reviewers)
            planter.accepted()
            planter.refused()
            planter.malformed(strings)
            with _tables_away(installation):
                broken = planter.breaking()
            time.sleep(1)  # the log takes what was accepted
            left.add("metrics", httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).content)
            left.add("answers", *planter.said)
            backup = Scene(installation, None).command("db", "backup", str(folder / "backup"))  # type: ignore[arg-type]
            assert backup.exit_code == 0, backup.stderr
            left.add("commands", *_commands(installation))
            _keep_database(installation, server, first_wal, left)
            planter.close()
        left.add("spans", *collector.received)
    left.add("printed", printed.read_bytes())
    left.add("backup", *_unzipped(folder / "backup"))
    left.add("files", *_files(installation.settings.data_dir))
    if broken < len(STRINGS):
        faults.append(f"{kind}: only {broken} answers of 5xx were provoked")
    return {
        "requests": sum(planter.statuses.values()),
        "accepted": sum(count for status, count in planter.statuses.items() if status < 300),
        "refused": sum(count for status, count in planter.statuses.items() if 400 <= status < 500),
        "broken": broken,
    }


def _screening() -> dict[str, object]:
    """A list on which two of them stand, outside of what is searched: a list is public, and says nothing of who applied."""
    entries = [
        {"id": "P-1", "kind": "individual", "names": [LISTED.person.full_name], "births": [LISTED.person.birth_date]},
        {"id": "P-2", "kind": "individual", "names": [REVIEWED.person.full_name], "births": ["1950"]},
    ]
    return {"type": "credence/screening-list/1", "version": "1", "entries": entries}


def _clients(installation: Installation) -> tuple[str, str]:
    """The control, and two reviewers, whose keys are answered."""
    added = Scene(installation, None).command(
        "client", "add", "control.example", "--name", CONTROL, "--scope", "issuer:cases"
    )  # type: ignore[arg-type]
    assert added.exit_code == 0, added.stderr
    with installation.opened() as office:
        first, second = (f"{name}.example" for name in ("reviewer", "second"))
        reviewers = [new_client(office.services, name, [Scope.ISSUER_REVIEW]).key for name in (first, second)]
        return reviewers[0], reviewers[1]


def _commands(installation: Installation) -> Iterator[bytes]:
    """What commands print that were given a string where something else belongs, unless they only repeat their arguments."""
    scene = Scene(installation, None)  # type: ignore[arg-type]
    for planted in STRINGS[::8]:
        for words in (
            ("issuer", "cases", planted),
            ("issuer", "decide", planted, "approve", "--reason", "looked-at"),
            ("client", "show", planted),
            ("ledger", "prove", planted),
        ):
            outcome = scene.command(*words)
            assert outcome.exit_code != 0
            yield outcome.stderr.encode()


@contextmanager
def _tables_away(installation: Installation) -> Iterator[None]:
    """Takes tables away from under the service, so that the database's own errors come, with all that they quote."""

    def rename(statement: str) -> None:
        store = stores_of(installation.settings)["issuer"]
        with store.engine.begin() as connection:
            for name in _MOVED:
                connection.execute(text(statement.format(name)))
        store.close()

    rename("ALTER TABLE {0} RENAME TO {0}_away")
    try:
        yield
    finally:
        rename("ALTER TABLE {0}_away RENAME TO {0}")


def _keep_database(installation: Installation, server: Postgres | None, first_wal: str, left: Left) -> None:
    """Every byte that the database keeps while it runs; rows too, since a page may hold them compressed."""
    store = stores_of(installation.settings)["issuer"]
    with store.reading() as session:
        connection = session.connection()
        names = list(connection.exec_driver_sql(_TABLES[installation.kind]).scalars())
        cells = (cell for name in names for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"') for cell in row)
        left.add("rows", b"\n".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in cells))
    store.close()
    if server is None or installation.kind == "sqlite":
        data = installation.settings.data_dir
        left.add("database", *(path.read_bytes() for path in sorted(data.glob("*.sqlite3*"))))
        return
    with server.connect(name_of(installation.values["database_url"])) as connection:
        connection.execute("CHECKPOINT")
        (oid,) = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchone() or (0,)
    left.add("database", *_files(server.data / "base" / str(oid)))
    logs = [path for path in (server.data / "pg_wal").iterdir() if path.is_file() and path.name >= first_wal]
    left.add("write-ahead log", *(path.read_bytes() for path in logs))
    left.add("database server's log", (server.data.parent / "log").read_bytes())
    others = [path for path in server.data.iterdir() if path.name not in ("base", "pg_wal")]
    left.add("database server's files", *(content for path in others for content in _files(path)))


_TABLES: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


def _wal_file(server: Postgres | None) -> str:
    assert server is not None
    with server.connect() as connection:
        (name,) = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchone() or ("",)
    return str(name)


def _files(folder: Path) -> list[bytes]:
    paths = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    return [path.read_bytes() for path in paths if path.is_file()]


def _unzipped(folder: Path) -> Iterator[bytes]:
    """A backup's files as they are, and what is packed in them."""
    for path in sorted(folder.iterdir()):
        yield path.read_bytes()
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as packed:
                yield from (packed.read(name) for name in packed.namelist())
