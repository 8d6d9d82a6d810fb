"""The task that keeps the log moving: one a process, in the process of the party ``log``."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Final

from starlette.concurrency import run_in_threadpool

from credence.service.ledger import LedgerDamaged, LedgerService, Unreconciled
from credence.service.logs import logger
from credence.service.telemetry import NOWHERE, Metrics, Spans

_MAX_WAIT: Final = 5.0


class Sequencing:
    """Takes outboxes into the log every ``interval`` seconds, and waits longer after each failure, up to 5 seconds.

    It ends for good where the log contradicts itself, because a person has to look at that. Where the log does not extend
    its witness it signs nothing, and looks again until somebody has reconciled the two. ``last_run`` is when it last
    succeeded (unix seconds).
    """

    def __init__(
        self, ledger: LedgerService, interval: float, metrics: Metrics | None = None, spans: Spans = NOWHERE
    ) -> None:
        self._ledger: Final = ledger
        self._interval: Final = interval
        self._metrics: Final = metrics or Metrics()
        self._spans: Final = spans
        self._stop: Final = asyncio.Event()
        self.last_run: int | None = None
        self.damaged = False
        self.unreconciled = False

    async def run(self) -> None:
        """Returns after :meth:`stop`, at the end of the run that is under way."""
        wait = self._interval
        while not self._stop.is_set() and not self.damaged:
            wait = self._interval if await self._once() else min(2 * wait, _MAX_WAIT)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)

    def stop(self) -> None:
        """Ends :meth:`run` soon."""
        self._stop.set()

    async def _once(self) -> bool:
        started = time.perf_counter()
        try:
            taken = (await run_in_threadpool(self._ledger.sequence)).taken
        except LedgerDamaged as error:
            self.damaged = True
            logger().error("ledger.damaged", count=len(error.findings))
            return False
        except Unreconciled as error:
            self.unreconciled = True  # not ready from this moment on
            logger().error("ledger.unreconciled", reason=error.reason)
            return False
        except Exception as error:  # noqa: BLE001 - a log that stops silently is worse than any error here
            logger().error("ledger.failed", error=type(error).__name__)
            return False
        self.last_run, self.unreconciled = self._ledger.clock(), False
        if taken:
            self._metrics.appended(taken)
            self._spans.sequenced(taken, time.perf_counter() - started)
            logger().debug("ledger.sequenced", count=taken)
        return True
