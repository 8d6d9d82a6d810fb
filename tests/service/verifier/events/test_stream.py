"""Does a stream say what is new, end when there is nothing more to come, and show in between that it is there?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from credence.service.verifier.events.stream import END, NOTHING_SEEN, Event, Sight, follow, read_last_id

OPEN, FIRST, LAST = Event("open", "0", "{}"), Event("attempt", "1", "{}"), Event("accepted", END, "{}")
NOTHING = Sight((), 0, ended=False)


class Session:
    """Shows sights one after the other, and the last for ever; remembers what it was told was seen."""

    def __init__(self, *sights: Sight, then: Callable[[int], None] = lambda _: None) -> None:
        self.sights = list(sights)
        self.seen: list[int] = []
        self._then = then

    async def look(self, seen: int) -> Sight:
        self.seen.append(seen)
        self._then(len(self.seen))
        return self.sights.pop(0) if len(self.sights) > 1 else self.sights[0]


def followed(
    session: Session, closing: asyncio.Event | None = None, *, tick: float = 0.0, seen: int = NOTHING_SEEN
) -> list[Event | None]:
    """All that a stream says; its clock goes on by ``tick`` each time it is asked."""
    now = 0.0

    def monotonic() -> float:
        nonlocal now
        now += tick
        return now

    async def work() -> list[Event | None]:
        stream = follow(session.look, seen, closing or asyncio.Event(), interval=0.001, monotonic=monotonic)
        return [event async for event in stream]

    return asyncio.run(asyncio.wait_for(work(), 5))


def test_events_come_once_and_the_last_ends_it() -> None:
    session = Session(
        Sight((OPEN,), 0, ended=False), NOTHING, Sight((FIRST,), 1, ended=False), Sight((LAST,), 1, ended=True)
    )
    assert followed(session) == [OPEN, FIRST, LAST]
    assert session.seen == [NOTHING_SEEN, 0, 0, 1]


def test_a_session_that_is_closed_already() -> None:
    assert followed(Session(Sight((OPEN, FIRST, LAST), 1, ended=True))) == [OPEN, FIRST, LAST]


def test_silence_is_broken_by_a_heartbeat() -> None:
    """A tick of three seconds: after four of them more than ten have passed."""
    session = Session(Sight((OPEN,), 0, ended=False), *[NOTHING] * 7, Sight((LAST,), 0, ended=True))
    assert followed(session, tick=3.0) == [OPEN, None, LAST]
    assert followed(Session(Sight((OPEN,), 0, ended=False), *[NOTHING] * 2, Sight((LAST,), 0, ended=True)), tick=3.0) == [
        OPEN,
        LAST,
    ]


def test_it_looks_at_the_interval_and_no_more_often() -> None:
    session = Session(Sight((OPEN,), 0, ended=False), NOTHING, NOTHING, NOTHING, Sight((LAST,), 0, ended=True))

    async def work() -> float:
        loop = asyncio.get_running_loop()
        started = loop.time()
        stream = follow(session.look, NOTHING_SEEN, asyncio.Event(), interval=0.03, monotonic=loop.time)
        assert [event async for event in stream] == [OPEN, LAST]
        return loop.time() - started

    assert asyncio.run(work()) >= 4 * 0.03
    assert len(session.seen) == 5


def test_it_ends_in_any_case() -> None:
    session = Session(Sight((OPEN,), 0, ended=False), NOTHING)
    found = followed(session, tick=50.0)
    assert found[0] == OPEN
    assert set(found[1:]) == {None}
    assert len(session.seen) <= 13


def test_it_ends_when_the_process_does() -> None:
    closing = asyncio.Event()
    session = Session(Sight((OPEN,), 0, ended=False), NOTHING, then=lambda count: closing.set() if count == 3 else None)
    assert followed(session, closing) == [OPEN]
    assert len(session.seen) == 3


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (None, NOTHING_SEEN),
        ("", NOTHING_SEEN),
        ("0", 0),
        ("4", 4),
        ("5", NOTHING_SEEN),
        ("-1", NOTHING_SEEN),
        ("x", NOTHING_SEEN),
        (END, None),
    ],
)
def test_the_last_id_that_was_seen(text: str | None, seen: int | None) -> None:
    assert read_last_id(text) == seen
