"""Is a refusal made before a body is read, and is a place held by nobody but who is being worked for?"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from io import StringIO
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from credence.service.demo.server import captured_logs
from credence.service.errors import Overloaded, RateLimited
from credence.service.problems import answer_error
from credence.service.problems.door import Door
from credence.service.problems.guard import Guard
from credence.service.settings import Limit, Rate
from credence.service.throttle import Admission, Doorkeeper, Doorstep, Throttle, make_doorkeeper
from credence.service.throttle import doorstep as doorstep_module
from credence.service.throttle.gate import Gate
from credence.service.throttle.limiter import Limiter
from credence.service.throttle.urgency import Urgency
from tests.conftest import SeededBytes
from tests.service.conftest import ToldClock


def throttle(*, slots: int = 1, queue: int = 0, refused: Callable[[int], None] = lambda _: None) -> Throttle:
    limiter = Limiter({Limit.READS: Rate(9, 60), Limit.OPENINGS: Rate(2, 60)}, ToldClock())
    return Throttle(limiter, (), Gate(slots=slots, queue=queue, patience=60), refused)


def keeper(shared: Throttle, rng: SeededBytes) -> Doorkeeper:
    return make_doorkeeper(FastAPI(openapi_url=None), shared, rng)


def scope_of(path: str = "/thing", method: str = "POST") -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "client": ("192.0.2.1", 1),
    }


def test_who_opens_a_session_without_a_key_is_counted_by_address() -> None:
    shared = throttle()
    for _ in range(2):
        shared.check_limits("openRenewal", "POST", "192.0.2.1")
    with pytest.raises(RateLimited) as refused:
        shared.check_limits("openRenewal", "POST", "192.0.2.1")
    assert refused.value.limit == "openings"
    shared.check_limits("readIssuerDocument", "GET", "192.0.2.1")  # what is read is counted apart
    shared.check_limits("openRenewal", "POST", "192.0.2.2")
    shared.check_limits("renewStanding", "POST", "192.0.2.1")


async def answer_plainly(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"1"})


async def nothing_more() -> Message:
    return {"type": "http.request", "body": b"{}", "more_body": False}


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError("nobody sets it")


async def unread() -> Message:
    raise AssertionError("the body was read")


async def ask(app: ASGIApp, receive: Receive = nothing_more, scope: Scope | None = None) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def send(message: Message) -> None:
        sent.append(dict(message))

    await app(scope or scope_of(), receive, send)
    return sent


def bounded(work: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.timeout(5):
            await work()

    asyncio.run(run())


def test_whom_there_is_no_room_for_is_told_before_its_body_is_read(rng: SeededBytes) -> None:
    async def work() -> None:
        shared = throttle()
        app = Doorstep(answer_plainly, keeper(shared, rng))
        assert (await ask(app, unread))[0]["status"] == 200  # the twin: there is room
        visit = await shared.gate.enter(Urgency.USUAL)
        start, body = await ask(app, unread)
        assert (start["status"], json.loads(body["body"])["type"]) == (503, "/problems/overloaded")
        shared.gate.leave(visit)
        assert (await ask(app, unread))[0]["status"] == 200

    bounded(work)


def test_the_cheap_refusal_is_the_one_that_the_guard_would_have_written(rng: SeededBytes) -> None:
    async def raise_overloaded(scope: Scope, receive: Receive, send: Send) -> None:
        raise Overloaded(retry_after=2)

    async def work() -> None:
        guarded = Guard(raise_overloaded, rng, answer_error)
        shared = throttle()
        await shared.gate.enter(Urgency.USUAL)
        answers = [await ask(Doorstep(answer_plainly, keeper(shared, rng)), unread), await ask(guarded, unread)]
        seen = []
        for start, body in answers:
            headers = dict(start["headers"])
            content = json.loads(body["body"])
            assert headers.pop(b"x-request-id").decode() == content.pop("request_id")
            assert int(headers[b"content-length"]) == len(body["body"])
            assert headers.pop(b"retry-after") in (b"1", b"2", b"3")
            seen.append((start["status"], headers, content))
        assert seen[0] == seen[1]

    bounded(work)


def test_refusals_are_counted_in_the_log_and_not_told_one_by_one(rng: SeededBytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorstep_module, "TELL_EVERY", 0.02)
    written, numbers = StringIO(), set()
    counted: list[int] = []

    async def work() -> None:
        shared = throttle(refused=counted.append)
        app = Doorstep(answer_plainly, keeper(shared, rng))
        await shared.gate.enter(Urgency.USUAL)
        for _ in range(7):
            numbers.add(json.loads((await ask(app, unread))[1]["body"])["request_id"])
        await asyncio.sleep(0.06)
        await ask(app, unread)
        await asyncio.sleep(0.06)

    with captured_logs(written):
        bounded(work)
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(line["event"], line["count"]) for line in lines] == [("overloaded", 7), ("overloaded", 1)]
    assert counted == [7, 1]
    assert len(numbers) == 7
    assert "192.0.2.1" not in written.getvalue()


def test_who_sends_slowly_holds_no_place() -> None:
    async def work() -> None:
        app = Door(Admission(answer_plainly, throttle()), max_body=100)
        slow = asyncio.create_task(ask(app, never))
        await asyncio.sleep(0)
        assert (await ask(app))[0]["status"] == 200
        slow.cancel()

    bounded(work)


def test_who_reads_slowly_holds_no_place() -> None:
    async def work() -> None:
        shared = throttle()
        app, reading = Admission(answer_plainly, shared), asyncio.Event()

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                reading.set()
                await asyncio.Event().wait()

        slow = asyncio.create_task(app(scope_of(), nothing_more, send))
        await reading.wait()
        assert (await ask(app))[0]["status"] == 200
        slow.cancel()

    bounded(work)


def test_a_place_is_given_back_whatever_happened() -> None:
    async def fail(scope: Scope, receive: Receive, send: Send) -> None:
        raise ZeroDivisionError

    async def work() -> None:
        shared = throttle()
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                await ask(Admission(fail, shared))
        assert (await ask(Admission(answer_plainly, shared)))[0]["status"] == 200
        started = asyncio.create_task(ask(Admission(lambda *_: never(), shared)))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded):
            await ask(Admission(answer_plainly, shared))
        started.cancel()
        await asyncio.sleep(0.01)
        assert (await ask(Admission(answer_plainly, shared)))[0]["status"] == 200

    bounded(work)
