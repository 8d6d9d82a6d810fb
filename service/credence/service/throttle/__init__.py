"""Throttle: who asks too often is told when to come again, and who cannot be served in time is told so at once.

Knows: the ids of clients, sessions and cases and the addresses that requests come from, as keys to count by, in memory and
no longer than a window. Writes none of them down.
"""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from credence.circuits.encoding import Rng
from credence.service.clock import Clock
from credence.service.settings import Limit, Settings
from credence.service.telemetry import Metrics
from credence.service.throttle.doorstep import Doorkeeper, Doorstep, Refusal
from credence.service.throttle.gate import Gate
from credence.service.throttle.layers import Admission, Threshold, Throttle
from credence.service.throttle.limiter import Limiter
from credence.service.throttle.operations import Operations

__all__ = ["Admission", "Doorkeeper", "Doorstep", "Refusal", "Threshold", "Throttle", "make_doorkeeper", "make_throttle"]


def make_throttle(settings: Settings, clock: Clock, metrics: Metrics) -> Throttle:
    """The limits and the gate of one application."""
    metrics.allow("limit", map(str, Limit))
    return Throttle(
        limiter=Limiter({limit: settings.rate_of(limit) for limit in Limit}, clock, metrics.limited),
        trusted_proxies=settings.trusted_proxies,
        gate=Gate(slots=settings.concurrency, queue=settings.queue_length, patience=settings.queue_ms / 1000),
        overloaded=metrics.overloaded,
    )


def make_doorkeeper(app: FastAPI, throttle: Throttle, rng: Rng) -> Doorkeeper:
    """Who stands before ``app``, for its outermost layer and for the server that has it."""
    return Doorkeeper(partial(Operations.of, app), throttle.gate_of, rng, throttle.overloaded)
