"""``/v1/verifier/sessions/{id}/events``: a venue's own session as server-sent events."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Response
from fastapi.sse import EventSourceResponse, format_sse_event
from starlette.concurrency import run_in_threadpool

from credence.service.auth import Client, Scope, require
from credence.service.problems import PROBLEM
from credence.service.runtime import Services, get_services, standing_by
from credence.service.verifier.desk import PARTY
from credence.service.verifier.events import stream
from credence.service.verifier.events.places import Places
from credence.service.verifier.events.stream import Event, Sight

router = APIRouter(prefix="/v1/verifier", tags=["verifier"])

_EXAMPLE: Final = (
    "event: open\n"
    'data: {"session_id": "q83vASNFZ4mrze8BI0VniQ", "state": "open", "attempts_left": 5, "result": null}\n'
    "id: 0\n\n"
    "event: attempt\n"
    'data: {"session_id": "q83vASNFZ4mrze8BI0VniQ", "attempt": 1, "attempts_left": 4, "reason": "not_accepted"}\n'
    "id: 1\n\n"
)
_RETRY_MS: Final = 1_000  # after which a browser comes back

Venue = Annotated[Client, Depends(require(Scope.VERIFIER_SESSIONS))]


OfProcess = Annotated[Places, Depends(standing_by("places", Places))]


async def _placed(venue: Venue, places: OfProcess) -> AsyncIterator[None]:
    """A place until the last byte has gone, or the client has."""
    with places.taken_by(venue.client_id):
        yield


@router.get(
    "/sessions/{session_id}/events",
    operation_id="followSession",
    summary="One's own session as it happens",
    response_class=Response,  # a class of streams would make the framework call this one a generator
    responses={
        200: {"content": {"text/event-stream": {"example": _EXAMPLE}}},
        204: {"description": "`Last-Event-ID` is that of the last event: there is nothing more"},
        404: {"description": "Unknown, or another venue's", **PROBLEM},
        429: {"description": "The client follows as many sessions as it may at once", **PROBLEM},
        503: {"description": "The process keeps no more streams open", **PROBLEM},
    },
    dependencies=[Depends(_placed)],
)
async def follow_session(
    session_id: Annotated[str, Path(max_length=128, examples=["q83vASNFZ4mrze8BI0VniQ"])],
    services: Annotated[Services, Depends(get_services)],
    places: OfProcess,
    venue: Venue,
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> Response:
    """Events `open`, `attempt` for each denied attempt that leaves the session open, and at the end `accepted` or `denied`
    with the decision, or `expired`. A stream ends after ten minutes in any case; come back with `Last-Event-ID`.
    """
    last = stream.read_last_id(last_event_id)
    seen = stream.NOTHING_SEEN if last is None else last

    def looked(seen: int) -> Sight:
        with services.store(PARTY).reading() as session:
            return stream.look(session, venue.client_id, session_id, seen, keeping=services.keeping, now=services.clock())

    async def look(seen: int) -> Sight:
        return await run_in_threadpool(looked, seen)

    await look(seen)  # whose it is, is answered before the stream begins
    if last is None:
        return Response(status_code=204)
    interval = services.settings.events_interval_ms / 1000
    events = stream.follow(look, seen, places.closing, interval=interval, monotonic=time.monotonic)
    return EventSourceResponse(_written(events), headers={"x-accel-buffering": "no"})


async def _written(events: AsyncIterator[Event | None]) -> AsyncIterator[bytes]:
    yield f"retry: {_RETRY_MS}\n\n".encode("ascii")
    async with aclosing(events) as following:  # type: ignore[type-var]
        async for event in following:
            if event is None:
                yield format_sse_event(comment="still here")
            else:
                yield format_sse_event(event=event.name, data_str=event.data, id=event.id)
