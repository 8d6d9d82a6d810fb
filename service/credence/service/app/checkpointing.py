"""The task that has a checkpoint of every accumulator handed to the log each minute: in every process of the issuer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from credence.service.clock import Clock
from credence.service.issuer.desk import Desk
from credence.service.logs import logger
from credence.service.runtime import Services

MAX_LAG: Final = 90
"""Seconds without a checkpoint after which the process is not ready."""

_MAX_WAIT: Final = 5.0


class Checkpointing:
    """Calls ``work`` once in each minute of ``clock``, at which it looks every ``interval`` seconds, and again soon after a
    failure. Other processes may do the same: a minute has one checkpoint of an index, whoever is first.

    ``last_run`` is when the clock was last looked at and the minute was done (unix seconds).
    """

    def __init__(self, work: Callable[[], int], clock: Clock, interval: float) -> None:
        self._work: Final = work
        self._clock: Final = clock
        self._interval: Final = interval
        self._stop: Final = asyncio.Event()
        self._done: int | None = None
        self.last_run: int | None = None

    async def run(self) -> None:
        """Returns after :meth:`stop`, at the end of the run that is under way."""
        wait = self._interval
        while not self._stop.is_set():
            wait = self._interval if await self._once() else min(2 * wait, _MAX_WAIT)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)

    def stop(self) -> None:
        """Ends :meth:`run` soon."""
        self._stop.set()

    def is_late(self) -> bool:
        """Whether the last run is too long ago, or there was none."""
        return self.last_run is None or self._clock() - self.last_run > MAX_LAG

    async def _once(self) -> bool:
        now = self._clock()
        if self._done != now // 60:
            try:
                await run_in_threadpool(self._work)
            except Exception as error:  # noqa: BLE001 - without checkpoints nobody is accepted for long, whatever the error
                logger().error("checkpoint.failed", error=type(error).__name__)
                return False
            self._done = now // 60
        self.last_run = now
        return True


@asynccontextmanager
async def checkpointing(app: FastAPI, services: Services) -> AsyncIterator[None]:
    """Has checkpoints made as long as the block runs, where this process answers for the issuer."""
    desk = getattr(app.state, "issuer", None)
    if not isinstance(desk, Desk):
        yield
        return
    found = Checkpointing(desk.revocation.checkpoint, services.clock, services.settings.ledger_interval_ms / 1000)
    app.state.checkpointing = found
    task = asyncio.create_task(found.run(), name="checkpoints")
    try:
        yield
    finally:
        found.stop()
        await task
