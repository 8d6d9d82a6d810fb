"""What a running installation wears out or leaves behind: ``credence doctor``'s last part."""

from __future__ import annotations

import ipaddress
import os
import shutil
import stat
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final
from uuid import UUID

from credence.service.cli.findings import FAILED, OK, WARNING, Look, State
from credence.service.cli.machine_checks import DISK_NEEDED, DISK_WANTED
from credence.service.cli.opening import database_files

if TYPE_CHECKING:
    from pathlib import Path

    from credence.service.settings import Settings
    from credence.service.store import Store

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_SUFFIXES: Final = ("", "-wal", "-shm")


def file_checks(settings: Settings) -> dict[str, Look]:
    """Of what lies on this machine's disks and is told to its network."""
    return {
        "files": lambda: _files(settings),
        "database-disk": lambda: _disks(path.parent for path in database_files(settings)),
        "telemetry": lambda: _telemetry(settings),
    }


def store_checks(settings: Settings, stores: Mapping[str, Store]) -> dict[str, Look]:
    """Of what is in the databases, whose schema is this version's."""
    return {
        "database-clock": lambda: _database_clock(stores),
        "log-backlog": lambda: _log_backlog(settings, stores),
        "webhooks": lambda: _webhooks(stores["verifier"]),
        "standings": lambda: _standings(settings, stores),
    }


def _files(settings: Settings) -> tuple[State, str]:
    databases = (path.with_name(path.name + suffix) for path in database_files(settings) for suffix in _SUFFIXES)
    paths = (settings.keyring_path, settings.master_key_path, settings.witness_path, *databases)
    existing = [path for path in paths if path.exists()]
    if os.name != "posix":
        return OK, f"{len(existing)} files; their permissions are not looked at here"
    if others := [str(path) for path in existing if path.stat().st_mode & _OTHERS]:
        return WARNING, f"others may read or write {', '.join(others)}: the mode should be 0600"
    return OK, f"{len(existing)} files, for their owner alone"


def _disks(folders: Iterable[Path]) -> tuple[State, str]:
    free = [shutil.disk_usage(folder).free for folder in folders if folder.is_dir()]
    if not free:
        return OK, "no database lies on this machine as a file"
    detail = f"{min(free) / (1 << 30):.1f} GiB free"
    if min(free) < DISK_NEEDED:
        return FAILED, detail
    return (OK if min(free) >= DISK_WANTED else WARNING), detail


def _telemetry(settings: Settings) -> tuple[State, str]:
    from credence.service.telemetry import open_spans

    open_spans(settings.otlp_endpoint, version="doctor", rng=os.urandom).flush()
    said = ["spans leave for the collector" if settings.otlp_endpoint else "no spans leave"]
    if settings.metrics_port is None:
        return OK, f"{said[0]}, no metrics are served"
    said.append(f"metrics at port {settings.metrics_port}")
    if _is_loopback(settings.metrics_host):
        return OK, ", ".join(said)
    return WARNING, f"{', '.join(said)}, of an address that others may reach: {settings.metrics_host}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _database_clock(stores: Mapping[str, Store]) -> tuple[State, str]:
    from sqlalchemy import text

    from credence.service.app.readiness import SKEW
    from credence.service.clock import system_clock

    servers = [store for store in dict.fromkeys(stores.values()) if store.engine.dialect.name == "postgresql"]
    apart = []
    for store in servers:
        with store.reading() as session:
            theirs = session.connection().execute(text("SELECT extract(epoch FROM clock_timestamp())")).scalar_one()
        apart.append(abs(system_clock() - int(theirs)))
    if not apart:
        return OK, "every database has this machine's clock"
    detail = f"{max(apart)} seconds apart"
    return (OK if max(apart) <= SKEW else WARNING), detail


def _log_backlog(settings: Settings, stores: Mapping[str, Store]) -> tuple[State, str]:
    from credence.service.app.parties import PARTIES
    from credence.service.clock import system_clock
    from credence.service.ledger import records

    waiting, oldest = 0, system_clock()
    for name, party in PARTIES.items():
        if party.outbox_table is None:
            continue
        with stores[name].reading() as session:
            waiting += records.count_pending(session, party.outbox_table)
            for row in records.pending(session, party.outbox_table, 1):
                oldest = min(oldest, _made_at(row.id))
    age = max(0, system_clock() - oldest)
    if not waiting:
        return OK, "the log has taken everything"
    detail = f"{waiting} leaves wait for the log, the oldest for {age} seconds"
    # never a failure: it is the service that would take them
    return (OK if age <= settings.ledger_max_lag_seconds else WARNING), detail


def _made_at(row_id: str) -> int:
    """When a UUIDv7 was made, in unix seconds."""
    return (UUID(row_id).int >> 80) // 1000


def _webhooks(store: Store) -> tuple[State, str]:
    from credence.service.verifier.webhooks import records

    with store.reading() as session:
        waiting, dead = (records.count_deliveries(session, state) for state in (records.WAITING, records.DEAD))
    detail = f"{waiting} waiting, {dead} given up"
    return (WARNING if dead else OK), detail


def _standings(settings: Settings, stores: Mapping[str, Store]) -> tuple[State, str]:
    """Whether the verifier, and an issuer that signs standings, find conduct where they read: in reputation's database as it
    is set here."""
    from sqlmodel import select

    from credence.service.reputation.records import ReputationDay
    from credence.service.verifier import records

    with stores["reputation"].reading() as session:
        reported = session.exec(select(ReputationDay.day).limit(1)).first() is not None
    if reported:
        return (
            OK,
            "conduct was reported: terms and RX flags are read from this database, whichever process serves reputation",
        )
    elsewhere = "where reputation has another database, name it: CREDENCE_REPUTATION_DATABASE_URL"
    if settings.standings:
        return WARNING, f"nothing was reported here: every standing that is signed is a zero record; {elsewhere}"
    with stores["verifier"].reading() as session:
        is_used = next(records.accepted_decisions(session), None) is not None
    if not is_used:
        return OK, "nothing was reported, and nobody accepted yet"
    why = "nothing was reported here: terms rest on what was proven alone, and no RX flag is seen"
    return WARNING, f"{why}; {elsewhere}"
