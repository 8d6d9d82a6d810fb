"""How a verifier hears of revocations and new keys: from the issuer in the same process, or by asking another one every few
seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from credence.circuits.curve import Curve
from credence.service.clock import Clock
from credence.service.issuer.desk import Desk
from credence.service.logs import logger
from credence.service.runtime import Services, TrustedDocuments
from credence.service.settings import Settings
from credence.service.verifier.accumulators import Board, Source
from credence.service.verifier.followed import FOLLOWED_FILE, Followed
from credence.service.verifier.following import FollowedIssuers
from credence.service.verifier.issuer_service import IssuerService

ServiceAt = Callable[[str], IssuerService]
"""Opens the service at an address."""


class Watch:
    """The board of an application, and the services that it is read from."""

    def __init__(
        self,
        app: FastAPI,
        settings: Settings,
        clock: Clock,
        documents: TrustedDocuments,
        curve: Curve,
        service_at: ServiceAt = IssuerService,
    ) -> None:
        self._app: Final = app
        self._own: Final = settings.issuer_id
        self._services: Final[Mapping[str, IssuerService]] = {
            issuer: service_at(url) for issuer, url in settings.issuer_urls.items()
        }
        self.documents: Final = FollowedIssuers(
            documents,
            self._services,
            curve,
            clock,
            Followed(settings.witness_path.with_name(FOLLOWED_FILE) if self._services else None),
        )
        self.board: Final = Board(self.documents, self._source_of, clock, polled=self._services)

    @property
    def is_polling(self) -> bool:
        """Whether there is an issuer to be asked."""
        return bool(self._services)

    def refresh(self) -> None:
        """Asks every issuer once: for its document first, whose accumulators are read then."""
        self.documents.refresh()
        self.board.refresh()

    def close(self) -> None:
        """Closes every connection."""
        for service in self._services.values():
            service.close()

    def _source_of(self, issuer: str) -> Source | None:
        if issuer in self._services:
            return self._services[issuer]
        desk = getattr(self._app.state, "issuer", None)
        return desk.stapler if isinstance(desk, Desk) and issuer == self._own else None


class Polling:
    """Calls ``work`` every ``interval`` seconds."""

    def __init__(self, work: Callable[[], None], interval: float) -> None:
        self._work: Final = work
        self._interval: Final = interval
        self._stop: Final = asyncio.Event()

    async def run(self) -> None:
        """Returns after :meth:`stop`, at the end of the reading that is under way."""
        while not self._stop.is_set():
            try:
                await run_in_threadpool(self._work)
            except Exception as error:  # noqa: BLE001 - whoever stops asking is soon told nothing, and accepts nobody
                logger().error("accumulator.failed", party="verifier", error=type(error).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), self._interval)

    def stop(self) -> None:
        """Ends :meth:`run` soon."""
        self._stop.set()


@asynccontextmanager
async def watching(watch: Watch, services: Services) -> AsyncIterator[None]:
    """Asks other issuers as long as the block runs, where this process verifies."""
    try:
        if "verifier" not in services.parties or not watch.is_polling:
            yield
            return
        polling = Polling(watch.refresh, services.settings.accumulator_poll_seconds)
        task = asyncio.create_task(polling.run(), name="accumulators")
        try:
            yield
        finally:
            polling.stop()
            await task
    finally:
        watch.close()
