"""What an installation must have before it is served: ``credence doctor``'s second half."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from credence.service.cli.findings import FAILED, OK, WARNING, Check, Look, State, looked
from credence.service.cli.keeper_checks import keeper_checks, purposes_here
from credence.service.cli.opening import database_files
from credence.service.cli.operation_checks import file_checks, store_checks

if TYPE_CHECKING:
    from pathlib import Path

    from credence.service.settings import Settings
    from credence.service.store import Store

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def is_initialised(settings: Settings) -> bool:
    """Whether there is anything of an installation."""
    return any(path.exists() for path in (settings.keyring_path, *database_files(settings)))


def sandbox_check(settings: Settings) -> Check:
    """That it is no sandbox's, whose keys are everybody's: nobody serves one as if it were to be relied on."""
    from credence.service.app.sandboxed import sandbox_mark

    if mark := sandbox_mark(settings):
        why = f"this is a sandbox's, by {mark}, and every key in it is public: credence serve --sandbox"
        return Check("sandbox", FAILED, why)
    return Check("sandbox", OK, "no sandbox's")


def installation_checks(settings: Settings) -> Iterator[Check]:
    """Every check of an installation. Nothing is changed, and no missing file is made."""
    yield from looked({"data-folder": lambda: _folder(settings.data_dir), "keyring": lambda: _keyring(settings)})
    yield from looked(keeper_checks(settings))
    yield from looked(file_checks(settings))
    missing = [path for path in database_files(settings) if not path.is_file()]
    if missing:
        yield Check("database", FAILED, f"{missing[0]} is missing")
    else:
        yield from _database_checks(settings)
    looks: dict[str, Look] = {
        "tariffs": lambda: _tariffs(settings),
        "diligence": lambda: _diligence(settings),
        "mode": lambda: _mode(settings),
        "issuers": lambda: _issuers(settings),
        "vendors": lambda: _vendors(settings),
        "lists": lambda: _lists(settings),
    }
    yield from looked(looks)


def _folder(folder: Path) -> tuple[State, str]:
    if os.name == "posix" and folder.stat().st_mode & _OTHERS:
        return WARNING, f"{folder} may be read by others: its mode should be 0700"
    return OK, str(folder)


def _keyring(settings: Settings) -> tuple[State, str]:
    from credence.service.app.installation import open_keyring

    ring = open_keyring(settings)
    dead = [purpose.value for purpose in purposes_here(settings) if not ring.live(purpose)]
    if dead:
        return FAILED, f"no live key for {', '.join(dead)}; credence keys complete makes those that a new release needs"
    return OK, f"opens, {len(ring.versions())} keys, readable by its owner alone"


def _database_checks(settings: Settings) -> Iterator[Check]:
    from credence.service.app import stores_of

    stores = stores_of(settings, checkpoints=False)
    try:
        databases = list(dict.fromkeys(stores.values()))
        looks: dict[str, Look] = {
            "database": lambda: _answers(databases),
            "migrations": lambda: _migrations(databases),
            "log-clock": lambda: _log_clock(stores["ledger"]),
            "log-witness": lambda: _log_witness(settings, stores["ledger"]),
            **store_checks(settings, stores),
        }
        yield from looked(looks)
    finally:
        for store in stores.values():
            store.close()


def _answers(databases: list[Store]) -> tuple[State, str]:
    kinds = []
    for store in databases:
        store.ping()
        number = ".".join(map(str, store.engine.dialect.server_version_info or ()))
        kinds.append(f"{store.engine.dialect.name} {number}".strip())
    return OK, f"{', '.join(kinds)}"


def _migrations(databases: list[Store]) -> tuple[State, str]:
    from credence.service.store import schema

    if all(schema.is_at_head(store.engine) for store in databases):
        return OK, "every database has this version's schema"
    return FAILED, "a database has another version's schema: run credence db upgrade"


def _log_clock(store: Store) -> tuple[State, str]:
    from credence.service.app.readiness import SKEW
    from credence.service.clock import system_clock
    from credence.service.ledger import records

    with store.reading() as session:
        newest = records.newest_checkpoint(session)
    if newest is None:
        return OK, "the log has no checkpoint yet"
    if system_clock() + SKEW < newest.minute * 60:
        return FAILED, "the machine's clock is behind the log's newest checkpoint"
    return OK, f"later than the newest checkpoint, of {newest.size} entries"


def _log_witness(settings: Settings, store: Store) -> tuple[State, str]:
    from credence.circuits.note import NoteSigner
    from credence.service.app.installation import open_keyring
    from credence.service.clock import system_clock
    from credence.service.keys import KeyringRefused, Purpose
    from credence.service.ledger import Fault, LedgerService, Witness

    try:
        signer = NoteSigner(settings.ledger_origin, open_keyring(settings).signing_key(Purpose.LEDGER))
    except KeyringRefused:
        return WARNING, "not compared, because the keyring does not open"
    witness = Witness(settings.witness_path, signer.verifier)
    finding = LedgerService(store, signer, system_clock, witness=witness).disagreement()
    if finding is None:
        return OK, "the log extends what its witness saw" if settings.witness_path.exists() else "nothing was published yet"
    # a process without the log needs no witness
    state = WARNING if finding.fault is Fault.UNWITNESSED else FAILED
    return state, f"{finding}: credence ledger reconcile"


def _tariffs(settings: Settings) -> tuple[State, str]:
    from credence.service.verifier.tariff import TariffError, load_tariffs

    try:
        tariffs = load_tariffs(settings.tariff_dir)
    except TariffError as error:
        return FAILED, str(error)
    return OK, ", ".join(f"{tariff.name} {tariff.version}" for tariff in tariffs.values())


def _diligence(settings: Settings) -> tuple[State, str]:
    from credence.service.issuer.diligence import SHIPPED, load_table

    return OK, load_table(settings.diligence_file or SHIPPED).version


def _mode(settings: Settings) -> tuple[State, str]:
    from credence.service.settings import Mode

    if settings.mode is Mode.OBLIGED:
        return OK, "obliged: evidence names who keeps the record, every policy has an escrow"
    return OK, "open: nobody can be named, and a policy with an escrow is refused (CREDENCE_MODE)"


def _issuers(settings: Settings) -> tuple[State, str]:
    from credence.service.verifier.issuers import IssuerFiles

    documents = IssuerFiles(settings.trusted_issuers)()
    return OK, ", ".join(document.issuer for document in documents) or "none but this installation's own"


def _vendors(settings: Settings) -> tuple[State, str]:
    from credence.service.adapters.configured import evidence_adapters

    others = [kind for kind in evidence_adapters(settings) if kind != "vendor-jws"]
    if not settings.vendor_keys and not others:
        return WARNING, "none: no evidence is believed (CREDENCE_VENDOR_KEYS)"
    return OK, ", ".join([*settings.vendor_keys, *others])


def _lists(settings: Settings) -> tuple[State, str]:
    from credence.service.adapters.list_folder import ListFolder

    imported = ListFolder(settings.data_dir).newest()
    if not settings.screening_lists and not imported:
        return WARNING, "none: every case waits for a person (credence issuer lists import)"
    for name, path in settings.screening_lists.items():
        if not (path.is_file() and os.access(path, os.R_OK)):
            return FAILED, f"{name} cannot be read: {path}"
    return OK, ", ".join([*settings.screening_lists, *imported])
