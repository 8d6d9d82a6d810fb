"""Does the way to a service send exactly what it says, and is every answer that is none refused with its own error?

Every question is asked of the way that is waited for and of the one that is awaited.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from credence.sdk import wire_form
from credence.sdk.answers import read_json, read_text
from credence.sdk.errors import BadResponse, TimedOut, Unreachable, Unsendable
from credence.sdk.transport import Request, Retries, Timeouts
from tests.sdk.loopback import API_KEY, Loopback, MakeWay, Way

ONCE = Retries(attempts=1)


@pytest.fixture
def http(loopback: Loopback, make_way: MakeWay) -> Way:
    return make_way(loopback.url, timeouts=Timeouts(connect=2, read=2, write=2, pool=2, whole=5), retries=ONCE)


GET = Request("GET", "/v1/log/checkpoint")


# --- what is sent ---


def test_a_call_is_sent_as_it_says(loopback: Loopback, http: Way) -> None:
    loopback.body = b'{"answer": 1}'
    response = http.send(Request("POST", "/v1/issuer/cases", {"a": "1 2"}, {"evidence": {"é": 1}}, API_KEY))
    assert read_json(response) == {"answer": 1}
    (asked,) = loopback.asked
    headers = asked.headers
    assert (asked.method, asked.path) == ("POST", "/v1/issuer/cases?a=1+2")
    assert json.loads(asked.body) == {"evidence": {"é": 1}}
    assert headers["authorization"] == f"Bearer {API_KEY}"
    assert headers["content-type"] == headers["accept"] == "application/json"
    assert headers["accept-encoding"] == "identity"


def test_a_call_without_body_or_key_carries_neither(loopback: Loopback, http: Way) -> None:
    loopback.headers["content-type"], loopback.body = "text/plain; charset=utf-8", "grüße\n".encode()
    assert read_text(http.send(Request("GET", "/v1/log/checkpoint", accept="text/plain"))) == "grüße\n"
    (asked,) = loopback.asked
    headers = asked.headers
    assert asked.body == b""
    assert not headers.keys() & {"authorization", "content-type", "cookie", "idempotency-key"}
    assert headers["accept"].startswith("text/plain")


def test_the_environment_is_not_asked(loopback: Loopback, make_way: MakeWay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    assert make_way(loopback.url).send(GET).status == 200


@pytest.mark.parametrize(
    "path", ["", "v1", "/", "//v1", "/v1/../v2", "/v1/.", "/v1/a b", "/v1/a?b", "/v1/%2e", "/v1/a#", "http://b/v1"]
)
def test_a_path_that_leads_elsewhere_is_not_sent(loopback: Loopback, http: Way, path: str) -> None:
    with pytest.raises(Unsendable, match="path"):
        http.send(Request("GET", path))
    assert not loopback.asked


@pytest.mark.parametrize(
    "key", ["", "cred_", "secret", f"{API_KEY}\r\nx: y", f"{API_KEY} ", "cred_" + "a" * 400, "cred_ä" * 4]
)
def test_what_is_no_api_key_is_not_sent(loopback: Loopback, http: Way, key: str) -> None:
    with pytest.raises(Unsendable, match="API key") as caught:
        http.send(Request("GET", "/v1/log", auth=key))
    assert not loopback.asked
    assert key not in str(caught.value) or not key


def test_what_is_no_json_is_not_sent(loopback: Loopback, http: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (float("nan"), b"bytes", {1, 2}, object()):
        with pytest.raises(Unsendable, match="JSON"):
            http.send(Request("POST", "/v1", body={"a": value}))
    monkeypatch.setattr(wire_form, "MAX_REQUEST", 8)
    with pytest.raises(Unsendable, match="large"):
        http.send(Request("POST", "/v1", body={"a": "b"}))
    assert not loopback.asked


@pytest.mark.parametrize("key", ["", "short", "a" * 65, "a" * 15 + "\n", "a b" * 8, "ä" * 20])
def test_what_is_no_idempotency_key_is_not_sent(loopback: Loopback, http: Way, key: str) -> None:
    with pytest.raises(Unsendable, match="idempotency key"):
        http.send(Request("POST", "/v1/log", body={}, idempotency_key=key))
    assert not loopback.asked
    http.send(Request("POST", "/v1/log", body={}, idempotency_key="a" * 22))
    assert loopback.asked[0].headers["idempotency-key"] == "a" * 22


def test_secrets_are_not_printed() -> None:
    request = Request("POST", "/v1", body={"evidence": "token-of-a-person"}, auth=API_KEY, idempotency_key="a" * 22)
    assert "a" * 22 not in repr(request)
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
def test_an_address_that_is_no_safe_origin_is_refused(make_way: MakeWay, url: str) -> None:
    with pytest.raises(Unsendable):
        make_way(url)


@pytest.mark.parametrize(
    "url", ["https://venue.example", "https://venue.example:8443/", "http://localhost:1", "http://[::1]:1"]
)
def test_an_origin_is_accepted(make_way: MakeWay, url: str) -> None:
    make_way(url).close()


# --- what comes back ---


def test_a_redirect_is_not_followed(loopback: Loopback, http: Way) -> None:
    loopback.status, loopback.headers["location"] = 307, f"{loopback.url}/elsewhere"
    with pytest.raises(BadResponse, match="redirect"):
        http.send(Request("GET", "/v1/log", auth=API_KEY))
    assert len(loopback.asked) == 1


def test_a_large_answer_is_not_read_whole(loopback: Loopback, make_way: MakeWay) -> None:
    loopback.body = b"x" * 1000
    assert len(make_way(loopback.url, max_response=1000).send(GET).body) == 1000
    with pytest.raises(BadResponse, match="large"):
        make_way(loopback.url, max_response=999).send(GET)


def test_a_compressed_answer_is_refused(loopback: Loopback, http: Way) -> None:
    loopback.body, loopback.headers["content-encoding"] = gzip.compress(b"{}" * 100_000), "gzip"
    with pytest.raises(BadResponse, match="compressed"):
        http.send(GET)


def test_an_answer_cut_short_is_none(loopback: Loopback, http: Way) -> None:
    loopback.headers |= {"content-length": "100", "connection": "close"}
    with pytest.raises(Unreachable, match="whole"):
        http.send(GET)


def test_an_answer_that_is_no_http_is_none(make_way: MakeWay) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as connection:
                connection.recv(65536)
                connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(Unreachable):
            make_way(f"http://127.0.0.1:{server.getsockname()[1]}", retries=ONCE).send(GET)
        thread.join()


def test_a_service_that_is_not_there_is_unreachable(make_way: MakeWay) -> None:
    with pytest.raises(Unreachable):
        make_way("http://127.0.0.1:1", timeouts=Timeouts(connect=2), retries=ONCE).send(GET)


def test_a_service_that_does_not_answer_times_out(loopback: Loopback, make_way: MakeWay) -> None:
    loopback.pause = 0.3
    with pytest.raises(TimedOut):
        make_way(loopback.url, timeouts=Timeouts(read=0.05), retries=ONCE).send(GET)


def test_a_service_that_drips_is_left_in_the_end(loopback: Loopback, make_way: MakeWay) -> None:
    loopback.body, loopback.pause = b"x" * 640, 0.05
    with pytest.raises(TimedOut):
        make_way(loopback.url, timeouts=Timeouts(whole=0.12), retries=ONCE).send(GET)


# --- one deadline, no memory ---


def test_a_cookie_is_neither_kept_nor_returned(loopback: Loopback, http: Way) -> None:
    loopback.headers["set-cookie"] = "who=me; Path=/"
    for key in (None, API_KEY, None, API_KEY):
        http.send(Request("GET", "/v1/log/checkpoint", auth=key))
    assert len(loopback.asked) == 4
    assert all("cookie" not in asked.headers for asked in loopback.asked)


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\nx-a: " + b"a" * 400, b""], ids=["headers", "silence"])
def test_the_whole_exchange_has_one_deadline(make_way: MakeWay, drip: bytes) -> None:
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
    way = make_way(f"http://127.0.0.1:{server.getsockname()[1]}", timeouts=times)
    with pytest.raises(TimedOut):
        way.send(GET)
    assert time.monotonic() - started < 3
    thread.join()
    for end in (*connections, server):
        end.close()


def test_a_strangers_calls_share_no_connection(make_way: MakeWay) -> None:
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
        way = make_way(f"http://127.0.0.1:{server.server_port}")
        for key in (None, API_KEY, None, API_KEY):
            way.send(Request("GET", "/v1/log/checkpoint", auth=key))
        way.close()
        server.shutdown()
        thread.join()
    first, keyed, second, keyed_again = ends
    assert len({first, second, keyed}) == 3
    assert keyed == keyed_again


def test_a_closed_transport_and_a_query_that_is_no_text_are_unsendable(loopback: Loopback, http: Way) -> None:
    with pytest.raises(Unsendable, match="query"):
        http.send(Request("GET", "/v1/log/inclusion", {"leaf": "\ud800"}))
    http.close()
    with pytest.raises(Unsendable, match="closed"):
        http.send(GET)
    assert not loopback.asked


@pytest.mark.parametrize("end", ["?", "#", "/?", "/#"])
def test_an_address_with_an_empty_query_or_fragment_is_no_origin(make_way: MakeWay, end: str) -> None:
    with pytest.raises(Unsendable):
        make_way("https://service.example" + end)
    make_way("https://service.example/").close()
