"""Does a server refuse at its door what the application would have refused, in the same words and at once?"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI

from credence.service.app import create_app
from credence.service.app.front import Front, front_of
from credence.service.demo.server import Server, serving
from credence.service.settings import Settings
from credence.service.throttle import Doorkeeper, Throttle, make_doorkeeper
from credence.service.throttle.gate import Gate, Visit
from credence.service.throttle.limiter import Limiter
from credence.service.throttle.urgency import Urgency
from tests.conftest import SeededBytes
from tests.service.conftest import ToldClock

POST = b"POST /thing HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nbody"
GET = b"GET /thing HTTP/1.1\r\nhost: x\r\n\r\n"


class Door:
    """An application that counts who came in, and the gate before it."""

    def __init__(self, rng: SeededBytes) -> None:
        self.app = FastAPI(openapi_url=None)
        self.came_in = 0
        self.gate = Gate(slots=1, queue=0, patience=60)
        self._visit: Visit | None = None
        throttle = Throttle(Limiter({}, ToldClock()), (), self.gate)
        self.app.state.doorkeeper = make_doorkeeper(self.app, throttle, rng)

        @self.app.api_route("/thing", methods=["GET", "POST"])
        async def thing() -> str:
            self.came_in += 1
            return "in"

    async def close(self) -> None:
        self._visit = await self.gate.enter(Urgency.USUAL)


@pytest.fixture
def door(rng: SeededBytes) -> Door:
    return Door(rng)


def shut(door: Door) -> None:
    """Nobody else comes in."""
    coming = door.close()
    with pytest.raises(StopIteration):
        coming.send(None)


def opened(door: Door) -> None:
    assert door._visit is not None
    door.gate.leave(door._visit)


@contextmanager
def called(server: Server) -> Iterator[Callable[..., list[tuple[int, dict[str, str], bytes]]]]:
    """Sends bytes over one connection and reads so many answers."""
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 5) as line, line.makefile("rb") as answers:

        def call(data: bytes, *, answered: int = 1, bodies: bool = True) -> list[tuple[int, dict[str, str], bytes]]:
            line.sendall(data)
            found = []
            for _ in range(answered):
                status = int(answers.readline().split()[1])
                fields = {}
                while (text := answers.readline().decode().rstrip()) != "":
                    name, _, value = text.partition(": ")
                    fields[name] = value
                found.append((status, fields, answers.read(int(fields["content-length"])) if bodies else b""))
            return found

        yield call


def test_who_is_refused_never_reaches_the_application(door: Door) -> None:
    with serving(door.app) as server, called(server) as call:
        assert call(POST)[0][0] == 200
        shut(door)
        ((status, fields, body),) = call(POST)
        assert (status, json.loads(body)["type"]) == (503, "/problems/overloaded")
        assert fields["content-type"] == "application/problem+json"
        assert int(fields["retry-after"]) in (1, 2, 3)
        assert fields["x-request-id"] == json.loads(body)["request_id"]
        assert "date" in fields
        opened(door)
        assert call(POST)[0][0] == 200  # over the same connection
    assert door.came_in == 2


def test_requests_in_one_piece_are_answered_one_by_one(door: Door) -> None:
    with serving(door.app) as server, called(server) as call:
        shut(door)
        answers = call(POST * 300, answered=300)
        assert {status for status, _, _ in answers} == {503}
        assert len({fields["x-request-id"] for _, fields, _ in answers}) == 300
        opened(door)
        assert [status for status, _, _ in call(GET * 300, answered=300)] == [200] * 300
    assert door.came_in == 300


def test_a_refusal_keeps_to_the_rules_of_http(door: Door) -> None:
    with serving(door.app) as server:
        shut(door)
        with called(server) as call:
            ((status, fields, _),) = call(GET.replace(b"GET", b"HEAD"), bodies=False)
            assert status == 503
            assert int(fields["content-length"]) > 0  # and no byte of it: the next answer follows at once
            assert call(GET)[0][0] == 503
        with called(server) as call:
            ((_, fields, _),) = call(GET.replace(b"host: x", b"connection: close"))
            assert fields["connection"] == "close"
        with called(server) as call:
            ((_, fields, _),) = call(GET.replace(b"1.1", b"1.0"))
            assert fields["connection"] == "close"


def test_an_application_has_a_keeper_and_another_has_none() -> None:
    found = front_of(create_app(Settings()))
    assert isinstance(found, type)
    assert issubclass(found, Front)
    assert isinstance(found.keeper, Doorkeeper)
    assert front_of(FastAPI()) == front_of(object()) == "auto"
