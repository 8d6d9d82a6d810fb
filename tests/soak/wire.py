"""One request into an application in this process, byte for byte as a server would hand it on, and its whole answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

import anyio
from fastapi.testclient import TestClient

STREAM_SECONDS: Final = 0.05
"""How long a stream of events is listened to before its client leaves."""


@dataclass(frozen=True)
class Sent:
    """A request on the wire; ``target`` is path and query, percent-encoded."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    body: bytes = field(repr=False)

    def strings(self) -> Iterator[str]:
        """Everything that the caller chose, as the service may have read it."""
        path, _, query = self.target.partition("?")
        yield from map(unquote, path.split("/"))
        for pair in parse_qsl(query, keep_blank_values=True):
            yield from pair
        for _, value in self.headers:
            yield value.decode("latin-1")
        text = self.body.decode("utf-8", "replace")
        try:
            yield from _strings(json.loads(text))
        except (ValueError, RecursionError):
            yield text
            for pair in parse_qsl(text, keep_blank_values=True, max_num_fields=None):
                yield from pair


def _strings(value: Any) -> Iterator[str]:
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            waiting += [*item, *item.values()]
        elif isinstance(item, list):
            waiting += item


@dataclass(frozen=True)
class Answer:
    """What came back. ``cut`` says that it was a stream, which was left."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    cut: bool

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key == name), None)


def exchange(client: TestClient, sent: Sent) -> Answer:
    """Sends; ``client`` has the application running."""
    assert client.portal is not None
    return client.portal.call(_exchange, client.app, sent)


async def _exchange(app: Any, sent: Sent) -> Answer:
    path, _, query = sent.target.partition("?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": sent.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii"),
        "query_string": query.encode("ascii"),
        "root_path": "",
        "headers": list(sent.headers),
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8_440),
        "state": {},
    }
    started: dict[str, Any] = {}
    pieces: list[bytes] = []
    given = left = False

    async def receive() -> dict[str, Any]:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": sent.body, "more_body": False}
        await anyio.sleep(STREAM_SECONDS)
        nonlocal left
        left = True
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            started.update(message)
        else:
            pieces.append(message.get("body", b""))

    with anyio.move_on_after(10) as hung:
        await app(scope, receive, send)
    assert not hung.cancelled_caught, "no answer within 10 seconds"
    headers = tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in started["headers"])
    return Answer(started["status"], headers, b"".join(pieces), left)
