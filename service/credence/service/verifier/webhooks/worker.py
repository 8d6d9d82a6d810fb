"""The task that sends: one a process, any number of processes.

What is due is claimed in a transaction, sent outside any, and settled in another. A process that stops in between leaves a
claim that ends by itself, and what it sent is sent again under the same id. A slow receiver keeps nobody waiting but itself:
of one endpoint at most four deliveries are under way here, and no more are claimed before these are settled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Final, TypeVar

from sqlmodel import Session

from credence.service.auth import is_revoked
from credence.service.errors import ServiceError
from credence.service.logs import logger
from credence.service.runtime import Services
from credence.service.verifier.webhooks import outbox, records
from credence.service.verifier.webhooks.endpoints import secrets_of
from credence.service.verifier.webhooks.outbox import Claimed
from credence.service.verifier.webhooks.schedule import next_attempt, read_retry_after
from credence.service.verifier.webhooks.sending import Answered, Outgoing, Send, Unanswered
from credence.service.verifier.webhooks.signing import signed_headers

LEASE: Final = 60
"""Seconds that a claim holds: longer than an exchange and the two transactions around it can take."""

PER_ENDPOINT: Final = 4
AT_ONCE: Final = 32
"""Deliveries under way in one process."""

STOPPING: Final = 2.0
"""Seconds that a stop waits for what is under way."""

_LONGEST_PAUSE: Final = 5.0
_SUCCESS: Final = range(200, 300)
_GONE: Final = 410

T = TypeVar("T")


class Worker:
    """Sends deliveries every ``interval`` seconds, and waits longer after each failure of the database, up to 5 seconds.

    Time, randomness (the jitter) and the verifier's database are those of ``services``; ``send`` is the way out.
    """

    def __init__(self, services: Services, send: Send, interval: float) -> None:
        self._services: Final = services
        self._store: Final = services.store("verifier")
        self._send: Final = send
        self._interval: Final = interval
        self._stop: Final = asyncio.Event()
        self._under_way: Final[dict[asyncio.Task[None], str]] = {}

    async def run(self) -> None:
        """Returns after :meth:`stop`, at most ``STOPPING`` seconds later; what is still under way then is sent again."""
        wait = self._interval
        while not self._stop.is_set():
            wait = self._interval if await self._once() else min(2 * wait, _LONGEST_PAUSE)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=STOPPING)
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)

    def stop(self) -> None:
        """Ends :meth:`run` soon."""
        self._stop.set()

    async def step(self) -> int:
        """Claims what is due and begins to send it; how many that were. Raises as the store does."""
        busy = frozenset(self._under_way.values())
        room = AT_ONCE - len(self._under_way)
        if room <= 0 or not await asyncio.to_thread(self._is_any_due, busy):
            return 0
        work = partial(
            outbox.claim,
            keeping=self._services.keeping,
            now=self._services.clock(),
            lease=LEASE,
            busy=busy,
            each=PER_ENDPOINT,
            most=min(room, AT_ONCE),
        )
        claimed = await self._run(work)
        for one in claimed:
            task = asyncio.create_task(self._deliver(one), name="webhook")
            self._under_way[task] = one.endpoint.id
            task.add_done_callback(self._under_way.pop)
        return len(claimed)

    async def settled(self) -> None:
        """Returns once nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _once(self) -> bool:
        try:
            await self.step()
        except Exception as error:  # noqa: BLE001 - a worker that stops silently is worse than any error here
            logger().error("webhooks.failed", error=type(error).__name__)
            return False
        return True

    def _is_any_due(self, busy: frozenset[str]) -> bool:
        with self._store.reading() as session:
            return records.is_any_due(session, self._services.clock(), busy)

    def _is_revoked(self, claimed: Claimed) -> bool:
        """Looked at before each attempt: clients are ended in a database that may be another one."""
        with self._services.store("auth").reading() as session:
            return is_revoked(session, claimed.endpoint.venue)

    async def _run(self, work: Callable[[Session], T]) -> T:
        return await asyncio.to_thread(self._store.run, work)

    async def _deliver(self, claimed: Claimed) -> None:
        try:
            if await asyncio.to_thread(self._is_revoked, claimed):
                await self._run(partial(outbox.revoked, claimed=claimed, now=self._services.clock()))
                self._services.metrics.delivery("dead")
                logger().warning("webhook.dead", reason=outbox.REVOKED, attempt=claimed.attempts)
                return
            outcome = await self._attempt(claimed)
        except Exception as error:  # noqa: BLE001 - whatever it is, it counts, or it would be tried for ever
            logger().error("webhook.broken", error=type(error).__name__)
            outcome = Unanswered("internal")
        try:
            await self._settle(claimed, outcome)
        except Exception as error:  # noqa: BLE001 - the claim ends by itself, and the delivery is sent again
            logger().error("webhook.unsettled", error=type(error).__name__)

    async def _attempt(self, claimed: Claimed) -> Answered | Unanswered:
        now = self._services.clock()
        try:
            secrets = secrets_of(self._services.keyring, claimed.endpoint, now=now)
        except ServiceError:
            return Unanswered("secret")  # another keyring than the one that sealed it
        headers = signed_headers(claimed.delivery_id, claimed.body, secrets, now)
        outgoing = Outgoing(claimed.endpoint.url, headers, claimed.body.encode())
        return await self._send(outgoing)

    async def _settle(self, claimed: Claimed, outcome: Answered | Unanswered) -> None:
        now, attempt, metrics = self._services.clock(), claimed.attempts + 1, self._services.metrics
        if isinstance(outcome, Answered) and outcome.status in _SUCCESS:
            await self._run(partial(outbox.taken, claimed=claimed, now=now))
            metrics.delivery("delivered")
            return
        if isinstance(outcome, Answered) and outcome.status == _GONE:
            await self._run(partial(outbox.gone, claimed=claimed, now=now))
            metrics.delivery("dead")
            logger().warning("webhook.gone", attempt=attempt)
            return
        why, wait = _said(outcome, now)
        due_at = next_attempt(attempt, now=now, rng=self._services.rng, retry_after=wait)
        if not await self._run(partial(outbox.failed, claimed=claimed, outcome=why, due_at=due_at, now=now)):
            return
        metrics.delivery("failed" if due_at else "dead")
        if due_at is None:
            logger().warning("webhook.dead", reason=why, attempt=attempt)
        else:
            logger().info("webhook.failed", reason=why, attempt=attempt)


def _said(outcome: Answered | Unanswered, now: int) -> tuple[str, int | None]:
    """Why an attempt failed, as a slug, and how long the receiver wants to be left alone."""
    if isinstance(outcome, Unanswered):
        return outcome.why, None
    redirected = 300 <= outcome.status < 400
    slug = "redirect" if redirected else f"status-{outcome.status}"
    return slug, read_retry_after(outcome.retry_after, now=now)
