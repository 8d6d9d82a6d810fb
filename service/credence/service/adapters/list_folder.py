"""Imported lists, in the issuer's data folder: every version as one file, and one index that names them.

``screening-lists/NAME/DIGEST.json`` is the list in the project's own form; ``screening-lists/index.json`` says which
versions there are, when they came, and what SHA-256 each file has. A file that is not the one that was imported is refused.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from credence.circuits.errors import Malformed
from credence.circuits.fields import Fields
from credence.service.adapters.list_file import read_list, write_list
from credence.service.screening.lists import ListRefused, SanctionsList
from credence.service.store.durable import replacing

FOLDER: Final = "screening-lists"
TYPE: Final = "credence/screening-lists/1"
NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,62}[a-z0-9])?", re.ASCII)
"""What a list may be called: a name that is safe in a path, as the settings have it."""

MAX_VERSIONS: Final = 4_096
"""Versions of all lists that an index names."""


@dataclass(frozen=True, slots=True)
class Imported:
    """One version of a list. ``published`` is an ISO day or empty; ``imported_at`` is a unix second, ``file_digest`` SHA-256
    of the file in hex, ``digest`` that of what was published."""

    name: str
    version: str
    digest: str
    format: str
    published: str
    imported_at: int
    entries: int
    file_digest: str


class ListFolder:
    """The imported lists under an installation's data folder, which may have none yet."""

    def __init__(self, data_dir: Path) -> None:
        self._folder: Final = data_dir / FOLDER

    @property
    def index_file(self) -> Path:
        """Where the versions are named."""
        return self._folder / "index.json"

    def versions(self, name: str | None = None) -> tuple[Imported, ...]:
        """Every version of a list, or of all, oldest first. Raises :class:`ListRefused` for an index that cannot be read."""
        try:
            content = self.index_file.read_bytes()
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ListRefused("the index of imported lists cannot be read") from error
        try:
            fields = Fields(json.loads(content), "index")
            fields.choice("type", TYPE)
            found = fields.items("versions", _imported, maximum=MAX_VERSIONS)
            fields.done()
        except (ValueError, RecursionError, Malformed) as error:
            raise ListRefused("the index of imported lists cannot be read") from error
        return tuple(version for version in found if name is None or version.name == name)

    def newest(self) -> dict[str, Imported]:
        """The version of each list that is searched: the one that was imported last."""
        return {version.name: version for version in self.versions()}

    def read(self, version: Imported) -> SanctionsList:
        """A version's entries. Raises :class:`ListRefused` where its file is missing or is not what was imported."""
        path = self._file(version.name, version.digest)
        found = read_list(version.name, path)
        if hashlib.sha256(path.read_bytes()).hexdigest() != version.file_digest:
            raise ListRefused("an imported list is not what was imported")
        return found

    def keep(self, found: SanctionsList, list_format: str, now: int) -> tuple[Imported, bool]:
        """Stores a list as its newest version; False where it is that already. What a later release reads otherwise in the
        same file takes the place of what was read."""
        known = list(self.versions())
        current = next((version for version in reversed(known) if version.name == found.version.name), None)
        content = write_list(found)
        if current is not None and current.digest == found.version.digest:
            if current.file_digest == hashlib.sha256(content).hexdigest():
                return current, False
            known = [version for version in known if (version.name, version.digest) != (current.name, current.digest)]
        new = Imported(
            name=found.version.name,
            version=found.version.version,
            digest=found.version.digest,
            format=list_format,
            published="" if found.published is None else found.published.isoformat(),
            imported_at=now,
            entries=len(found.entries),
            file_digest=hashlib.sha256(content).hexdigest(),
        )
        path = self._file(new.name, new.digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as file:
            file.write(content)
        with replacing(self.index_file) as file:
            file.write(_written([*known, new]))
        return new, True

    def _file(self, name: str, digest: str) -> Path:
        return self._folder / name / f"{digest}.json"


def _written(versions: list[Imported]) -> bytes:
    members = [{key: value for key, value in asdict(version).items() if value != ""} for version in versions]
    return json.dumps({"type": TYPE, "versions": members[-MAX_VERSIONS:]}, indent=1).encode() + b"\n"


def _imported(value: object) -> Imported:
    fields = Fields(value, "version")
    found = Imported(
        name=fields.text("name", max_length=64),
        version=fields.text("version", max_length=64),
        digest=fields.text("digest", max_length=64),
        format=fields.text("format", max_length=32),
        published=fields.text("published", max_length=10) if fields.has("published") else "",
        imported_at=fields.integer("imported_at"),
        entries=fields.integer("entries", minimum=1),
        file_digest=fields.text("file_digest", max_length=64),
    )
    fields.done()
    return found


def imported_lists(folder: ListFolder) -> Iterator[SanctionsList]:
    """The newest version of every imported list. Raises :class:`ListRefused`, naming the list."""
    for name, version in folder.newest().items():
        try:
            yield folder.read(version)
        except ListRefused as error:
            raise ListRefused(f"imported list {name}: {error.reason}") from error
