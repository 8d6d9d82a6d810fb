"""Does nginx, with the configuration that is shipped, do what it says there? Two replicas answer behind it."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingTCPServer
from threading import Event, Thread
from typing import Any

import httpx2
import pytest

from tests.conftest import ROOT

DEPLOY = ROOT / "service" / "deploy"
CANARY = "canary7f3a"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


class Replica(ThreadingTCPServer):
    """Keeps what it is asked; answers, or hangs up after it has read the request."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.hangs_up = False
        self.heard = Event()
        """A stream ends once its first event was heard of; ``ended`` says that it waited in vain."""
        self.ended = False
        replica = self

        class Answers(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                replica.asked.append((self.command, self.path, headers, body))
                if replica.hangs_up:
                    self.close_connection = True
                    return
                if self.path.endswith("/events"):
                    self._stream()
                    return
                answer = b'{"status": "ok"}'
                self.send_response(503 if "busy" in self.path else 200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.send_header("x-request-id", "0123456789abcdef")
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PUT = do_GET

            def _stream(self) -> None:
                self.send_response(200)
                self.send_header("content-type", "text/event-stream")
                self.end_headers()
                self.wfile.write(b"data: first\n\n")
                self.wfile.flush()
                replica.ended = not replica.heard.wait(10)
                self.close_connection = True

            def log_message(self, format: str, *arguments: Any) -> None:
                """Quiet."""

        super().__init__(("127.0.0.1", 0), Answers)
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A proxy hangs up when it likes."""

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


@dataclass
class Proxy:
    """nginx in a folder of its own."""

    folder: Path
    url: str
    replicas: tuple[Replica, Replica]
    client: httpx2.Client = field(repr=False)

    @property
    def asked(self) -> list[tuple[str, str, dict[str, str], bytes]]:
        return [request for replica in self.replicas for request in replica.asked]

    def ask(self, method: str, path: str, **options: Any) -> httpx2.Response:
        return self.client.request(method, self.url + path, **options)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def written(folder: Path, port: int, replicas: tuple[int, int]) -> Path:
    """The shipped configuration with the lines (1), (2) and (4) changed, as its head says."""
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    text = text.replace("/run/nginx/", f"{folder}/").replace("/dev/stdout", f"{folder}/access.log")
    text = text.replace("error_log stderr", f"error_log {folder}/error.log")
    text = text.replace("api-1:8440", f"127.0.0.1:{replicas[0]}").replace("api-2:8440", f"127.0.0.1:{replicas[1]}")
    text = text.replace("listen 8080;", f"listen 127.0.0.1:{port};")
    file = folder / "nginx.conf"
    file.write_text("daemon off;\nmaster_process off;\n" + text, encoding="utf-8")
    return file


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Proxy]:
    replicas, port = (Replica(), Replica()), free_port()
    ports = (replicas[0].server_address[1], replicas[1].server_address[1])
    file = written(tmp_path, port, ports)
    process = subprocess.Popen([str(NGINX), "-p", str(tmp_path), "-c", str(file)], stderr=subprocess.PIPE)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.01)
        with httpx2.Client(trust_env=False, timeout=10) as client:
            yield Proxy(tmp_path, f"http://127.0.0.1:{port}", replicas, client)
    finally:
        process.terminate()
        process.communicate(timeout=10)
        for replica in replicas:
            replica.stop()


def problem(answer: httpx2.Response, status: int, slug: str) -> None:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert (found["type"], found["status"]) == (f"/problems/{slug}", status)
    assert re.fullmatch(r"[0-9a-f]{32}", found["request_id"])
    assert CANARY not in answer.text


def test_the_files_are_what_nginx_reads(tmp_path: Path) -> None:
    """With TLS, as the containers have it."""
    key, certificate = tmp_path / "tls_key", tmp_path / "tls_certificate"
    openssl = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=x"]
    subprocess.run([*openssl, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    file = written(tmp_path, 8080, (1, 2))
    (tmp_path / "tls").mkdir()
    tls = (DEPLOY / "tls.conf").read_text(encoding="utf-8").replace("/run/secrets/", f"{tmp_path}/")
    (tmp_path / "tls" / "tls.conf").write_text(tls, encoding="utf-8")
    found = subprocess.run(
        [str(NGINX), "-t", "-p", tmp_path, "-c", file], capture_output=True, text=True, timeout=30, check=False
    )
    assert found.returncode == 0, found.stderr
    assert "warn" not in found.stderr


def test_both_replicas_are_asked_and_answers_pass(proxy: Proxy) -> None:
    answers = [proxy.ask("GET", "/healthz") for _ in range(6)]
    assert {answer.status_code for answer in answers} == {200}
    assert {len(replica.asked) > 0 for replica in proxy.replicas} == {True}
    assert proxy.ask("GET", "/busy").json() == {"status": "ok"}, "a problem of the service's own passes as it is"


def test_what_is_for_operators_is_not_forwarded(proxy: Proxy) -> None:
    for path in ("/metrics", "/metrics/", "/metrics?a=1", "/%6detrics", "/readyz", "/readyz?a=1", "/%72eadyz"):
        problem(proxy.ask("GET", path), 404, "not-found")
    assert not proxy.asked


def test_a_caller_chooses_neither_its_address_nor_its_trace(proxy: Proxy) -> None:
    claimed = ("x-forwarded-for", "x-forwarded-host", "forwarded", "traceparent", "tracestate", "baggage")
    proxy.ask("GET", "/healthz", headers=dict.fromkeys(claimed, CANARY))
    (_, _, headers, _) = proxy.asked[0]
    assert CANARY not in json.dumps(headers)
    assert headers["x-forwarded-for"] == "127.0.0.1"


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_what_changes_nothing_twice_is_asked_of_the_other_replica(proxy: Proxy, method: str) -> None:
    proxy.replicas[0].hangs_up = True
    assert {proxy.ask(method, "/v1/verifier/policies/a").status_code for _ in range(2)} == {200}


def test_a_post_is_never_sent_twice(proxy: Proxy) -> None:
    for replica in proxy.replicas:
        replica.hangs_up = True
    problem(proxy.ask("POST", f"/v1/issuer/cases?{CANARY}", content=b"{}"), 502, "no-answer")
    assert len(proxy.asked) == 1


def test_a_post_goes_to_the_replica_that_lives(proxy: Proxy) -> None:
    """A replica that cannot be reached was sent nothing: the request is still the first one."""
    proxy.replicas[0].stop()
    assert {proxy.ask("POST", "/v1/issuer/cases", content=b"{}").status_code for _ in range(4)} == {200}
    assert len(proxy.replicas[1].asked) == 4


def test_too_large_a_body_is_refused_and_none_touches_the_disk(proxy: Proxy) -> None:
    problem(proxy.ask("POST", "/v1/issuer/cases", content=b"a" * 65_537), 413, "too-large")
    largest = CANARY.encode() + b"a" * (65_536 - len(CANARY))
    assert proxy.ask("POST", "/v1/issuer/cases", content=largest).status_code == 200
    assert proxy.asked[-1][3] == largest
    assert not [path for name in ("body", "proxy") for path in (proxy.folder / name).rglob("*") if path.is_file()]


def test_too_many_requests_are_refused_with_a_time(proxy: Proxy) -> None:
    host, port = proxy.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 299)
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answers = b"".join(iter(lambda: client.recv(65_536), b""))
    assert answers.count(b"HTTP/1.1 200 OK") >= 100
    refused = answers.count(b"HTTP/1.1 429 Too Many Requests")
    assert refused > 0
    for said in (b"Retry-After: 1\r\n", b"application/problem+json\r\n", b'{"type": "/problems/rate-limited"'):
        assert answers.count(said) == refused


@pytest.mark.parametrize(
    ("head", "status", "slug"),
    [
        (b"GET / HTTP/3.0\r\nHost: a\r\n", 400, "malformed"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n", 400, "malformed"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nA: " + b"a" * 40_000 + b"\r\n", 400, "malformed"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n", 400, "malformed"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n", 400, "malformed"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400, "malformed"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n", 400, "malformed"),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\n", 405, "method-not-allowed"),
        (b"GET /nginx/malformed HTTP/1.1\r\nHost: a\r\n", 404, "not-found"),
    ],
    ids=["version", "address", "header", "connect", "coding", "coding-and-length", "lengths", "trace", "own-address"],
)
def test_what_nginx_refuses_is_a_problem_and_goes_no_further(proxy: Proxy, head: bytes, status: int, slug: str) -> None:
    host, port = proxy.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as client:
        client.sendall(head + b"Connection: close\r\n\r\n")
        answer = HTTPResponse(client)
        answer.begin()
        found = json.loads(answer.read())
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status, found["status"], found["type"]) == (status, status, f"/problems/{slug}")
    assert not proxy.asked


def test_an_event_comes_when_it_is_sent(proxy: Proxy) -> None:
    with proxy.client.stream("GET", f"{proxy.url}/v1/verifier/sessions/{CANARY}/events") as answer:
        assert next(answer.iter_bytes()) == b"data: first\n\n"
        assert not any(replica.ended for replica in proxy.replicas), "it was kept until the stream ended"
        for replica in proxy.replicas:
            replica.heard.set()


def test_no_log_has_an_address_a_path_or_a_header(proxy: Proxy) -> None:
    proxy.replicas[0].hangs_up = True
    for method in ("GET", "POST"):
        for _ in range(2):
            proxy.ask(method, f"/v1/verifier/sessions/{CANARY}?{CANARY}", headers={"user-agent": CANARY, "referer": CANARY})
    for replica in proxy.replicas:
        replica.hangs_up = True
    proxy.ask("POST", f"/{CANARY}", headers={"host": CANARY})
    for _ in range(200):  # a line is written after its answer is sent
        lines = (proxy.folder / "access.log").read_text(encoding="utf-8").splitlines()
        if len(lines) >= 5:
            break
        time.sleep(0.02)
    assert len(lines) == 5
    for line in map(json.loads, lines):
        assert set(line) == {
            "event", "time", "status", "size", "seconds", "upstream_status", "upstream_seconds", "request_id", "edge_id"
        }  # fmt: skip
    told = "".join(lines) + (proxy.folder / "error.log").read_text(encoding="utf-8")
    assert CANARY not in told
    assert not re.search(r"127\.0\.0\.1", told)
