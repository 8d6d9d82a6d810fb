"""The task that notices a changed keyring: in every process, each second, without a restart.

What was rotated is used from then on, what was retired is not. An issuer publishes the document that follows, and signs with
a new key once the log holds that document; a process beside it, with the same database, shows what was published.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from credence.service.issuer.desk import Desk
from credence.service.keys import KeyringRefused
from credence.service.logs import logger
from credence.service.runtime import Services

INTERVAL: Final = 1.0
"""Seconds between two looks at the keyring's file, and at the newest document."""

_MAX_WAIT: Final = 30.0


class Rekeying:
    """Calls ``look`` and then ``follow`` every ``interval`` seconds, and waits longer while one fails, up to 30 seconds."""

    def __init__(self, look: Callable[[], bool], follow: Callable[[], object], interval: float = INTERVAL) -> None:
        self._look: Final = look
        self._follow: Final = follow
        self._interval: Final = interval
        self._stop: Final = asyncio.Event()

    async def run(self) -> None:
        """Returns after :meth:`stop`, at the end of the look that is under way."""
        wait = self._interval
        while not self._stop.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)
            if not self._stop.is_set():
                wait = self._interval if await run_in_threadpool(self._once) else min(2 * wait, _MAX_WAIT)

    def stop(self) -> None:
        """Ends :meth:`run` soon."""
        self._stop.set()

    def _once(self) -> bool:
        try:
            if self._look():
                logger().info("keyring.changed")
        except (KeyringRefused, OSError) as error:  # the keys go on as they were; the same file is not looked at again
            logger().error("keyring.refused", error=type(error).__name__, reason=getattr(error, "reason", None))
        try:
            self._follow()
        except Exception as error:  # noqa: BLE001 - the issuer shows what it showed, and tries again
            logger().error("issuer-document.failed", party="issuer", error=type(error).__name__)
            return False
        return True


def _nothing() -> None:
    """No issuer is here."""


@asynccontextmanager
async def rekeying(app: FastAPI, services: Services) -> AsyncIterator[None]:
    """Follows the keyring as long as the block runs."""
    desk = getattr(app.state, "issuer", None)
    follow = desk.publication.refresh if isinstance(desk, Desk) else _nothing
    found = Rekeying(services.keyring.refresh, follow)
    task = asyncio.create_task(found.run(), name="keyring")
    try:
        yield
    finally:
        found.stop()
        await task
