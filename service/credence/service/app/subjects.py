"""The store of subjects' keys of an installation: made once, opened with the keyring, copied apart from everything else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

from credence.circuits.encoding import Rng, b64u, b64u_decode
from credence.circuits.errors import CircuitError
from credence.circuits.fields import canonical_json
from credence.service.errors import ServiceError, Unavailable
from credence.service.forgetting import Keeping, SubjectKeys, load_retention
from credence.service.forgetting import records as subjects
from credence.service.forgetting.terms import DAY_SECONDS, SHIPPED
from credence.service.keys import Keyring, Purpose
from credence.service.settings import Settings
from credence.service.store import Store, durable
from credence.service.store.backup import BackupRefused
from credence.service.store.engine import make_engine

COPY: Final = "credence/subject-keys/1"


def make_subject_keys(settings: Settings) -> None:
    """Makes the store and its table unless they are there."""
    engine = make_engine(settings.subject_keys_database, log=False)
    try:
        subjects.make(engine)
    finally:
        engine.dispose()


def open_keeping(settings: Settings, keyring: Keyring, rng: Rng, parties: Iterable[str]) -> Keeping:
    """What is kept and forgotten with. Raises :class:`~credence.service.errors.Unavailable` where a party of this process
    seals and the store is not there, :class:`~credence.service.errors.Misconfigured` for a retention table that is refused.
    """
    table = load_retention(settings.retention_file or SHIPPED)
    keys = SubjectKeys(Store(settings.subject_keys_database, log=False), keyring.secret(Purpose.SUBJECTS), rng)
    try:
        if {"issuer", "verifier"} & set(parties):
            keys.check()
    except ServiceError:
        keys.store.close()
        raise
    return Keeping(keys, table, settings.mode)


def copy_keys(keys: SubjectKeys, path: Path, *, now: int) -> int:
    """Copies every key, sealed as it is, into a new file of mode 0600; how many. ``now`` in unix seconds.

    Raises :class:`BackupRefused` where the file exists.
    """
    if path.exists():
        raise BackupRefused("the file exists already")
    with keys.store.reading() as session:
        rows = [
            {name: b64u(value) if isinstance(value, bytes) else value for name, value in row.items()}
            for row in subjects.every(session)
        ]
    document: dict[str, Any] = {"type": COPY, "made_at": now, "keys": rows}
    document["sha256"] = hashlib.sha256(canonical_json(document)).hexdigest()
    with durable.replacing(path) as file:
        file.write(json.dumps(document, indent=1).encode() + b"\n")
    return len(rows)


def read_copy(path: Path, *, now: int, max_age_days: int | None) -> list[dict[str, Any]]:
    """The rows of a copy. Raises :class:`BackupRefused` for one that is not whole, or is older than copies may be kept."""
    try:
        document = json.loads(path.read_bytes())
        digest = document.pop("sha256")
        made_at, whole = int(document["made_at"]), hashlib.sha256(canonical_json(document)).hexdigest() == digest
        if document["type"] != COPY or not whole:
            raise BackupRefused("the copy of the subjects' keys is not whole")
        binary = ("key_id", "subject", "sealed")
        rows = [{**row, **{name: b64u_decode(row[name], max_length=256) for name in binary}} for row in document["keys"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, CircuitError) as error:
        raise BackupRefused("the copy of the subjects' keys cannot be read") from error
    if max_age_days is not None and now - made_at > max_age_days * DAY_SECONDS:
        raise BackupRefused(f"the copy is older than {max_age_days} days: it would undo what was erased since")
    return rows


def put_back(keys: SubjectKeys, rows: list[dict[str, Any]]) -> int:
    """Puts every key of a copy back that is not there; how many there are then. What was destroyed since is destroyed again
    by whoever keeps house, as the databases say."""
    subjects.make(keys.store.engine)
    for row in rows:
        keys.store.run(partial(subjects.add, values=row))
    return keys.count()


def prepare_subject_keys(settings: Settings, databases: Iterable[Store]) -> None:
    """Makes the store for databases of before there was one. One that is lost is not made anew: what it sealed would look as
    if it had been erased. Raises :class:`~credence.service.errors.Unavailable`.
    """
    for store in databases:
        with store.reading() as session:
            if subjects.is_sealed_with(session) and not _is_there(settings):
                raise Unavailable("the store of subjects' keys is gone, and there is something sealed: restore it")
    make_subject_keys(settings)


def _is_there(settings: Settings) -> bool:
    store = Store(settings.subject_keys_database, log=False)
    try:
        with store.reading() as session:
            return subjects.is_made(session)
    finally:
        store.close()
