"""Backups: a folder with a copy of each database and a manifest that is written last.

A copy is one state of its database, taken beside a running service: of an SQLite file by its online backup, of a PostgreSQL
database table by table in one snapshot. Several databases are copied one after the other, the log's own last, so that the
copied log has taken at least what the copied outboxes say it took. Keys are no part of a backup, and neither is the log's
witness: that is what a restored log is held against.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from sqlalchemy import MetaData

from credence.service.errors import ServiceError
from credence.service.store import durable, postgresql_copy, sqlite_copy
from credence.service.store.database import Store
from credence.service.store.faults import translated

FORMAT: Final = "credence/backup/1"

MANIFEST: Final = "manifest.json"

_LOG: Final = "ledger"


class BackupRefused(ServiceError):
    """A backup that cannot be made there, or cannot be restored here."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One database: ``file`` in the backup's folder, whose tables it holds, its schema's revision, and rows by table."""

    file: str
    kind: str
    owners: tuple[str, ...]
    revision: str
    rows: Mapping[str, int]
    sha256: str

    def to_json(self) -> dict[str, Any]:
        """The manifest's form."""
        return {
            "file": self.file,
            "kind": self.kind,
            "owners": list(self.owners),
            "revision": self.revision,
            "rows": dict(self.rows),
            "sha256": self.sha256,
        }

    @classmethod
    def parse(cls, value: Any) -> Self:
        """Raises :class:`BackupRefused` for anything else than a database of a manifest."""
        try:
            found = cls(
                str(value["file"]),
                str(value["kind"]),
                tuple(map(str, value["owners"])),
                str(value["revision"]),
                {str(name): int(number) for name, number in value["rows"].items()},
                str(value["sha256"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BackupRefused("the backup's manifest is malformed") from error
        if Path(found.file).name != found.file or found.kind not in ("sqlite", "postgresql"):
            raise BackupRefused("the backup's manifest is malformed")
        return found


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup in ``folder``, made at ``made_at`` (unix seconds)."""

    folder: Path
    made_at: int
    copies: tuple[Copy, ...]

    def to_json(self) -> dict[str, Any]:
        """The manifest."""
        return {"format": FORMAT, "made_at": self.made_at, "databases": [copy.to_json() for copy in self.copies]}


Databases = Sequence[tuple[Store, Sequence[str]]]
"""Each database, and the owners of the tables that are used in it."""


def back_up(databases: Databases, folder: Path, metadata: MetaData, *, now: int) -> Backup:
    """Copies every database into a new ``folder`` of mode 0700; ``now`` in unix seconds.

    Raises :class:`BackupRefused` where the folder exists and is not empty, or a database has no schema.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise BackupRefused("a backup is made in a new folder: this one is not empty")
    copies = []
    for number, (store, owners) in enumerate(sorted(databases, key=lambda database: _LOG in database[1])):
        kind = store.engine.dialect.name
        path = folder / f"{number}-{'-'.join(owners)}.{'sqlite3' if kind == 'sqlite' else 'zip'}"
        with translated(writing=False):
            save = sqlite_copy.save if kind == "sqlite" else postgresql_copy.save
            revision, rows = save(store.engine, path, metadata)
        if revision is None:
            raise BackupRefused("a database has no schema: run credence db upgrade")
        copies.append(Copy(path.name, kind, tuple(owners), revision, rows, _digest(path)))
    made = Backup(folder, now, tuple(copies))
    with durable.replacing(folder / MANIFEST) as file:
        file.write(json.dumps(made.to_json(), indent=1).encode() + b"\n")
    return made


def read_backup(folder: Path) -> Backup:
    """The backup in a folder, every copy compared with its digest. Raises :class:`BackupRefused` for any other folder."""
    try:
        document = json.loads((folder / MANIFEST).read_bytes())
    except FileNotFoundError as error:
        raise BackupRefused("there is no manifest: this is no backup, or one that was not finished") from error
    except (OSError, ValueError) as error:
        raise BackupRefused("the backup's manifest cannot be read") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT or not isinstance(document.get("databases"), list):
        raise BackupRefused("not a backup of a known format")
    copies = tuple(Copy.parse(value) for value in document["databases"])
    for copy in copies:
        if _digest(folder / copy.file) != copy.sha256:
            raise BackupRefused(f"{copy.file} is not what was backed up")
    return Backup(folder, int(document.get("made_at", 0)), copies)


def restore(backup: Backup, databases: Databases, metadata: MetaData, *, overwrite: bool = False) -> None:
    """Puts every copy in the place of the database of the same owners. Each is replaced as a whole or not at all.

    Nobody may use the databases meanwhile. A copy of an SQLite file may go into PostgreSQL, not the other way. Raises
    :class:`BackupRefused` where owners or kinds do not fit, where a database is used, where it holds tables already, unless
    ``overwrite``, or tables that are not ours.
    """
    by_owners = {frozenset(copy.owners): copy for copy in backup.copies}
    if set(by_owners) != {frozenset(owners) for _, owners in databases}:
        raise BackupRefused("the backup was made of databases that were divided among the parties in another way")
    for store, owners in databases:
        copy = by_owners[frozenset(owners)]
        path = backup.folder / copy.file
        try:
            with translated():
                if store.engine.dialect.name == "postgresql":
                    postgresql_copy.load(store.engine, path, metadata, copy.revision, copy.rows, overwrite=overwrite)
                elif copy.kind == "sqlite":
                    sqlite_copy.load(store.engine, path, overwrite=overwrite)
                else:
                    raise BackupRefused("a copy of a PostgreSQL database goes into PostgreSQL only")
        except postgresql_copy.Unfit as error:
            raise BackupRefused(str(error)) from error
        finally:
            store.close()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BackupRefused(f"{path.name} cannot be read") from error
