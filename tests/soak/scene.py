"""The scene of a crime against the log: an installation with a short history, what others kept of it, and who looks.

Three checkpoints: what an installation begins with and a registration, then a credential and an acceptance, and both once
more. A backup was made at the first, somebody kept the others. Every attack has a copy of its own.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from sqlalchemy import text
from typer.testing import CliRunner

from credence.circuits.merkle import Tree, leaf_hash
from credence.circuits.note import Checkpoint, NoteSigner, open_checkpoint
from credence.circuits.wire import IssuerDocument
from credence.sdk import HttpTransport
from credence.sdk.auditor import Auditor, Seen
from credence.sdk.calls.verifier import VerifierDocument
from credence.sdk.messages import Request, Response, Transport
from credence.service.app import create_app, stores_of
from credence.service.app.installation import open_keyring
from credence.service.auth import Role, register_client
from credence.service.cli import program
from credence.service.demo.server import serving
from credence.service.keys import Purpose
from credence.service.verifier.admission import judge
from credence.service.verifier.document import verifier_document
from tests.service.postgres import Postgres
from tests.soak.installations import Installation, Kind, Office, install

NORTH: Final = "north.example"


class Detected(Exception):
    """``credence ledger verify`` ended with findings: the faults, sorted."""


@dataclass(frozen=True)
class Kept:
    """What people outside have: three checkpoints, two attestations, two receipts, both documents.

    ``sizes`` are those of the checkpoints, ``places`` where the two attestations stand in the log.
    """

    notes: Sequence[str]
    sizes: Sequence[int]
    places: Sequence[int]
    attestations: Sequence[tuple[str, bytes]]
    receipts: Sequence[dict[str, Any]]
    issuer: IssuerDocument
    verifier: VerifierDocument
    backup: Path


@dataclass
class Scene:
    """One copy. ``lie`` stands between the service and whoever asks it; by default it changes nothing."""

    installation: Installation
    kept: Kept
    lie: Callable[[Request, Response], Response] = field(default=lambda _request, response: response)
    other: Scene | None = field(default=None)
    """What somebody else is shown in the place of this one."""

    # --- the operator, or whoever has the operator's passwords and keys ---

    def sql(self, statement: str, **values: object) -> int:
        """Changes rows. Something must have changed.

        ``:zeros`` are 32 of them, ``:first`` and ``:second`` the attestations' places, ``:middle`` and ``:end`` the sizes of
        the last two checkpoints.
        """
        known = {"zeros": bytes(32), "first": self.first, "second": self.second, "middle": self.middle, "end": self.end}
        values |= {name: value for name, value in known.items() if f":{name}" in statement}
        store = stores_of(self.installation.settings)["ledger"]
        try:
            with store.engine.begin() as connection:
                changed = connection.execute(text(statement), values).rowcount
        finally:
            store.close()
        assert changed, statement
        return changed

    @property
    def first(self) -> int:
        return self.kept.places[0]

    @property
    def second(self) -> int:
        return self.kept.places[1]

    @property
    def middle(self) -> int:
        return self.kept.sizes[1]

    @property
    def end(self) -> int:
        return self.kept.sizes[2]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        store = stores_of(self.installation.settings)["ledger"]
        try:
            with store.engine.begin() as connection:
                return [tuple(row) for row in connection.execute(text(statement))]
        finally:
            store.close()

    @property
    def signer(self) -> NoteSigner:
        settings = self.installation.settings
        return NoteSigner(settings.ledger_origin, open_keyring(settings).signing_key(Purpose.LEDGER))

    @property
    def witness(self) -> Path:
        return self.installation.settings.witness_path

    def signed(self, size: int, root: bytes, signer: NoteSigner | None = None, origin: str | None = None) -> str:
        """A checkpoint that says so."""
        by = signer or self.signer
        return by.sign(Checkpoint(origin or by.name, size, root).text())

    def root(self, size: int) -> bytes:
        """The root over the rows as they are now."""
        return Tree(leaf_hash(leaf) for (leaf,) in self.rows('SELECT leaf FROM ledger_entries ORDER BY "index"')).root(size)

    def sign_anew(self) -> None:
        """Every checkpoint over the rows as they are now."""
        leaves = len(self.rows("SELECT leaf FROM ledger_entries"))
        self.sql("DELETE FROM ledger_checkpoints")
        for size in sorted({min(size, leaves) for size in (*self.kept.sizes, leaves)}):
            self.publish(size, self.root(size))

    def publish(self, size: int, root: bytes, note: str | None = None) -> None:
        """Stores a checkpoint."""
        statement = "INSERT INTO ledger_checkpoints (size, root, note, minute) VALUES (:size, :root, :note, 0)"
        self.sql(statement, size=size, root=root, note=note or self.signed(size, root))

    def restore(self) -> None:
        """``credence db restore`` of the backup that was made at the first checkpoint."""
        assert self.command("db", "restore", str(self.kept.backup), "--yes").exit_code == 0

    def live_on(self, number: int = 7) -> None:
        """Another person's credential, another acceptance, and a checkpoint by who has the key and no witness."""
        with self.installation.opened(checkpoints=True) as office:
            _live(office, number)
            replace(office.services.ledger, witness=None).sequence()

    def command(self, *words: str) -> Any:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("CREDENCE_")}
        with patch.dict(os.environ, clean | self.installation.environment, clear=True):
            return CliRunner().invoke(program(), list(words))

    # --- those who look ---

    def verify(self, *seen: str) -> None:
        """``credence ledger verify``, with checkpoints that were kept. Raises :class:`Detected`."""
        files = []
        for note in seen:
            path = self.installation.settings.data_dir / f"{secrets.token_hex(4)}.note"
            path.write_text(note)
            files += ["--seen", str(path)]
        outcome = self.command("ledger", "verify", "--json", *files)
        found = json.loads(outcome.stdout)
        assert outcome.exit_code == (0 if found["ok"] else 1), outcome.stderr
        if not found["ok"]:
            raise Detected(", ".join(sorted({finding["fault"] for finding in found["findings"]})))

    def sequence(self) -> None:
        """What a process of the log does every quarter of a second. Raises as it does."""
        with self.installation.opened(checkpoints=True) as office:
            office.services.ledger.sequence()

    @contextmanager
    def asked(self) -> Iterator[Transport]:
        """The service on a port of loopback, and the way to it."""
        with ExitStack() as exits:
            server = exits.enter_context(serving(create_app(self.installation.settings)))
            way = exits.enter_context(HttpTransport(server.url))
            yield Between(way, self.lie)

    def auditor(self, way: Transport, *, remembers: int | None = None) -> Auditor:
        """Somebody who pinned the log, and may remember a checkpoint of it, by its number."""
        vkey = self.kept.verifier.log_vkey
        return Auditor(way, vkey, seen=None if remembers is None else Seen(vkey, self.kept.notes[remembers]))


