"""How venues are told: the task that sends webhooks, and the streams of events; both in a process of the verifier."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from fastapi import FastAPI

from credence.service.runtime import Services
from credence.service.verifier.events.places import Places
from credence.service.verifier.webhooks.sending import Resolver, Sender
from credence.service.verifier.webhooks.worker import AT_ONCE, Worker


@asynccontextmanager
async def telling(app: FastAPI, services: Services) -> AsyncIterator[None]:
    """Sends webhooks and gives places to streams as long as the block runs."""
    if "verifier" not in services.parties:
        yield
        return
    settings = services.settings
    places = Places(settings.events_streams, settings.events_streams_per_client)
    app.state.places = places
    with closing(Resolver(AT_ONCE)) as resolver:
        sender = Sender(settings.webhook_allow_hosts, resolver)
        worker = Worker(services, sender, settings.webhook_interval_ms / 1000)
        task = asyncio.create_task(worker.run(), name="webhooks")
        try:
            yield
        finally:
            places.close()
            worker.stop()
            await task


def end_streams(app: object) -> None:
    """Ends every stream of events of an application soon.

    For a server that stops, since it waits for its answers before it stops the application.
    """
    places = getattr(getattr(app, "state", None), "places", None)
    if isinstance(places, Places):
        places.close()
