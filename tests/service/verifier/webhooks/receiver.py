"""A receiver on loopback: a real HTTP server that answers as it is told and remembers what it got."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from credence.sdk import WebhookEvent, verify_webhook


@dataclass(frozen=True)
class Got:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    def event(self, secret: str, now: int) -> WebhookEvent:
        """What it says, if it is signed."""
        return verify_webhook(self.headers, self.body, secret, now)


@dataclass(frozen=True)
class Reply:
    """What is answered. ``endless`` sends a body without an end; ``wait`` holds the answer back until it is set."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    endless: bool = False
    wait: Event | None = None


class Receiver:
    """Answers ``replies`` one after the other, and the last of them for ever."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.replies: list[Reply] = [Reply()]
        self.sent = 0
        self.over = Event()
        self.arrived = Event()
        self.port = 0

    def url(self, path: str = "/hook?room=1", *, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def answer(self, *replies: Reply) -> None:
        self.replies = list(replies)


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.got.append(Got(self.path, headers, body))
            receiver.arrived.set()
            reply = receiver.replies.pop(0) if len(receiver.replies) > 1 else receiver.replies[0]
            if reply.wait is not None:
                reply.wait.wait(10)
            try:
                self._reply(reply)
            except OSError:
                self.close_connection = True

        def _reply(self, reply: Reply) -> None:
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if not reply.endless:
                self.send_header("content-length", "0")
                self.end_headers()
                return
            self.send_header("connection", "close")
            self.end_headers()
            while not receiver.over.is_set():
                receiver.sent += self.wfile.write(b"x" * 4096)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A handshake that was refused is what the test is about."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
