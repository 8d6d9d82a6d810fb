"""Whether a process can do its work: each check has a name, and each way to fail it a word."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from threading import Lock
from types import MappingProxyType
from typing import Final

from fastapi import FastAPI

from credence.service.app.checkpointing import Checkpointing
from credence.service.app.sequencing import Sequencing
from credence.service.app.watching import Watch
from credence.service.clock import Clock
from credence.service.issuer.desk import Desk
from credence.service.ledger import records as ledger_records
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.store import schema

OK: Final = "ok"

EARLIEST: Final = 1_767_225_600
"""2026-01-01: a clock before it was never set."""

SKEW: Final = 5
"""Seconds by which the clocks of two replicas may differ, and a clock may be set without being said to have jumped."""

STEADY: Final = 60
"""Seconds for which a clock that jumped has to run evenly before it is believed again."""

FRESH: Final = 1.0
"""Seconds for which checks count as made just now."""

CAUSES: Final = {
    "database": ("unreachable",),
    "schema": ("other-version", "unreachable"),
    "keyring": ("missing",),
    "clock": ("never-set", "behind-the-log", "jumped", "unreachable"),
    "ledger": ("starting", "stale", "unreconciled", "damaged"),
    "revocations": ("starting", "stale"),
    "signer": ("away",),
    "tagger": ("away",),
}
"""The words with which each check can fail. ``unreachable`` is the database; docs/operating.md says what to do."""


class Pace:
    """Compares a clock with one that nobody can set. Safe for several threads.

    ``steady`` answers seconds from any beginning, such as ``time.monotonic``. A machine that slept has jumped too.
    """

    def __init__(self, clock: Clock, steady: Callable[[], float]) -> None:
        self._clock: Final = clock
        self._steady: Final = steady
        self._lock: Final = Lock()
        self._seen = clock(), steady()
        self._jumped_at: float | None = None

    def is_even(self) -> bool:
        """Whether the clock has gone as fast as time for the last ``STEADY`` seconds, as far as this was asked."""
        with self._lock:
            wall, steady = self._clock(), self._steady()
            ahead = (wall - self._seen[0]) - (steady - self._seen[1])
            self._seen = wall, steady
            if abs(ahead) > SKEW:
                self._jumped_at = steady
                logger().warning("clock.jumped", size=round(ahead))
            return self._jumped_at is None or steady - self._jumped_at >= STEADY


class Latest:
    """What the checks found last: whoever asks again and again costs what asking once does, and so do many who ask at once.

    Without a ``steady`` clock (see :class:`Pace`) nothing is remembered. For one event loop.
    """

    def __init__(self, steady: Callable[[], float] | None) -> None:
        self._steady: Final = steady
        self._found: tuple[float, Mapping[str, str]] | None = None
        self._looking: asyncio.Task[Mapping[str, str]] | None = None

    async def checks(self, look: Callable[[], Awaitable[Mapping[str, str]]]) -> Mapping[str, str]:
        """What was found within the last ``FRESH`` seconds, else what ``look`` finds: the one that somebody waits for, or a
        new one."""
        if self._steady is not None and self._found is not None and self._steady() - self._found[0] < FRESH:
            return self._found[1]
        if self._looking is None:
            self._looking = asyncio.ensure_future(self._look(look))
        return await asyncio.shield(self._looking)

    async def _look(self, look: Callable[[], Awaitable[Mapping[str, str]]]) -> Mapping[str, str]:
        try:
            found = await look()
        finally:
            self._looking = None
        if self._steady is not None:
            self._found = self._steady(), found
        return found


def judge(
    services: Services,
    sequencing: Sequencing | None,
    pace: Pace | None,
    revocations: Callable[[], str] | None = None,
    keepers: Mapping[str, Callable[[], str]] = MappingProxyType({}),
) -> dict[str, str]:
    """Each check by name: ``ok``, or the word of what is wrong (:data:`CAUSES`). Blocks."""
    checks: dict[str, Callable[[], str]] = {
        "database": lambda: _database(services),
        "schema": lambda: _schema(services),
        "keyring": lambda: OK if services.settings.keyring_path.is_file() else "missing",
        "clock": lambda: _clock(services, pace),
    }
    if sequencing is not None:
        checks["ledger"] = lambda: _ledger(services, sequencing)
    if revocations is not None:
        checks["revocations"] = revocations
    checks |= keepers
    return {name: _found(check) for name, check in checks.items()}


def revocations_of(app: FastAPI) -> Callable[[], str] | None:
    """Judges whether an issuer publishes checkpoints, and whether a verifier hears of those of others.

    None for a process that does neither.
    """
    publishing: Checkpointing | None = getattr(app.state, "checkpointing", None)
    watch: Watch | None = getattr(app.state, "watch", None)
    polled = watch.board if watch is not None and watch.is_polling else None
    if publishing is None and polled is None:
        return None

    def found() -> str:
        words = {OK if polled is None else polled.state()}
        if publishing is not None and publishing.is_late():
            words.add("starting" if publishing.last_run is None else "stale")
        return next((word for word in CAUSES["revocations"] if word in words), OK)

    return found


def keepers_of(app: FastAPI) -> Mapping[str, Callable[[], str]]:
    """Judges whether those that keep the issuer's keys in processes of their own are at hand; nothing where none does."""
    desk = getattr(app.state, "issuer", None)
    if not isinstance(desk, Desk):
        return {}
    settings = desk.services.settings
    checks: dict[str, Callable[[], str]] = {}
    if settings.signer_socket is not None:
        checks["signer"] = lambda: OK if desk.keys.is_at_hand() else "away"
    if settings.tagger_socket is not None:
        checks["tagger"] = lambda: OK if desk.tags.is_at_hand() else "away"
    return checks


def _found(check: Callable[[], str]) -> str:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - a check that cannot be made has failed
        logger().warning("check.failed", error=type(error).__name__)
        return "unreachable"


def _database(services: Services) -> str:
    for store in dict.fromkeys(services.stores.values()):
        store.ping()
    return OK


def _schema(services: Services) -> str:
    stores = dict.fromkeys(services.stores.values())
    return OK if all(schema.is_at_head(store.engine) for store in stores) else "other-version"


def _clock(services: Services, pace: Pace | None) -> str:
    if services.clock() < EARLIEST:
        return "never-set"
    if pace is not None and not pace.is_even():
        return "jumped"
    with services.store("ledger").reading() as session:
        newest = ledger_records.newest_checkpoint(session)
    behind = newest is not None and services.clock() + SKEW < newest.minute * 60
    return "behind-the-log" if behind else OK


def _ledger(services: Services, sequencing: Sequencing) -> str:
    if sequencing.damaged:
        return "damaged"
    if sequencing.unreconciled:
        return "unreconciled"
    if sequencing.last_run is None:
        return "starting"
    late = services.clock() - sequencing.last_run > services.settings.ledger_max_lag_seconds
    return "stale" if late else OK