@dataclass(frozen=True)
class Between:
    """A way to a service that somebody else controls."""

    way: Transport
    change: Callable[[Request, Response], Response]

    def send(self, request: Request) -> Response:
        return self.change(request, self.way.send(request))


def _live(office: Office, number: int) -> tuple[tuple[str, bytes], dict[str, Any]]:
    """A person gets a credential and shows it: attestation id and leaf, and the signed receipt."""
    held = office.holder(number)
    request = office.asked()
    judged = judge(office.verifier, request.session_id, office.proven(request, held))
    assert judged.reason == "accepted"
    return (held.attestation_id, held.leaf), json.loads(judged.answer)["receipt"]


class Stage:
    """Makes the history once, and hands out copies."""

    def __init__(self, kind: Kind, folder: Path, server: Postgres | None) -> None:
        self._server, self._folder, self._copies = server, folder, 0
        made = install(kind, folder / "first", server, ledger_interval_ms="60000")
        self._installation = made
        with made.opened(checkpoints=True) as office:
            services = office.services
            with services.store("auth").transaction() as session:
                register_client(session, NORTH, "North", Role.VENUE, now=services.clock(), rng=services.rng)
            services.ledger.sequence()
            notes, lived = [services.ledger.note()], []
            backup = Scene(made, None).command("db", "backup", str(folder / "backup"))  # type: ignore[arg-type]
            assert backup.exit_code == 0, backup.stderr
            for number in range(2):
                lived.append(_live(office, number))
                services.ledger.sequence()
                notes.append(services.ledger.note())
            self._kept = Kept(
                notes=notes,
                sizes=[open_checkpoint(note, services.ledger.verifier).size for note in notes],
                places=[services.ledger.inclusion(leaf).index for (_, leaf), _ in lived],
                attestations=[attestation for attestation, _ in lived],
                receipts=[receipt for _, receipt in lived],
                issuer=office.document,
                verifier=VerifierDocument.parse(verifier_document(services)),
                backup=folder / "backup",
            )

    def copy(self) -> Scene:
        """Untouched."""
        self._copies += 1
        first = self._installation
        data = self._folder / f"copy{self._copies}"
        shutil.copytree(first.settings.data_dir, data)
        values = {**first.values, "data_dir": str(data)}
        if self._server is not None and "database_url" in values:
            values["database_url"] = self._server.create(values["database_url"])
        return Scene(replace(first, values=values), self._kept)
