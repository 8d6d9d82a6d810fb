"""``GET /metrics``, at a port of its own: the numbers are for the operator, and no route of the service leads to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socket import AF_INET, AF_INET6, SHUT_RDWR, socket
from socketserver import TCPServer
from threading import Thread, Timer
from typing import Any, Final

from credence.service.errors import Misconfigured
from credence.service.telemetry.metrics import CONTENT_TYPE, Metrics

PATH: Final = "/metrics"

PATIENCE: Final = 5.0
"""Seconds that a caller is given, from its connection to the end of its answer."""


@contextmanager
def listening(metrics: Metrics, host: str, port: int) -> Iterator[int]:
    """Answers at ``host`` and ``port`` (0 takes a free one) until the block ends; gives the port.

    One request at a time; a caller that takes over ``PATIENCE`` seconds is cut off, however it spreads what it sends, since
    meanwhile nobody else is answered and nothing stops. Raises :class:`Misconfigured` where the port cannot be had.
    """

    class Answers(_Answers):
        source = metrics

    class Server(TCPServer):  # not HTTPServer, which asks the name service who it is
        address_family = AF_INET6 if ":" in host else AF_INET
        allow_reuse_address = True

        def finish_request(self, request: Any, client_address: Any) -> None:
            over = Timer(PATIENCE, _hang_up, (request,))
            over.daemon = True
            over.start()
            try:
                super().finish_request(request, client_address)
            finally:
                over.cancel()

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A scraper that hangs up is no event; the standard library would print where it came from."""

    try:
        server = Server((host, port), Answers)
    except (OSError, OverflowError) as error:
        raise Misconfigured(f"metrics cannot be served at {host}, port {port}") from error
    thread = Thread(target=server.serve_forever, args=(0.1,), name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)


def _hang_up(connection: socket) -> None:
    with suppress(OSError):  # it is over already
        connection.shutdown(SHUT_RDWR)


class _Answers(BaseHTTPRequestHandler):
    source: Metrics
    server_version = "credence"
    sys_version = ""

    def do_GET(self) -> None:
        found = self.path == PATH
        body = self.source.text() if found else b""
        self.send_response(HTTPStatus.OK if found else HTTPStatus.NOT_FOUND)
        self.send_header("content-type", CONTENT_TYPE)
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Nothing: the standard library would write the caller's address and words to standard error."""
