"""A server on loopback that says what a test tells it to, and the two faces of the way to it."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from credence.sdk.transport import AsyncHttpTransport, HttpTransport, Request, Response

API_KEY = "cred_abcdefghijklmnop_qrstuvwxyz"
JSON = {"content-type": "application/json"}


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


def request_of(asked: Asked) -> Request:
    """What arrived, as it was before it was sent, for a service that is asked so."""
    parts = urlsplit(asked.path)
    return Request(
        asked.method,  # type: ignore[arg-type]
        parts.path,
        dict(parse_qsl(parts.query)),
        json.loads(asked.body) if asked.body else None,
        asked.headers.get("authorization", "").removeprefix("Bearer ") or None,
        idempotency_key=asked.headers.get("idempotency-key"),
    )


@dataclass
class Loopback:
    """What the server answers next, and what it was asked.

    ``pause`` lies between the pieces of a body. ``lose`` answers, to paths that end in ``losing``, are worked out and not
    given: the connection is closed. ``work``, where there is one, makes the answer instead.
    """

    url: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    body: bytes = b"{}"
    pause: float = 0.0
    lose: int = 0
    losing: str = ""
    work: Callable[[Asked], Response] | None = None
    asked: list[Asked] = field(default_factory=list)

    def answer(self, asked: Asked) -> Response | None:
        self.asked.append(asked)
        answer = Response(self.status, dict(self.headers), self.body) if self.work is None else self.work(asked)
        if self.lose and asked.path.endswith(self.losing):
            self.lose -= 1
            return None
        return answer


@contextmanager
def serving() -> Iterator[Loopback]:
    """A server on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            given = {name.lower(): value for name, value in self.headers.items()}
            answer = state.answer(Asked(self.command, self.path, given, body))
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in {"content-length": str(len(answer.body)), **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for start in range(0, len(answer.body), 64):
                time.sleep(state.pause)
                try:
                    self.wfile.write(answer.body[start : start + 64])
                except OSError:
                    return

        do_GET = do_POST = do_PUT = answer

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    state = Loopback(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Way(Protocol):
    """A way that is waited for, whatever it is inside."""

    def send(self, request: Request) -> Response: ...

    def close(self) -> None: ...


class Awaiting:
    """The awaited way, with somebody who awaits it."""

    def __init__(self, base_url: str, **given: Any) -> None:
        self._runner = asyncio.Runner()
        self._inner = AsyncHttpTransport(base_url, **given)

    def send(self, request: Request) -> Response:
        return self._runner.run(self._inner.send(request))

    def close(self) -> None:
        self._runner.run(self._inner.aclose())

    def end(self) -> None:
        self.close()
        self._runner.close()


MakeWay = Callable[..., Way]


@contextmanager
def ways(face: str) -> Iterator[MakeWay]:
    """Makes ways of one face, ``waited`` or ``awaited``; they are closed in the end."""
    made: list[HttpTransport | Awaiting] = []

    def make(base_url: str, **given: Any) -> Way:
        if face == "awaited" and "sleep" in given:
            given["sleep"] = _awaited(given["sleep"])
        made.append(HttpTransport(base_url, **given) if face == "waited" else Awaiting(base_url, **given))
        return made[-1]

    try:
        yield make
    finally:
        for way in made:
            way.close() if isinstance(way, HttpTransport) else way.end()


def _awaited(sleep: Callable[[float], None]) -> Callable[[float], Any]:
    async def nap(seconds: float) -> None:
        sleep(seconds)

    return nap
