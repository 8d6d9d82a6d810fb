"""What a scrape asks the application for: the state of the log and of the outboxes, and which routes there are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from credence.service.app.sequencing import Sequencing
from credence.service.ledger import records
from credence.service.runtime import Services
from credence.service.telemetry import Metrics, Reading


def install(app: FastAPI, metrics: Metrics) -> None:
    """Makes the templates of the routes known to ``metrics``, and has it ask ``app`` at every scrape. Call last."""
    metrics.allow("route", ("none", *(route.path for route in iter_route_contexts(app.routes) if route.path)))
    metrics.watch(partial(_readings, app))


def _readings(app: FastAPI) -> Iterator[Reading]:
    """Nothing before the application has started, or without the log. Raises as the database does."""
    services: Services | None = getattr(app.state, "services", None)
    sequencing: Sequencing | None = getattr(app.state, "sequencing", None)
    if services is None or sequencing is None:
        return
    now = services.clock()
    with services.store("ledger").reading() as session:
        newest = records.newest_checkpoint(session)
    yield Reading("ledger_entries", 0 if newest is None else newest.size)
    if newest is not None:
        yield Reading("ledger_checkpoint_age_seconds", max(0, now - newest.minute * 60))
    if sequencing.last_run is not None:
        yield Reading("ledger_lag_seconds", max(0, now - sequencing.last_run))
    for outbox in services.ledger.outboxes:
        with outbox.store.reading() as session:
            depth = records.count_pending(session, outbox.table)
        yield Reading("outbox_depth", depth, {"party": outbox.source})
