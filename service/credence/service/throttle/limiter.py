"""The limits of a process, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Final

from credence.service.clock import Clock
from credence.service.errors import RateLimited
from credence.service.settings import Limit, Rate
from credence.service.throttle.windows import Standing, Windows

QUIET: Final = frozenset({Limit.PRESENTATIONS})
"""Limits whose state is told to nobody who is not refused: it is a venue's business that a wallet would read off."""

Report = dict[Limit, tuple[Rate, Standing]]
"""The limits that a request met, and how its keys stand."""

REPORT: Final[ContextVar[Report | None]] = ContextVar("credence_limits", default=None)
"""The report of the request that is being answered. Threads that work for it see the same one."""


class Limiter:
    """Counts and refuses. Safe for many threads. ``refused`` is told the name of the limit at every refusal.

    A limit whose rate is None is off.
    """

    def __init__(
        self, rates: Mapping[Limit, Rate | None], clock: Clock, refused: Callable[[str], None] = lambda _name: None
    ) -> None:
        self._windows: Final = {limit: Windows(rate, clock) for limit, rate in rates.items() if rate is not None}
        self._refused: Final = refused

    def spend(self, limit: Limit, key: str) -> None:
        """Counts one of ``limit`` for ``key``. Raises :class:`RateLimited`, and then counts nothing."""
        if windows := self._windows.get(limit):
            self._judge(limit, windows.rate, windows.spend(key))

    def check(self, limit: Limit, key: str) -> None:
        """Counts nothing. Raises :class:`RateLimited` where ``key`` has none left."""
        if (windows := self._windows.get(limit)) and not (standing := windows.look(key)).passed:
            self._judge(limit, windows.rate, standing)

    def note(self, limit: Limit, key: str) -> None:
        """Counts one that has happened already, and refuses nothing."""
        if windows := self._windows.get(limit):
            _tell(limit, windows.rate, windows.spend(key))

    def _judge(self, limit: Limit, rate: Rate, standing: Standing) -> None:
        if standing.passed and limit in QUIET:
            return
        _tell(limit, rate, standing)
        if not standing.passed:
            self._refused(limit.value)
            reason = f"The limit on {limit} is reached."
            raise RateLimited(reason, retry_after=standing.wait, limit=limit.value)


def _tell(limit: Limit, rate: Rate, standing: Standing) -> None:
    report = REPORT.get()
    if report is not None:
        report[limit] = rate, standing


def fields(report: Report) -> dict[str, str]:
    """The header fields of draft-ietf-httpapi-ratelimit-headers-11; none where no limit was met."""
    if not report:
        return {}
    policy = ", ".join(f'"{limit}";q={rate.amount};w={rate.seconds}' for limit, (rate, _) in report.items())
    state = ", ".join(f'"{limit}";r={found.remaining};t={found.wait}' for limit, (_, found) in report.items())
    return {"ratelimit-policy": policy, "ratelimit": state}
