"""What a stream of events says, and when.

``open`` first, ``attempt`` for each denied attempt that leaves the session open, and at the end ``accepted``, ``denied`` or
``expired``. The id of an event counts attempts, and that of the last one is ``end``: whoever lost the connection says which
was the last it saw, and gets what came after.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from sqlmodel import Session

from credence.service.forgetting import Keeping
from credence.service.verifier import records, sessions
from credence.service.verifier.records import MAX_DENIED

END: Final = "end"
"""The id of the last event."""

NOTHING_SEEN: Final = -1

LONGEST: Final = 600.0
"""Seconds after which a stream ends in any case, and its client has to say again who it is."""

HEARTBEAT: Final = 10.0
"""Seconds of silence after which a stream shows that it is there."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. ``data`` is JSON: of ``open`` and ``expired`` what the poll answers, of the last one else the Decision."""

    name: str
    id: str
    data: str


@dataclass(frozen=True, slots=True)
class Sight:
    """What one look at a session found: the events since, and the number of attempts up to which that was looked at."""

    events: tuple[Event, ...]
    seen: int
    ended: bool


Look = Callable[[int], Awaitable[Sight]]
"""Looks at the session, given the number of attempts that were seen."""


def read_last_id(text: str | None) -> int | None:
    """How many attempts were seen by whoever sends this ``Last-Event-ID``; None for one who has seen the end.

    An id that no stream gives counts as none: then everything is told again.
    """
    if text == END:
        return None
    known = {str(number): number for number in range(MAX_DENIED)}
    return known.get(text or "", NOTHING_SEEN)


def look(session: Session, venue: str, session_id: str, seen: int, *, keeping: Keeping, now: int) -> Sight:
    """What happened to a venue's own session since ``seen`` attempts. Raises as :func:`sessions.view`."""
    view = sessions.view(session, venue, session_id, keeping=keeping, now=now)
    attempts = MAX_DENIED - view.attempts_left
    polled = {"session_id": view.session_id, "state": view.state, "attempts_left": view.attempts_left, "result": view.result}
    events: list[Event] = []
    if seen == NOTHING_SEEN:
        beginning = {**polled, "state": "open", "attempts_left": MAX_DENIED, "result": None}
        events.append(Event("open", "0", json.dumps(beginning)))
    for decision in records.decisions_since(session, session_id, max(seen, 0)) if attempts > seen else ():
        if decision.decision == records.DENIED and decision.attempt < MAX_DENIED:
            said = {
                "session_id": session_id,
                "attempt": decision.attempt,
                "attempts_left": MAX_DENIED - decision.attempt,
                "reason": decision.reason,
            }
            events.append(Event("attempt", str(decision.attempt), json.dumps(said)))
    if view.state != "open":
        last = polled if view.result is None else view.result
        events.append(Event(view.state, END, json.dumps(last)))
    return Sight(tuple(events), attempts, view.state != "open")


async def follow(
    look: Look,
    seen: int,
    closing: asyncio.Event,
    *,
    interval: float,
    monotonic: Callable[[], float],
    longest: float = LONGEST,
    heartbeat: float = HEARTBEAT,
) -> AsyncIterator[Event | None]:
    """The events after ``seen`` attempts, and None where a heartbeat is due.

    Looks every ``interval`` seconds. Ends after the last event, when ``closing`` is set, or after ``longest`` seconds.
    """
    end = monotonic() + longest
    spoken = monotonic()
    while True:
        sight = await look(seen)
        seen = sight.seen
        for event in sight.events:
            yield event
        now = monotonic()
        if sight.events:
            spoken = now
        elif now - spoken >= heartbeat:
            spoken = now
            yield None
        if sight.ended or closing.is_set() or now >= end:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), interval)
