"""Does the one seam send exactly what it says, and is every answer that is none refused with its own error?"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from typing import Any

import pytest

from credence.sdk import errors, transport
from credence.sdk.answers import read_json, read_text
from credence.sdk.errors import BadResponse, ServiceProblem, TimedOut, Unreachable, Unsendable
from credence.sdk.transport import HttpTransport, Request, Response, Timeouts

API_KEY = "cred_abcdefghijklmnop_qrstuvwxyz"
JSON = {"content-type": "application/json"}


@dataclass
class Loopback:
    """What the server answers next, and what it was asked."""

    url: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    body: bytes = b"{}"
    pause: float = 0.0
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            given = {name.lower(): value for name, value in self.headers.items()}
            state.asked.append((self.command, self.path, given, body))
            self.send_response(state.status)
            for name, value in {"content-length": str(len(state.body)), **state.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for start in range(0, len(state.body), 64):
                time.sleep(state.pause)
                try:
                    self.wfile.write(state.body[start : start + 64])
                except OSError:
                    return

        do_GET = do_POST = do_PUT = answer

        def log_message(self, format: str, *args: Any) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Handler)
    state = Loopback(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def http(loopback: Loopback) -> Iterator[HttpTransport]:
    with HttpTransport(loopback.url, timeouts=Timeouts(connect=2, read=2, write=2, pool=2, whole=5)) as way:
        yield way


GET = Request("GET", "/v1/log/checkpoint")


# --- what is sent ---


def test_a_call_is_sent_as_it_says(loopback: Loopback, http: HttpTransport) -> None:
    loopback.body = b'{"answer": 1}'
    response = http.send(Request("POST", "/v1/issuer/cases", {"a": "1 2"}, {"evidence": {"é": 1}}, API_KEY))
    assert read_json(response) == {"answer": 1}
    method, path, headers, body = loopback.asked[0]
    assert (method, path) == ("POST", "/v1/issuer/cases?a=1+2")
    assert json.loads(body) == {"evidence": {"é": 1}}
    assert headers["authorization"] == f"Bearer {API_KEY}"
    assert headers["content-type"] == headers["accept"] == "application/json"
    assert headers["accept-encoding"] == "identity"


def test_a_call_without_body_or_key_carries_neither(loopback: Loopback, http: HttpTransport) -> None:
    loopback.headers["content-type"], loopback.body = "text/plain; charset=utf-8", "grüße\n".encode()
    assert read_text(http.send(Request("GET", "/v1/log/checkpoint", accept="text/plain"))) == "grüße\n"
    _, _, headers, body = loopback.asked[0]
    assert body == b""
    assert not headers.keys() & {"authorization", "content-type", "cookie"}
    assert headers["accept"].startswith("text/plain")


def test_the_environment_is_not_asked(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    with HttpTransport(loopback.url) as http:
        assert http.send(GET).status == 200


@pytest.mark.parametrize(
    "path", ["", "v1", "/", "//v1", "/v1/../v2", "/v1/.", "/v1/a b", "/v1/a?b", "/v1/%2e", "/v1/a#", "http://b/v1"]
)
def test_a_path_that_leads_elsewhere_is_not_sent(loopback: Loopback, http: HttpTransport, path: str) -> None:
    with pytest.raises(Unsendable, match="path"):
        http.send(Request("GET", path))
    assert not loopback.asked


@pytest.mark.parametrize(
    "key", ["", "cred_", "secret", f"{API_KEY}\r\nx: y", f"{API_KEY} ", "cred_" + "a" * 400, "cred_ä" * 4]
)
def test_what_is_no_api_key_is_not_sent(loopback: Loopback, http: HttpTransport, key: str) -> None:
    with pytest.raises(Unsendable, match="API key") as caught:
        http.send(Request("GET", "/v1/log", api_key=key))
    assert not loopback.asked
    assert key not in str(caught.value) or not key


def test_what_is_no_json_is_not_sent(loopback: Loopback, http: HttpTransport, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (float("nan"), b"bytes", {1, 2}, object()):
        with pytest.raises(Unsendable, match="JSON"):
            http.send(Request("POST", "/v1", body={"a": value}))
    monkeypatch.setattr(transport, "MAX_REQUEST", 8)
    with pytest.raises(Unsendable, match="large"):
        http.send(Request("POST", "/v1", body={"a": "b"}))
    assert not loopback.asked


def test_secrets_are_not_printed() -> None:
    request = Request("POST", "/v1", body={"evidence": "token-of-a-person"}, api_key=API_KEY)
    assert API_KEY not in repr(request)
    assert "token-of-a-person" not in repr(request)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost",
        "ftp://localhost",
        "http://venue.example",
        "http://10.0.0.1",
        "http://localhost.example",
        "https://user:secret@venue.example",
        "https://venue.example/path",
        "https://venue.example/?q=1",
        "https://venue.example/#f",
        "https://",
    ],
)
def test_an_address_that_is_no_safe_origin_is_refused(url: str) -> None:
    with pytest.raises(Unsendable):
        HttpTransport(url)


@pytest.mark.parametrize(
    "url", ["https://venue.example", "https://venue.example:8443/", "http://localhost:1", "http://[::1]:1"]
)
def test_an_origin_is_accepted(url: str) -> None:
    HttpTransport(url).close()


# --- what comes back ---


def test_a_redirect_is_not_followed(loopback: Loopback, http: HttpTransport) -> None:
    loopback.status, loopback.headers["location"] = 307, f"{loopback.url}/elsewhere"
    with pytest.raises(BadResponse, match="redirect"):
        http.send(Request("GET", "/v1/log", api_key=API_KEY))
    assert len(loopback.asked) == 1


def test_a_large_answer_is_not_read_whole(loopback: Loopback) -> None:
    loopback.body = b"x" * 1000
    with HttpTransport(loopback.url, max_response=1000) as http:
        assert len(http.send(GET).body) == 1000
    with HttpTransport(loopback.url, max_response=999) as http, pytest.raises(BadResponse, match="large"):
        http.send(GET)


def test_a_compressed_answer_is_refused(loopback: Loopback, http: HttpTransport) -> None:
    loopback.body, loopback.headers["content-encoding"] = gzip.compress(b"{}" * 100_000), "gzip"
    with pytest.raises(BadResponse, match="compressed"):
        http.send(GET)


def test_an_answer_cut_short_is_none(loopback: Loopback, http: HttpTransport) -> None:
    loopback.headers |= {"content-length": "100", "connection": "close"}
    with pytest.raises((BadResponse, TimedOut)):
        http.send(GET)


def test_a_service_that_is_not_there_is_unreachable(loopback: Loopback) -> None:
    with HttpTransport("http://127.0.0.1:1", timeouts=Timeouts(connect=2)) as http, pytest.raises(Unreachable):
        http.send(GET)


def test_a_service_that_does_not_answer_times_out(loopback: Loopback) -> None:
    loopback.pause = 0.3
    with HttpTransport(loopback.url, timeouts=Timeouts(read=0.05)) as http, pytest.raises(TimedOut):
        http.send(GET)


def test_a_service_that_drips_is_left_in_the_end(loopback: Loopback) -> None:
    loopback.body, loopback.pause = b"x" * 640, 0.05
    with HttpTransport(loopback.url, timeouts=Timeouts(whole=0.12)) as http, pytest.raises(TimedOut):
        http.send(GET)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"1", b"{", b'{"a":1,"a":2}', b'{"a":NaN}', b"\xff", b"[" * 100_000, b'{"a":' + b"9" * 5000 + b"}"],
    ids=["empty", "list", "number", "cut", "repeated", "nan", "utf-8", "deep", "long number"],
)
def test_what_is_no_json_object_is_no_answer(body: bytes) -> None:
    with pytest.raises(BadResponse, match="JSON"):
        read_json(Response(200, JSON, body))


def test_another_media_type_is_no_answer() -> None:
    with pytest.raises(BadResponse, match="JSON"):
        read_json(Response(200, {"content-type": "text/html"}, b"{}"))
    with pytest.raises(BadResponse, match="JSON"):
        read_json(Response(200, {}, b"{}"))
    with pytest.raises(BadResponse, match="plain text"):
        read_text(Response(200, JSON, b"{}"))
    with pytest.raises(BadResponse, match="UTF-8"):
        read_text(Response(200, {"content-type": "text/plain"}, b"\xff"))
    assert read_json(Response(200, {"content-type": "Application/JSON; charset=utf-8"}, b"{}")) == {}


# --- problems ---


def problem(status: int, headers: dict[str, str] | None = None, **members: Any) -> ServiceProblem:
    given = {"content-type": "application/problem+json", **(headers or {})}
    with pytest.raises(ServiceProblem) as caught:
        read_json(Response(status, given, json.dumps(members).encode()))
    return caught.value


@pytest.mark.parametrize(
    ("status", "slug", "kind"),
    [
        (400, "malformed", errors.InvalidRequest),
        (401, "unauthorized", errors.Unauthorized),
        (403, "forbidden", errors.Forbidden),
        (404, "not-found", errors.NotFound),
        (409, "conflict", errors.Conflict),
        (409, "policy-version-exists", errors.Conflict),
        (409, "bad-nonce", errors.BadNonce),
        (409, "already-used", errors.AlreadyUsed),
        (413, "too-large", ServiceProblem),
        (429, "rate-limited", errors.RateLimited),
        (500, "internal", ServiceProblem),
        (503, "unavailable", errors.Unavailable),
    ],
)
def test_a_problem_becomes_its_error(status: int, slug: str, kind: type[ServiceProblem]) -> None:
    error = problem(status, type=f"/problems/{slug}", title="A title", detail="Why.", request_id="r-1")
    assert type(error) is kind
    assert (error.slug, error.status, error.title, error.detail, error.request_id) == (
        slug,
        status,
        "A title",
        "Why.",
        "r-1",
    )
    assert str(error) == "Why."


def test_a_problem_may_say_when_to_come_back() -> None:
    assert problem(429, {"retry-after": "7"}, type="/problems/rate-limited", title="Slow").retry_after == 7
    assert problem(429, {"retry-after": "Wed, 21 Oct"}, type="/problems/rate-limited", title="Slow").retry_after is None


def test_an_error_that_is_no_problem_is_known_by_its_status() -> None:
    for headers, body in ((JSON, b"[]"), ({"content-type": "text/html"}, b"<html>"), ({}, b"")):
        with pytest.raises(errors.NotFound) as caught:
            read_json(Response(404, headers, body))
        assert caught.value.slug == "about:blank"
        assert "404" in caught.value.title


def test_what_a_stranger_wrote_does_not_reach_a_terminal() -> None:
    error = problem(500, type="/problems/internal", title="\x1b[2Jgone", detail="\x9b31m", request_id="x" * 513)
    assert "\x1b" not in str(error)
    assert "\x9b" not in str(error)
    assert (error.detail, error.request_id) == (None, None)


def test_text_answers_have_problems_too() -> None:
    with pytest.raises(errors.Unavailable):
        read_text(Response(503, {"content-type": "application/problem+json"}, b'{"type": "/problems/unavailable"}'))


# --- one deadline, no memory ---


def test_a_cookie_is_neither_kept_nor_returned(loopback: Loopback, http: HttpTransport) -> None:
    loopback.headers["set-cookie"] = "who=me; Path=/"
    for key in (None, API_KEY, None, API_KEY):
        http.send(Request("GET", "/v1/log/checkpoint", api_key=key))
    assert len(loopback.asked) == 4
    assert all("cookie" not in headers for _, _, headers, _ in loopback.asked)


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\nx-a: " + b"a" * 400, b""], ids=["headers", "silence"])
def test_the_whole_exchange_has_one_deadline(drip: bytes) -> None:
    """Every piece comes in time, the whole never does."""
    server = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def serve() -> None:
        connection, _ = server.accept()
        connections.append(connection)
        with contextlib.suppress(OSError):
            for byte in drip:
                connection.sendall(bytes([byte]))
                time.sleep(0.02)

    thread = threading.Thread(target=serve)
    thread.start()
    started = time.monotonic()
    times = Timeouts(connect=5, read=5, write=5, pool=5, whole=0.2)
    with HttpTransport(f"http://127.0.0.1:{server.getsockname()[1]}", timeouts=times) as way, pytest.raises(TimedOut):
        way.send(GET)
    assert time.monotonic() - started < 3
    thread.join()
    for end in (*connections, server):
        end.close()


def test_a_strangers_calls_share_no_connection() -> None:
    ends: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            ends.append(self.client_address[1])
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with HttpTransport(f"http://127.0.0.1:{server.server_port}") as way:
            for key in (None, API_KEY, None, API_KEY):
                way.send(Request("GET", "/v1/log/checkpoint", api_key=key))
        server.shutdown()
        thread.join()
    first, keyed, second, keyed_again = ends
    assert len({first, second, keyed}) == 3
    assert keyed == keyed_again


def test_a_closed_transport_and_a_query_that_is_no_text_are_unsendable(loopback: Loopback) -> None:
    http = HttpTransport(loopback.url)
    with pytest.raises(Unsendable, match="query"):
        http.send(Request("GET", "/v1/log/inclusion", {"leaf": "\ud800"}))
    http.close()
    with pytest.raises(Unsendable, match="closed"):
        http.send(GET)
    assert not loopback.asked


@pytest.mark.parametrize("end", ["?", "#", "/?", "/#"])
def test_an_address_with_an_empty_query_or_fragment_is_no_origin(end: str) -> None:
    with pytest.raises(Unsendable):
        HttpTransport("https://service.example" + end)
    HttpTransport("https://service.example/").close()
