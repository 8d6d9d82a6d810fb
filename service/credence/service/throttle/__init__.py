"""Throttle: who asks too often is told when to come again, and who cannot be served in time is told so at once.

Knows: the ids of clients, sessions and cases and the addresses that requests come from, as keys to count by, in memory and
no longer than a window. Writes none of them down.
"""

from __future__ import annotations

from typing import Final

from credence.service.clock import Clock
from credence.service.settings import Limit, Settings
from credence.service.telemetry import Metrics
from credence.service.throttle.doorstep import Doorstep
from credence.service.throttle.gate import Gate
from credence.service.throttle.layers import Admission, Threshold, Throttle
from credence.service.throttle.limiter import Limiter

__all__ = ["Admission", "Doorstep", "Threshold", "Throttle", "make_throttle"]

_PROBES: Final = 8
"""Requests for readiness that wait for the one that is being answered."""


def make_throttle(settings: Settings, clock: Clock, metrics: Metrics) -> Throttle:
    """The limits and the gate of one application."""
    metrics.allow("limit", map(str, Limit))
    patience = settings.queue_ms / 1000
    return Throttle(
        limiter=Limiter({limit: settings.rate_of(limit) for limit in Limit}, clock, metrics.limited),
        trusted_proxies=settings.trusted_proxies,
        gate=Gate(slots=settings.concurrency, queue=settings.queue_length, patience=patience),
        probes=Gate(slots=1, queue=_PROBES, patience=patience),
        overloaded=metrics.overloaded,
    )
