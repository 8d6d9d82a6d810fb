"""Housekeeping: what has expired and is nobody's record goes, a little at a time, in every process, and what is over is
closed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from credence.service.app.erasures import Erasure, erasures
from credence.service.auditor import records as auditor
from credence.service.auth import records as auth
from credence.service.idempotency import records as idempotency
from credence.service.issuer.inbox import records as inbox
from credence.service.issuer.standings import records as renewals
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.store import Store
from credence.service.verifier import records as verifier
from credence.service.verifier.denials import close_minutes
from credence.service.verifier.persons import purge as purge_persons
from credence.service.verifier.webhooks import outbox
from credence.service.verifier.webhooks.records import VerifierDelivery

BATCH: Final = 500
"""Rows that one transaction deletes."""

MAX_BATCHES: Final = 20
"""Transactions of one chore in one round; the next round goes on."""


_EFFECTS: Final = ("issuer", "verifier", "reputation")
"""Parties that keep answers for a repeat."""


@dataclass(frozen=True)
class Chore:
    """Something to be deleted from ``store``, or closed: ``work`` does so with up to ``limit`` rows and says how many.

    Several processes may do the same one at once: rows that one of them deletes are left alone by the others.
    """

    name: str
    store: Store
    work: Callable[..., int]

    def run(self) -> int:
        """Does it in batches, and says how many rows that were. Raises as :meth:`Store.run`."""
        done = 0
        for _ in range(MAX_BATCHES):
            gone = self.store.run(self._batch)
            done += gone
            if gone < BATCH:
                break
        return done

    def _batch(self, session: Session) -> int:
        return self.work(session, limit=BATCH)


def chores(services: Services) -> Iterator[Chore | Erasure]:
    """What there is to do now in the databases of the parties of this process."""
    now, parties = services.clock(), services.parties
    effects = dict.fromkeys(services.store(party) for party in _EFFECTS if party in parties)
    for store in effects:
        yield Chore("idempotency-answers", store, partial(idempotency.purge, now=now))
    if "issuer" in parties:
        yield Chore("challenges", services.store("issuer"), partial(inbox.purge_challenges, now=now))
        yield Chore("renewals", services.store("issuer"), partial(renewals.purge_renewals, now=now))
        yield Chore("standings", services.store("issuer"), partial(renewals.purge_standings, now=now))
    yield Chore("spent-ids", services.store("auth"), partial(auth.forget_spent, now=now))
    if "verifier" in parties:
        before = now - services.settings.session_retention_seconds
        work = partial(verifier.purge_unanswered, before=before, held_by=VerifierDelivery.session_id)
        yield Chore("settled-deliveries", services.store("verifier"), partial(outbox.purge, now=now))
        yield Chore("statements", services.store("verifier"), partial(purge_persons, now=now))
        yield Chore("use-tags", services.store("verifier"), partial(verifier.purge_uses, now=now))
        yield Chore("unanswered-sessions", services.store("verifier"), work)
    if "auditor" in parties:
        yield Chore("opening-shares", services.store("auditor"), partial(auditor.purge_shares, now=now))
    yield from erasures(services)


def closings(services: Services) -> Iterator[Chore]:
    """What is over and is to be closed now: nothing of it is deleted."""
    if "verifier" in services.parties:
        closing = partial(close_minutes, verifier=services.settings.verifier_id, now=services.clock(), rng=services.rng)
        yield Chore("denied-minutes", services.store("verifier"), closing)


def sweep(services: Services) -> Mapping[str, int]:
    """One round by hand: how many rows of each kind it deleted. Raises as :meth:`Store.run`."""
    done: Counter[str] = Counter()
    for chore in chores(services):
        done[chore.name] += chore.run()
    return dict(done)


class Housekeeping:
    """Does every chore each ``interval`` seconds. One that fails is logged, and keeps no other from being done."""

    def __init__(self, services: Services, interval: float) -> None:
        self._services: Final = services
        self._interval: Final = interval
        self._stop: Final = asyncio.Event()

    async def run(self) -> None:
        """Returns after :meth:`stop`, at the end of the chore that is under way."""
        while not await self._stopped():
            for chore in (*closings(self._services), *chores(self._services)):
                if self._stop.is_set():
                    return
                await self._do(chore)

    def stop(self) -> None:
        """Ends :meth:`run` soon."""
        self._stop.set()

    async def _stopped(self) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), self._interval)
        return self._stop.is_set()

    @staticmethod
    async def _do(chore: Chore | Erasure) -> None:
        try:
            done = await run_in_threadpool(chore.run)
        except Exception as error:  # noqa: BLE001 - what could not be deleted now is deleted later
            logger().error("housekeeping.failed", reason=chore.name, error=type(error).__name__)
            return
        if done:
            logger().info("housekeeping.done", reason=chore.name, count=done)


@asynccontextmanager
async def keeping_house(services: Services) -> AsyncIterator[None]:
    """Keeps house for as long as the block lasts."""
    keeper = Housekeeping(services, services.settings.housekeeping_seconds)
    task = asyncio.create_task(keeper.run(), name="housekeeping")
    try:
        yield
    finally:
        keeper.stop()
        await task
